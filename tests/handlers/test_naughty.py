"""Strings that break programs, as watch, trial, search, name and edit: no error but ours."""

from __future__ import annotations

import json

import pytest

from tests.archive.desk import notice
from tests.conftest import SHARED
from tests.desk import Desk
from tests.samples import NOW


@pytest.mark.parametrize(
    "command", ["/watch", "/try", "/search", "/edit 1", "/rename 1", "/mute 1"]
)
def test_naughty_strings_are_taken_or_refused_in_our_own_words(desk: Desk, command: str) -> None:
    path = SHARED / "corpora" / "blns" / "blns.json"
    if not path.exists():
        pytest.skip("the corpus of naughty strings is not beside this checkout")
    desk.clock.step_to(NOW)
    desk.publish(notice(1, "Gallium prices"), notice(2, "稀土出口许可"), is_quiet=True)
    desk.watch("gallium")
    strings = json.loads(path.read_text("utf-8"))
    assert len(strings) > 500
    for text in strings:
        said = desk.say(f"{command} {text}")
        assert said.strip() and "fault of ours" not in said, text
        assert len(said) < 4096, text
        if desk.last is not None and desk.last.buttons:
            said = desk.say("/answer save")
            assert (
                "is set" in said
                or "is changed" in said
                or "asks this already" in said
                or ("the most it may have" in said)
            ), text
    assert "fault of ours" not in desk.say("/watches")
