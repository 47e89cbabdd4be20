"""documents.json of the Federal Register's API (federalregister.gov/developers)."""

from __future__ import annotations

from typing import Any

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
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

_FACTS = (
    ("Effective", "effective_on"),
    ("Comments due", "comments_close_on"),
    ("Signed", "signing_date"),
    ("Docket", "docket_ids"),
    ("Executive order", "executive_order_number"),
    ("Citation", "citation"),
    ("RIN", "regulation_id_numbers"),
)


def parse_documents(text: str) -> ParsedPage | NotAFeed:
    """The documents of one answer; the document number is the guid, and the date is a day.

    `results` is missing when nothing was found, which is an empty page. An answer with `errors` or
    a `status` of its own is none.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return NotAFeed(detail=f"{describe(text)}, where the Federal Register's JSON should be")
    data = load_json(text)
    if isinstance(data, NotAFeed):
        return data
    if not isinstance(data, dict) or "errors" in data or "count" not in data:
        return NotAFeed(detail=describe_json(data))
    results = data.get("results") or []
    if not isinstance(results, list):
        return NotAFeed(detail="JSON of the Federal Register whose results are no list")
    if data["count"] and not results:
        return NotAFeed(
            detail=f"JSON of the Federal Register that counts {one_line(str(data['count'])[:20])} "
            "documents and lists none"
        )
    items: list[RawItem] = []
    for document in results[:MAX_ENTRIES]:
        if isinstance(document, dict) and (
            document.get("document_number") or document.get("title")
        ):
            items.append(_document(document))
    skipped = min(len(results), MAX_ENTRIES) - len(items)
    return ParsedPage(
        items=tuple(items),
        language="en",
        note=joined_notes(
            entry_cap_note(len(results)), skipped_note(skipped, "no documents in them")
        ),
    )


def _document(document: dict[str, Any]) -> RawItem:
    return RawItem(
        guid=_said(document.get("document_number")) or None,
        link=_said(document.get("html_url")) or _said(document.get("pdf_url")) or None,
        title=_said(document.get("title")) or _said(document.get("toc_subject")),
        text_html="\n".join(_lines(document)),
        published=_said(document.get("publication_date")) or None,
        language="en",
    )


def _lines(document: dict[str, Any]) -> list[str]:
    """What a desk wants to match on: the abstract, who and what kind, the dates and numbers."""
    kind = " – ".join(
        filter(
            None, (_said(document.get("type")), _said(document.get("action")), _agencies(document))
        )
    )
    facts = [f"{label}: {value}" for label, key in _FACTS if (value := _said(document.get(key)))]
    lines = [
        _said(document.get("abstract")),
        kind,
        f"Dates: {dates}" if (dates := _said(document.get("dates"))) else "",
        ". ".join(facts),
    ]
    return [line for line in lines if line]


def _agencies(document: dict[str, Any]) -> str:
    listed = document.get("agencies")
    names = [
        _said(agency.get("name")) or _said(agency.get("raw_name")).title()
        for agency in (listed if isinstance(listed, list) else [])
        if isinstance(agency, dict)
    ]
    return ", ".join(dict.fromkeys(filter(None, names))) or _said(document.get("agency_names"))


def _said(value: object) -> str:
    """Text on one line, numbers as written, lists joined; "" for null (abstracts may be null)."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return ", ".join(filter(None, map(_said, value)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""
