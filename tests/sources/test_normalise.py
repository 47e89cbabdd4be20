"""RawItem to Item: plain, bounded, absolute, and the same when it is done again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.item import Item, Precision, RawItem
from bot.sources.normalise import MAX_GUID, normalise
from bot.sources.plain_text import MAX_TEXT, MAX_TITLE
from tests import samples

PAGE = "https://gazette.example/feed.xml"


def made(raw: RawItem, page_language: str | None = None, **source: Any) -> Item | None:
    return normalise(
        raw,
        samples.source(**source),
        page_url=PAGE,
        page_language=page_language,
        now=samples.NOW,
    )


def item(page_language: str | None = None, page_url: str = PAGE, **raw: Any) -> Item:
    found = normalise(
        RawItem(**raw),
        samples.source(zone="Europe/Brussels"),
        page_url=page_url,
        page_language=page_language,
        now=samples.NOW,
    )
    assert found is not None
    return found


def test_an_entry_becomes_a_fact_with_the_source_that_told_it() -> None:
    found = item(
        guid=" urn:1 ",
        link="/notice/7?utm_source=rss#top",
        title="Export &amp; import",
        text_html="<p>Rare <b>earths</b></p>",
        published="Thu, 08 Oct 2026 09:30:00 +0200",
    )
    assert found.title == "Export & import"
    assert found.text == "Rare earths"
    assert found.url == "https://gazette.example/notice/7?utm_source=rss#top"
    assert found.canonical_url == "https://gazette.example/notice/7"
    assert found.guid == "urn:1"
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2026-10-08T07:30:00+00:00"
    assert found.precision is Precision.INSTANT
    assert found.first_seen_at == samples.NOW
    assert (found.source_id, found.source_name, found.zone) == (
        "gazette",
        "Gazette",
        "Europe/Brussels",
    )
    assert found.language == "en"


def test_what_has_neither_title_nor_text_nor_link_is_nothing() -> None:
    for raw in (
        RawItem(),
        RawItem(guid="1", published="2026-10-08"),
        RawItem(title=" \u200b ", text_html="<p></p>", link="javascript:x"),
    ):
        assert made(raw) is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<p>Rare earths. More follows.</p>", "Rare earths."),
        ("公布出口管制决定。自即日起实施。", "公布出口管制决定。"),
        ("<p>One</p><p>Two</p>", "One"),
        ("x" * 1_000, "x" * (MAX_TITLE - 1) + "…"),
    ],
)
def test_without_a_title_the_first_sentence_is_the_title(text: str, title: str) -> None:
    assert item(text_html=text).title == title


def test_a_missing_date_stays_missing_and_a_future_one_is_no_mistake() -> None:
    assert item(title="x").published_at is None
    assert item(title="x").precision is Precision.NONE
    ahead = item(title="x", published="2027-01-01")
    assert ahead.precision is Precision.DAY
    assert ahead.published_at is not None
    assert ahead.published_at > samples.NOW


@pytest.mark.parametrize(
    ("raw", "guid"),
    [
        ({"title": "CELEX:32026L1472: Directive (EU) 2026/1472", "guid": "x"}, "celex:32026L1472"),
        ({"title": "CELEX:32015R0757R(03)"}, "celex:32015R0757R(03)"),
        ({"title": "x", "link": "/./legal-content/AUTO/?uri=CELEX%3A52026PC0123(01)"},
         "celex:52026PC0123(01)"),
        ({"title": "x", "guid": "uri=CELEX:52026DC0001"}, "celex:52026DC0001"),
        ({"title": "x", "guid": "uri=CELLAR:86beade5"}, "uri=CELLAR:86beade5"),
    ],
)  # fmt: skip
def test_acts_of_the_union_are_known_by_their_celex_number(raw: dict[str, str], guid: str) -> None:
    page = "https://eur-lex.europa.eu/EN/display-feed.rss?rssId=222"
    assert item(page_url=page, **raw).guid == guid


def test_a_celex_number_in_another_publishers_title_is_no_identity() -> None:
    assert item(title="CELEX:32026L1472 explained", guid="7").guid == "7"


def test_lengths_are_bounded() -> None:
    found = item(
        title="t" * 9_000, text_html="x" * 200_000, guid="g" * 9_000, link="/" + "l" * 9_000
    )
    assert len(found.title) == MAX_TITLE
    assert len(found.text) == MAX_TEXT
    assert len(found.guid or "") == MAX_GUID
    assert found.url == ""
    assert found.canonical_url is None


ANY = st.text(alphabet=st.characters(), max_size=60)


@given(
    st.builds(
        RawItem,
        guid=st.one_of(st.none(), ANY),
        link=st.one_of(st.none(), ANY, ANY.map(lambda path: f"https://a.example/{path}")),
        title=ANY,
        text_html=st.one_of(ANY, ANY.map(lambda text: f"<p>{text}</p>")),
        published=st.one_of(st.none(), ANY),
        language=st.one_of(st.none(), ANY),
        is_title_html=st.booleans(),
    ),
    st.one_of(st.none(), ANY),
)
@example(RawItem(title="\ud800", guid="\udfff", link="https://a.example/\ud800"), "\ud800")
@example(RawItem(title="a\x00b\u202ec", text_html="\u2066\x1b[31m"), None)
def test_any_entry_becomes_a_clean_fact_that_stays_the_same_when_done_again(
    raw: RawItem, page_language: str | None
) -> None:
    """Lone surrogates, control and bidi characters end here: databases and terminals fail on
    them."""
    found = made(raw, page_language)
    if found is None:
        return
    for text in (found.title, found.text, found.url, found.guid or "", found.canonical_url or ""):
        text.encode()
        assert text.replace("\n", "").isprintable() or not text.isascii()
        assert not set(text) & set("\x00\x1b\x7f\u200b\u202e\u2066\ufeff")
    again = made(
        RawItem(
            guid=found.guid,
            link=found.url,
            title=found.title,
            text_html="" if "&" in found.text or "<" in found.text else found.text,
            published=found.published_at.isoformat() if found.published_at else None,
        ),
        page_language,
    )
    assert again is not None
    assert (again.guid, again.url, again.title, again.canonical_url) == (
        found.guid,
        found.url,
        found.title,
        found.canonical_url,
    )
    assert again.published_at == found.published_at
    if "&" not in found.text and "<" not in found.text:
        assert again.text == found.text
