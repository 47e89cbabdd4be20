"""Sources whose list has titles or stubs only, while each entry's text is at an address of its own.
Pure.

item of the list -> text_request -> (fetch) -> with_text -> item with its text
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain.fetch import Blocked, Fetched, FetchFailed, FetchOutcome, FetchRequest, NotAFeed
from bot.domain.item import Item
from bot.domain.source import Source, SourceKind
from bot.sources import gov_uk, press_corner
from bot.sources.article import can_read_articles, is_stub, with_article
from bot.sources.charset import decode_body
from bot.sources.hostile import find_hostility
from bot.sources.plain_text import one_line

_ADDRESS: dict[SourceKind, Callable[[Item, str], str]] = {
    SourceKind.PRESS_CORNER: press_corner.text_url,
    SourceKind.GOV_UK: gov_uk.text_url,
}

_NEVER = frozenset({"address", "size", "hostile", "encoding", "redirect"})
_PASSING = frozenset({202, 429, 503})


def has_texts(source: Source) -> bool:
    """Whether entries of this source have texts of their own that can be read here."""
    return source.kind in _ADDRESS or reads_articles(source)


def reads_articles(source: Source) -> bool:
    """Whether those texts are on pages that are made for people, as the catalogue allows."""
    return wants_articles(source) and can_read_articles()


def wants_articles(source: Source) -> bool:
    """The same, whether or not the extra that can read them is installed."""
    return source.has_full_text and source.kind not in _ADDRESS


def text_request(source: Source, item: Item) -> FetchRequest | None:
    """What to ask for an item's own text; None where there is none, or none is needed."""
    address = _ADDRESS.get(source.kind)
    if address is not None:
        url = address(item, source.url)
        return FetchRequest(source=replace(source, url=url)) if url else None
    if not reads_articles(source) or not item.url or not is_stub(item):
        return None
    return FetchRequest(source=replace(source, url=item.url, form=""), is_article=True)


def with_text(source: Source, item: Item, fetched: Fetched) -> Item | NotAFeed:
    """The item with its own text, of an answer that is at hand. Never raises for the body."""
    decoded = decode_body(fetched.body, fetched.content_type)
    reason = find_hostility(decoded.text)
    if reason:
        return NotAFeed(detail=f"an answer that was refused before parsing: {reason}")
    if source.kind is SourceKind.PRESS_CORNER:
        return press_corner.with_text(item, decoded.text)
    if source.kind is SourceKind.GOV_UK:
        return gov_uk.with_text(item, decoded.text, fetched.final_url or source.url)
    return with_article(item, decoded.text)


def other_than_page(source: Source, fetched: Fetched) -> str:
    """What came in place of an article's page, by its type: a PDF, a picture; "" where it may be
    one, and of other texts."""
    kind = fetched.content_type.partition(";")[0].strip().lower()
    is_page = not kind or kind.startswith("text/") or kind.endswith(("html", "xml"))
    is_data = fetched.body[:8].lstrip().startswith((b"%PDF", b"PK\x03\x04"))
    if not reads_articles(source) or (is_page and not is_data):
        return ""
    return f"no page but {one_line(kind)[:60] or 'a file'}"


def may_come_later(outcome: FetchOutcome) -> bool:
    """Whether it is worth asking again for a text that could not be had."""
    match outcome:
        case Blocked(retry_after=retry_after, status=status):
            return retry_after is not None or status in _PASSING
        case FetchFailed(kind=kind):
            return kind not in _NEVER
        case _:
            return True
