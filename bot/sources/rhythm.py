"""A source's own week: the hours in which it usually publishes, and its release times. Pure.

    news -> with_news -> 168 bytes -> is_busy, next_busy_hour
    release_times, zone -> release_window

An hour of the week counts more with every poll that brought news in it, and fades by a quarter a
week: news in the same hour of two weeks running makes it busy, a single notice never does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.source import FetchState, Source

HOURS = 168
WEEK = timedelta(days=7)

NEWS = 16
"""What a poll that brought news adds to its hour, which holds at most 255."""

BUSY = 20
"""An hour that holds as much is one in which the source usually publishes: after news in the same
hour of two weeks running, 21 are left a week later. One poll with news leaves 16 and less."""

RELEASE_WINDOW = timedelta(minutes=10)
"""For so long from a release time a source is watched closely: publishers are rarely early and
often minutes late."""

_SATURDAY = 5


def hour_of_week(moment: datetime, zone: str) -> int:
    """0 is Monday from 00:00 to 01:00 in that zone, 167 Sunday from 23:00."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.weekday() * 24 + local.hour


def with_news(state: FetchState, source: Source, now: datetime) -> FetchState:
    """The state after a poll that brought news at this time (aware UTC)."""
    rhythm = bytearray(_aged(state, now) or bytes(HOURS))
    hour = hour_of_week(now, source.zone)
    rhythm[hour] = min(rhythm[hour] + NEWS, 255)
    return replace(state, rhythm=bytes(rhythm), rhythm_at=_aged_at(state, now))


def is_busy(state: FetchState, source: Source, moment: datetime) -> bool:
    """Whether the source usually publishes in this hour of its week."""
    if not state.rhythm:
        return False
    return _aged(state, moment)[hour_of_week(moment, source.zone)] >= BUSY


def next_busy_hour(
    state: FetchState, source: Source, after: datetime, until: datetime
) -> datetime | None:
    """The start of the first busy hour that begins between the two times, or None."""
    if not any(count >= BUSY for count in state.rhythm):
        return None
    local = after.astimezone(ZoneInfo(source.zone))
    past_the_hour = timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    hour = after - past_the_hour + timedelta(hours=1)
    while hour < until:
        if is_busy(state, source, hour):
            return hour
        hour += timedelta(hours=1)
    return None


def release_window(source: Source, now: datetime, until: datetime) -> datetime | None:
    """The release time (aware UTC) whose ten minutes hold `now`, else the first one that comes
    before `until`; None where there is neither.

    Release times are those of working days, Monday to Friday: public holidays are not known. One
    that the clocks skip comes as much later as they skip.
    """
    for start in _releases(source, now, until):
        if now < start + RELEASE_WINDOW:
            return start if start < until or start <= now else None
    return None


def _releases(source: Source, now: datetime, until: datetime) -> Iterator[datetime]:
    """Release times from the day before `now` (whose last window may reach into it) on."""
    if not source.release_times:
        return
    zone = ZoneInfo(source.zone)
    day = now.astimezone(zone).date() - timedelta(days=1)
    last = max(now, until).astimezone(zone).date()
    while day <= last:
        if day.weekday() < _SATURDAY:
            for at in source.release_times:
                yield datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
        day += timedelta(days=1)


def _aged(state: FetchState, now: datetime) -> bytes:
    weeks = _weeks(state, now)
    if not weeks:
        return state.rhythm
    left = 0.75**weeks
    return bytes(int(count * left) for count in state.rhythm)


def _aged_at(state: FetchState, now: datetime) -> datetime:
    """The time from which the next week counts; after a clock step back, now."""
    if state.rhythm_at is None or state.rhythm_at > now:
        return now
    return state.rhythm_at + _weeks(state, now) * WEEK


def _weeks(state: FetchState, now: datetime) -> int:
    return 0 if state.rhythm_at is None else max((now - state.rhythm_at) // WEEK, 0)
