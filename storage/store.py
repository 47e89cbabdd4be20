"""The Store: intent-shaped methods over one database file.

Each method is one transaction on the writer's thread or one snapshot on the reader's. The SQL is
in one file per family of tables beside this one.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

from bot.delivery.pacing import TELEGRAM, UNPACED, Paces
from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door
from bot.domain.desk import DeskChange, DeskSource
from bot.domain.health import SourceHealth, Ward
from bot.domain.ids import ChatId, ItemId, SourceId, WatchId
from bot.domain.item import ArchivedItem
from bot.domain.outbox import Draft, OutboxMessage, Settlement
from bot.domain.plan import (
    ActiveWatch,
    Applied,
    DigestMaterial,
    DigestPlan,
    DigestStanding,
    IngestMaterial,
    IngestPlan,
    KnownItems,
    OutboxCounts,
    Rehearsed,
)
from bot.domain.question import Question
from bot.domain.source import FetchState, Source
from bot.domain.vitals import Census
from bot.domain.watch import Watch
from bot.errors import DatabaseUnusableError
from storage import (
    archive,
    backup,
    chats,
    desk,
    digests,
    facts,
    fulltext,
    health,
    items,
    outbox,
    rehearsal,
    sources,
)
from storage.connection import connect, explain, identity_of, migrate
from storage.room import Ballast
from storage.rows import stamp
from storage.threads import Reader, Writer

T = TypeVar("T")

PACES: Mapping[Door, Paces] = {Door.TELEGRAM: TELEGRAM, Door.TERMINAL: UNPACED}


class SqliteStore:
    """The database. Open it once a process; close it to flush what is queued."""

    def __init__(self, path: Path, *, paces: Mapping[Door, Paces] = PACES) -> None:
        """Open or make the file.

        Raises:
            DatabaseUnusableError, DatabaseTooNewError: see bot/errors.py.
        """
        self.path = path
        self._closing = threading.Event()
        self._paces = paces
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

    # Sources

    async def save_catalogue(self, catalogue: Sequence[Source], now: datetime) -> None:
        await self._write(lambda db: sources.save_catalogue(db, catalogue, now))

    async def fetch_states(self) -> Mapping[SourceId, FetchState]:
        return await self._read(sources.fetch_states)

    async def save_fetch_state(self, state: FetchState, of: SourceHealth | None = None) -> None:
        def work(db: sqlite3.Connection) -> None:
            sources.save_fetch_state(db, state)
            if of is not None:
                health.save_health(db, of)

        await self._write(work)

    async def source_healths(self) -> Mapping[SourceId, SourceHealth]:
        return await self._read(health.source_healths)

    async def wards(self) -> Sequence[Ward]:
        return await self._read(health.wards)

    async def tell_operators(
        self, drafts: Sequence[Draft], told: Sequence[Ward], now: datetime
    ) -> int:
        return await self._write(lambda db: health.tell_operators(db, drafts, told, now))

    # The desk's own decisions, and questions to chats

    async def desk_sources(self) -> tuple[int, Sequence[DeskSource]]:
        return await self._read(desk.desk_sources)

    async def catalogue_revision(self) -> int:
        return await self._read(desk.catalogue_revision)

    async def change_desk(self, change: DeskChange, now: datetime) -> None:
        await self._write(lambda db: desk.change_desk(db, change, now))

    async def ask(self, question: Question) -> None:
        await self._write(lambda db: desk.ask(db, question))

    async def find_question(self, code: str) -> Question | None:
        return await self._read(lambda db: desk.find_question(db, code))

    async def answer(
        self, code: str, word: str, by: str, now: datetime, change: DeskChange
    ) -> bool:
        return await self._write(lambda db: desk.answer(db, code, word, by, now, change))

    async def forget_questions(self, now: datetime) -> int:
        return await self._write(lambda db: desk.forget_questions(db, now))

    # Archive

    async def ingest(
        self, keys: Sequence[str], decide: Callable[[IngestMaterial], IngestPlan]
    ) -> Applied:
        if not await self.has_room():
            raise DatabaseUnusableError(
                f"The disk of {self.path} is full: the room that is left is kept for sending. "
                "Free some space; nothing that was stored is lost."
            )

        def work(db: sqlite3.Connection) -> Applied:
            return items.apply_ingest(db, decide(items.ingest_material(db, keys)))

        return await self._writer.run(work, is_growth=True)

    async def known_items(self, keys: Sequence[str]) -> KnownItems:
        return await self._read(lambda db: items.known_items(db, keys))

    async def latest_items(
        self, limit: int, before: ItemId | None = None
    ) -> Sequence[ArchivedItem]:
        return await self._read(lambda db: archive.latest_items(db, limit, before))

    async def newest_item_of(self, source_id: SourceId) -> ArchivedItem | None:
        return await self._read(lambda db: archive.newest_item_of(db, source_id))

    async def search_candidates(
        self, index_query: str, limit: int, before: ItemId | None = None
    ) -> Sequence[ArchivedItem]:
        return await self._read(
            lambda db: archive.search_candidates(db, index_query, limit, before)
        )

    async def ids_since(self, index_query: str, since: datetime, limit: int) -> Sequence[ItemId]:
        return await self._read(lambda db: archive.ids_since(db, index_query, since, limit))

    async def archived_items(self, item_ids: Sequence[ItemId]) -> Sequence[ArchivedItem]:
        return await self._read(lambda db: archive.archived_items(db, item_ids))

    async def archive_begins(self) -> datetime | None:
        return await self._read(archive.archive_begins)

    async def match_counts(self, chat_id: ChatId, since: datetime) -> Mapping[WatchId, int]:
        return await self._read(lambda db: items.match_counts(db, chat_id, since))

    # Chats and watches

    async def find_chat(self, address: Address) -> Chat | None:
        return await self._read(lambda db: chats.find_chat(db, address))

    async def ensure_chat(
        self, address: Address, kind: ChatKind, title: str, state: ChatState, now: datetime
    ) -> Chat:
        return await self._write(lambda db: chats.ensure_chat(db, address, kind, title, state, now))

    async def set_chat_state(self, chat_id: ChatId, state: ChatState, now: datetime) -> Chat:
        return await self._write(lambda db: chats.set_chat_state(db, chat_id, state, now))

    async def set_states_at(
        self, address: Address, state: ChatState, *, only_from: ChatState
    ) -> int:
        return await self._write(
            lambda db: chats.set_states_at(db, address, state, only_from=only_from)
        )

    async def states_at(self, address: Address) -> frozenset[ChatState]:
        return await self._read(lambda db: chats.states_at(db, address))

    async def migrate_chat(self, address: Address, number: int) -> None:
        await self._write(lambda db: chats.migrate_chat(db, address, number))

    async def set_digest(self, chat_id: ChatId, at: time | None, zone: str, now: datetime) -> Chat:
        return await self._write(lambda db: chats.set_digest(db, chat_id, at, zone, now))

    async def chats_in(self, *states: ChatState) -> Sequence[Chat]:
        return await self._read(lambda db: chats.chats_in(db, *states))

    async def add_watch(
        self, chat_id: ChatId, text: str, created_by: str, now: datetime
    ) -> tuple[Watch, bool]:
        return await self._write(lambda db: chats.add_watch(db, chat_id, text, created_by, now))

    async def add_watches(
        self, chat_id: ChatId, texts: Sequence[str], created_by: str, now: datetime
    ) -> Sequence[tuple[Watch, bool]]:
        return await self._write(lambda db: chats.add_watches(db, chat_id, texts, created_by, now))

    async def list_watches(self, chat_id: ChatId) -> Sequence[Watch]:
        return await self._read(lambda db: chats.list_watches(db, chat_id))

    async def remove_watch(self, chat_id: ChatId, number: int, now: datetime) -> Watch | None:
        return await self._write(lambda db: chats.remove_watch(db, chat_id, number, now))

    async def active_watches(self) -> Sequence[ActiveWatch]:
        return await self._read(chats.active_watches)

    # Outbox and digests

    async def enqueue(self, drafts: Sequence[Draft], now: datetime) -> int:
        return await self._write(lambda db: outbox.insert_drafts(db, drafts, now))

    async def claim_messages(
        self, door: Door, now: datetime, limit: int
    ) -> Sequence[OutboxMessage]:
        paces = self._paces[door]
        return await self._write(lambda db: outbox.claim_messages(db, door, paces, now, limit))

    async def settle(self, message: OutboxMessage, settlement: Settlement, now: datetime) -> None:
        await self._write(lambda db: outbox.settle(db, message, settlement, now))

    async def recover_interrupted(self, door: Door, now: datetime) -> int:
        return await self._write(lambda db: outbox.recover_interrupted(db, door, now))

    async def next_due_at(self, door: Door) -> datetime | None:
        return await self._read(lambda db: outbox.next_due_at(db, door))

    async def outbox_counts(self) -> OutboxCounts:
        return await self._read(outbox.outbox_counts)

    async def reply_count(self, chat_id: ChatId, since: datetime) -> int:
        return await self._read(lambda db: outbox.reply_count(db, chat_id, since))

    async def is_promised(self, dedup_key: str) -> bool:
        return await self._read(lambda db: outbox.is_promised(db, dedup_key))

    async def digest_standings(self, latest: date) -> Sequence[DigestStanding]:
        return await self._read(lambda db: digests.digest_standings(db, latest))

    async def digest_material(self, chat_id: ChatId, first_from: datetime) -> DigestMaterial:
        return await self._read(lambda db: digests.digest_material(db, chat_id, first_from))

    async def apply_digest(self, plan: DigestPlan) -> bool:
        return await self._write(lambda db: digests.apply_digest(db, plan))

    async def forget_settled(self, now: datetime, keep: timedelta) -> int:
        return await self._write(lambda db: outbox.forget_settled(db, now, keep))

    # The file itself

    async def fact(self, name: str) -> str | None:
        return await self._read(lambda db: facts.fact(db, name))

    async def set_fact(self, name: str, value: str) -> None:
        await self._write(lambda db: facts.set_fact(db, name, value))

    async def beat(self, now: datetime) -> None:
        # of all writes the first that can wait on a full disk
        await self._writer.run(lambda db: facts.set_fact(db, "beat_at", stamp(now)), is_growth=True)

    async def census(self) -> Census:
        return await self._read(outbox.census)

    async def rehearse(
        self,
        source: Source,
        watch: str,
        keys: Sequence[str],
        index_query: str,
        decide: Callable[[IngestMaterial], IngestPlan],
        now: datetime,
    ) -> Rehearsed:
        return await self._writer.run(
            lambda db: rehearsal.rehearse(db, source, watch, keys, index_query, decide, now),
            is_growth=True,
        )

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
