"""Feeds in our own words, and how they are read: the quick way, the careful one, and both."""

from __future__ import annotations

from bot.domain.item import RawItem
from bot.sources.feed_outline import outline
from bot.sources.feeds import parse_feed_text
from bot.sources.page import ParsedPage
from bot.sources.plain_text import html_to_text, title_text

URL = "https://gazette.example/news/feed.xml"
NAMES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
CAREFULLY = "<!DOCTYPE rss>"
"""Before a feed, it keeps the quick way out of it."""


def rss(*items: str, head: str = "") -> str:
    inside = "".join(f"<item>{each}</item>" for each in items)
    return (
        f'<rss version="2.0" {NAMES}><channel><title>Gazette</title>{head}{inside}</channel></rss>'
    )


def atom(*entries: str, attributes: str = "") -> str:
    inside = "".join(f"<entry>{each}</entry>" for each in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>G</title>{inside}</feed>'


def rdf(*items: str) -> str:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" {NAMES}><channel rdf:about="https://g.example/">'
        f"<title>G</title><dc:language>ja</dc:language></channel>{''.join(items)}</rdf:RDF>"
    )


def page(text: str, url: str = URL) -> ParsedPage:
    found = parse_feed_text(text, url)
    assert isinstance(found, ParsedPage), found
    return found


def both(text: str) -> ParsedPage:
    """The page as the quick way reads it, if it may; the careful way must read the same."""
    quick, careful = page(text), page(CAREFULLY + text)
    assert list(map(told, quick.items)) == list(map(told, careful.items))
    return quick


def one(text: str) -> RawItem:
    (found,) = both(text).items
    return found


def told(raw: RawItem) -> dict[str, str | None]:
    """What becomes of an entry further on: white space means nothing there, nor does ""."""
    return {
        "guid": raw.guid,
        "link": raw.link,
        "title": title_text(raw.title, is_html_title=raw.is_title_html),
        "text": html_to_text(raw.text_html),
        "published": raw.published,
        "language": (raw.language or None) if raw.title else None,
    }


def is_quick(text: str) -> bool:
    return outline(text.encode(), URL) is not None
