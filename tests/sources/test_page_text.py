"""The text of a page's chosen parts, block by block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import NotAFeed
from bot.domain.source import PageShape
from bot.domain.version import unpacked, version_of
from bot.sources.page_text import MAX_BLOCKS, parse_page
from bot.sources.register_rows import ParsedRegister

MAIN = PageShape(selector="main", leave_out=("aside", ".counter"))
PAGE = """<!DOCTYPE html><title>Guide</title><nav>Home</nav><main><h1>Licences</h1>
<p>Apply in   <b>thirty</b> days.<ul><li>Form 12<li>Form 13</ul>
<aside>News of today</aside><p class="counter">Visited 12 times</p></main><footer>©</footer>"""


def parsed(text: str, shape: PageShape = MAIN) -> ParsedRegister:
    found = parse_page(text, shape)
    assert isinstance(found, ParsedRegister), found
    return found


def blocks(text: str, shape: PageShape = MAIN) -> list[str]:
    return [unpacked(each).name for each in parsed(text, shape).rows]


def refused(text: str, shape: PageShape = MAIN) -> str:
    found = parse_page(text, shape)
    assert isinstance(found, NotAFeed), found
    return found.detail


def test_the_chosen_part_is_read_without_what_changes_by_itself() -> None:
    assert blocks(PAGE) == ["Licences", "Apply in thirty days.", "Form 12", "Form 13"]


def test_of_parts_within_each_other_nothing_is_read_twice() -> None:
    nested = "<div class=a><p>One</p><div class=a><p>Two</p></div></div><div class=a>Three</div>"
    assert blocks(nested, PageShape(selector="div, p")) == ["One", "Two", "Three"]


def test_blocks_that_say_the_same_are_each_a_row() -> None:
    keys = [unpacked(each).key for each in parsed("<main><p>A<p>B<p>A</main>").rows]
    assert len(set(keys)) == 3
    assert [unpacked(each).place for each in parsed("<main><p>A<p>B<p>A</main>").rows] == [0, 1, 2]


def test_a_text_that_is_no_page_is_read_line_by_line() -> None:
    assert blocks("One < two\n\nThree\n") == ["One < two", "Three"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!DOCTYPE html><title>Are you a robot?</title><p>x", "looks like a wall against bots"),
        ("<!DOCTYPE html><title>Moved</title><p>x", "'main' finds nothing"),
        ("<main><aside>x</aside></main>", "'main' finds no text"),
        ("", "an empty body"),
        (" \n ", "an empty body"),
    ],
)
def test_a_page_without_the_chosen_part_is_said_to_be_another(text: str, said: str) -> None:
    assert said in refused(text)


def test_a_selector_that_cannot_be_read_is_said() -> None:
    assert "a selector" in refused(PAGE, PageShape(selector="main["))


def test_a_page_that_is_too_long_says_so() -> None:
    found = parsed("<main>" + "".join(f"<p>{n}" for n in range(MAX_BLOCKS + 1)) + "</main>")
    assert len(found.rows) == MAX_BLOCKS
    assert "only its beginning is compared" in found.note


@given(st.text(max_size=200) | st.text(alphabet="<>/mainasidep ='\"", max_size=80))
def test_no_text_raises_and_keys_are_unique(text: str) -> None:
    found = parse_page(text, MAIN)
    if isinstance(found, ParsedRegister):
        rows = version_of(found.rows, "").rows
        assert len({row.key for row in rows}) == len(rows) > 0
