"""JSON Feed 1.0 and 1.1, and what is said of JSON that is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.sources.json_feed import describe_json, load_json, parse_json_feed
from bot.sources.page import MAX_ENTRIES, ParsedPage

VERSION = "https://jsonfeed.org/version/1.1"


def page(*items: Any, **feed: Any) -> ParsedPage:
    found = parse_json_feed(json.dumps({"version": VERSION, **feed, "items": items}))
    assert isinstance(found, ParsedPage), found
    return found


def entry(**fields: Any) -> RawItem:
    (found,) = page(fields).items
    return found


def refused(text: str) -> str:
    found = parse_json_feed(text)
    assert isinstance(found, NotAFeed), found
    return found.detail


def test_an_entry_is_read_with_all_that_it_says() -> None:
    assert entry(
        id="tag:desk.example,2026:1",
        url="https://desk.example/1",
        title="Tariff notice",
        content_html="<p>Duties rise.</p>",
        date_published="2026-10-08T09:00:00+02:00",
        language="en-GB",
    ) == RawItem(
        guid="tag:desk.example,2026:1",
        link="https://desk.example/1",
        title="Tariff notice",
        text_html="<p>Duties rise.</p>",
        published="2026-10-08T09:00:00+02:00",
        language="en-GB",
    )


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", VERSION])
def test_both_versions_are_feeds(version: str) -> None:
    assert isinstance(parse_json_feed(json.dumps({"version": version, "items": []})), ParsedPage)


def test_an_empty_list_is_an_empty_page_and_no_fault() -> None:
    assert page() == ParsedPage(items=())


def test_the_longest_of_the_bodies_is_the_text() -> None:
    """A summary may be a sentence of the body, or all that there is."""
    assert entry(content_html="<p>long body</p>", summary="short").text_html == "<p>long body</p>"
    assert entry(content_text="x", summary="the longer one").text_html == "the longer one"
    assert entry(content_text="plain").text_html == "plain"


def test_the_page_itself_is_the_link_and_what_it_points_to_the_second_choice() -> None:
    assert entry(url="https://a.example", external_url="https://b.example").link == (
        "https://a.example"
    )
    assert entry(external_url="https://b.example").link == "https://b.example"
    assert entry(title="x").link is None


def test_a_change_stands_in_for_a_missing_date_of_publication() -> None:
    assert entry(date_published="2026-10-01", date_modified="2026-10-02").published == "2026-10-01"
    assert entry(date_modified="2026-10-02").published == "2026-10-02"
    assert entry(title="x").published is None


def test_the_feed_has_a_language_that_its_entries_need_not_share() -> None:
    found = page({"title": "x"}, {"title": "y", "language": "fr"}, language="nl")
    assert found.language == "nl"
    assert [raw.language for raw in found.items] == [None, "fr"]


@pytest.mark.parametrize(
    ("said", "guid"),
    [("7", "7"), (7, "7"), (0, "0"), (" a ", "a"), ("", None), (None, None), (True, None),
     ([1], None), ({"a": 1}, None)],
)  # fmt: skip
def test_identifiers_may_be_numbers_and_nothing_else_but_text(said: Any, guid: str | None) -> None:
    assert entry(id=said, title="x").guid == guid


def test_one_bad_entry_hides_no_other_and_is_counted() -> None:
    found = page({"title": "a"}, "no object", None, [1], {"title": 5, "url": {}}, {"title": "b"})
    assert [raw.title for raw in found.items] == ["a", "5", "b"]
    assert found.note == "3 entries skipped (no objects)"


def test_no_more_entries_are_taken_than_the_bound_and_that_is_told() -> None:
    found = page(*({"id": n} for n in range(MAX_ENTRIES + 2)))
    assert len(found.items) == MAX_ENTRIES
    assert found.items[0].guid == "0"
    assert "5,002" in found.note


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "a JSON object of another kind (keys: none)"),
        ('{"b": 1, "a": 2}', "a JSON object of another kind (keys: a, b)"),
        (
            '{"message": "no such\\nfeed", "status": 404}',
            'a JSON object of another kind (keys: message, status), saying "no such\\nfeed"',
        ),
        ('{"errors": {"per_page": "too big"}}', 'saying {"per_page": "too big"}'),
        ("[1, 2, 3]", "a JSON list of 3"),
        ('["\\ud800"]', "a JSON list of 1"),
        ("[", "cut short"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [', "cut short"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "without its list of items"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "without its list"),
        ('{"version": 1, "items": []}', "another kind"),
        ('{"a": NaN}', "another kind (keys: a)"),
        ("[" * 100_000, "a nesting out of bounds"),
    ],
    ids=lambda value: value[:40],
)
def test_json_that_is_no_feed_is_told_apart(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize("odd", ["NaN", "-Infinity", "1e400", "9" * 5_000])
def test_a_number_that_counts_nothing_does_not_hide_the_entries(odd: str) -> None:
    entries = f'{{"id": {odd}, "title": "One"}}, {{"id": 2, "title": "Two"}}'
    found = parse_json_feed(f'{{"version": "{VERSION}", "items": [{entries}]}}')
    assert isinstance(found, ParsedPage)
    assert [raw.title for raw in found.items] == ["One", "Two"]


def test_a_mistake_in_the_json_is_placed() -> None:
    found = load_json('{\n  "a": oops')
    assert isinstance(found, NotAFeed)
    assert "line 2, column 8" in found.detail


@pytest.mark.parametrize("value", ["\ud800", 5, None, True, 1.5])
def test_what_came_in_its_place_is_described_whatever_it_is(value: object) -> None:
    describe_json(value).encode()


def test_a_description_is_short_however_long_the_answer() -> None:
    assert len(describe_json({"k" * 900 + str(n): "v" * 900 for n in range(90)})) < 300
    assert len(describe_json({"error": "e" * 9_000})) < 300
    assert len(describe_json("s" * 9_000)) < 100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "url", "title", "items", "summary", "message", "language"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_json_at_all_is_a_page_or_an_answer_in_words(items: Any, language: Any) -> None:
    for value in (items, {"version": VERSION, "items": items, "language": language}):
        found = parse_json_feed(json.dumps(value))
        if isinstance(found, NotAFeed):
            assert "\n" not in found.detail
        else:
            assert all(isinstance(raw, RawItem) for raw in found.items)
