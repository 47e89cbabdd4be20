"""The schema: strict, referential, the same however often and by however many it is made."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from storage.connection import SCHEMA_VERSION, connect, migrate
from storage.migrations import migrations
from tests.storage.nouns import column

ROOT = Path(__file__).parents[2]


def schema(db: sqlite3.Connection) -> list[str]:
    return column(db, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")


def own_tables(db: sqlite3.Connection) -> dict[str, str]:
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    return {
        name: sql
        for name, sql in rows
        if not name.startswith(("sqlite_", "_sqlite_", "items_index"))
    }


def test_every_table_is_strict(db: sqlite3.Connection) -> None:
    tables = own_tables(db)
    assert len(tables) >= 11
    assert [name for name, sql in tables.items() if not re.search(r"\) STRICT\b", sql)] == []


def test_text_where_a_number_belongs_is_refused(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"):
        db.execute("INSERT INTO watch_revision VALUES ('many')")


def test_a_row_that_names_a_missing_row_is_refused(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        db.execute("INSERT INTO alerts VALUES (1, 1, '')")


def test_every_reference_can_be_followed_backwards_by_an_index(db: sqlite3.Connection) -> None:
    """Or else merging one chat reads whole tables. Sources and items are never deleted."""
    lacking = []
    for table in own_tables(db):
        for key in db.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            plan = db.execute(
                f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {key['from']} = ?", (1,)
            ).fetchone()["detail"]
            if key["table"] in {"chats", "watches"} and not plan.startswith("SEARCH"):
                lacking.append(f"{table}.{key['from']}")
    assert lacking == []


def test_migrating_twice_changes_nothing(db: sqlite3.Connection, path: Path) -> None:
    before = schema(db)
    migrate(db, path)
    db.execute("PRAGMA user_version = 0")  # as after a migration by a program that set no version
    migrate(db, path)
    assert schema(db) == before


def test_the_version_is_the_number_of_migrations(db: sqlite3.Connection) -> None:
    assert len(migrations.pending(Database(memory=True))) == SCHEMA_VERSION
    assert column(db, "PRAGMA user_version") == [SCHEMA_VERSION]


def test_processes_that_migrate_at_once_agree(path: Path) -> None:
    code = """
import sys
from pathlib import Path
from storage.store import SqliteStore
print(flush=True)
sys.stdin.read()
SqliteStore(Path(sys.argv[1])).close()
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, path],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:  # all have imported: now they run
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    with closing(connect(path, is_writer=True)) as db:
        assert column(db, "SELECT count(*) FROM _sqlite_migrations") == [SCHEMA_VERSION]
