"""Silence, by the source's own week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.health import Complaint
from bot.health.week import HOLIDAYS, LEARNING_DAYS, OTHER_HOLIDAYS, live_through
from tests.health.cases import DAY, HOUR, MONDAY, SAME, Patient, page
from tests.samples import source


def living(
    weekdays: str, *, jurisdiction: str = "EU", days: int = 70, every: int = 1, zone: str = "UTC"
) -> Patient:
    """A source that published on these days (1 is Monday) of each week, or of every so many."""
    patient = Patient(source(jurisdiction=jurisdiction, zone=zone))
    patient.poll(page(), fresh=20)
    for day in range(days):
        patient.poll(SAME, after=DAY / 2)
        is_its_day = str(patient.now.isoweekday()) in weekdays and (day // 7) % every == 0
        patient.poll(page(), fresh=int(is_its_day), after=DAY / 2)
    return patient


def silent(patient: Patient, most: int = 200) -> int:
    """How many days of silence it takes until it is told; `most` where it never is."""
    for day in range(1, most):
        patient.poll(SAME, after=DAY)
        if patient.complaint is Complaint.SILENT:
            return day
    return most


@pytest.mark.parametrize(
    ("weekdays", "jurisdiction", "least", "most"),
    [
        ("1234567", "GB", 3, 7),  # keeps no holidays
        ("12345", "US", 6, 10),
        ("12345", "CN", 10, 14),
        ("12345", "EU", 12, 16),
        ("4", "EU", 30, 60),
        ("4", "US", 25, 50),
    ],
)
def test_the_more_a_source_publishes_the_sooner_its_silence_is_told(
    weekdays: str, jurisdiction: str, least: int, most: int
) -> None:
    patient = living(weekdays, jurisdiction=jurisdiction)
    assert patient.found == []
    assert least <= silent(patient) <= most


def test_weekends_cost_nothing() -> None:
    patient = living("12345", days=61)  # ends on a Friday
    before = patient.health.surprise
    patient.polls(SAME, SAME, after=DAY)
    assert patient.health.quiet_days <= 3
    assert patient.health.surprise - before < 3


@pytest.mark.parametrize("jurisdiction", ["US", "CN", "EU", "JP", ""])
def test_the_longest_holidays_of_a_place_alarm_nobody(jurisdiction: str) -> None:
    working, _calendar = HOLIDAYS.get(jurisdiction, OTHER_HOLIDAYS)
    for first in range(7):
        patient = living("12345", jurisdiction=jurisdiction, days=70 + first)
        rested = 0
        while rested < working or (patient.now + DAY).isoweekday() > 5:
            patient.poll(SAME, after=DAY)
            rested += patient.now.isoweekday() <= 5
        assert patient.found == [], (jurisdiction, first)


def test_a_publisher_of_every_second_thursday_may_be_silent_for_a_month() -> None:
    patient = living("4", every=2, days=140)
    assert patient.found == []
    assert silent(patient) > 35


def test_a_young_source_may_be_silent() -> None:
    patient = Patient()
    patient.poll(page(), fresh=20)
    for _ in range(LEARNING_DAYS - 3):
        patient.poll(page(), fresh=1, after=DAY)
    patient.polls(SAME, SAME, after=DAY)
    assert patient.complaint is None


def test_news_ends_the_silence_and_what_was_told_is_no_habit() -> None:
    patient = living("12345", jurisdiction="US")
    usual = patient.health.norm.longest_quiet
    silent(patient)
    patient.poll(page(), fresh=1)
    patient.poll(SAME)
    assert (patient.complaint, patient.health.quiet_days) == (None, 0)
    assert patient.health.norm.longest_quiet <= usual


@pytest.mark.parametrize(("fresh", "lively"), [(1, 0), (0, 1)])
def test_an_edit_and_a_copy_of_anothers_news_are_signs_of_life(fresh: int, lively: int) -> None:
    patient = living("1234567")
    for _ in range(30):
        patient.poll(page(), after=DAY, fresh=fresh, lively=lively)
    assert patient.found == []


def test_a_silence_that_lasts_is_told_once() -> None:
    patient = living("1234567")
    silent(patient)
    patient.polls(*[SAME] * 60, after=DAY)
    assert patient.found == [Complaint.SILENT]
    assert patient.health.ailment is not None
    assert "nothing new for" in patient.health.ailment.detail


def test_days_on_which_nobody_looked_are_no_silence() -> None:
    patient = living("1234567")
    patient.poll(SAME, after=60 * DAY)
    assert patient.complaint is None
    assert patient.health.quiet_days <= 1


def test_a_day_ends_where_the_source_is() -> None:
    tokyo = source(zone="Asia/Tokyo")
    evening = datetime(2026, 10, 8, 14, 59, tzinfo=UTC)
    patient = Patient(tokyo)
    one = live_through(patient.health, tokyo, evening)
    two = live_through(one, tokyo, evening + timedelta(minutes=2))
    assert one.day is not None
    assert two.day == one.day + DAY


def test_a_clock_that_steps_back_closes_no_day_twice() -> None:
    patient = living("1234567", days=10)
    days = patient.health.norm.days
    patient.poll(SAME, after=-3 * DAY)
    assert patient.health.norm.days == days


@given(st.lists(st.tuples(st.integers(1, 100), st.booleans()), max_size=120))
def test_what_is_learned_of_a_week_stays_within_bounds(polls: list[tuple[int, bool]]) -> None:
    patient = Patient()
    patient.poll(page(), fresh=20)
    for hours, has_news in polls:
        patient.poll(page(), fresh=int(has_news), after=hours * HOUR)
    norm = patient.health.norm
    assert all(0 <= share <= 1 for share in norm.week)
    assert norm.days <= LEARNING_DAYS
    assert 0 <= patient.health.quiet_days <= (patient.now - MONDAY).days + 1
    assert patient.health.surprise >= 0
