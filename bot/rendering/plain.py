"""Rich text as plain lines, for pipes, for JSON and where Telegram refuses the formatting."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.domain.richtext import RichText, Span

# What a source or a chat could use to move the cursor, reorder or hide text: control characters,
# bidirectional overrides and isolates, the byte-order mark, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text with nothing in it that a terminal or a reader could be tricked by."""
    return _UNSAFE.sub(" ", text)


def to_plain(body: RichText) -> str:
    """The characters of the message; a link is shown by its address."""
    return "\n".join("".join(map(_plain, line)).rstrip() for line in body.lines)


def _plain(span: Span) -> str:
    text = printable(span.text)
    if span.url is None:
        return text
    url = printable(span.url)
    return url if names_host(text, url) else f"{text} ({url})"


def names_host(text: str, url: str) -> bool:
    """Whether a link's text is only its host (or the address itself), so that either will do."""
    return text in {url, urlsplit(url).hostname}
