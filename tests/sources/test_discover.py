"""A page's feeds: wherever it names them, in whatever spelling, its own before comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.discover import MAX_CANDIDATES, Named, feeds_of, looks_like_feed

URL = "https://ministry.example/news/index.html"
RSS = '<link rel="alternate" type="application/rss+xml" href="/feed.xml" title="News">'


def urls(markup: str, url: str = URL, header: str = "") -> list[str]:
    return [each.url for each in feeds_of(markup, url, header)]


@pytest.mark.parametrize(
    "link",
    [
        RSS,
        '<LINK HREF="/feed.xml" TYPE="Application/RSS+XML" REL="Alternate">',
        "<link type=application/atom+xml rel=alternate href=/feed.xml>",
        '<link rel="alternate" type="application/feed+json" href="/feed.xml"/>',
        '<link rel="alternate" type="application/rss+xml; charset=utf-8" href=" /feed.xml ">',
        '<link rel="home alternate" type="text/xml" href="../feed.xml">',
        '<link rel="feed" href="https://ministry.example/feed.xml">',
        '<link rel="alternate" type="application/json" href="/feed.xml">',
    ],
)
def test_a_link_to_a_feed_is_found_in_any_case_and_order(link: str) -> None:
    assert urls(f"<html><head><title>x</title>{link}</head></html>") == [
        "https://ministry.example/feed.xml"
    ]


def test_a_link_outside_the_head_counts_too() -> None:
    assert urls(f"<html><body><p>{RSS}</p></body></html>") == ["https://ministry.example/feed.xml"]


@pytest.mark.parametrize(
    ("base", "found"),
    [
        ('<base href="https://static.example/a/">', "https://static.example/a/feed"),
        ('<base href="/deep/">', "https://ministry.example/deep/feed"),
        ('<base target="_blank">', "https://ministry.example/news/feed"),
        ('<base href="javascript:x">', "https://ministry.example/news/feed"),
    ],
)
def test_relative_addresses_hang_on_the_base_of_the_page(base: str, found: str) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="feed">'
    assert urls(f"<head>{base}{link}</head>") == [found]


def test_the_sites_own_feed_comes_before_those_of_comments() -> None:
    comments = (
        '<link rel="alternate" type="application/rss+xml" title="Ministry » Comments Feed" '
        'href="/one"><link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
    )
    assert urls(comments + RSS)[0] == "https://ministry.example/feed.xml"
    assert len(urls(comments + RSS)) == 3


def test_a_feed_of_the_part_that_was_asked_for_comes_before_that_of_the_whole_site() -> None:
    part = '<link rel="alternate" type="application/rss+xml" href="/trade/feed/">'
    assert urls(RSS + part, "https://ministry.example/trade/")[0].endswith("/trade/feed/")
    assert urls(RSS + part, "https://ministry.example/")[0].endswith("/feed.xml")


def test_what_is_surely_a_feed_comes_before_data_of_other_kinds() -> None:
    data = '<link rel="alternate" type="application/json" href="/data.json">'
    assert urls(data + RSS) == [
        "https://ministry.example/feed.xml",
        "https://ministry.example/data.json",
    ]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" hreflang="de" href="/de/">',
        '<link rel="alternate" type="text/html" href="/print">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">',
        '<link rel="alternate" type="text/xml+oembed" href="/oembed">',
        '<link rel="stylesheet" type="text/xml" href="/s.xsl">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">',
        '<a href="/news/feed-mills.html">Feed mills</a>',
        '<a href="/atomic-energy">Atomic energy</a>',
        '<a href="/guide/feeds.pdf">Feeds</a>',
        '<a href="#rss">RSS</a>',
    ],
)
def test_what_is_no_feed_is_not_named_one(link: str) -> None:
    assert urls(link) == []


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="/x.rss">News</a>',
        '<a href="/rss">News</a>',
        '<a href="/news/feed/">News</a>',
        '<a href="/index.php?format=atom">News</a>',
        '<a href="/n/17">RSS</a>',
        '<a href="/n/17">News (RSS)</a>',
        '<a href="/n/17"><img src="i.png" alt="RSS"></a>',
        '<a href="/n/17" title="Atom feed"><i></i></a>',
    ],
)
def test_links_for_readers_that_look_like_feeds_are_the_next_best(anchor: str) -> None:
    (found,) = feeds_of(anchor, URL)
    assert found.named is Named.ANCHOR
    assert urls(anchor + RSS)[0] == "https://ministry.example/feed.xml"


def test_a_link_header_names_feeds_too() -> None:
    header = (
        '</a.css>; rel=preload, <../h.atom>; type="application/atom+xml"; rel="alternate"; '
        'title="All, of it", <x'
    )
    (found,) = feeds_of("", URL, header)
    assert (found.url, found.title) == ("https://ministry.example/h.atom", "All, of it")


def test_each_address_is_named_once_and_the_page_itself_never() -> None:
    own = '<a href="https://ministry.example/rss">RSS</a>'
    assert urls(own, "https://ministry.example/rss#top") == []
    assert urls(RSS + '<a href="/feed.xml?utm_source=page">RSS</a>') == [
        "https://ministry.example/feed.xml"
    ]
    many = "".join(f'<a href="/rss/{n}">RSS</a>' for n in range(200))
    assert len(urls(many)) == MAX_CANDIDATES


@pytest.mark.parametrize(
    ("url", "looks"),
    [
        ("https://a.example/feed", True),
        ("https://a.example/rss.xml", True),
        ("https://a.example/news.atom", True),
        ("https://a.example/feed.json", True),
        ("https://a.example/?feed=rss2", True),
        ("https://a.example/", False),
        ("https://feeds.example/", False),
        ("https://a.example/feedback", False),
        ("https://a.example/feed.html", False),
        ("http://[", False),
    ],
)
def test_an_address_reads_like_that_of_a_feed_or_not(url: str, *, looks: bool) -> None:
    assert looks_like_feed(url) is looks


_PIECES = st.sampled_from(
    [RSS, "<base href=//x>", "<a href=http://[>RSS</a>", '<link rel=alternate href="', "</head>",
     "<a href=/rss>", "\x00", "稀土", "<link type=application/rss+xml rel=alternate href=http://:9/>"]
)  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=20)), st.text(max_size=60))
def test_nothing_on_a_page_or_in_a_header_raises(pieces: list[str], header: str) -> None:
    for each in feeds_of("".join(pieces), URL, header):
        assert each.url.startswith(("http://", "https://"))
