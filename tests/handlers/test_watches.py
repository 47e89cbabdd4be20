"""A watch is set, understood, counted and ended in plain words."""

from __future__ import annotations

import pytest

from handlers.watches import MAX_WATCHES
from tests.desk import Desk
from tests.samples import item


def test_a_watch_says_how_it_is_understood(desk: Desk) -> None:
    said = desk.say("/watch nickel (china OR beijing) -opinion")
    assert "“nickel” in any form and (“china” in any form or “beijing” in any form)" in said


def test_words_of_a_concept_become_the_concept_and_the_words_stay_to_be_had(desk: Desk) -> None:
    said = desk.say("/watch rare earths")
    assert "in ten languages" in said
    assert 'in quotation marks: "rare earths"' in said


def test_asking_twice_makes_one_watch(desk: Desk) -> None:
    desk.watch("Gallium")
    assert "asks this already" in desk.say("/watch  gallium")
    assert desk.say("/watches").count("allium") == 2  # its text, and how it is understood


def test_a_concept_by_another_of_its_names_is_the_same_watch(desk: Desk) -> None:
    desk.watch("rare earths")
    assert "asks this already" in desk.say("/watch 稀土")
    assert "asks this already" in desk.say("/watch #rare-earths")


def test_a_concept_keeps_its_languages_beside_other_words(desk: Desk) -> None:
    said = desk.say("/watch rare earths -opinion")
    assert "Rare earths in ten languages, but not “opinion” in any form" in said
    assert "in quotation marks would be the mere words" in said
    desk.say("/answer save")
    assert desk.publish(item("商务部对稀土出口实施管制", language="zh")) == 1


def test_numbers_are_never_used_again(desk: Desk) -> None:
    desk.watch("gallium")
    assert "has ended" in desk.say("/unwatch 1")
    assert "Watch 2 is set" in desk.watch("germanium")


def test_watches_count_the_last_seven_days(desk: Desk) -> None:
    desk.watch("gallium")
    assert "no match in 7 days" in desk.say("/watches")
    desk.publish(item("Gallium prices"))
    assert "1 match in 7 days" in desk.say("/watches")


def test_an_ended_watch_alerts_no_more(desk: Desk) -> None:
    desk.watch("gallium")
    desk.say("/unwatch #1")
    assert desk.publish(item("Gallium prices")) == 0


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ("/watch", "/watch rare earths"),
        ("/watch (gallium", "/watch (gallium OR germanium) export"),
        ("/watch -gallium", "/watch gallium -nitride"),
        ("/watch #rare-earhts", "/watch #rare-earths"),
        ("/unwatch", "/unwatch 1"),
        ("/unwatch two", "/unwatch 1"),
        ("/unwatch 99999999999999999999", "/unwatch 1"),
        ("/unwatch 7", "/unwatch 1"),
    ],
)
def test_a_refusal_shows_a_correct_example(desk: Desk, line: str, example: str) -> None:
    said = desk.say(line)
    assert desk.was_refused
    assert f"For example: {example}" in said
    assert desk.say("/watches").startswith("No watch yet")


def test_a_chat_has_a_bounded_number_of_watches(desk: Desk) -> None:
    for number in range(MAX_WATCHES):
        desk.watch(f"metal{number}")
    assert "the most it may have" in desk.say("/watch one more")
    assert desk.was_refused


def test_four_thousand_emoji_are_refused_in_one_message(desk: Desk) -> None:
    said = desk.say("/watch " + "😀" * 4089)
    assert desk.was_refused
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("nexperia or gallium", "write OR in capitals"),
        ("gallium (china And germanium)", "Leave it out"),
        ("gallium not opinion", "write -word"),
    ],
)
def test_a_small_word_that_was_meant_as_a_sign_is_pointed_out(
    desk: Desk, typed: str, advice: str
) -> None:
    assert advice in desk.say(f"/watch {typed}")
    assert "and must occur" not in desk.say("/watch gallium OR germanium -opinion")
    assert "and must occur" not in desk.say('/watch "friend or foe"')


def test_a_watch_of_a_paused_chat_says_that_it_tells_nothing_yet(desk: Desk) -> None:
    assert "paused" not in desk.watch("gallium")
    desk.say("/stop")
    assert "paused: it is told nothing until /start" in desk.watch("germanium")
