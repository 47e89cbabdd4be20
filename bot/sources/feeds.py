"""RSS 0.9 to 2.0, RDF, Atom, CDF and JSON Feed to entries.

    bytes -> decode_body -> look at the root -> ordinary?  fastfeedparser, with the outline beside
                                             -> otherwise  feedparser

Ordinary feeds take the quick way, about ten times as quick; feedparser mends the rest. Neither is
given anything but bytes in memory: feedparser opens a str or bytes that looks like a path or URL.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape, unescape

import fastfeedparser
import feedparser

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.sources.charset import decode_body
from bot.sources.feed_outline import EntryOutline, FeedOutline, outline
from bot.sources.hostile import find_hostility
from bot.sources.json_feed import parse_json_feed
from bot.sources.page import (
    MAX_ENTRIES,
    ParsedPage,
    entry_cap_note,
    joined_notes,
    skipped_note,
)
from bot.sources.sniff import describe, root_name

MAX_LENIENT = 4_000_000
"""Code points up to which feedparser mends a feed: it reads about 2 MB a second."""

MAX_LENIENT_TAGS = 40_000
"""Tags, ends and comments up to which it does: it takes about 100 microseconds for each. The
largest feed that we know has 7,500."""

_WEB = ("http://", "https://")
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})
_CHARACTER = re.compile(r"&#(?:[xX]0*([0-9a-fA-F]+)|0*(\d+));?")
_XML_DECLARATION = re.compile(r"<\?xml\s[^>]{0,300}\?>")


def parse_feed(body: bytes, content_type: str, url: str) -> ParsedPage | NotAFeed:
    """The entries of a feed, or what came in its place. Never raises for anything in `body`.

    `content_type` is the header as sent, for its charset; `url` is what relative links hang on.
    """
    decoded = decode_body(body, content_type)
    reason = find_hostility(decoded.text)
    if reason:
        return NotAFeed(detail=f"a body that was refused before parsing: {reason}")
    page = parse_feed_text(decoded.text, url)
    if isinstance(page, NotAFeed) or not decoded.note:
        return page
    return ParsedPage(
        items=page.items,
        language=page.language,
        note=joined_notes(decoded.note, page.note),
        next_page=page.next_page,
    )


def parse_feed_text(text: str, url: str) -> ParsedPage | NotAFeed:
    """parse_feed, of text that is decoded and was found not to be hostile."""
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        return parse_json_feed(text)
    root = root_name(text)
    if root not in _FEED_ROOTS:
        return NotAFeed(detail=describe(text))
    # Junk before the root (a PHP warning) goes; so does the declaration, whose encoding is over. It
    # stands at the beginning only: an article on XML may show one.
    text = text[text.index("<") :]
    declaration = _XML_DECLARATION.match(text)
    if declaration:
        text = text[declaration.end() :]
    body = text.encode()
    bones = outline(body, url)
    if bones is not None:
        page = _quick(body, bones)
        if page is not None:
            return page
    if len(text) > MAX_LENIENT:
        return NotAFeed(detail=f"a feed of {len(text):,} characters that is not well-formed XML")
    if text.count("<") > MAX_LENIENT_TAGS:
        return NotAFeed(
            detail=f"a feed of more than {MAX_LENIENT_TAGS:,} tags and ends that is no ordinary XML"
        )
    return _lenient(_CHARACTER.sub(_if_possible, text).encode(), url)


def _if_possible(reference: re.Match[str]) -> str:
    """A reference to a character; "" where there is none of that number: feedparser would give up
    the whole feed for it."""
    sixteenths, tenths = reference.groups()
    number = int((sixteenths or tenths)[:8], 16 if sixteenths else 10)
    return "" if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF else reference.group()


def _quick(body: bytes, bones: FeedOutline) -> ParsedPage | None:
    """What fastfeedparser and the outline agree upon; None where they do not."""
    try:
        entries = fastfeedparser.parse(
            body, include_tags=False, include_media=False, include_enclosures=False
        ).entries
    except Exception:  # noqa: BLE001
        # A third party's parser before strangers' bytes: it raises ValueError by design and other
        # things by accident. Either way feedparser has the next word.
        return None
    if not entries or len(entries) != len(bones.entries):
        return None
    items: list[RawItem] = []
    for entry, bone in zip(entries[:MAX_ENTRIES], bones.entries, strict=False):
        item = _quick_entry(entry, bone, is_atom=bones.is_atom)
        if bone.has_media_text and not item.text_html:
            return None  # the text is in the media elements (YouTube), which feedparser looks into
        items.append(item)
    return ParsedPage(
        items=tuple(items),
        language=bones.language,
        note=entry_cap_note(len(entries)),
        next_page=_older(bones.older),
    )


def _quick_entry(entry: dict[str, Any], bone: EntryOutline, *, is_atom: bool) -> RawItem:
    content = entry.get("content") or ()
    bodies = [entry.get("description") or "", *(part.get("value") or "" for part in content)]
    guid = (entry.get("id") or None) if bone.has_id else None
    link = bone.link if is_atom else entry.get("link")
    if guid and guid.startswith(_WEB):
        if is_atom:
            link = link or guid
        elif link == guid and not bone.is_permalink and "link" not in bone.seen:
            link = None
    return RawItem(
        guid=guid,
        link=_resolved(link, bone.base),
        title=entry.get("title") or "",
        text_html=max(bodies, key=len),
        published=bone.date,
        language=bone.language,
        is_title_html=bone.is_title_html,
    )


def _lenient(body: bytes, url: str) -> ParsedPage | NotAFeed:
    try:
        parsed = feedparser.parse(
            io.BytesIO(body),
            sanitize_html=False,
            resolve_relative_uris=False,  # in texts, which become plain; links are resolved anyway
            response_headers={
                "content-type": "application/xml; charset=utf-8",
                "content-location": url,
            },
        )
    except Exception as error:  # noqa: BLE001
        # feedparser raised TypeError on 8 of 60 feeds with unclosed titles: a broken feed must
        # become an answer that says so, not the end of the poll.
        return NotAFeed(detail=f"a feed that cannot be mended ({type(error).__name__})")
    entries = parsed.get("entries") or []
    if not entries and not parsed.get("version"):
        return NotAFeed(detail=describe(body.decode()))
    is_atom = str(parsed.get("version") or "").startswith("atom")
    items: list[RawItem] = []
    skipped = 0
    for entry in entries[:MAX_ENTRIES]:
        try:
            items.append(_lenient_entry(entry, url, body, is_atom=is_atom))
        except Exception:  # noqa: BLE001
            # What feedparser made of one broken entry must not hide the others; it is counted.
            skipped += 1
    return ParsedPage(
        items=tuple(items),
        language=dict.get(parsed.get("feed") or {}, "language"),
        note=joined_notes(
            entry_cap_note(len(entries)), skipped_note(skipped, "feedparser could not read them")
        ),
        next_page=_older(
            {
                str(each.get("rel")): _resolved(each.get("href"), url) or ""
                for each in reversed(dict.get(parsed.get("feed") or {}, "links") or [])
            }
        ),
    )


def _older(links: Mapping[str, str]) -> str:
    """Where a feed says that older entries are (RFC 5005): its next page, or its last archive."""
    return links.get("next") or links.get("prev-archive") or ""


def _lenient_entry(entry: dict[str, Any], url: str, body: bytes, *, is_atom: bool) -> RawItem:
    # dict.get: feedparser's own get() answers "updated" with "published" and warns about it.
    detail = dict.get(entry, "title_detail") or {}
    bodies = [dict.get(entry, "summary") or ""]
    bodies += [part.get("value") or "" for part in dict.get(entry, "content") or ()]
    language = dict.get(detail, "language")
    guid = _unresolved(unescape(dict.get(entry, "id") or ""), url, body)
    link = dict.get(entry, "link")
    if link and link not in [dict.get(each, "href") for each in dict.get(entry, "links") or ()]:
        # feedparser made it of the guid; "12345" is no address, and no page is there
        link = guid if guid.startswith(_WEB) else None
    return RawItem(
        guid=guid or None,
        link=_resolved(link, url),
        title=dict.get(entry, "title") or "",
        text_html=max(bodies, key=len),
        published=next(
            (
                dict.get(entry, key)
                for key in ("published", "updated", "created")
                if dict.get(entry, key)
            ),
            None,
        ),
        language=language,
        # of a title in RSS feedparser only guesses, and the quick way does not
        is_title_html=is_atom and dict.get(detail, "type") in _HTML_TYPES,
    )


def _unresolved(guid: str, url: str, body: bytes) -> str:
    """The guid as written, but for the escapes that feedparser leaves in those of broken feeds. It
    resolves guids like links, so that "12345" would be another one on the day that the feed is not
    well-formed, or is answered from another address."""

    def is_written(text: str) -> bool:
        return escape(text).encode() in body or text.encode() in body

    if not is_written(guid):
        for base in (urljoin(url, "."), urljoin(url, "/")[:-1], url.partition("?")[0]):
            written = guid.removeprefix(base)
            if written not in {"", guid} and is_written(written):
                return written
    return guid


def _resolved(link: str | None, base: str) -> str | None:
    if not link:
        return None
    if link.startswith(_WEB):
        return link.strip()
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return link
