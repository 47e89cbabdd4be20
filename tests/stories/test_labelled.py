"""Stories on the labelled events: what is promised holds on the half that was not fitted on."""

from __future__ import annotations

import pytest

from bot.stories.place import place
from bot.stories.window import Window
from tests.stories.labelled import HALVES, Quality, b_cubed, half, judge, table


@pytest.fixture(scope="module")
def held() -> Quality:
    print(table())
    labelled = half("held")
    return judge(labelled, place([each.item for each in labelled], Window()))


def test_stories_of_one_language_are_right(held: Quality) -> None:
    assert held.within >= 0.90


def test_stories_across_languages_are_right(held: Quality) -> None:
    assert held.across >= 0.85


def test_hardly_any_two_events_are_joined(held: Quality) -> None:
    assert held.false_joins <= 0.01


def test_updates_are_found_and_repeats_stay_silent(held: Quality) -> None:
    assert held.updates_found >= 0.90
    assert held.updates_false <= 0.05


def test_both_halves_have_sixty_events_in_many_languages_and_share_none() -> None:
    events = [{each.event for each in half(name)} for name in HALVES]
    assert len(events[0] | events[1]) >= 60
    assert not events[0] & events[1]
    for name in HALVES:
        for event in {each.event for each in half(name)}:
            items = [each for each in half(name) if each.event == event]
            assert 3 <= len(items) <= 9, event
            assert sum(each.role == "first" for each in items) == 1, event
            assert len({each.item.language for each in items}) <= 7, event


def test_the_measure_knows_right_from_wrong() -> None:
    assert b_cubed("aabb", "xxyy") == 1
    assert b_cubed("aabb", "xxxx") == pytest.approx(2 / 3)
    assert b_cubed("aabb", "wxyz") == pytest.approx(2 / 3)
