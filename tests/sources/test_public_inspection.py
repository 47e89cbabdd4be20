"""Documents on file for public inspection: the shapes of the API, with documents of our own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, NotAFeed, Read
from bot.domain.item import Item, Precision
from bot.domain.source import SourceKind
from bot.sources.federal_register import official_number, parse_documents, parse_inspection
from bot.sources.page import ParsedPage
from bot.sources.read import read_body
from tests.samples import NOW, source

FILED: dict[str, Any] = {
    "agencies": [{"raw_name": "Bureau of Tides", "name": "Tides Bureau", "slug": "tides-bureau"}],
    "agency_letters": [],
    "agency_names": ["Tides Bureau"],
    "docket_numbers": ["Docket No. 261009-0002", "RIN 0694-AX09"],
    "document_number": "2026-09007",
    "editorial_note": None,
    "excerpts": None,
    "filed_at": "2026-10-08T08:45:00.000-04:00",
    "filing_type": "regular",
    "html_url": "https://fr.example/public-inspection/2026-09007/gallium",
    "json_url": "https://fr.example/api/v1/public-inspection-documents/2026-09007",
    "num_pages": 12,
    "pdf_url": "https://fr.example/2026-09007.pdf",
    "publication_date": "2026-10-09",
    "subject_1": "Export Controls:",
    "subject_2": "Certain Gallium Wafers",
    "subject_3": "",
    "title": "Export Controls: Certain Gallium Wafers ",
    "toc_doc": "Certain Gallium Wafers",
    "toc_subject": "Export Controls:",
    "type": "Rule",
}


def answered(*documents: Any, **changes: Any) -> str:
    answer: dict[str, Any] = {
        "count": len(documents),
        "special_filings_updated_at": "2026-10-08T11:15:00-04:00",
        "regular_filings_updated_at": "2026-10-08T08:45:00-04:00",
    }
    return json.dumps(answer | ({"results": list(documents)} if documents else {}) | changes)


def read(*documents: Any) -> tuple[Item, ...]:
    listed = source(kind=SourceKind.PUBLIC_INSPECTION, zone="America/New_York", is_official=True)
    found = read_body(listed, Fetched(body=answered(*documents).encode()), NOW)
    assert isinstance(found, Read), found
    return found.items


def test_a_document_on_file_says_who_what_and_when_it_will_be_published() -> None:
    (item,) = read(FILED)
    assert item.title == "Export Controls: Certain Gallium Wafers"
    assert item.guid == "fr:2026-9007"
    assert item.url == FILED["html_url"]
    assert (item.published_at, item.precision) == (
        datetime(2026, 10, 8, 12, 45, tzinfo=UTC),
        Precision.INSTANT,
    )
    assert item.facts == (
        ("type", "Rule"),
        ("agency", "Tides Bureau"),
        ("docket", "Docket No. 261009-0002"),
        ("docket", "RIN 0694-AX09"),
        ("filed", "2026-10-08T12:45:00Z"),
        ("publication", "2026-10-09"),
        ("reference", "2026-09007"),
        ("status", "public inspection"),
    )
    assert "On file for public inspection (regular filing), to be published on 2026-10-09." in (
        item.text
    )
    assert "Rule – Tides Bureau" in item.text and "RIN 0694-AX09" in item.text


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"title": "A"}, "A"),
        ({"title": None}, "Export Controls: Certain Gallium Wafers"),
        ({"title": "", "subject_1": None, "subject_2": None}, "Export Controls: Certain Gallium"),
    ],
)
def test_a_title_is_in_one_of_three_places(fields: dict[str, Any], title: str) -> None:
    assert read(FILED | fields)[0].title.startswith(title)


def test_nothing_on_file_is_an_empty_page() -> None:
    found = parse_inspection(answered())
    assert isinstance(found, ParsedPage) and found.items == ()


def test_an_answer_of_another_kind_is_none() -> None:
    for text in ("<html>", '{"status": 404, "message": "Not found"}', "[]", '{"errors": {}}'):
        assert isinstance(parse_inspection(text), NotAFeed)


@pytest.mark.parametrize(
    ("on_file", "published"),
    [
        ("2012-07333", "2012-7333"),
        ("2026-19001", "2026-19001"),
        ("C1-2026-00012", "c1-2026-12"),
        (" 2026 -\t19001", "2026-19001"),
        ("E9-00123", "E9-00123"),
    ],
)
def test_a_number_is_the_same_on_file_and_published(on_file: str, published: str) -> None:
    assert official_number(on_file) == official_number(published)


def test_different_numbers_stay_different() -> None:
    numbers = ["2026-10", "2026-100", "2026-1", "C1-2026-1", "E9-123", "E9-0123"]
    assert len({official_number(each) for each in numbers}) == len(numbers)
    assert official_number("  ") is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*FILED, "effective_on", "docket_ids"]), VALUES), VALUES)
def test_no_document_and_no_answer_raises(document: dict[str, Any], anything: Any) -> None:
    for parse in (parse_inspection, parse_documents):
        parse(json.dumps({"count": 1, "results": [document, anything]}))
        parse(json.dumps(anything))
        parse(json.dumps({"count": anything, "results": anything, "next_page_url": anything}))


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    parse_inspection(text)
    parse_inspection("{" + text)
