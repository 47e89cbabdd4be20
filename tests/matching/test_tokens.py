"""What one token is, where it stands, and what breaks a phrase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.match import Part
from bot.matching.tokens import analyse, tokenise


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("rare-earth magnets", ["rare", "earth", "magnets"]),
        ("Nexperia's", ["Nexperia's"]),
        ("d’exportation", ["d", "exportation"]),
        ("U.S. tariffs", ["U.S.", "tariffs"]),
        ("the E.U.", ["the", "E.U."]),
        ("3B001.a.4", ["3B001", "a", "4"]),
        ("5G 2B350", ["5G", "2B350"]),
        ("8505.11", ["8505", "11"]),
        ("稀土ok出口", ["稀", "土", "ok", "出", "口"]),
        ("ガﾘｳﾞム", ["ガ", "ﾘ", "ｳﾞ", "ム"]),
        ("カ\u3099", ["カ\u3099"]),
        ("レア・アース", ["レ", "ア", "ア", "ー", "ス"]),
        ("—ーー—", []),
        ("희토류를", ["희", "토", "류", "를"]),
        ("\u1112\u1174\u1110\u1169", ["\u1112\u1174", "\u1110\u1169"]),
        ("mag\u00adnets ca\u0301fe", ["mag\u00adnets", "ca\u0301fe"]),
        ("😀 — … !", []),
        ("", []),
    ],
)
def test_a_token_is_a_word_or_one_asian_character(text: str, tokens: list[str]) -> None:
    assert [token.text for token in tokenise(text)] == tokens
    assert analyse("", text, None).raw == tokens


@pytest.mark.parametrize("between", [" ", "-", "\n", "\r\n", "\u00a0", " “", "/", "'", "\u3000"])
def test_white_space_hyphens_and_single_line_ends_break_no_phrase(between: str) -> None:
    positions = analyse("", f"rare{between}earths", "en").positions
    assert positions[1] - positions[0] == 1


@pytest.mark.parametrize(
    "between", [". ", ", ", "; ", ": ", " (", "\n\n", "\n \n", "。", "、", "…"]
)
def test_stops_brackets_and_blank_lines_do(between: str) -> None:
    positions = analyse("", f"rare{between}earths", "en").positions
    assert positions[1] - positions[0] > 1


def test_a_text_of_many_words_has_one_view_and_a_headline_two() -> None:
    assert len(analyse("", "Nexperia resumes shipments", "en").views) == 2
    assert len(analyse("", "Nexperia resumes shipments " * 5, "en").views) == 1
    assert len(analyse("", "安世半导体恢复供货", "zh").views) == 1


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["en", "zh", "pl", None]))
def test_tokens_lie_in_order_inside_their_part(title: str, text: str, language: str | None) -> None:
    document = analyse(title, text, language)
    assert document.positions == sorted(set(document.positions))
    for at, raw in enumerate(document.raw):
        hit = document.hit((at, at), "term", None)
        part = title if hit.part is Part.TITLE else text
        assert part[hit.start : hit.end] == raw


@given(st.text(max_size=60))
def test_a_query_and_a_text_are_cut_alike(text: str) -> None:
    assert [token.text for token in tokenise(text)] == analyse("", text, None).raw
