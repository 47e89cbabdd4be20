"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from typing import Any

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.sources.page import (
    MAX_ENTRIES,
    ParsedPage,
    entry_cap_note,
    joined_notes,
    skipped_note,
)
from bot.sources.plain_text import one_line

_MAX_DIGITS = 300


def load_json(text: str) -> Any | NotAFeed:  # noqa: ANN401
    """The JSON value of a text, or NotAFeed with the place of the mistake."""
    try:
        # servers put a byte order mark before what scripts have marked already
        return json.loads(
            text.lstrip("\ufeff \t\r\n"), parse_constant=_no_value, parse_int=_whole_number
        )
    except json.JSONDecodeError as error:
        return NotAFeed(
            detail=f"JSON that cannot be read ({error.msg} at line {error.lineno}, "
            f"column {error.colno}); it was probably cut short"
        )
    except (ValueError, RecursionError):
        return NotAFeed(detail="JSON that cannot be read (a nesting out of bounds)")


def parse_json_feed(text: str) -> ParsedPage | NotAFeed:
    """The entries of a JSON Feed; links are absolute by its specification, and left as they are."""
    data = load_json(text)
    if isinstance(data, NotAFeed):
        return data
    if not isinstance(data, dict) or "jsonfeed.org/version/" not in str(data.get("version", "")):
        return NotAFeed(detail=describe_json(data))
    listed = data.get("items")
    if not isinstance(listed, list):
        return NotAFeed(detail="a JSON Feed without its list of items")
    items = [_entry(entry) for entry in listed[:MAX_ENTRIES] if isinstance(entry, dict)]
    skipped = min(len(listed), MAX_ENTRIES) - len(items)
    return ParsedPage(
        items=tuple(items),
        language=_text(data.get("language")) or None,
        note=joined_notes(entry_cap_note(len(listed)), skipped_note(skipped, "no objects")),
        next_page=_text(data.get("next_url")),
    )


def describe_json(data: object) -> str:
    """What came in place of the JSON that was expected."""
    if isinstance(data, dict):
        keys = one_line(", ".join(sorted(str(key)[:30] for key in data)[:6])) or "none"
        said = next(
            (data[key] for key in ("message", "error", "errors", "detail") if data.get(key)), None
        )
        told = f", saying {one_line(json.dumps(said, ensure_ascii=False)[:120])}" if said else ""
        return f"a JSON object of another kind (keys: {keys}){told}"
    if isinstance(data, list):
        return f"a JSON list of {len(data)}"
    return f"the JSON value {json.dumps(data)[:40]}"  # in ASCII: lone surrogates are escaped


def _entry(entry: dict[str, Any]) -> RawItem:
    bodies = (_text(entry.get(key)) for key in ("content_html", "content_text", "summary"))
    return RawItem(
        guid=_text(entry.get("id")) or None,
        link=_text(entry.get("url")) or _text(entry.get("external_url")) or None,
        title=_text(entry.get("title")),
        text_html=max(bodies, key=len),
        published=_text(entry.get("date_published")) or _text(entry.get("date_modified")) or None,
        language=_text(entry.get("language")) or None,
    )


def _text(value: object) -> str:
    """A string as it is, a number as it is written; "" for all else (ids may be numbers)."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def _no_value(_name: str) -> None:
    """What NaN and Infinity stand for: scripts write them, and one must not hide all entries."""


def _whole_number(digits: str) -> int | str:
    """A number; as it is written where it is longer than any that counts something."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits
