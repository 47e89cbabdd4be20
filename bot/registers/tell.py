"""What changed in a list or on a page, as items. Pure.

    Difference -> one item a programme, or one of the page -> in parts, where it is very long

Every entry that came, went or changed stands in the text of exactly one item by its name, so that
watches and searches find it, however many there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, zip_longest

from bot.domain.item import Facts, Item
from bot.domain.source import RegisterShape, Source
from bot.domain.version import NO_ROWS, Row, unpacked
from bot.registers.compare import Difference, is_rewritten
from bot.registers.words import MAX_LINE, bracketed, capped, change, details

MAX_PROGRAMMES = 20
"""Items of one change, parts apart; the programmes with the fewest entries share the last one."""

MAX_PART = 60_000
"""Code points of one item's text."""

ROOM = 1_000_000
"""Code points that the entries of one change may take; beyond, details give way, names never."""

_SHORT = 200  # code points of details where ROOM is short
_TITLE_ROOM = 160  # for names in a headline
_INSTANCES = 10  # of entries, where all have changed
_QUOTED = 80  # of one passage in a headline
_MAX_PAIRS = 40_000  # of passages that are compared with each other
_ALIKE = 0.5  # share of words that two wordings of one passage have in common
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Event:
    """What happened to one entry; unpacked when it is said, for there may be very many."""

    verb: str  # "added", "removed", "changed"
    packed: bytes
    old: bytes | None = None

    @property
    def row(self) -> Row:
        return unpacked(self.packed)

    def line(self, room: int, *, is_mixed: bool = False) -> str:
        row = self.row
        if room == 0:
            said = capped(row.name, MAX_LINE)
        elif self.old is not None:
            said = change(unpacked(self.old), row, room)
        else:
            said = details(row, room)
        where = bracketed(row.programme) if is_mixed else ""
        return f"{self.verb.capitalize()}{f' under {where}' if where else ''}: {said}"


def tell_list(
    source: Source, difference: Difference, *, digest: str, count: int, now: datetime
) -> tuple[Item, ...]:
    """The items that say what changed in a list of now `count` entries, the largest first.

    `digest` is the new version's; `now` becomes `first_seen_at`.
    """
    items: list[Item] = []
    if is_rewritten(difference, after=count):
        items += _rewritten(source, difference, digest=digest, count=count, now=now)
        difference = replace(difference, changed=NO_ROWS, old=NO_ROWS)
    events = list(_events(difference))
    by_programme: dict[str, list[_Event]] = {}
    for event in events:
        by_programme.setdefault(event.row.programme, []).append(event)
    ordered = sorted(by_programme.items(), key=lambda each: (-len(each[1]), each[0]))
    groups = [
        _Group(f" under {bracketed(name)}" * bool(name), group, [name]) for name, group in ordered
    ]
    if len(groups) > MAX_PROGRAMMES:
        few = groups[MAX_PROGRAMMES - 1 :]
        groups[MAX_PROGRAMMES - 1 :] = [
            _Group(
                f" under {len(few)} further programmes",
                [event for group in few for event in group.events],
                [name for group in few for name in group.programmes],
            )
        ]
    room = _room(events)
    for group in groups:
        lead = f"{_counts(group.events)}{group.under}."
        lead += f" The list has {count:,} {_plural('entry', count)} now."
        if room < MAX_LINE:
            lead += " The change is large: what is said of each entry here is cut short."
        items += _parts(
            source,
            f"{source.name}: {_counts(group.events)}{group.under}",
            lead,
            *_said(group, room),
            facts=_facts(source, group.programmes),
            guid=f"{digest}:{len(items)}",
            now=now,
        )
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
        f"Changed: {event.row.name} (was: {unpacked(event.old).name})"
        if event.old is not None
        else event.line(MAX_LINE)
        for event in events
    ]
    quoted = [f"“{capped(event.row.name, _QUOTED)}”" for event in events]
    said = _counts(events, "passage")
    return tuple(
        _parts(
            source,
            f"{source.name}: {said}",
            f"The page has changed: {said}.",
            lines,
            quoted,
            facts=(("list", source.name),),
            guid=f"{digest}:0",
            now=now,
        )
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """The events that share an item, and how its headline calls what they share."""

    under: str
    events: list[_Event]
    programmes: list[str]


def _rewritten(
    source: Source, difference: Difference, *, digest: str, count: int, now: datetime
) -> Iterator[Item]:
    """One item for a list whose form has changed: who lists every entry says nothing."""
    shown = replace(difference, added=NO_ROWS, removed=NO_ROWS)
    some = list(islice(_events(shown), _INSTANCES))
    said = f"{len(difference.changed):,} of {count:,} entries were rewritten at once"
    lead = f"{said}: the list is written in another way, so they are not told one by one."
    return _parts(
        source,
        f"{source.name}: {said}",
        f"{lead} For instance:",
        [event.line(_SHORT) for event in some],
        [event.row.name for event in some],
        facts=(("list", source.name),),
        guid=f"{digest}:rewritten",
        now=now,
    )


def _events(difference: Difference) -> Iterator[_Event]:
    for row in difference.added.packed:
        yield _Event("added", row)
    for row in difference.removed.packed:
        yield _Event("removed", row)
    for row, old in zip_longest(difference.changed.packed, difference.old.packed):
        yield _Event("changed", row, old)


def _said(group: _Group, room: int) -> tuple[list[str], list[str]]:
    """The lines of a group's entries, in order of their names, and those names."""
    ordered = sorted((event.row.name, at) for at, event in enumerate(group.events))
    is_mixed = len(group.programmes) > 1
    lines = [group.events[at].line(room, is_mixed=is_mixed) for _name, at in ordered]
    return lines, [capped(name, _TITLE_ROOM) for name, _at in ordered]


def _facts(source: Source, programmes: Sequence[str]) -> Facts:
    """The list, and the first ten of the programmes; those of one entry are told apart."""
    each = dict.fromkeys(name for listed in programmes for name in listed.split("] [") if name)
    return (("list", source.name), *(("programme", name) for name in list(each)[:10]))


def _room(events: Sequence[_Event]) -> int:
    """How long the details of one entry may be."""
    for room in (MAX_LINE, _SHORT):
        length = 0
        for event in events:
            length += len(event.line(room))
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
    *,
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


def _address(source: Source) -> str:
    """Where a person reads the list, which is rarely the file of it."""
    shape = source.shape
    return (shape.page if isinstance(shape, RegisterShape) else "") or source.url


def _passages(difference: Difference) -> list[_Event]:
    """What happened to the passages of a page; two wordings of one are a change."""
    removed, added = difference.removed.packed, difference.added.packed
    olds: dict[bytes, bytes] = {}
    if len(removed) * len(added) <= _MAX_PAIRS:
        left = [(row, _words(row)) for row in removed]
        for row in added:
            words = _words(row)
            best = max(left, key=lambda each: _likeness(words, each[1]), default=None)
            if best is not None and _likeness(words, best[1]) >= _ALIKE:
                left.remove(best)
                olds[row] = best[0]
    taken = set(olds.values())
    return [
        *(_Event("changed" if row in olds else "added", row, olds.get(row)) for row in added),
        *(_Event("removed", row) for row in removed if row not in taken),
    ]


def _words(row: bytes) -> frozenset[str]:
    return frozenset(_WORD.findall(unpacked(row).name.casefold()))


def _likeness(a: frozenset[str], b: frozenset[str]) -> float:
    union = len(a | b)
    return len(a & b) / union if union else 0.0
