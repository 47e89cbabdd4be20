"""SQL of reading the archive: the newest items, those that the index offers, those of a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bot.domain.ids import ItemId, SourceId
from bot.domain.item import ArchivedItem
from storage.rows import ITEM_COLUMNS, archived_of, moment_or_none, stamp

_CHUNK = 500  # parameters a statement, far below SQLite's bound


def latest_items(
    db: sqlite3.Connection, limit: int, before: ItemId | None = None
) -> tuple[ArchivedItem, ...]:
    """Newest first."""
    rows = db.execute(
        f"SELECT {ITEM_COLUMNS} FROM items JOIN sources USING (source_id)"
        " WHERE item_id < ? ORDER BY item_id DESC LIMIT ?",
        (before or 1 << 62, limit),
    )
    return tuple(archived_of(row) for row in rows)


def newest_item_of(db: sqlite3.Connection, source_id: SourceId) -> ArchivedItem | None:
    """What was stored last of a source's items; None where it has none yet."""
    row = db.execute(
        f"SELECT {ITEM_COLUMNS} FROM items JOIN sources USING (source_id)"
        " WHERE items.source_id = ? ORDER BY item_id DESC LIMIT 1",
        (source_id,),
    ).fetchone()
    return None if row is None else archived_of(row)


def search_candidates(
    db: sqlite3.Connection, index_query: str, limit: int, before: ItemId | None
) -> tuple[ArchivedItem, ...]:
    """Items that the index offers for an expression of bot/matching/condition.py, newest first."""
    rows = db.execute(
        f"""
        SELECT {ITEM_COLUMNS}
        FROM (
            SELECT rowid AS found_id FROM items_index
            WHERE items_index MATCH ? AND rowid < ?
            ORDER BY rowid DESC LIMIT ?
        )
        JOIN items ON items.item_id = found_id
        JOIN sources USING (source_id)
        ORDER BY item_id DESC
        """,
        (index_query, before or 1 << 62, limit),
    )
    return tuple(archived_of(row) for row in rows)


def ids_since(
    db: sqlite3.Connection, index_query: str, since: datetime, limit: int
) -> tuple[ItemId, ...]:
    """The items that were first seen since then, newest first; with an expression of
    bot/matching/condition.py those that the index offers for it."""
    row = db.execute(
        "SELECT min(item_id) AS first FROM items WHERE first_seen_at >= ?", (stamp(since),)
    ).fetchone()
    if row["first"] is None:
        return ()
    if index_query:
        rows = db.execute(
            "SELECT rowid AS item_id FROM items_index WHERE items_index MATCH ? AND rowid >= ?"
            " ORDER BY rowid DESC LIMIT ?",
            (index_query, row["first"], limit),
        )
    else:
        rows = db.execute(
            "SELECT item_id FROM items WHERE item_id >= ? ORDER BY item_id DESC LIMIT ?",
            (row["first"], limit),
        )
    return tuple(ItemId(row["item_id"]) for row in rows)


def archived_items(db: sqlite3.Connection, item_ids: Sequence[ItemId]) -> tuple[ArchivedItem, ...]:
    """These items, newest first; those that are gone are left out."""
    found: list[ArchivedItem] = []
    for start in range(0, len(item_ids), _CHUNK):
        chunk = item_ids[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        rows = db.execute(
            f"SELECT {ITEM_COLUMNS} FROM items JOIN sources USING (source_id)"
            f" WHERE item_id IN ({marks})",
            chunk,
        )
        found += map(archived_of, rows)
    return tuple(sorted(found, key=lambda archived: archived.item_id, reverse=True))


def archive_begins(db: sqlite3.Connection) -> datetime | None:
    """When the first item was seen; None for an empty archive."""
    row = db.execute("SELECT min(first_seen_at) AS first FROM items").fetchone()
    return moment_or_none(row["first"])
