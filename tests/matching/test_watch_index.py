"""Of many queries those are asked that may hold: never too few, and whatever comes and goes."""

from __future__ import annotations

from collections.abc import Sized

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.query import Query
from bot.matching.engine import evaluate
from bot.matching.index_words import IndexWords, index_words
from bot.matching.query import parse
from bot.matching.tokens import Document
from bot.matching.watch_index import WatchIndex
from tests.matching.strategies import documents, queries


def words_of(document: Document) -> IndexWords:
    return index_words(document.title, document.text, document.language)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.none() | queries), max_size=12),
    st.lists(documents, min_size=1, max_size=3),
)
def test_whoever_answers_is_among_the_candidates_whatever_came_and_went(
    changes: list[tuple[int, Query | None]], corpus: list[Document]
) -> None:
    index: WatchIndex[int] = WatchIndex()
    kept: dict[int, Query] = {}
    for key, query in changes:
        index.candidates(words_of(corpus[0]))  # what was counted changes where the next is filed
        if query is None:
            index.discard(key)
            kept.pop(key, None)
        else:
            index.add(key, query)
            kept[key] = query
    assert len(index) == len(kept)
    for document in corpus:
        found = index.candidates(words_of(document))
        assert len(found) == len(set(found))
        answering = {key for key, query in kept.items() if evaluate(query, document) is not None}
        assert answering <= set(found) <= set(kept)


def test_a_document_wakes_only_what_its_words_name() -> None:
    index: WatchIndex[str] = WatchIndex()
    for typed in ("gallium export", "germanium export", "semicond*", "稀土 出口", "official:yes"):
        index.add(typed, parse(typed))
    found = index.candidates(index_words("Gallium export", "semiconductors", "en"))
    assert sorted(found) == ["gallium export", "official:yes", "semicond*"]


def test_what_is_forgotten_leaves_nothing_behind() -> None:
    index: WatchIndex[int] = WatchIndex()
    for key, typed in enumerate(["rare earths", "gallium* export", "稀", "official:yes"]):
        index.add(key, parse(typed))
    index.candidates(index_words("Rare earths", "gallium", "en"))
    for key in range(4):
        index.discard(key)
    assert len(index) == 0
    tables: tuple[Sized, ...] = (
        index._parts,
        index._numbers,
        index._needs,
        index._anchors,
        index._compounds,
        index._by_word,
        index._by_prefix,
        *index._by_head.values(),
        index._short,
        index._always,
    )
    assert not any(tables)


def test_what_is_filed_under_a_common_word_is_filed_anew_when_that_is_seen() -> None:
    index: WatchIndex[int] = WatchIndex()
    for number in range(20):  # before anything was read, the longest word looks like the rarest
        index.add(number, parse("semiconductors zinc"))
    text = index_words("Semiconductors", "Export of semiconductors", "en")
    for _ in range(64 * 3):
        assert index.candidates(text) == []
    assert not any(
        under for number, under in index._anchors.items() if number in index._holding(text)
    )
    zinc = index_words("Semiconductors", "zinc", "en")
    assert sorted(index.candidates(zinc)) == list(range(20))
