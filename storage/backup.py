"""A consistent copy beside a running service: made under a temporary name, verified, renamed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from bot.errors import DatabaseUnusableError
from storage.connection import code_of, create_private

_LEFT_FREE = 200 << 20  # bytes that a nightly backup leaves on its disk
_STEP = 1_000  # pages that are copied at once
_INSTRUCTIONS = 100_000  # of SQLite's machine: some milliseconds
_PART = ".part"
_IN_USE: set[Path] = set()
"""What this process is writing."""


def faults(db: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file and its references; empty where nothing is."""
    found = [row[0] for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
    found += [
        f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}"
        for row in db.execute("PRAGMA foreign_key_check").fetchmany(20)
    ]
    return found


def write_copy(
    db: sqlite3.Connection,
    source: Path,
    target: Path,
    *,
    is_replacing: bool = False,
    is_stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Copy the database to `target`, which must not exist (or is replaced); its size in bytes.

    `db` is within a transaction, so that the copy and what it is compared with are of one moment.
    The copy gets its name only after a test restore: it was opened anew, SQLite found no fault, and
    all rows are there. A kill leaves a file with a temporary name at most, which the next copy in
    this folder removes. `is_stopped` is asked often, and ends it.

    Raises:
        DatabaseUnusableError: the target exists or cannot be written, or the copy is not sound.
    """
    if target.exists() and not is_replacing:
        raise _exists(target)
    part = target.with_name(f".{target.name}.{os.getpid()}{_PART}")

    def progress(*_pages: int) -> None:
        if is_stopped():
            raise InterruptedError(f"the database {source} was closed")

    try:
        _sweep(target.parent)
        _IN_USE.add(part)
        expected = _contents(db)  # before the copy: the moment of a transaction is its first read
        create_private(part)
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            db.backup(copy, pages=_STEP, progress=progress)
            # the copy stands alone: no -wal beside it
            copy.execute("PRAGMA journal_mode = DELETE")
        with closing(sqlite3.connect(part, isolation_level=None)) as restored:
            restored.set_progress_handler(is_stopped, _INSTRUCTIONS)
            found = faults(restored)
            restored.execute("INSERT INTO items_index (items_index) VALUES ('integrity-check')")
            contents = _contents(restored)
        if found or contents != expected:
            raise _unsound(source, "; ".join(found) or "rows are missing")
        _sync(part)
        if is_replacing:
            part.replace(target)
        else:
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
        _IN_USE.discard(part)
    return target.stat().st_size


def keep_copy(
    db: sqlite3.Connection,
    source: Path,
    target: Path,
    expired: Callable[[Iterable[str]], Iterable[str]],
    is_stopped: Callable[[], bool],
) -> int:
    """write_copy into a folder of its own, which is made if need be; then remove the folder's files
    that `expired` chooses by their names. A target that is there was verified when it got its name.

    Raises:
        DatabaseUnusableError: see write_copy; also where the disk has too little room.
    """
    folder = target.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        need = source.stat().st_size + _LEFT_FREE
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise DatabaseUnusableError(
            f"The folder {folder} for backups cannot be used ({error.strerror}). Name another in "
            "TIDEWAITER_BACKUPS."
        ) from error
    if not target.exists():
        if free < need:
            raise DatabaseUnusableError(
                f"The disk of {folder} has {free >> 20} MiB free, and a backup must leave room: "
                f"{need >> 20} MiB are needed. Make room, keep fewer days (TIDEWAITER_BACKUP_DAYS) "
                "or name a folder on another disk in TIDEWAITER_BACKUPS."
            )
        write_copy(db, source, target, is_stopped=is_stopped)
    for name in expired(sorted(each.name for each in folder.iterdir())):
        (folder / name).unlink(missing_ok=True)
    return target.stat().st_size


def _sweep(folder: Path) -> None:
    """Remove what copies left behind whose process was killed, SQLite's companions of it too."""
    for left in folder.glob(f".*{_PART}*"):
        name = left.name[: left.name.rindex(_PART)]
        number = name.rpartition(".")[2]
        if not number.isdecimal() or left.with_name(name + _PART) in _IN_USE:
            continue
        if not _is_of_another(int(number)):
            left.unlink(missing_ok=True)


def _is_of_another(process: int) -> bool:
    """Whether such a process lives and is not this one."""
    if process == os.getpid():
        return False  # in a container every service has the same number
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


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


def _contents(db: sqlite3.Connection) -> dict[str, int]:
    """The schema's version, and how many rows each table has."""
    tables = [
        row[0]
        for row in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
    ]
    counts = {
        table: db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables
    }
    return counts | {"": db.execute("PRAGMA user_version").fetchone()[0]}
