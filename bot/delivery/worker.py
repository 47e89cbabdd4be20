"""The loop between outbox and door: claim → send → settle, several chats at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.delivery.policy import delay, settle
from bot.domain.outbox import (
    DeliveryOutcome,
    DoorShut,
    NotSent,
    OutboxMessage,
    Sent,
    Settlement,
    Throttled,
    Unknown,
)
from bot.domain.vitals import Tick
from bot.errors import StorageError
from bot.ports import Clock, Messenger, OutboxStore

log = logging.getLogger(__name__)

MAX_IN_FLIGHT = 30
_IDLE = 30.0  # seconds between looks at the outbox when nobody wakes us: another process may write
_SLOWEST = 240.0  # seconds that a round may take: a minute's pause, and a door that hangs
_STOP_GRACE = 8.0  # seconds for calls in flight at the end: less than containers allow (10)
_DRAIN_HORIZON = timedelta(seconds=30)  # what is due later than that is left to the next run


@dataclass(slots=True)
class Delivered:
    """Counts of what a worker has done."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    postponed: int = 0
    throttled: int = 0  # of those postponed: 429


class DeliveryWorker:
    """Sends what is due. One worker a door and database.

    `on_step` is told the label of each step that a crash may follow: claimed, answered, settled.
    """

    def __init__(
        self,
        store: OutboxStore,
        messenger: Messenger,
        clock: Clock,
        *,
        on_step: Callable[[str], None] = lambda _label: None,
        on_settled: Callable[[OutboxMessage, Settlement], None] = lambda _m, _s: None,
    ) -> None:
        self._store = store
        self._messenger = messenger
        self._clock = clock
        self._on_step = on_step
        self._on_settled = on_settled
        self._woken = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._is_doubtful = False
        self._probes = 0  # since the door last answered
        self.counts = Delivered()
        self.last_trouble = ""
        self.began_at = clock.monotonic()

    @property
    def tick(self) -> Tick:
        """How long ago the loop last went round."""
        return Tick(name="delivery", age=self._clock.monotonic() - self.began_at, limit=_SLOWEST)

    def wake(self) -> None:
        """Something was queued."""
        self._woken.set()

    def stop(self) -> None:
        """Claim nothing more; run() ends when what is in flight is settled."""
        self._stopping.set()
        self._woken.set()

    async def recover(self) -> int:
        """At the start: what an earlier process was sending may have arrived."""
        return await self._store.recover_interrupted(self._messenger.door, self._clock.now())

    async def run(self) -> None:
        """Deliver until stop()."""
        while not self._stopping.is_set():
            self._woken.clear()
            claimed = await self._round()
            if not claimed:
                await self._rest(await self._pause())
        await self._land()

    async def drain(self) -> None:
        """Deliver what is due now or within half a minute, then return."""
        while not self._stopping.is_set():
            if await self._round():
                continue
            if self._flying:
                await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
                continue
            if self._is_doubtful:
                return  # the door does not answer: the queue is kept
            due = await self._store.next_due_at(self._messenger.door)
            if due is None or due > self._clock.now() + _DRAIN_HORIZON:
                return
            await self._rest(max(0.0, (due - self._clock.now()).total_seconds()))
        await self._land()

    async def _round(self) -> bool:
        """Claim and launch; whether anything was claimed."""
        self.began_at = self._clock.monotonic()
        free = MAX_IN_FLIGHT - len(self._flying)
        if free <= 0 or not await self._is_door_open():
            return False
        try:
            claimed = await self._store.claim_messages(
                self._messenger.door, self._clock.now(), free
            )
        except StorageError as error:
            self._trouble(str(error))
            return False
        for message in claimed:
            self._on_step("claimed")
            task = asyncio.create_task(self._deliver(message))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        return bool(claimed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._woken.set()

    async def _deliver(self, message: OutboxMessage) -> None:
        outcome: DeliveryOutcome
        try:
            outcome = await self._messenger.send(message)
        except Exception as error:  # the delivery loop's one net: it may have arrived
            log.exception("sending message %s met a fault of our own", message.message_id)
            outcome = Unknown(detail=f"a fault of our own: {type(error).__name__}")
        self._on_step("answered")
        if isinstance(outcome, Unknown | NotSent | DoorShut):
            self._is_doubtful = True
            self._trouble(outcome.detail)
        settlement = settle(message, outcome, self._clock.now())
        await self._settle(message, settlement)
        self._on_step("settled")
        self._count(outcome, settlement)
        self._on_settled(message, settlement)

    async def _settle(self, message: OutboxMessage, settlement: Settlement) -> None:
        """Until it is written: a message that was sent and not settled would be sent again."""
        attempt = 0
        while True:
            try:
                await self._store.settle(message, settlement, self._clock.now())
            except StorageError as error:
                attempt += 1
                self._trouble(str(error))
                await asyncio.sleep(min(2.0**attempt / 4, 5.0))
            else:
                return

    async def _is_door_open(self) -> bool:
        """After a doubtful outcome, only a door that answers again is used."""
        if self._is_doubtful:
            if self._flying:
                return False  # let what is in the air come down first
            if not await self._answers():
                return False
            self._is_doubtful = False
            self._probes = 0
            self.last_trouble = ""
        return True

    async def _answers(self) -> bool:
        """Whether the door answers now; a stop does not wait for it."""
        probing = asyncio.ensure_future(self._messenger.probe())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({probing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if probing.done():
            return probing.result()
        probing.cancel()
        return False

    async def _pause(self) -> float:
        """Seconds until there may be something to do."""
        if self._is_doubtful:
            self._probes += 1
            return min(delay(self._probes).total_seconds() / 2, 60.0)
        try:
            due = await self._store.next_due_at(self._messenger.door)
        except StorageError as error:
            self._trouble(str(error))
            return 5.0
        if due is None:
            return _IDLE
        # at least 20 ms: a chat with a message in flight is due but not free
        return min(max((due - self._clock.now()).total_seconds(), 0.02), _IDLE)

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    async def _land(self) -> None:
        if self._flying:
            await asyncio.wait(self._flying, timeout=_STOP_GRACE)
        for task in self._flying:
            task.cancel()  # stays "sending"; the next start takes it as possibly arrived
        await asyncio.gather(*self._flying, return_exceptions=True)

    def _trouble(self, detail: str) -> None:
        if detail != self.last_trouble:
            log.warning("delivery: %s", detail)
        self.last_trouble = detail

    def _count(self, outcome: DeliveryOutcome, settlement: Settlement) -> None:
        self.counts.throttled += isinstance(outcome, Throttled)
        match settlement.state:
            case "sent":
                self.counts.sent += isinstance(outcome, Sent)
            case "failed":
                self.counts.failed += 1
            case "uncertain":
                self.counts.uncertain += 1
            case _:
                self.counts.postponed += 1
