"""The delivery worker over a real database, against the Bot API's stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery.policy import settle
from bot.delivery.telegram import TelegramMessenger, make_bot
from bot.delivery.worker import DeliveryWorker
from bot.domain.chat import Address, ChatKind, ChatState, Door
from bot.domain.outbox import (
    MessageKind,
    MessageState,
    Sent,
)
from tests.delivery.office import PATIENCE, REPEAT, Office, with_telegram
from tests.fakes.bot_api import BotApi, FakeChat, Fault, Limits
from tests.fakes.clock import FakeClock


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(clock=FakeClock()) as started:
        yield started


def test_one_chats_429_holds_that_chat_alone(tmp_path: Path) -> None:
    clock = FakeClock()
    with BotApi(clock=clock) as api:
        held, free = (api.private(api.person(name)) for name in ("Ada", "Bo"))
        api.throttle_next(held, 30)

        async def story(office: Office, worker: DeliveryWorker) -> None:
            ada, bo = await office.chat(held.id), await office.chat(free.id)
            await office.queue(ada, "A1", "A2")
            await office.queue(bo, "B1", "B2", "B3")
            worker.wake()
            await office.until(lambda: len(office.settled) == 4)
            assert api.texts(free) == ["B1", "B2", "B3"]
            assert api.texts(held) == []
            office.clock.advance(timedelta(seconds=29))
            clock.advance(timedelta(seconds=29))
            await office.queue(bo, "B4")
            worker.wake()
            await office.until(lambda: len(office.settled) == 5)
            assert api.texts(held) == [], "not a second too early"
            office.clock.advance(timedelta(seconds=1))
            clock.advance(timedelta(seconds=1))
            worker.wake()
            await office.until(lambda: len(office.settled) == 7)
            assert api.texts(held) == ["A1", "A2"]
            assert len(api.calls("sendMessage")) == 7

        with_telegram(api, tmp_path, story)


def test_a_timeout_after_delivery_is_sent_once_more_marked_as_a_possible_repeat(
    api: BotApi, tmp_path: Path
) -> None:
    chat = api.private(api.person())
    api.next_send(Fault.HANG_AFTER, chat)

    async def story(office: Office, worker: DeliveryWorker) -> None:
        ada = await office.chat(chat.id)
        await office.queue(ada, "first", "second")
        worker.wake()
        await office.until(lambda: len(office.settled) == 1)
        assert "no clear answer" in worker.last_trouble
        office.clock.advance(timedelta(seconds=2))
        worker.wake()
        await office.until(lambda: len(office.settled) == 3)
        assert api.texts(chat) == ["first", f"{REPEAT}first", "second"]
        assert worker.last_trouble == ""
        counts = await office.counts()
        assert (counts.sent, counts.queued, counts.uncertain) == (2, 0, 0)

    with_telegram(api, tmp_path, story, timeout=timedelta(seconds=0.3))


def test_a_message_that_never_gets_a_clear_answer_ends_as_uncertain_and_lets_others_pass(
    api: BotApi, tmp_path: Path
) -> None:
    chat = api.private(api.person())
    api.next_send(Fault.ERROR_AFTER, chat, times=3)

    async def story(office: Office, worker: DeliveryWorker) -> None:
        await office.queue(await office.chat(chat.id), "cursed", "next")
        for rounds in (1, 2):
            worker.wake()
            await office.until(lambda: len(office.settled) == rounds)  # noqa: B023 - awaited at once
            office.clock.advance(timedelta(seconds=60))
        worker.wake()
        await office.until(lambda: len(office.settled) == 4)
        assert api.texts(chat) == ["cursed", f"{REPEAT}cursed", f"{REPEAT}cursed", "next"]
        assert office.settled[2:] == [
            ("cursed", MessageState.UNCERTAIN),
            ("next", MessageState.SENT),
        ]

    with_telegram(api, tmp_path, story)


def test_a_chat_that_blocked_the_bot_is_suspended_and_keeps_watches_and_messages(
    api: BotApi, tmp_path: Path
) -> None:
    chat = api.private(api.person())
    api.forbid(chat)

    async def story(office: Office, worker: DeliveryWorker) -> None:
        ada = await office.chat(chat.id)
        await office.store.add_watch(ada.chat_id, "nexperia", "Ada", office.clock.now())
        await office.queue(ada, "first", "second")
        worker.wake()
        await office.until(lambda: len(office.settled) == 1)
        assert await office.state_of(ada) is ChatState.SUSPENDED
        assert len(await office.store.list_watches(ada.chat_id)) == 1
        assert len(api.calls("sendMessage")) == 1, "it is not tried again and again"
        api.allow(chat)
        await office.store.set_states_at(
            ada.address, ChatState.ACTIVE, only_from=ChatState.SUSPENDED
        )
        worker.wake()
        await office.until(lambda: len(office.settled) == 3)
        assert api.texts(chat) == ["first", "second"]

    with_telegram(api, tmp_path, story)


@pytest.mark.parametrize("state", [ChatState.STRANGER, ChatState.ADMITTED, ChatState.PAUSED])
def test_a_blocked_chat_that_was_not_active_stays_what_it_was(
    api: BotApi, tmp_path: Path, state: ChatState
) -> None:
    """Suspended chats come back as active ones: a stranger must not get in by blocking us."""
    chat = api.private(api.person())
    api.forbid(chat)

    async def story(office: Office, worker: DeliveryWorker) -> None:
        ada = await office.chat(chat.id, state=state)
        await office.queue(ada, "refusal", kind=MessageKind.REPLY)
        worker.wake()
        await office.until(lambda: len(office.settled) == 1)
        assert await office.state_of(ada) is state
        counts = await office.counts()
        assert (counts.failed, counts.queued) == (1, 0)

    with_telegram(api, tmp_path, story)


def test_a_group_that_became_a_supergroup_moves_with_all_it_has(
    api: BotApi, tmp_path: Path
) -> None:
    group = api.group()
    became = api.migrate(group)

    async def story(office: Office, worker: DeliveryWorker) -> None:
        desk = await office.chat(group.id, ChatKind.GROUP)
        await office.store.add_watch(desk.chat_id, "nexperia", "Ada", office.clock.now())
        await office.queue(desk, "first", "second")
        worker.wake()
        await office.until(lambda: len(office.settled) == 3)
        assert api.texts(became) == ["first", "second"]
        assert await office.store.find_chat(desk.address) is None
        moved = await office.store.find_chat(Address(door=Door.TELEGRAM, number=became.id))
        assert moved is not None
        assert moved.kind is ChatKind.SUPERGROUP
        assert [w.text for w in await office.store.list_watches(moved.chat_id)] == ["nexperia"]

    with_telegram(api, tmp_path, story)


def test_formatting_that_telegram_refuses_goes_out_again_as_plain_text(
    api: BotApi, tmp_path: Path
) -> None:
    chat = api.private(api.person())
    api.refuse_next("can't parse entities: Unsupported start tag", chat)

    async def story(office: Office, worker: DeliveryWorker) -> None:
        await office.queue(await office.chat(chat.id), "a < b")
        worker.wake()
        await office.until(lambda: len(office.settled) == 2)
        (got,) = api.sent
        assert (got.text, got.parse_mode) == ("a < b", None)
        assert got.button_data == ["a:b"]

    with_telegram(api, tmp_path, story)


def test_a_revoked_token_keeps_the_queue(api: BotApi, tmp_path: Path) -> None:
    chat = api.private(api.person())

    async def story(office: Office, worker: DeliveryWorker) -> None:
        api.revoke()
        ada = await office.chat(chat.id)
        await office.queue(ada, "first", "second")
        worker.wake()
        await office.until(lambda: len(office.settled) == 1)
        office.clock.advance(timedelta(hours=1))
        worker.wake()
        await asyncio.to_thread(api.wait_until, lambda: len(api.calls("getMe")) >= 2)
        counts = await office.counts()
        assert (counts.queued, counts.failed) == (2, 0)
        assert "BotFather" in worker.last_trouble
        assert len(api.calls("sendMessage")) == 1

    with_telegram(api, tmp_path, story)


def test_our_paces_never_meet_telegrams_limits(tmp_path: Path) -> None:
    """40 alerts each for a private chat, a group and a channel, as fast as the outbox gives them.

    The limits are Telegram's figures, and time passes only when nothing is due.
    """
    clock = FakeClock()
    with BotApi(clock=clock, limits=Limits()) as api:
        kinds = (ChatKind.PRIVATE, ChatKind.GROUP, ChatKind.CHANNEL)
        chats = [api.private(api.person()), api.group(), api.channel()]

        async def whole() -> None:
            office = Office(tmp_path, is_paced=True)
            store = office.store
            for fake, kind in zip(chats, kinds, strict=True):
                chat = await office.chat(fake.id, kind)
                await office.queue(chat, *(f"{number}" for number in range(40)))
            async with make_bot(api.token, api.url, None, timedelta(seconds=20)) as bot:
                door = TelegramMessenger(bot)
                while (due := await store.next_due_at(Door.TELEGRAM)) is not None:
                    clock.advance(max(due - clock.now(), timedelta(milliseconds=1)))
                    for message in await store.claim_messages(Door.TELEGRAM, clock.now(), 30):
                        outcome = await door.send(message)
                        assert isinstance(outcome, Sent)
                        await store.settle(
                            message, settle(message, outcome, clock.now()), clock.now()
                        )
            store.close()

        asyncio.run(whole())
        for chat in chats:
            assert api.texts(chat) == [f"{number}" for number in range(40)]


def test_draining_sends_what_is_due_and_leaves_what_is_due_much_later(
    tmp_path: Path, api: BotApi
) -> None:
    chats: list[FakeChat] = [api.private(api.person(name)) for name in ("Ada", "Bo")]
    api.throttle_next(chats[1], 3600)

    async def whole() -> None:
        office = Office(tmp_path)
        for chat in chats:
            await office.queue(await office.chat(chat.id), "now")
        async with make_bot(api.token, api.url, None, timedelta(seconds=20)) as bot:
            worker = DeliveryWorker(office.store, TelegramMessenger(bot), office.clock)
            await asyncio.wait_for(worker.drain(), PATIENCE)
        assert worker.counts.sent == 1
        assert (await office.counts()).queued == 1
        office.store.close()

    asyncio.run(whole())
    assert api.texts(chats[0]) == ["now"]
