"""When the nightly backup is due, what it is called, and which old ones go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

KEEP_AT_LEAST = 7
"""Of the newest backups so many stay, however old: a clock that jumps ahead empties no folder."""


def newest_night(now: datetime, hour: int) -> datetime:
    """The last moment at which a backup was to be made: that hour of UTC, not after `now`."""
    today = datetime.combine(now.date(), time(hour), tzinfo=now.tzinfo)
    return today if today <= now else today - timedelta(days=1)


def is_due(now: datetime, hour: int, covered_at: datetime) -> bool:
    """Whether a backup is due, where the last was made at `covered_at`, and all is aware UTC.

    After days of rest one is due, not one for each of them. One of the future is of a clock that
    has since been set back.
    """
    return covered_at < newest_night(now, hour) or covered_at > now


def backup_name(stem: str, now: datetime) -> str:
    """`tidewaiter-2026-11-25.db`, by the date in UTC."""
    return f"{stem}-{now.date().isoformat()}.db"


def newest_backup(names: Iterable[str], stem: str) -> date | None:
    """The date of the newest of this database's backups among a folder's files."""
    return max((day for day, _ in _dated(names, stem)), default=None)


def expired(names: Iterable[str], stem: str, now: datetime, keep: timedelta) -> tuple[str, ...]:
    """Which of a folder's files are backups of this database that are older than `keep`, the oldest
    first. The newest KEEP_AT_LEAST are never among them, nor is any other file."""
    oldest = now.date() - keep
    dated = sorted(_dated(names, stem))
    return tuple(name for day, name in dated[:-KEEP_AT_LEAST] if day < oldest)


def _dated(names: Iterable[str], stem: str) -> Iterator[tuple[date, str]]:
    form = re.compile(re.escape(stem) + r"-(\d{4}-\d{2}-\d{2})\.db")
    for name in names:
        found = form.fullmatch(name)
        day = _day(found[1]) if found else None
        if day is not None:
            yield day, name


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
