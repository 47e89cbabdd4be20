"""Sitemaps by sitemaps.org, and with Google's news extension; all are of our own writing."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, FetchFailed, NotAFeed, Read, ReadOutcome
from bot.domain.item import Precision
from bot.domain.source import SourceKind
from bot.sources import xml_records
from bot.sources.page import ParsedPage
from bot.sources.read import MAX_SITEMAP_BYTES, read_body
from bot.sources.sitemap import MAX_PAGES, MAX_PARTS, parse_sitemap, title_of
from tests.samples import NOW, source

MAIN = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"


def urlset(*entries: str, spaces: str = f'xmlns="{MAIN}" xmlns:news="{NEWS}"') -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}<urlset {spaces}>{''.join(entries)}</urlset>"


def news(path: str = "/a", title: str = "Duties on gallium", more: str = "") -> str:
    return (
        f"<url><loc>https://site.example{path}</loc><news:news><news:publication>"
        "<news:name>The Site</news:name><news:language>en</news:language></news:publication>"
        "<news:publication_date>2026-10-08T07:30:00+02:00</news:publication_date>"
        f"<news:title>{title}</news:title></news:news>{more}</url>"
    )


def page(path: str, lastmod: str = "") -> str:
    mark = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<url><loc>https://site.example{path}</loc>{mark}</url>"


def index(*parts: tuple[str, str]) -> str:
    listed = "".join(
        f"<sitemap><loc>{loc}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>"
        for loc, at in parts
    )
    return f'<sitemapindex xmlns="{MAIN}">{listed}</sitemapindex>'


def parsed(text: str) -> ParsedPage:
    found = parse_sitemap(text)
    assert isinstance(found, ParsedPage), found
    return found


def body_read(body: bytes, url: str = "https://site.example/sitemap.xml") -> ReadOutcome:
    site = source(kind=SourceKind.SITEMAP, url=url)
    return read_body(site, Fetched(body=body, final_url=url, etag='"1"'), NOW)


def test_a_news_entry_has_title_date_and_language() -> None:
    (item,) = parsed(urlset(news())).items
    assert (item.title, item.link, item.language) == (
        "Duties on gallium",
        "https://site.example/a",
        "en",
    )
    outcome = body_read(urlset(news()).encode())
    assert isinstance(outcome, Read)
    assert outcome.items[0].published_at == datetime(2026, 10, 8, 5, 30, tzinfo=UTC)
    assert outcome.items[0].precision is Precision.INSTANT


def test_keywords_stand_in_the_text() -> None:
    with_words = news().replace(
        "</news:news>", "<news:keywords>tin, zinc</news:keywords></news:news>"
    )
    assert parsed(urlset(with_words)).items[0].text_html == "Keywords: tin, zinc"


def test_the_title_of_a_picture_is_none_of_the_news() -> None:
    picture = "<image:image><image:loc>https://site.example/p.png</image:loc><image:title>Crane</image:title></image:image>"
    spaces = f'xmlns="{MAIN}" xmlns:news="{NEWS}" xmlns:image="{IMAGE}"'
    (item,) = parsed(urlset(news(more=picture), spaces=spaces)).items
    assert (item.title, item.link) == ("Duties on gallium", "https://site.example/a")


@pytest.mark.parametrize(
    "spaces",
    [
        f'xmlns="{MAIN.replace("http", "https", 1)}" xmlns:news="{NEWS}"',
        f'xmlns="http://www.google.com/schemas/sitemap/0.84" xmlns:news="{NEWS}"',
        f'xmlns:news="{NEWS}"',
    ],
)
def test_namespaces_may_be_written_carelessly(spaces: str) -> None:
    assert len(parsed(urlset(news(), spaces=spaces)).items) == 1


def test_where_there_is_news_pages_are_not_read() -> None:
    assert [item.title for item in parsed(urlset(page("/about"), news())).items] == [
        "Duties on gallium"
    ]


def test_pages_are_titled_by_their_addresses_and_the_last_changed_come_first() -> None:
    found = parsed(
        urlset(
            page("/2026/10/duties-on-tin.html", "2026-10-07"),
            page("/none"),
            page("/2026/10/duties-on-gallium/", "2026-10-08T09:00:00Z"),
        )
    )
    assert [item.title for item in found.items] == ["Duties on gallium", "Duties on tin", "None"]
    assert [item.published for item in found.items] == ["2026-10-08T09:00:00Z", "2026-10-07", None]


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://a.example/news/Export_ban-on%20tin.aspx", "Export ban on tin"),
        ("https://a.example/%E5%85%B3%E7%A8%8E", "关税"),
        ("https://a.example/duties-on-zinc/12345", "Duties on zinc"),
        ("https://a.example/", ""),
        ("https://[", ""),
    ],
)
def test_what_an_address_says(url: str, title: str) -> None:
    assert title_of(url) == title


def test_of_many_pages_the_last_changed_are_read_and_that_is_told() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    days = [(start + timedelta(days=n)).date().isoformat() for n in range(MAX_PAGES + 5)]
    found = parsed(urlset(*(page(f"/page-{day}", day) for day in days)))
    assert [item.published for item in found.items] == days[:4:-1]
    assert found.note == "lists 1,005 pages, of which the 1,000 that changed last were read"


def test_an_index_names_the_sitemaps_that_changed_last() -> None:
    parts = [(f"https://site.example/{n}.xml", f"2026-10-0{n}") for n in range(1, 8)]
    found = parsed(index(*parts))
    assert found.items == ()
    assert found.parts == tuple(loc for loc, _at in parts[:1:-1])
    assert len(found.parts) == MAX_PARTS
    assert found.note == "an index of 7 sitemaps, of which the 5 that changed last were read"


def test_an_index_sends_us_to_no_other_host() -> None:
    outcome = body_read(
        index(
            ("https://site.example/1.xml", ""),
            ("https://elsewhere.example/2.xml", ""),
            ("/3.xml", ""),
            ("javascript:4", ""),
        ).encode()
    )
    assert isinstance(outcome, Read)
    assert outcome.parts == ("https://site.example/1.xml", "https://site.example/3.xml")


def test_a_sitemap_in_a_gzip_file_is_read() -> None:
    outcome = body_read(gzip.compress(urlset(news()).encode()))
    assert isinstance(outcome, Read) and len(outcome.items) == 1


def test_a_gzip_file_that_is_damaged_or_grows_too_long_is_refused() -> None:
    bomb = gzip.compress(b" " * (MAX_SITEMAP_BYTES + 1))
    assert len(bomb) < 30_000
    for body, kind in ((bomb, "size"), (gzip.compress(urlset().encode())[:-9], "encoding")):
        outcome = body_read(body)
        assert isinstance(outcome, FetchFailed)
        assert outcome.kind == kind
    twice = body_read(gzip.compress(gzip.compress(urlset(news()).encode())))
    assert isinstance(twice, NotAFeed)


def test_one_that_breaks_off_is_read_as_far_as_it_goes_and_asked_for_again() -> None:
    whole = urlset(news("/1"), news("/2"))
    outcome = body_read(whole[: whole.rindex("<news:title>")].encode())
    assert isinstance(outcome, Read)
    assert [item.url for item in outcome.items] == ["https://site.example/1"]
    assert outcome.etag is None
    assert "read only in part: it is no well-formed XML" in outcome.note


@pytest.mark.parametrize("text", ["", "<html></html>", "{}", "<rss/>", "<urlset", "<urlset><url>"])
def test_what_is_no_sitemap_is_none(text: str) -> None:
    assert isinstance(parse_sitemap(text), NotAFeed)


def test_an_empty_sitemap_is_an_empty_page() -> None:
    assert parsed(urlset()).items == ()


def test_fifty_thousand_pages_are_read_though_a_feed_of_so_many_tags_is_refused() -> None:
    """As many as a sitemap may hold (sitemaps.org)."""
    count = 50_000
    body = urlset(*(page(f"/page-{n}") for n in range(count))).encode()
    outcome = body_read(body)
    assert isinstance(outcome, Read)
    assert len(outcome.items) == 5_000
    assert "lists 50,000 pages" in outcome.note
    feed = read_body(source(), Fetched(body=body), NOW)
    assert isinstance(feed, FetchFailed) and feed.kind == "hostile"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (urlset(*(page("/") for _ in range(xml_records.MAX_RECORDS + 1))), "entries"),
        ("<urlset>" + "<a>" * 60, "nested more than"),
        ("<urlset>" + "".join(f"<n{n}/>" for n in range(20_000)), "different names"),
        ("<urlset><url a='" + "x" * 1_200_000, "longer than"),
        ("<urlset><url " + " ".join(f"a{n}='1'" for n in range(3_000)) + "/>", "attributes"),
        ('<!DOCTYPE urlset [<!ENTITY a "b">]><urlset/>', "entities"),
    ],
)
def test_what_has_no_bounds_is_refused(text: str, reason: str) -> None:
    found = xml_records.xml_records(text, {"url"}, lambda _space, name: name)
    assert reason in found.broken
    assert len(found.records) <= xml_records.MAX_RECORDS


XMLISH = st.lists(
    st.sampled_from(
        ["<urlset>", "</urlset>", "<url>", "</url>", "<loc>", "</loc>", "https://a.example/x", "<",
         ">", "&amp;", "&x;", "<!--", "-->", "<![CDATA[", "]]>", "<sitemapindex>", "<sitemap>",
         "<lastmod>", "2026-10-08", "\x00", "\ud800", "é",
         "<?xml version='1.0' encoding='utf-16'?>"]
    )
).map("".join)  # fmt: skip


@given(st.one_of(XMLISH, XMLISH.map(lambda text: f"<urlset>{text}"), st.text(max_size=100)))
def test_no_text_raises(text: str) -> None:
    parse_sitemap(text)


@given(st.one_of(st.binary(max_size=200), XMLISH.map(lambda t: t.encode("utf-8", "replace"))))
def test_no_body_raises(body: bytes) -> None:
    body_read(body)
    body_read(gzip.compress(body))
    body_read(b"\x1f\x8b" + body)
