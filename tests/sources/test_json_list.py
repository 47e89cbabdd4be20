"""Lists in JSON answers, read by the source's own expressions."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.domain.source import JsonShape
from bot.sources.json_list import is_expression, parse_json_list
from bot.sources.page import MAX_ENTRIES, ParsedPage

COUNCIL = JsonShape(entries="@", title="TITLE", link="URL", date="DOCRELPUBTIME", text="SUB_TITLE")
NESTED = JsonShape(
    entries="pageInfo.rows[]",
    title="title",
    link="join('', ['https://control.example/article/', to_string(id)])",
    guid="id",
    date="publishTimeStr",
)


def parsed(data: object, shape: JsonShape = COUNCIL) -> ParsedPage:
    found = parse_json_list(json.dumps(data, ensure_ascii=False), shape)
    assert isinstance(found, ParsedPage)
    return found


def refused(text: str, shape: JsonShape = COUNCIL) -> str:
    found = parse_json_list(text, shape)
    assert isinstance(found, NotAFeed)
    return found.detail


def test_a_list_at_the_top_is_read_by_its_names() -> None:
    page = parsed(
        [
            {
                "TITLE": "国务院关于修改出口管制条例的决定",
                "SUB_TITLE": "国令第800号",
                "URL": "https://council.example/content_1.htm",
                "DOCRELPUBTIME": "2026-10-08",
            }
        ]
    )
    assert page.items == (
        RawItem(
            title="国务院关于修改出口管制条例的决定",
            text_html="国令第800号",
            link="https://council.example/content_1.htm",
            published="2026-10-08",
        ),
    )


def test_an_address_may_be_put_together_from_a_number() -> None:
    (entry,) = parsed({"pageInfo": {"rows": [{"id": 1250, "title": "公告"}]}}, NESTED).items
    assert (entry.link, entry.guid) == ("https://control.example/article/1250", "1250")


def test_lists_and_numbers_become_text_and_nothing_else_does() -> None:
    shape = JsonShape(entries="@", title="t", text="[a, b, c]")
    (entry,) = parsed([{"t": "x", "a": ["8505", 2804], "b": None, "c": {"d": True}}], shape).items
    assert entry.text_html == "8505, 2804"


def test_an_empty_list_is_an_empty_page() -> None:
    assert parsed([]).items == ()


def test_a_missing_list_is_named_with_what_came_instead() -> None:
    assert "finds no list" in refused('{"error": "rate limit"}', NESTED)
    assert "rate limit" in refused('{"error": "rate limit"}', NESTED)


def test_an_error_text_or_a_page_with_status_200_is_no_list() -> None:
    assert "where JSON should be" in refused("Your query was too short or too long.")
    assert "where JSON should be" in refused("<!doctype html><title>Log in</title>")


def test_entries_without_title_and_link_are_counted_and_all_such_are_no_list() -> None:
    page = parsed([{"TITLE": "a"}, {"other": 1}, None])
    assert len(page.items) == 1
    assert page.note == "2 entries skipped (without title and link)"
    assert "neither title nor link" in refused('[{"other": 1}]')


def test_an_expression_that_fails_on_the_data_is_said_and_never_raised() -> None:
    shape = JsonShape(entries="@", title="join('-', a)")
    assert "expressions fail" in refused('[{"a": 1}]', shape)


def test_a_very_long_list_is_read_from_its_beginning_and_that_is_said() -> None:
    page = parsed([{"TITLE": str(number)} for number in range(MAX_ENTRIES + 1)])
    assert len(page.items) == MAX_ENTRIES
    assert "5,001 entries" in page.note


def test_what_is_no_expression_is_known_before_any_answer_comes() -> None:
    assert is_expression("items[?kind=='rule'].title")
    assert not is_expression("items[")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["TITLE", "URL", "pageInfo", "rows", "id"]), inner)
    ),
    max_leaves=12,
)


@given(JSON | st.text().map(lambda text: text), st.sampled_from([COUNCIL, NESTED]))
def test_no_answer_raises(data: object, shape: JsonShape) -> None:
    found = parse_json_list(json.dumps(data), shape)
    assert isinstance(found, NotAFeed | ParsedPage)
