"""Fields: what may stand after the colon, and what a facet or a number comes to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.domain.query import Code, Facet
from bot.errors import QueryError
from bot.matching.documents import document_of
from bot.matching.engine import evaluate
from bot.matching.fields import EXAMPLES, KINDS, kind_of
from bot.matching.query import parse
from bot.matching.tokens import analyse
from tests.samples import item

TODAY = date(2026, 10, 8)


def found(typed: str, text: str, language: str = "en") -> list[str] | None:
    """The words that a query finds, or None."""
    hits = evaluate(parse(typed), analyse("", text, language))
    return None if hits is None else [text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize("example", EXAMPLES.values())
def test_every_example_of_a_field_is_read(example: str) -> None:
    parse(example, today=TODAY)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("hs:850511", Code("hs", "8505.11")),
        ("HS:8505.11.00", Code("hs", "8505.11.00")),
        ('hs:"8505 11"', Code("hs", "8505.11")),
        ("eccn:3b001.a", Code("eccn", "3B001.a")),
        ("official:true", Facet("official", "yes")),
        ("lang:Chinese", Facet("lang", "zh")),
        ("lang:zh-CN", Facet("lang", "zh")),
        ("country:uk", Facet("country", "GB")),
        ("kind:Rule", Facet("kind", "rule")),
        ("since:30d", Facet("since", "2026-09-08")),
        ("before:2026-10-01", Facet("before", "2026-10-01")),
    ],
)
def test_a_field_is_read_in_each_of_its_forms(typed: str, read: Code | Facet) -> None:
    assert parse(typed, today=TODAY) == read


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hs:85", "4 to 10 digits"),
        ("eccn:3Z001", "3B001"),
        ("cas:7440-55-4", "last digit"),
        ("official:perhaps", "yes or no"),
        ("lang:klingon1", "language"),
        ("kind:rumour", "proposed-rule"),
        ("soure:mofcom", "Did you mean source:mofcom"),
        ("lang: zh", "has a space after it"),
        ("title:lang:zh", "looks for words in the title"),
        ("source:(a b)", "one word or phrase"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(typed: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(typed, today=TODAY)
    assert said in str(caught.value)
    assert caught.value.position is not None
    parse(caught.value.example, today=TODAY)


def test_times_are_for_searches_only() -> None:
    with pytest.raises(QueryError, match="a watch is told of what comes"):
        parse("gallium since:30d")


def test_words_with_a_colon_that_name_no_field_are_words() -> None:
    assert found("docket:2026", "see docket: 2026-0012") is not None


@pytest.mark.parametrize(
    "text",
    ["magnets of heading 8505 11", "HS 8505.11.00", "goods of 85051110", "CN code 8505 11 10"],
)
def test_a_tariff_number_is_found_however_it_is_written(text: str) -> None:
    assert found("hs:8505.11", text)
    assert found("hs:8505", text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("hs:2026", "It ends in 2026, after 2024."),
        ("hs:8505", "an index of 8505 points"),
        ("hs:8505", "It costs $8505.11 today."),
        ("hs:8505.11", "HS 8505.19"),
        ("eccn:3B001", "part 3B0011 of the machine"),
        ("eccn:3B001", "ECCN 3B002"),
    ],
)
def test_a_number_that_only_looks_alike_is_not_found(typed: str, text: str) -> None:
    assert found(typed, text) is None


def test_an_entry_of_the_control_list_includes_its_paragraphs() -> None:
    assert found("eccn:3B001", "items under 3B001.a.1 need a licence") == ["3B001.a"]
    assert found("eccn:3b001.a", "ECCN 3B001.a") == ["3B001.a"]
    assert found("eccn:3B001.b", "ECCN 3B001.a") is None


def test_a_chemical_is_found_by_its_number() -> None:
    assert found("cas:7440-55-3", "gallium (CAS 7440-55-3)") == ["7440-55-3"]
    assert found("cas:60-29-7", "ether, CAS 60-29-7") == ["60-29-7"]


NOTICE = item(
    "Gallium licences",
    jurisdiction="CN",
    language="zh",
    source_name="MOFCOM: policy releases",
    publisher="Ministry of Commerce",
    facts=(("type", "Proposed Rule"), ("agency", "Industry and Security Bureau")),
    published_at=datetime(2026, 10, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ("official:yes", True),
        ("official:no", False),
        ("lang:zh", True),
        ("lang:en", False),
        ("country:cn", True),
        ("source:mofcom", True),
        ('source:"policy mofcom"', True),
        ("source:gazette", True),
        ("source:herald", False),
        ('publisher:"ministry of commerce"', True),
        ("publisher:treasury", False),
        ("agency:security", True),
        ("kind:proposed-rule", True),
        ("kind:press", False),
        ("gallium -official:yes", False),
        ("gallium since:2026-10-01", True),
        ("gallium since:2026-10-02", False),
        ("gallium before:2026-10-02", True),
        ("gallium before:2026-10-01", False),
    ],
)
def test_facets_are_what_is_known_beside_the_words(typed: str, holds: bool) -> None:
    assert (evaluate(parse(typed, today=TODAY), document_of(NOTICE)) is not None) == holds


def test_what_nobody_has_said_to_be_official_is_neither_that_nor_press() -> None:
    document = document_of(item("Gallium", is_official=None))
    for typed in ("gallium official:yes", "gallium official:no", "gallium kind:press"):
        assert evaluate(parse(typed), document) is None
    assert evaluate(parse("gallium kind:news"), document) is not None


def test_every_item_has_one_of_the_kinds() -> None:
    assert kind_of(NOTICE) in KINDS
    assert kind_of(item(is_official=False)) == "press"
    assert kind_of(item(guid="celex:32026R1472")) == "law"
    assert kind_of(item(facts=(("programme", "RUSSIA-EO14024"),))) == "sanction"


@pytest.mark.parametrize(
    ("typed", "text", "holds"),
    [
        ("gallium NEAR/3 export", "export of all gallium", True),
        ("gallium NEAR/3 export", "gallium is one of the metals whose export is free", False),
        ("gallium NEAR export", "gallium is one of metals whose export is free", True),
        ("rare earths NEAR/4 licence", "Lizenzen für Seltene Erden: licence for 稀土", True),
        ('"dual use" NEAR/2 goods', "dual-use goods", True),
        ("(gallium OR germanium) NEAR/2 curbs", "curbs on germanium", True),
        ("a NEAR/2 b NEAR/2 c", "c a b", True),
        ("a NEAR/2 b NEAR/2 c", "a b d c", False),
        ('~"magnet export licence"', "licence to export any magnet", True),
        (
            '~"magnet export licence"',
            "export it. A magnet needs, in other words, no licence",
            False,
        ),
        ("title:gallium", "gallium", False),
    ],
)
def test_near_and_loose_ask_for_words_that_stand_together(
    typed: str, text: str, holds: bool
) -> None:
    assert (found(typed, text) is not None) == holds


def test_title_asks_for_the_title_alone() -> None:
    query = parse("title:(gallium -nitride) export")
    assert evaluate(query, analyse("Gallium", "export of nitride", "en")) is not None
    assert evaluate(query, analyse("Gallium nitride", "export", "en")) is None
    assert evaluate(query, analyse("Export", "gallium", "en")) is None


@pytest.mark.parametrize(
    "typed", ["NEAR/5 a", "a NEAR/5", "a NEAR NEAR b", "a NEAR/0 b", "a NEAR/51 b", "a NEAR (b c)"]
)
def test_near_without_two_neighbours_is_refused(typed: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(typed)
    parse(caught.value.example)


@pytest.mark.parametrize(
    ("typed", "is_answered"),
    [
        ("gallium min:5", True),  # the title alone
        ("gallium min:7", True),
        ("gallium min:8", False),
        ("licence min:2", False),  # once, in the text
        ("(gallium OR licence) min:8", True),
        ("(gallium min:8) OR licence", True),
        ("(gallium min:8) OR tin", False),
        ("title:gallium min:5", True),
        ("title:gallium min:6", False),
    ],
)
def test_a_score_asks_how_much_of_an_item_is_about_it(typed: str, is_answered: bool) -> None:
    document = analyse("Gallium", "Gallium and more gallium; one licence.", "en")
    assert (evaluate(parse(typed), document) is not None) is is_answered


def test_many_places_in_a_text_count_as_five() -> None:
    document = analyse("", "gallium " * 50, "en")
    assert evaluate(parse("gallium min:5"), document) is not None
    assert evaluate(parse("gallium min:6"), document) is None


@pytest.mark.parametrize(
    "typed", ["min:5", "lang:en min:5", "min:5 OR gallium", "gallium -(min:5)"]
)
def test_a_score_needs_words_beside_it(typed: str) -> None:
    with pytest.raises(QueryError, match="weighs the words beside it"):
        parse(typed)


@pytest.mark.parametrize("typed", ["gallium min:0", "gallium min:11", "gallium min:much"])
def test_a_score_is_from_one_to_ten(typed: str) -> None:
    with pytest.raises(QueryError, match="a score from 1 to 10"):
        parse(typed)
