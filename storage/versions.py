"""SQL of versions and version_rows: what lists and pages held when they were last read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from bot.domain.ids import SourceId
from bot.domain.version import StoredVersion, VersionChange


def stored_version(db: sqlite3.Connection, source_id: SourceId) -> StoredVersion | None:
    """The version on record; its rows come from the database one by one, in order of their keys."""
    row = db.execute("SELECT * FROM versions WHERE source_id = ?", (source_id,)).fetchone()
    if row is None:
        return None
    return StoredVersion(
        digest=row["digest"],
        form=row["form"],
        count=row["row_count"],
        last_key=row["last_key"],
        doubted=row["doubted"],
        doubts=row["doubts"],
        read_rows=lambda: _rows(db, source_id),
    )


def _rows(db: sqlite3.Connection, source_id: SourceId) -> Iterator[bytes]:
    """As bot.domain.version.packed has them. SQLite compares the bytes of UTF-8, as we do."""
    return (
        row[0]
        for row in db.execute(
            """
            SELECT CAST(key || char(31) || name || char(31) || programme || char(31) || text
                        || char(31) || place AS BLOB)
            FROM version_rows WHERE source_id = ? ORDER BY key
            """,
            (source_id,),
        )
    )


def apply_change(db: sqlite3.Connection, change: VersionChange) -> None:
    """Make the version on record the next one."""
    db.execute(
        """
        INSERT INTO versions (source_id, digest, form, row_count, last_key, doubted, doubts)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (source_id) DO UPDATE SET
            digest = excluded.digest, form = excluded.form, row_count = excluded.row_count,
            last_key = excluded.last_key, doubted = excluded.doubted, doubts = excluded.doubts
        """,
        (
            change.source_id,
            change.digest,
            change.form,
            change.count,
            change.last_key,
            change.doubted,
            change.doubts,
        ),
    )
    if change.is_anew:
        db.execute("DELETE FROM version_rows WHERE source_id = ?", (change.source_id,))
    db.executemany(
        "DELETE FROM version_rows WHERE source_id = ? AND key = ?",
        ((change.source_id, row.key) for row in change.drop),
    )
    db.executemany(
        """
        INSERT INTO version_rows (source_id, key, name, programme, text, place)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (source_id, key) DO UPDATE SET
            name = excluded.name, programme = excluded.programme, text = excluded.text,
            place = excluded.place
        """,
        (
            (change.source_id, row.key, row.name, row.programme, row.text, row.place)
            for row in change.put
        ),
    )
