"""What a NOT shuts out is counted: a query is the same without its NOTs, and wider."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.domain.query import Query
from bot.matching.engine import evaluate
from bot.matching.nots import nots, without_nots
from bot.matching.query import parse
from bot.matching.show import show
from bot.matching.tokens import Document
from tests.matching.strategies import documents, queries


@pytest.mark.parametrize(
    ("typed", "left", "left_out"),
    [
        ("gallium -opinion", "gallium", ["opinion"]),
        ("gallium tin -(blog OR opinion) -steel", "gallium tin", ["blog OR opinion", "steel"]),
        ("(gallium -nitride) OR tin", "gallium OR tin", ["nitride"]),
        ("title:(gallium -nitride) lang:en", "title:gallium lang:en", ["nitride"]),
        ("gallium -lang:zh", "gallium", ["lang:zh"]),
    ],
)  # fmt: skip
def test_what_is_left_out_is_taken_out_wherever_it_stands(
    typed: str, left: str, left_out: list[str]
) -> None:
    query = parse(typed)
    assert without_nots(query) == parse(left)
    assert [show(each) for each in nots(query)] == left_out


@pytest.mark.parametrize("typed", ["gallium", "gallium OR tin", "#rare-earths title:tin"])
def test_a_query_that_leaves_nothing_out_has_no_other(typed: str) -> None:
    assert without_nots(parse(typed)) is None
    assert list(nots(parse(typed))) == []


@given(queries, documents)
def test_without_its_nots_a_query_finds_no_less(query: Query, document: Document) -> None:
    bare = without_nots(query)
    if bare is not None and evaluate(query, document) is not None and not _asks_a_score(query):
        assert evaluate(bare, document) is not None


def _asks_a_score(query: Query) -> bool:
    return "min:" in show(query)
