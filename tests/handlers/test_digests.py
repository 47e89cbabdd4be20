"""The digest's time is set in the chat's own zone."""

from __future__ import annotations

import pytest

from tests.desk import Desk
from tests.samples import item


def test_a_new_chat_has_a_digest_at_eight_in_brussels(desk: Desk) -> None:
    # the clock says 08:45 in Brussels
    said = desk.say("/digest")
    assert "daily at 08:00 (Europe/Brussels); the next one tomorrow" in said


def test_time_and_zone_are_set_together(desk: Desk) -> None:
    said = desk.say("/digest 17:30 america/new_york")
    assert "daily at 17:30 (America/New_York); the next one today" in said
    assert "18:30 (America/New_York)" in desk.say("/digest 18h30")


def test_off_and_on_again(desk: Desk) -> None:
    assert "No more digests" in desk.say("/digest OFF")
    assert "No daily digest is set" in desk.say("/digest")
    assert "daily at 09:00" in desk.say("/digest 9:00")


def test_a_paused_chat_is_promised_no_next_digest(desk: Desk) -> None:
    desk.say("/stop")
    said = desk.say("/digest")
    assert "the next one" not in said
    assert "this chat is paused: it comes again after /start" in said
    desk.say("/start")
    assert "the next one tomorrow" in desk.say("/digest")


def test_now_shows_what_matched_and_leaves_the_daily_one_alone(desk: Desk) -> None:
    desk.watch("gallium")
    desk.publish(item("Gallium prices"))
    assert "Gallium prices" in desk.say("/digest now")
    assert "Gallium prices" in desk.say("/digest now")


def test_now_says_in_one_line_that_nothing_matched(desk: Desk) -> None:
    desk.watch("gallium")
    head, line = desk.say("/digest now").split("\n")
    assert "Digest" in head and line.startswith("Nothing matched your watch since")


@pytest.mark.parametrize(
    "typed", ["25:00", "8", "08:60", "eight", "08:00 Europe/Brussels please", "now 08:00", "٨:٠٠"]
)
def test_what_is_no_time_is_refused_with_an_example(desk: Desk, typed: str) -> None:
    assert "For example: /digest 08:00 Europe/Brussels" in desk.say(f"/digest {typed}")
    assert desk.was_refused


def test_a_misspelt_zone_is_guessed(desk: Desk) -> None:
    said = desk.say("/digest 08:00 Europe/Brussel")
    assert "Did you mean Europe/Brussels?" in said
    assert desk.was_refused
