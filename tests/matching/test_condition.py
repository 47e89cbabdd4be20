"""The archive's index never knows less than the engine: over a real FTS5 table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.query import And, Concept, Phrase, Query, Word
from bot.matching.concepts import concept_names
from bot.matching.condition import condition_of, expression
from bot.matching.engine import evaluate
from bot.matching.index_words import IndexWords, index_words
from bot.matching.query import parse
from bot.matching.tokens import Document, analyse
from tests.matching.strategies import documents, queries

# as the archive has it (storage/migrations.py)
TABLE = """
CREATE VIRTUAL TABLE items_index USING fts5 (
    words, content = '', detail = none, columnsize = 0, tokenize = "ascii"
)
"""


def words_of(document: Document) -> IndexWords:
    return index_words(document.title, document.text, document.language)


@contextmanager
def index(corpus: Sequence[Document]) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(TABLE)
        db.execute("CREATE TABLE texts (n)")
        db.executemany("INSERT INTO texts (rowid) VALUES (?)", [(at,) for at in range(len(corpus))])
        db.executemany(
            "INSERT INTO items_index (rowid, words) VALUES (?, ?)",
            [(at, " ".join(words_of(document).words)) for at, document in enumerate(corpus)],
        )
        yield db


def candidates(db: sqlite3.Connection, query: Query) -> set[int]:
    """What the archive's index offers; just what the live condition lets through."""
    condition = condition_of(query)
    if condition is None:
        return {row[0] for row in db.execute("SELECT rowid FROM texts")}
    rows = db.execute(
        "SELECT rowid FROM items_index WHERE items_index MATCH ?", (expression(condition),)
    )
    return {row[0] for row in rows}


def let_through(corpus: Sequence[Document], query: Query) -> set[int]:
    condition = condition_of(query)
    return {
        at
        for at, each in enumerate(corpus)
        if condition is None or condition.may_hold(words_of(each))
    }


def answering(corpus: Sequence[Document], query: Query) -> set[int]:
    return {at for at, document in enumerate(corpus) if evaluate(query, document) is not None}


@settings(max_examples=300)
@given(queries, st.lists(documents, min_size=1, max_size=5))
@example(And((Word("レアアース"), Concept("rare-earths"))), [analyse("", "レアアース", "en")])
def test_a_search_finds_just_what_a_watch_would_have_found(
    query: Query, corpus: list[Document]
) -> None:
    with index(corpus) as db:
        offered = candidates(db, query)
    assert offered == let_through(corpus, query)
    confirmed = {at for at in offered if evaluate(query, corpus[at]) is not None}
    assert confirmed == answering(corpus, query)


@settings(max_examples=200)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(["en", "de", "zh", "pl", None]),
)
@example('"', "", None)
@example("AND", "OR NOT NEAR", "en")
@example("keys:a*", "-^a + {b}", "en")
@example("½", "a", "en")
@example("ー", "カー", "ja")
def test_no_character_breaks_the_index_or_hides_a_text_from_it(
    word: str, around: str, language: str | None
) -> None:
    # what parse() makes of it, without its refusals
    query = Phrase((Word(word), Word("x")))
    document = analyse(around, f"{around} {word} x {around}", language)
    with index([document]) as db:
        offered = candidates(db, query)
    assert offered == let_through([document], query)
    if evaluate(query, document) is not None:
        assert offered == {0}


CORPUS = [
    analyse("稀土出口管制", "对稀土出口实施许可证管理。", "zh"),
    analyse("稀土磁鐵供應吃緊", "", "zh"),
    analyse("Anti-dumping duties on steel", "The duties are U.S. measures.", "en"),
    analyse("Erste Export-Lizenzen", "Die Exportlizenzvergabe stockt.", "de"),
    analyse("정부는 수출 통제를 강화", "", "ko"),
    analyse("米エンティティー・リスト", "レアアース", "ja"),
    analyse("Nuevas sanciones", "", "es"),
    analyse("HS 8505.11.00", "under 3B001.a", None),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ('"稀土"', {0, 1}),
        ("土", {0, 1}),
        ("稀土磁铁", {1}),
        ('"出口許可"', set()),
        ("antidumping", {2}),
        ('"US measures"', {2}),
        ('"Exportlizenz"', {3}),
        ('"수출통제"', {4}),
        ("エンティティリスト", {5}),
        ("rare earths", {0, 1, 5}),
        ("export licence", {0, 3}),
        ("sancion", {6}),
        ("850511", {7}),
        ("3b001.A", {7}),
        ("ste*", {2}),
        ("duties -steel", set()),
        ("duties OR sanciones", {2, 6}),
    ],
)
def test_a_search_finds_what_a_person_would_expect(typed: str, found: set[int]) -> None:
    query = parse(typed)
    with index(CORPUS) as db:
        offered = candidates(db, query)
    assert {at for at in offered if evaluate(query, CORPUS[at]) is not None} == found
    assert answering(CORPUS, query) == found


@pytest.mark.parametrize("typed", ["稀土磁铁", "antidumping", '"US measures"', "ste*", "3B001.a"])
def test_the_index_narrows(typed: str) -> None:
    with index(CORPUS) as db:
        assert len(candidates(db, parse(typed))) == 1


@pytest.mark.parametrize("name", concept_names())
def test_a_concept_makes_an_expression_that_sqlite_reads_quickly(name: str) -> None:
    said = expression(condition_of(parse(f"#{name}")))
    assert len(said) < 100_000
    with index(CORPUS) as db:
        candidates(db, parse(f"#{name}"))


def test_an_edited_item_can_be_taken_out_of_the_contentless_index() -> None:
    document = CORPUS[3]
    with index([document]) as db:
        db.execute(
            "INSERT INTO items_index (items_index, rowid, words) VALUES ('delete', 0, ?)",
            (" ".join(words_of(document).words),),
        )
        assert candidates(db, parse("Exportlizenz")) == set()
