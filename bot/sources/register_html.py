"""Lists that are tables of an HTML page. Pure."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from bot.domain.fetch import NotAFeed
from bot.domain.source import RegisterShape
from bot.sources.charset import decode_body
from bot.sources.hostile import find_hostility
from bot.sources.page import joined_notes, skipped_note
from bot.sources.register_csv import Columns
from bot.sources.register_rows import ParsedRegister, Refused, Rows, tidy
from bot.sources.sniff import describe

_END = re.compile(r"</(?:table|body|html)\s*>", re.IGNORECASE)

MAX_CHARACTERS = 5_000_000
"""Of a page; its tree takes some ten times as much."""


def parse_table(body: bytes, content_type: str, shape: RegisterShape) -> ParsedRegister | NotAFeed:
    """The rows that the selector finds; rows of <th> alone name the columns of those after them."""
    decoded = decode_body(body[: 4 * MAX_CHARACTERS + 4], content_type)
    text = decoded.text
    reason = find_hostility(text)
    if reason is None and len(text) > MAX_CHARACTERS:
        reason = f"it is longer than {MAX_CHARACTERS:,} characters"
    if reason:
        return NotAFeed(detail=f"a page that was refused before parsing: {reason}")
    rows = Rows(shape, len(body))
    columns = Columns(shape.columns, shape) if shape.columns else None
    heads: list[str] = []
    try:
        tree = LexborHTMLParser(text)
        tree.strip_tags(["script", "style"])
        found = tree.css(shape.entry)
        for row in found:
            cells = [cell for cell in row.iter(include_text=False) if cell.tag in {"td", "th"}]
            values = [tidy(cell.text(separator=" ")) for cell in cells]
            if cells and all(cell.tag == "th" for cell in cells) and not shape.columns:
                columns = Columns(values, shape)
                heads += values
            elif columns is not None and not columns.missing:
                columns.add(rows, values)
    except (SelectolaxError, ValueError) as error:
        return NotAFeed(detail=f"a selector of the source's shape cannot be read ({error})")
    except Refused as refusal:
        return NotAFeed(detail=f"a page that was refused: {refusal}")
    if not len(rows):
        return NotAFeed(
            detail=f"{describe(text)}, on which {shape.entry!r} finds {len(found)} rows, none of "
            f"them an entry with {shape.key[0]!r}"
            + (f"; the columns are {', '.join(heads)[:300]}" if heads else "")
        )
    return ParsedRegister(
        rows=rows.finish(),
        note=joined_notes(decoded.note, skipped_note(rows.skipped, "without a key")),
        last_key=rows.last_key,
        is_ended=_END.search(text, max(0, len(text) - 1_000)) is not None,
    )
