"""The promise of the outbox, against a model of what really arrived.

A door that answers as it likes, a process that dies where it likes, a clock that steps: no message
is lost, at most one is repeated for each chat and crash, and each repeat is marked.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.delivery.policy import settle
from bot.domain.chat import ChatKind, ChatState, Door
from bot.domain.ids import ChatId
from bot.domain.outbox import (
    DeliveryOutcome,
    DoorShut,
    MessageKind,
    NotSent,
    OutboxMessage,
    Priority,
    Sent,
    Throttled,
    Unknown,
)
from storage.store import SqliteStore
from tests.samples import NOW, SECOND
from tests.storage.nouns import column, draft, telegram

T = TypeVar("T")
PLACES = [(1, None), (2, None), (-3, None), (-3, 7)]
"""Two people, and a group of which one topic has subscribed too."""


class OutboxMachine(RuleBasedStateMachine):
    """One outbox; `pending` is what a chat is still owed, `arrived` what its people have seen."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.store = self.open()
        self.now = NOW
        self.chats: list[ChatId] = []
        self.count = 0
        self.pending: dict[int, dict[str, tuple[Priority, int]]] = {n: {} for n, _ in PLACES}
        self.flying: list[OutboxMessage] = []
        self.arrived: dict[int, list[tuple[str, bool]]] = {n: [] for n, _ in PLACES}
        self.places: dict[str, tuple[int, Priority, int]] = {}
        self.doubts: Counter[int] = Counter()  # for each number: crashes and unclear answers

    def open(self) -> SqliteStore:
        return SqliteStore(Path(self.folder.name) / "tidewaiter.db")

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    @initialize()
    def subscribe(self) -> None:
        for number, topic_id in PLACES:
            kind = ChatKind.PRIVATE if number > 0 else ChatKind.SUPERGROUP
            chat = self.wait(
                self.store.ensure_chat(
                    telegram(number, topic_id), kind, "Desk", ChatState.ACTIVE, NOW
                )
            )
            self.chats.append(chat.chat_id)

    @rule(place=st.sampled_from(range(len(PLACES))), priority=st.sampled_from(Priority))
    def queue(self, place: int, priority: Priority) -> None:
        self.count += 1
        key = str(self.count)
        kind = MessageKind.REPLY if priority is Priority.REPLY else MessageKind.ALERT
        made = draft(self.chats[place], key, kind=kind, priority=priority)
        assert self.wait(self.store.enqueue([made], self.now)) == 1
        assert self.wait(self.store.enqueue([made], self.now)) == 0
        number = PLACES[place][0]
        self.pending[number][key] = (priority, self.count)
        self.places[key] = (number, priority, self.count)

    @rule(limit=st.integers(1, 5))
    def claim(self, limit: int) -> None:
        for message in self.wait(self.store.claim_messages(Door.TELEGRAM, self.now, limit)):
            owed = self.pending[message.address.number]
            assert min(owed, key=owed.__getitem__) == key_of(message)
            self.flying.append(message)

    @precondition(lambda self: self.flying)
    @rule(
        which=st.integers(0, 3),
        outcome=st.sampled_from(
            [
                Sent(remote_id=1),
                Sent(remote_id=1),
                Unknown(detail="read time-out"),
                Throttled(retry_after=timedelta(seconds=3)),
                NotSent(detail="no connection"),
                DoorShut(detail="401"),
            ]
        ),
        has_arrived=st.booleans(),
    )
    def answer(self, which: int, outcome: DeliveryOutcome, has_arrived: bool) -> None:
        message = self.flying.pop(which % len(self.flying))
        if isinstance(outcome, Sent) or (has_arrived and isinstance(outcome, Unknown)):
            self.show(message)
        if isinstance(outcome, Unknown):
            self.doubts[message.address.number] += 1
        settlement = settle(message, outcome, self.now)
        self.wait(self.store.settle(message, settlement, self.now))
        if settlement.state != "queued":
            del self.pending[message.address.number][key_of(message)]

    @rule(has_arrived=st.booleans())
    def crash(self, has_arrived: bool) -> None:
        """The process dies: it has no chance to settle what is in the air."""
        for message in self.flying:
            self.doubts[message.address.number] += 1
            if has_arrived:
                self.show(message)
        died = len(self.flying)
        self.flying.clear()
        self.store.close()
        self.store = self.open()
        interrupted = self.wait(self.store.recover_interrupted(Door.TELEGRAM, self.now))
        assert interrupted == died
        for key in self.uncertain():
            self.pending[self.places[key][0]].pop(key, None)

    def uncertain(self) -> set[str]:
        """What may not have arrived, and is not sent again of its own accord: shown by /status."""
        sql = "SELECT dedup_key FROM outbox WHERE state = 'uncertain'"
        return set(self.wait(self.store._read(lambda db: column(db, sql))))

    @rule(seconds=st.sampled_from([0.1, 1, 4, 60]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds * SECOND

    @rule()
    def step_back(self) -> None:
        self.now -= timedelta(hours=1)

    def show(self, message: OutboxMessage) -> None:
        """People see it; a repeat must say that it may be one."""
        seen = self.arrived[message.address.number]
        is_repeat = any(key == key_of(message) for key, _ in seen)
        assert message.repeats or not is_repeat
        seen.append((key_of(message), is_repeat))

    @invariant()
    def one_message_a_number_is_in_the_air(self) -> None:
        in_the_air = Counter(message.address.number for message in self.flying)
        assert not in_the_air or max(in_the_air.values()) == 1

    @invariant()
    def repeats_are_at_most_one_for_each_chat_and_doubt(self) -> None:
        for number, seen in self.arrived.items():
            assert sum(is_repeat for _, is_repeat in seen) <= self.doubts[number]

    @invariant()
    def what_a_chat_sees_is_in_order(self) -> None:
        for number, seen in self.arrived.items():
            for priority in Priority:
                first = [
                    self.places[key][2]
                    for key, is_repeat in seen
                    if not is_repeat and self.places[key][1] is priority
                ]
                assert first == sorted(first), number

    def teardown(self) -> None:
        """In the end a door that works: everything arrives, and the queue is empty."""
        for message in self.flying:
            self.show(message)
            settlement = settle(message, Sent(remote_id=1), self.now)
            self.wait(self.store.settle(message, settlement, self.now))
            del self.pending[message.address.number][key_of(message)]
        self.flying.clear()
        for _ in range(40 * self.count):
            if not any(self.pending.values()):
                break
            self.claim(30)
            while self.flying:
                self.answer(0, Sent(remote_id=1), has_arrived=True)
            self.now += SECOND
        self.one_message_a_number_is_in_the_air()
        self.repeats_are_at_most_one_for_each_chat_and_doubt()
        self.what_a_chat_sees_is_in_order()
        seen = {key for arrived in self.arrived.values() for key, _ in arrived}
        assert set(self.places) - self.uncertain() <= seen
        counts = self.wait(self.store.outbox_counts())
        assert (counts.queued, counts.sending) == (0, 0)
        self.store.close()
        self.runner.close()
        self.folder.cleanup()


def key_of(message: OutboxMessage) -> str:
    return message.body.plain.removeprefix("Message ")


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
