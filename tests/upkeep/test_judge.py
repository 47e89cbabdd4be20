"""A service that lives has no complaint; each sign of death is one, in a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.vitals import Tick, Vitals
from bot.upkeep.judge import complaints, complaints_of_process

WELL = Vitals(
    ticks=(Tick(name="poll", age=0.2, limit=60.0), Tick(name="delivery", age=29.0, limit=240.0)),
    written_age=14.0,
    due_age=1.0,
    heard_age=29.0,
    canary_age=800.0,
)


def test_a_service_that_lives_has_no_complaint() -> None:
    assert complaints(WELL, 300.0) == ()
    assert complaints(replace(WELL, heard_age=None, canary_age=None), 300.0) == ()


@pytest.mark.parametrize(
    ("change", "said", "is_mended_by_restart"),
    [
        ({"ticks": (Tick(name="poll", age=61, limit=60),)}, "poll has not begun for 61 s", True),
        ({"written_age": 61.0}, "taken no write for 61 s.", True),
        ({"written_age": 61.0, "fault": "It is locked."}, "fails: It is locked.", False),
        ({"fault": "It is locked."}, "The database fails: It is locked.", False),
        ({"has_room": False}, "The disk is full", False),
        ({"due_age": 301.0}, "stuck: a message has been due for 301 s", False),
        ({"heard_age": 181.0}, "Telegram has not answered for 181 s", False),
        ({"canary_age": 3901.0}, "canary has not come through for 3901 s", False),
    ],
)
def test_each_sign_is_told_by_itself(
    change: dict[str, Any], said: str, is_mended_by_restart: bool
) -> None:
    vitals = replace(WELL, **change)
    (found,) = complaints(vitals, 300.0)
    assert said in found
    assert bool(complaints_of_process(vitals)) is is_mended_by_restart
