"""Opening the database file: pragmas asserted, schema brought up to date, lock held."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from bot.errors import DatabaseLockedError, DatabaseTooNewError, DatabaseUnusableError

SCHEMA_VERSION = 11
"""Number of migrations; kept in user_version so that an older program can refuse."""

_BUSY_MS = 10_000  # another process (`ask`, `backup`) may hold the write lock for a moment
_STEP_MS = 10
_CACHE_KIB = {
    True: 8_192,  # in a million items, finding a page's keys took 4 times as long in 2 MB
    False: 4_096,  # of each reader
}
_WAL_BYTES = 16 << 20  # a -wal that a long reader made grow is cut back to this

_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    }
)


def connect(path: Path, *, is_writer: bool) -> sqlite3.Connection:
    """A connection in autocommit mode; the writer's is asserted durable.

    Raises:
        DatabaseUnusableError: not a database, damaged, or not accessible.
    """
    try:
        if is_writer:
            create_private(path)
        # without patience at first: _use_wal brings its own
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    try:
        connection.row_factory = sqlite3.Row
        if is_writer:
            _use_wal(connection)
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB[is_writer]}")
        connection.execute("PRAGMA foreign_keys = ON")
        if is_writer:
            # NORMAL lost acknowledged commits in power cuts, FULL none (docs/adr/0003-storage.md)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
            _assert_pragma(connection, path, "journal_mode", "wal")
            _assert_pragma(connection, path, "synchronous", 2)
            _assert_pragma(connection, path, "foreign_keys", 1)
        else:
            connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        connection.close()
        raise explain(error, path) from error
    except DatabaseUnusableError:
        connection.close()
        raise
    return connection


def create_private(path: Path) -> None:
    """Make the file, where there is none, readable by its owner only: it names who watches what.

    SQLite gives its -wal and -shm files the same mode. What cannot be made is left to SQLite to
    explain.
    """
    with suppress(OSError):
        # only where it is new: closing a descriptor of a live database would drop its locks
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; for this lock SQLite does not always wait of its own accord, and
    where it does, each of our tries would take its whole time-out."""
    for _ in range(_BUSY_MS // _STEP_MS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_STEP_MS / 1000)
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")


def _assert_pragma(
    connection: sqlite3.Connection, path: Path, name: str, expected: str | int
) -> None:
    value = connection.execute(f"PRAGMA {name}").fetchone()[0]
    if value != expected:
        raise DatabaseUnusableError(
            f"The database {path} cannot be set to {name} = {expected} (it stays {value}). "
            "Put it on a local disk: network file systems do not support this."
        )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date, all or nothing, beside other processes; a database that holds
    something is copied before.

    Raises:
        DatabaseTooNewError: a newer Tidewaiter has written it.
        DatabaseUnusableError: see connect; also where the copy cannot be made.
    """
    try:
        if _version(connection, path) == SCHEMA_VERSION:
            return
        with transaction(connection):
            # another process may have done it while we waited
            if (before := _version(connection, path)) < SCHEMA_VERSION:
                if before:
                    _keep_copy(path, before)
                # only here: with all that it imports it takes 6 MB
                from sqlite_utils import Database

                from storage.migrations import migrations

                migrations.apply(Database(connection))
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except sqlite3.Error as error:
        raise explain(error, path) from error


def copy_of_schema(path: Path, version: int) -> Path:
    """Where the copy lies that was made before a database left this version of its schema."""
    return path.with_name(f"{path.name}.schema-{version}")


def _keep_copy(path: Path, version: int) -> None:
    """A verified copy; called with the write lock held, so that nothing changes after it."""
    from storage.backup import write_copy

    target = copy_of_schema(path, version)
    try:
        # SQLite copies from no connection that writes
        with closing(connect(path, is_writer=False)) as reader:
            reader.execute("BEGIN")
            # one that is there is of an attempt that did not come to its end
            write_copy(reader, path, target, is_replacing=True)
    except DatabaseUnusableError as error:
        raise DatabaseUnusableError(
            f"The database {path} needs schema {SCHEMA_VERSION} and is left at {version}, since no "
            f"copy of it can be made before: {error} It takes as much room as the database."
        ) from error


def _version(connection: sqlite3.Connection, path: Path) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise DatabaseTooNewError(
            f"The database {path} has schema {found}, but this Tidewaiter knows {SCHEMA_VERSION}. "
            "Upgrade Tidewaiter, or restore a backup made by this version."
        )
    return found


def code_of(error: BaseException) -> int:
    """SQLite's primary result code; 0 where the error is not SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_from_outside(error: BaseException) -> bool:
    """Whether the file, the disk or another program is at fault, and not the statement."""
    return code_of(error) in _OUTSIDE


def explain(error: sqlite3.Error, path: Path) -> DatabaseUnusableError:
    """SQLite's error in the operator's words."""
    match code_of(error):
        case sqlite3.SQLITE_FULL:
            mend = "The disk is full. Free some space; nothing that was stored is lost."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            mend = (
                "It cannot be opened for writing. Check that the folder exists and belongs to the "
                "user who runs Tidewaiter."
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            mend = (
                "It is not an undamaged Tidewaiter database. Restore a backup, or name another "
                "file."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            mend = "Another program holds it. Close that program, or wait."
        case sqlite3.SQLITE_IOERR:
            mend = (
                "The disk or its file system fails. Look at the kernel's log (journalctl -k) and "
                "at the mount; save what can be read (tidewaiter backup, to another disk), then "
                "mend the disk and restore the newest sound backup."
            )
        case sqlite3.SQLITE_NOMEM:
            mend = "This machine has no memory left. Give it more, or end other programs."
        case _:
            mend = (
                "Start again; if it comes back, run tidewaiter doctor, and restore a backup if "
                "that finds a fault."
            )
    return DatabaseUnusableError(f"The database {path} cannot be used ({error}). {mend}")


def identity_of(path: Path) -> tuple[int, int] | None:
    """Device and number of the file that has this name; None where none has."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def service_lock(path: Path) -> Iterator[None]:
    """Hold the right to poll and deliver with this database; the kernel frees it on a crash.

    Enter it before the database is opened in this process, leave it after that was closed.

    Raises:
        DatabaseLockedError: another process holds it.
        DatabaseUnusableError: the lock file cannot be opened, or its file system has no locks.
    """
    # beside the file itself: another name for it (a symbolic link) is no other database
    real = Path(os.path.realpath(path))
    lock_path = _lock_path(real)
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DatabaseUnusableError(
            f"The lock file {lock_path} cannot be opened ({error.strerror}). Check that the "
            "folder belongs to the user who runs Tidewaiter."
        ) from error
    with ExitStack() as stack:
        stack.callback(os.close, descriptor)
        _seize(descriptor, descriptor, lock_path, path)
        with suppress(
            OSError
        ):  # on a full disk the lock holds all the same; only its note is missing
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        if _LOCKS_DATABASE:
            create_private(real)
            with suppress(OSError):  # SQLite explains better why a file cannot be opened
                own = os.open(real, os.O_RDONLY)
                stack.callback(os.close, own)
                _seize(own, descriptor, real, path)
        yield


def is_served(path: Path) -> bool:
    """Whether a process holds the service lock; makes no file. Not while this process has the
    database open: closing a second descriptor of it would end the locks of the first."""
    real = Path(os.path.realpath(path))
    return any(
        _is_locked(each) for each in (_lock_path(real), *([real] if _LOCKS_DATABASE else []))
    )


_LOCKS_DATABASE = sys.platform == "linux"
"""The database itself is locked too, so that nobody gets in where the lock file was deleted. On
Linux this lock (flock) and those of SQLite (fcntl) do not see each other; elsewhere they may."""


def _lock_path(real: Path) -> Path:
    return real.with_name(real.name + ".lock")


def _seize(descriptor: int, note: int, locked: Path, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        written = os.pread(note, 32, 0).decode("ascii", "replace").strip()
        holder = f" (process {written})" if written and descriptor == note else ""
        raise DatabaseLockedError(
            f"Another Tidewaiter{holder} is polling or delivering with {path}. Stop it first, or "
            "set TIDEWAITER_DATABASE to another file."
        ) from error
    except OSError as error:
        raise DatabaseUnusableError(
            f"The lock file {locked} cannot be locked ({error.strerror}). Put the database "
            "on a local disk: network file systems do not support this."
        ) from error


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # no locks on this file system: nobody holds one
    finally:
        os.close(descriptor)
    return False
