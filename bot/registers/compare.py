"""Two versions of a list, row by row, in one pass over both. Pure.

    old rows, new rows, each in order of their keys  ->  added, removed, changed, moved

Neither version need be held whole, and only what differs is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.domain.version import Row

SUSPICIOUS_SHARE = 0.3
"""A list that loses more of its rows than this at once has more likely been cut short, or its
publisher's query has failed, than that so many were taken off."""

SUSPICIOUS_ROWS = 10
"""Fewer may go at once from any list."""

WHOLE_ROWS = 3
"""A list of at least so many rows is not believed to lose them all."""

SEEN_AGAIN = 3
"""Times that the same unlikely version must be read in a row before it is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What makes the old rows the new ones, each in order of its keys.

    `changed` holds (old, new). `moved` are rows that say the same in another place; of those,
    nothing is told.
    """

    added: tuple[Row, ...] = ()
    removed: tuple[Row, ...] = ()
    changed: tuple[tuple[Row, Row], ...] = ()
    moved: tuple[Row, ...] = ()

    @property
    def put(self) -> tuple[Row, ...]:
        """The rows to write."""
        return (*self.added, *(new for _old, new in self.changed), *self.moved)

    @property
    def drop(self) -> tuple[str, ...]:
        """The keys of the rows to delete."""
        return tuple(row.key for row in self.removed)

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell a person."""
        return bool(self.added or self.removed or self.changed)


def compare(old: Iterable[Row], new: Iterable[Row]) -> Difference:
    """The difference; both in order of keys that are unique."""
    added: list[Row] = []
    removed: list[Row] = []
    changed: list[tuple[Row, Row]] = []
    moved: list[Row] = []
    for before, after in _side_by_side(iter(old), iter(new)):
        if before is None:
            assert after is not None
            added.append(after)
        elif after is None:
            removed.append(before)
        elif before != after:
            if _said(before) != _said(after):
                changed.append((before, after))
            else:
                moved.append(after)
    return Difference(
        added=tuple(added), removed=tuple(removed), changed=tuple(changed), moved=tuple(moved)
    )


def _side_by_side(
    old: Iterator[Row], new: Iterator[Row]
) -> Iterator[tuple[Row | None, Row | None]]:
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        if after is None or (before is not None and before.key < after.key):
            yield before, None
            before = next(old, None)
        elif before is None or after.key < before.key:
            yield None, after
            after = next(new, None)
        else:
            yield before, after
            before, after = next(old, None), next(new, None)


def _said(row: Row) -> tuple[str, str, str]:
    return row.name, row.programme, row.text


def without_renumbering(difference: Difference) -> Difference:
    """What is to be told: not the rows that only go by another key now, word for word the same."""
    if not (difference.added and difference.removed):
        return difference
    gone: dict[tuple[str, str, str], list[Row]] = {}
    for row in difference.removed:
        gone.setdefault(_said(row), []).append(row)
    added: list[Row] = []
    for row in difference.added:
        under_other_key = gone.get(_said(row))
        if under_other_key:
            under_other_key.pop()
        else:
            added.append(row)
    left = {row.key for rows in gone.values() for row in rows}
    removed = tuple(row for row in difference.removed if row.key in left)
    return replace(difference, added=tuple(added), removed=removed)


def doubt(told: Difference, *, before: int, after: int) -> str:
    """Why this difference is not to be believed at once, as a clause; "" where it may be.

    `before` and `after` count the rows of the two versions.
    """
    gone = len(told.removed)
    is_whole = gone == before and before >= WHOLE_ROWS
    if is_whole or (gone >= SUSPICIOUS_ROWS and gone > before * SUSPICIOUS_SHARE):
        return f"{gone:,} of {before:,} entries are gone at once ({after:,} came)"
    return ""
