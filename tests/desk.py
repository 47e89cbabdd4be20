"""A desk at its chat: typed lines in, plain replies out, over a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door, Person
from bot.domain.fetch import FetchFailed, FetchOutcome, FetchRequest, Read
from bot.domain.item import Item
from bot.domain.source import Source
from bot.pipeline.catalogue import LiveCatalogue
from bot.pipeline.digest import gather_since_last
from bot.pipeline.ingest import Ingest
from bot.ports import Fetcher
from bot.rendering.plain import to_plain
from bot.sources.cadence import after_poll
from handlers.commands import dispatch
from handlers.entry import read_button, read_typed
from handlers.model import Command, Context, Reply
from storage.store import SqliteStore
from tests.fakes.clock import FakeClock
from tests.samples import source, state

T = TypeVar("T")
ADMIN = Person(user_id=1, name="Ada")
STRANGER = Person(user_id=2, name="Stranger")
PRIVATE = Address(door=Door.TELEGRAM, number=100)


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end."""
    return asyncio.run(coroutine)


class Away:
    """Publishers none of whom can be reached."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        return FetchFailed(kind="network", detail=f"{request.source.url} is away.")


class Desk:
    """One database, one clock, one chat at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        catalogue: Sequence[Source] = (),
        admins: frozenset[int] | None = None,
        fetcher: Fetcher | None = None,
    ) -> None:
        self.store = SqliteStore(folder / "desk.db")
        self.clock = FakeClock()
        self.catalogue = tuple(catalogue)
        self.live = LiveCatalogue(self.catalogue, self.store)
        self.trouble = ""
        self.context = Context(
            store=self.store,
            clock=self.clock,
            catalogue=self.live,
            fetcher=fetcher or Away(),
            admins=frozenset({1}) if admins is None else admins,
            gather_digest=partial(gather_since_last, self.store),
            trouble=lambda: self.trouble,
        )
        wait(self.store.save_catalogue(self.catalogue, self.clock.now()))
        self.last: Reply | None = None

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def chat(self, address: Address = PRIVATE, kind: ChatKind = ChatKind.PRIVATE) -> Chat:
        """The chat at an address; a stranger at first."""
        return wait(
            self.store.ensure_chat(address, kind, "Desk", ChatState.STRANGER, self.clock.now())
        )

    def say(
        self,
        line: str,
        *,
        person: Person = ADMIN,
        address: Address = PRIVATE,
        kind: ChatKind = ChatKind.PRIVATE,
    ) -> str:
        """Type a command; the plain text of the reply."""
        typed = read_typed(line)
        assert typed is not None, "a command begins with a slash"
        command = Command(
            name=typed.name,
            args=typed.args,
            chat=self.chat(address, kind),
            person=person,
            now=self.clock.now(),
        )
        self.last = wait(dispatch(self.context, command))
        return to_plain(self.last.body)

    def watch(self, text: str, **by: Any) -> str:
        """Watch a text: look at what it would tell, and save it."""
        self.say(f"/watch {text}", **by)
        return self.say("/answer save", **by)

    def press(self, word: str, **by: Any) -> str:
        """Press the button of the last reply that stands for a word."""
        assert self.last is not None
        typed = [read_button(button.data) for row in self.last.buttons for button in row]
        (chosen,) = (each for each in typed if each and each.args.endswith(f" {word}"))
        return self.say(f"/{chosen.name} {chosen.args}", **by)

    @property
    def was_refused(self) -> bool:
        """Whether the last reply was an error."""
        assert self.last is not None
        return self.last.is_error

    def publish(self, *items: Item, is_quiet: bool = False) -> int:
        """Let items be read from the source `gazette`; how many messages were queued."""
        now = self.clock.now()
        gazette = source()

        async def ingest() -> int:
            await self.store.save_catalogue([gazette], now)
            after = after_poll(state(), gazette, Read(items=items), now=now, jitter=0.5)
            applied = await Ingest(self.store).take(items, after, is_quiet=is_quiet, now=now)
            return applied.messages

        return wait(ingest())
