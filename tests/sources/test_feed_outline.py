"""The bones of a feed: what the quick parser leaves out, and when it may not be trusted at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.feed_outline import EntryOutline, FeedOutline, outline
from tests.sources.feed_texts import URL, atom, rdf, rss


def bones(text: str | bytes, url: str = URL) -> FeedOutline:
    found = outline(text.encode() if isinstance(text, str) else text, url)
    assert found is not None, "this feed is an ordinary one"
    return found


def entry(text: str) -> EntryOutline:
    (found,) = bones(text).entries
    return found


def is_odd(text: str | bytes) -> bool:
    return outline(text.encode() if isinstance(text, str) else text, URL) is None


def test_each_entry_has_an_outline_in_the_order_of_the_document() -> None:
    found = bones(rss("<pubDate>A</pubDate>", "", "<pubDate>C</pubDate>"))
    assert [each.date for each in found.entries] == ["A", None, "C"]
    assert not found.is_atom
    assert [each.date for each in bones(atom("<updated>U</updated>", "")).entries] == ["U", None]
    assert bones(atom()).is_atom
    assert bones(rss()).entries == []


def test_items_of_rdf_stand_beside_their_channel_and_have_an_address_for_an_id() -> None:
    found = bones(rdf('<item rdf:about="https://g.example/1"><title>x</title></item>', "<item/>"))
    assert [each.has_id for each in found.entries] == [True, False]


def test_what_an_entry_says_is_noted_and_what_follows_from_it_is_not() -> None:
    assert entry(rss("")) == EntryOutline(base=URL)
    said = entry(
        rss(
            "<title>x</title><guid isPermaLink='false'>1</guid><dc:date>2026-10-08</dc:date>"
            "<link>/1</link><category>c</category>"
        )
    )
    assert said == EntryOutline(
        base=URL,
        date="2026-10-08",
        date_rank=1,
        has_id=True,
        is_permalink=False,
        seen={"title", "guid", "link", "category"},
    )


@pytest.mark.parametrize(
    ("dates", "date", "rank"),
    [
        ("<pubDate>A</pubDate><dc:date>B</dc:date><dcterms:created>C</dcterms:created>", "A", 0),
        ("<dcterms:created>C</dcterms:created><dc:date>B</dc:date><pubDate>A</pubDate>", "A", 0),
        ("<dcterms:created>C</dcterms:created><dcterms:modified>B</dcterms:modified>", "B", 1),
        ("<dcterms:created>C</dcterms:created>", "C", 2),
        ("<lastBuildDate>B</lastBuildDate>", "B", 1),
        ("<dcterms:issued>A</dcterms:issued><dc:date>B</dc:date>", "A", 0),
        ("<pubDate> </pubDate><dc:date>B</dc:date>", "B", 1),
        ("<pubDate>\n A  b </pubDate>", "A  b", 0),
        ("<pubDate>A &amp; <![CDATA[b]]></pubDate>", "A & b", 0),
        ("<itunes:date>X</itunes:date>", None, 9),
        ("<source><pubDate>X</pubDate></source>", None, 9),
        ("", None, 9),
    ],
)
def test_the_date_is_of_the_first_kind_that_says_anything(
    dates: str, date: str | None, rank: int
) -> None:
    found = entry(rss(dates))
    assert (found.date, found.date_rank) == (date, rank)


@pytest.mark.parametrize(
    ("dates", "date"),
    [
        ("<updated>U</updated><published>P</published>", "P"),
        ("<published>P</published><updated>U</updated>", "P"),
        ("<updated>U</updated>", "U"),
        ("<modified>M</modified><issued>I</issued>", "I"),
        ("<source><updated>X</updated></source>", None),
    ],
)
def test_an_atom_entrys_date_is_that_of_its_publication(dates: str, date: str | None) -> None:
    assert entry(atom(dates)).date == date


@pytest.mark.parametrize(
    ("guid", "is_permalink"),
    [("<guid>1</guid>", True), ("<guid isPermaLink='true'>1</guid>", True),
     ("<guid isPermaLink='True'>1</guid>", True), ("<guid isPermaLink='false'>1</guid>", False),
     ("<guid isPermaLink='FALSE'>1</guid>", False), ("<guid isPermaLink='no'>1</guid>", False)],
)  # fmt: skip
def test_a_guid_is_a_page_unless_it_says_otherwise(guid: str, is_permalink: bool) -> None:
    found = entry(rss(guid))
    assert found.has_id
    assert found.is_permalink is is_permalink


def test_an_identifier_is_noted_where_there_is_one() -> None:
    """fastfeedparser takes the link for a missing id."""
    assert not entry(rss("<link>/1</link>")).has_id
    assert not entry(atom("<link href='/1'/>")).has_id
    assert entry(atom("<id>1</id>")).has_id


@pytest.mark.parametrize(
    ("links", "link"),
    [
        ("<link href='/1'/>", "/1"),
        ("<link rel='alternate' type='text/html' href='/1'/>", "/1"),
        ("<link rel='alternate' type='application/xhtml+xml' href='/1'/>", "/1"),
        ("<link rel='self' href='/s'/>", None),
        ("<link rel='alternate' type='application/pdf' href='/p'/>", None),
        ("<link href='/1'/><link rel='self' href='/s'/>", "/1"),
        ("<link href='/1'/><link/>", "/1"),
        ("<link href=''/>", None),
    ],
)
def test_the_link_of_an_atom_entry_is_its_alternate_page(links: str, link: str | None) -> None:
    assert entry(atom(links)).link == link
    assert entry(rss("<link>/1</link>")).link is None, "fastfeedparser reads those of RSS"


@pytest.mark.parametrize(
    ("kind", "is_html"),
    [("", False), (" type='text'", False), (" type='text/plain'", False), (" type='html'", True),
     (" type='text/html'", True)],
)  # fmt: skip
def test_an_html_title_is_known_by_its_type(kind: str, is_html: bool) -> None:
    assert entry(atom(f"<title{kind}>x</title>")).is_title_html is is_html
    assert not entry(atom(f"<summary{kind}>x</summary>")).is_title_html


@pytest.mark.parametrize(
    ("attributes", "language"),
    [("", None), ("xml:lang='de'", "de"), ("xml:lang=''", None), ("lang='de'", None)],
)
def test_the_feeds_language_is_its_own_statement(attributes: str, language: str | None) -> None:
    assert bones(atom("<title>x</title>", attributes=attributes)).language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (rss(head="<language> nl </language>"), "nl"),
        (rss(head="<dc:language>nl</dc:language>"), "nl"),
        (rss(head="<language/><dc:language>nl</dc:language>"), "nl"),
        (rss(head="<language>nl</language><language>fr</language>"), "nl"),
        (rss(head="<image><language>nl</language></image>"), None),
        (rss("<dc:language>nl</dc:language>"), None),
        (rss().replace("<channel>", "<channel xml:lang='nl'>"), "nl"),
        (rss(head="<language>nl</language>").replace("<channel>", "<channel xml:lang='fr'>"), "nl"),
        (rss(head="<title xml:lang='fr'>x</title>"), None),
        (rdf(), "ja"),
    ],
)
def test_a_channels_language_may_be_an_element(text: str, language: str | None) -> None:
    assert bones(text).language == language


def test_an_entrys_language_is_the_nearest_that_is_stated() -> None:
    found = bones(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><entry xml:lang="fr"/><entry/>'
        '<entry><title xml:lang="nl">x</title></entry><entry><summary xml:lang="nl">x</summary>'
        '</entry><entry xml:lang=""/></feed>'
    )
    assert [each.language for each in found.entries] == ["fr", "de", "nl", "de", ""]
    assert found.language == "de"
    assert entry(rss("<title>x</title>")).language is None


def test_the_language_of_one_entry_or_title_is_not_the_feeds() -> None:
    start = '<feed xmlns="http://www.w3.org/2005/Atom">'
    for text in (
        f'{start}<entry xml:lang="fr"/><entry/></feed>',
        f'{start}<title xml:lang="fr">x</title><entry/></feed>',
        rdf('<item xml:lang="fr"/>').replace("<dc:language>ja</dc:language>", ""),
    ):
        found = bones(text)
        assert found.language is None
        assert found.entries[-1].language in {None, "fr"}


def test_bases_are_joined_and_end_with_their_elements() -> None:
    found = bones(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/a/"><entry xml:base=" b/ "/><entry/>'
        '<title xml:base="/t/">x</title><entry><content xml:base="/c/">x</content></entry>'
        '<entry xml:base="https://other.example/"/></feed>'
    )
    assert [each.base for each in found.entries] == [
        "https://gazette.example/a/b/",
        "https://gazette.example/a/",
        "https://gazette.example/a/",
        "https://other.example/",
    ]


@pytest.mark.parametrize("name", ["media:description", "media:title"])
def test_texts_within_media_are_noted(name: str) -> None:
    own = "<title>x</title><description>d</description>"
    assert not entry(rss(own)).has_media_text
    assert entry(rss(f"{own}<media:group><{name}>t</{name}></media:group>")).has_media_text
    assert entry(rss(f"{own}<media:description>t</media:description>")).has_media_text


# --- what is left to feedparser ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "<rss>",
        "<rss><channel></rss>",
        "<rss/><rss/>",
        "<rss>&nbsp;</rss>",
        "<rss><x:y/></rss>",
        "<!DOCTYPE rss><rss/>",
        "<opml/>",
        "<channel/>",
        "<RSS/>",
        "<rss xmlns='http://other.example/'/>",
        "<feed/>",
        "<feed xmlns='http://www.w3.org/1999/xhtml'/>",
        "<RDF/>",
        "<x:feed xmlns:x='http://other.example/'/>",
    ],
)
def test_what_is_not_well_formed_or_of_another_family_is_odd(text: str) -> None:
    assert is_odd(text)


@pytest.mark.parametrize(
    "text", ["<rss/>", "<feed xmlns='http://purl.org/atom/ns#'/>", "\ufeff<rss/>", rdf()]
)
def test_the_families_are_ordinary(text: str) -> None:
    assert not is_odd(text)


def test_bytes_that_are_not_utf_8_are_odd() -> None:
    assert is_odd("<rss>é</rss>".encode("latin-1"))
    assert is_odd(b"<rss>\xff</rss>")


@pytest.mark.parametrize("name", ["title", "description", "guid", "link", "pubDate", "dc:date",
                                  "content:encoded"])  # fmt: skip
@pytest.mark.parametrize("within", ["<b>x</b>", "<!-- c -->", "<?pi x?>"])
def test_whatever_interrupts_a_text_is_odd(name: str, within: str) -> None:
    """fastfeedparser keeps the text up to there, and loses the rest."""
    assert is_odd(rss(f"<{name}>a{within}b</{name}>"))
    assert not is_odd(rss(f"{within}<{name}>ab</{name}>"))


@pytest.mark.parametrize("name", ["title", "summary", "content", "id", "updated"])
@pytest.mark.parametrize("within", ["<b>x</b>", "<!-- c -->", "<?pi x?>"])
def test_whatever_interrupts_a_text_of_atom_is_odd(name: str, within: str) -> None:
    assert is_odd(atom(f"<{name}>a{within}b</{name}>"))
    assert not is_odd(atom(f"<{name}>ab</{name}>"))


@pytest.mark.parametrize(
    "inside",
    [
        "<title>x</title><title>y</title>",
        "<description>x</description><description>y</description>",
        "<guid>1</guid><guid>2</guid>",
        "<link>/1</link><link>/2</link>",
        "<body>x</body>",
        "<fullitem>x</fullitem>",
        "<item><title>x</title></item>",
        "<a><item/></a>",
        "<link href='/1'/>",
        "<link xml:base='/a/'>1</link>",
        "<id>1</id>",
        "<atom:id>1</atom:id>",
        "<atom:link href='/1' rel='self'/><link>/1</link>",
        "<atom:title>x</atom:title><title>x</title>",
        "<itunes:title>x</itunes:title><title>x</title>",
        "<media:description>x</media:description><description>x</description>",
        "<description type='application/xml'>x</description>",
        "<title>x</title><a><b xml:base='http://[x'/></a>",
    ],
)
def test_what_fastfeedparser_would_mistake_in_an_item_is_odd(inside: str) -> None:
    assert is_odd(rss(inside))


@pytest.mark.parametrize(
    "inside",
    [
        "<title>x</title><itunes:title>y</itunes:title><media:title>z</media:title>",
        "<link>/1</link><atom:link href='/1' rel='standout'/>",
        "<dc:title>x</dc:title><title>y</title>",
        "<category>a</category><category>b</category>",
        "<enclosure url='/a'/><enclosure url='/b'/>",
        "<a><b>x</b><!-- c --></a>",
        "<pubDate>A</pubDate><pubDate>B</pubDate>",
        "<x><link href='/1'/></x>",
        "<x xml:base='http://[x'/>",
    ],
)
def test_what_it_reads_well_is_ordinary(inside: str) -> None:
    assert not is_odd(rss(inside))


@pytest.mark.parametrize(
    "inside",
    [
        "<title>x</title><title>y</title>",
        "<summary>x</summary><summary>y</summary>",
        "<content>x</content><content>y</content>",
        "<id>1</id><id>2</id>",
        "<guid>1</guid>",
        "<title type='xhtml'>x</title>",
        "<content type='application/xml'>x</content>",
        "<content mode='base64'>x</content>",
        "<link xml:base='/a/' href='1'/>",
        "<link xmlns='' href='/1'/>",
        "<link xmlns=''>/1</link>",
        "<entry/>",
        "<a><entry/></a>",
    ],
)
def test_what_fastfeedparser_would_mistake_in_an_entry_is_odd(inside: str) -> None:
    assert is_odd(atom(inside))


@pytest.mark.parametrize(
    "inside",
    [
        "<link href='/1'/><link href='/2'/>",
        "<content mode='escaped'>x</content>",
        "<title>x</title><summary>y</summary><content type='html'>z</content>",
        "<source><id>1</id><title>x</title><link href='/s'/></source>",
    ],
)
def test_what_it_reads_well_of_atom_is_ordinary(inside: str) -> None:
    assert not is_odd(atom(inside))


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><entry/></channel></rss>",
        '<feed xmlns="http://www.w3.org/2005/Atom"><item/></feed>',
        '<rss xmlns:a="http://www.w3.org/2005/Atom"><channel><a:item/></channel></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry xmlns=""/></feed>',
    ],
)
def test_entries_of_one_family_in_a_feed_of_another_are_odd(text: str) -> None:
    assert is_odd(text)


def test_items_of_other_vocabularies_are_no_entries() -> None:
    text = "<rss xmlns:p='http://p.example/'><channel><p:item/><item/></channel></rss>"
    assert len(bones(text).entries) == 1


PIECES = st.sampled_from(
    ["<rss>", "</rss>", "<item>", "</item>", "<title>", "</title>", "<pubDate>", "</pubDate>",
     "<language>", "</language>", "<a xml:base='http://[x'>", "</a>", "x", "<!-- -->", "<link/>",
     "<a xml:lang=''>", "&amp;", "<guid isPermaLink=''>", "</guid>"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=20).map("".join), st.booleans())
def test_any_markup_at_all_has_an_outline_or_none(text: str, is_whole: bool) -> None:
    found = outline((f"<rss>{text}</rss>" if is_whole else text).encode(), URL)
    if found is not None:
        assert len(found.entries) == text.count("<item>")
