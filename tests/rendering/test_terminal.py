"""A terminal shows lines that fit, styles that end, and addresses in one piece."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from bot.domain.richtext import RichText, Span, bold, rich, text
from bot.rendering.terminal import fitted, hung, to_terminal

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

spans = st.builds(
    Span,
    st.text(alphabet="ab 稀土。,\x1b\u202e", max_size=60),
    bold=st.booleans(),
    code=st.booleans(),
)


@given(st.lists(st.lists(spans, max_size=4).map(tuple), max_size=6), st.integers(20, 60))
def test_lines_fit_unless_one_word_does_not(lines: list[tuple[Span, ...]], width: int) -> None:
    shown = to_terminal(RichText(tuple(lines)), width=width, colour=False)
    for line in shown.split("\n"):
        longest = max((wcswidth(word) for word in re.split(r" |(?<=[稀土。])", line)), default=0)
        assert wcswidth(line) <= max(width, longest), line


@given(st.lists(st.lists(spans, max_size=4).map(tuple), max_size=6))
def test_colour_changes_no_letter(lines: list[tuple[Span, ...]]) -> None:
    body = RichText(tuple(lines))
    plain = to_terminal(body, width=60, colour=False)
    coloured = to_terminal(body, width=60, colour=True)
    assert [x.rstrip() for x in ESCAPE.sub("", coloured).split("\n")] == plain.split("\n")
    assert "\x1b" not in plain


@given(st.text(alphabet="ab 稀土。,\x1b", max_size=200), st.integers(20, 60))
def test_a_line_of_a_list_fits_whatever_it_holds_and_loses_no_letter(said: str, width: int) -> None:
    rows = hung(said, width=width)
    assert all(wcswidth(row) <= width for row in rows)
    assert all(row.startswith("    ") for row in rows[1:])
    assert "".join("".join(rows).split()) == "".join(said.replace("\x1b", " ").split())


@given(st.text(alphabet="ab 稀土", max_size=40), st.integers(2, 30))
def test_a_cell_is_as_wide_as_it_should_be(said: str, columns: int) -> None:
    cell = fitted(said, columns=columns)
    assert wcswidth(cell) == columns
    assert ("…" in cell) == (wcswidth(said) > columns)


def test_words_wrap_at_the_width() -> None:
    shown = to_terminal(rich("one two three four five six"), width=20, colour=False)
    assert shown == "one two three four\nfive six"


def test_chinese_wraps_between_characters_but_not_before_a_stop() -> None:
    shown = to_terminal(rich("商务部发布公告公布稀土。自公布之日起实施"), width=20, colour=False)
    assert all(wcswidth(line) <= 20 for line in shown.split("\n"))
    assert not any(line.startswith("。") for line in shown.split("\n"))


def test_a_line_that_is_set_in_stays_set_in() -> None:
    shown = to_terminal(rich("   one two three four five"), width=20, colour=False)
    assert shown == "   one two three\n   four five"


def test_an_address_is_never_broken() -> None:
    url = "https://gazette.example/" + "x" * 80
    shown = to_terminal(rich(text("🔗 ", Span("gazette.example", url=url))), width=40, colour=False)
    assert url in shown.split("\n")[-1]


def test_bold_is_bold() -> None:
    assert to_terminal(rich(bold("Digest")), width=40, colour=True) == "\x1b[1mDigest\x1b[0m"
