"""/watches and /unwatch: what a chat watches, and what it no longer does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.domain.item import Precision
from bot.domain.plan import WatchWeek
from bot.domain.query import Query
from bot.domain.richtext import Line, bold, code, italic, rich, text
from bot.domain.watch import Loudness, Watch
from bot.errors import QueryError
from bot.matching.nots import nots
from bot.matching.query import parse
from bot.matching.show import show
from bot.rendering.times import local_time
from bot.rendering.understood import understood
from handlers.model import Command, Context, Reply, refuse

MAX_WATCHES = 100
_MAX_NOTS = 3  # named beside the count of what they shut out


async def numbered(context: Context, command: Command, example: str) -> tuple[Watch, str] | Reply:
    """The watch that the first word names, and the other words; else what to say. `example` has {}
    where a number belongs."""
    listed = await context.store.list_watches(command.chat.chat_id)
    shown = example.format(listed[0].number if listed else 1)
    word, _, rest = command.args.partition(" ")
    if not word:
        return refuse("Say which watch; /watches lists them.", shown)
    numbers = _numbers(word, [each.number for each in listed])
    if numbers is None or "-" in word:
        return refuse(f"“{word[:30]}” is not a watch's number; /watches lists them.", shown)
    if not numbers:
        said = f"This chat has no watch {word.removeprefix('#')[:30]}; /watches lists them."
        return refuse(said, shown)
    return next(each for each in listed if each.number == numbers[0]), rest.strip()


async def watches(context: Context, command: Command) -> Reply:
    """The chat's watches with their counts of the last week; or one in detail."""
    if command.args:
        return await _detail(context, command)
    listed = await context.store.list_watches(command.chat.chat_id)
    if not listed:
        return Reply(body=rich(text("No watch yet. Set one: ", code("/watch rare earths"))))
    weeks = await context.store.watch_weeks(command.chat.chat_id, command.now)
    lines: list[Line] = [text(bold("Watches of this chat")), ()]
    for each in listed:
        query = _query(each.text)
        lines.append(text(bold(f"{each.number}. {each.label}")))
        if each.name:
            lines.append(text(code(each.text)))
        week = _week(weeks.get(each.watch_id, WatchWeek()), query)
        lines.append(text(italic(f"{_described(each.text)} · {week}")))
        ways = _ways(each, command)
        if ways:
            lines.append(text(ways))
    first = listed[0].number
    lines += [
        (),
        text(
            "One in detail: ", code(f"/watches {first}"), " · end it: ", code(f"/unwatch {first}")
        ),
    ]
    return Reply(body=rich(*lines))


async def _detail(context: Context, command: Command) -> Reply:
    found = await numbered(context, command, "/watches {}")
    if isinstance(found, Reply):
        return found
    watch, _ = found
    weeks = await context.store.watch_weeks(command.chat.chat_id, command.now)
    lines: list[Line] = [
        text("🔔 ", bold(f"{watch.number}. {watch.label}")),
        *([text(code(watch.text))] if watch.name else []),
        text(italic(_described(watch.text))),
        text(_week(weeks.get(watch.watch_id, WatchWeek()), _query(watch.text))),
    ]
    ways = _ways(watch, command)
    if ways:
        lines.append(text(ways))
    made = f"Made by {watch.created_by}, {_at(watch.created_at, command)}"
    if watch.changed_at is not None:
        made += f"; changed by {watch.changed_by}, {_at(watch.changed_at, command)}"
    lines += [text(f"{made}."), (), text(code(f"/edit {watch.number} {watch.text}"))]
    if watch.is_muted(command.now):
        lines.append(text(code(f"/unmute {watch.number}")))
    return Reply(body=rich(*lines))


def _ways(watch: Watch, command: Command) -> str:
    """What is not as with every watch: silent, urgent, in the digest alone."""
    said: list[str] = []
    if watch.muted_until is not None and watch.is_muted(command.now):
        said.append(f"🔇 silent until {_at(watch.muted_until, command)}")
    if watch.priority is Loudness.URGENT:
        said.append("🚨 urgent")
    if watch.priority is Loudness.DIGEST:
        said.append("📰 in the digest alone")
    return " · ".join(said)


def _at(at: datetime, command: Command) -> str:
    return local_time(at, command.chat.zone, Precision.INSTANT, command.now)


def _query(typed: str) -> Query | None:
    try:
        return parse(typed)
    except QueryError:
        return None


def _described(typed: str) -> str:
    try:
        return understood(parse(typed))
    except QueryError as error:
        return f"can no longer be read: {error}"


def _week(week: WatchWeek, query: Query | None) -> str:
    """What it did in seven days: matches, and what a NOT shut out."""
    count = week.matches
    said = "no match" if not count else "1 match" if count == 1 else f"{count:,} matches"
    if week.shut_out:
        left_out = [f"-{show(part)}" for part in nots(query)] if query else []
        by = " or ".join(left_out) if 0 < len(left_out) <= _MAX_NOTS else "what it leaves out"
        said += f" · {week.shut_out:,} shut out by {by}"
    return f"{said} in 7 days"


async def unwatch(context: Context, command: Command) -> Reply:
    """End watches by their numbers: one, several, or from one to another."""
    listed = {w.number: w for w in await context.store.list_watches(command.chat.chat_id)}
    example = f"/unwatch {next(iter(listed), 1)}"
    if not command.args.strip():
        return refuse("Say which watch to end; /watches lists them.", example)
    wanted: list[int] = []
    for part in command.args.replace(",", " ").split():
        numbers = _numbers(part, listed)
        if numbers is None:
            return refuse(f"“{part[:30]}” is not a watch's number; /watches lists them.", example)
        if not numbers:
            shown = part.removeprefix("#")[:30]
            return refuse(f"This chat has no watch {shown}; /watches lists them.", example)
        wanted += numbers
    lines: list[Line] = []
    for number in dict.fromkeys(wanted):
        # it may have ended meanwhile: then it has ended all the same
        await context.store.remove_watch(command.chat.chat_id, number, command.now)
        lines.append(
            text("Watch ", bold(str(number)), " “", bold(listed[number].text), "” has ended.")
        )
    if len(lines) == 1:
        lines.append(text("Set it again with ", code(f"/watch {listed[wanted[0]].text}")))
    return Reply(body=rich(*lines))


def _numbers(part: str, listed: Collection[int]) -> list[int] | None:
    """The chat's watches that `7`, `#7` or `4-9` names; None where it names no number at all."""
    first, dash, last = part.removeprefix("#").partition("-")
    ends = (first, last) if dash else (first, first)
    if not all(end.isascii() and end.isdigit() and len(end) < 10 for end in ends):
        return None
    return [number for number in listed if int(ends[0]) <= number <= int(ends[1])]
