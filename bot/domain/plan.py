"""Decisions as data: what a pure core decided, for storage to apply in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.chat import Chat
from bot.domain.health import Sighted, SourceHealth
from bot.domain.ids import ChatId, ItemId, SourceId, WatchId
from bot.domain.item import ArchivedItem, Item
from bot.domain.match import Match
from bot.domain.outbox import Alert, Draft
from bot.domain.source import FetchState
from bot.domain.version import StoredVersion, VersionChange
from bot.domain.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItems:
    """What the archive knows of a page's identity keys: which items each key names."""

    by_key: dict[str, frozenset[ItemId]] = field(default_factory=dict)
    items: dict[ItemId, Item] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveWatch:
    """A watch of an active chat, with the chat."""

    watch: Watch
    chat: Chat


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChanges:
    """What became of watches since some revision: those that stand, as they now are, and those
    that no longer do."""

    watches: Sequence[ActiveWatch]
    gone: Sequence[WatchId] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestMaterial:
    """What deciding about a page needs, as of one instant.

    `revision` numbers the state of all watches, from 1; `read_watches` reads what has changed since
    a revision, all of them since 0: only within the transaction, and so `read_version`, the version
    of a list or page that is on record. `alerted` says which chats were told of the known items.
    """

    known: KnownItems
    alerted: frozenset[tuple[ChatId, ItemId]]
    revision: int
    read_watches: Callable[[int], WatchChanges]
    read_version: Callable[[SourceId], StoredVersion | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to archive, with the alerts that it causes, and the watches that it would answer but
    for a NOT of theirs.

    `index_words` is what the full-text index holds of it (bot/matching/index_words.py).
    """

    item: Item
    keys: tuple[str, ...]
    index_words: frozenset[str]
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()
    shut_out: tuple[WatchId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedItem:
    """An archived item whose publisher changed it; `matches` are those the edit brought, `updates`
    are for chats that were told of it before; `shut_out` those the edit made a NOT shut out."""

    item_id: ItemId
    item: Item
    keys: tuple[str, ...]
    old_index_words: frozenset[str]
    index_words: frozenset[str]
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()
    updates: tuple[Draft, ...] = ()
    shut_out: tuple[WatchId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An archived item under keys that are new: a changed GUID, another publisher's copy."""

    item_id: ItemId
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestPlan:
    """Everything that one poll of one source changes; applied whole or not at all."""

    state: FetchState
    now: datetime
    new: tuple[NewItem, ...] = ()
    edited: tuple[EditedItem, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    sighted: Sighted = field(default_factory=Sighted, compare=False)  # what led to it
    health: SourceHealth | None = None
    version: VersionChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What applying an IngestPlan did."""

    new_items: int = 0
    matches: int = 0
    messages: int = 0
    health: SourceHealth | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What storing a page would have done, before all of it was taken back: `queued` messages in
    the outbox, and whether a search found the item."""

    applied: Applied
    queued: int
    is_found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """One chat's digest of one local day: the ledger row and its messages, together."""

    chat_id: ChatId
    local_date: date
    covers_until: datetime
    through: int
    now: datetime
    messages: tuple[Draft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """The last digest that a chat was promised.

    `through` is the number of the last match that it could tell of. Matches are numbered in the
    order of their commits, so that neither a clock step nor a slow commit hides one from all
    digests; `covers_until` is for people.
    """

    local_date: date
    covers_until: datetime
    through: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStanding:
    """A chat that wants digests, and its last one."""

    chat: Chat
    last: LedgerRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedItem:
    """An archived item that answered watches of one chat."""

    archived: ArchivedItem
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestMaterial:
    """What a chat's digest tells, as of one instant: see LedgerRow for `through`."""

    watches: tuple[Watch, ...]
    matched: tuple[MatchedItem, ...]
    covers_from: datetime
    through: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchWeek:
    """How often a watch was answered of late, and how often a NOT of it shut an item out."""

    matches: int = 0
    shut_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An item that a chat was alerted to, when, and the chat's watches that it answered; those that
    have `ended` since are given by number."""

    archived: ArchivedItem
    at: datetime
    watches: tuple[Watch, ...]
    ended: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMute:
    """A watch whose silence is over, and what nobody has told its chat meanwhile; `through` numbers
    the last match of that."""

    chat: Chat
    watch: Watch
    held: tuple[MatchedItem, ...]
    through: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmutePlan:
    """The watch tells again, and the messages that make up for its silence: together; not where
    something was held back after the match numbered `through`, of which they know nothing. The
    chat is `told` of these items then, as by an alert."""

    watch: Watch
    through: int
    now: datetime
    messages: tuple[Draft, ...]
    told: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """How many messages stand where.

    `oldest_queued_at` is the oldest that may go out: what is kept for a chat that is paused or
    suspended waits for that chat, not for us.
    """

    queued: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    oldest_queued_at: datetime | None = None
