"""What is odd about a page, seen from the source's own normal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import PageFacts
from bot.domain.health import Complaint, Norm, Sighted
from bot.health.page import (
    LACK,
    LEVEL,
    MIN_DAYS,
    accept_page,
    fade,
    is_gap,
    judge_page,
    learn_page,
)
from tests.health.cases import DAY, MONDAY, facts

counts = st.integers(0, 40)


@st.composite
def any_facts(draw: st.DrawFn) -> PageFacts:
    entries = draw(counts)
    some = st.integers(0, entries)
    return facts(
        entries,
        untitled=draw(some),
        unlinked=draw(some),
        undated=draw(some),
        textless=draw(some),
        in_future=draw(some),
        title_chars=draw(st.integers(0, 200)) * entries,
        newest_at=draw(st.none() | st.integers(0, 300).map(lambda d: MONDAY - d * DAY)),
        host=draw(st.sampled_from(["", "a.example", "b.example"])),
        is_cut=draw(st.booleans()),
    )


def learned(*pages: PageFacts, days: int = 30, **changes: Any) -> Norm:
    """The normal of a source whose pages were those, and hardly new."""
    norm, before = Norm(), 0
    for each in pages:
        sighted = Sighted(fresh=1, known=max(each.entries - 1, 0))
        norm = learn_page(norm, each, sighted, before)
        before = each.entries
    return Norm(
        **({name: getattr(norm, name) for name in norm.__slots__} | {"days": days} | changes)
    )


def judged(norm: Norm, page: PageFacts, *, before: int = 20, fresh: int = 0) -> Complaint | None:
    known = page.entries - fresh
    found = judge_page(norm, page, Sighted(fresh=fresh, known=known), before, MONDAY)
    return found[0] if found else None


USUAL = learned(facts(), facts(), facts())


def test_a_page_as_always_is_not_odd() -> None:
    assert judged(USUAL, facts()) is None


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (facts(host="other.example"), Complaint.OTHER_HOST),
        (facts(is_cut=True), Complaint.CUT),
        (facts(0), Complaint.EMPTY),
        (facts(untitled=20), Complaint.UNTITLED),
        (facts(title_chars=200), Complaint.UNTITLED),
        (facts(unlinked=20), Complaint.UNLINKED),
        (facts(undated=20), Complaint.UNDATED),
        (facts(textless=20), Complaint.TEXTLESS),
        (facts(in_future=20), Complaint.FUTURE),
        (facts(10), Complaint.FEWER),
    ],
)
def test_each_oddity_has_its_name(page: PageFacts, complaint: Complaint) -> None:
    assert judged(USUAL, page) is complaint


def test_the_reason_has_figures() -> None:
    found = judge_page(USUAL, facts(undated=7), Sighted(known=20), 20, MONDAY)
    assert found is not None
    assert found[1] == "no date that can be read in 7 of 20 entries, usually in none"


def test_a_slip_of_an_editor_is_no_oddity() -> None:
    assert judged(USUAL, facts(unlinked=1)) is None
    small = learned(facts(2), facts(2))
    assert judged(small, facts(2, unlinked=1), before=2) is None
    assert judged(small, facts(2, unlinked=2), before=2) is Complaint.UNLINKED


def test_what_was_always_missing_is_not_missed() -> None:
    stubs = learned(*[facts(textless=20, undated=20)] * 3)
    assert judged(stubs, facts(textless=20, undated=20)) is None
    assert judged(stubs, facts(textless=0)) is None
    assert judged(stubs, facts(textless=20, unlinked=20)) is Complaint.UNLINKED


def test_two_pages_are_too_few_to_say_how_many_entries_there_should_be() -> None:
    young = learned(facts(), facts(), days=MIN_DAYS - 1)
    assert judged(young, facts(5)) is None
    assert judged(learned(facts(), facts(), days=MIN_DAYS), facts(5)) is Complaint.FEWER


def test_a_page_that_varies_may_be_short() -> None:
    varied = learned(*map(facts, (30, 4, 22, 9, 30)))
    assert judged(varied, facts(4), before=30) is None


def test_a_page_that_loses_half_at_once_is_odd_though_it_has_been_shorter() -> None:
    """A feed of the last seven days shrinks by a day at a time."""
    draining = learned(*map(facts, (30, 26, 21, 17, 14, 20, 25, 30)))
    assert judged(draining, facts(15), before=30) is Complaint.FEWER
    assert judged(draining, facts(24), before=30) is None


def test_a_new_issue_may_be_short() -> None:
    assert judged(USUAL, facts(3), fresh=3) is None


def test_a_page_that_is_empty_now_and_then_may_be_empty() -> None:
    assert judged(learned(facts(), facts(0), facts()), facts(0)) is None


def test_the_newest_entry_may_be_withdrawn_but_not_the_newest_month() -> None:
    newest = MONDAY - DAY
    norm = learned(*[facts(newest_at=newest)] * 2, longest_quiet=4.0)
    assert judged(norm, facts(newest_at=newest - 5 * DAY)) is None
    assert judged(norm, facts(newest_at=newest - 30 * DAY)) is Complaint.OLDER


def test_a_source_whose_newest_entry_is_years_old_was_given_up() -> None:
    assert judged(Norm(), facts(newest_at=MONDAY - 400 * DAY), fresh=20) is Complaint.SILENT
    assert judged(Norm(), facts(newest_at=MONDAY - 300 * DAY), fresh=20) is None


def test_a_short_page_of_new_entries_begins_anew_and_leaves_no_gap() -> None:
    norm = learned(*[facts()] * 6)
    assert is_gap(norm, facts(), Sighted(fresh=20))
    assert not is_gap(norm, facts(2), Sighted(fresh=2))
    assert not is_gap(norm, facts(), Sighted(fresh=19, known=1))


def test_extremes_fade_until_they_are_forgotten() -> None:
    norm = learned(facts(), facts(2, textless=2), facts())
    assert (norm.lowest, norm.lacking[3]) == (2, 1.0)
    for _ in range(120):
        norm = fade(norm, 20)
    assert norm.lowest > 19
    assert norm.lacking[3] < 0.05
    assert judged(norm, facts(10)) is Complaint.FEWER


@given(any_facts(), st.lists(any_facts(), max_size=6))
def test_what_has_just_been_learned_is_not_odd(page: PageFacts, others: list[PageFacts]) -> None:
    norm = learned(*others, page)
    assert judged(norm, page, before=page.entries) in {None, Complaint.OLDER, Complaint.SILENT}


@given(any_facts(), st.lists(any_facts(), max_size=6))
def test_what_is_accepted_is_not_odd_the_next_time(
    page: PageFacts, others: list[PageFacts]
) -> None:
    norm = accept_page(learned(*others), page)
    assert judged(norm, page, before=page.entries) in {None, Complaint.SILENT}


@given(any_facts(), any_facts())
def test_learning_a_page_twice_is_learning_it_once(one: PageFacts, two: PageFacts) -> None:
    norm = learned(one, two)
    again = learn_page(norm, two, Sighted(known=two.entries), two.entries)
    assert again == learn_page(again, two, Sighted(known=two.entries), two.entries)


@given(st.integers(5, 500), st.integers(0, 500))
def test_a_page_of_constant_length_is_odd_from_the_level_down(usual: int, now: int) -> None:
    norm = learned(facts(usual), facts(usual))
    is_odd = judged(norm, facts(now), before=usual) is not None
    assert is_odd == (now <= LEVEL * usual)


@given(st.integers(3, 60), st.integers(0, 60))
def test_a_field_is_missed_where_a_third_more_lack_it_than_ever(entries: int, lack: int) -> None:
    lack = min(lack, entries)
    found = judged(learned(facts(entries), facts(entries)), facts(entries, undated=lack))
    is_odd = lack / entries >= LACK and lack >= min(3, entries)
    assert (found is Complaint.UNDATED) == is_odd


@given(any_facts(), st.lists(any_facts(), max_size=8))
def test_the_normal_stays_within_bounds(page: PageFacts, pages: list[PageFacts]) -> None:
    norm = fade(learned(*pages, page), page.entries)
    assert 0 <= norm.turnover <= 1
    assert 0 <= norm.steepest <= 1
    assert all(0 <= share <= 1 for share in norm.lacking)
    assert norm.lowest >= 0
    assert timedelta(0) <= MONDAY - (norm.newest_at or MONDAY)
