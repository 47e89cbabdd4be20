"""/pack: sources on one matter, and their watches set in one go."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from bot.domain.chat import ChatState
from bot.domain.richtext import Line, bold, code, italic, rich, text
from bot.domain.source import SourceStatus
from bot.domain.watch import Watch
from bot.rendering.parts import shortened
from bot.rendering.silent import number_of
from bot.sources.packs import SourcePack, source_packs
from handlers.model import Command, Context, Reply, refuse
from handlers.watches import MAX_WATCHES

_LONGEST = 90  # code points of a watch's text

_EXAMPLE = "/pack eu-china"


async def pack(context: Context, command: Command) -> Reply:
    """List the packs, or set one's watches in this chat."""
    wanted = command.args.strip().casefold()
    packs = source_packs()
    if not wanted:
        return _overview(tuple(packs.values()))
    chosen = packs.get(wanted.replace(" ", "-"))
    if chosen is None:
        close = difflib.get_close_matches(wanted, packs, n=1, cutoff=0.5)
        hint = f"Did you mean {close[0]}? " if close else ""
        return refuse(
            f"There is no pack “{command.args[:30]}”. {hint}/pack lists them all.",
            f"/pack {close[0]}" if close else _EXAMPLE,
        )
    return await _subscribe(context, command, chosen)


async def _subscribe(context: Context, command: Command, chosen: SourcePack) -> Reply:
    store, chat_id = context.store, command.chat.chat_id
    existing = {w.text.casefold(): w for w in await store.list_watches(chat_id)}
    missing = [each for each in chosen.watches if each.casefold() not in existing]
    surplus = len(existing) + len(missing) - MAX_WATCHES
    if surplus > 0:
        numbers = sorted(watch.number for watch in existing.values())
        return refuse(
            f"This chat has {len(existing)} watches, and {chosen.title} brings "
            f"{len(missing)} more; {MAX_WATCHES} is the most it may have. End some first.",
            f"/unwatch {_span(numbers[:surplus])}",
        )
    made = await store.add_watches(chat_id, missing, command.person.name, command.now)
    there = [existing[each.casefold()] for each in chosen.watches if each.casefold() in existing]
    new = [watch for watch, is_new in made if is_new]
    there += [watch for watch, is_new in made if not is_new]
    lines: list[Line] = [text("📦 ", bold(chosen.title), ": ", _outcome(new, there))]
    lines += [text(f"🔔 {watch.number}. {shortened(watch.text, _LONGEST)}") for watch in new]
    lines += [
        text(italic(f"was there: {watch.number}. {shortened(watch.text, _LONGEST)}"))
        for watch in there
    ]
    lines.append(text(_sources(context, chosen)))
    if new:
        lines.append(text("Undo with ", code(f"/unwatch {_span([watch.number for watch in new])}")))
    if command.chat.state is ChatState.PAUSED:
        lines.append(text("This chat is paused: it is told nothing until ", code("/start")))
    return Reply(body=rich(*lines))


def _overview(packs: Sequence[SourcePack]) -> Reply:
    lines: list[Line] = [text(bold("Packs"), ": watches on one matter, set in one go.")]
    for each in packs:
        lines += [
            (),
            text(code(f"/pack {each.name}"), " · ", bold(each.title)),
            text(each.about),
            text(italic(f"{number_of(len(each.sources), 'source')}, {len(each.watches)} watches")),
        ]
    return Reply(body=rich(*lines))


def _outcome(new: Sequence[Watch], there: Sequence[Watch]) -> str:
    if not new:
        return "all its watches were there already."
    said = "1 watch is set" if len(new) == 1 else f"{len(new)} watches are set"
    if not there:
        return f"{said}."
    return f"{said}, {len(there)} {'was' if len(there) == 1 else 'were'} there already."


def _sources(context: Context, chosen: SourcePack) -> str:
    """How many of the pack's sources this installation reads: its own catalogue may lack some."""
    ready = {s.source_id for s in context.catalogue.sources if s.status is SourceStatus.READY}
    count = sum(each in ready for each in chosen.sources)
    if count == len(chosen.sources):
        return f"All {count} of its sources are read here; /sources shows how they answer."
    return (
        f"{count} of its {len(chosen.sources)} sources are read here: the catalogue of this "
        "installation is another."
    )


def _span(numbers: Sequence[int]) -> str:
    """From the first to the last: what was set together has numbers without a gap."""
    first, last = numbers[0], numbers[-1]
    return str(first) if first == last else f"{first}-{last}"
