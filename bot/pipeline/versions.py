"""From a version of a list or page to what is told of it: the decision, within the transaction.

    version on record, version read -> unchanged | the first | of another form | doubted | taken

A list that was cut short looks like one from which half was taken off, so an unlikely version is
believed only when it has been read several times in a row (docs/adr/0011-lists-that-change.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.item import Item
from bot.domain.source import Source, SourceKind
from bot.domain.version import StoredVersion, Version, VersionChange
from bot.registers.compare import (
    SEEN_AGAIN,
    Difference,
    compare,
    doubt,
    is_rewritten,
    without_renumbering,
)
from bot.registers.tell import tell_list, tell_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a version that was read comes to.

    `items` say what changed. `change` is None where the record stays as it is. `note` is for the
    operator. Where `is_doubted`, nothing was taken, and the note says why.
    """

    items: tuple[Item, ...] = ()
    change: VersionChange | None = None
    note: str = ""
    is_doubted: bool = False


def judge(
    source: Source,
    version: Version,
    stored: StoredVersion | None,
    *,
    has_failed: bool,
    now: datetime,
) -> Verdict:
    """Compare a version that was read with the one on record. Pure, but for reading its rows.

    `has_failed`: no reading of the source was good since the last doubt, so that doubts add up.
    """
    count = len(version.rows)
    if stored is None:
        return Verdict(
            change=_first(source, version),
            note=f"the first version of {count:,} entries was stored; changes to it are told",
        )
    if stored.form != version.form:
        return Verdict(
            change=_first(source, version),
            note=f"it is read in another form now: its {count:,} entries were stored anew, and not "
            "compared with those on record",
        )
    if stored.digest == version.digest:
        is_settled = not stored.doubts
        return Verdict(change=None if is_settled else _change(source, version, Difference()))
    difference = compare(stored.read_rows(), version.rows.packed)
    told = without_renumbering(difference)
    reason = doubt(told, before=stored.count, after=count)
    doubts = 1 + (stored.doubts if has_failed and stored.doubted == version.digest else 0)
    if reason and doubts < SEEN_AGAIN:
        return Verdict(
            change=VersionChange(
                source_id=source.source_id,
                digest=stored.digest,
                form=stored.form,
                count=stored.count,
                doubted=version.digest,
                doubts=doubts,
            ),
            note=f"{reason}: that looks like a list that was cut short, and is not believed before "
            f"it has been read {SEEN_AGAIN} times in a row (this was time {doubts}). Look at the "
            "address.",
            is_doubted=True,
        )
    notes: list[str] = []
    if reason:
        notes.append(f"{reason}; it was read {SEEN_AGAIN} times in a row, and is believed")
    if is_rewritten(told, after=count):
        notes.append(
            f"{len(told.changed):,} of {count:,} entries were rewritten at once: look whether the "
            "source's shape still fits"
        )
    return Verdict(
        items=_tell(source, told, version, now),
        change=_change(source, version, difference),
        note="; ".join(notes),
    )


def _first(source: Source, version: Version) -> VersionChange:
    """A version in place of nothing, or of one that it cannot be compared with."""
    return VersionChange(
        source_id=source.source_id,
        digest=version.digest,
        form=version.form,
        count=len(version.rows),
        put=version.rows,
        is_anew=True,
    )


def _change(source: Source, version: Version, difference: Difference) -> VersionChange:
    return VersionChange(
        source_id=source.source_id,
        digest=version.digest,
        form=version.form,
        count=len(version.rows),
        put=difference.put,
        drop=difference.removed,
    )


def _tell(source: Source, told: Difference, version: Version, now: datetime) -> tuple[Item, ...]:
    if not told.is_told:
        return ()
    if source.kind is SourceKind.PAGE:
        return tell_page(source, told, digest=version.digest, now=now)
    return tell_list(source, told, digest=version.digest, count=len(version.rows), now=now)
