"""Why a query holds or does not is told by its own parts, in words that a desk can act on."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.domain.query import Query
from bot.matching.engine import evaluate
from bot.matching.explain import Reason, because, explain
from bot.matching.query import parse
from bot.matching.tokens import Document, analyse
from tests.matching.strategies import documents, queries

TEXT = "Beijing curbs exports of feldspar. 稀土 licences are issued; Nexperia waits."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("feldspar", "feldspar: “feldspar”"),
        ("export", "export: “exports”"),
        ("#rare-earths feldspar", "#rare-earths: “稀土”; feldspar: “feldspar”"),
        ("feldspar -tin", "feldspar: “feldspar”; no tin"),
        ("tin OR feldspar", "feldspar: “feldspar”"),
        ("tin OR zinc", "none of tin, zinc"),
        ("feldspar tin zinc", "no tin; no zinc"),
        ("feldspar -nexperia", "#nexperia is there: “Nexperia”"),
        ("feldspar NEAR/2 exports", "feldspar NEAR/2 exports: “exports”, “feldspar”"),
        ("feldspar NEAR/1 Beijing", "feldspar, Beijing are never within 1 words of each other"),
        ("feldspar NEAR/1 tin", "no tin"),
        ("title:feldspar", "not in the title: feldspar"),
        ("title:quotas", "quotas: “Quotas”"),
        ("official:yes", "no official:yes"),
    ],
)
def test_the_reason_names_what_was_found_or_what_is_missing(typed: str, said: str) -> None:
    document = analyse("Quotas", TEXT, "en")
    assert because(explain(parse(typed), document)) == said


def test_what_is_alike_is_named_once_and_many_are_counted() -> None:
    document = analyse("", "Export, exported, exports, exporting, EXPORT, Exports, exporters", "en")
    said = because(explain(parse("export*"), document))
    assert said.endswith("“EXPORT”, “Exports” and 1 more")


def holds_as_its_parts(reason: Reason, document: Document, *, in_title: bool = False) -> None:
    hits = evaluate(reason.query, document, in_title=in_title)
    assert reason.holds == (hits is not None)
    assert reason.hits == (hits or ())
    for part in reason.parts:
        in_part = in_title or type(reason.query).__name__ == "InTitle"
        holds_as_its_parts(part, document, in_title=in_part)


@given(queries, documents)
def test_each_part_holds_as_the_engine_says_and_every_answer_has_a_reason(
    query: Query, document: Document
) -> None:
    reason = explain(query, document)
    holds_as_its_parts(reason, document)
    assert because(reason)
