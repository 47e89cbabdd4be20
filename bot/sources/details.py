"""Sources whose list has titles only, while each entry's text is at an address of its own. Pure.

item of the list -> text_request -> (fetch) -> with_text -> item with its text
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain.fetch import Fetched, FetchRequest, NotAFeed
from bot.domain.item import Item
from bot.domain.source import Source, SourceKind
from bot.sources import gov_uk, press_corner
from bot.sources.charset import decode_body
from bot.sources.hostile import find_hostility

_ADDRESS: dict[SourceKind, Callable[[Item, str], str]] = {
    SourceKind.PRESS_CORNER: press_corner.text_url,
    SourceKind.GOV_UK: gov_uk.text_url,
}


def has_texts(source: Source) -> bool:
    """Whether entries of this source have texts of their own."""
    return source.kind in _ADDRESS


def text_request(source: Source, item: Item) -> FetchRequest | None:
    """What to ask for an item's own text; None where there is none."""
    address = _ADDRESS.get(source.kind)
    url = address(item, source.url) if address else ""
    return FetchRequest(source=replace(source, url=url)) if url else None


def with_text(source: Source, item: Item, fetched: Fetched) -> Item | NotAFeed:
    """The item with its own text, of an answer that is at hand. Never raises for the body."""
    decoded = decode_body(fetched.body, fetched.content_type)
    reason = find_hostility(decoded.text)
    if reason:
        return NotAFeed(detail=f"an answer that was refused before parsing: {reason}")
    if source.kind is SourceKind.PRESS_CORNER:
        return press_corner.with_text(item, decoded.text)
    return gov_uk.with_text(item, decoded.text, fetched.final_url or source.url)
