"""A backup is a whole copy of one moment, or no file at all."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import DatabaseUnusableError
from storage import backup
from storage.connection import connect, migrate
from storage.store import SqliteStore
from tests.desk import wait
from tests.samples import NOW
from tests.storage.nouns import (
    add_chat,
    add_sources,
    add_watch,
    column,
    draft,
    keep,
    new_item,
    plan,
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "copy.db"


async def fill(store: SqliteStore, count: int = 3) -> None:
    def work(db: sqlite3.Connection) -> None:
        add_sources(db)
        add_watch(db, add_chat(db))

    await store._write(work)
    for number in range(count):
        await keep(store, plan(new_item(str(number))))


def test_a_backup_stands_alone_and_opens(store: SqliteStore, target: Path) -> None:
    async def copy() -> int:
        await fill(store)
        return await store.backup(target)

    assert wait(copy()) == target.stat().st_size
    assert [each.name for each in target.parent.iterdir()] == ["copy.db"]
    assert target.stat().st_mode & 0o777 == 0o600
    restored = SqliteStore(target)
    try:
        assert len(wait(restored.latest_items(10))) == 3
        assert len(wait(restored.search_candidates('"notic"', 10))) == 3
        assert wait(restored.check()) == []
    finally:
        restored.close()


def test_a_backup_never_overwrites(store: SqliteStore, target: Path) -> None:
    target.write_text("precious")
    with pytest.raises(DatabaseUnusableError, match=r"exists already.*nothing was overwritten"):
        wait(store.backup(target))
    assert target.read_text() == "precious"


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(
    store: SqliteStore, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def appear(descriptor: int) -> None:
        target.write_text("precious")

    monkeypatch.setattr(os, "fsync", appear)
    with pytest.raises(DatabaseUnusableError, match="exists already"):
        wait(store.backup(target))
    assert target.read_text() == "precious"
    assert [each.name for each in target.parent.iterdir()] == ["copy.db"]


def test_a_disk_without_links_takes_a_backup_too(
    store: SqliteStore, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _to: Path) -> None:
        raise PermissionError("no links on this file system")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert wait(store.backup(target)) == target.stat().st_size
    assert [each.name for each in target.parent.iterdir()] == ["copy.db"]


def test_a_folder_that_is_not_there_is_named(store: SqliteStore, target: Path) -> None:
    with pytest.raises(DatabaseUnusableError, match=r"nowhere/copy.db cannot be written"):
        wait(store.backup(target.parent / "nowhere" / "copy.db"))


def test_a_backup_beside_a_writer_is_of_one_moment(store: SqliteStore, target: Path) -> None:
    """Each write queues two messages: a copy never holds one without the other."""

    async def copy_while_writing() -> None:
        await fill(store)
        chat_id = (await store.active_watches())[0].chat.chat_id
        has_ended = False

        async def write() -> int:
            count = 0
            while not has_ended:
                pair = [draft(chat_id, f"{count}-{part}") for part in range(2)]
                await store.enqueue(pair, NOW)
                count += 1
            return count

        writing = asyncio.create_task(write())
        for number in range(5):
            await store.backup(target.with_name(f"{number}.db"))
        has_ended = True
        assert await writing > 5

    wait(copy_while_writing())
    for number in range(5):
        with closing(sqlite3.connect(target.with_name(f"{number}.db"))) as copy:
            assert column(copy, "SELECT count(*) % 2 FROM outbox") == [0]


def test_a_backup_does_not_hold_up_reading(store: SqliteStore, target: Path) -> None:
    async def read_meanwhile() -> None:
        await fill(store)
        copying = asyncio.create_task(store.backup(target))
        for _ in range(20):
            await store.latest_items(1)
        await copying

    wait(read_meanwhile())


def test_a_damaged_database_gives_no_backup(path: Path, target: Path) -> None:
    with closing(connect(path, is_writer=True)) as db:
        migrate(db, path)
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("INSERT INTO alerts VALUES (7, 7, '')")
        with pytest.raises(DatabaseUnusableError, match=r"not sound.*missing row of chats"):
            backup.write_copy(db, path, target)
    assert list(target.parent.iterdir()) == []


def test_a_broken_index_gives_no_backup(path: Path, target: Path) -> None:
    with closing(connect(path, is_writer=True)) as db:
        migrate(db, path)
        add_sources(db)
        db.execute("INSERT INTO items_index (rowid, words) VALUES (1, 'a b c')")
        db.execute("UPDATE items_index_data SET block = x'00ff00ff00ff' WHERE id > 10")
        with pytest.raises(DatabaseUnusableError, match="not sound"):
            backup.write_copy(db, path, target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("looks", [0, 1, 40])
def test_a_backup_that_is_stopped_ends_soon_and_leaves_nothing(
    path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """Else a service that ends would wait for the copy of a large database, and its proof."""
    monkeypatch.setattr(backup, "_INSTRUCTIONS", 10)
    asked = iter([*[False] * looks, True])
    with closing(connect(path, is_writer=True)) as db:
        migrate(db, path)
        with pytest.raises(DatabaseUnusableError, match=r"was closed|interrupted"):
            backup.write_copy(db, path, target, is_stopped=lambda: next(asked))
    assert list(target.parent.iterdir()) == []


def test_a_store_that_is_closed_stops_its_nightly_backup(store: SqliteStore, target: Path) -> None:
    store.close()
    with pytest.raises(DatabaseUnusableError, match="was closed"):
        wait(store.keep_backup(target, lambda _names: ()))
    assert list(target.parent.iterdir()) == []


def test_what_a_killed_backup_left_is_removed_and_what_another_writes_is_not(
    store: SqliteStore, target: Path
) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    gone = int(dead.stdout)
    folder = target.parent
    for name in (
        f".a.db.{gone}.part",
        f".a.db.{gone}.part-wal",
        f".b.db.{os.getpid()}.part-journal",
    ):
        (folder / name).touch()
    kept = {f".c.db.{os.getppid()}.part", ".notes.part", "x.part"}
    for name in kept:
        (folder / name).touch()
    wait(store.backup(target))
    assert {each.name for each in folder.iterdir()} == {"copy.db"} | kept
