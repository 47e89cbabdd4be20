"""Sources that a desk adds for itself: the address as typed, whether it is there already, and an id
that is free. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from bot.domain.ids import SourceId
from bot.domain.source import Source
from bot.sources.links import canonical_url

MAX_ID = 40
"""Code points of an id that is made of a name."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_PORT = re.compile(r"[\w.-]+:\d{1,5}(?:/|$)")
_OF_ADDRESSES = re.compile(r"[./\[:。．｡]")


def address_of(typed: str) -> str | None:
    """The address that somebody typed, with a scheme; None for what is a name.

    "feed:" is what browsers once put before the addresses of feeds.
    """
    if typed[:5].lower() == "feed:":
        typed = typed[5:]
        return f"https:{typed}" if typed.startswith("//") else typed
    if _SCHEME.match(typed) and not _PORT.match(typed):
        return typed
    if typed.startswith("//"):
        return f"https:{typed}"
    return f"https://{typed}" if _OF_ADDRESSES.search(typed) else None


def shown_address(url: str) -> str:
    """An address as it may be shown: whatever stands before an @ may be a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url[:120]
    if not parts.netloc:
        return url[:120]
    host = parts.netloc.rpartition("@")[2]
    return f"{host}{parts.path}"[:120].rstrip("/")


def address_key(url: str) -> str:
    """What is the same for all spellings of one address."""
    return canonical_url(url) or url.rstrip("/").lower()


def same_address(url: str, sources: Iterable[Source]) -> Source | None:
    """The source that is read at this address, however it is written."""
    key = address_key(url)
    return next((each for each in sources if address_key(each.url) == key and not each.form), None)


def free_id(name: str, url: str, taken: Collection[str]) -> SourceId:
    """An id made of a source's name, or of its host where the name has no Latin letters."""
    base = _id_of(name) or _id_of((urlsplit(url).hostname or "").removeprefix("www."))
    base = base or "source"
    number, found = 2, base
    while found in taken:
        found = f"{base}-{number}"
        number += 1
    return SourceId(found)


def _id_of(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    said = _NOT_IN_ID.sub("-", plain).strip("-")
    cut = said[:MAX_ID].rsplit("-", 1)[0] if len(said) > MAX_ID and "-" in said else said[:MAX_ID]
    # two letters of a long Chinese name would be a strange id
    return cut.strip("-") if len(cut) * 3 >= len(words.strip()[:MAX_ID]) else ""
