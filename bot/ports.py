"""What the rooms ask of the outside: protocols only, so that each side can be tested alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol

from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door
from bot.domain.desk import DeskChange, DeskSource
from bot.domain.fetch import FetchOutcome, FetchRequest
from bot.domain.health import SourceHealth, Ward
from bot.domain.ids import ChatId, ItemId, SourceId, WatchId
from bot.domain.item import ArchivedItem
from bot.domain.outbox import DeliveryOutcome, Draft, OutboxMessage, Settlement
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


class Clock(Protocol):
    """The wall clock (aware UTC, may step) and a monotonic one (seconds)."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


class Fetcher(Protocol):
    """The HTTP door of the sources."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome: ...


class Messenger(Protocol):
    """A door out: sends one message and says what became of it. Never raises for what it met."""

    @property
    def door(self) -> Door: ...

    async def send(self, message: OutboxMessage) -> DeliveryOutcome: ...

    async def probe(self) -> bool:
        """Whether the door answers at all: asked before anything doubtful is sent again."""
        ...


class SourceStore(Protocol):
    """Sources and what we remember of polling them."""

    async def save_catalogue(self, sources: Sequence[Source], now: datetime) -> None: ...
    async def fetch_states(self) -> Mapping[SourceId, FetchState]: ...
    async def save_fetch_state(self, state: FetchState, of: SourceHealth | None = None) -> None:
        """Keep a source's state and, in the same transaction, its health where that is given."""
        ...

    async def source_healths(self) -> Mapping[SourceId, SourceHealth]: ...
    async def wards(self) -> Sequence[Ward]: ...
    async def tell_operators(
        self, drafts: Sequence[Draft], told: Sequence[Ward], now: datetime
    ) -> int:
        """Queue messages to the operators and note what they then know, in one transaction."""
        ...


class DeskStore(Protocol):
    """What operators decided of the catalogue while it runs, and the questions that chats were
    asked before."""

    async def desk_sources(self) -> tuple[int, Sequence[DeskSource]]:
        """The number of the catalogue's state, and all decisions, as of one instant."""
        ...

    async def catalogue_revision(self) -> int:
        """Another number whenever a decision has changed, by whichever process."""
        ...

    async def change_desk(self, change: DeskChange, now: datetime) -> bool:
        """Apply decisions; False where they were made on another catalogue than there is now."""
        ...

    async def ask(self, question: Question) -> None: ...
    async def find_question(self, code: str) -> Question | None: ...
    async def last_question(self, chat_id: ChatId, asked_by: str) -> Question | None:
        """The newest question to somebody in a chat, open or answered."""
        ...

    async def answer(
        self, code: str, word: str, by: str, now: datetime, change: Change | None
    ) -> bool:
        """Answer an open question and apply what follows, in one transaction; False where it was
        answered before. It stays open where what follows was decided on another catalogue."""
        ...

    async def forget_questions(self, now: datetime) -> int: ...


class Catalogue(Protocol):
    """The sources that are read now: those of the catalogue file, as operators changed them."""

    @property
    def sources(self) -> tuple[Source, ...]: ...
    @property
    def revision(self) -> int | None:
        """The number of the catalogue that is in memory; None before the first look."""
        ...

    @property
    def desk(self) -> Mapping[SourceId, DeskSource]:
        """What operators decided, by source."""
        ...

    @property
    def switched_off(self) -> tuple[Source, ...]:
        """The file's sources that operators switched off."""
        ...

    def has_in_file(self, source_id: SourceId) -> bool: ...
    async def refresh(self) -> bool:
        """Take up what has changed; whether anything had."""
        ...


class ItemStore(Protocol):
    """The archive."""

    async def ingest(
        self, keys: Sequence[str], decide: Callable[[IngestMaterial], IngestPlan]
    ) -> Applied:
        """Read what is known of these identity keys, decide, and apply: in one transaction.

        `decide` may run twice, the first time in vain, and on another thread.
        """
        ...

    async def known_items(self, keys: Sequence[str]) -> KnownItems:
        """Which archived items these identity keys name, and those items."""
        ...

    async def latest_items(
        self, limit: int, before: ItemId | None = None
    ) -> Sequence[ArchivedItem]: ...
    async def newest_item_of(self, source_id: SourceId) -> ArchivedItem | None: ...
    async def search_candidates(
        self, index_query: str, limit: int, before: ItemId | None = None
    ) -> Sequence[ArchivedItem]: ...
    async def ids_since(self, index_query: str, since: datetime, limit: int) -> Sequence[ItemId]:
        """Items first seen since then, newest first; with an expression, those that the index
        offers for it."""
        ...

    async def archived_items(self, item_ids: Sequence[ItemId]) -> Sequence[ArchivedItem]: ...
    async def archive_begins(self) -> datetime | None: ...


class ChatStore(Protocol):
    """Chats and their watches."""

    async def find_chat(self, address: Address) -> Chat | None: ...
    async def ensure_chat(
        self, address: Address, kind: ChatKind, title: str, state: ChatState, now: datetime
    ) -> Chat: ...
    async def set_chat_state(self, chat_id: ChatId, state: ChatState, now: datetime) -> Chat: ...
    async def set_states_at(
        self, address: Address, state: ChatState, *, only_from: ChatState
    ) -> int: ...
    async def states_at(self, address: Address) -> frozenset[ChatState]: ...
    async def migrate_chat(self, address: Address, number: int) -> None: ...
    async def set_digest(
        self, chat_id: ChatId, at: time | None, zone: str, now: datetime
    ) -> Chat: ...
    async def chats_in(self, *states: ChatState) -> Sequence[Chat]: ...
    async def add_watch(
        self, chat_id: ChatId, text: str, created_by: str, now: datetime
    ) -> tuple[Watch, bool]: ...
    async def add_watches(
        self, chat_id: ChatId, texts: Sequence[str], created_by: str, now: datetime
    ) -> Sequence[tuple[Watch, bool]]:
        """add_watch of each, in one transaction."""
        ...

    async def list_watches(self, chat_id: ChatId) -> Sequence[Watch]: ...
    async def remove_watch(self, chat_id: ChatId, number: int, now: datetime) -> Watch | None: ...
    async def change_watch(
        self, chat_id: ChatId, number: int, ways: WatchWays, by: str, now: datetime
    ) -> Watch | None: ...
    async def mute_watch(self, chat_id: ChatId, number: int, until: datetime) -> Watch | None:
        """Let a watch be silent until then; what it holds back is in ended_mutes afterwards."""
        ...

    async def ended_mutes(self, now: datetime) -> Sequence[EndedMute]: ...
    async def apply_unmute(self, plan: UnmutePlan) -> bool:
        """End a silence and queue what makes up for it, in one transaction; False where it was
        ended, or set anew."""
        ...

    async def watch_weeks(self, chat_id: ChatId, now: datetime) -> Mapping[WatchId, WatchWeek]:
        """What the chat's watches did in the last seven days."""
        ...

    async def told_by(self, chat_id: ChatId, remote_id: int) -> Told | None:
        """What a message told the chat of, by the door's number of it."""
        ...

    async def told_last(self, chat_id: ChatId, place: int) -> Told | None:
        """What the chat was alerted to last (1), before that (2), …"""
        ...

    async def forget_shut_out(self, now: datetime) -> None: ...
    async def active_watches(self) -> Sequence[ActiveWatch]: ...


class OutboxStore(Protocol):
    """What is to be said."""

    async def enqueue(self, drafts: Sequence[Draft], now: datetime) -> int: ...
    async def claim_messages(
        self, door: Door, now: datetime, limit: int
    ) -> Sequence[OutboxMessage]: ...
    async def settle(
        self, message: OutboxMessage, settlement: Settlement, now: datetime
    ) -> None: ...
    async def recover_interrupted(self, door: Door, now: datetime) -> int: ...
    async def next_due_at(self, door: Door) -> datetime | None: ...
    async def outbox_counts(self) -> OutboxCounts: ...
    async def is_promised(self, dedup_key: str) -> bool: ...
    async def reply_count(self, chat_id: ChatId, since: datetime) -> int: ...
    async def digest_standings(self, latest: date) -> Sequence[DigestStanding]: ...
    async def digest_material(self, chat_id: ChatId, first_from: datetime) -> DigestMaterial: ...
    async def apply_digest(self, plan: DigestPlan) -> bool: ...
    async def forget_settled(self, now: datetime, keep: timedelta) -> int: ...


class Store(SourceStore, DeskStore, ItemStore, ChatStore, OutboxStore, Protocol):
    """The whole database."""

    async def fact(self, name: str) -> str | None: ...
    async def set_fact(self, name: str, value: str) -> None: ...
    async def has_room(self) -> bool:
        """Whether the disk has room for more than sending: without it nothing is polled."""
        ...

    async def check(self) -> list[str]:
        """What is wrong with the database file; empty where nothing is."""
        ...

    async def backup(self, target: Path) -> int:
        """Write a verified copy to a new file; its size in bytes."""
        ...

    async def keep_backup(
        self, target: Path, expired: Callable[[Iterable[str]], Iterable[str]]
    ) -> int:
        """Have a verified copy under this name, its size in bytes; then remove from its folder what
        `expired` chooses of the names there."""
        ...

    async def beat(self, now: datetime) -> None:
        """Write and commit a sign of life: first to be refused where the disk is full."""
        ...

    async def census(self) -> Census: ...
    async def rehearse(
        self,
        source: Source,
        watch: str,
        keys: Sequence[str],
        index_query: str,
        decide: Callable[[IngestMaterial], IngestPlan],
        now: datetime,
    ) -> Rehearsed:
        """Store a page for a chat with this one watch, look at what came of it (a search by
        `index_query` too), and take all of it back: nobody else sees anything of it."""
        ...
