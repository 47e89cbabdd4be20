"""OPML 1.0 to 2.0: lists of feeds, as readers hand them to each other. Pure.

    bytes -> decode -> hostile? -> outlines with an xmlUrl, however deep -> Subscriptions
    sources -> OPML 2.0

The file is a stranger's, as any feed is: it is looked at before it is parsed, and bounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from itertools import groupby
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from bot.domain.source import Source
from bot.sources.charset import decode_body
from bot.sources.hostile import find_hostility
from bot.sources.plain_text import clean, one_line
from bot.sources.sniff import describe, root_name

MAX_FILE_BYTES = 5_000_000
"""A list of the longest count has a tenth of it."""

MAX_FEEDS = 5_000
"""In one file."""

MAX_NAME = 80
"""Code points of a feed's name."""

_DECLARED = "<?xml"
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed in the list: its address as written, and its name, or ""."""

    url: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class NoList:
    """Why a file is no list of feeds that could be read: a clause without a full stop."""

    reason: str


def parse_opml(body: bytes) -> tuple[Subscription, ...] | NoList:
    """The feeds of a list, in its order. Never raises for anything in the file."""
    if len(body) > MAX_FILE_BYTES:
        return NoList(f"it is longer than {MAX_FILE_BYTES:,} bytes")
    text = decode_body(body, "").text.lstrip("\ufeff \t\r\n")
    reason = find_hostility(text)
    if reason:
        return NoList(reason)
    if root_name(text) != "opml":
        return NoList(f"it is {describe(text)}, where OPML should be")
    text = text[text.index("<") :]
    if text.startswith(_DECLARED) and "?>" in text:
        text = text[text.index("?>") + 2 :]  # its encoding is over
    # half of all readers write the addresses of queries as they stand: ?a=1&b=2
    text = _BARE_AMPERSAND.sub("&amp;", text)
    reader = _Reader()
    try:
        reader.read(text.encode("utf-8", "replace"))
    except _Refused as refusal:
        return NoList(str(refusal))
    except expat.ExpatError as error:
        return NoList(f"it is no well-formed XML from line {error.lineno} on")
    if not reader.found:
        return NoList("no outline in it has an xmlUrl, so that it lists no feed")
    return tuple(reader.found)


class _Refused(Exception):  # noqa: N818
    """Leaves expat. The text says why."""


class _Reader:
    def __init__(self) -> None:
        self.found: list[Subscription] = []

    def read(self, body: bytes) -> None:
        parser = expat.ParserCreate(encoding="utf-8")
        parser.StartElementHandler = self._start
        parser.EntityDeclHandler = _entity
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.Parse(body, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name.lower() != "outline":
            return
        said = {key.lower(): value for key, value in attributes.items()}
        url = clean(said.get("xmlurl", "")).strip()
        if not url:
            return
        if len(self.found) >= MAX_FEEDS:
            raise _Refused(f"it lists more than {MAX_FEEDS:,} feeds")
        name_said = one_line(said.get("title") or said.get("text") or "")[:MAX_NAME]
        self.found.append(Subscription(url=url, name=name_said))


def _entity(*_: object) -> None:
    raise _Refused("it declares entities")


def write_opml(sources: Sequence[Source], now: datetime) -> str:
    """A list of these feeds in OPML 2.0, in folders by jurisdiction; `now` is aware."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        "    <title>Sources of Tidewaiter</title>",
        f"    <dateCreated>{format_datetime(now)}</dateCreated>",
        "  </head>",
        "  <body>",
    ]
    ordered = sorted(sources, key=lambda source: source.jurisdiction or "~")
    for jurisdiction, feeds in groupby(ordered, key=lambda source: source.jurisdiction):
        lines.append(f"    <outline text={_quoted(jurisdiction or 'others')}>")
        lines += [f"      {_outline(source)}" for source in feeds]
        lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>\n"])


def _outline(source: Source) -> str:
    name, url = _quoted(source.name), _quoted(source.url)
    return f'<outline type="rss" text={name} title={name} xmlUrl={url}/>'


def _quoted(text: str) -> str:
    return quoteattr(clean(text))
