"""The writer's group commit, and readers beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.errors import DatabaseUnusableError
from storage.connection import connect
from storage.room import Ballast
from storage.threads import Reader, Writer
from tests.desk import wait
from tests.storage.nouns import column

Work = Callable[[sqlite3.Connection], object]


class Bench:
    """A writer over a table of marks; `log` is the SQL that its connection has seen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = connect(path, is_writer=True)
        self.connection.execute("CREATE TABLE marks (mark PRIMARY KEY, body)")
        self.ballast = Ballast(path, 1 << 16)
        self.log: list[str] = []
        self.writer = Writer(self.connection, path, self.ballast)

    def marks(self) -> list[object]:
        other = sqlite3.connect(self.path)
        try:
            return column(other, "SELECT mark FROM marks ORDER BY mark")
        finally:
            other.close()

    async def together(self, *works: Work) -> list[object]:
        """Do the works in one group; results and errors, in order."""
        has_begun, gate = threading.Event(), threading.Event()

        def hold(_db: sqlite3.Connection) -> None:
            has_begun.set()
            gate.wait(10)

        first = asyncio.ensure_future(self.writer.run(hold))
        await asyncio.to_thread(has_begun.wait, 10)
        self.connection.set_trace_callback(self.log.append)
        rest = [asyncio.ensure_future(self.writer.run(work)) for work in works]
        await asyncio.sleep(0)  # all are queued now
        gate.set()
        await first
        return await asyncio.gather(*rest, return_exceptions=True)

    def fill_up(self) -> None:
        """No page more: what SQLite says of a full disk."""
        pages = column(self.connection, "PRAGMA page_count")[0]
        self.connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


@pytest.fixture
def bench(path: Path) -> Iterator[Bench]:
    made = Bench(path)
    yield made
    made.writer.close()


def mark(name: str, body: bytes = b"") -> Work:
    def work(db: sqlite3.Connection) -> str:
        db.execute("INSERT INTO marks VALUES (?, ?)", (name, body))
        return name

    return work


def fails_after(name: str) -> Work:
    def work(db: sqlite3.Connection) -> None:
        mark(name)(db)
        raise LookupError(name)

    return work


BIG = b"x" * 1_000_000


def test_writes_that_wait_together_share_one_commit(bench: Bench) -> None:
    names = [f"{number:02}" for number in range(50)]
    assert wait(bench.together(*map(mark, names))) == names
    assert bench.log.count("COMMIT") == 2  # the one that held them up ends first
    assert bench.marks() == names


def test_success_is_told_after_the_commit_only(bench: Bench) -> None:
    async def write() -> None:
        await bench.writer.run(mark("a"))
        assert bench.marks() == ["a"]

    wait(write())


def test_an_error_takes_back_its_own_write_and_harms_no_other(bench: Bench) -> None:
    found = wait(bench.together(mark("a"), fails_after("b"), mark("c"), mark("a"), mark("d")))
    assert found[0::2] == ["a", "c", "d"]
    assert isinstance(found[1], LookupError)
    assert isinstance(found[3], sqlite3.IntegrityError)
    assert bench.marks() == ["a", "c", "d"]
    assert bench.log.count("COMMIT") == 2


def test_a_full_disk_harms_the_write_that_needs_the_room_and_no_other(bench: Bench) -> None:
    bench.fill_up()
    found = wait(bench.together(mark("a"), mark("b", BIG), mark("c"), fails_after("d")))
    assert [found[0], found[2]] == ["a", "c"]
    assert isinstance(found[1], DatabaseUnusableError)
    assert "The disk is full. Free some space; nothing that was stored is lost." in str(found[1])
    assert isinstance(found[3], LookupError)
    assert bench.marks() == ["a", "c"]


def test_after_a_full_disk_writing_goes_on_when_there_is_room(bench: Bench) -> None:
    bench.fill_up()

    async def write() -> None:
        with pytest.raises(DatabaseUnusableError, match="disk is full"):
            await bench.writer.run(mark("a", BIG))
        bench.connection.execute("PRAGMA max_page_count = 1000000").fetchall()
        await bench.writer.run(mark("a", BIG))

    wait(write())
    assert bench.marks() == ["a"]


def test_the_ballast_is_given_up_for_what_cannot_wait(bench: Bench) -> None:
    assert bench.ballast.keep()
    bench.fill_up()
    runs: list[int] = []

    def settles(db: sqlite3.Connection) -> None:
        runs.append(1)
        if len(runs) == 2:  # the ballast is gone: there is room
            db.execute("PRAGMA max_page_count = 1000000").fetchall()
        mark("a", BIG)(db)

    wait(bench.writer.run(settles))
    assert not list(bench.path.parent.glob("*.ballast*"))
    assert bench.marks() == ["a"]


def test_what_can_wait_is_not_tried_again_on_the_ballast(bench: Bench) -> None:
    assert bench.ballast.keep()
    bench.fill_up()
    runs: list[int] = []

    def grows(db: sqlite3.Connection) -> None:
        runs.append(1)
        mark("a", BIG)(db)

    with pytest.raises(DatabaseUnusableError, match="disk is full"):
        wait(bench.writer.run(grows, is_growth=True))
    assert len(runs) == 1
    assert bench.ballast.give_up()  # it is still there, for sending


def test_a_lock_of_another_program_fails_all_that_wait_at_once(bench: Bench) -> None:
    bench.connection.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(bench.path, isolation_level=None)

    async def write() -> list[object]:
        await bench.writer.run(lambda db: db.set_trace_callback(bench.log.append))
        other.execute("BEGIN IMMEDIATE")
        bench.log.clear()
        waiting = [bench.writer.run(mark(f"{number}")) for number in range(20)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    found = wait(write())
    other.close()
    assert len(found) == 20
    assert {type(error) for error in found} == {DatabaseUnusableError}
    assert "Another program holds it" in str(found[0])
    assert bench.log.count("BEGIN IMMEDIATE") <= 2  # not one wait for each of the twenty
    assert bench.marks() == []


def test_a_cancelled_waiter_does_not_undo_what_was_queued(bench: Bench) -> None:
    async def write() -> None:
        waiter = asyncio.create_task(bench.writer.run(mark("a")))
        await asyncio.sleep(0)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        await bench.writer.run(mark("b"))

    wait(write())
    assert bench.marks() == ["a", "b"]


def test_closing_finishes_what_is_queued(bench: Bench) -> None:
    async def write() -> list[object]:
        waiting = [asyncio.ensure_future(bench.writer.run(mark(str(n)))) for n in range(9)]
        await asyncio.sleep(0)
        bench.writer.close()
        return await asyncio.gather(*waiting)

    assert wait(write()) == [str(number) for number in range(9)]
    assert bench.marks() == [str(number) for number in range(9)]


def test_a_closed_database_says_so_instead_of_letting_wait_for_ever(bench: Bench) -> None:
    bench.writer.close()
    bench.writer.close()
    with pytest.raises(DatabaseUnusableError, match="is closed"):
        wait(bench.writer.run(mark("a")))
    reader = Reader(bench.path)
    reader.close()
    with pytest.raises(DatabaseUnusableError, match="is closed"):
        wait(reader.run(lambda db: column(db, "SELECT 1")))


def test_an_event_loop_that_ended_does_not_stop_the_writer(bench: Bench) -> None:
    gate = threading.Event()

    async def abandon() -> None:
        task = asyncio.ensure_future(bench.writer.run(lambda _db: gate.wait(10)))
        await asyncio.sleep(0)
        task.cancel()

    wait(abandon())
    gate.set()
    wait(bench.writer.run(mark("a")))
    assert bench.marks() == ["a"]


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    reader = Reader(path)
    try:
        yield reader
    finally:
        reader.close()


def test_a_reader_sees_one_moment_while_others_write(bench: Bench) -> None:
    async def read(reader: Reader) -> tuple[list[object], list[object]]:
        has_begun, has_written = threading.Event(), threading.Event()

        def look_twice(db: sqlite3.Connection) -> tuple[list[object], list[object]]:
            before = column(db, "SELECT mark FROM marks")
            has_begun.set()
            assert has_written.wait(10)
            return before, column(db, "SELECT mark FROM marks")

        looking = asyncio.ensure_future(reader.run(look_twice))
        await asyncio.to_thread(has_begun.wait, 10)
        await bench.writer.run(mark("a"))
        # a second reader does not wait for the first, and sees what is new
        assert await reader.run(lambda db: column(db, "SELECT mark FROM marks")) == ["a"]
        has_written.set()
        return await looking

    with opened(bench.path) as reader:
        assert wait(read(reader)) == ([], [])


def test_a_reader_that_writes_is_refused_in_words(bench: Bench) -> None:
    with (
        opened(bench.path) as reader,
        pytest.raises(DatabaseUnusableError, match="readonly"),
    ):
        wait(reader.run(mark("a")))
