"""Two versions of a list, row by row, in one pass over both. Pure.

    old rows, new rows, each packed and in order of their keys  ->  added, removed, changed, moved

Neither version need be held whole, and only what differs is kept: as it came, for a list may change
in all its rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

from bot.domain.version import NO_ROWS, PackedRows, Row, key_of, said_of, unpacked

SUSPICIOUS_SHARE = 0.3
"""A list that loses more of its rows than this at once has more likely been cut short, or its
publisher's query has failed, than that so many were taken off."""

SUSPICIOUS_ROWS = 10
"""Fewer may go at once from any list."""

WHOLE_ROWS = 3
"""A list of at least so many rows is not believed to lose them all."""

SEEN_AGAIN = 3
"""Times that the same unlikely version must be read in a row before it is believed."""

REWRITTEN_SHARE = 0.5
REWRITTEN_ROWS = 200
"""Where more than this share of the rows, and more than so many, change at once, the publisher has
written the whole list otherwise: a column more, dates in another form."""

MAX_OLD = 20_000
"""Changed rows of which the old wording is kept, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What makes the old rows the new ones; all are packed, and in order of their keys.

    `changed` are the new rows, and `old` the first MAX_OLD of them as they were. `moved` are rows
    that say the same in another place; of those, nothing is told.
    """

    added: PackedRows = NO_ROWS
    removed: PackedRows = NO_ROWS
    changed: PackedRows = NO_ROWS
    old: PackedRows = NO_ROWS
    moved: PackedRows = NO_ROWS

    @property
    def put(self) -> PackedRows:
        """The rows to write."""
        return PackedRows((*self.added.packed, *self.changed.packed, *self.moved.packed))

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell a person."""
        return bool(self.added or self.removed or self.changed)


def compare(old: Iterable[bytes], new: Iterable[bytes]) -> Difference:
    """The difference; both packed, in order of keys that are unique."""
    added: list[bytes] = []
    removed: list[bytes] = []
    changed: list[bytes] = []
    kept: list[bytes] = []
    moved: list[bytes] = []
    for before, after in _side_by_side(iter(old), iter(new)):
        if before is None:
            assert after is not None
            added.append(after)
        elif after is None:
            removed.append(before)
        elif said_of(before) == said_of(after):
            moved.append(after)
        else:
            changed.append(after)
            if len(kept) < MAX_OLD:
                kept.append(before)
    return Difference(
        added=PackedRows(tuple(added)),
        removed=PackedRows(tuple(removed)),
        changed=PackedRows(tuple(changed)),
        old=PackedRows(tuple(kept)),
        moved=PackedRows(tuple(moved)),
    )


def _side_by_side(
    old: Iterator[bytes], new: Iterator[bytes]
) -> Iterator[tuple[bytes | None, bytes | None]]:
    """The rows that differ, under one key where both versions have it."""
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        if before == after:
            before, after = next(old, None), next(new, None)
        elif after is None or (before is not None and key_of(before) < key_of(after)):
            yield before, None
            before = next(old, None)
        elif before is None or key_of(after) < key_of(before):
            yield None, after
            after = next(new, None)
        else:
            yield before, after
            before, after = next(old, None), next(new, None)


def without_renumbering(difference: Difference) -> Difference:
    """What is to be told: not the rows that only go by another key now, word for word the same."""
    if not (difference.added and difference.removed):
        return difference
    gone: dict[bytes, list[bytes]] = {}
    for row in difference.removed.packed:
        gone.setdefault(said_of(row), []).append(row)
    added: list[bytes] = []
    for row in difference.added.packed:
        under_other_key = gone.get(said_of(row))
        if under_other_key:
            under_other_key.pop()
        else:
            added.append(row)
    left = {row for rows in gone.values() for row in rows}
    return replace(
        difference,
        added=PackedRows(tuple(added)),
        removed=PackedRows(tuple(row for row in difference.removed.packed if row in left)),
    )


def doubt(told: Difference, *, before: int, after: int) -> str:
    """Why this difference is not to be believed at once, as a clause; "" where it may be.

    `before` and `after` count the rows of the two versions.
    """
    gone = len(told.removed)
    is_whole = gone == before and before >= WHOLE_ROWS
    if is_whole or (gone >= SUSPICIOUS_ROWS and gone > before * SUSPICIOUS_SHARE):
        return f"{gone:,} of {before:,} entries are gone at once ({after:,} came)"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a list may only seem to have lost, because it was cut at its end: entries, and records
    of the entry that it ended with. `sign` tells one loss from another."""

    removed: PackedRows
    changed: PackedRows
    sign: str


def loss_at_end(told: Difference, *, last_before: str, last_after: str) -> Loss | None:
    """The loss of a list that ended with the entry `last_before` and ends with `last_after` now;
    None where its end is still there, or is a new entry: that no cut could add."""
    if not last_before:
        return None
    if last_after.encode() in map(key_of, told.added.packed):
        return None
    last = last_before.encode()
    changed = _only_lost(last, told)
    if changed is None and last not in map(key_of, told.removed.packed):
        return None
    rows = PackedRows((changed,) if changed else ())
    sign = blake2b(digest_size=12)
    for row in (*told.removed.packed, *rows.packed):
        sign.update(row + b"\x1e")
    return Loss(removed=told.removed, changed=rows, sign=f"end:{sign.hexdigest()}")


def without_loss(difference: Difference, loss: Loss) -> Difference:
    """What can be believed of a difference at once."""
    lost = {*loss.removed.packed, *loss.changed.packed}
    keys = set(map(key_of, loss.changed.packed))
    return replace(
        difference,
        removed=PackedRows(tuple(row for row in difference.removed.packed if row not in lost)),
        changed=PackedRows(tuple(row for row in difference.changed.packed if row not in lost)),
        old=PackedRows(tuple(row for row in difference.old.packed if key_of(row) not in keys)),
    )


def _only_lost(key: bytes, told: Difference) -> bytes | None:
    """The entry's new row, where all that it says was said before."""
    after = next((row for row in told.changed.packed if key_of(row) == key), None)
    before = next((row for row in told.old.packed if key_of(row) == key), None)
    if after is None or before is None:
        return None
    return after if _lines(unpacked(after)) <= _lines(unpacked(before)) else None


def _lines(row: Row) -> set[str]:
    """All that an entry says; another of its names counts like its first."""
    programmes = (f"[{each}" for each in row.programme.split("] ["))
    return {f"also: {row.name}", *programmes, *filter(None, row.text.split("\n"))}


def is_rewritten(told: Difference, *, after: int) -> bool:
    """Whether so much of a list of now `after` rows has changed that its form has."""
    return len(told.changed) > max(REWRITTEN_ROWS, after * REWRITTEN_SHARE)
