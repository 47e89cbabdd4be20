"""Which feeds a page names: by its <link rel="alternate">, its Link header, or links that look like
feeds. Pure.

    page, Link header -> feeds_of -> candidates, the likeliest first, to be asked and looked at

Order: the site's own feeds before those of comments, feeds of the part of the site that was asked
for before those of all of it, types that only feeds have before types that other data has, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.sources.links import absolute_link, canonical_url
from bot.sources.plain_text import one_line

MAX_CANDIDATES = 20
"""A page that names more feeds is an index of feeds; the first are enough to choose from."""

MAX_LINKS = 5_000
"""Links and anchors of a page that are looked at, the first."""


class Named(IntEnum):
    """Where a feed was named; the surest first."""

    LINK = 0  # <link rel="alternate"> or the Link header
    ANCHOR = 1  # a link for readers that looks like one to a feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that a page calls a feed. `title` is the page's word for it, or ""."""

    url: str
    title: str = ""
    named: Named = Named.LINK


_FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
    "application/rss", "application/atom", "application/x-rss+xml", "application/x.atom+xml",
    "text/rss+xml", "text/atom+xml", "text/rss",
})  # fmt: skip
_VAGUE_TYPES = frozenset({"application/json", "application/xml", "text/xml", "text/json"})
"""Of feeds at some publishers, and of all manner of things at others."""

# In a path, as a word of its own: /feed/, /rss.xml, feed.json, atom.php, index.rdf, ?format=rss
_FEED_ADDRESS = re.compile(
    r"(?:^|[/._=?&-])(?:rss|atom|rdf|feeds?|xmlfeed|jsonfeed|rss[12]|rssfeed)(?:$|[/._=?&#-])",
    re.IGNORECASE,
)
_FEED_WORDS = re.compile(r"\b(?:RSS|Atom|JSON Feed)\b")
_LONE_WORDS = frozenset({"rss", "atom", "feed", "feeds", "xml"})
_COMMENTS = re.compile(
    r"comment|kommentar|comentario|commento|commenti|reactie|yorum|коммент|评论|評論|コメント|댓글",
    re.IGNORECASE,
)
_NO_FEED = re.compile(r"\.(?:html?|pdf|png|jpe?g|gif|svg|css|js|zip|docx?|xlsx?)$", re.IGNORECASE)
_OEMBED = re.compile(r"oembed|/wp-json/|manifest\.json|opensearch", re.IGNORECASE)
# Possessive throughout: a header of blanks and semicolons costs no more than any other.
_LINK_VALUE = re.compile(
    r"<([^<>]*+)>((?:\s*+;\s*+[\w*!#$&+.^`|~-]++\s*+(?:=\s*+(?:\"[^\"]*+\"|[^\s;,\"]*+))?+)*+)"
)
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;,]*))")


def looks_like_feed(url: str) -> bool:
    """Whether an address reads like that of a feed: `/feed/`, `news.rss`, `?format=atom`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if _NO_FEED.search(parts.path):
        return False
    query = f"?{parts.query}" if parts.query else ""
    return bool(_FEED_ADDRESS.search(f"{parts.path}{query}"))


def feeds_of(text: str, url: str, link_header: str = "") -> tuple[Candidate, ...]:
    """The feeds that a page at `url` names, the likeliest first, each address once.

    Links are resolved against the page's <base>. Never raises for anything in the page.
    """
    tree = LexborHTMLParser(text)
    base = _base(tree, url)
    found = [
        *_from_header(link_header, url),
        *_from_links(tree, base),
        *_from_anchors(tree, base),
    ]
    page_path = _path(url)
    ranked = sorted(
        enumerate(found), key=lambda numbered: (*_rank(numbered[1], page_path), numbered[0])
    )
    by_key: dict[str, Candidate] = {}
    own = canonical_url(url) or url
    for _number, (candidate, _is_vague) in ranked:
        key = canonical_url(candidate.url) or candidate.url
        if key != own:
            by_key.setdefault(key, candidate)
    return tuple(by_key.values())[:MAX_CANDIDATES]


_Found = tuple[Candidate, bool]  # with whether its type is one that other data has, too


def _rank(found: _Found, page_path: str) -> tuple[bool, int, bool, bool]:
    candidate, is_vague = found
    path = _path(candidate.url)
    is_within = page_path != "/" and path.startswith(page_path)
    is_of_comments = bool(_COMMENTS.search(f"{path} {candidate.title}"))
    return is_of_comments, candidate.named, is_vague, not is_within


def _from_header(header: str, url: str) -> list[_Found]:
    """RFC 8288: <…>; rel="alternate"; type="application/rss+xml"."""
    found: list[_Found] = []
    for match in _LINK_VALUE.finditer(header[:8_000]):
        said = {
            name.lower(): quoted or plain
            for name, quoted, plain in _PARAMETER.findall(match.group(2))
        }
        found += _alternate(
            match.group(1), said.get("rel", ""), said.get("type", ""), said.get("title", ""), url
        )
    return found


def _from_links(tree: LexborHTMLParser, base: str) -> list[_Found]:
    found: list[_Found] = []
    for node in tree.css("link[href]")[:MAX_LINKS]:
        said = node.attributes
        found += _alternate(
            said.get("href") or "",
            said.get("rel") or "",
            said.get("type") or "",
            said.get("title") or "",
            base,
        )
    return found


def _alternate(href: str, rel: str, kind: str, title: str, base: str) -> list[_Found]:
    relations = rel.lower().split()
    media = kind.partition(";")[0].strip().lower()
    is_feed = media in _FEED_TYPES and ("alternate" in relations or "feed" in relations)
    is_vague = media in _VAGUE_TYPES and "alternate" in relations
    is_named = not media and "feed" in relations
    there = absolute_link(href.strip(), base)
    if not there or "stylesheet" in relations or not (is_feed or is_vague or is_named):
        return []
    if is_vague and _OEMBED.search(there):
        return []
    return [(Candidate(url=there, title=one_line(title)[:200]), is_vague)]


def _from_anchors(tree: LexborHTMLParser, base: str) -> list[_Found]:
    found: list[_Found] = []
    for node in tree.css("a[href]")[:MAX_LINKS]:
        there = absolute_link((node.attributes.get("href") or "").strip(), base)
        if not there or _NO_FEED.search(_path(there)):
            continue
        words = _words(node)
        if looks_like_feed(there) or (len(words) <= 40 and _is_labelled(words)):
            found.append((Candidate(url=there, title=words[:200], named=Named.ANCHOR), True))
    return found


def _is_labelled(words: str) -> bool:
    """ "RSS", "Atom feed", "News (RSS)" — and not "Trade talks feed hopes"."""
    return bool(_FEED_WORDS.search(words)) or words.casefold() in _LONE_WORDS


def _words(node: LexborNode) -> str:
    said = one_line(node.text(separator=" "))
    if said:
        return said
    image = node.css_first("img[alt]")
    labels = (
        node.attributes.get("title"),
        node.attributes.get("aria-label"),
        image.attributes.get("alt") if image is not None else None,
    )
    return one_line(next(filter(None, labels), ""))


def _base(tree: LexborHTMLParser, url: str) -> str:
    stated = tree.css_first("base[href]")
    href = (stated.attributes.get("href") or "").strip() if stated is not None else ""
    return absolute_link(href, url) or url


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"
