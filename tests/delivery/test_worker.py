"""The delivery worker over a real database, with a door whose answers a test gives."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery import worker as worker_module
from bot.delivery.worker import DeliveryWorker
from bot.domain.chat import Door
from bot.domain.outbox import (
    MessageKind,
    MessageState,
    NotSent,
    Sent,
)
from bot.errors import DatabaseUnusableError
from storage.store import SqliteStore
from tests.delivery.office import PATIENCE, Office, ScriptedDoor, with_door


def test_messages_of_a_chat_go_one_by_one_in_order_while_chats_go_side_by_side(
    tmp_path: Path,
) -> None:
    door = ScriptedDoor()

    async def story(office: Office, worker: DeliveryWorker) -> None:
        ada, bo = await office.chat(1), await office.chat(2)
        await office.queue(ada, "A1", "A2")
        await office.queue(bo, "B1", "B2")
        worker.wake()
        await office.until(lambda: len(door.waiting) == 2)
        assert door.begun == ["A1", "B1"]
        door.answer("B1")
        await office.until(lambda: "B2" in door.waiting)
        assert "A2" not in door.begun, "A1 is still in the air"
        door.answer("A1")
        await office.until(lambda: "A2" in door.waiting)
        door.answer("A2")
        door.answer("B2")
        await office.until(lambda: len(office.settled) == 4)

    with_door(door, tmp_path, story)


def test_a_reply_overtakes_alerts_that_wait(tmp_path: Path) -> None:
    door = ScriptedDoor()

    async def story(office: Office, worker: DeliveryWorker) -> None:
        ada = await office.chat(1)
        await office.queue(ada, "alert 1", "alert 2")
        worker.wake()
        await office.until(lambda: "alert 1" in door.waiting)
        await office.queue(ada, "reply", kind=MessageKind.REPLY)
        door.answer("alert 1")
        await office.until(lambda: "reply" in door.waiting)
        assert door.begun == ["alert 1", "reply"]
        door.answer("reply")
        await office.until(lambda: "alert 2" in door.waiting)
        door.answer("alert 2")

    with_door(door, tmp_path, story)


def test_a_stop_claims_nothing_more_and_settles_what_is_in_flight(tmp_path: Path) -> None:
    door = ScriptedDoor()

    async def story(office: Office, worker: DeliveryWorker) -> None:
        ada = await office.chat(1)
        await office.queue(ada, "flying", "waiting")
        worker.wake()
        await office.until(lambda: "flying" in door.waiting)
        worker.stop()
        door.answer("flying")
        await office.until(lambda: office.settled == [("flying", MessageState.SENT)])
        counts = await office.counts()
        assert (counts.sent, counts.queued, counts.sending) == (1, 1, 0)

    with_door(door, tmp_path, story)
    assert door.begun == ["flying"]


def test_what_is_still_in_the_air_after_a_stop_is_a_possible_repeat_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_STOP_GRACE", 0.05)
    door = ScriptedDoor()

    async def hang(office: Office, worker: DeliveryWorker) -> None:
        await office.queue(await office.chat(1), "flying")
        worker.wake()
        await office.until(lambda: "flying" in door.waiting)

    with_door(door, tmp_path, hang)

    async def next_start() -> None:
        office = Office(tmp_path)
        again = DeliveryWorker(office.store, door, office.clock)
        assert await again.recover() == 1
        (message,) = await office.store.claim_messages(Door.TELEGRAM, office.clock.now(), 10)
        assert (message.body.plain, message.repeats) == ("flying", 1)
        office.store.close()

    asyncio.run(next_start())


def test_a_door_that_is_shut_is_knocked_at_and_not_bombarded(tmp_path: Path) -> None:
    door = ScriptedDoor(always=NotSent(detail="no route"))
    door.is_up = False

    async def story(office: Office, worker: DeliveryWorker) -> None:
        for number in range(5):
            await office.queue(await office.chat(number), f"to {number}")
        worker.wake()
        await office.until(lambda: len(office.settled) == 5)
        for knocks in range(1, 4):
            worker.wake()
            await office.until(lambda: door.probes >= knocks)  # noqa: B023 - awaited at once
        assert len(door.begun) == 5, "one try each, then only knocks"
        door.is_up, door.always = True, Sent(remote_id=1)
        worker.wake()
        await office.until(lambda: len(office.settled) == 10)
        counts = await office.counts()
        assert (counts.sent, counts.queued) == (5, 0)

    with_door(door, tmp_path, story)


def test_a_stop_does_not_wait_for_a_door_that_is_silent(tmp_path: Path) -> None:
    door = ScriptedDoor(always=NotSent(detail="no route"))
    door.is_silent = True

    async def story(office: Office, worker: DeliveryWorker) -> None:
        await office.queue(await office.chat(1), "kept")
        worker.wake()
        await office.until(lambda: door.probes == 1)

    with_door(door, tmp_path, story)  # at its end the worker must stop in time


def test_a_fault_of_our_own_in_the_door_holds_up_nobody_for_ever(tmp_path: Path) -> None:
    door = ScriptedDoor(always=ValueError("a bug"))

    async def story(office: Office, worker: DeliveryWorker) -> None:
        await office.queue(await office.chat(1), "cursed")
        worker.wake()
        await office.until(lambda: len(office.settled) == 1)
        door.always = Sent(remote_id=1)
        office.clock.advance(timedelta(seconds=2))
        await office.queue(await office.chat(2), "other")
        worker.wake()
        await office.until(lambda: len(office.settled) == 3)
        assert sorted(office.settled[1:]) == [
            ("cursed", MessageState.SENT),
            ("other", MessageState.SENT),
        ]

    with_door(door, tmp_path, story)


def test_a_settlement_that_cannot_be_written_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that was sent and not settled would be sent again."""
    door = ScriptedDoor(always=Sent(remote_id=1))
    write = SqliteStore.settle
    refusals = iter([DatabaseUnusableError("The disk is full.")])

    full = asyncio.Event()

    async def full_once(store: SqliteStore, *args: object) -> None:
        for error in refusals:
            full.set()
            raise error
        await write(store, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(SqliteStore, "settle", full_once)

    async def story(office: Office, worker: DeliveryWorker) -> None:
        await office.queue(await office.chat(1), "once")
        worker.wake()
        await asyncio.wait_for(full.wait(), PATIENCE)
        await office.until(lambda: len(office.settled) == 1)
        assert door.begun == ["once"]
        assert (await office.counts()).sent == 1

    with_door(door, tmp_path, story)


def test_draining_against_a_door_that_does_not_answer_ends_and_keeps_the_queue(
    tmp_path: Path,
) -> None:
    door = ScriptedDoor(always=NotSent(detail="no route"))
    door.is_up = False

    async def whole() -> None:
        office = Office(tmp_path)
        await office.queue(await office.chat(1), "kept")
        worker = DeliveryWorker(office.store, door, office.clock)
        await asyncio.wait_for(worker.drain(), PATIENCE)
        assert (await office.counts()).queued == 1
        assert worker.last_trouble == "no route"
        office.store.close()

    asyncio.run(whole())
