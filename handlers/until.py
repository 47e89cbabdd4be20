"""How long a watch is to be silent, as people say it: `8h`, `until 18:00`, `monday`."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.digests.due import moment

LONGEST = timedelta(days=366)
_MORNING = time(8, 0)  # of a day that is named without a time
_SPAN = re.compile(
    r"(\d{1,4}) ?(m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)", re.ASCII | re.IGNORECASE
)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_TIME = re.compile(r"([01]?\d|2[0-3])[:.h]([0-5]\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_until(typed: str, *, now: datetime, zone: str) -> datetime | None:
    """When that is over, aware UTC, later than `now` and by LONGEST at most; None for what names no
    such time. Days and times of day are those of the zone."""
    words = typed.casefold().removeprefix("for ").removeprefix("until ").strip()
    span = _SPAN.fullmatch(words)
    if span is not None:
        end = now + int(span.group(1)) * _UNITS[span.group(2)[0]]
        return end if now < end <= now + LONGEST else None
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    first, _, rest = words.partition(" ")
    at = _time_of(rest) if rest else _MORNING
    clock = _time_of(first)
    if clock is not None and not rest:
        end = moment(today, clock, local)
        return end if end > now else moment(today + timedelta(days=1), clock, local)
    day = _day_of(first, today)
    if day is None or at is None:
        return None
    end = moment(day, at, local)
    return end if now < end <= now + LONGEST else None


def _time_of(word: str) -> time | None:
    found = _TIME.fullmatch(word)
    return None if found is None else time(int(found.group(1)), int(found.group(2)))


def _day_of(word: str, today: date) -> date | None:
    """The day that a word names: a weekday is the next one, never today."""
    if word == "tomorrow":
        return today + timedelta(days=1)
    if len(word) >= 3:
        for number, name in enumerate(_WEEKDAYS):
            if name.startswith(word):
                return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    if _DAY.fullmatch(word) is None:
        return None
    try:
        day = date.fromisoformat(word)
    except ValueError:
        return None
    return day if today <= day <= today + LONGEST else None
