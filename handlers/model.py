"""A Command as any door hands it in, the Reply it gets, and what commands may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.chat import Chat, ChatKind, Person
from bot.domain.digest import Digest
from bot.domain.richtext import Button, Line, RichText, code, rich, text
from bot.ports import Catalogue, Clock, Fetcher, Store
from bot.sources.read import BodyReader, in_threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`/name args` by a person in a chat. `args` is stripped; times are aware UTC. `reply_to` is
    the door's number of the message that it replies to, if it does."""

    name: str
    args: str
    chat: Chat
    person: Person
    now: datetime
    reply_to: int | None = None


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
    catalogue: Catalogue
    admins: frozenset[int]
    fetcher: Fetcher
    gather_digest: Callable[[Chat, datetime], Awaitable[Digest]]
    trouble: Callable[[], str] = lambda: ""
    read_with: BodyReader = in_threads

    def is_operator(self, person: Person) -> bool:
        """Whether the settings name the person."""
        return person.user_id is not None and person.user_id in self.admins

    def may_administer(self, command: Command) -> bool:
        """Whether the person may change what all chats share; who has the terminal, may."""
        return command.chat.kind is ChatKind.LOCAL or self.is_operator(command.person)


class Audience(StrEnum):
    """In which chats a command answers."""

    ANYONE = "anyone"  # strangers too
    SUBSCRIBED = "subscribed"  # active and paused chats
    OPERATORS = "operators"  # in those, the people whom the settings name


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
    is_listed: bool = True  # in /help and the menu; what only buttons need is not
    is_slow: bool = False  # asks publishers: no other command waits for it


def refuse(problem: str, example: str, *more: Line) -> Reply:
    """A refusal: what was wrong, and a correct example."""
    return Reply(
        body=rich(text("⚠️ ", problem), text("For example: ", code(example)), *more), is_error=True
    )
