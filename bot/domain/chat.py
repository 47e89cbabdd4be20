"""A subscribed chat, its address and the person who writes in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from bot.domain.ids import ChatId


class Door(StrEnum):
    """The way out (and in)."""

    TELEGRAM = "telegram"
    TERMINAL = "terminal"


class ChatKind(StrEnum):
    """Telegram's own words, and the local chat."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"
    LOCAL = "local"


class ChatState(StrEnum):
    """Only an active chat is told anything of its own accord."""

    STRANGER = "stranger"  # has written, was never admitted
    ADMITTED = "admitted"  # an operator added the bot here; /start makes it active
    ACTIVE = "active"
    PAUSED = "paused"  # /stop: watches kept
    SUSPENDED = "suspended"  # was active, the door says it is unreachable: watches kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a door finds the chat. `topic_id` is Telegram's message_thread_id in a forum."""

    door: Door
    number: int
    topic_id: int | None = None


LOCAL_ADDRESS = Address(door=Door.TERMINAL, number=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat and its preferences. `digest_at` is local time in `zone`; None is no digest."""

    chat_id: ChatId
    address: Address
    kind: ChatKind
    title: str
    state: ChatState
    zone: str
    digest_at: time | None
    digest_set_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who typed. `user_id` is None for a channel's own posts and anonymous administrators."""

    user_id: int | None
    name: str
