"""List pages of ministries that have no feed, read by CSS selectors; also HTML within JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.domain.source import ListShape
from bot.sources.charset import decode_body
from bot.sources.dates import find_date
from bot.sources.hostile import find_hostility
from bot.sources.json_feed import describe_json, load_json
from bot.sources.page import (
    MAX_ENTRIES,
    ParsedPage,
    entry_cap_note,
    joined_notes,
    skipped_note,
)
from bot.sources.plain_text import one_line
from bot.sources.sniff import describe


def is_selector(text: str) -> bool:
    """Whether a CSS selector can be read here at all."""
    try:
        LexborHTMLParser("").css(text)
    except (SelectolaxError, ValueError):
        return False
    return True


def parse_list(body: bytes, content_type: str, shape: ListShape, url: str) -> ParsedPage | NotAFeed:
    """parse_list_text of bytes, whose encoding is repaired as a feed's is."""
    decoded = decode_body(body, content_type)
    reason = find_hostility(decoded.text)
    if reason:
        return NotAFeed(detail=f"a body that was refused before parsing: {reason}")
    return parse_list_text(decoded.text, shape, url)


def parse_list_text(text: str, shape: ListShape, url: str) -> ParsedPage | NotAFeed:
    """The entries of a list page; links stay relative to `url`, unless the page has a <base>.

    Where the shape has a date selector, lines without a date are menus and headings, and are left
    out. A page on which the selectors find nothing is no list: it has changed, or is a wall.
    """
    markup = text if shape.json_path is None else _within_json(text, shape.json_path)
    if isinstance(markup, NotAFeed):
        return markup
    tree = LexborHTMLParser(markup)
    try:
        found = tree.css(shape.entry)
        base = _base(tree, url)
        entries = [_entry(node, shape, base) for node in found[:MAX_ENTRIES]]
        older = tree.css_first(shape.next) if shape.next is not None else None
        language = tree.root.attributes.get("lang") if tree.root is not None else None
    except (SelectolaxError, ValueError) as error:
        return NotAFeed(detail=f"a selector of the source's shape cannot be read ({error})")
    kept = [entry for entry in entries if entry is not None]
    dated = [entry for entry in kept if entry.published]
    if shape.date is not None:
        kept = dated
    if not kept:
        return NotAFeed(detail=_nothing(text, markup, shape, len(found), len(entries)))
    return ParsedPage(
        items=tuple(
            dict.fromkeys(kept)
        ),  # a list in a list: the outer line shows the inner's first
        language=language,
        note=joined_notes(
            entry_cap_note(len(found)),
            skipped_note(sum(entry is None for entry in entries), "without link and title"),
        ),
        next_page=_joined(base or url, _href(older)) if _href(older) else "",
    )


def _base(tree: LexborHTMLParser, url: str) -> str:
    """What the page says that its links hang on; "" where it says nothing, or nothing readable."""
    stated = tree.css_first("base[href]")
    href = (stated.attributes.get("href") or "").strip() if stated is not None else ""
    return _joined(url, href) if href else ""


def _href(node: LexborNode | None) -> str:
    return (node.attributes.get("href") or "").strip() if node is not None else ""


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def _entry(node: LexborNode, shape: ListShape, base: str) -> RawItem | None:
    link = node if node.tag == "a" and shape.link == "a" else node.css_first(shape.link)
    href = _href(link)
    if shape.title is not None:
        title = " · ".join(
            filter(None, (one_line(place.text(separator=" ")) for place in node.css(shape.title)))
        )
    else:
        title = _title(link) if link is not None else ""
    if not title:
        title = one_line(node.text(separator=" "))
    if not title or not href:
        return None
    link_said = _joined(base, href) if base else href
    return RawItem(link=link_said, title=title, published=_date(node, shape))


def _title(link: LexborNode) -> str:
    """The link's text, or its title attribute where the text is that title cut short."""
    text = one_line(link.text(separator=" "))
    full = one_line(link.attributes.get("title") or "")
    cut = text.rstrip(".…· ")
    return full if full and full.startswith(cut) else text


def _date(node: LexborNode, shape: ListShape) -> str | None:
    if shape.date is None:
        return find_date(one_line(node.text(separator=" ")))
    for place in node.css(shape.date):  # <span>NEW</span><span>2026-07-15</span>
        stated = (place.attributes.get("datetime") or "").strip()
        said = stated or find_date(one_line(place.text(separator=" ")))
        if said:
            return said
    return None


def _within_json(text: str, path: str) -> str | NotAFeed:
    """The HTML at a dotted path of a JSON answer ("data.html", "items.0.body")."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return NotAFeed(detail=f"{describe(text)}, where JSON with HTML in it should be")
    data: Any = load_json(text)
    if isinstance(data, NotAFeed):
        return data
    place = data
    for step in path.split("."):
        if isinstance(place, dict) and step in place:
            place = place[step]
        elif isinstance(place, list) and step.isdecimal() and int(step) < len(place):
            place = place[int(step)]
        else:
            return NotAFeed(detail=f"{describe_json(data)}, without the HTML at {path}")
    if not isinstance(place, str) or not place.strip():
        return NotAFeed(detail=f"JSON with nothing to read at {path}")
    reason = find_hostility(place)  # the JSON around it was looked at, its texts were not
    if reason:
        return NotAFeed(detail=f"JSON whose HTML was refused before parsing: {reason}")
    return place


def _nothing(text: str, markup: str, shape: ListShape, found: int, entries: int) -> str:
    came = describe(markup) if shape.json_path is None else f"JSON with {describe(markup)}"
    if not found:
        return f"{came}, on which {shape.entry!r} finds nothing"
    wanted = "a link" if shape.date is None else f"a link and a date ({shape.date!r})"
    return f"{came}, on which {shape.entry!r} finds {found} places, none of them with {wanted}"
