"""The European Commission's press corner: its lists, and a release's own text. Pure.

    api/rss                     the latest ten, whatever one asks for
    api/latestnews, api/search  as many as one asks for, by pages
    api/documents?reference=    one release, with its text, as JSON

A release is known by its reference (IP/26/1799), which is in its link, too (…/en/ip_26_1799).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from bot.domain.fetch import NotAFeed
from bot.domain.item import Facts, Item, RawItem
from bot.sources.dates import parse_date
from bot.sources.feeds import parse_feed_text
from bot.sources.json_feed import describe_json, load_json
from bot.sources.page import MAX_ENTRIES, ParsedPage, entry_cap_note, joined_notes, skipped_note
from bot.sources.plain_text import html_to_text, one_line

_REFERENCE = re.compile(r"[A-Z]{1,20}/\d{2}/\d{1,6}")
_IN_LINK = re.compile(r"/detail/[a-z]{2}/([a-z]{1,20})_(\d{2})_(\d{1,6})(?![\w])", re.IGNORECASE)
_NUMBER = "press:"


def parse_press_corner(text: str, url: str) -> ParsedPage | NotAFeed:
    """The releases of a list, RSS or JSON. `url` is where it came from: it says the page and the
    language."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        page = parse_feed_text(text, url)
        if isinstance(page, NotAFeed):
            return page
        return replace(page, items=tuple(map(_of_feed, page.items)))
    data = load_json(text)
    if isinstance(data, NotAFeed):
        return data
    listed = data.get("docuLanguageListResources") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        return NotAFeed(detail=f"{describe_json(data)}, without the press corner's list")
    entries = [each for each in listed[:MAX_ENTRIES] if isinstance(each, dict)]
    items = [item for each in entries if (item := _of_list(each, url)) is not None]
    if listed and not items:
        return NotAFeed(
            detail=f"the press corner's JSON, whose {len(listed)} entries have neither title nor "
            "reference"
        )
    skipped = min(len(listed), MAX_ENTRIES) - len(items)
    return ParsedPage(
        items=tuple(items),
        note=joined_notes(
            entry_cap_note(len(listed)), skipped_note(skipped, "without title and reference")
        ),
        next_page=_page_after(url) if listed else "",
    )


def text_url(item: Item, url: str) -> str:
    """Where a release's own text is, beside the list at `url`; "" where it has no reference."""
    guid = item.guid or ""
    if not guid.startswith(_NUMBER):
        return ""
    reference = quote(guid.removeprefix(_NUMBER), safe="/")
    language = item.language or "en"
    return urljoin(url, f"documents?reference={reference}&language={language}")


def with_text(item: Item, text: str) -> Item | NotAFeed:
    """The release with its own text, and the time of its publication."""
    data = load_json(text)
    if isinstance(data, NotAFeed):
        return data
    release = data.get("docuLanguageResource") if isinstance(data, dict) else None
    if not isinstance(release, dict):
        return NotAFeed(detail=f"{describe_json(data)}, without a release")
    said = [html_to_text(_said(release.get(name))) for name in ("subtitle", "htmlContent")]
    if not any(said):
        return NotAFeed(detail="a release of the press corner without text")
    kind = _description(data.get("docutypeResource"))
    at, precision = parse_date(_said(data.get("publishDate")), item.zone)
    topics = data.get("policiesResource")
    named = [_description(each) for each in topics] if isinstance(topics, list) else []
    about = f"Topics: {', '.join(filter(None, named))}" if any(named) else ""
    return replace(
        item,
        title=item.title or one_line(html_to_text(_said(release.get("title")))),
        text="\n".join(filter(None, [*said, about])),
        facts=item.facts if not kind or _has_type(item.facts) else (("type", kind), *item.facts),
        published_at=at or item.published_at,
        precision=precision if at else item.precision,
    )


def _of_feed(raw: RawItem) -> RawItem:
    found = _IN_LINK.search(raw.link or "") or _IN_LINK.search(raw.guid or "")
    if found is None:
        return raw
    reference = f"{found[1].upper()}/{found[2]}/{found[3]}"
    return replace(raw, number=_NUMBER + reference, facts=(("reference", reference),))


def _of_list(entry: dict[str, Any], url: str) -> RawItem | None:
    reference, title = _said(entry.get("refCode")).upper(), _said(entry.get("title"))
    is_known = _REFERENCE.fullmatch(reference) is not None
    if not (title and reference):
        return None
    language = _said(entry.get("languageCode")).casefold()[:2] or "en"
    link = f"/commission/presscorner/detail/{language}/{reference.lower().replace('/', '_')}"
    kind = _description(entry.get("docutype"))
    facts = (("type", kind), ("reference", reference))
    return RawItem(
        guid=reference,
        number=_NUMBER + reference if is_known else None,
        link=urljoin(url, link) if is_known else None,
        title=title,
        text_html=_said(entry.get("leadText")),
        published=_said(entry.get("eventDate")) or None,
        language=language,
        facts=tuple((name, value) for name, value in facts if value),
    )


def _page_after(url: str) -> str:
    """The address of the next page; "" where the address has no page."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    at = next((n for n, (name, _) in enumerate(query) if name.casefold() == "pagenumber"), None)
    if at is None or not query[at][1].isdecimal():
        return ""
    query[at] = (query[at][0], str(int(query[at][1][:6]) + 1))
    return urlunsplit(parts._replace(query=urlencode(query)))


def _has_type(facts: Facts) -> bool:
    return any(name == "type" for name, _ in facts)


def _description(value: object) -> str:
    return _said(value.get("description")) if isinstance(value, dict) else ""


def _said(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
