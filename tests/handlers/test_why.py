"""Every alert explains itself: each watch as a tree with ticks, and the words that were found."""

from __future__ import annotations

import pytest

from tests.archive.desk import notice
from tests.desk import STRANGER, Desk
from tests.samples import NOW, SECOND


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk on the day of the tests."""
    desk.clock.step_to(NOW)
    return desk


def test_each_part_has_its_tick_its_words_and_their_place(desk: Desk) -> None:
    desk.watch("rare earths (licence OR quota) title:nickel -opinion")
    desk.publish(notice(1, "Nickel licences", text="Seltene Erden, and licenced dealers."))
    said = desk.say("/why").splitlines()
    assert said[0].startswith("🔍 Why this came · Thu 8 Oct, 11:00")
    assert said[1] == "📰 Nickel licences"
    assert said[4:] == [
        "🔔 Watch 1 rare earths (licence OR quota) title:nickel -opinion",
        "✓ #rare-earths · “Seltene Erden” in the text",
        "✓ one of these",
        "   ✓ licence · “licences” in the title, “licenced” in the text",
        "   ✗ quota · nowhere",
        "✓ nickel · “Nickel” in the title",
        "✓ not opinion · nothing shut out",
    ]


def test_each_watch_that_it_answered_is_explained(desk: Desk) -> None:
    for text in ("nickel", "prices lang:en", "nickel NEAR/3 price", "steel"):
        desk.watch(text)
    desk.publish(notice(1, "Nickel prices"))
    said = desk.say("/why")
    assert "🔔 Watch 1 nickel\n✓ nickel · “Nickel” in the title" in said
    assert "✓ prices · “prices” in the title\n✓ lang:en" in said
    assert "✓ within 3 words of each other\n   ✓ nickel" in said
    assert "steel" not in said


def test_a_number_asks_for_an_earlier_alert(desk: Desk) -> None:
    desk.watch("nickel")
    for n in range(3):
        desk.clock.advance(SECOND)
        desk.publish(notice(n, f"Nickel {n}"))
    assert "📰 Nickel 2" in desk.say("/why")
    assert "📰 Nickel 2" in desk.say("/why 1")
    assert "📰 Nickel 0" in desk.say("/why 3")
    assert "not told of 4 publications yet" in desk.say("/why 4")
    assert desk.was_refused


def test_before_the_first_alert_there_is_nothing_to_explain(desk: Desk) -> None:
    assert "not told of anything yet" in desk.say("/why")
    assert desk.was_refused


@pytest.mark.parametrize("typed", ["0", "-1", "two", "1 2", "٣", "1001", "9" * 300])
def test_what_is_no_number_is_refused(desk: Desk, typed: str) -> None:
    assert "For example: /why 2" in desk.say(f"/why {typed}")
    assert desk.was_refused


def test_a_watch_that_was_changed_since_says_so(desk: Desk) -> None:
    desk.watch("nickel")
    desk.publish(notice(1, "Nickel prices"))
    desk.clock.advance(SECOND)
    desk.say("/edit 1 cobalt", person=STRANGER)
    desk.press("save", person=STRANGER)
    said = desk.say("/why")
    assert "changed since, by Stranger, Thu 8 Oct" in said
    assert "✗ cobalt · nowhere" in said


def test_a_watch_that_ended_since_is_named(desk: Desk) -> None:
    desk.watch("nickel")
    desk.publish(notice(1, "Nickel prices"))
    desk.say("/unwatch 1")
    assert "Watch 1 asked for it; it has ended since." in desk.say("/why")
