"""The excerpt holds the match, is short, and is cut where it may be."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.match import Hit, Part
from bot.summaries.extract import MAX_CHARACTERS, MAX_SENTENCES, extract

LEAD = "The ministry met on Thursday."
FILLER = "Officials spoke about the weather and the harbour for a while."


def hits(text: str, *terms: str) -> list[Hit]:
    return [Hit(Part.TEXT, text.index(t), text.index(t) + len(t), t) for t in terms]


def shown(text: str, *terms: str, title: str = "A headline") -> list[str]:
    return [text[p.start : p.end] for p in extract(title, text, hits(text, *terms))]


def test_the_lead_stands_before_the_sentence_that_holds_the_match() -> None:
    match = "Licences for gallium now last a year."
    assert shown(f"{LEAD} {FILLER} {match} {FILLER}", "gallium") == [LEAD, match]


def test_a_match_across_the_end_of_a_line_is_shown_whole() -> None:
    text = f"{LEAD} The list names new export\nlicences for magnets. {FILLER}"
    match = "The list names new export\nlicences for magnets."
    assert shown(text, "export\nlicences") == [LEAD, match]


def test_a_match_in_the_lead_needs_no_more() -> None:
    assert shown(f"{LEAD} {FILLER}", "ministry") == [LEAD]


def test_a_match_in_the_title_alone_shows_the_lead() -> None:
    assert shown(f"{LEAD} {FILLER}") == [LEAD]


def test_the_title_is_not_said_again() -> None:
    assert shown(f"Gallium rules eased. {LEAD}", title="Gallium rules eased") == [LEAD]
    assert shown("Gallium rules eased", title="Gallium rules eased") == []


def test_no_text_gives_no_excerpt() -> None:
    assert shown("") == []
    assert shown(" — \n …") == []


def test_at_most_three_sentences_are_shown() -> None:
    text = " ".join(f"Clause {n} is on gallium." for n in range(9))
    found = [
        Hit(Part.TEXT, at, at + 7, "gallium")
        for at in range(len(text))
        if text.startswith("gallium", at)
    ]
    assert len(extract("Title", text, found)) == MAX_SENTENCES


def test_a_long_sentence_is_cut_around_its_match_at_a_clause() -> None:
    text = ", ".join(["the list names many other goods"] * 12 + ["gallium"] + ["and more"] * 30)
    (piece,) = extract("Title", text + ".", hits(text, "gallium"))
    cut = text[piece.start : piece.end]
    assert "gallium" in cut and len(cut) <= 240
    assert piece.is_cut_before and piece.is_cut_after
    assert cut.startswith(("the list", "gallium")) and not cut.endswith(",")


def test_a_long_chinese_sentence_is_cut_too() -> None:
    text = "商务部表示" * 60 + "稀土" + "出口许可" * 60
    (piece,) = extract("标题", text, hits(text, "稀土"))
    assert "稀土" in text[piece.start : piece.end]
    assert piece.end - piece.start <= 120


def test_a_match_far_down_is_found() -> None:
    text = " ".join([FILLER] * 50 + ["Gallium stays free."])
    assert shown(text, "Gallium")[-1] == "Gallium stays free."


@given(
    st.text(alphabet="ab .,。稀\n…A", max_size=900),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 9)), max_size=6),
)
def test_the_excerpt_is_short_in_order_and_holds_a_match(
    text: str, places: list[tuple[int, int]]
) -> None:
    found = [
        Hit(Part.TEXT, start, start + length, "x")
        for start, length in places
        if start + length <= len(text)
        and not any(c.isspace() for c in text[start : start + length])
    ]
    pieces = extract("Title", text, found)
    assert len(pieces) <= MAX_SENTENCES
    assert all(0 <= p.start < p.end <= len(text) for p in pieces)
    assert all(a.end <= b.start for a, b in pairwise(pieces))
    assert sum(p.end - p.start for p in pieces) <= MAX_CHARACTERS
