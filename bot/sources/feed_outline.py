"""The bones of an XML feed: what fastfeedparser leaves out, and whether it may be trusted.

fastfeedparser is quick and drops things: it rewrites dates (a day without a time becomes midnight
UTC, a zone left out becomes UTC), takes the link for a missing id, and keeps only the first run of
text of a title with markup in it. One pass of expat notes those things, and says when a feed is
anything but ordinary; feedparser then reads it instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.parsers import expat

_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
_RSS = (
    "",
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
)
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML = "http://www.w3.org/XML/1998/namespace"
_DC = ("http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/")
_MEDIA = "http://search.yahoo.com/mrss/"

# The first kind that an entry has is its date; `created` is better than nothing.
_DATE_RANK = {
    "pubDate": 0, "published": 0, "issued": 0,
    "updated": 1, "modified": 1, "date": 1, "lastBuildDate": 1,
    "created": 2,
}  # fmt: skip
_ENTRIES = {"item", "entry"}
_ID = {"guid", "id"}
_TEXTS = {"title", "description", "content", "summary"}
_TEXT_TYPES = {"", "html", "text", "text/html", "text/plain"}
_CLASHING = {"title", "description", "summary", "guid", "id", "link"}
_ONCE = {"title", "summary", "content", "id"}  # in an Atom entry, which may have many links
_BODIES = {"body", "fullitem"}  # XHTML within an RSS item: rare and rich
_OWN = frozenset((*_RSS, *_ATOM))


class _Odd(Exception):  # noqa: N818
    """Leaves expat as soon as the feed proves to be no ordinary one."""


@dataclass(slots=True)
class EntryOutline:
    """One entry: what it says itself, not what follows from it."""

    base: str
    language: str | None = None
    date: str | None = None
    date_rank: int = 9
    has_id: bool = False
    is_title_html: bool = False
    link: str | None = None  # of an Atom entry: its alternate
    is_permalink: bool = True  # of an RSS item: whether its guid may stand for a missing link
    has_media_text: bool = False
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class FeedOutline:
    """`language` is the feed's own statement. Entries are in the order of the document. `older` are
    the addresses of older entries by their relation (RFC 5005): next, prev-archive."""

    is_atom: bool = False
    language: str | None = None
    entries: list[EntryOutline] = field(default_factory=list)
    older: dict[str, str] = field(default_factory=dict)


def outline(body: bytes, url: str) -> FeedOutline | None:
    """The outline of an ordinary, well-formed UTF-8 feed; None for all others."""
    reader = _Reader(url)
    try:
        reader.parser.Parse(body, True)
    except (expat.ExpatError, _Odd):
        return None
    reader.feed.language = reader.feed.language or reader.own_language or None
    return reader.feed


class _Reader:
    """expat's handlers. Names come as "namespace name", or "name" without one."""

    def __init__(self, url: str) -> None:
        self.feed = FeedOutline()
        self.own_language = ""  # xml:lang of the root or, nearer, of the channel
        self.parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.CommentHandler = self._aside
        self.parser.ProcessingInstructionHandler = self._aside
        self._depth = 0
        self._entry: EntryOutline | None = None
        self._entry_depth = 0
        self._plain_depth = 0  # within an element that must hold text only, its depth
        self._text: list[str] = []
        self._rank = 9
        self._languages: list[tuple[int, str]] = []
        self._bases: list[tuple[int, str]] = [(0, url)]

    def _doctype(self, *_: object) -> None:
        raise _Odd  # entities that only feedparser knows

    def _aside(self, *_: object) -> None:
        if self._plain_depth:
            raise _Odd  # fastfeedparser would lose the text after the comment or instruction

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._plain_depth:
            raise _Odd  # markup within a title, an id, a date: fastfeedparser would lose it
        namespace, _, name = tag.rpartition(" ")
        if self._depth == 1:
            self._check_root(namespace, name)
        if attributes:
            language = attributes.get(f"{_XML} lang")
            if language is not None:
                self._languages.append((self._depth, language))
                if self._depth == 1 or (self._depth == 2 and name == "channel"):
                    self.own_language = language
            base = attributes.get(f"{_XML} base")
            if base is not None:
                self._start_base(base)
        if self._entry is None:
            self._outside(namespace, name, attributes)
        elif self._depth == self._entry_depth + 1:
            self._inside(self._entry, namespace, name, attributes)
        elif name in _ENTRIES and namespace in _OWN:
            raise _Odd
        elif name in {"description", "title"} and namespace == _MEDIA:
            self._entry.has_media_text = True

    def _check_root(self, namespace: str, name: str) -> None:
        self.feed.is_atom = name == "feed" and namespace in _ATOM
        is_rss = (name == "rss" and not namespace) or (name == "RDF" and namespace == _RDF)
        if not (self.feed.is_atom or is_rss):
            raise _Odd

    def _start_base(self, base: str) -> None:
        if self._entry is not None and self._depth == self._entry_depth + 1:
            return  # of one title or content: no link of ours depends on it
        try:
            self._bases.append((self._depth, urljoin(self._bases[-1][1], base.strip())))
        except ValueError:
            raise _Odd from None

    def _outside(self, namespace: str, name: str, attributes: dict[str, str]) -> None:
        if name in _ENTRIES and namespace in _OWN:
            if (name == "entry") != self.feed.is_atom or (namespace in _ATOM) != self.feed.is_atom:
                raise _Odd
            self._entry = EntryOutline(
                base=self._bases[-1][1],
                language=self._languages[-1][1] if self._languages else None,
                has_id=f"{_RDF} about" in attributes,
            )
            self._entry_depth = self._depth
            self.feed.entries.append(self._entry)
        elif name == "link" and namespace in _ATOM and attributes.get("href"):
            address = urljoin(self._bases[-1][1], attributes["href"].strip())
            self.feed.older.setdefault(attributes.get("rel", ""), address)
        elif name == "language" and self._depth == 3 and self.feed.language is None:
            self._start_text(9)

    def _inside(
        self, entry: EntryOutline, namespace: str, name: str, attributes: dict[str, str]
    ) -> None:
        if name in _BODIES:
            raise _Odd
        if namespace not in _OWN:
            self._foreign(entry, namespace, name)
            return
        if name in _ENTRIES:
            raise _Odd
        if name in _CLASHING and (namespace in _ATOM) != self.feed.is_atom:
            if name in entry.seen:
                return  # fastfeedparser takes the first, which is the feed's own
            raise _Odd  # an <atom:link rel="self"> of an RSS item would be taken for its link
        if name in entry.seen and name in (_CLASHING if not self.feed.is_atom else _ONCE):
            raise _Odd  # said twice: fastfeedparser takes the first, feedparser looks at both
        entry.seen.add(name)
        kind = attributes.get("type", "")
        if name in _TEXTS:
            if kind not in _TEXT_TYPES or attributes.get("mode", "escaped") != "escaped":
                raise _Odd
            self._plain_depth = self._depth
            if name == "title":
                entry.is_title_html = kind.endswith("html")
                # the title's own language says more than the feed's
                entry.language = attributes.get(f"{_XML} lang", entry.language)
        elif name in _ID:
            self._plain_depth = self._depth
            entry.has_id = True
            if name == "guid" and attributes.get("isPermaLink", "true").lower() != "true":
                entry.is_permalink = False
            if (name == "id") != self.feed.is_atom:
                raise _Odd
        elif name == "link":
            self._link(entry, namespace, attributes)
        elif name in _DATE_RANK:
            self._plain_depth = self._depth
            self._start_text(_DATE_RANK[name])

    def _foreign(self, entry: EntryOutline, namespace: str, name: str) -> None:
        """Elements of other vocabularies: dates are welcome, texts must come after our own,
        for fastfeedparser takes the first of a local name (an itunes:title for the title)."""
        if name in _DATE_RANK and namespace in _DC:
            self._plain_depth = self._depth
            self._start_text(_DATE_RANK[name])
        elif name in _CLASHING and name not in entry.seen and namespace not in _DC:
            raise _Odd
        elif name == "encoded":
            self._plain_depth = self._depth
        elif name == "description" and namespace == _MEDIA:
            entry.has_media_text = True

    def _link(self, entry: EntryOutline, namespace: str, attributes: dict[str, str]) -> None:
        self._plain_depth = self._depth
        if f"{_XML} base" in attributes or (namespace not in _ATOM and "href" in attributes):
            raise _Odd
        is_page = attributes.get("type", "text/html") in {"text/html", "application/xhtml+xml"}
        if self.feed.is_atom and attributes.get("rel", "alternate") == "alternate" and is_page:
            entry.link = attributes.get("href") or entry.link

    def _start_text(self, rank: int) -> None:
        self._rank = rank
        self._text = []
        self.parser.CharacterDataHandler = self._text.append

    def _end(self, tag: str) -> None:
        if self.parser.CharacterDataHandler is not None:
            self.parser.CharacterDataHandler = None
            said = "".join(self._text).strip()
            entry = self._entry
            if entry is None:
                self.feed.language = said or None
            elif said and self._rank <= entry.date_rank:
                entry.date, entry.date_rank = said, self._rank
        if self._depth == self._plain_depth:
            self._plain_depth = 0
        if self._depth == self._entry_depth:
            self._entry, self._entry_depth = None, 0
        if self._languages and self._languages[-1][0] == self._depth:
            self._languages.pop()
        if self._bases[-1][0] == self._depth:
            self._bases.pop()
        self._depth -= 1
