"""What belongs together is kept together, or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from bot.domain.ids import SourceId
from bot.domain.source import FetchState
from bot.domain.watch import Watch
from bot.errors import DatabaseUnusableError
from storage.store import SqliteStore
from tests.desk import wait
from tests.samples import NOW, source, state
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

TABLES = ("items", "item_keys", "matches", "alerts", "outbox")


def rows(db: sqlite3.Connection) -> dict[str, int]:
    return {table: column(db, f"SELECT count(*) FROM {table}")[0] for table in TABLES}


async def fetch_state(store: SqliteStore, name: str = "gazette") -> FetchState:
    return (await store.fetch_states())[SourceId(name)]


async def desk(store: SqliteStore) -> Watch:
    def work(db: sqlite3.Connection) -> Watch:
        add_sources(db, "gazette", "wire")
        return add_watch(db, add_chat(db))

    return await store._write(work)


async def leave_pages(store: SqliteStore, count: int) -> None:
    """Let the file grow by so many pages and no more: SQLite's own full disk."""

    def work(db: sqlite3.Connection) -> None:
        pages = column(db, "PRAGMA page_count")[0]
        db.execute(f"PRAGMA max_page_count = {pages + count}").fetchall()

    await store._write(work)


def test_a_page_is_kept_with_all_that_follows_from_it(store: SqliteStore) -> None:
    async def ingest() -> None:
        watch = await desk(store)
        applied = await keep(store, plan(new_item("1", [watch]), new_item("2")))
        assert (applied.new_items, applied.matches, applied.messages) == (2, 1, 1)
        assert (await store._read(rows)) == {
            "items": 2,
            "item_keys": 8,
            "matches": 1,
            "alerts": 1,
            "outbox": 1,
        }
        assert (await fetch_state(store)).etag == '"after"'

    wait(ingest())


@pytest.mark.parametrize("pages", range(0, 24, 3))
def test_a_disk_that_is_full_in_the_middle_of_a_page_keeps_nothing_of_it(
    store: SqliteStore, pages: int
) -> None:
    """However far it came: no item, no alert, and above all not the validators."""

    async def ingest() -> None:
        watch = await desk(store)
        before = await store._read(rows), await fetch_state(store)
        await leave_pages(store, pages)
        page = plan(*(new_item(str(n), [watch], text="steel " * 900) for n in range(30)))
        with pytest.raises(DatabaseUnusableError, match=r"disk is full.*nothing .* is lost"):
            await keep(store, page)
        assert (await store._read(rows), await fetch_state(store)) == before
        assert await store.search_candidates('"steel"', 10) == ()

        await leave_pages(store, 10_000)
        assert (await keep(store, page)).messages == 30
        assert (await fetch_state(store)).etag == '"after"'
        assert len(await store.search_candidates('"steel"', 50)) == 30

    wait(ingest())


def test_a_page_that_does_not_fit_harms_nothing_that_is_written_with_it(
    store: SqliteStore,
) -> None:
    async def write() -> None:
        watch = await desk(store)
        await store.enqueue([draft(watch.chat_id, "before")], NOW)
        await leave_pages(store, 4)
        found = await asyncio.gather(
            store.save_fetch_state(state("wire", url="https://wire.example/feed.xml", etag="w")),
            keep(store, plan(new_item("1", [watch], text="steel " * 9000))),
            store.enqueue([draft(watch.chat_id, "after")], NOW),
            return_exceptions=True,
        )
        assert [found[0], found[2]] == [None, 1]
        assert isinstance(found[1], DatabaseUnusableError)
        assert await store._read(rows) == {
            "items": 0,
            "item_keys": 0,
            "matches": 0,
            "alerts": 0,
            "outbox": 2,
        }
        assert (await fetch_state(store, "wire")).etag == "w"
        assert (await fetch_state(store)).etag is None

    wait(write())


def test_a_page_of_an_unknown_source_is_not_kept_in_part(store: SqliteStore) -> None:
    async def ingest() -> None:
        watch = await desk(store)
        stray = new_item("2", [watch], source_id=SourceId("nobody"))
        with pytest.raises(sqlite3.IntegrityError):
            await keep(store, plan(new_item("1", [watch]), stray))
        assert set((await store._read(rows)).values()) == {0}
        assert (await fetch_state(store)).etag is None

    wait(ingest())


def test_what_was_stored_is_there_after_a_restart(store: SqliteStore) -> None:
    async def write() -> None:
        watch = await desk(store)
        await keep(store, plan(new_item("1", [watch])))

    async def read(again: SqliteStore) -> None:
        assert (await again._read(rows))["outbox"] == 1
        assert (await fetch_state(again)).etag == '"after"'

    wait(write())
    store.close()
    again = SqliteStore(store.path)
    try:
        wait(read(again))
    finally:
        again.close()


def test_another_process_sees_what_is_written_beside_it(store: SqliteStore) -> None:
    beside = SqliteStore(store.path)

    async def write() -> None:
        watch = await desk(store)
        await keep(beside, plan(new_item("1", [watch])))
        assert len(await store.latest_items(10)) == 1
        await asyncio.gather(
            *(
                one.enqueue([draft(watch.chat_id, f"{name}{n}")], NOW)
                for n in range(40)
                for name, one in (("a", store), ("b", beside))
            )
        )
        assert (await store.outbox_counts()).queued == 81

    try:
        wait(write())
    finally:
        beside.close()


def test_a_fact_is_remembered_and_replaced(store: SqliteStore) -> None:
    async def remember() -> None:
        assert await store.fact("colour") is None
        await store.set_fact("colour", "blue")
        await store.set_fact("colour", "green")
        assert await store.fact("colour") == "green"

    wait(remember())


def test_a_damaged_file_is_found(store: SqliteStore) -> None:
    async def damage() -> None:
        watch = await desk(store)
        await keep(store, plan(new_item("1", [watch])))
        assert await store.check() == []
        await store._write(lambda db: db.execute("PRAGMA writable_schema = ON"))

        def cut(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM sqlite_master WHERE name = 'outbox_by_chat'")

        await store._write(cut)

    wait(damage())
    store.close()
    again = SqliteStore(store.path)
    try:
        assert any("never used" in fault for fault in wait(again.check()))
    finally:
        again.close()


def test_a_missing_reference_is_found(store: SqliteStore) -> None:
    async def cut() -> list[str]:
        watch = await desk(store)
        await keep(store, plan(new_item("1", [watch])))
        other = sqlite3.connect(store.path)  # where references are off by default
        other.execute("DELETE FROM sources")
        other.commit()
        other.close()
        return await store.check()

    assert "row 1 of items refers to a missing row of sources" in wait(cut())


def test_the_catalogue_keeps_what_is_remembered_of_an_address(store: SqliteStore) -> None:
    async def save() -> None:
        await store.save_catalogue([source()], NOW)
        polled = state(etag="e", last_modified="m", failures=3, last_outcome="fetched")
        await store.save_fetch_state(polled)
        await store.save_catalogue([replace(source(), name="The Gazette anew")], NOW)
        assert await fetch_state(store) == polled
        moved = replace(source(), url="https://elsewhere.example/feed.xml")
        await store.save_catalogue([moved], NOW)
        found = await fetch_state(store)
        assert (found.url, found.etag, found.last_modified, found.failures) == (
            moved.url,
            None,
            None,
            0,
        )
        assert found.is_seeded  # its items are known: what is new there is news

    wait(save())
