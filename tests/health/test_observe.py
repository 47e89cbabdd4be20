"""When an odd poll is an ailment, and when that is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import ReadOutcome
from bot.domain.health import NO_ANSWER, Complaint
from bot.health.observe import (
    ACCEPTED_AFTER,
    GAP_HOLD,
    LYING_ROUNDS,
    MAX_RELAPSE,
    PASSING_POLLS,
    PASSING_SPAN,
    RELAPSE_WINDOW,
)
from tests.health.cases import (
    BUSY,
    DAY,
    DOWN,
    FORBIDDEN,
    GONE,
    HOUR,
    LATE,
    SAME,
    WALL,
    Patient,
    page,
)
from tests.samples import source

MINUTE = timedelta(minutes=1)
OUTCOMES: list[ReadOutcome] = [
    DOWN,
    LATE,
    GONE,
    WALL,
    FORBIDDEN,
    BUSY,
    SAME,
    page(),
    page(2),
    page(0),
    page(untitled=20),
    page(undated=20),
    page(host="parked.example"),
]


@pytest.mark.parametrize("odd", [WALL, GONE, FORBIDDEN])
def test_one_odd_answer_is_nobodys_business_and_a_second_is(odd: ReadOutcome) -> None:
    patient = Patient().grow_up(2)
    patient.poll(odd)
    assert patient.complaint is None
    patient.poll(odd)
    assert patient.complaint in NO_ANSWER


@pytest.mark.parametrize("odd", [DOWN, LATE, BUSY])
def test_what_passes_by_itself_is_given_two_hours(odd: ReadOutcome) -> None:
    patient = Patient().grow_up(2)
    patient.polls(*[odd] * (PASSING_POLLS + 3), after=10 * MINUTE)
    assert patient.complaint is None
    patient.poll(odd, after=PASSING_SPAN)
    assert patient.complaint is not None


def test_an_ailment_began_with_the_first_odd_poll() -> None:
    patient = Patient().grow_up(2)
    patient.poll(WALL)
    first = patient.now
    patient.poll(WALL)
    assert patient.health.ailment is not None
    assert (patient.health.ailment.since, patient.health.ailment.found_at) == (first, patient.now)


def test_an_answer_that_is_always_wrong_is_found_wherever_time_outs_stand_between() -> None:
    patient = Patient().grow_up(2)
    patient.polls(WALL, LATE, WALL)
    assert patient.complaint is Complaint.NOT_A_FEED


def test_a_source_that_never_answered_ails_too() -> None:
    patient = Patient()
    patient.polls(FORBIDDEN, FORBIDDEN)
    assert patient.complaint is Complaint.REFUSED


def test_two_good_polls_end_an_ailment() -> None:
    patient = Patient().grow_up(2)
    patient.polls(WALL, WALL, page())
    assert patient.complaint is not None
    patient.poll(SAME)
    assert patient.healed == 1
    assert patient.health.past is not None
    assert patient.health.past.complaint is Complaint.NOT_A_FEED


def test_an_odd_page_stays_odd_while_it_is_unchanged() -> None:
    patient = Patient().grow_up(20)
    patient.poll(page(untitled=20))
    patient.poll(SAME)
    assert patient.complaint is Complaint.UNTITLED
    patient.polls(SAME, SAME, SAME)
    assert patient.complaint is Complaint.UNTITLED
    patient.polls(page(), SAME)
    assert patient.complaint is None


def test_an_ailment_that_turns_into_another_is_not_told_anew() -> None:
    patient = Patient().grow_up(20)
    patient.polls(page(untitled=20), SAME, WALL, WALL)
    assert patient.found == [Complaint.UNTITLED]
    assert patient.complaint is Complaint.NOT_A_FEED


def test_a_flapping_source_is_told_of_a_few_times_and_then_once_a_day() -> None:
    patient = Patient().grow_up(2)
    began = patient.now
    while patient.now - began < 10 * DAY:  # an hour ill, an hour well
        patient.polls(WALL, WALL, page(), page(), after=30 * MINUTE)
    assert patient.complaint is not None
    assert len(patient.found) <= 4
    patient.poll(page())
    patient.poll(page(), after=MAX_RELAPSE)
    assert patient.complaint is None


def test_an_ailment_long_after_the_last_is_no_relapse() -> None:
    patient = Patient().grow_up(2)
    for _ in range(3):
        patient.polls(WALL, WALL, page(), page())
        patient.poll(page(), after=MAX_RELAPSE)
        patient.poll(page(), after=RELAPSE_WINDOW)
    assert (len(patient.found), patient.healed, patient.health.relapses) == (3, 3, 0)


def test_what_has_been_different_for_a_fortnight_is_the_new_normal() -> None:
    patient = Patient().grow_up(30)
    half = page(8)
    began = patient.now
    patient.poll(half)
    while patient.now - began < ACCEPTED_AFTER + HOUR:
        assert patient.complaint in {None, Complaint.FEWER}
        patient.poll(half, after=6 * HOUR)
    patient.polls(half, half)
    assert (patient.complaint, patient.health.is_accepted) == (None, True)
    assert patient.health.norm.lowest == 8
    patient.polls(page(2), page(2))
    assert patient.complaint is Complaint.FEWER


@pytest.mark.parametrize("odd", [page(untitled=20), page(unlinked=20), page(0)])
def test_entries_without_titles_or_links_never_become_normal(odd: ReadOutcome) -> None:
    patient = Patient().grow_up(30)
    for _ in range(40):
        patient.poll(odd, after=DAY)
    assert patient.complaint is not None


def test_a_corrected_address_is_learned_anew_and_heals() -> None:
    patient = Patient().grow_up(30)
    patient.polls(WALL, WALL)
    patient.source = source(jurisdiction="EU", url="https://gazette.example/new")
    patient.polls(page(3, host="new.example"), page(3, host="new.example"))
    assert patient.complaint is None
    assert patient.health.norm.host == "new.example"


# Window gaps


def test_a_page_of_which_nothing_is_known_is_a_gap_between_its_two_readings() -> None:
    patient = Patient().grow_up(20)
    before = patient.now
    verdict = patient.poll(page(), fresh=20)
    assert verdict.gap is not None
    assert (verdict.gap.after, verdict.gap.until) == (before, patient.now)
    assert verdict.gap.entries == 20
    assert patient.complaint is Complaint.GAP


def test_a_gap_is_told_once_a_day_and_shown_to_whoever_can_fill_it_each_time() -> None:
    patient = Patient().grow_up(20)
    gaps = [patient.poll(page(), fresh=20).gap for _ in range(3)]
    assert None not in gaps
    assert patient.found == [Complaint.GAP]
    patient.poll(page(), after=GAP_HOLD)
    patient.poll(page())
    assert (patient.complaint, patient.found) == (None, [Complaint.GAP])


def test_a_gap_hides_nothing_that_is_worse() -> None:
    patient = Patient().grow_up(20)
    patient.poll(page(), fresh=20)
    patient.polls(WALL, WALL)
    assert patient.found == [Complaint.GAP, Complaint.NOT_A_FEED]


def test_a_first_page_is_no_gap() -> None:
    patient = Patient()
    assert patient.poll(page(), fresh=20).gap is None


def test_issues_that_replace_each_other_leave_no_gap() -> None:
    patient = Patient()
    for _ in range(30):
        assert patient.poll(page(), fresh=20, after=DAY).gap is None
    assert patient.found == []


# "Unchanged", though it is not


def test_news_under_the_validators_that_are_held_prove_a_304_a_lie() -> None:
    patient = Patient().grow_up(20)
    patient.poll(SAME)
    patient.poll(page(), fresh=1, is_full=True)
    assert patient.complaint is Complaint.FROZEN
    patient.polls(SAME, SAME, SAME)
    assert patient.complaint is Complaint.FROZEN


def test_the_same_news_in_a_conditional_answer_clears_the_server() -> None:
    patient = Patient().grow_up(20)
    patient.poll(SAME)
    patient.poll(page(), fresh=1, is_full=True)
    patient.poll(page(), fresh=1)
    patient.poll(SAME)
    assert patient.complaint is None


def test_validators_that_change_with_the_page_prove_nothing() -> None:
    patient = Patient().grow_up(20)
    patient.poll(SAME)
    patient.state = replace(patient.state, etag='"before"')
    patient.poll(page(), fresh=1, is_full=True)
    assert patient.complaint is None


def test_full_answers_that_alone_bring_news_prove_it_in_the_end() -> None:
    patient = Patient().grow_up(20)
    for round_ in range(LYING_ROUNDS):
        assert patient.complaint is None, round_
        patient.polls(*[SAME] * 6)
        patient.state = replace(patient.state, etag=f'"before {round_}"')
        patient.poll(page(), fresh=1, is_full=True)
    assert patient.complaint is Complaint.FROZEN


# For all lives


@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.integers(1, 600)), max_size=80))
def test_no_life_alarms_more_often_than_twice_two_polls(
    life: list[tuple[ReadOutcome, int]],
) -> None:
    """Each alarm takes two polls, but for gaps; and each recovery two more."""
    patient = Patient().grow_up(15)
    for outcome, minutes in life:
        patient.poll(outcome, after=timedelta(minutes=minutes))
        ailment = patient.health.ailment
        assert patient.verdict.ailment == ailment
        if ailment is not None:
            assert ailment.since <= ailment.found_at <= patient.now
            assert ailment.detail
    assert len(patient.found) * 4 <= len(life) + 2
    assert patient.healed <= len(patient.found)


@given(st.lists(st.sampled_from([DOWN, LATE, BUSY, page()]), max_size=60))
def test_faults_that_are_over_within_two_hours_alarm_nobody(life: list[ReadOutcome]) -> None:
    patient = Patient().grow_up(15)
    for outcome in life:
        is_late = patient.health.bad_since and patient.now - patient.health.bad_since > HOUR
        patient.poll(page() if is_late else outcome, after=20 * MINUTE)
    assert patient.found == []


@given(st.lists(st.sampled_from(OUTCOMES), max_size=40))
def test_the_same_polls_make_the_same_health(life: list[ReadOutcome]) -> None:
    one, two = Patient(), Patient()
    one.polls(*life)
    two.polls(*life)
    assert one.health == two.health


def test_unchanged_answers_of_a_healthy_source_change_nothing_but_at_midnight() -> None:
    patient = Patient().grow_up(3)
    patient.polls(*[SAME] * 3, after=MINUTE)
    before = patient.health
    for _ in range(50):
        patient.poll(SAME, after=MINUTE)
    assert patient.health == before
