"""From the bytes of a list or page that changes to its version. Pure."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

from bot.domain.fetch import NotAFeed
from bot.domain.source import PageShape, RegisterFormat, RegisterShape
from bot.domain.version import Version, version_of
from bot.sources.page_text import parse_page
from bot.sources.register_csv import parse_csv
from bot.sources.register_html import parse_table
from bot.sources.register_rows import ParsedRegister
from bot.sources.register_xml import parse_xml

READING = 1
"""Grows whenever the same bytes come to give other rows: versions of two readings are not compared.
"""


def read_register(
    body: bytes, content_type: str, shape: RegisterShape
) -> tuple[Version, str] | NotAFeed:
    """The version of a list, and a note for the operator ("" for none)."""
    match shape.format:
        case RegisterFormat.CSV:
            return _version(parse_csv(body, content_type, shape), shape)
        case RegisterFormat.XML:
            return _version(parse_xml(body, shape), shape)
        case RegisterFormat.HTML_TABLE:
            return _version(parse_table(body, content_type, shape), shape)


def read_page(text: str, shape: PageShape) -> tuple[Version, str] | NotAFeed:
    """The version of a page, likewise."""
    return _version(parse_page(text, shape), shape)


def _version(
    parsed: ParsedRegister | NotAFeed, shape: RegisterShape | PageShape
) -> tuple[Version, str] | NotAFeed:
    if isinstance(parsed, NotAFeed):
        return parsed
    if isinstance(shape, RegisterShape):
        shape = replace(shape, page="")  # which is for people
    form = blake2b(f"{READING} {shape!r}".encode(), digest_size=8).hexdigest()
    version = version_of(parsed.rows, form, last_key=parsed.last_key, is_ended=parsed.is_ended)
    return version, parsed.note
