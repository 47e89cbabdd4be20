"""Lists of feeds: read in every form that readers write, refused where they attack."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import SourceId
from bot.domain.source import Source
from bot.sources.opml import (
    MAX_FEEDS,
    MAX_FILE_BYTES,
    NoList,
    Subscription,
    parse_opml,
    write_opml,
)
from bot.sources.plain_text import one_line

NOW = datetime(2026, 10, 8, 9, 0, tzinfo=UTC)
FEED = '<outline text="Gazette" xmlUrl="https://gazette.example/feed"/>'


def opml(inside: str, *, version: str = "2.0", head: str = "") -> str:
    return f'{head}<opml version="{version}"><head/><body>{inside}</body></opml>'


def read(text: str | bytes) -> list[tuple[str, str]]:
    found = parse_opml(text if isinstance(text, bytes) else text.encode())
    assert not isinstance(found, NoList), found
    return [(each.name, each.url) for each in found]


def refused(text: str | bytes) -> str:
    found = parse_opml(text if isinstance(text, bytes) else text.encode())
    assert isinstance(found, NoList), found
    return found.reason


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", ""])
def test_every_version_is_read(version: str) -> None:
    assert read(opml(FEED, version=version)) == [("Gazette", "https://gazette.example/feed")]


def test_outlines_are_read_however_deep_in_their_order() -> None:
    folders = '<outline text="a"><outline text="b">' + FEED + "</outline></outline>"
    both = opml(folders + FEED.replace("Gazette", "Second"))
    assert [name for name, _ in read(both)] == ["Gazette", "Second"]
    assert len(read(opml('<outline text="x">' * 200 + FEED + "</outline>" * 200))) == 1


@pytest.mark.parametrize(
    ("outline", "name"),
    [
        ('<outline title="Title" text="Text" xmlUrl="https://a.example/f"/>', "Title"),
        ('<outline text="Text" xmlUrl="https://a.example/f"/>', "Text"),
        ('<outline xmlUrl="https://a.example/f"/>', ""),
        ('<outline TEXT="Text" XMLURL="https://a.example/f"></outline>', "Text"),
        ('<OUTLINE text="Text" xmlurl=" https://a.example/f "/>', "Text"),
        ('<outline text="a&#10;b  c" xmlUrl="https://a.example/f"/>', "a b c"),
    ],
)
def test_a_feed_is_named_by_its_title_or_its_text(outline: str, name: str) -> None:
    assert read(opml(outline)) == [(name, "https://a.example/f")]


def test_what_lists_no_feed_in_it_is_passed_over() -> None:
    others = '<outline text="Folder"/><outline type="link" url="https://a.example/" text="x"/>'
    assert len(read(opml(others + FEED))) == 1
    assert "lists no feed" in refused(opml(others))


def test_queries_that_are_written_as_they_stand_are_read() -> None:
    outline = '<outline text="R&D &nbsp; &amp; more" xmlUrl="https://a.example/f?a=1&b=2&amp;c=3"/>'
    assert read(opml(outline)) == [("R&D &nbsp; & more", "https://a.example/f?a=1&b=2&c=3")]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "Café 稀土"), ("utf-16", "Café 稀土"), ("iso-8859-1", "Café Müller"),
     ("gb18030", "商务部公告"), ("shift_jis", "経済産業省の発表"),
     ("koi8-r", "Минпромторг России")],
)  # fmt: skip
def test_every_encoding_comes_out_right(encoding: str, name: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    text = opml(FEED.replace("Gazette", name), head=head)
    assert read(text.encode(encoding)) == [(name, "https://gazette.example/feed")]
    assert read(b"\xef\xbb\xbf" + opml(FEED).encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty body"),
        ("<html><title>Feeds</title></html>", "an HTML page titled 'Feeds'"),
        ("<rss/>", "<rss>, where OPML should be"),
        ("https://a.example/feed", "plain text"),
        ('<!DOCTYPE o [<!ENTITY a "aaaa">]>' + opml(FEED), "declares entities"),
        ('<!DOCTYPE o [<!ENTITY % x SYSTEM "file:///etc/passwd">%x;]>' + opml(FEED), "entities"),
        (opml("<outline " + " ".join(f'a{n}=""' for n in range(3_000)) + "/>"), "attributes"),
        (opml("<outline>" * 300), "nested more than"),
        (opml(FEED)[:-20], "no well-formed XML"),
        (opml(FEED * (MAX_FEEDS + 1)), f"more than {MAX_FEEDS:,} feeds"),
        ("<opml>" + " " * MAX_FILE_BYTES, "longer than"),
        ("\x00" * 100, ""),
    ],
)
def test_what_is_hostile_or_no_list_is_refused_with_the_reason(text: str, said: str) -> None:
    assert said in refused(text)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_nothing_in_a_file_raises(body: bytes) -> None:
    parse_opml(body)
    parse_opml(opml(FEED + body.decode("latin-1")).encode())


_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(st.lists(st.tuples(_NAMES, _NAMES, st.sampled_from(["", "EU", "US"])), max_size=8))
def test_what_is_written_is_valid_and_read_as_it_was(
    feeds: list[tuple[str, str, str]],
) -> None:
    sources = [
        Source(
            source_id=SourceId(f"s{at}"),
            name=one_line(name) or "x",
            url=f"https://a.example/{at}?q=a&b={one_line(path)}",
            jurisdiction=jurisdiction,
        )
        for at, (name, path, jurisdiction) in enumerate(feeds)
    ]
    text = write_opml(sources, NOW)
    root = ElementTree.fromstring(text.encode())
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [child.tag for child in root] == ["head", "body"]
    assert all(outline.get("text") is not None for outline in root.iter("outline"))
    found = parse_opml(text.encode())
    expected = {Subscription(url=s.url.strip(), name=one_line(s.name)) for s in sources}
    assert (set() if isinstance(found, NoList) else set(found)) == expected


def test_the_written_list_groups_by_jurisdiction() -> None:
    feeds = [
        Source(source_id=SourceId(each), name=each, url=f"https://{each}.example/", jurisdiction=of)
        for each, of in (("a", "US"), ("b", ""), ("c", "EU"), ("d", "US"))
    ]
    root = ElementTree.fromstring(write_opml(feeds, NOW).encode())
    folders = {
        folder.get("text"): [feed.get("text") for feed in folder]
        for folder in root.findall("./body/outline")
    }
    assert folders == {"EU": ["c"], "US": ["a", "d"], "others": ["b"]}
    assert root.findtext("./head/dateCreated") == "Thu, 08 Oct 2026 09:00:00 +0000"
