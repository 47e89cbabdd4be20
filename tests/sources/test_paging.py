"""Addresses of further pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CatalogueError
from bot.sources.catalogue import parse_catalogue
from bot.sources.paging import MOST_PAGES, is_page_pattern, page_after

FIRST = "https://ministry.example/news"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (f"{FIRST}?page={{2}}", ["?page=2", "?page=3", "?page=4"]),
        (f"{FIRST}?page={{1}}&lang=en", ["?page=1&lang=en", "?page=2&lang=en", "?page=3&lang=en"]),
        (f"{FIRST}?start={{20,40}}", ["?start=20", "?start=40", "?start=60"]),
        (f"{FIRST}/index_{{1}}.html", ["/index_1.html", "/index_2.html", "/index_3.html"]),
    ],
)
def test_pages_follow_each_other(pattern: str, expected: list[str]) -> None:
    url = FIRST
    for path in expected:
        url = page_after(pattern, url)
        assert url == FIRST + path


def test_pages_come_to_an_end() -> None:
    url, count = FIRST, 0
    while url:
        url = page_after(f"{FIRST}?page={{2}}", url)
        count += 1
    assert count == MOST_PAGES + 2


@pytest.mark.parametrize(
    "text",
    ["", "https://m.example/", "?page={2}", "https://m.example/{n}", "https://m.example/{1}{2}"],
)
def test_what_is_no_address_with_one_number_is_none(text: str) -> None:
    assert not is_page_pattern(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_an_answer(pattern: str, url: str) -> None:
    is_page_pattern(pattern)
    page_after(pattern, url)


@pytest.mark.parametrize("line", ['pages = "https://m.example/?page=2"', 'next = "[[["'])
def test_a_mistake_in_the_catalogue_names_the_key(line: str) -> None:
    text = f"""
[[source]]
id = "notices"
url = "{FIRST}"
kind = "html-list"
[source.shape]
entry = "li"
{line}
"""
    with pytest.raises(CatalogueError, match=line.partition(" ")[0]):
        parse_catalogue(text, "desk.toml")
