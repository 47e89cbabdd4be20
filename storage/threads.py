"""One writer thread with group commit, two reader threads; all awaited from the event loop.

Every write is one function on the writer's connection. Writes that wait together share one
BEGIN IMMEDIATE … COMMIT, each in a savepoint of its own, so that one that fails takes back only
itself; nobody is told of success before the commit. Where the disk or the file fails, SQLite may
have ended the whole transaction: then each write of the group is done again by itself, so that
only those fail that cannot be kept. A write may thus run twice, and must touch nothing but the
database.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import DatabaseUnusableError
from storage.connection import code_of, connect, explain, is_from_outside, transaction
from storage.room import Ballast

T = TypeVar("T")
_MAX_GROUP = 256
_MAX_GROWTH = 16  # pages in a group: some milliseconds each, for which messages wait
_READERS = 2  # a broad search must not hold up the poller


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    is_growth: bool


@dataclass(frozen=True, slots=True)
class _Done:
    job: _Job
    result: Any = None
    error: BaseException | None = None


class _NotBegunError(Exception):
    """The write lock was not to be had: no job of the group has run."""


class Writer:
    """The thread that owns the writing connection."""

    def __init__(self, connection: sqlite3.Connection, path: Path, ballast: Ballast) -> None:
        self._connection = connection
        self._path = path
        self._ballast = ballast
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="storage-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T], *, is_growth: bool = False) -> T:
        """Do `work` in a transaction; returns after the commit.

        `is_growth` marks what can wait on a full disk: the ballast is not spent on it.

        Raises:
            DatabaseUnusableError: the database refused; nothing of `work` was kept.
        """
        if not self._is_open:
            raise DatabaseUnusableError(f"The database {self._path} is closed.")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, future, is_growth))
        # once queued it will be committed: a cancelled waiter must not hide that
        return await asyncio.shield(future)

    def close(self) -> None:
        """Finish what is queued, then close the connection."""
        if self._is_open:
            self._is_open = False
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                _tell(self._commit(group))
            del group  # else what was written stays in memory until something else is
        self._connection.close()

    def _next_group(self) -> tuple[list[_Job], bool]:
        """What waits, in its order, up to a bound; and whether more may come."""
        group: list[_Job] = []
        growth = 0
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            growth += job.is_growth
            if len(group) == _MAX_GROUP or growth == _MAX_GROWTH:
                return group, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, jobs: Sequence[_Job]) -> list[_Done]:
        """Commit the jobs together, or else each by itself."""
        try:
            return self._attempt(jobs)
        except _NotBegunError as error:
            return [_Done(job, error=error.__cause__) for job in jobs]
        except sqlite3.Error as error:
            if len(jobs) > 1:
                return [done for job in jobs for done in self._commit([job])]
            return [self._last_resort(jobs[0], error)]

    def _last_resort(self, job: _Job, error: sqlite3.Error) -> _Done:
        is_full = code_of(error) == sqlite3.SQLITE_FULL
        if is_full and job.is_growth:
            self._ballast.run_short()
        elif is_full and self._ballast.give_up():
            try:
                return self._attempt([job])[0]
            except _NotBegunError as again:
                return _Done(job, error=again.__cause__)
            except sqlite3.Error as again:
                error = again
        return _Done(job, error=self._explained(error))

    def _attempt(self, jobs: Sequence[_Job]) -> list[_Done]:
        """One transaction. Raises sqlite3.Error where nothing of it was kept."""
        with ExitStack() as stack:
            try:
                stack.enter_context(transaction(self._connection))
            except sqlite3.Error as error:
                raise _NotBegunError from self._explained(error)
            return [self._do(job) for job in jobs]

    def _do(self, job: _Job) -> _Done:
        db = self._connection
        db.execute("SAVEPOINT job")
        try:
            done = _Done(job, job.work(db))
        except BaseException as error:
            if is_from_outside(error):
                raise
            db.execute("ROLLBACK TO job")
            done = _Done(job, error=error)
        db.execute("RELEASE job")
        return done

    def _explained(self, error: sqlite3.Error) -> DatabaseUnusableError:
        mended = explain(error, self._path)
        mended.__cause__ = error
        return mended


def _tell(outcomes: Sequence[_Done]) -> None:
    """Hand the outcomes to those who wait: one wake-up for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
    for done in outcomes:
        by_loop.setdefault(done.job.future.get_loop(), []).append(done)
    for loop, group in by_loop.items():
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(_resolve, group)


def _resolve(group: Sequence[_Done]) -> None:
    for done in group:
        if done.error is not None:
            done.job.future.set_exception(done.error)
        else:
            done.job.future.set_result(done.result)


class Reader:
    """Threads with connections that can only read: searches do not wait for writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="storage-reader")
        self._is_open = True

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` on one snapshot of the database.

        Raises:
            DatabaseUnusableError: the database refused.
        """
        if not self._is_open:
            raise DatabaseUnusableError(f"The database {self._path} is closed.")
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, self._snapshot, work
            )
        except sqlite3.Error as error:
            raise explain(error, self._path) from error

    def _snapshot(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = connect(self._path, is_writer=False)
            self._connections.append(connection)
        connection.execute("BEGIN")
        try:
            return work(connection)
        finally:
            connection.execute("COMMIT")

    def close(self) -> None:
        """Finish and close."""
        self._is_open = False
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()
