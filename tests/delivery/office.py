"""For the tests of the worker: a database, a clock that stands still, and two kinds of door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.delivery.pacing import TELEGRAM, UNPACED
from bot.delivery.telegram import TelegramMessenger, make_bot
from bot.delivery.worker import DeliveryWorker
from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door
from bot.domain.outbox import (
    DeliveryOutcome,
    Draft,
    MessageKind,
    MessageState,
    OutboxMessage,
    Priority,
    Sent,
    Settlement,
)
from bot.domain.plan import OutboxCounts
from bot.domain.richtext import Button, bold, rich
from storage.store import SqliteStore
from tests.fakes.bot_api import BotApi
from tests.fakes.clock import FakeClock

REPEAT = "↻ Possibly a repeat: sent before, receipt unclear.\n"
PATIENCE = 20.0


class Bell:
    """Rung whenever something has happened that a test may wait for."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; it is looked at after each ring."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._rung.clear()
                await self._rung.wait()


class Office:
    """A database, a clock that stands still, and who waits for what the worker settles."""

    def __init__(self, folder: Path, *, is_paced: bool = False) -> None:
        paces = {Door.TELEGRAM: TELEGRAM if is_paced else UNPACED}
        self.store = SqliteStore(folder / "office.db", paces=paces)
        self.clock = FakeClock()
        self.settled: list[tuple[str, MessageState]] = []
        self.bell = Bell()
        self.until = self.bell.until
        self._queued = 0

    async def chat(
        self, number: int, kind: ChatKind = ChatKind.PRIVATE, state: ChatState = ChatState.ACTIVE
    ) -> Chat:
        """A chat of that number."""
        address = Address(door=Door.TELEGRAM, number=number)
        return await self.store.ensure_chat(address, kind, "Desk", state, self.clock.now())

    async def queue(self, chat: Chat, *texts: str, kind: MessageKind = MessageKind.ALERT) -> None:
        """Promise texts to a chat."""
        for text in texts:
            self._queued += 1
            draft = Draft(
                chat_id=chat.chat_id,
                kind=kind,
                priority=Priority.REPLY if kind is MessageKind.REPLY else Priority.NORMAL,
                body=rich(bold(text)),
                dedup_key=f"test:{self._queued}",
                buttons=((Button("A", "a:b"),),),
            )
            await self.store.enqueue([draft], self.clock.now())

    def on_settled(self, message: OutboxMessage, settlement: Settlement) -> None:
        self.settled.append((message.body.plain, settlement.state))
        self.bell.ring()

    async def state_of(self, chat: Chat) -> ChatState:
        found = await self.store.find_chat(chat.address)
        assert found is not None
        return found.state

    async def counts(self) -> OutboxCounts:
        return await self.store.outbox_counts()


@asynccontextmanager
async def at_work(worker: DeliveryWorker) -> AsyncIterator[DeliveryWorker]:
    """A worker that runs, and is stopped and waited for at the end."""
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(running, PATIENCE)


def with_telegram(
    api: BotApi,
    folder: Path,
    story: Callable[[Office, DeliveryWorker], Awaitable[None]],
    *,
    timeout: timedelta = timedelta(seconds=20),
) -> None:
    """Play a story with a worker that sends to the stand-in."""

    async def whole() -> None:
        office = Office(folder)
        bot = make_bot(api.token, api.url, None, timeout)
        try:
            worker = DeliveryWorker(
                office.store, TelegramMessenger(bot), office.clock, on_settled=office.on_settled
            )
            async with bot, at_work(worker):
                await story(office, worker)
        finally:
            office.store.close()

    asyncio.run(whole())


class ScriptedDoor:
    """A Messenger whose answers a test gives: each send waits for `answer` or takes `always`."""

    door = Door.TELEGRAM

    def __init__(self, always: DeliveryOutcome | Exception | None = None) -> None:
        self.always = always
        self.is_up = True
        self.is_silent = False
        self.probes = 0
        self.waiting: dict[str, asyncio.Future[DeliveryOutcome]] = {}
        self.begun: list[str] = []
        self.ring: Callable[[], None] = lambda: None

    async def send(self, message: OutboxMessage) -> DeliveryOutcome:
        name = message.body.plain
        self.begun.append(name)
        if isinstance(self.always, Exception):
            raise self.always
        if self.always is not None:
            return self.always
        self.waiting[name] = asyncio.get_running_loop().create_future()
        self.ring()
        return await self.waiting[name]

    async def probe(self) -> bool:
        self.probes += 1
        self.ring()
        if self.is_silent:
            await asyncio.Event().wait()
        return self.is_up

    def answer(self, name: str, outcome: DeliveryOutcome | None = None) -> None:
        self.waiting.pop(name).set_result(outcome or Sent(remote_id=1))


def with_door(
    door: ScriptedDoor,
    folder: Path,
    story: Callable[[Office, DeliveryWorker], Awaitable[None]],
) -> None:
    """Play a story with a worker that sends through a scripted door."""

    async def whole() -> None:
        office = Office(folder)
        door.ring = office.bell.ring
        worker = DeliveryWorker(office.store, door, office.clock, on_settled=office.on_settled)
        try:
            async with at_work(worker):
                await story(office, worker)
        finally:
            office.store.close()

    asyncio.run(whole())
