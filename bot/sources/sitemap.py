"""Sitemaps (sitemaps.org), with news entries (Google's extension) or without. Pure.

urlset with <news:news>   the news entries: title, date, language
urlset without            the pages that changed last, titled by their addresses
sitemapindex              the sitemaps that changed last, to be read in their turn
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.sources.body import Body, BodyError
from bot.sources.dates import utc_second
from bot.sources.page import MAX_ENTRIES, ParsedPage, entry_cap_note, joined_notes, skipped_note
from bot.sources.sniff import describe, root_name
from bot.sources.xml_records import xml_records

MAX_PAGES = 1_000
"""Of a sitemap without news, so many pages are read: those that changed last."""

MAX_PARTS = 5
"""Of an index, so many sitemaps are read at each poll: those that changed last."""

GZIP = b"\x1f\x8b"

_WORD_MARKS = re.compile(r"[-_+\s]+")
_ENDING = re.compile(r"\.(?:html?|aspx?|php|jsp|pdf)$", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")


def unpacked(body: bytes, limit: int) -> bytes:
    """The sitemap within a gzip file, one layer of it; any other body as it is.

    Raises BodyError where it is damaged or longer than `limit` bytes.
    """
    if not body.startswith(GZIP):
        return body
    packed = Body("gzip", limit)
    packed.add(body)
    return packed.finish()


def parse_sitemap(text: str) -> ParsedPage | NotAFeed:
    """The news of a sitemap, its pages where it has no news, or the sitemaps that it is an index
    of. One that breaks off is read as far as it goes, and the note says so."""
    text = text.lstrip("\ufeff \t\r\n")
    if root_name(text) not in {"urlset", "sitemapindex"}:
        return NotAFeed(detail=f"{describe(text)}, where a sitemap should be")
    text = text[text.index("<") :]
    found = xml_records(text, ("url", "sitemap"), _naming)
    records = [record for _name, record in found.records]
    listed = [record for record in records if record.get("loc")]
    if found.broken and not listed:
        return NotAFeed(detail=f"a sitemap that cannot be read: {found.broken}")
    note = joined_notes(
        f"read only in part: {found.broken}" if found.broken else "",
        skipped_note(len(records) - len(listed), "without an address"),
    )
    if found.root == "sitemapindex":
        return _index(listed, note)
    news = [record for record in listed if "news:title" in record]
    if news:
        return ParsedPage(
            items=tuple(map(_news, news[:MAX_ENTRIES])),
            note=joined_notes(note, entry_cap_note(len(news))),
        )
    pages = _latest(listed)
    kept = pages[: MAX_PAGES if any("lastmod" in page for page in pages) else MAX_ENTRIES]
    rest = f"lists {len(pages):,} pages, of which the {len(kept):,} that changed last were read"
    return ParsedPage(
        items=tuple(map(_page, kept)),
        note=joined_notes(note, rest if len(kept) < len(pages) else ""),
    )


def _naming(namespace: str, name: str) -> str:
    """Namespaces are often written carelessly: http or https, an older version, none at all."""
    space = namespace.casefold()
    if "sitemap-news" in space:
        return f"news:{name}"
    is_other = any(kind in space for kind in ("sitemap-image", "sitemap-video", "sitemap-mobile"))
    return name if not namespace or ("sitemap" in space and not is_other) else ""


def _index(listed: list[dict[str, str]], note: str) -> ParsedPage:
    parts = [record["loc"] for record in _latest(listed)]
    rest = f"an index of {len(parts):,} sitemaps, of which the {MAX_PARTS} that changed last"
    return ParsedPage(
        items=(),
        parts=tuple(parts[:MAX_PARTS]),
        note=joined_notes(note, f"{rest} were read" if len(parts) > MAX_PARTS else ""),
    )


def _latest(listed: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those that changed last first; without dates in their order."""
    return sorted(listed, key=lambda record: utc_second(record.get("lastmod")), reverse=True)


def _news(record: Mapping[str, str]) -> RawItem:
    keywords = record.get("news:keywords", "")
    return RawItem(
        guid=record["loc"],
        link=record["loc"],
        title=record["news:title"],
        text_html=f"Keywords: {keywords}" if keywords else "",
        published=record.get("news:publication_date") or record.get("lastmod"),
        language=record.get("news:language"),
    )


def _page(record: Mapping[str, str]) -> RawItem:
    return RawItem(
        guid=record["loc"],
        link=record["loc"],
        title=title_of(record["loc"]),
        published=record.get("lastmod"),
    )


def title_of(url: str) -> str:
    """What an address says that its page is about: ".../new-duties-on-gallium.html" is "New duties
    on gallium"; "" where it says nothing."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    for part in reversed(path.split("/")):
        words = _WORD_MARKS.sub(" ", _ENDING.sub("", unquote(part))).strip()
        if _LETTER.search(words):
            return words[:1].upper() + words[1:]
    return ""


__all__ = ["BodyError", "parse_sitemap", "title_of", "unpacked"]
