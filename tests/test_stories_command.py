"""`tidewaiter stories --batch`: an answer for every line, whatever it holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories_command import answers

GOOD: dict[str, Any] = {
    "id": "a",
    "title": "China requires licences for gallium exports",
    "text": "China's commerce ministry will require licences for gallium from 1 April.",
    "lang": "en",
    "published_at": "2026-03-02T08:00:00Z",
    "source": "reuters",
    "official": False,
}


def ask(*lines: Any) -> list[dict[str, Any]]:
    return list(
        answers(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    )


def test_each_line_is_answered_in_its_order_with_story_and_role() -> None:
    later = {**GOOD, "id": 7, "published_at": "2026-03-02T10:00:00+01:00", "source": "ft"}
    assert ask(later, b"", GOOD) == [
        {"id": 7, "story": "a", "role": "repeat"},
        {"id": "a", "story": "a", "role": "first"},
    ]


def test_what_is_not_known_may_be_left_out() -> None:
    bare = {name: GOOD[name] for name in ("id", "title", "published_at")}
    assert ask({**bare, "lang": None, "official": None})[0]["role"] == "first"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"nothing", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([1], "not an object such as"),
        ({**GOOD, "id": None}, "“id” is missing"),
        ({**GOOD, "id": True}, "“id” is missing"),
        ({**GOOD, "title": "", "text": None}, "one of them is needed"),
        ({**GOOD, "text": 7}, "“text” is not a string"),
        ({**GOOD, "lang": 7}, "“lang” is not a string"),
        ({**GOOD, "official": "yes"}, "“official” is neither true nor false"),
        ({**GOOD, "published_at": None}, "“published_at” is missing"),
        ({**GOOD, "published_at": "yesterday"}, "'yesterday' is not a time"),
    ],
)
def test_a_line_that_cannot_be_read_says_why_and_the_next_is_placed(line: Any, said: str) -> None:
    bad, good = ask(line, GOOD)
    assert bad["story"] is None and bad["role"] is None
    assert bad["error"].startswith("line 1: ") and said in bad["error"]
    assert good == {"id": "a", "story": "a", "role": "first"}


def test_an_id_names_one_item() -> None:
    _good, bad = ask(GOOD, GOOD)
    assert bad["error"] == "line 2: id 'a' is that of line 1 too"


@given(st.text(max_size=40), st.text(max_size=80))
def test_whatever_a_text_holds_it_is_placed_or_refused(title: str, text: str) -> None:
    (found,) = ask({**GOOD, "title": title, "text": text})
    assert found["role"] == "first" or found["error"]
