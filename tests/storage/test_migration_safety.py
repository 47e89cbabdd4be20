"""A database of an older version is copied before it is changed, and no kill leaves half of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import DatabaseUnusableError
from storage.backup import faults
from storage.connection import SCHEMA_VERSION, connect, copy_of_schema, migrate, transaction
from storage.migrations import migrations
from storage.store import SqliteStore
from tests.storage.nouns import column

ROOT = Path(__file__).parents[2]
OLD = 3
"""The first version that had all that a desk must not lose."""


def make_old(path: Path, version: int = OLD) -> None:
    """A database as an older version left it, with a desk's watches in it."""
    names = [each.name for each in migrations.pending(Database(memory=True))]
    with closing(connect(path, is_writer=True)) as db:
        with transaction(db):
            migrations.apply(Database(db), stop_before=names[version])
            db.execute(f"PRAGMA user_version = {version}")
        db.execute(
            "INSERT INTO chats (door, number, topic_id, kind, title, state, zone, digest_set_at,"
            " created_at) VALUES ('telegram', 1, 0, 'private', 'Desk', 'active', 'UTC', '', '')"
        )
        for number in range(1, 301):
            db.execute(
                "INSERT INTO watches (chat_id, number, text, created_at, created_by)"
                " VALUES (1, ?, ?, '', 'Ada')",
                (number, f"gallium {number}"),
            )


def watches(path: Path) -> tuple[int, int]:
    """The version of a file's schema, and how many watches it holds."""
    with closing(sqlite3.connect(path)) as db:
        assert faults(db) == []
        (version,), (count,) = (
            column(db, "PRAGMA user_version"),
            column(db, "SELECT count(*) FROM watches WHERE text LIKE 'gallium %'"),
        )
    return version, count


@pytest.mark.parametrize("version", range(OLD, SCHEMA_VERSION))
def test_what_an_older_version_left_is_copied_before_it_is_changed(
    path: Path, version: int
) -> None:
    make_old(path, version)
    SqliteStore(path).close()
    assert watches(path) == (SCHEMA_VERSION, 300)
    assert watches(copy_of_schema(path, version)) == (version, 300)
    assert copy_of_schema(path, version).stat().st_mode & 0o777 == 0o600


def test_a_new_database_and_one_that_is_up_to_date_are_not_copied(path: Path) -> None:
    for _ in range(2):
        SqliteStore(path).close()
    assert not list(path.parent.glob("*schema*"))


def test_without_a_copy_nothing_is_changed_and_the_reason_is_said(path: Path) -> None:
    make_old(path)
    copy_of_schema(path, OLD).mkdir()  # in its way: no file can take this name
    with (
        closing(connect(path, is_writer=True)) as db,
        pytest.raises(DatabaseUnusableError, match=f"left at {OLD}, since no copy"),
    ):
        migrate(db, path)
    assert watches(path) == (OLD, 300)


def test_the_copy_of_an_attempt_that_did_not_end_is_replaced_by_a_newer_one(path: Path) -> None:
    make_old(path)
    shutil.copy(path, copy_of_schema(path, OLD))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM watches WHERE number = 1")
    SqliteStore(path).close()
    assert watches(copy_of_schema(path, OLD)) == (OLD, 299)


# One process that forks: each child opens the database and dies at its n-th statement, whichever
# connection runs it, in the copy and in the migrations.
KILLS = """
import json, os, shutil, signal, sqlite3, sys
from pathlib import Path
import sqlite_utils
import storage.migrations
from storage.store import SqliteStore

original, work, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
real_connect = sqlite3.connect

def live(path, end):
    seen = 0
    def count(_statement):
        nonlocal seen
        seen += 1
        if seen == end:
            os.kill(os.getpid(), signal.SIGKILL)
    def connect(*args, **kwargs):
        connection = real_connect(*args, **kwargs)
        connection.set_trace_callback(count)
        return connection
    sqlite3.connect = connect
    SqliteStore(path).close()

end, ends = 1, []
while True:
    folder = work / str(end)
    folder.mkdir()
    shutil.copy(original, folder / "desk.db")
    child = os.fork()
    if child == 0:
        live(folder / "desk.db", end)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    ends.append([end, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0])
    if not os.WIFSIGNALED(status):
        break
    end += step
print(json.dumps(ends))
"""


def killed_at_each(tmp_path: Path, step: int) -> int:
    """Kill the migration at every `step`-th statement; how many kills there were."""
    original, work = tmp_path / "old.db", tmp_path / "kills"
    make_old(original)
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLS, original, work, str(step)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )
    ends = json.loads(done.stdout)
    versions = set()
    for end, signal in ends:
        path = work / str(end) / "desk.db"
        before, count = watches(path)
        assert count == 300, f"watches were lost by a kill at statement {end}"
        assert before in {OLD, SCHEMA_VERSION}, f"half a migration at statement {end}"
        assert signal or before == SCHEMA_VERSION
        if before == SCHEMA_VERSION:
            assert watches(copy_of_schema(path, OLD)) == (OLD, 300)
        versions.add(before)
        SqliteStore(path).close()  # the next start makes up for it
        assert watches(path) == (SCHEMA_VERSION, 300)
        assert watches(copy_of_schema(path, OLD)) == (OLD, 300)
        assert not list(path.parent.glob(".*")), "the next copy removes what a killed one left"
    assert versions == {OLD, SCHEMA_VERSION}, "kills before and after the commit"
    return len(ends) - 1


def test_a_kill_at_any_statement_leaves_the_old_database_or_the_new_one(tmp_path: Path) -> None:
    assert killed_at_each(tmp_path, step=7) > 20


@pytest.mark.torture
def test_a_kill_at_every_single_statement_leaves_one_or_the_other(tmp_path: Path) -> None:
    assert killed_at_each(tmp_path, step=1) > 150
