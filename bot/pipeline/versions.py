"""From a version of a list or page to what is told of it: the decision, within the transaction.

    version on record, version read -> unchanged | the first | of another form | doubted
                                     | taken, but for removals that await a second reading | taken

A list that was cut short looks like one from which half was taken off, so an unlikely version is
believed only when it has been read several times in a row (docs/adr/0011-lists-that-change.md), and
what it lost at its end when the next reading says the same (docs/adr/0016-articles-and-gaps.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.item import Item
from bot.domain.source import Source, SourceKind
from bot.domain.version import StoredVersion, Version, VersionChange
from bot.registers.compare import (
    SEEN_AGAIN,
    Difference,
    Loss,
    compare,
    doubt,
    is_rewritten,
    loss_at_end,
    without_loss,
    without_renumbering,
)
from bot.registers.tell import tell_list, tell_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a version that was read comes to.

    `items` say what changed. `change` is None where the record stays as it is. `note` is for the
    operator. Where `is_doubted`, nothing was taken, and the note says why; where `is_held`, all but
    removals, and the next reading must be a full one.
    """

    items: tuple[Item, ...] = ()
    change: VersionChange | None = None
    note: str = ""
    is_doubted: bool = False
    is_held: bool = False


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
        is_settled = is_settled and stored.last_key == version.last_key
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
                last_key=stored.last_key,
                doubted=version.digest,
                doubts=doubts,
            ),
            note=f"{reason}: that looks like a list that was cut short, and is not believed before "
            f"it has been read {SEEN_AGAIN} times in a row (this was time {doubts}). Look at the "
            "address.",
            is_doubted=True,
        )
    notes: list[str] = []
    loss = None
    if not (reason or version.is_ended):
        loss = loss_at_end(told, last_before=stored.last_key, last_after=version.last_key)
    if loss is not None and stored.doubted != loss.sign:
        return _held(source, version, stored, difference, told, loss, now)
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


def _held(
    source: Source,
    version: Version,
    stored: StoredVersion,
    difference: Difference,
    told: Difference,
    loss: Loss,
    now: datetime,
) -> Verdict:
    """All of a version but what it may only seem to have lost."""
    difference = without_loss(difference, loss)
    gone = f"{len(loss.removed):,} " + ("entry" if len(loss.removed) == 1 else "entries")
    what = gone if loss.removed else "a part of the last entry"
    return Verdict(
        items=_tell(source, without_loss(told, loss), replace(version, digest=loss.sign), now),
        change=VersionChange(
            source_id=source.source_id,
            digest=f"without {loss.sign}",  # of no version: the next one is compared row by row
            form=stored.form,
            count=stored.count + len(difference.added) - len(difference.removed),
            last_key=stored.last_key,
            doubted=loss.sign,
            doubts=1,
            put=difference.put,
            drop=difference.removed,
        ),
        note=f"{what} at its end may be gone or cut off: told if the next reading says the same",
        is_held=True,
    )


def _first(source: Source, version: Version) -> VersionChange:
    """A version in place of nothing, or of one that it cannot be compared with."""
    return VersionChange(
        source_id=source.source_id,
        digest=version.digest,
        form=version.form,
        count=len(version.rows),
        last_key=version.last_key,
        put=version.rows,
        is_anew=True,
    )


def _change(source: Source, version: Version, difference: Difference) -> VersionChange:
    return VersionChange(
        source_id=source.source_id,
        digest=version.digest,
        form=version.form,
        count=len(version.rows),
        last_key=version.last_key,
        put=difference.put,
        drop=difference.removed,
    )


def _tell(source: Source, told: Difference, version: Version, now: datetime) -> tuple[Item, ...]:
    if not told.is_told:
        return ()
    if source.kind is SourceKind.PAGE:
        return tell_page(source, told, digest=version.digest, now=now)
    return tell_list(source, told, digest=version.digest, count=len(version.rows), now=now)
