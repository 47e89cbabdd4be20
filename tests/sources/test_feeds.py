"""Feeds of every family: what they say, and what the quick way alone would lose of it."""

from __future__ import annotations

import pytest

from bot.domain.item import RawItem
from bot.sources.feeds import parse_feed
from bot.sources.page import ParsedPage
from bot.sources.plain_text import title_text
from tests.sources.feed_texts import (
    CAREFULLY,
    NAMES,
    URL,
    atom,
    both,
    is_quick,
    one,
    page,
    rdf,
    rss,
)


def test_an_rss_item_is_read_with_all_that_it_says() -> None:
    text = rss(
        "<title>Duties &amp; wafers</title><link>https://gazette.example/1</link>"
        "<guid isPermaLink='false'>n-1</guid><pubDate>Thu, 08 Oct 2026 09:00:00 +0800</pubDate>"
        "<description>&lt;p&gt;They rise.&lt;/p&gt;</description>",
        head="<language>en-GB</language>",
    )
    assert is_quick(text)
    found = both(text)
    assert found.language == "en-GB"
    assert found.items == (
        RawItem(
            guid="n-1",
            link="https://gazette.example/1",
            title="Duties & wafers",
            text_html="<p>They rise.</p>",
            published="Thu, 08 Oct 2026 09:00:00 +0800",
        ),
    )


def test_an_atom_entry_is_read_with_all_that_it_says() -> None:
    text = atom(
        "<title type='html'>Duties &amp;lt;b&amp;gt; rise</title><id>tag:g.example,2026:1</id>"
        "<link rel='self' href='/1.atom'/><link href='/1'/><updated>2026-10-09T00:00:00Z</updated>"
        "<published>2026-10-08T09:00:00+01:00</published><summary>Short.</summary>"
        "<content type='html'>&lt;p&gt;The whole text.&lt;/p&gt;</content>",
        attributes="xml:lang='en-GB'",
    )
    assert is_quick(text)
    assert one(text) == RawItem(
        guid="tag:g.example,2026:1",
        link="https://gazette.example/1",
        title="Duties &lt;b&gt; rise",
        text_html="<p>The whole text.</p>",
        published="2026-10-08T09:00:00+01:00",
        language="en-GB",
        is_title_html=True,
    )
    assert page(text).language == "en-GB"


def test_an_rdf_item_is_known_by_its_address_and_dated_by_dublin_core() -> None:
    text = rdf(
        '<item rdf:about="https://g.example/1"><title>輸出管理</title>'
        "<link>https://g.example/1</link><dc:date>2026-10-08</dc:date>"
        "<description>改正</description></item>"
    )
    assert is_quick(text)
    assert one(text) == RawItem(
        guid="https://g.example/1",
        link="https://g.example/1",
        title="輸出管理",
        text_html="改正",
        published="2026-10-08",
    )
    assert page(text).language == "ja"


def test_a_json_feed_is_read_from_the_same_door() -> None:
    body = b'\xef\xbb\xbf {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}]}'
    found = parse_feed(body, "application/feed+json", URL)
    assert isinstance(found, ParsedPage)
    assert [raw.guid for raw in found.items] == ["1"]


@pytest.mark.parametrize("text", [rss(), atom(), rdf(), "<rss><channel/></rss>"])
def test_an_empty_feed_is_an_empty_page_and_no_fault(text: str) -> None:
    found = page(text)
    assert (found.items, found.note) == ((), "")


def test_entries_come_in_the_order_of_the_document() -> None:
    titles = ["b", "c", "a"]
    for text in (
        rss(*(f"<title>{each}</title>" for each in titles)),
        atom(*(f"<title>{each}</title>" for each in titles)),
    ):
        assert [raw.title for raw in both(text).items] == titles


# --- what the quick way alone would lose ---------------------------------------------------------


@pytest.mark.parametrize("aside", ["<!-- c -->", "<?php echo ?>"])
def test_a_comment_cuts_no_text_short(aside: str) -> None:
    found = one(
        rss(
            f"<title>Rare{aside} earths</title><description>All{aside} of it</description>"
            f"<guid isPermaLink='false'>n{aside}-1</guid><link>https://g.example/{aside}1</link>"
            f"<pubDate>Thu, 08 Oct{aside} 2026</pubDate>"
        )
    )
    assert (found.title, found.text_html, found.guid) == ("Rare earths", "All of it", "n-1")
    assert (found.link, found.published) == ("https://g.example/1", "Thu, 08 Oct 2026")
    entry = one(atom(f"<title>Rare{aside} earths</title><summary>All{aside} of it</summary>"))
    assert (entry.title, entry.text_html) == ("Rare earths", "All of it")
    assert is_quick(rss(f"{aside}<title>x</title>{aside}")), "between elements it does no harm"


def test_cdata_and_text_make_one_text() -> None:
    found = one(rss("<title>Rare <![CDATA[earths & ]]>wafers</title>"))
    assert found.title == "Rare earths & wafers"


def test_an_articles_own_markup_is_kept_even_where_it_looks_like_a_declaration() -> None:
    shown = '<![CDATA[A file has <?xml version="1.0"?> on top.]]>'
    found = one(rss(f"<title>x</title><description>{shown}</description>"))
    assert '<?xml version="1.0"?>' in found.text_html


def test_an_rss_title_is_text_in_which_only_known_tags_are_tags() -> None:
    found = one(rss("<title>&lt;b&gt;Wafers&lt;/b&gt; by the &lt;kg&gt;</title>"))
    assert title_text(found.title, is_html_title=found.is_title_html) == "Wafers by the <kg>"
    for before in ("", CAREFULLY):
        (found,) = page(before + rss("<title>&lt;b&gt;Wafers&lt;/b&gt;</title>")).items
        assert not found.is_title_html, "only Atom says so"


def test_items_in_strange_places_are_all_read() -> None:
    """fastfeedparser sees the first of them only."""
    for between in ("<items>{}</items></channel>", "</channel><channel>{}</channel>"):
        inside = between.format("<item><title>b</title></item>")
        found = page(f"<rss><channel><item><title>a</title></item>{inside}</rss>")
        assert [raw.title for raw in found.items] == ["a", "b"]


def test_markup_within_a_title_is_no_loss() -> None:
    found = one(atom(
        "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>Rare <b>earths</b></div>"
        "</title>"
    ))  # fmt: skip
    assert title_text(found.title, is_html_title=found.is_title_html) == "Rare earths"


@pytest.mark.parametrize(
    "inside",
    [
        "<link>https://g.example/1</link><atom:link href='https://g.example/1.xml' rel='self'/>",
        "<atom:link href='https://g.example/1.xml' rel='self'/><link>https://g.example/1</link>",
        "<link> https://g.example/1\n</link>",
        "<link>/1</link>",
        "<link>/1</link><guid isPermaLink='false'>/1</guid>",
        "<link>https://g.example/1</link><guid isPermaLink='false'>https://g.example/1</guid>",
        "<guid>https://g.example/1</guid>",
        "<guid isPermaLink='true'>https://g.example/1</guid>",
    ],
)
def test_an_rss_items_link_is_its_page(inside: str) -> None:
    text = rss(f"<title>x</title>{inside}")
    for each in (text, CAREFULLY + text, text + "<oops>"):
        assert page(each, "https://g.example/feed").items[0].link == "https://g.example/1"


@pytest.mark.parametrize(
    ("guid", "kept"),
    [
        ("<guid isPermaLink='false'>https://g.example/1</guid>", "https://g.example/1"),
        ("<guid isPermaLink='FALSE'>https://g.example/1</guid>", "https://g.example/1"),
        ("<guid isPermaLink='0'>https://g.example/1</guid>", "https://g.example/1"),
        ("<guid>12345</guid>", "12345"),
        ("<guid isPermaLink='true'>n/1?a=b&amp;c</guid>", "n/1?a=b&c"),
        ("<guid>/node/5</guid>", "/node/5"),
        ("<guid>?id=5</guid>", "?id=5"),
        ("<guid>tag:g.example,2026:1</guid>", "tag:g.example,2026:1"),
        ("", None),
        ("<guid/>", None),
    ],
)
def test_a_guid_that_is_no_page_becomes_no_link_and_stays_as_written(
    guid: str, kept: str | None
) -> None:
    """Also on the day on which the feed is not well-formed: identity hangs on it."""
    text = rss(f"<title>x</title>{guid}")
    broken = text.replace("</rss>", "<oops></rss>")
    assert not is_quick(broken)
    for each in (text, broken, CAREFULLY + text):
        (found,) = page(each).items
        assert (found.guid, found.link) == (kept, None)


def test_a_guid_is_the_same_from_whatever_address_the_feed_comes() -> None:
    text = CAREFULLY + rss("<title>x</title><guid>12345</guid><link>/1</link>")
    for url in (URL, "https://mirror.example/", "https://gazette.example/12345"):
        assert page(text, url).items[0].guid == "12345"


def test_an_address_for_a_guid_is_the_same_on_the_day_on_which_the_feed_is_broken() -> None:
    text = rss("<title>x</title><guid>https://g.example/?p=1&amp;x=2</guid>")
    for each in (text, CAREFULLY + text, text + "<oops>"):
        (found,) = page(each).items
        assert (found.guid, found.link) == ("https://g.example/?p=1&x=2",) * 2


def test_an_atom_id_that_is_a_page_stands_in_for_a_missing_link() -> None:
    assert one(atom("<title>x</title><id>https://g.example/1</id>")).link == "https://g.example/1"
    assert one(atom("<title>x</title><id>12345</id>")).link is None


@pytest.mark.parametrize(
    ("links", "link"),
    [
        ("<link rel='edit' href='/e'/><link rel='alternate' href='/1'/><link rel='self' href='/'/>",
         "https://gazette.example/1"),
        ("<link rel='alternate' type='application/pdf' href='/p'/><link href='/1'/>",
         "https://gazette.example/1"),
        ("<link rel='alternate' type='application/xhtml+xml' href='1'/>",
         "https://gazette.example/news/1"),
        ("<link rel='enclosure' href='/a.mp3'/>", None),
    ],
)  # fmt: skip
def test_an_atom_entrys_link_is_its_alternate_page(links: str, link: str | None) -> None:
    assert one(atom(f"<title>x</title>{links}")).link == link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (atom("<title>x</title><link href='1'/>", attributes="xml:base='https://b.example/q/'"),
         "https://b.example/q/1"),
        (atom("<title>x</title><link xml:base='/z/' href='1'/>",
              attributes="xml:base='https://b.example/q/'"), "https://b.example/z/1"),
        (f"<rss {NAMES}><channel xml:base='/a/'><item xml:base='b/'><title>x</title>"
         "<link>1</link></item></channel></rss>", "https://gazette.example/a/b/1"),
    ],
)  # fmt: skip
def test_links_hang_on_the_nearest_base(text: str, link: str) -> None:
    assert one(text).link == link


def test_a_base_ends_with_its_element() -> None:
    found = both(
        f"<rss {NAMES}><channel><item xml:base='/a/'><title>x</title><link>1</link></item>"
        "<item><title>y</title><link>1</link></item></channel></rss>"
    )
    assert [raw.link for raw in found.items] == [
        "https://gazette.example/a/1",
        "https://gazette.example/news/1",
    ]


@pytest.mark.parametrize(
    "link", ["https://[bad/1", "//[bad/1", "mailto:desk@g.example", "javascript:alert(1)"]
)
def test_a_link_that_is_none_fells_nothing(link: str) -> None:
    (found,) = page(rss(f"<title>x</title><link>{link}</link>")).items
    assert (found.title, found.link) == ("x", link)


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        ("<pubDate>A</pubDate><dc:date>B</dc:date>", "A"),
        ("<dc:date>B</dc:date><pubDate>A</pubDate>", "A"),
        ("<pubDate/><dc:date>2026-10-08</dc:date>", "2026-10-08"),
        ("<dcterms:modified>M</dcterms:modified><dcterms:issued>I</dcterms:issued>", "I"),
        ("<dcterms:created>C</dcterms:created>", "C"),
        ("<dcterms:created>C</dcterms:created><dc:date>B</dc:date>", "B"),
        ("<pubDate>\n 2026-10-08 </pubDate>", "2026-10-08"),
        ("<pubDate>2026-10-08</pubDate>", "2026-10-08"),
        ("<pubDate>A</pubDate><pubDate>B</pubDate>", "B"),
        ("", None),
    ],
)
def test_the_date_is_as_written_and_of_the_first_kind_that_there_is(
    dates: str, published: str | None
) -> None:
    """A day must stay a day: fastfeedparser would make it midnight in Greenwich."""
    assert one(rss(f"<title>x</title>{dates}")).published == published


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<description>Short.</description>", "<content:encoded>The longer one.</content:encoded>"),
        ("<description>The longer one.</description>", "<content:encoded>Short.</content:encoded>"),
        ("<description>Short.</description>", "<description>The longer one.</description>"),
        ("", "<media:group><media:description>The longer one.</media:description></media:group>"),
        ("", "<dc:description>The longer one.</dc:description>"),
    ],
)  # fmt: skip
def test_the_longest_of_the_texts_is_the_text(first: str, second: str) -> None:
    for inside in (first + second, second + first):
        assert page(rss(f"<title>x</title>{inside}")).items[0].text_html == "The longer one."


def test_the_caption_of_a_picture_is_not_the_text() -> None:
    found = page(rss(
        "<title>x</title><link>/1</link><atom:link href='/1' rel='standout'/>"
        "<description>Short.</description><media:description>A longer caption.</media:description>"
    ))  # fmt: skip
    assert found.items[0].text_html == "Short."
    assert found.items[0].link == "https://gazette.example/1"


@pytest.mark.parametrize(
    "inside",
    [
        "<itunes:title>other</itunes:title><title>x</title>",
        "<media:title>other</media:title><title>x</title>",
        "<image><title>other</title><link>https://i.example</link></image><title>x</title>",
        "<title>x</title><itunes:title>other</itunes:title>",
        "<source url='https://s.example'>other</source><title>x</title>",
    ],
)
def test_what_other_vocabularies_call_a_title_is_not_the_title(inside: str) -> None:
    assert one(rss(inside)).title == "x"


def test_a_language_may_be_the_feeds_the_entrys_or_the_titles() -> None:
    entries = "<title>a</title>", "<title xml:lang='fr'>b</title>", "<title xml:lang=''>c</title>"
    found = both(atom(*entries, attributes="xml:lang='de'"))
    assert [raw.language or None for raw in found.items] == ["de", "fr", None]
    text = atom("<title>a</title>", "<title>b</title>", attributes="xml:lang='de'")
    found = both(text.replace("<entry>", "<entry xml:lang='nl'>", 1))
    assert [raw.language for raw in found.items] == ["nl", "de"]
