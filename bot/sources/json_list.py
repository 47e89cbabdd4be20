"""Lists in JSON answers, by declaration: JMESPath expressions say where what stands."""

from __future__ import annotations

import jmespath
from jmespath.exceptions import JMESPathError

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.domain.source import JsonShape
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


def is_expression(text: str) -> bool:
    """Whether a JMESPath expression can be read here at all."""
    try:
        jmespath.compile(text)
    except JMESPathError:
        return False
    return True


def parse_json_list(text: str, shape: JsonShape) -> ParsedPage | NotAFeed:
    """The entries of a JSON answer, by the source's expressions.

    An empty list is an empty page; no list where the shape says that one is, is none.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return NotAFeed(detail=f"{describe(text)}, where JSON should be")
    data = load_json(text)
    if isinstance(data, NotAFeed):
        return data
    try:
        found = jmespath.search(shape.entries, data)
        if not isinstance(found, list):
            return NotAFeed(
                detail=f"{describe_json(data)}, and the shape's entries = {shape.entries!r} finds "
                "no list in it"
            )
        entries = [_entry(each, shape) for each in found[:MAX_ENTRIES]]
        next_page = _said(data, shape.next)
    except JMESPathError as error:
        return NotAFeed(
            detail=f"JSON in which the shape's expressions fail ({one_line(str(error))[:200]})"
        )
    items = tuple(entry for entry in entries if entry is not None)
    if found and not items:
        return NotAFeed(
            detail=f"JSON whose {len(found)} entries have neither title nor link where the shape "
            "says"
        )
    return ParsedPage(
        items=items,
        note=joined_notes(
            entry_cap_note(len(found)),
            skipped_note(len(entries) - len(items), "without title and link"),
        ),
        next_page=next_page,
    )


def _entry(entry: object, shape: JsonShape) -> RawItem | None:
    title, link = _said(entry, shape.title), _said(entry, shape.link)
    if not (title or link):
        return None
    return RawItem(
        title=title,
        link=link or None,
        guid=_said(entry, shape.guid) or None,
        published=_said(entry, shape.date) or None,
        text_html=_said(entry, shape.text),
    )


def _said(entry: object, expression: str | None) -> str:
    """What an expression finds, as text: numbers as written, lists joined, "" for nothing."""
    return "" if expression is None else _as_text(jmespath.search(expression, entry))


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(filter(None, map(_as_text, value)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""
