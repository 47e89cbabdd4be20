"""The quick way and the careful one tell the same of every well-formed feed."""

from __future__ import annotations

from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from bot.sources import feeds
from bot.sources.feed_outline import outline
from tests.sources.feed_texts import URL, atom, both, page, rdf, rss


def test_ordinary_feeds_go_the_quick_way() -> None:
    """Ten times as quick; that both ways tell the same hides it when none is taken any more."""
    for text in (
        rss("<title>x</title><link>/1</link><guid>1</guid><description>d</description>"),
        atom("<title>x</title><link href='/1'/><id>1</id><updated>U</updated><content>c</content>"),
        rdf('<item rdf:about="a"><title>x</title><link>/1</link></item>'),
    ):
        bones = outline(text.encode(), URL)
        assert bones is not None
        assert feeds._quick(text.encode(), bones) == page(text)


WORDS = st.sampled_from(
    ["Rare earths", "稀土", "a & b", "PM10 < 5", "<b>bold</b>", "<p>One.</p><p>Two.</p>", "&amp;",
     "5 > 4", "Ünïcode", "]]", "<!-- no comment -->", "x"]
)  # fmt: skip
PLACES = st.sampled_from(["https://g.example/1", "/2", "3?a=1&b=2", "../4", "//h.example/5"])


def _text(name: str, attributes: str = "") -> st.SearchStrategy[str]:
    def written(word: str, way: int) -> str:
        shown = [escape(word), f"<![CDATA[{word}]]>", f"{escape(word)}<!-- aside -->"][way]
        return f"<{name}{attributes}>{shown}</{name}>"

    return st.builds(written, WORDS, st.integers(0, 2))


def _shuffled(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    chosen = st.tuples(*(st.just("") | part for part in parts))
    return chosen.flatmap(st.permutations).map("".join)


def _link(place: str) -> str:
    return f"<link>{escape(place)}</link>"


RSS_ITEM = _shuffled(
    _text("title"),
    _text("description"),
    _text("content:encoded"),
    _text("dc:creator"),
    _text("category"),
    PLACES.map(_link),
    st.sampled_from(["<guid>7</guid>", "<guid isPermaLink='false'>tag:7</guid>"]),
    st.sampled_from(["<pubDate>Thu, 08 Oct 2026 09:00:00 GMT</pubDate>", "<pubDate/>"]),
    st.just("<dc:date>2026-10-08</dc:date>"),
    st.just("<itunes:title>Other</itunes:title>"),
    st.just("<enclosure url='https://e.example/a.mp3' length='1' type='audio/mpeg'/>"),
)
ATOM_ENTRY = _shuffled(
    _text("title") | _text("title", " type='html'") | _text("title", " xml:lang='fr'"),
    _text("summary"),
    _text("content", " type='html'"),
    PLACES.map(lambda place: f"<link href='{escape(place)}'/>"),
    st.just("<link rel='self' href='/self'/>"),
    st.sampled_from(["<id>tag:g.example:1</id>", "<id>https://g.example/id</id>"]),
    st.just("<updated>2026-10-09T00:00:00Z</updated>"),
    st.just("<published>2026-10-08T00:00:00+08:00</published>"),
    st.just("<author><name>Desk</name></author>"),
)


@given(st.lists(RSS_ITEM, max_size=3), st.sampled_from(["", "<language>nl</language>"]))
def test_every_rss_feed_reads_the_same_both_ways(items: list[str], head: str) -> None:
    both(rss(*items, head=head))


@given(st.lists(ATOM_ENTRY, max_size=3), st.sampled_from(["", "xml:base='/b/' xml:lang='de'"]))
def test_every_atom_feed_reads_the_same_both_ways(entries: list[str], attributes: str) -> None:
    both(atom(*entries, attributes=attributes))
