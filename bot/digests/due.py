"""When a chat's daily digest is due: arithmetic on local dates. Pure.

The ledger (one row per chat and local date) makes it exactly one; this only says which date's
digest the present moment asks for. Each local date has one moment, whatever daylight saving does:
a time that the clocks skip comes as much later as they skip, one that they repeat comes at its
first occurrence (PEP 495, fold 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDigest:
    """The digest of `local_date`, owed since `due_at` (aware UTC)."""

    local_date: date
    due_at: datetime


def due_digest(
    *, now: datetime, zone: str, digest_at: time, set_at: datetime, last_date: date | None
) -> DueDigest | None:
    """The newest digest that should have come by `now`, or None where nothing is owed.

    After days of silence one digest is owed, not one a day. A moment at or before `set_at` (when
    the chat chose its time, or became active) is not owed; a `set_at` of a clock that ran ahead
    holds nothing back. `last_date` is the last local date that had its digest.
    """
    local = ZoneInfo(zone)
    is_void = _is_void(set_at, now)
    today = now.astimezone(local).date()
    # a moment may lie on the next date's side of midnight where midnight itself is skipped
    for day in (today + _DAY, today, today - _DAY, today - 2 * _DAY):
        due_at = moment(day, digest_at, local)
        if due_at <= now:
            is_owed = (is_void or due_at > set_at) and (last_date is None or day > last_date)
            return DueDigest(local_date=day, due_at=due_at) if is_owed else None
    return None


def next_due(*, now: datetime, zone: str, digest_at: time, set_at: datetime) -> datetime:
    """The first moment of a digest after `now` and after `set_at`; aware UTC."""
    local = ZoneInfo(zone)
    after = now if _is_void(set_at, now) else max(now, set_at)
    day = after.astimezone(local).date() - _DAY
    while (due_at := moment(day, digest_at, local)) <= after:
        day += _DAY
    return due_at


def _is_void(set_at: datetime, now: datetime) -> bool:
    """Whether it was set by a clock that has been put back by more than a day since."""
    return set_at - now > _DAY


def moment(day: date, at: time, local: ZoneInfo) -> datetime:
    """The instant of a local time of day, aware UTC; every date has exactly one."""
    return datetime.combine(day, at, local).astimezone(UTC)
