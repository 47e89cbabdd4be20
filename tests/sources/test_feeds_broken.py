"""Feeds that are not well-formed are mended, and what is no feed at all is described."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.sources.feeds import MAX_LENIENT, parse_feed
from bot.sources.page import MAX_ENTRIES, ParsedPage
from bot.sources.plain_text import title_text
from tests.sources.feed_texts import CAREFULLY, URL, is_quick, page, rss


def refused(body: str | bytes) -> str:
    found = parse_feed(body.encode() if isinstance(body, str) else body, "", URL)
    assert isinstance(found, NotAFeed), found
    return found.detail


@pytest.mark.parametrize(
    "text",
    [
        rss("<title>Rare & earths</title>"),
        rss("<title>Rare &nbsp; earths</title>").replace("&nbsp;", "&amp;"),
        rss("<title>Rare &amp; earths</title>").removesuffix("</channel></rss>"),
        rss("<title>Rare &amp; earths</title><x:y>z</x:y>"),
        rss("<title>Rare &amp; earths</title></oops>"),
        "Warning: unserialize() in /srv/x.php\n" + rss("<title>Rare &amp; earths</title>"),
        "<br />\n<b>Warning</b>: x on line <b>3</b>\n" + rss("<title>Rare &amp; earths</title>"),
        '<?xml version="1.0" encoding="utf-16"?>' + rss("<title>Rare &amp; earths</title>"),
        "\n\n  <?xml version='1.0'?>\n" + rss("<title>Rare &amp; earths</title>"),
        "<!-- made by hand --><?xml version='1.0'?>" + rss("<title>Rare &amp; earths</title>"),
    ],
)
def test_a_broken_feed_is_mended(text: str) -> None:
    (found,) = page(text).items
    assert title_text(found.title) == "Rare & earths"


def test_a_document_cut_short_keeps_the_entries_that_came() -> None:
    whole = rss(*(f"<title>No. {n}</title><guid>{n}</guid>" for n in range(5)))
    found = page(whole[: whole.index("No. 3")])
    assert [raw.guid for raw in found.items][:3] == ["0", "1", "2"]


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#xdfff;", "&#55357;", "&#x110000;", f"&#{'9' * 30};", "&#0;"]
)
@pytest.mark.parametrize("place", ["title", "link", "guid", "description", "pubDate"])
def test_a_reference_to_no_character_does_not_hide_the_other_entries(
    reference: str, place: str
) -> None:
    found = page(rss("<title>One</title>", f"<title>Two</title><{place}>a{reference}b</{place}>"))
    assert len(found.items) == 2
    assert found.items[0].title == "One"


def test_a_long_feed_that_is_broken_is_refused_with_its_length() -> None:
    """feedparser reads 2 MB a second: longer ones would hold up the readers."""
    text = rss("<title>x</title>", head="<!--" + "x" * MAX_LENIENT + "-->")
    assert len(page(text).items) == 1
    length = len(text) + len("<oops>")
    assert refused(text + "<oops>") == (
        f"a feed of {length:,} characters that is not well-formed XML"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty body"),
        (b" \n", "an empty body"),
        (b"Service unavailable", "plain text that begins 'Service unavailable'"),
        (b"<html><title>Just a moment...</title>", "looks like a wall against bots"),
        (b"<!DOCTYPE html><rss></rss>", "an HTML page"),
        (b"<opml><body/></opml>", "XML whose root element is <opml>"),
        (b"<urlset/>", "XML whose root element is <urlset>"),
        (b"<channel><x/></channel>", "<channel>"),
        (b'{"status": 500}', "a JSON object of another kind"),
        (b"[1, 2]", "a JSON list of 2"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "refused before parsing: its DOCTYPE declares"),
        (b"/etc/passwd", "plain text that begins '/etc/passwd'"),
        (b"https://g.example/feed.xml", "plain text that begins 'https://g.example/feed.xml'"),
    ],
)
def test_what_is_no_feed_is_described(body: bytes, said: str) -> None:
    """feedparser would call most of these a feed without entries, and open the last two."""
    assert said in refused(body)


@pytest.mark.parametrize("encoding", ["gb2312", "utf-16", "no-such"])
def test_what_the_declaration_says_of_the_encoding_is_over_once_it_is_text(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?>{rss('<title>稀土 é</title>')}"
    assert [raw.title for raw in page(text).items] == ["稀土 é"]
    assert is_quick(text.partition("?>")[2])


def test_the_encoding_is_mended_and_that_is_noted() -> None:
    text = rss("<title>关于镓出口管制的公告</title>")
    stated = "<?xml version='1.0' encoding='utf-8'?>" + text
    found = parse_feed(stated.encode("gb18030"), "text/xml", URL)
    assert isinstance(found, ParsedPage)
    assert found.items[0].title == "关于镓出口管制的公告"
    assert found.note
    right = parse_feed(text.encode(), "text/xml; charset=utf-8", URL)
    assert isinstance(right, ParsedPage)
    assert (right.items, right.note) == (found.items, "")


@pytest.mark.parametrize("before", ["", CAREFULLY])
def test_no_more_entries_are_taken_than_the_bound_and_that_is_told(before: str) -> None:
    found = page(before + rss(*(f"<guid>{n}</guid>" for n in range(MAX_ENTRIES + 1))))
    assert len(found.items) == MAX_ENTRIES
    assert (found.items[0].guid, found.items[-1].guid) == ("0", str(MAX_ENTRIES - 1))
    assert found.note == "lists 5,001 entries, of which the first 5,000 were read"


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel>" + " " * 300_000 + "</channel></rss>",
        "<rss><channel>" + "\n<?xm" * 100_000 + "</channel></rss>",
        " " * 300_000 + "<rss/>",
    ],
)
def test_white_space_costs_no_time(text: str) -> None:
    """It was once searched for a declaration from each of its characters: 30 s for 200 KB."""
    started = time.process_time()
    parse_feed(text.encode(), "", URL)
    assert time.process_time() - started < 5


PIECES: Any = st.sampled_from(
    ["<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "</link>",
     "<guid>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "<id>", "<",
     "xml:base='http://[x'",
     "<pubDate>", "<![CDATA[", "]]>", "<!--", "-->", "&#0;", "&#x110000;", "&nbsp;", "<?xml ", "?>",
     "<!DOCTYPE rss>", "http://[", "稀土", "{", "<rdf:RDF>", "<media:description>", "\x00"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=24).map("".join), st.booleans())
def test_any_body_at_all_is_a_page_or_an_answer_in_words(text: str, is_rss: bool) -> None:
    body = (f"<rss><channel>{text}" if is_rss else text).encode("utf-8", "surrogatepass")
    found = parse_feed(body, "", URL)
    if isinstance(found, NotAFeed):
        assert found.detail
    else:
        assert all(isinstance(raw, RawItem) for raw in found.items)
