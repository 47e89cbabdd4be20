"""The full-text index as a whole: built anew where the folding of text has changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.matching.index_words import INDEX_VERSION, index_words
from storage.connection import explain, transaction
from storage.facts import fact, set_fact

_FACT = "index_version"


def renew(db: sqlite3.Connection, path: Path) -> None:
    """Make the index hold what this version's folding gives; all or nothing.

    A contentless index forgets an edited item only when told exactly what it held, so an index of
    another folding cannot be kept up. About a tenth of a millisecond an item, once an upgrade.

    Raises:
        DatabaseUnusableError: the disk is full, or see storage/connection.py.
    """
    try:
        if _version(db) == INDEX_VERSION:
            return
        with transaction(db):
            if _version(db) != INDEX_VERSION:  # another process may have done it while we waited
                _build(db)
                set_fact(db, _FACT, str(INDEX_VERSION))
    except sqlite3.Error as error:
        raise explain(error, path) from error


def _version(db: sqlite3.Connection) -> int | None:
    value = fact(db, _FACT)
    return None if value is None else int(value)


def _build(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO items_index (items_index) VALUES ('delete-all')")
    items = db.execute("SELECT item_id, title, text, language FROM items ORDER BY item_id")
    db.executemany(
        "INSERT INTO items_index (rowid, words) VALUES (?, ?)",
        (
            (
                row["item_id"],
                " ".join(index_words(row["title"], row["text"], row["language"]).words),
            )
            for row in items
        ),
    )
