"""From what a feed said to a fact: RawItem -> Item. Pure.

title, text  -> plain text, capped            link -> absolute http(s), and its canonical form
published    -> aware UTC and its precision   guid -> the official number, where there is one
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.domain.item import OFFICIAL_NUMBERS, Item, RawItem
from bot.domain.source import Source
from bot.sources.dates import parse_date
from bot.sources.language import item_language
from bot.sources.links import absolute_link, canonical_url
from bot.sources.plain_text import MAX_TITLE, capped, html_to_text, one_line, title_text

__all__ = ["canonical_url", "normalise"]

MAX_GUID = 1_000
"""Code points of a publisher's identifier; the start tells them apart."""

MAX_FACT = 300
"""Code points of a fact."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s|(?<=[。！？])|\n")

# "CELEX:32026L1472", "CELEX%3A32015R0757R(03)", "CELEX:52026PC0123(01)": sector, year, type,
# number, then corrigendum or part (EUR-Lex, "How CELEX numbers are composed").
_CELEX = re.compile(
    r"CELEX(?::|%3A)\s?([0-9CE]\d{4}[A-Z]{1,2}\d{4}(?:R?\(\d{2}\))*)", re.IGNORECASE
)
_CELEX_HOSTS = ("//eur-lex.europa.eu/", "//publications.europa.eu/")


def normalise(
    raw: RawItem, source: Source, *, page_url: str, page_language: str | None, now: datetime
) -> Item | None:
    """The item that an entry is; None when it has neither title nor text nor link.

    `page_url` is the address that the page came from, after redirects: links and CELEX numbers are
    resolved against it. `now` becomes `first_seen_at`.
    """
    title = title_text(raw.title, is_html_title=raw.is_title_html)
    text = html_to_text(raw.text_html)
    url = absolute_link(raw.link, page_url)
    if not title:
        title = _first_sentence(text)
    if not (title or text or url):
        return None
    published_at, precision = parse_date(raw.published, source.zone)
    return Item(
        source_id=source.source_id,
        source_name=source.name,
        publisher=source.publisher,
        is_official=source.is_official,
        title=title,
        text=text,
        url=url,
        first_seen_at=now,
        guid=_guid(raw, url or page_url),
        canonical_url=canonical_url(url) if url else None,
        language=item_language(
            title, text, declared=raw.language or page_language, languages=source.languages
        ),
        published_at=published_at,
        precision=precision,
        zone=source.zone,
        is_sample=source.is_sample,
        jurisdiction=source.jurisdiction,
        credit=source.credit,
        facts=tuple((name, one_line(value)[:MAX_FACT]) for name, value in raw.facts if value),
    )


def _first_sentence(text: str) -> str:
    return capped(one_line(_SENTENCE_END.split(text, maxsplit=1)[0]), MAX_TITLE)


def _guid(raw: RawItem, url: str) -> str | None:
    """The official number, else the publisher's identifier. EUR-Lex gives a new link and guid to
    the same act; its CELEX number stays. What a feed writes itself is never taken for a number."""
    if raw.number:
        return one_line(raw.number)[:MAX_GUID]
    if any(host in url for host in _CELEX_HOSTS):
        for said in (raw.title, raw.link or "", raw.guid or ""):
            match = _CELEX.search(said)
            if match:
                return f"celex:{match.group(1).upper()}"
    guid = one_line(raw.guid or "")[:MAX_GUID].strip()
    if guid.startswith(OFFICIAL_NUMBERS):
        guid = f"guid:{guid}"[:MAX_GUID]
    return guid or None
