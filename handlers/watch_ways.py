"""/mute, /unmute, /priority and /rename: how a watch tells, and what it is called."""

from __future__ import annotations

import difflib

from bot.domain.richtext import Line, bold, code, rich, text
from bot.domain.watch import Loudness, WatchWays
from bot.sources.plain_text import one_line
from handlers.model import Command, Context, Reply, refuse
from handlers.questions import when
from handlers.until import LONGEST, read_until
from handlers.watches import numbered

MAX_NAME = 60  # code points


async def mute(context: Context, command: Command) -> Reply:
    """Let a watch be silent for a while."""
    found = await numbered(context, command, "/mute {} 8h")
    if isinstance(found, Reply):
        return found
    watch, typed = found
    until = read_until(typed, now=command.now, zone=command.chat.zone) if typed else None
    if until is None:
        said = (
            f"“{typed[:30]}” is no end that I know, or not within {LONGEST.days} days."
            if typed
            else "Say for how long: 30m, 8h, 3d, until 18:00, monday."
        )
        return refuse(said, f"/mute {watch.number} 8h")
    muted = await context.store.mute_watch(command.chat.chat_id, watch.number, until)
    if muted is None:
        return _ended(watch.number)
    return Reply(
        body=rich(
            text("🔇 Watch ", bold(f"{watch.number} {watch.label}"), " is silent until "
                 f"{when(until, command)}."),
            text("What answers it meanwhile comes then in one message, or before in the digest."),
            text("Sooner: ", code(f"/unmute {watch.number}")),
        )
    )  # fmt: skip


async def unmute(context: Context, command: Command) -> Reply:
    """Let a silent watch tell again."""
    found = await numbered(context, command, "/unmute {}")
    if isinstance(found, Reply):
        return found
    watch, _ = found
    if not watch.is_muted(command.now):
        said = f"Watch {watch.number} is not silent."
        return refuse(said, f"/mute {watch.number} 8h")
    # now is its end: what it held back follows as at any other end
    if await context.store.mute_watch(command.chat.chat_id, watch.number, command.now) is None:
        return _ended(watch.number)
    return Reply(
        body=rich(
            text("🔔 Watch ", bold(f"{watch.number} {watch.label}"), " tells again. What it held "
                 "back follows in one message, if there is anything.")
        )
    )  # fmt: skip


async def priority(context: Context, command: Command) -> Reply:
    """Say how loudly a watch tells."""
    found = await numbered(context, command, "/priority {} urgent")
    if isinstance(found, Reply):
        return found
    watch, typed = found
    words = [each.value for each in Loudness]
    word = typed.casefold()
    if word not in words:
        close = difflib.get_close_matches(word, words, n=1)
        said = f"“{typed[:30]}” is none of {', '.join(words)}." if typed else (
            f"Say how: {', '.join(words)}. It is {watch.priority} now."
        )  # fmt: skip
        return refuse(said, f"/priority {watch.number} {close[0] if close else 'urgent'}")
    changed = await context.store.change_watch(
        command.chat.chat_id,
        watch.number,
        WatchWays(priority=Loudness(word)),
        command.person.name,
        command.now,
    )
    if changed is None:
        return _ended(watch.number)
    lines: list[Line] = [
        text(*{
            Loudness.URGENT: ("🚨 Watch ", bold(f"{watch.number} {watch.label}"),
                              " is urgent: its alerts go before all others."),
            Loudness.NORMAL: ("🔔 Watch ", bold(f"{watch.number} {watch.label}"),
                              " tells at once."),
            Loudness.DIGEST: ("📰 Watch ", bold(f"{watch.number} {watch.label}"),
                              " is told in the daily digest alone."),
        }[changed.priority])
    ]  # fmt: skip
    if changed.priority is Loudness.DIGEST and command.chat.digest_at is None:
        lines.append(text("⚠️ This chat has no daily digest. Set one: ", code("/digest 08:00")))
    return Reply(body=rich(*lines))


async def rename(context: Context, command: Command) -> Reply:
    """Give a watch a name, or take it off."""
    found = await numbered(context, command, "/rename {} Magnets")
    if isinstance(found, Reply):
        return found
    watch, typed = found
    name = one_line(typed)
    example = f"/rename {watch.number} Magnets"
    if len(name) > MAX_NAME:
        said = f"A name has at most {MAX_NAME} characters; this one has {len(name):,}."
        return refuse(said, example)
    if not name and not watch.name:
        return refuse("Say what to call it.", example)
    changed = await context.store.change_watch(
        command.chat.chat_id,
        watch.number,
        WatchWays(name=name),
        command.person.name,
        command.now,
    )
    if changed is None:
        return _ended(watch.number)
    if not name:
        return Reply(
            body=rich(text("Watch ", bold(str(watch.number)), " goes by its text again: “",
                           bold(watch.text), "”."))
        )  # fmt: skip
    return Reply(
        body=rich(text("Watch ", bold(str(watch.number)), " is called “", bold(name), "” now."))
    )


def _ended(number: int) -> Reply:
    return Reply(body=rich(text(f"⚠️ Watch {number} has ended meanwhile.")), is_error=True)
