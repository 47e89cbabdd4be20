"""An index of another folding is built anew, whole or not at all."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.errors import DatabaseUnusableError
from bot.matching.index_words import INDEX_VERSION
from storage import archive, fulltext, items
from tests.storage.nouns import add_sources, column, new_item, plan


@pytest.fixture
def old(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """A database whose index holds what an earlier folding gave."""
    fulltext.renew(db, path)
    add_sources(db)
    items.apply_ingest(db, plan(new_item("1", title="Tariffs on steel")))
    db.execute("INSERT INTO items_index (items_index) VALUES ('delete-all')")
    db.execute("INSERT INTO items_index (rowid, words) VALUES (1, 'otherwise')")
    db.execute("UPDATE facts SET value = '0' WHERE name = 'index_version'")
    return db


def found(db: sqlite3.Connection, query: str) -> int:
    return len(archive.search_candidates(db, query, 10, None))


def test_an_index_of_another_version_is_built_anew(old: sqlite3.Connection, path: Path) -> None:
    assert (found(old, '"otherwise"'), found(old, '"steel"')) == (1, 0)
    fulltext.renew(old, path)
    assert (found(old, '"otherwise"'), found(old, '"steel"')) == (0, 1)
    assert column(old, "SELECT value FROM facts") == [str(INDEX_VERSION)]


def test_an_index_of_this_version_is_left_alone(db: sqlite3.Connection, path: Path) -> None:
    fulltext.renew(db, path)
    changes = db.total_changes
    fulltext.renew(db, path)
    assert db.total_changes == changes


def test_where_the_disk_is_full_the_old_index_stays(old: sqlite3.Connection, path: Path) -> None:
    many = " ".join(f"w{number}" for number in range(20_000))
    old.execute("UPDATE items SET text = ?", (f"steel copper zinc {many}",))
    pages = column(old, "PRAGMA page_count")[0]
    old.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    old.execute("UPDATE items SET language = 'en'")
    with pytest.raises(DatabaseUnusableError, match="disk is full"):
        fulltext.renew(old, path)
    assert (found(old, '"otherwise"'), found(old, '"steel"')) == (1, 0)
    old.execute("PRAGMA max_page_count = 1000000").fetchall()
    fulltext.renew(old, path)
    assert found(old, '"copper"') == 1
