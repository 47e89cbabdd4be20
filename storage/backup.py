"""A consistent copy beside a running service: made under a temporary name, verified, renamed."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from bot.errors import DatabaseUnusableError
from storage.connection import SCHEMA_VERSION, code_of, create_private


def faults(db: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file and its references; empty where nothing is."""
    found = [row[0] for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
    found += [
        f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}"
        for row in db.execute("PRAGMA foreign_key_check").fetchmany(20)
    ]
    return found


def write_copy(db: sqlite3.Connection, source: Path, target: Path) -> int:
    """Copy the database to `target`, which must not exist; its size in bytes.

    `db` is within a transaction, so that the copy and what it is compared with are of one moment.

    Raises:
        DatabaseUnusableError: the target exists or cannot be written, or the copy is not sound.
    """
    if target.exists():
        raise _exists(target)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        expected = _rows(db)  # before the copy: the moment of a transaction is its first read
        create_private(part)
        copy = sqlite3.connect(part, isolation_level=None)
        try:
            db.backup(copy)
            # the copy stands alone: no -wal beside it
            copy.execute("PRAGMA journal_mode = DELETE")
            found = faults(copy)
            copy.execute("INSERT INTO items_index (items_index) VALUES ('integrity-check')")
            version = copy.execute("PRAGMA user_version").fetchone()[0]
            rows = _rows(copy)
        finally:
            copy.close()
        if found or version != SCHEMA_VERSION or rows != expected:
            raise _unsound(source, "; ".join(found) or "rows are missing")
        _sync(part)
        _name(part, target)
        _sync(target.parent)
    except (sqlite3.Error, OSError) as error:
        if code_of(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise _unsound(source, str(error)) from error
        raise DatabaseUnusableError(
            f"The backup file {target} cannot be written ({error}). Name a file in a folder that "
            "you may write to, on a disk with room."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _unsound(source: Path, found: str) -> DatabaseUnusableError:
    return DatabaseUnusableError(
        f"The copy of {source} is not sound ({found}). It was not kept. Run tidewaiter doctor."
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(part: Path, target: Path) -> None:
    """Give the finished copy its name, at once, and never that of a file that is there."""
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise _exists(target) from None
    except OSError:  # a memory stick's file system has no links: the name was free a moment ago
        if target.exists():
            raise _exists(target) from None
        part.rename(target)


def _exists(target: Path) -> DatabaseUnusableError:
    return DatabaseUnusableError(
        f"The backup file {target} exists already. Name another file; nothing was overwritten."
    )


def _rows(db: sqlite3.Connection) -> list[int]:
    return [
        db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("items", "matches", "watches", "outbox", "digest_ledger")
    ]
