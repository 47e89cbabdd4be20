"""Silence against a source's own week: how unlikely is it that so many days brought nothing? Pure.

A day is the source's own local day. Each weekday has its learned share of days with news, so that
weekends cost nothing, and a publisher of every second Thursday may be silent for a fortnight. A
silent day adds -ln(1 - share) nats to the surprise. Only days on which the source was really read
count.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from math import log
from zoneinfo import ZoneInfo

from bot.domain.health import Norm, SourceHealth
from bot.domain.source import Source
from bot.health.page import fade

SURPRISE = 6.0
"""Nats: a silence that is met once in four hundred by chance."""

LEARNING_DAYS = 28
"""Days before a silence can surprise: four of each weekday."""

LONGER = 1.5
"""A silence must exceed the longest one known by this factor, too: some publish in clusters."""

MEMORY = 12
"""Weeks that a weekday's share remembers. It is also what keeps the surprise of one day finite."""

EVERYDAY = 0.7
"""A source with news on this share of every weekday, Sundays included, keeps no holidays."""

HOLIDAYS = {"US": (2, 5), "CN": (6, 9)}
"""The longest run of holidays by jurisdiction: working days, and calendar days with the weekends
around them. US: Thanksgiving and the day after (5 U.S.C. 6103 has no two in a row). CN: Spring
Festival and the National Day week (State Council notices on holiday arrangements)."""

OTHER_HOLIDAYS = (7, 12)
"""Everywhere else: from Christmas Eve to New Year, as the EU's institutions close."""

EVERYDAY_HOLIDAYS = (1, 1)
"""A source that keeps none may still rest for a day."""

_FREE_TO_LEARN = 7  # silences up to a week are always learned from


def live_through(health: SourceHealth, source: Source, now: datetime) -> SourceHealth:
    """Close the local day that is over, if one is; the same object while it lasts.

    Called at each good poll. Days that were not lived through (the service was down, or the source)
    are left out, and after a clock step back the day is simply lived again.
    """
    today = now.astimezone(ZoneInfo(source.zone)).date()
    if health.day == today:
        return health
    if health.day is None or today < health.day:
        return replace(health, day=today, has_news_today=False)
    closed = _close(health, health.day)
    is_silent = _is_silent(closed, source)
    return replace(closed, day=today, has_news_today=False, is_silent=is_silent)


def with_news(health: SourceHealth) -> SourceHealth:
    """The silence is over. One that was told as an ailment is not learned as a habit."""
    if health.has_news_today and not health.quiet_days:
        return health
    longest = health.norm.longest_quiet
    if not health.is_silent:
        longest = max(longest, float(health.quiet_days))
    return replace(
        health,
        norm=replace(health.norm, longest_quiet=longest),
        has_news_today=True,
        quiet_days=0,
        surprise=0.0,
        is_silent=False,
    )


def _close(health: SourceHealth, day: date) -> SourceHealth:
    weekday, norm = day.weekday(), health.norm
    quiet_days, surprise = health.quiet_days, health.surprise
    if not health.has_news_today:
        quiet_days += 1
        surprise += _nats(norm)[weekday]
    if health.has_news_today or quiet_days <= max(norm.longest_quiet, _FREE_TO_LEARN):
        norm = _learn_day(norm, weekday, has_news=health.has_news_today)
    norm = fade(replace(norm, days=min(norm.days + 1, LEARNING_DAYS)), health.entries)
    return replace(health, norm=norm, quiet_days=quiet_days, surprise=round(surprise, 3))


def _learn_day(norm: Norm, weekday: int, *, has_news: bool) -> Norm:
    seen = min(norm.weeks[weekday] + 1, MEMORY)
    share = norm.week[weekday] + (has_news - norm.week[weekday]) / seen
    return replace(
        norm,
        week=tuple(round(share, 4) if d == weekday else s for d, s in enumerate(norm.week)),
        weeks=tuple(seen if d == weekday else n for d, n in enumerate(norm.weeks)),
        longest_quiet=round(norm.longest_quiet * 0.995, 3),
    )


def _nats(norm: Norm) -> list[float]:
    """The surprise of a silent Monday, Tuesday, …; a share known from n weeks is only so sure."""
    return [
        -log(1 - share * seen / (seen + 1))
        for share, seen in zip(norm.week, norm.weeks, strict=True)
    ]


def _is_silent(health: SourceHealth, source: Source) -> bool:
    norm = health.norm
    return (
        norm.days >= LEARNING_DAYS
        and health.quiet_days > LONGER * norm.longest_quiet
        and health.surprise >= SURPRISE + _credit(norm, source)
    )


def _credit(norm: Norm, source: Source) -> float:
    """The surprise that the longest run of holidays can make, wherever in the week it begins."""
    nats = _nats(norm)
    if min(norm.week) >= EVERYDAY:
        working, calendar = EVERYDAY_HOLIDAYS
    else:
        working, calendar = HOLIDAYS.get(source.jurisdiction, OTHER_HOLIDAYS)
    return max(
        sum(sorted((nats[(first + at) % 7] for at in range(calendar)), reverse=True)[:working])
        for first in range(7)
    )


def silence(health: SourceHealth) -> str:
    """The clause that says how long nothing has come."""
    days = health.quiet_days
    usual = health.norm.longest_quiet
    return f"nothing new for {days} days, where {max(usual, 1):.0f} had been the longest"


def quiet_since(health: SourceHealth, now: datetime) -> datetime:
    """About when the silence began."""
    return now - timedelta(days=health.quiet_days)
