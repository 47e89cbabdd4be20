"""What changed in a list or on a page, as items. Pure.

    Difference -> one item a programme, or one of the page -> in parts, where it is very long

Every entry that came, went or changed stands in the text of exactly one item by its name, so that
watches and searches find it, however many there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.item import Facts, Item
from bot.domain.source import RegisterShape, Source
from bot.domain.version import Row
from bot.registers.compare import Difference
from bot.registers.words import MAX_LINE, bracketed, capped, change, details

MAX_PROGRAMMES = 20
"""Items of one change, parts apart; the programmes with the fewest entries share the last one."""

MAX_PART = 60_000
"""Code points of one item's text."""

ROOM = 1_000_000
"""Code points that the entries of one change may take; beyond, details give way, names never."""

_SHORT = 200  # code points of details where ROOM is short
_TITLE_ROOM = 160  # for names in a headline
_QUOTED = 80  # of one passage in a headline
_MAX_PAIRS = 40_000  # of passages that are compared with each other
_ALIKE = 0.5  # share of words that two wordings of one passage have in common
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Event:
    """What happened to one entry."""

    verb: str  # "added", "removed", "changed"
    row: Row
    old: Row | None = None

    def line(self, room: int, *, is_mixed: bool) -> str:
        if room == 0:
            said = capped(self.row.name, MAX_LINE)
        elif self.old is not None:
            said = change(self.old, self.row, room)
        else:
            said = details(self.row, room)
        where = bracketed(self.row.programme) if is_mixed else ""
        return f"{self.verb.capitalize()}{f' under {where}' if where else ''}: {said}"


def tell_list(
    source: Source, difference: Difference, *, digest: str, count: int, now: datetime
) -> tuple[Item, ...]:
    """The items that say what changed in a list of now `count` entries, the largest first.

    `digest` is the new version's; `now` becomes `first_seen_at`.
    """
    events = [
        *(_Event("added", row) for row in difference.added),
        *(_Event("removed", row) for row in difference.removed),
        *(_Event("changed", new, old) for old, new in difference.changed),
    ]
    by_programme: dict[str, list[_Event]] = {}
    for event in sorted(events, key=lambda each: (each.row.name, each.row.key)):
        by_programme.setdefault(event.row.programme, []).append(event)
    ordered = sorted(by_programme.items(), key=lambda each: (-len(each[1]), each[0]))
    groups = [(f" under {bracketed(name)}" * bool(name), group) for name, group in ordered]
    if len(groups) > MAX_PROGRAMMES:
        few = groups[MAX_PROGRAMMES - 1 :]
        mixed = [event for _name, group in few for event in group]
        groups[MAX_PROGRAMMES - 1 :] = [(f" under {len(few)} further programmes", mixed)]
    room = _room(events)
    items: list[Item] = []
    for under, group in groups:
        programmes = dict.fromkeys(each for event in group for each in _programmes(event.row))
        facts = (("list", source.name), *(("programme", name) for name in list(programmes)[:10]))
        lead = f"{_counts(group)}{under}. The list has {count:,} {_plural('entry', count)} now."
        if room < MAX_LINE:
            lead += " The change is large: what is said of each entry here is cut short."
        is_mixed = len({event.row.programme for event in group}) > 1
        lines = [event.line(room, is_mixed=is_mixed) for event in group]
        names = [capped(event.row.name, _TITLE_ROOM) for event in group]
        headline = f"{source.name}: {_counts(group)}{under}"
        items += _parts(source, headline, lead, lines, names, facts, f"{digest}:{len(items)}", now)
    return tuple(items)


def tell_page(
    source: Source, difference: Difference, *, digest: str, now: datetime
) -> tuple[Item, ...]:
    """The item that shows a page's difference, in the order of the page; several if it is huge."""
    events = sorted(
        _passages(difference), key=lambda each: (each.row.place, each.verb != "removed")
    )
    if not events:
        return ()
    lines = [
        f"Changed: {event.row.name} (was: {event.old.name})"
        if event.old is not None
        else event.line(MAX_LINE, is_mixed=False)
        for event in events
    ]
    quoted = [f"“{capped(event.row.name, _QUOTED)}”" for event in events]
    said = _counts(events, "passage")
    lead = f"The page has changed: {said}."
    facts = (("list", source.name),)
    return tuple(
        _parts(source, f"{source.name}: {said}", lead, lines, quoted, facts, f"{digest}:0", now)
    )


def _room(events: Sequence[_Event]) -> int:
    """How long the details of one entry may be."""
    for room in (MAX_LINE, _SHORT):
        length = 0
        for event in events:
            length += len(event.line(room, is_mixed=False))
            if length > ROOM:
                break
        else:
            return room
    return 0


def _parts(
    source: Source,
    headline: str,
    lead: str,
    lines: Sequence[str],
    names: Sequence[str],
    facts: Facts,
    guid: str,
    now: datetime,
) -> Iterator[Item]:
    """The items of one headline; `names` are those of the lines."""
    runs = list(_runs(lines))
    for at, (first, last) in enumerate(runs):
        part = f" (part {at + 1} of {len(runs)})" if len(runs) > 1 else ""
        yield Item(
            source_id=source.source_id,
            source_name=source.name,
            publisher=source.publisher,
            is_official=source.is_official,
            title=f"{headline}{part}: {_some(names[first:last])}",
            text="\n".join((lead, *lines[first:last])),
            url=_address(source),
            first_seen_at=now,
            guid=f"{guid}:{at}",
            language=source.languages[0] if len(source.languages) == 1 else None,
            zone=source.zone,
            is_sample=source.is_sample,
            facts=facts,
        )


def _runs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of lines that are no longer than a part."""
    first = length = 0
    for at, line in enumerate(lines):
        if at > first and length + len(line) > MAX_PART:
            yield first, at
            first, length = at, 0
        length += len(line) + 1
    yield first, len(lines)


def _some(names: Sequence[str]) -> str:
    """As many names as a headline has room for, and how many more there are."""
    shown: list[str] = []
    room = _TITLE_ROOM
    for name in names:
        if shown and len(name) > room:
            break
        shown.append(name)
        room -= len(name) + 2
    more = len(names) - len(shown)
    return "; ".join(shown) + (f"; and {more:,} more" if more else "")


def _counts(events: Iterable[_Event], noun: str = "") -> str:
    """3 added, 1 removed."""
    verbs = [event.verb for event in events]
    said: list[str] = []
    for verb in ("added", "removed", "changed"):
        count = verbs.count(verb)
        if count:
            what = f"{_plural(noun, count)} " if noun and not said else ""
            said.append(f"{count:,} {what}{verb}")
    return ", ".join(said)


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def _programmes(row: Row) -> list[str]:
    return row.programme.split("] [") if row.programme else []


def _address(source: Source) -> str:
    """Where a person reads the list, which is rarely the file of it."""
    shape = source.shape
    return (shape.page if isinstance(shape, RegisterShape) else "") or source.url


def _passages(difference: Difference) -> list[_Event]:
    """What happened to the passages of a page; two wordings of one are a change."""
    removed = sorted(difference.removed, key=lambda row: row.place)
    added = sorted(difference.added, key=lambda row: row.place)
    pairs: dict[str, Row] = {}
    if len(removed) * len(added) <= _MAX_PAIRS:
        left = [(row, _words(row)) for row in removed]
        for row in added:
            words = _words(row)
            best = max(left, key=lambda each: _likeness(words, each[1]), default=None)
            if best is not None and _likeness(words, best[1]) >= _ALIKE:
                left.remove(best)
                pairs[row.key] = best[0]
    taken = {row.key for row in pairs.values()}
    return [
        *(
            _Event("changed" if row.key in pairs else "added", row, pairs.get(row.key))
            for row in added
        ),
        *(_Event("removed", row) for row in removed if row.key not in taken),
    ]


def _words(row: Row) -> frozenset[str]:
    return frozenset(_WORD.findall(row.name.casefold()))


def _likeness(a: frozenset[str], b: frozenset[str]) -> float:
    union = len(a | b)
    return len(a & b) / union if union else 0.0
