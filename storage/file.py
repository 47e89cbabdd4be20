"""The database file: opened and migrated, written by one thread, kept, checked and copied."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

from bot.errors import DatabaseUnusableError
from storage import backup, facts, fulltext
from storage.connection import connect, explain, identity_of, migrate
from storage.room import Ballast
from storage.rows import stamp
from storage.threads import Reader, Writer

T = TypeVar("T")


class SqliteFile:
    """An open database file. Open it once a process; close it to flush what is queued."""

    def __init__(self, path: Path) -> None:
        """Open or make the file.

        Raises:
            DatabaseUnusableError, DatabaseTooNewError: see bot/errors.py.
        """
        self.path = path
        self._closing = threading.Event()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnusableError(
                f"The folder {path.parent} for the database cannot be made ({error.strerror}). "
                "Set TIDEWAITER_DATABASE to a file in a folder that you may write to."
            ) from error
        connection = connect(path, is_writer=True)
        migrate(connection, path)
        fulltext.renew(connection, path)
        self._ballast = Ballast(path)
        self._writer = Writer(connection, path, self._ballast)
        self._reader = Reader(path)
        # opened while the file has its name: after that, no new connection would find it
        self._held = connect(path, is_writer=False)
        self._held.execute("SELECT 1 FROM facts").fetchone()
        self._identity = identity_of(path)
        self._is_rescued = False

    def close(self) -> None:
        """Finish what is queued and close; a nightly backup under way is given up."""
        self._closing.set()
        self._held.close()
        self._reader.close()
        self._writer.close()
        if self._is_rescued and identity_of(self.path) is None:
            # else the log of the lost file would be taken for that of the next one of this name
            for end in ("-wal", "-shm"):
                self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._writer.run(work)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._reader.run(work)

    async def fact(self, name: str) -> str | None:
        return await self._read(lambda db: facts.fact(db, name))

    async def set_fact(self, name: str, value: str) -> None:
        await self._write(lambda db: facts.set_fact(db, name, value))

    async def beat(self, now: datetime) -> None:
        # of all writes the first that can wait on a full disk
        await self._writer.run(lambda db: facts.set_fact(db, "beat_at", stamp(now)), is_growth=True)

    async def has_room(self) -> bool:
        return self._ballast.keep()

    async def check(self) -> list[str]:
        return await self._apart(backup.faults)

    async def backup(self, target: Path) -> int:
        return await self._apart(lambda db: backup.write_copy(db, self.path, target))

    async def keep_backup(
        self, target: Path, expired: Callable[[Iterable[str]], Iterable[str]]
    ) -> int:
        stopped = self._closing.is_set
        return await self._apart(
            lambda db: backup.keep_copy(db, self.path, target, expired, stopped)
        )

    def is_in_place(self) -> bool:
        """Whether the file is still found under its name: neither removed nor replaced."""
        return identity_of(self.path) == self._identity

    async def rescue(self) -> Path:
        """Save what an open file holds that has lost its name; returns where.

        Raises:
            DatabaseUnusableError: it cannot be written there.
        """
        names = (f"{self.path.name}.rescued{n or ''}" for n in count())
        target = next(p for name in names if not (p := self.path.with_name(name)).exists())

        def run() -> Path:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                self._held.execute("BEGIN")
                try:
                    backup.write_copy(self._held, self.path, target)
                finally:
                    self._held.execute("COMMIT")
            except OSError as error:
                raise DatabaseUnusableError(
                    f"{target} cannot be written ({error.strerror})."
                ) from error
            except sqlite3.Error as error:
                raise explain(error, self.path) from error
            self._is_rescued = True
            return target

        return await asyncio.to_thread(run)

    async def _apart(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Long work on the whole file, on a connection of its own: nobody waits for it."""

        def run() -> T:
            try:
                with closing(connect(self.path, is_writer=False)) as db:
                    db.execute("BEGIN")
                    return work(db)
            except sqlite3.Error as error:
                raise explain(error, self.path) from error

        return await asyncio.to_thread(run)
