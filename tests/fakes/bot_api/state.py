"""What the stand-in remembers: chats, updates, the transcript and the faults to play.

Everything is guarded by one condition variable, so that tests wait on it and never sleep.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any

from bot.ports import Clock
from tests.fakes.bot_api.limits import Buckets, Limits
from tests.fakes.bot_api.shapes import Delivered, FakeChat, FakeUser, Json

WAIT = 20.0
"""Seconds after which a wait gives up: far beyond what a slow machine needs."""


class Fault(Enum):
    """What to do with a message instead of delivering it and saying so."""

    HANG_AFTER = "delivered, then no answer until the client gives up"
    DROP_AFTER = "delivered, then the connection is dropped"
    ERROR_AFTER = "delivered, then 500"
    ERROR_BEFORE = "not delivered, 500"
    BAD_GATEWAY = "not delivered, 502 with an HTML page"
    DROP_BEFORE = "not delivered, the connection is dropped"

    @property
    def delivers(self) -> bool:
        """Whether the message reaches the chat."""
        return self.name.endswith("_AFTER")


class RefusalError(Exception):
    """An answer with ok: false."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters or {}

    def json(self) -> Json:
        """The body of the answer."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(reason: str) -> RefusalError:
    """400 in Telegram's words."""
    return RefusalError(400, f"Bad Request: {reason}")


def too_many(seconds: int) -> RefusalError:
    """429 with the seconds to wait."""
    return RefusalError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a method, refused or not."""

    method: str
    params: dict[str, str]


@dataclass(slots=True)
class State:
    """All that there is. Hold `changed` while touching it."""

    token: str
    clock: Clock
    limits: Limits
    me: FakeUser
    changed: threading.Condition = field(default_factory=threading.Condition)
    chats: dict[int, FakeChat] = field(default_factory=dict)
    updates: list[Json] = field(default_factory=list)
    sent: list[Delivered] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    open_queries: set[str] = field(default_factory=set)
    menu: list[Json] = field(default_factory=list)
    script: dict[int | None, deque[Fault | RefusalError]] = field(default_factory=dict)
    forbidden: dict[int, str] = field(default_factory=dict)
    is_conflicting: bool = False
    is_revoked: bool = False
    is_down: bool = False
    update_ids: Any = field(default_factory=lambda: count(700_000_001))
    message_ids: Any = field(default_factory=lambda: count(1))
    numbers: Any = field(default_factory=lambda: count(5_000_001))
    buckets: Buckets = field(init=False)
    on_update: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.buckets = Buckets(self.limits)

    def chat(self, chat_id: str) -> FakeChat:
        """The chat of a number or @name.

        Raises:
            RefusalError: there is none, or the bot may not write there.
        """
        if not chat_id:
            raise bad_request("chat_id is empty")
        for chat in self.chats.values():
            if chat_id in {str(chat.id), f"@{chat.username}"}:
                break
        else:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise RefusalError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        if chat.id in self.forbidden:
            raise RefusalError(403, f"Forbidden: {self.forbidden[chat.id]}")
        return chat

    def next_fault(self, chat_id: int) -> Fault | RefusalError | None:
        """What is scripted for the next message to this chat, or to any."""
        for key in (chat_id, None):
            if self.script.get(key):
                return self.script[key].popleft()
        return None

    def put(self, kind: str, payload: Json) -> Json:
        """A new update of a kind, for the next getUpdates."""
        update = {"update_id": next(self.update_ids), kind: payload}
        self.updates.append(update)
        self.changed.notify_all()
        self.on_update()
        return update

    def date(self) -> int:
        """Now, as Telegram dates things."""
        return int(self.clock.now().timestamp())
