"""A Command as any door hands it in, the Reply it gets, and what commands may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.chat import Chat, Person
from bot.domain.digest import Digest
from bot.domain.richtext import Button, Line, RichText, code, rich, text
from bot.domain.source import Source
from bot.ports import Clock, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`/name args` by a person in a chat. `args` is stripped; times are aware UTC."""

    name: str
    args: str
    chat: Chat
    person: Person
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer; `is_error` where the command did nothing."""

    body: RichText
    buttons: tuple[tuple[Button, ...], ...] = ()
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What commands may use."""

    store: Store
    clock: Clock
    catalogue: Sequence[Source]
    admins: frozenset[int]
    gather_digest: Callable[[Chat, datetime], Awaitable[Digest]]
    trouble: Callable[[], str] = lambda: ""

    def is_operator(self, person: Person) -> bool:
        """Whether the settings name the person."""
        return person.user_id is not None and person.user_id in self.admins


class Audience(StrEnum):
    """In which chats a command answers."""

    ANYONE = "anyone"  # strangers too
    SUBSCRIBED = "subscribed"  # active and paused chats


Run = Callable[[Context, Command], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One row of the table of commands."""

    name: str
    usage: str
    summary: str  # one line, for Telegram's menu and /help
    details: str  # for /help NAME and docs/commands.md
    examples: tuple[str, ...]
    audience: Audience
    run: Run


def refuse(problem: str, example: str, *more: Line) -> Reply:
    """A refusal: what was wrong, and a correct example."""
    return Reply(
        body=rich(text("⚠️ ", problem), text("For example: ", code(example)), *more), is_error=True
    )
