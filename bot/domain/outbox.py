"""A promise to tell a chat something, and what became of one message of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from bot.domain.chat import Address
from bot.domain.ids import ChatId, MessageId, WatchId
from bot.domain.richtext import Button, RichText


class MessageKind(StrEnum):
    """Why a message is sent."""

    REPLY = "reply"
    ALERT = "alert"
    UPDATE = "update"  # to what an alert told
    DIGEST = "digest"
    NOTICE = "notice"


class Priority(IntEnum):
    """Lower goes first; within one chat and priority, first in, first out."""

    REPLY = 0
    URGENT = 1
    NORMAL = 2
    DIGEST = 3


class MessageState(StrEnum):
    """queued → sending (committed before the call) → sent | failed | uncertain | queued."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # refused for good: a dead letter, kept and shown
    UNCERTAIN = "uncertain"  # may have arrived; no more automatic repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that is to be queued for a chat.

    `dedup_key` is unique in the outbox: the same promise made twice is one message.
    """

    chat_id: ChatId
    kind: MessageKind
    priority: Priority
    body: RichText
    dedup_key: str
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A chat is told of an item: once per chat and item, whichever watches it answers."""

    chat_id: ChatId
    watch_ids: tuple[WatchId, ...]
    messages: tuple[Draft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A message that was claimed for sending. `attempts` counts the calls, this one included.

    `repeats` is how often it may already have arrived: above 0 it is marked as a possible repeat.
    `is_plain` asks for no formatting, after the door refused the formatted text.
    """

    message_id: MessageId
    chat_id: ChatId
    address: Address
    kind: MessageKind
    body: RichText
    buttons: tuple[tuple[Button, ...], ...]
    created_at: datetime
    attempts: int
    repeats: int
    is_plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The door confirmed it. `remote_id` is Telegram's message_id."""

    remote_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """429: not delivered; this chat waits."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """403 and "chat not found": the chat is suspended, its watches are kept.

    `is_topic_alone`: only this topic of the forum takes nothing, for it was closed or deleted.
    """

    detail: str
    is_topic_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The group became a supergroup with this number."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """400: this message can never be sent as it stands. `is_markup` says plain text may do."""

    detail: str
    is_markup: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A time-out, a dropped connection or a 5xx after the call began: it may have arrived."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """No connection: it certainly did not arrive."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorShut:
    """401, 404, 409: the token is not (only) ours. Nothing can be sent; the queue is kept."""

    detail: str


DeliveryOutcome = Sent | Throttled | Unreachable | Migrated | Refused | Unknown | NotSent | DoorShut


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What becomes of a message after an attempt; applied in one transaction.

    `hold_chat_until` keeps the whole chat (all topics of it) waiting. `suspend` and `migrate_to`
    change the chat everywhere; `suspend` one topic of it where `is_topic_alone`.
    """

    state: MessageState
    detail: str = ""
    due_at: datetime | None = None
    remote_id: int | None = None
    repeats: int = 0
    is_plain: bool = False
    counts_as_attempt: bool = True
    hold_chat_until: datetime | None = None
    suspend: bool = False
    is_topic_alone: bool = False
    migrate_to: int | None = None
