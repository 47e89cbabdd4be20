"""documents.json of the Federal Register: the shapes of its API, with documents of our own.

Shapes: federalregister.gov/developers/documentation/api/v1, and the notes in ../shared/sources.md.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, NotAFeed, Read
from bot.domain.item import Precision, RawItem
from bot.domain.source import SourceKind
from bot.sources.federal_register import parse_documents
from bot.sources.page import MAX_ENTRIES, ParsedPage
from bot.sources.read import read_body
from tests.conftest import SHARED
from tests.samples import NOW, source

COMMERCE: dict[str, Any] = {
    "raw_name": "DEPARTMENT OF COMMERCE",
    "name": "Commerce Department",
    "id": 54,
    "url": "https://www.federalregister.gov/agencies/commerce-department",
    "json_url": "https://www.federalregister.gov/api/v1/agencies/54",
    "parent_id": None,
    "slug": "commerce-department",
}
SECURITY: dict[str, Any] = {
    **COMMERCE,
    "raw_name": "Bureau of Industry and Security",
    "name": "Industry and Security Bureau",
    "id": 241,
    "parent_id": 54,
    "slug": "industry-and-security-bureau",
}
RULE: dict[str, Any] = {
    "title": "Licence Requirements for Certain Gallium Wafers  ",
    "type": "Rule",
    "action": "Interim final rule.",
    "abstract": "The bureau requires a licence for wafers of gallium\nbound for any harbour.",
    "document_number": "2026-19001",
    "html_url": "https://www.federalregister.gov/documents/2026/10/08/2026-19001/gallium-wafers",
    "pdf_url": "https://www.govinfo.gov/content/pkg/FR-2026-10-08/pdf/2026-19001.pdf",
    "public_inspection_pdf_url": None,
    "publication_date": "2026-10-08",
    "agencies": [COMMERCE, SECURITY],
    "dates": "This rule is effective October 8, 2026.",
    "effective_on": "2026-10-08",
    "comments_close_on": "2026-11-09",
    "docket_ids": ["Docket No. 261008-0001"],
    "regulation_id_numbers": ["0694-AX01", "0694-AX02"],
    "citation": "91 FR 50001",
    "signing_date": None,
    "executive_order_number": None,
    "excerpts": 'a <span class="match">match</span>',
}


def answered(*documents: Any, **changes: Any) -> str:
    """An answer as the API gives it: no results and no pages where nothing was found."""
    answer: dict[str, Any] = {"count": len(documents), "description": "All Documents"}
    if documents:
        answer |= {"total_pages": 1, "results": list(documents)}
    return json.dumps(answer | changes)


def page(*documents: Any, **changes: Any) -> ParsedPage:
    found = parse_documents(answered(*documents, **changes))
    assert isinstance(found, ParsedPage), found
    return found


def one(**fields: Any) -> RawItem:
    (found,) = page(fields).items
    return found


def refused(text: str) -> str:
    found = parse_documents(text)
    assert isinstance(found, NotAFeed), found
    return found.detail


def test_a_rule_is_read_with_all_that_a_desk_matches_on() -> None:
    assert one(**RULE) == RawItem(
        guid="2026-19001",
        number="fr:2026-19001",
        link="https://www.federalregister.gov/documents/2026/10/08/2026-19001/gallium-wafers",
        title="Licence Requirements for Certain Gallium Wafers",
        text_html="The bureau requires a licence for wafers of gallium bound for any harbour.\n"
        "Rule – Interim final rule. – Commerce Department, Industry and Security Bureau\n"
        "Dates: This rule is effective October 8, 2026.\n"
        "Effective: 2026-10-08. Comments due: 2026-11-09. Docket: Docket No. 261008-0001. "
        "Citation: 91 FR 50001. RIN: 0694-AX01, 0694-AX02",
        published="2026-10-08",
        language="en",
        facts=(
            ("type", "Rule"),
            ("agency", "Commerce Department"),
            ("agency", "Industry and Security Bureau"),
            ("docket", "Docket No. 261008-0001"),
            ("citation", "91 FR 50001"),
            ("effective", "2026-10-08"),
            ("comments-until", "2026-11-09"),
            ("publication", "2026-10-08"),
            ("reference", "2026-19001"),
            ("status", "published"),
        ),
    )


def test_a_presidential_document_says_its_number_and_when_it_was_signed() -> None:
    order = one(
        title="Securing the Supply of Magnets",
        type="Presidential Document",
        abstract=None,
        document_number="2026-19002",
        publication_date="2026-10-09",
        agencies=[{"raw_name": "EXECUTIVE OFFICE OF THE PRESIDENT"}],
        signing_date="2026-10-06",
        executive_order_number="14999",
    )
    assert order.text_html == (
        "Presidential Document – Executive Office Of The President\n"
        "Signed: 2026-10-06. Executive order: 14999"
    )
    assert one(**RULE | {"executive_order_number": 14999}).text_html.count("order: 14999") == 1


def test_the_page_speaks_english_and_has_nothing_to_note() -> None:
    found = page(RULE, {**RULE, "document_number": "2026-19003"})
    assert (found.language, found.note) == ("en", "")
    assert [raw.guid for raw in found.items] == ["2026-19001", "2026-19003"]


def test_nothing_found_has_no_results_and_is_an_empty_page() -> None:
    """The API leaves `results` and `total_pages` out where `count` is 0."""
    assert parse_documents('{"count": 0, "description": "All Documents"}') == ParsedPage(
        items=(), language="en"
    )
    assert page(results=[]).items == ()


def test_documents_that_are_counted_and_not_listed_are_no_empty_page() -> None:
    """`metadata_only=1` answers so, and so may a fault: it must not pass for "no news"."""
    for answer in (
        answered(count=110),
        answered(count=3, results=[]),
        answered(count=3, results=None),
    ):
        assert "counts" in refused(answer) and "lists none" in refused(answer)
    assert "counts 110 documents" in refused(answered(count=110))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"errors": {"conditions": "unknown field: dockets"}}', "unknown field: dockets"),
        ('{"status": 500, "message": "Internal Server Error"}', '"Internal Server Error"'),
        ('{"status": 404, "message": "Record Not Found"}', "keys: message, status"),
        (answered(RULE, errors={"per_page": "too many"}), "too many"),
        ("[]", "a JSON list of 0"),
        ('{"results": []}', "keys: results"),
        (answered(count=1, results={"a": 1}), "whose results are no list"),
        (answered(count=1, results="none"), "whose results are no list"),
        ('{"count": 1, "results": [{"title": "x"', "cut short"),
        ("", "an empty body, where the Federal Register's JSON should be"),
        ("Retry later", "plain text that begins 'Retry later', where"),
        (
            "<!DOCTYPE html><title>Request Access</title><p>captcha",
            "an HTML page titled 'Request Access', which looks like a wall against bots",
        ),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_no_answer_of_the_api_is_told_apart(text: str, said: str) -> None:
    assert said in refused(text)


def test_a_byte_order_mark_and_white_space_before_the_answer_are_passed_over() -> None:
    found = parse_documents("\ufeff\r\n\t " + answered(RULE))
    assert isinstance(found, ParsedPage)
    assert len(found.items) == 1


def test_the_pdf_stands_in_for_a_page_that_is_not_there_yet() -> None:
    both = one(title="x", html_url="https://a.example", pdf_url="https://b.example")
    assert both.link == "https://a.example"
    assert one(title="x", html_url=None, pdf_url="https://b.example").link == "https://b.example"
    assert one(title="x", html_url=None).link is None


def test_a_document_without_a_title_has_its_subject_in_the_contents() -> None:
    assert one(document_number="1", title=" ", toc_subject="Wafers").title == "Wafers"
    assert one(document_number="1", title="A", toc_subject="Wafers").title == "A"
    assert one(document_number="1", title=None).title == ""


def test_what_is_null_leaves_no_trace() -> None:
    blank = one(**dict.fromkeys(RULE, None) | {"title": "Only a title"})
    assert blank == RawItem(title="Only a title", language="en")


@pytest.mark.parametrize(
    ("agencies", "names", "shown"),
    [
        ([SECURITY], None, "Industry and Security Bureau"),
        ([{"raw_name": "OFFICE OF THE TIDES"}], None, "Office Of The Tides"),
        ([COMMERCE, COMMERCE], None, "Commerce Department"),
        ([SECURITY, None, "x", 5, {}, {"name": None}], None, "Industry and Security Bureau"),
        ([], ["Tides Office", "Commerce Department"], "Tides Office, Commerce Department"),
        (None, ["Tides Office"], "Tides Office"),
        ([COMMERCE], ["Tides Office"], "Commerce Department"),
    ],
)  # fmt: skip
def test_agencies_are_named_once_and_by_the_best_name_at_hand(
    agencies: Any, names: Any, shown: str
) -> None:
    assert one(title="x", agencies=agencies, agency_names=names).text_html == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [("91 FR 1", "Citation: 91 FR 1"), (["a", None, "b"], "Citation: a, b"), (7, "Citation: 7"),
     (7.5, "Citation: 7.5"), (True, ""), ({"a": 1}, ""), ([], ""), ("", ""), (None, "")],
)  # fmt: skip
def test_a_fact_may_be_a_text_a_number_or_a_list_of_them(said: Any, shown: str) -> None:
    assert one(title="x", citation=said).text_html == shown


def test_what_is_no_document_is_counted_and_hides_no_other() -> None:
    found = page(RULE, None, "x", [], {}, {"abstract": "no number, no title"}, {"title": "Last"})
    assert [raw.title for raw in found.items] == [RULE["title"].strip(), "Last"]
    assert found.note == "5 entries skipped (no documents in them)"


def test_no_more_documents_are_taken_than_the_bound_and_that_is_told() -> None:
    found = page(*({"document_number": str(n)} for n in range(MAX_ENTRIES + 1)))
    assert len(found.items) == MAX_ENTRIES
    assert found.items[-1].guid == str(MAX_ENTRIES - 1)
    assert found.note == "lists 5,001 entries, of which the first 5,000 were read"


def test_an_item_has_the_number_the_day_and_the_lines() -> None:
    register = source(kind=SourceKind.FEDERAL_REGISTER, zone="America/New_York")
    outcome = read_body(register, Fetched(body=answered(RULE).encode()), NOW)
    assert isinstance(outcome, Read)
    (item,) = outcome.items
    assert item.guid == "fr:2026-19001"
    assert item.precision is Precision.DAY
    assert item.published_at is not None
    assert item.published_at.isoformat() == "2026-10-08T04:00:00+00:00"  # midnight in Washington
    assert item.text.splitlines()[0].endswith("bound for any harbour.")
    assert len(item.text.splitlines()) == 4
    assert item.language == "en"


def test_a_recorded_answer_is_read_whole() -> None:
    """A real answer (public domain, 17 USC 105), where it is at hand."""
    recorded = SHARED / "samples" / "federalregister" / "monument_documents_search.json"
    if not recorded.is_file():
        pytest.skip("the samples lie beside the project's own machine only: ../shared")
    text = recorded.read_text(encoding="utf-8")
    known = json.loads(text)["results"]
    found = parse_documents(text)
    assert isinstance(found, ParsedPage)
    assert len(known) == len(found.items) == 5
    for document, raw in zip(known, found.items, strict=True):
        assert raw.guid == document["document_number"]
        assert raw.link == document["html_url"]
        assert raw.title == document["title"].strip()
        assert raw.published == document["publication_date"]
        assert document["type"] in raw.text_html
        assert all(agency["name"] in raw.text_html for agency in document["agencies"])
    assert found.note == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.lists(
        VALUES | st.dictionaries(st.sampled_from(sorted(RULE)), VALUES, max_size=6), max_size=4
    ),
    VALUES,
)
def test_any_answer_at_all_is_a_page_or_a_reason_in_words(documents: list[Any], count: Any) -> None:
    for changes in ({}, {"count": count}, {"results": count}, {"errors": count}):
        found = parse_documents(answered(*documents, **changes))
        if isinstance(found, NotAFeed):
            assert found.detail and "\n" not in found.detail
        else:
            assert all(isinstance(raw, RawItem) for raw in found.items)
