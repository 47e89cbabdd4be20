"""GOV.UK: Atom feeds, the search API, and the content API, whose answer is one page. Pure.

    …atom                       entries, each with the time of its last change
    api/search.json             the same with organisations, by pages
    api/content/<path>          one page: its text, and the notes of all its changes

A page is known by its path. Its time moves with each change that is announced; what the change was,
only the content API says (details.change_history).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from bot.domain.fetch import NotAFeed
from bot.domain.item import Facts, Item, RawItem
from bot.sources.dates import utc_second
from bot.sources.feeds import parse_feed_text
from bot.sources.json_feed import describe_json, load_json
from bot.sources.page import MAX_ENTRIES, ParsedPage, entry_cap_note, joined_notes, skipped_note
from bot.sources.plain_text import html_to_text, one_line
from bot.sources.xml_records import xml_records
from bot.stories.updates import fact

CONTENT = "/api/content"
_NUMBER = "govuk:"
_ENDED = re.compile(r"\s*(?:this feed has ended|feed ended|/\S* feed ended)\s*", re.IGNORECASE)
_FIRST = re.compile(r"\s*(?:first|initial) (?:published|publication)\.?\s*", re.IGNORECASE)


def parse_gov_uk(text: str, url: str) -> ParsedPage | NotAFeed:
    """The pages that an answer of GOV.UK tells of; `url` is where it came from."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _atom(text, url)
    data = load_json(text)
    if isinstance(data, NotAFeed):
        return data
    if isinstance(data, dict) and isinstance(data.get("results"), list):
        return _search(data, data["results"], url)
    if isinstance(data, dict) and _said(data.get("base_path")) and _said(data.get("title")):
        return ParsedPage(items=(_content(data, url),), language=_said(data.get("locale")) or None)
    return NotAFeed(detail=f"{describe_json(data)}, where search results or a page should be")


def text_url(item: Item, url: str) -> str:
    """Where the content API has the page of an item that the list at `url` tells of; "" where it
    has none, or where the list is that page itself."""
    guid = item.guid or ""
    if not guid.startswith(_NUMBER) or urlsplit(url).path.startswith(f"{CONTENT}/"):
        return ""
    return urljoin(url, CONTENT + quote(guid.removeprefix(_NUMBER)))


def with_text(item: Item, text: str, url: str) -> Item | NotAFeed:
    """The item with the page's text and the note of its last change, from the content API's answer.

    One that does not yet have the change of which the list tells is none.
    """
    page = parse_gov_uk(text, url)
    if isinstance(page, NotAFeed):
        return page
    raw = page.items[0] if len(page.items) == 1 else None
    if raw is None or raw.number != item.guid:
        return NotAFeed(detail="an answer about another page")
    stated = dict(raw.facts)
    changed = max(stated.get("updated", ""), stated.get("noted", ""))
    if changed < fact(item, "updated"):
        return NotAFeed(detail="a page that does not yet have the change of which the list tells")
    own = {name for name, _ in item.facts}
    facts = item.facts + tuple((name, value) for name, value in raw.facts if name not in own)
    return replace(item, text=html_to_text(raw.text_html), facts=facts)


def _atom(text: str, url: str) -> ParsedPage | NotAFeed:
    page = parse_feed_text(text, url)
    if isinstance(page, NotAFeed):
        return page
    if any(
        _ENDED.fullmatch(raw.title) or (raw.guid or "").endswith("/feed-ended")
        for raw in page.items
    ):
        return NotAFeed(
            detail="a feed that GOV.UK has ended: its only entry says so. Look on the site for the "
            "organisation's or the finder's new feed"
        )
    found = xml_records(text.lstrip("\ufeff \t\r\n"), {"entry"}, _atom_name)
    updated = {each.get("id", ""): each.get("updated", "") for _name, each in found.records}
    items = tuple(_entry(raw, updated.get(raw.guid or "", ""), url) for raw in page.items)
    return replace(page, items=items)


def _atom_name(namespace: str, name: str) -> str:
    return name if "w3.org/2005/Atom" in namespace else ""


def _entry(raw: RawItem, updated: str, url: str) -> RawItem:
    at = utc_second(updated or raw.published)
    return replace(
        raw, number=_number(raw.link, url), facts=(("updated", at),) if at else raw.facts
    )


def _search(data: dict[str, Any], results: list[Any], url: str) -> ParsedPage | NotAFeed:
    entries = [each for each in results[:MAX_ENTRIES] if isinstance(each, dict)]
    items = [_result(each, url) for each in entries if _said(each.get("title"))]
    if results and not items:
        return NotAFeed(detail=f"GOV.UK's search, whose {len(results)} results have no titles")
    skipped = min(len(results), MAX_ENTRIES) - len(items)
    start, total = data.get("start"), data.get("total")
    after = start + len(results) if isinstance(start, int) and results else 0
    is_more = isinstance(total, int) and 0 < after < total
    return ParsedPage(
        items=tuple(items),
        language="en",
        note=joined_notes(entry_cap_note(len(results)), skipped_note(skipped, "without a title")),
        next_page=_starting(url, after) if is_more else "",
    )


def _result(result: dict[str, Any], url: str) -> RawItem:
    listed = result.get("organisations")
    bodies = [_said(each.get("title")) for each in _dicts(listed)]
    kind = _kind(result.get("content_store_document_type") or result.get("document_type"))
    if kind in {"", "edition"}:  # which says how it is kept, not what it is
        kind = _kind(result.get("format"))
    published = _said(result.get("public_timestamp"))
    link = _said(result.get("link"))
    lines = [_said(result.get("description")), ", ".join(filter(None, bodies))]
    facts = [
        ("type", kind),
        *(("agency", body) for body in bodies),
        ("updated", utc_second(published)),
    ]
    return RawItem(
        guid=link or None,
        number=_number(link, url),
        link=link or None,
        title=_said(result.get("title")),
        text_html="\n".join(filter(None, lines)),
        published=published or None,
        facts=_stated(facts),
    )


def _content(page: dict[str, Any], url: str) -> RawItem:
    details = page.get("details")
    details = details if isinstance(details, dict) else {}
    links = page.get("links")
    bodies = _dicts(links.get("organisations") if isinstance(links, dict) else None)
    path = _said(page.get("base_path"))
    updated = _said(page.get("public_updated_at"))
    noted, note = _last_change(details.get("change_history"))
    facts = [
        ("type", _kind(page.get("document_type"))),
        *(("agency", _said(body.get("title"))) for body in bodies),
        ("updated", utc_second(updated)),
        ("change-note", note),
        ("noted", noted if note else ""),
    ]
    withdrawn = page.get("withdrawn_notice")
    reason = _said(withdrawn.get("explanation")) if isinstance(withdrawn, dict) else ""
    texts = [
        _said(page.get("description")),
        f"Withdrawn: {reason}" if reason else "",
        f"Last change: {note}" if note else "",
        _said(details.get("body")),
        *map(_said, _list(details.get("documents"))),
    ]
    return RawItem(
        guid=path,
        number=_number(path, url),
        link=path,
        title=_said(page.get("title")),
        text_html="\n".join(f"<div>{text}</div>" for text in texts if text),
        published=_said(page.get("first_published_at")) or updated or None,
        facts=_stated(facts),
    )


def _last_change(history: object) -> tuple[str, str]:
    """When the last change was made (UTC) and its note; the note that a page was published at all
    is of no change."""
    changes = [
        (utc_second(_said(each.get("public_timestamp"))), _said(each.get("note")))
        for each in _dicts(history)
    ]
    at, note = max(changes, default=("", ""))
    return at, "" if _FIRST.fullmatch(note) else one_line(html_to_text(note))


def _number(link: str | None, url: str) -> str | None:
    """The number of a page by its path; None of one on another site."""
    try:
        there = urlsplit(urljoin(url, link or ""))
        home = urlsplit(url)
    except ValueError:
        return None
    path = unquote(there.path).rstrip("/")
    if there.netloc != home.netloc or not path or not link:
        return None
    return f"{_NUMBER}{path[:500]}"


def _starting(url: str, at: int) -> str:
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "start"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("start", str(at))], safe="[]")))


def _kind(value: object) -> str:
    return _said(value).replace("_", " ")


def _stated(facts: list[tuple[str, str]]) -> Facts:
    return tuple((name, value) for name, value in facts if value)


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (each for each in _list(value) if isinstance(each, dict))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _said(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
