"""A search gives what the evaluator of the alerts gives, newest first, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.archive.backtest import backtest
from bot.archive.search import search
from bot.domain.ids import ItemId
from bot.domain.query import Query
from bot.matching.documents import document_of
from bot.matching.engine import evaluate
from bot.matching.index_words import index_words
from bot.matching.query import parse
from bot.matching.watch_index import WatchIndex
from storage.store import SqliteStore
from tests.archive.desk import archive_of, notice
from tests.desk import wait
from tests.matching.strategies import queries, texts
from tests.samples import NOW

LANGUAGES = ("en", "de", "zh", "ja", "ko", None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    items = [notice(n, f"Gallium {n}" if n % 3 else f"Tin {n}") for n in range(40)]
    store = archive_of(tmp_path, items)
    yield store
    store.close()


def pages(store: SqliteStore, typed: str, limit: int) -> list[list[str]]:
    found: list[list[str]] = []
    before: ItemId | None = None
    while True:
        page = wait(search(store, parse(typed), limit=limit, before=before))
        found.append([each.archived.item.title for each in page.found])
        before = page.before
        if before is None:
            return found


def test_pages_follow_each_other_newest_first_without_a_gap(store: SqliteStore) -> None:
    expected = [f"Gallium {n}" for n in reversed(range(40)) if n % 3]
    for limit in (1, 5, 10, 26):
        found = pages(store, "gallium", limit)
        assert [title for page in found for title in page] == expected
        assert all(len(page) == limit for page in found[:-1])


def test_a_page_that_is_just_full_says_whether_more_follow(store: SqliteStore) -> None:
    count = len([n for n in range(40) if n % 3])
    assert wait(search(store, parse("gallium"), limit=count)).before is None
    assert wait(search(store, parse("gallium"), limit=count - 1)).before is not None


def test_facets_alone_are_searched_too(store: SqliteStore) -> None:
    assert len(pages(store, "official:yes", 10)) == 4
    assert pages(store, "official:no", 10) == [[]]


_ITEMS = st.lists(st.tuples(texts, texts, st.sampled_from(LANGUAGES)), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_ITEMS, queries)
def test_search_alerts_and_back_tests_give_the_same_set(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[str, str, str | None]],
    query: Query,
) -> None:
    items = [
        notice(n, title or "-", text=text, language=language)
        for n, (title, text, language) in enumerate(made)
    ]
    store = archive_of(tmp_path_factory.mktemp("archive"), items)
    try:
        kept = [each.item for each in wait(store.latest_items(100))]
        expected = [each for each in kept if evaluate(query, document_of(each)) is not None]
        page = wait(search(store, query, limit=100))
        assert [each.archived.item for each in page.found] == expected
        index: WatchIndex[str] = WatchIndex()
        index.add("watch", query)
        woken = [
            each
            for each in kept
            if index.candidates(index_words(each.title, each.text, each.language))
        ]
        assert [
            each for each in woken if evaluate(query, document_of(each)) is not None
        ] == expected
        assert wait(backtest(store, query, now=NOW)).tally.quarter == len(expected)
    finally:
        store.close()
