"""The text of a page's chosen parts, block by block. Pure."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from bot.domain.fetch import NotAFeed
from bot.domain.source import PageShape
from bot.domain.version import Row, packed
from bot.sources.plain_text import MAX_TEXT, clean, html_to_text, is_html
from bot.sources.register_rows import ParsedRegister
from bot.sources.sniff import describe

MAX_BLOCKS = 5_000
"""Blocks of one page's text."""


def parse_page(text: str, shape: PageShape) -> ParsedRegister | NotAFeed:
    """The blocks of what the selector finds, as rows; each is its own key, for nothing else is.

    Of a text that is no HTML, the lines. A page on which the selector finds nothing has changed
    its form, or is a wall: that is not told as a change of its text.
    """
    if not is_html(text[:MAX_TEXT]):
        said = clean(text)
        if not said:
            return NotAFeed(detail=f"{describe(text)}, where a page should be")
        return _blocks(said)
    try:
        tree = LexborHTMLParser(text)
        for selector in shape.leave_out:
            for node in tree.css(selector):
                node.decompose()
        found = tree.css(shape.selector)
        # of nodes within each other only the outer: nothing is said twice
        markup: list[str] = []
        outer: set[int] = set()
        for node in found:
            parent, is_inner = node.parent, False
            while parent is not None and not is_inner:
                is_inner = parent.mem_id in outer
                parent = parent.parent
            if not is_inner:
                outer.add(node.mem_id)
                markup.append(node.html or "")
    except (SelectolaxError, ValueError) as error:
        return NotAFeed(detail=f"a selector of the source's shape cannot be read ({error})")
    said = "\n".join(map(html_to_text, markup)).strip()
    if not said:
        return NotAFeed(
            detail=f"{describe(text)}, on which {shape.selector!r} finds "
            f"{'nothing' if not found else 'no text'}"
        )
    return _blocks(said)


def _blocks(said: str) -> ParsedRegister:
    blocks = [line for line in said.split("\n") if line]
    seen: Counter[str] = Counter()
    rows: list[bytes] = []
    for place, block in enumerate(blocks[:MAX_BLOCKS]):
        key = blake2b(block.encode(), digest_size=12).hexdigest()
        seen[key] += 1
        rows.append(packed(Row(key=f"{key}-{seen[key]}", name=block, place=place)))
    is_cut = len(blocks) > MAX_BLOCKS or len(said) >= MAX_TEXT
    note = "the page is so long that only its beginning is compared" if is_cut else ""
    return ParsedRegister(rows=rows, note=note)
