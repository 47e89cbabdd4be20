"""Times as a chat reads them: absolute, for a message may be read long after it was written."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.item import Item, Precision


def local_time(at: datetime, zone: str, precision: Precision, now: datetime) -> str:
    """An aware time in a zone: `Thu 8 Oct, 08:45 CEST`; a day only: `Thu 8 Oct`.

    The year stands there where it is not the present one.
    """
    local = at.astimezone(ZoneInfo(zone))
    year = "" if local.year == now.astimezone(ZoneInfo(zone)).year else f" {local.year}"
    day = f"{local:%a} {local.day} {local:%b}{year}"
    return day if precision is Precision.DAY else f"{day}, {local:%H:%M %Z}"


def day_of(day: date, now: datetime) -> str:
    """A date that is the publisher's own: `Thu 8 Oct`, with the year where it is another than
    that of `now`."""
    year = "" if day.year == now.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year}"


def published(item: Item, zone: str, now: datetime) -> str:
    """When it was published, as exactly as its publisher said; otherwise when we first saw it.

    A date without a time is the publisher's own date, whatever the chat's zone.
    """
    if item.published_at is None or item.precision is Precision.NONE:
        return f"seen {local_time(item.first_seen_at, zone, Precision.INSTANT, now)}"
    where = item.zone if item.precision is Precision.DAY else zone
    return local_time(item.published_at, where, item.precision, now)
