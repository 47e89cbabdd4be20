"""The Commission's press corner: the shapes of its lists and releases, with releases of our own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, NotAFeed, Read
from bot.domain.item import Item, Precision
from bot.domain.source import SourceKind
from bot.sources.details import text_request, with_text
from bot.sources.press_corner import parse_press_corner
from bot.sources.read import read_body
from tests.samples import NOW, source

LIST = (
    "https://ec.example/commission/presscorner/api/latestnews?language=en&pagesize=50&pagenumber=1"
)
RELEASE: dict[str, Any] = {
    "refCode": "IP/26/1799",
    "eventDate": "2026-10-08",
    "title": "Commission opens an inquiry into magnets",
    "leadText": "The inquiry covers magnets of neodymium.",
    "docutype": {"code": "IP", "description": "Press release"},
    "languageCode": "EN",
}
RSS = """<rss version="2.0"><channel><title>Press corner</title><language>en</language>
<item><title>Commission opens an inquiry into magnets</title>
<link>https://ec.example/commission/presscorner/detail/en/ip_26_1799</link>
<guid isPermaLink="false">a-new-one-each-time</guid>
<description>The inquiry covers magnets.</description>
<pubDate>Thu, 08 Oct 2026 11:02:00 GMT</pubDate></item></channel></rss>"""
TEXT: dict[str, Any] = {
    "refCd": "IP/26/1799",
    "eventDate": "2026-10-08",
    "publishDate": "2026-10-08T11:02:00Z",
    "docutypeResource": {"code": "IP", "description": "Press release"},
    "policiesResource": [{"code": "TRADE", "description": "Trade"}, {"code": "X"}],
    "docuLanguageResource": {
        "title": "Commission opens an inquiry into magnets",
        "subtitle": "Brussels, 8 October",
        "htmlContent": "<p>Dysprosium &amp; terbium are <b>covered</b>, too.</p><script>x</script>",
        "language": "en",
    },
}


def listed(*entries: Any) -> str:
    return json.dumps({"totalNumber": 900, "docuLanguageListResources": list(entries)})


def read(body: str, url: str = LIST) -> Read:
    corner = source(kind=SourceKind.PRESS_CORNER, url=url, zone="Europe/Brussels", is_official=True)
    found = read_body(corner, Fetched(body=body.encode(), final_url=url), NOW)
    assert isinstance(found, Read), found
    return found


def one(body: str = "", url: str = LIST) -> Item:
    (item,) = read(body or listed(RELEASE), url).items
    return item


def test_a_release_of_the_list_has_its_reference_kind_and_day() -> None:
    item = one()
    assert item.title == "Commission opens an inquiry into magnets"
    assert item.guid == "press:IP/26/1799"
    assert item.url == "https://ec.example/commission/presscorner/detail/en/ip_26_1799"
    assert item.text == "The inquiry covers magnets of neodymium."
    assert item.facts == (("type", "Press release"), ("reference", "IP/26/1799"))
    assert item.precision is Precision.DAY
    assert item.language == "en"


def test_the_feed_and_the_list_speak_of_one_release() -> None:
    feed = one(RSS, "https://ec.example/commission/presscorner/api/rss?language=en")
    assert (feed.guid, feed.url) == (one().guid, one().url)
    assert feed.published_at == datetime(2026, 10, 8, 11, 2, tzinfo=UTC)


def test_a_feed_whose_links_have_no_reference_is_read_as_any() -> None:
    (item,) = read(RSS.replace("ip_26_1799", "about")).items
    assert item.guid == "a-new-one-each-time"


def test_the_next_page_is_the_one_after() -> None:
    assert read(listed(RELEASE)).next_page.endswith("language=en&pagesize=50&pagenumber=2")
    assert read(listed()).next_page == ""
    assert read(listed(RELEASE), LIST.partition("&pagenumber")[0]).next_page == ""


def test_entries_without_title_or_reference_are_counted() -> None:
    found = read(listed(RELEASE, {}, None, "x", {"title": "No reference"}))
    assert len(found.items) == 1
    assert found.note == "4 entries skipped (without title and reference)"


@pytest.mark.parametrize(
    "body", ["{}", '{"docuLanguageListResources": {}}', listed({}), "<html>", "", "{", "[]"]
)
def test_what_is_no_list_of_releases_is_none(body: str) -> None:
    assert isinstance(parse_press_corner(body, LIST), NotAFeed)


# The text of a release


def with_release(text: str) -> Item | NotAFeed:
    corner = source(kind=SourceKind.PRESS_CORNER, url=LIST)
    return with_text(corner, one(), Fetched(body=text.encode()))


def test_the_text_is_asked_for_beside_the_list() -> None:
    corner = source(kind=SourceKind.PRESS_CORNER, url=LIST)
    request = text_request(corner, one())
    assert request is not None
    assert request.source.url == (
        "https://ec.example/commission/presscorner/api/documents?reference=IP/26/1799&language=en"
    )
    assert (request.etag, request.last_modified) == (None, None)


def test_a_release_gets_its_text_its_topics_and_the_time() -> None:
    found = with_release(json.dumps(TEXT))
    assert isinstance(found, Item)
    assert (
        found.text == "Brussels, 8 October\nDysprosium & terbium are covered, too.\nTopics: Trade"
    )
    assert found.published_at == datetime(2026, 10, 8, 11, 2, tzinfo=UTC)
    assert found.precision is Precision.INSTANT
    assert found.title == one().title
    assert found.facts == one().facts


def test_a_release_without_a_time_keeps_the_day_of_the_list() -> None:
    found = with_release(json.dumps(TEXT | {"publishDate": None}))
    assert isinstance(found, Item)
    assert found.published_at == one().published_at


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "{}", "[]", '{"docuLanguageResource": {"title": "Only"}}',
     '{"docuLanguageResource": []}', '{"a":' * 300],
)  # fmt: skip
def test_what_has_no_text_is_none(text: str) -> None:
    assert isinstance(with_release(text), NotAFeed)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*RELEASE, *TEXT]), VALUES),
    VALUES,
    st.text(max_size=40),
)
def test_no_answer_raises(entry: dict[str, Any], anything: Any, text: str) -> None:
    parse_press_corner(listed(entry, anything), LIST + text)
    parse_press_corner(json.dumps(anything), LIST)
    parse_press_corner(text, LIST)
    with_release(json.dumps({"docuLanguageResource": entry} | entry))
    with_release(json.dumps({"docuLanguageResource": TEXT["docuLanguageResource"]} | entry))
    with_release(text)
