"""For how long an answer holds, by its headers (RFC 9111) or its own word (RSS 2.0 ttl). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_FRESH = timedelta(days=1)
"""Longer promises are taken for this; the cadence cuts them further."""

_TTL = re.compile(r"<ttl>\s*(\d{1,6})\s*</ttl>")
_ENTRY = re.compile(r"<(?:item|entry)[\s>]")
_CHANNEL_CHARACTERS = 50_000


def header_freshness(headers: Mapping[str, str]) -> timedelta | None:
    """Cache-Control's max-age, else Expires against the answer's own Date, less its Age; None where
    they say nothing usable, or that it must not be kept at all (RFC 9111, 4.2.1 and 4.2.3)."""
    directives = _directives(headers.get("cache-control", ""))
    if directives.keys() & {"no-cache", "no-store"}:
        return None
    lifetime = _seconds(directives.get("max-age"))
    if lifetime is None:
        if "max-age" in directives:
            return None
        expires, sent = _date(headers.get("expires")), _date(headers.get("date"))
        if expires is None or sent is None:
            return None
        lifetime = expires - sent
    left = lifetime - (_seconds(headers.get("age")) or timedelta(0))
    return min(left, MAX_FRESH) if left > timedelta(0) else None


def stated_ttl(text: str) -> timedelta | None:
    """What an RSS channel says of itself before its first item: minutes; None where it does not."""
    channel = text[:_CHANNEL_CHARACTERS]
    entry = _ENTRY.search(channel)
    found = _TTL.search(channel, 0, entry.start() if entry else len(channel))
    if found is None or not int(found[1]):
        return None
    return min(timedelta(minutes=int(found[1])), MAX_FRESH)


def longer(*spans: timedelta | None) -> timedelta | None:
    """The longest of the stated ones."""
    return max((span for span in spans if span is not None), default=None)


def _directives(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in value.split(","))
    return {name.strip().lower(): said.strip().strip('"') for name, _, said in pairs}


def _seconds(value: str | None) -> timedelta | None:
    text = (value or "").strip()
    if not text.isascii() or not text.isdecimal():
        return None
    return timedelta(seconds=min(int(text[:10]), 10**8))


def _date(value: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime((value or "").strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
