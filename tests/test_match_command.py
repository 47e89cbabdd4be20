"""`tidewaiter match` line by line: an answer for every line, whatever it holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.match_command import answers
from tests.matching.strategies import texts


def ask(*lines: dict[str, Any] | str | bytes) -> list[dict[str, Any]]:
    return list(answers(_encoded(line) for line in lines))


def _encoded(line: dict[str, Any] | str | bytes) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


def test_each_line_is_answered_with_places_and_a_reason() -> None:
    found, other = ask(
        {"query": "rare earths", "text": "Exporte seltener Erden", "lang": "de"},
        {"query": "feldspar", "text": "Tin"},
    )
    assert found["matched"] is True
    assert found["spans"] == [[8, 22]]
    assert found["reason"] == "#rare-earths: “seltener Erden”"
    assert (other["matched"], other["spans"], other["reason"]) == (False, [], "no feldspar")


def test_the_language_decides_and_is_detected_where_it_is_not_given() -> None:
    texts = {"en": "It depends on licensing", "de": "Die Lizenzen der Behörde für die Ausfuhr"}
    for language, text in texts.items():
        told, detected = ask(
            {"query": "licence OR Lizenz", "text": text, "lang": language},
            {"query": "licence OR Lizenz", "text": text},
        )
        assert told == detected
        assert told["language"] == language


def test_a_title_has_hits_of_its_own() -> None:
    (found,) = ask({"query": "title:gallium", "title": "Gallium", "text": "gallium"})
    assert found["matched"] and found["spans"] == []
    assert [hit["part"] for hit in found["hits"]] == ["title"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nothing", "not JSON"),
        ("[1]", "not an object such as"),
        ('{"query": "a"}', "“text” is missing"),
        ('{"text": "a", "query": 7}', "“query” is missing or not a string"),
        ('{"text": "a", "query": "b", "lang": 7}', "“lang” is not a string"),
        ('{"text": "a", "query": "\\"b"}', "is not closed"),
        (b"\xff\xfe", "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_line_that_cannot_be_answered_says_why_and_the_next_is_answered(
    line: str | bytes, said: str
) -> None:
    bad, good = ask(line, {"query": "gallium", "text": "gallium"})
    assert bad["matched"] is None
    assert bad["error"].startswith("line 1: ") and said in bad["error"]
    assert good["matched"] is True


def test_empty_lines_are_passed_over() -> None:
    assert ask("", "  ", {"query": "a1", "text": "a1"})[0]["matched"] is True


@given(st.text(max_size=30), texts)
def test_whatever_is_asked_is_answered(query: str, text: str) -> None:
    (found,) = ask({"query": query, "text": text})
    assert found["matched"] in {True, False} or found["error"]
    for start, end in found["spans"]:
        assert 0 <= start < end <= len(text)
