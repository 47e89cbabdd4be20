"""A source's own week, over all zones and the days on which their clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.sources.cadence import first_state
from bot.sources.rhythm import (
    HOURS,
    RELEASE_WINDOW,
    WEEK,
    hour_of_week,
    is_busy,
    next_busy_hour,
    release_window,
    with_news,
)
from tests.samples import source
from tests.sources.test_cadence import MOMENTS, RHYTHMS, ZONES, learned, state

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 10, 5, 14, 5, tzinfo=UTC)


def test_the_week_begins_on_monday_in_the_zone_of_the_source() -> None:
    assert hour_of_week(datetime(2026, 10, 5, tzinfo=UTC), "UTC") == 0
    assert hour_of_week(datetime(2026, 10, 4, 23, 59, tzinfo=UTC), "UTC") == HOURS - 1
    assert hour_of_week(datetime(2026, 10, 4, 16, tzinfo=UTC), "Asia/Shanghai") == 0
    assert hour_of_week(MONDAY, "America/New_York") == 10


def test_one_notice_makes_no_hour_busy_and_the_same_hour_a_week_later_does() -> None:
    gazette = source()
    once = learned(gazette, MONDAY)
    assert not any(is_busy(once, gazette, MONDAY + hour * HOUR) for hour in range(HOURS))
    twice = learned(gazette, MONDAY, MONDAY + WEEK)
    busy = [h for h in range(HOURS) if is_busy(twice, gazette, MONDAY + WEEK + h * HOUR)]
    assert busy == [0]


def test_an_hour_keeps_its_place_when_the_clocks_change() -> None:
    brussels = source(zone="Europe/Brussels")
    before = datetime(2026, 10, 19, 10, 5, tzinfo=ZoneInfo("Europe/Brussels"))
    after = before + WEEK  # on the wall: 168 hours and one
    assert (after.astimezone(UTC) - before.astimezone(UTC)) == WEEK + HOUR
    known = learned(brussels, before.astimezone(UTC), after.astimezone(UTC))
    assert is_busy(known, brussels, (after + WEEK).astimezone(UTC))


def test_an_hour_in_which_nothing_comes_any_more_is_soon_no_longer_busy() -> None:
    gazette = source()
    known = learned(gazette, *(MONDAY + week * WEEK for week in range(30)))
    last = MONDAY + 29 * WEEK
    assert is_busy(known, gazette, last + 2 * WEEK)
    assert not is_busy(known, gazette, last + 4 * WEEK)


@given(st.lists(st.tuples(MOMENTS, ZONES), max_size=30))
def test_whatever_the_clock_does_a_rhythm_is_168_bytes(news: list[tuple[datetime, str]]) -> None:
    known = first_state(source(), MONDAY)
    for moment, zone in news:
        known = with_news(known, source(zone=zone), moment)
        assert len(known.rhythm) == HOURS
        assert known.rhythm_at is not None and known.rhythm_at <= moment
        assert known.rhythm[hour_of_week(moment, zone)] > 0


@given(RHYTHMS, MOMENTS, ZONES, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_the_next_busy_hour_is_the_first_that_is_busy(
    rhythm: bytes, after: datetime, zone: str, span: timedelta
) -> None:
    gazette = source(zone=zone)
    known = state(gazette, rhythm=rhythm, rhythm_at=after)
    found = next_busy_hour(known, gazette, after, after + span)
    if found is None:
        return
    assert after < found < after + span
    assert is_busy(known, gazette, found)
    between = found - HOUR
    while between > after:
        assert not is_busy(known, gazette, between)
        between -= HOUR


@given(MOMENTS, ZONES, st.sets(st.times(), max_size=4), st.timedeltas(timedelta(0), 8 * WEEK / 7))
def test_a_release_is_the_one_under_way_or_the_first_to_come_and_of_a_working_day(
    now: datetime, zone: str, times: set[time], span: timedelta
) -> None:
    whole = tuple(sorted({at.replace(second=0, microsecond=0, fold=0) for at in times}))
    gazette = source(zone=zone, release_times=whole)
    found = release_window(gazette, now, now + span)
    every = [
        datetime.combine((now + timedelta(days=day)).date(), at, tzinfo=ZoneInfo(zone)).astimezone(
            UTC
        )
        for day in range(-2, 11)
        for at in whole
    ]
    days = [each for each in every if each.astimezone(ZoneInfo(zone)).weekday() < 5]
    due = [e for e in days if e <= now < e + RELEASE_WINDOW or now < e < now + span]
    assert found == min(due, default=None)
