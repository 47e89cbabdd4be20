"""A file that cannot be used is refused in words that say what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.errors import DatabaseLockedError, DatabaseTooNewError, DatabaseUnusableError
from storage import connection
from storage.connection import (
    SCHEMA_VERSION,
    connect,
    explain,
    is_served,
    migrate,
    service_lock,
)
from storage.store import SqliteStore
from tests.desk import wait

ROOT = Path(__file__).parents[2]


@contextmanager
def another_process(code: str, *arguments: object) -> Iterator[None]:
    """A real process that does `code` up to its `hold()`, and stays there."""
    script = f"import sys\ndef hold():\n    print(flush=True)\n    sys.stdin.read()\n{code}"
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "\n"
        yield
    finally:
        process.stdin.close()
        process.stdout.close()
        assert process.wait(10) == 0


def pragma(db: sqlite3.Connection, name: str) -> object:
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def test_the_writer_is_durable_and_checks_references(path: Path) -> None:
    with closing(connect(path, is_writer=True)) as db:
        assert pragma(db, "journal_mode") == "wal"
        assert pragma(db, "synchronous") == 2
        assert pragma(db, "foreign_keys") == 1
        assert pragma(db, "busy_timeout") == 10_000


def test_a_new_database_and_all_beside_it_are_for_their_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with closing(connect(tmp_path / "new.db", is_writer=True)) as db:
            db.execute("CREATE TABLE watched (text)")
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


def test_the_mode_that_an_operator_chose_is_kept(path: Path) -> None:
    path.touch()
    path.chmod(0o640)
    with closing(connect(path, is_writer=True)):
        assert path.stat().st_mode & 0o777 == 0o640


def test_a_reader_cannot_write(db: sqlite3.Connection, path: Path) -> None:
    with (
        closing(connect(path, is_writer=False)) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("INSERT INTO facts VALUES ('a', 'b')")


def test_a_file_system_without_write_ahead_logs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseUnusableError, match=r"journal_mode = wal .*stays memory.*local"):
        connect(Path(":memory:"), is_writer=True)


@pytest.mark.parametrize("body", [b"<rss>this is not a database</rss>" * 100, b"x" * 200])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, body: bytes) -> None:
    path.write_bytes(body)
    with pytest.raises(DatabaseUnusableError, match=r"not an undamaged Tidewaiter database"):
        SqliteStore(path)
    assert path.read_bytes() == body


def test_a_folder_in_which_nothing_may_be_written_is_named(tmp_path: Path) -> None:
    # root may write anywhere but in the kernel's own folders
    folder = Path("/proc") if os.geteuid() == 0 else tmp_path
    tmp_path.chmod(0o555)
    with pytest.raises(DatabaseUnusableError, match=r"opened for writing.*belongs to the user"):
        SqliteStore(folder / "tidewaiter.db")
    with pytest.raises(DatabaseUnusableError, match=r"lock file .* cannot be opened"):
        service_lock(folder / "tidewaiter.db").__enter__()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatabaseUnusableError, match="TIDEWAITER_DATABASE"):
        SqliteStore(tmp_path / "file" / "tidewaiter.db")


def test_a_newer_schema_is_refused_and_left_as_it_is(db: sqlite3.Connection, path: Path) -> None:
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(DatabaseTooNewError, match=f"schema {SCHEMA_VERSION + 1}.*Upgrade"):
        SqliteStore(path)
    assert pragma(db, "user_version") == SCHEMA_VERSION + 1


def test_a_failed_migration_leaves_nothing_behind(path: Path) -> None:
    with closing(connect(path, is_writer=True)) as db:
        db.execute("PRAGMA max_page_count = 8")
        with pytest.raises(DatabaseUnusableError, match="disk is full"):
            migrate(db, path)
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        db.execute("PRAGMA max_page_count = 1000000")
        migrate(db, path)
        assert pragma(db, "user_version") == SCHEMA_VERSION


def test_a_write_lock_of_another_program_is_said_to_be_one(
    db: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.execute("PRAGMA user_version = 0")
    monkeypatch.setattr(connection, "_BUSY_MS", 50)
    holder = """
import sqlite3
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
hold()
"""
    with (
        another_process(holder, path),
        pytest.raises(DatabaseUnusableError, match="Another program holds it"),
    ):
        SqliteStore(path)


def test_a_file_that_stays_locked_is_given_up_when_the_time_is_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a hundred times that time, once for each try to switch to a write-ahead log."""
    monkeypatch.setattr(connection, "_BUSY_MS", 1_000)
    holder = """
from pathlib import Path
from storage.store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
hold()
"""
    with another_process(holder, path):
        os.truncate(path, 0)  # a write-ahead log that is in use, and no file that it belongs to
        started = time.monotonic()
        with pytest.raises(DatabaseUnusableError, match="Another program holds it"):
            SqliteStore(path)
        assert time.monotonic() - started < 50


LOCK_HOLDER = """
from pathlib import Path
from storage.connection import service_lock
with service_lock(Path(sys.argv[1])):
    hold()
"""


def test_a_second_service_is_refused_and_told_who_holds_the_database(path: Path) -> None:
    with (
        another_process(LOCK_HOLDER, path),
        pytest.raises(DatabaseLockedError, match=r"Another Tidewaiter \(process \d+\).*Stop it"),
        service_lock(path),
    ):
        pass
    with service_lock(path):
        assert path.with_name("tidewaiter.db.lock").read_text() == str(os.getpid())


def test_a_second_service_is_refused_under_another_name_of_the_same_file(
    path: Path, tmp_path: Path
) -> None:
    SqliteStore(path).close()
    (tmp_path / "elsewhere").mkdir()
    for link in (path.with_name("alias.db"), tmp_path / "elsewhere" / "desk.db"):
        link.symlink_to(path)
        with service_lock(path), pytest.raises(DatabaseLockedError), service_lock(link):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere flock and fcntl may collide")
@pytest.mark.parametrize("is_new", [True, False])
def test_a_second_service_is_refused_where_the_lock_file_was_deleted(
    path: Path, is_new: bool
) -> None:
    if not is_new:
        SqliteStore(path).close()
    with another_process(LOCK_HOLDER, path):
        assert is_served(path)
        for _ in range(2):
            path.with_name("tidewaiter.db.lock").unlink()
            assert is_served(path)
            with pytest.raises(DatabaseLockedError, match="Another Tidewaiter is"):
                service_lock(path).__enter__()
    assert not is_served(path)
    with service_lock(path):
        SqliteStore(path).close()


def test_who_asks_for_the_lock_makes_no_file(tmp_path: Path) -> None:
    assert not is_served(tmp_path / "nowhere" / "tidewaiter.db")
    assert list(tmp_path.iterdir()) == []


SERVICE = """
from pathlib import Path
from storage.connection import service_lock
from storage.store import SqliteStore
with service_lock(Path(sys.argv[1])):
    store = SqliteStore(Path(sys.argv[1]))
    hold()
    store.close()
"""


def test_a_look_at_the_lock_from_outside_does_not_disturb_a_service_that_writes(path: Path) -> None:
    with another_process(SERVICE, path):
        for _ in range(3):
            assert is_served(path)
            SqliteStore(path).close()
    store = SqliteStore(path)
    try:
        assert wait(store.check()) == []
    finally:
        store.close()


def test_a_disk_that_fails_is_said_to_be_one_and_what_to_do(path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    said = str(explain(error, path))
    assert "file system fails" in said and "journalctl -k" in said and "restore" in said


def test_the_lock_of_a_killed_service_is_free_at_once(path: Path) -> None:
    code = f"import os, signal\nhold = lambda: os.kill(os.getpid(), signal.SIGKILL)\n{LOCK_HOLDER}"
    killed = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}", path], cwd=ROOT, check=False
    )
    assert killed.returncode == -9
    with service_lock(path):
        pass


def test_the_lock_holds_where_no_byte_can_be_written(path: Path) -> None:
    """A full disk: the note of who holds it is a help, the lock is the kernel's."""
    no_room = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    with (
        another_process(no_room + LOCK_HOLDER, path),
        pytest.raises(DatabaseLockedError, match="Another Tidewaiter is"),
        service_lock(path),
    ):
        pass


def test_the_lock_does_not_hinder_reading_and_writing(path: Path) -> None:
    with another_process(LOCK_HOLDER, path):
        SqliteStore(path).close()
