"""The Federal Register's API (federalregister.gov/developers): what was and what will be published.

documents.json lists published documents; public-inspection-documents/current.json those on file for
public inspection, days before. Both give a document its number, by which one follows the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from bot.domain.fetch import NotAFeed
from bot.domain.item import Facts, RawItem
from bot.sources.dates import utc_second
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
from bot.stories.updates import INSPECTION, PUBLISHED

_LABELS = (
    ("Effective", "effective_on"),
    ("Comments due", "comments_close_on"),
    ("Signed", "signing_date"),
    ("Docket", "docket_ids"),
    ("Executive order", "executive_order_number"),
    ("Citation", "citation"),
    ("RIN", "regulation_id_numbers"),
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# "2012-07333" on file is "2012-7333" when it is published; "C1-2026-19001" is a document of its own
_PADDED = re.compile(r"((?:[A-Z]\d-)?\d{4}-)0+(?=\d)")


def parse_documents(text: str) -> ParsedPage | NotAFeed:
    """The documents of one answer; the document number is the guid, and the date is a day.

    `results` is missing when nothing was found, which is an empty page. An answer with `errors` or
    a `status` of its own is none.
    """
    return _parse(text, _document)


def parse_inspection(text: str) -> ParsedPage | NotAFeed:
    """The documents on file for public inspection, dated by their filing."""
    return _parse(text, _on_file)


def official_number(document_number: str) -> str | None:
    """The number by which a document is known, on file and published; None where it has none."""
    said = "".join(document_number.split()).upper()[:60]
    return "fr:" + _PADDED.sub(r"\1", said) if said else None


def _parse(text: str, read: Callable[[dict[str, Any]], RawItem]) -> ParsedPage | NotAFeed:
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
            items.append(read(document))
    skipped = min(len(results), MAX_ENTRIES) - len(items)
    return ParsedPage(
        items=tuple(items),
        language="en",
        note=joined_notes(
            entry_cap_note(len(results)), skipped_note(skipped, "no documents in them")
        ),
        next_page=_said(data.get("next_page_url")),
    )


def _document(document: dict[str, Any]) -> RawItem:
    number = _said(document.get("document_number"))
    facts = [
        ("type", _said(document.get("type"))),
        *(("agency", name) for name in _agencies(document)),
        *(("docket", docket) for docket in _dockets(document)),
        ("citation", _said(document.get("citation"))),
        ("signed", _day(document.get("signing_date"))),
        ("effective", _day(document.get("effective_on"))),
        ("comments-until", _day(document.get("comments_close_on"))),
        ("publication", _day(document.get("publication_date"))),
        ("reference", number),
        ("status", PUBLISHED if number else ""),
    ]
    return RawItem(
        guid=number or None,
        number=official_number(number),
        link=_said(document.get("html_url")) or _said(document.get("pdf_url")) or None,
        title=_said(document.get("title")) or _said(document.get("toc_subject")),
        text_html="\n".join(_lines(document)),
        published=_said(document.get("publication_date")) or None,
        language="en",
        facts=_stated(facts),
    )


def _lines(document: dict[str, Any]) -> list[str]:
    """What a desk wants to match on: the abstract, who and what kind, the dates and numbers."""
    facts = [f"{label}: {value}" for label, key in _LABELS if (value := _said(document.get(key)))]
    lines = [
        _said(document.get("abstract")),
        _kind(document, "action"),
        f"Dates: {dates}" if (dates := _said(document.get("dates"))) else "",
        ". ".join(facts),
    ]
    return [line for line in lines if line]


def _on_file(document: dict[str, Any]) -> RawItem:
    number = _said(document.get("document_number"))
    subjects = [_said(document.get(f"subject_{place}")) for place in (1, 2, 3)]
    listed = [_said(document.get(name)) for name in ("toc_subject", "toc_doc")]
    title = _said(document.get("title")) or " ".join(filter(None, subjects))
    filed = _said(document.get("filed_at"))
    day = _day(document.get("publication_date"))
    dockets = _dockets(document)
    facts = [
        ("type", _said(document.get("type"))),
        *(("agency", name) for name in _agencies(document)),
        *(("docket", docket) for docket in dockets),
        ("filed", utc_second(filed)),
        ("publication", day),
        ("reference", number),
        ("status", INSPECTION if number else ""),
    ]
    filing = _said(document.get("filing_type"))
    lines = [
        ". ".join(dict.fromkeys(each for each in (*subjects, *listed) if each and each != title)),
        _kind(document),
        f"On file for public inspection{f' ({filing} filing)' if filing else ''}"
        f"{f', to be published on {day}' if day else ''}.",
        f"Docket: {', '.join(dockets)}" if dockets else "",
        _said(document.get("editorial_note")),
    ]
    return RawItem(
        guid=number or None,
        number=official_number(number),
        link=_said(document.get("html_url")) or _said(document.get("pdf_url")) or None,
        title=title or " ".join(filter(None, listed)),
        text_html="\n".join(line for line in lines if line),
        published=filed or None,
        language="en",
        facts=_stated(facts),
    )


def _kind(document: dict[str, Any], *more: str) -> str:
    """The type, what else is named, and the agencies: "Rule – Final rule. – Commerce"."""
    said = [_said(document.get(name)) for name in ("type", *more)]
    return " – ".join(filter(None, [*said, ", ".join(_agencies(document))]))


def _agencies(document: dict[str, Any]) -> list[str]:
    listed = document.get("agencies")
    names = [
        _said(agency.get("name")) or _said(agency.get("raw_name")).title()
        for agency in (listed if isinstance(listed, list) else [])
        if isinstance(agency, dict)
    ]
    return list(dict.fromkeys(filter(None, names))) or list(_each(document.get("agency_names")))


def _dockets(document: dict[str, Any]) -> list[str]:
    found = [
        docket
        for name in ("docket_ids", "docket_id", "docket_numbers")
        for docket in _each(document.get(name))
    ]
    return list(dict.fromkeys(found))


def _each(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if said := _said(each):
            yield said


def _day(value: object) -> str:
    said = _said(value)
    return said if _DAY.fullmatch(said) else ""


def _stated(facts: list[tuple[str, str]]) -> Facts:
    return tuple((name, value) for name, value in facts if value)


def _said(value: object) -> str:
    """Text on one line, numbers as written, lists joined; "" for null (abstracts may be null)."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return ", ".join(filter(None, map(_said, value)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""
