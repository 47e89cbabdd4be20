"""GOV.UK: the shapes of its Atom feeds, search and content API, with pages of our own.

Atom: alphagov/finder-frontend, app/views/finders/show.atom.builder; search: alphagov/search-api.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, NotAFeed, Read
from bot.domain.item import Item
from bot.domain.source import SourceKind
from bot.sources.details import text_request, with_text
from bot.sources.gov_uk import parse_gov_uk
from bot.sources.read import read_body
from bot.stories.updates import fact
from tests.samples import NOW, source

HOME = "https://www.gov.example"
FEED = f"{HOME}/government/organisations/tides-office.atom"
SEARCH = f"{HOME}/api/search.json?q=tides&filter_organisations[]=tides-office&count=2"
PAGE = f"{HOME}/api/content/government/publications/notice-61"


def atom(*entries: tuple[str, str, str], more: str = "") -> str:
    """A feed of (path, title, updated)."""
    listed = "".join(
        f"""<entry><id>tag:www.gov.example,2005:{path}</id><updated>{updated}</updated>
        <link rel="alternate" type="text/html" href="{HOME}{path}"/><title>{title}</title>
        <summary type="html">&lt;p&gt;How to declare.&lt;/p&gt;</summary>{more}
        <author><name>HM Government</name></author></entry>"""
        for path, title, updated in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xml:lang="en-GB" '
        'xmlns="http://www.w3.org/2005/Atom"><id>tag:www.gov.example,2005:/x</id>'
        f"<title>Tides Office</title><updated>2026-10-08T10:30:00+01:00</updated>{listed}</feed>"
    )


NOTICE = ("/government/publications/notice-61", "Notice 61", "2026-10-08T10:30:00+01:00")
RESULT: dict[str, Any] = {
    "title": "Notice 61",
    "link": "/government/publications/notice-61",
    "description": "How to declare.",
    "public_timestamp": "2026-10-08T10:30:00+01:00",
    "format": "publication",
    "document_type": "edition",
    "organisations": [{"slug": "tides-office", "title": "Tides Office", "acronym": "TO"}, None],
}
CONTENT: dict[str, Any] = {
    "base_path": "/government/publications/notice-61",
    "content_id": "5f1e",
    "title": "Notice 61",
    "description": "How to declare.",
    "document_type": "guidance",
    "locale": "en",
    "first_published_at": "2021-03-01T09:00:00.000+00:00",
    "public_updated_at": "2026-10-08T10:30:00.000+01:00",
    "details": {
        "body": "<p>Gallium is <b>declared</b> here.</p>",
        "change_history": [
            {"note": "Added gallium.", "public_timestamp": "2026-10-08T10:30:00.000+01:00"},
            {"note": "First published.", "public_timestamp": "2021-03-01T09:00:00.000+00:00"},
        ],
    },
    "links": {"organisations": [{"title": "Tides Office"}]},
}
AT = "2026-10-08T09:30:00Z"


def search(*results: Any, **changes: Any) -> str:
    found = {"results": list(results), "total": len(results), "start": 0, "facets": {}}
    return json.dumps(found | changes)


def read(body: str, url: str) -> Read:
    site = source(kind=SourceKind.GOV_UK, url=url, zone="Europe/London", is_official=True)
    found = read_body(site, Fetched(body=body.encode(), final_url=url), NOW)
    assert isinstance(found, Read), found
    return found


def one(body: str, url: str) -> Item:
    (item,) = read(body, url).items
    return item


def refused(body: str, url: str = FEED) -> str:
    found = parse_gov_uk(body, url)
    assert isinstance(found, NotAFeed), found
    return found.detail


def test_a_page_is_one_by_its_path_whatever_tells_of_it() -> None:
    items = [
        one(atom(NOTICE), FEED),
        one(search(RESULT), SEARCH),
        one(json.dumps(CONTENT), PAGE),
    ]
    assert {item.guid for item in items} == {"govuk:/government/publications/notice-61"}
    assert {item.url for item in items} == {f"{HOME}/government/publications/notice-61"}
    assert {fact(item, "updated") for item in items} == {AT}


def test_an_entry_of_a_feed_has_the_time_of_its_last_change() -> None:
    item = one(atom(NOTICE), FEED)
    assert (item.title, item.text) == ("Notice 61", "How to declare.")
    assert item.published_at == datetime(2026, 10, 8, 9, 30, tzinfo=UTC)
    assert item.facts == (("updated", AT),)


def test_the_time_of_the_change_is_taken_where_the_first_is_said_too() -> None:
    more = "<published>2021-03-01T09:00:00+00:00</published>"
    item = one(atom(NOTICE, more=more), FEED)
    assert item.published_at == datetime(2021, 3, 1, 9, tzinfo=UTC)
    assert fact(item, "updated") == AT


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/government/policies/tides/feed-ended", "This feed has ended"),
        ("/government/feed", "This feed has ended"),
        ("/government/policies/tides/feed-ended", "/government/policies/tides feed ended"),
    ],
)
def test_a_feed_that_has_ended_is_none_and_says_so(path: str, title: str) -> None:
    detail = refused(atom((path, title, "2020-06-24T00:00:00+01:00")))
    assert "a feed that GOV.UK has ended" in detail


def test_a_page_about_feeds_that_have_ended_is_news() -> None:
    title = "This feed has ended up in the sea: guidance for fish farms"
    assert one(atom(("/guidance/feed", title, NOTICE[2])), FEED).title == title


def test_search_names_organisations_and_kind() -> None:
    item = one(search(RESULT), SEARCH)
    assert item.facts == (("type", "publication"), ("agency", "Tides Office"), ("updated", AT))
    assert item.text == "How to declare.\nTides Office"
    kind = RESULT | {"content_store_document_type": "press_release"}
    assert one(search(kind), SEARCH).facts[0] == ("type", "press release")


def test_search_is_read_on_by_its_start() -> None:
    first = read(search(RESULT, RESULT, total=5), SEARCH)
    assert (
        first.next_page
        == f"{HOME}/api/search.json?q=tides&filter_organisations[]=tides-office&count=2&start=2"
    )
    second = read(search(RESULT, total=5, start=4), first.next_page)
    assert second.next_page == ""
    assert read(search(total=5, start=2), SEARCH).next_page == ""


def test_a_page_that_lies_elsewhere_has_no_number() -> None:
    elsewhere = RESULT | {"link": "https://elsewhere.example/notice-61"}
    assert one(search(elsewhere), SEARCH).guid == "https://elsewhere.example/notice-61"


def test_a_page_says_what_its_last_change_was() -> None:
    item = one(json.dumps(CONTENT), PAGE)
    assert item.facts == (
        ("type", "guidance"),
        ("agency", "Tides Office"),
        ("updated", AT),
        ("change-note", "Added gallium."),
        ("noted", AT),
    )
    assert item.text == "How to declare.\nLast change: Added gallium.\nGallium is declared here."
    assert item.published_at == datetime(2021, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("note", ["First published.", "first published", "Initial publication."])
def test_that_a_page_was_published_at_all_is_no_change(note: str) -> None:
    history = [{"note": note, "public_timestamp": "2026-10-08T10:30:00.000+01:00"}]
    item = one(json.dumps(CONTENT | {"details": {"change_history": history}}), PAGE)
    assert fact(item, "change-note") == fact(item, "noted") == ""


def test_a_page_that_was_withdrawn_says_why() -> None:
    notice = {"explanation": "<p>See notice 62.</p>", "withdrawn_at": "2026-10-08T09:30:00Z"}
    item = one(json.dumps(CONTENT | {"withdrawn_notice": notice}), PAGE)
    assert "Withdrawn:" in item.text and "See notice 62." in item.text


@pytest.mark.parametrize(
    "body", ["{}", '{"results": {}}', "[]", "", "<html>", search({}), '{"base_path": "/x"}', "{"]
)
def test_what_is_neither_feed_nor_search_nor_page_is_none(body: str) -> None:
    assert refused(body)


# The text of a page that a list tells of


def test_the_text_is_asked_of_the_content_api_of_the_same_host() -> None:
    site = source(kind=SourceKind.GOV_UK, url=FEED)
    request = text_request(site, one(atom(NOTICE), FEED))
    assert request is not None
    assert request.source.url == f"{HOME}/api/content/government/publications/notice-61"


def test_a_page_that_is_read_itself_has_no_other_text() -> None:
    site = source(kind=SourceKind.GOV_UK, url=PAGE)
    assert text_request(site, one(json.dumps(CONTENT), PAGE)) is None


def test_the_list_s_entry_gets_text_note_and_agency() -> None:
    site = source(kind=SourceKind.GOV_UK, url=FEED)
    found = with_text(
        site,
        one(atom(NOTICE), FEED),
        Fetched(body=json.dumps(CONTENT).encode(), final_url=PAGE),
    )
    assert isinstance(found, Item)
    assert "Gallium is declared here." in found.text
    assert fact(found, "change-note") == "Added gallium."
    assert fact(found, "agency") == "Tides Office"
    assert found.published_at == datetime(2026, 10, 8, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            CONTENT
            | {
                "public_updated_at": "2026-10-07T10:30:00+01:00",
                "details": {"body": "<p>Old.</p>", "change_history": []},
            },
            "does not yet have the change",
        ),
        (CONTENT | {"base_path": "/guidance/another"}, "another page"),
        ({}, "a JSON object of another kind"),
    ],
)
def test_an_answer_that_is_not_the_page_as_it_now_stands_is_none(
    answer: dict[str, Any], reason: str
) -> None:
    site = source(kind=SourceKind.GOV_UK, url=FEED)
    entry = one(atom(NOTICE), FEED)
    body = json.dumps(answer).encode()
    found = with_text(site, entry, Fetched(body=body, final_url=PAGE))
    assert isinstance(found, NotAFeed)
    assert reason in found.detail


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*RESULT, *CONTENT]), VALUES),
    VALUES,
    st.text(max_size=40),
)
def test_no_answer_raises(fields: dict[str, Any], anything: Any, text: str) -> None:
    site = source(kind=SourceKind.GOV_UK, url=FEED)
    entry = one(atom(NOTICE), FEED)
    bodies = [
        search(RESULT | fields, anything, total=anything, start=anything),
        json.dumps(CONTENT | fields),
        json.dumps(CONTENT | {"details": fields, "links": anything}),
        json.dumps(anything),
        text,
        atom((text, "x", text)),
    ]
    for body in bodies:
        parse_gov_uk(body, SEARCH + text)
        parse_gov_uk(body, "http://[")
        raw = body.encode("utf-8", "replace")
        with_text(site, entry, Fetched(body=raw, final_url=PAGE))
