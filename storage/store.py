"""The Store: intent-shaped methods over one database file.

Each method is one transaction on the writer's thread or one snapshot on the reader's. The SQL is
in one file per family of tables beside this one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

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
    EndedMute,
    IngestMaterial,
    IngestPlan,
    KnownItems,
    OutboxCounts,
    Rehearsed,
    Told,
    UnmutePlan,
    WatchWeek,
)
from bot.domain.question import Change, Question
from bot.domain.source import FetchState, Source
from bot.domain.vitals import Census
from bot.domain.watch import Watch, WatchWays
from bot.errors import DatabaseUnusableError
from storage import (
    archive,
    chats,
    desk,
    digests,
    health,
    items,
    outbox,
    rehearsal,
    sources,
    watches,
)
from storage.file import SqliteFile

PACES: Mapping[Door, Paces] = {Door.TELEGRAM: TELEGRAM, Door.TERMINAL: UNPACED}


class SqliteStore(SqliteFile):
    """The database. Open it once a process; close it to flush what is queued."""

    def __init__(self, path: Path, *, paces: Mapping[Door, Paces] = PACES) -> None:
        """Open or make the file.

        Raises:
            DatabaseUnusableError, DatabaseTooNewError: see bot/errors.py.
        """
        super().__init__(path)
        self._paces = paces

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

    async def change_desk(self, change: DeskChange, now: datetime) -> bool:
        return await self._write(lambda db: desk.change_desk(db, change, now))

    async def ask(self, question: Question) -> None:
        await self._write(lambda db: desk.ask(db, question))

    async def find_question(self, code: str) -> Question | None:
        return await self._read(lambda db: desk.find_question(db, code))

    async def last_question(self, chat_id: ChatId, asked_by: str) -> Question | None:
        return await self._read(lambda db: desk.last_question(db, chat_id, asked_by))

    async def answer(
        self, code: str, word: str, by: str, now: datetime, change: Change | None
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

    async def watch_weeks(self, chat_id: ChatId, now: datetime) -> Mapping[WatchId, WatchWeek]:
        return await self._read(lambda db: watches.watch_weeks(db, chat_id, now))

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

    async def change_watch(
        self, chat_id: ChatId, number: int, ways: WatchWays, by: str, now: datetime
    ) -> Watch | None:
        return await self._write(
            lambda db: watches.change_watch(db, chat_id, number, ways, by, now)
        )

    async def mute_watch(self, chat_id: ChatId, number: int, until: datetime) -> Watch | None:
        return await self._write(lambda db: watches.mute_watch(db, chat_id, number, until))

    async def ended_mutes(self, now: datetime) -> Sequence[EndedMute]:
        return await self._read(lambda db: watches.ended_mutes(db, now))

    async def apply_unmute(self, plan: UnmutePlan) -> bool:
        return await self._write(lambda db: watches.apply_unmute(db, plan))

    async def told_by(self, chat_id: ChatId, remote_id: int) -> Told | None:
        return await self._read(lambda db: watches.told_by(db, chat_id, remote_id))

    async def told_last(self, chat_id: ChatId, place: int) -> Told | None:
        return await self._read(lambda db: watches.told_last(db, chat_id, place))

    async def forget_shut_out(self, now: datetime) -> None:
        await self._write(lambda db: watches.forget_shut_out(db, now))

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
