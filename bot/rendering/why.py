"""Why a chat was told of an item: each watch as a tree, with a tick or a cross for every part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.domain.item import Item, Precision
from bot.domain.match import Part
from bot.domain.plan import Told
from bot.domain.query import And, Facet, InTitle, Near, Not, Or
from bot.domain.richtext import Line, RichText, bold, italic, rich, text
from bot.domain.watch import Watch
from bot.matching.explain import Reason
from bot.matching.show import show
from bot.rendering.parts import headline, origin, source_mark
from bot.rendering.times import local_time

_MAX_SPELLINGS = 4  # of one part
_MAX_PARTS = 30  # lines of one watch
_LONGEST = 60  # code points of a part as it is shown
_INDENT = "   "


def render_why(
    told: Told, reasons: Sequence[tuple[Watch, Reason | None]], *, zone: str, now: datetime
) -> RichText:
    """The trees of the watches that the item answered; None where a watch cannot be read."""
    item = told.archived.item
    when = local_time(told.at, zone, Precision.INSTANT, now)
    lines: list[Line] = [
        text("🔍 ", bold("Why this came"), f" · {when}"),
        text(f"{source_mark(item)} ", headline(item)),
        text(italic(origin(item, zone, now))),
    ]
    for watch, reason in reasons:
        lines += [(), *_watch(watch, reason, told, zone, now)]
    for number in told.ended:
        lines += [(), text(f"Watch {number} asked for it; it has ended since.")]
    return rich(*lines)


def _watch(
    watch: Watch, reason: Reason | None, told: Told, zone: str, now: datetime
) -> Iterator[Line]:
    yield text(f"🔔 Watch {watch.number} ", bold(watch.label))
    if watch.changed_at is not None and watch.changed_at > told.at:
        when = local_time(watch.changed_at, zone, Precision.INSTANT, now)
        yield text(italic(f"changed since, by {watch.changed_by}, {when}; as it asks now:"))
    if reason is None:
        yield text("Its text can no longer be read; /edit mends it.")
        return
    lines = list(_part(reason, told.archived.item, 0))
    yield from lines[:_MAX_PARTS]
    if len(lines) > _MAX_PARTS:
        yield text(f"… and {len(lines) - _MAX_PARTS} more parts")


def _part(reason: Reason, item: Item, depth: int, *, in_title: bool = False) -> Iterator[Line]:
    query = reason.query
    match query:
        case And() if not depth:
            for part in reason.parts:
                yield from _part(part, item, 1, in_title=in_title)
            return
        case And():
            said, inner = "all of these", reason.parts
        case Or():
            said, inner = "one of these", reason.parts
        case Near():
            said, inner = f"within {query.words} words of each other", reason.parts
        case InTitle():
            yield from _part(reason.parts[0], item, depth, in_title=True)
            return
        case Not():
            (part,) = reason.parts
            shut = "nothing shut out" if reason.holds else f"it is there: {_places(part, item)}"
            said, inner = f"not {_shown(part)} · {shut}", ()
        case Facet():
            said, inner = _shown(reason), ()
        case _:
            said, inner = f"{_shown(reason)}{_where(reason, item, in_title)}", ()
    tick = "✓" if reason.holds else "✗"
    yield text(f"{_INDENT * max(0, depth - 1)}{tick} {said}")
    for part in inner:
        yield from _part(part, item, max(1, depth) + 1, in_title=in_title)


def _where(reason: Reason, item: Item, in_title: bool) -> str:
    if not reason.holds:
        return " · not in the title" if in_title else " · nowhere"
    return f" · {_places(reason, item)}"


def _places(reason: Reason, item: Item) -> str:
    """The spellings that were found, by the part of the item that they stand in."""
    said: list[str] = []
    for part, source in ((Part.TITLE, item.title), (Part.TEXT, item.text)):
        found: dict[str, str] = {}
        for hit in reason.hits:
            if hit.part is part:
                words = " ".join(source[hit.start : hit.end].split())
                found.setdefault(words.casefold(), words)
        if found:
            shown = ", ".join(f"“{words}”" for words in list(found.values())[:_MAX_SPELLINGS])
            more = " …" if len(found) > _MAX_SPELLINGS else ""
            said.append(f"{shown}{more} in the {part}")
    return ", ".join(said)


def _shown(reason: Reason) -> str:
    shown = show(reason.query)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
