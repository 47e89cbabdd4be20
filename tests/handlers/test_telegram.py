"""What people do in Telegram, and what the chat shows then: updates in, delivered messages out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from telegram import BotCommand, Update
from telegram.ext import ApplicationBuilder

from bot.delivery.pacing import UNPACED
from bot.delivery.telegram import TelegramMessenger, make_bot
from bot.delivery.worker import DeliveryWorker
from bot.domain.chat import Address, ChatState, Door
from bot.errors import DatabaseUnusableError
from bot.pipeline.catalogue import LiveCatalogue
from bot.pipeline.digest import gather_since_last
from bot.ports import Fetcher
from bot.rendering.split import units
from handlers.model import Context
from handlers.telegram import App, TelegramIn, menu
from storage.store import SqliteStore
from tests.desk import Away
from tests.fakes.bot_api import BotApi, Delivered, FakeChat, FakeUser
from tests.fakes.bot_api.shapes import Json
from tests.fakes.clock import FakeClock


class Line:
    """The bot on the line: each call takes updates and gives what was delivered for them."""

    def __init__(self, api: BotApi, folder: Path) -> None:
        self.api = api
        self.clock = FakeClock()
        self.admin = api.person("Ada")
        self.stranger = api.person("Sam")
        self.fetcher: Fetcher = Away()
        self.store = SqliteStore(folder / "line.db", paces={Door.TELEGRAM: UNPACED})

    def hear(self, *updates: Json) -> list[Delivered]:
        """Hand updates to the handlers as python-telegram-bot does, then send what is queued."""
        before = len(self.api.sent)
        asyncio.run(self._hear(updates))
        return self.api.sent[before:]

    async def _hear(self, updates: tuple[Json, ...]) -> None:
        context = Context(
            store=self.store,
            clock=self.clock,
            catalogue=LiveCatalogue((), self.store),
            fetcher=self.fetcher,
            admins=frozenset({self.admin.id}),
            gather_digest=partial(gather_since_last, self.store),
        )
        bot = make_bot(self.api.token, self.api.url, None, timedelta(seconds=20))
        app: App = ApplicationBuilder().bot(bot).updater(None).build()
        worker = DeliveryWorker(self.store, TelegramMessenger(bot), self.clock)
        self.incoming = TelegramIn(context, worker.wake)
        self.incoming.register(app)
        async with app:
            for update in updates:
                await app.process_update(Update.de_json(update, bot))
            await self.incoming.settle()
            await worker.drain()

    def says(self, chat: FakeChat, user: FakeUser | None, text: str) -> list[Delivered]:
        """Somebody writes."""
        return self.hear(self.api.say(chat, user, text))

    def watch(
        self, chat: FakeChat, user: FakeUser | None, text: str, topic: int | None = None
    ) -> list[Delivered]:
        """Somebody watches a text, and saves it."""
        say = partial(self.api.say, chat, user, topic=topic)
        return self.hear(say(f"/watch {text}"), say("/answer save"))[1:]

    def state(self, chat: FakeChat, topic: int | None = None) -> ChatState | None:
        """What the bot takes the chat for."""
        address = Address(door=Door.TELEGRAM, number=chat.id, topic_id=topic)
        found = asyncio.run(self.store.find_chat(address))
        return found.state if found else None

    def watches(self, chat: FakeChat, topic: int | None = None) -> list[str]:
        """The chat's watches as they were typed."""
        address = Address(door=Door.TELEGRAM, number=chat.id, topic_id=topic)
        found = asyncio.run(self.store.find_chat(address))
        assert found is not None
        return [watch.text for watch in asyncio.run(self.store.list_watches(found.chat_id))]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with BotApi() as api:
        line = Line(api, tmp_path)
        yield line
        line.store.close()


def test_an_operators_start_subscribes_and_offers_three_watches(line: Line) -> None:
    chat = line.api.private(line.admin)
    (welcome,) = line.says(chat, line.admin, "/start")
    assert "This chat is subscribed." in welcome.text
    assert welcome.button_data == ["watch:rare earths", "watch:Nexperia", "watch:export licence"]
    assert line.state(chat) is ChatState.ACTIVE


def test_a_strangers_start_is_refused_politely_and_names_the_number_to_pass_on(
    line: Line,
) -> None:
    chat = line.api.private(line.stranger)
    (refusal,) = line.says(chat, line.stranger, "/start")
    assert "not subscribed" in refusal.text
    assert refusal.styled("code") == [str(line.stranger.id)]
    assert line.state(chat) is ChatState.STRANGER
    (refusal,) = line.says(chat, line.stranger, "/watch nexperia")
    assert "not subscribed" in refusal.text
    assert line.watches(chat) == []


def test_strangers_get_five_answers_an_hour_and_operators_as_many_as_they_ask(line: Line) -> None:
    chat = line.api.private(line.stranger)
    updates = [line.api.say(chat, line.stranger, f"/help {n}") for n in range(8)]
    assert len(line.hear(*updates)) == 5
    line.clock.advance(timedelta(hours=1, seconds=1))
    assert len(line.says(chat, line.stranger, "/help")) == 1
    own = line.api.private(line.admin)
    updates = [line.api.say(own, line.admin, f"/help {n}") for n in range(8)]
    assert len(line.hear(*updates)) == 8


def test_plain_words_get_a_hint_in_private_and_silence_in_company(line: Line) -> None:
    private, group = line.api.private(line.admin), line.api.group()
    (hint,) = line.says(private, line.admin, "what is new?")
    assert "Commands begin with a slash" in hint.text
    line.says(group, line.admin, "/start")
    assert line.says(group, line.admin, "what is new?") == []
    assert line.says(group, line.admin, "/") == []


def test_only_commands_that_are_addressed_to_us_are_answered(line: Line) -> None:
    group = line.api.supergroup()
    assert line.says(group, line.admin, "/start@other_bot") == []
    assert line.state(group) is None, "not even remembered"
    assert len(line.says(group, line.admin, "/start@Tidewaiter_Bot")) == 1
    assert len(line.says(group, line.stranger, "/watches")) == 1


def test_a_channel_is_admitted_by_the_operator_who_adds_the_bot(line: Line) -> None:
    channel = line.api.channel()
    assert line.hear(line.api.member(channel, line.admin, "administrator")) == []
    assert line.state(channel) is ChatState.ADMITTED
    (welcome,) = line.says(channel, None, "/start")
    assert (welcome.chat_id, line.state(channel)) == (channel.id, ChatState.ACTIVE)


def test_a_channel_that_a_stranger_adds_the_bot_to_stays_outside(line: Line) -> None:
    channel = line.api.channel()
    line.hear(line.api.member(channel, line.stranger, "administrator"))
    (refusal,) = line.says(channel, None, "/start")
    assert refusal.styled("code") == [str(channel.id)]
    assert line.state(channel) is ChatState.STRANGER


def test_a_topic_is_a_chat_of_its_own_and_is_answered_in_its_topic(line: Line) -> None:
    forum = line.api.supergroup(topics=(7, 8))
    say = partial(line.api.say, forum, line.admin)
    answers = line.hear(say("/start", topic=7)) + line.watch(forum, line.admin, "nexperia", 7)
    assert [answer.topic for answer in answers] == [7, 7]
    assert line.state(forum, 7) is ChatState.ACTIVE
    assert line.state(forum) is None
    line.hear(line.api.say(forum, line.stranger, "/start", topic=8))
    assert line.state(forum, 8) is ChatState.ACTIVE, "the forum was let in by an operator"
    assert (line.watches(forum, 7), line.watches(forum, 8)) == (["nexperia"], [])


def test_the_thread_of_a_reply_outside_of_forums_is_no_topic(line: Line) -> None:
    group = line.api.supergroup()
    (answer,) = line.hear(line.api.say(group, line.admin, "/start", reply_thread=55))
    assert answer.topic is None
    assert line.state(group) is ChatState.ACTIVE


def test_what_is_not_typed_here_by_someone_is_no_command(line: Line) -> None:
    group, channel = line.api.supergroup(), line.api.channel()
    line.says(group, line.admin, "/start")
    other_bot = FakeUser(id=5, first_name="Echo", username="echo_bot", is_bot=True)
    ignored = [
        line.api.say(group, line.admin, "/stop", is_forwarded=True),
        line.api.say(group, line.admin, "/stop", is_edited=True),
        line.api.say(group, line.admin, "/stop", is_via_bot=True),
        line.api.say(group, other_bot, "/stop"),
        line.api.relay(group, channel, "/stop"),
        line.api.say_as_channel(group, channel, "/stop"),
        line.api.say(channel, None, "/start", is_edited=True),
        line.api.say(channel, None, "/start", is_forwarded=True),
    ]
    assert line.hear(*ignored) == []
    assert line.state(group) is ChatState.ACTIVE
    assert line.state(channel) is None


def test_an_anonymous_administrator_commands_a_subscribed_group_but_admits_none(
    line: Line,
) -> None:
    group = line.api.supergroup()
    (refusal,) = line.hear(line.api.say_anonymously(group, "/start"))
    assert refusal.styled("code") == [str(group.id)], "the person's number is not known"
    line.says(group, line.admin, "/start")
    line.hear(line.api.say_anonymously(group, "/watch nexperia"))
    (answer,) = line.hear(line.api.say_anonymously(group, "/answer save"))
    assert "Watch 1 is set" in answer.text
    (found,) = asyncio.run(line.store.active_watches())
    assert found.watch.created_by == group.title


def test_a_button_shows_its_watch_where_it_was_pressed_and_stops_waiting(line: Line) -> None:
    forum = line.api.supergroup(topics=(7,))
    (welcome,) = line.hear(line.api.say(forum, line.admin, "/start", topic=7))
    press = line.api.press(line.stranger, welcome, "watch:rare earths")
    (answer,) = line.hear(press)
    assert answer.topic == 7
    assert answer.text.startswith("🔎 rare earths")
    assert line.api.acknowledged == [press["callback_query"]["id"]]


def test_a_button_that_is_too_old_to_be_acknowledged_still_works(line: Line) -> None:
    chat = line.api.private(line.admin)
    (welcome,) = line.says(chat, line.admin, "/start")
    press = line.api.press(line.admin, welcome, "watch:Nexperia")
    press["callback_query"]["id"] = "1"  # Telegram has forgotten it
    (answer,) = line.hear(press)
    assert answer.text.startswith("🔎 Nexperia")


def test_a_button_of_no_command_is_acknowledged_and_nothing_else(line: Line) -> None:
    chat = line.api.private(line.admin)
    (welcome,) = line.says(chat, line.admin, "/start")
    press = line.api.press(line.admin, welcome, "watch:Nexperia")
    press["callback_query"]["data"] = "💥"
    assert line.hear(press) == []
    assert len(line.api.acknowledged) == 1


def test_an_update_that_comes_twice_is_done_and_answered_once(line: Line) -> None:
    chat = line.api.private(line.admin)
    line.says(chat, line.admin, "/start")
    line.says(chat, line.admin, "/watch nexperia")
    watch = line.api.say(chat, line.admin, "/answer save")
    end = line.api.say(chat, line.admin, "/unwatch 1")
    assert len(line.hear(watch, end)) == 2
    assert line.hear(watch, end) == []
    assert line.watches(chat) == [], "done again, the watch would be back"


def test_a_chat_that_blocks_the_bot_is_kept_and_comes_back_when_it_unblocks(line: Line) -> None:
    chat = line.api.private(line.admin)
    line.says(chat, line.admin, "/start")
    line.watch(chat, line.admin, "nexperia")
    line.hear(line.api.member(chat, line.admin, "kicked"))
    assert line.state(chat) is ChatState.SUSPENDED
    line.hear(line.api.member(chat, line.admin, "member"))
    assert line.state(chat) is ChatState.ACTIVE
    assert line.watches(chat) == ["nexperia"]


def test_a_suspended_chat_that_writes_again_is_answered(line: Line) -> None:
    chat = line.api.private(line.admin)
    line.says(chat, line.admin, "/start")
    line.api.forbid(chat)
    assert line.says(chat, line.admin, "/watches") == []
    assert line.state(chat) is ChatState.SUSPENDED
    line.api.allow(chat)
    answers = line.says(chat, line.admin, "/help start")
    assert ["No watch yet" in answers[0].text, "/start" in answers[1].text] == [True, True]
    assert line.state(chat) is ChatState.ACTIVE


@pytest.mark.parametrize("reason", ["message thread not found", "TOPIC_CLOSED"])
def test_a_topic_that_takes_nothing_waits_alone_until_it_is_open_again(
    line: Line, reason: str
) -> None:
    forum = line.api.supergroup(topics=(7, 8))
    line.hear(*(line.api.say(forum, line.admin, "/start", topic=topic) for topic in (7, 8)))
    line.api.refuse_next(reason, forum)
    assert line.hear(line.api.say(forum, line.admin, "/watches", topic=7)) == []
    assert line.state(forum, 7) is ChatState.SUSPENDED
    assert line.state(forum, 8) is ChatState.ACTIVE
    update = line.api.say(forum, line.admin, "", topic=7)
    del update["message"]["text"]
    update["message"]["forum_topic_reopened"] = {}
    (kept,) = line.hear(update)
    assert "No watch yet" in kept.text
    assert line.state(forum, 7) is ChatState.ACTIVE


@pytest.mark.parametrize("is_told_by", ["403", "my_chat_member"])
def test_blocking_and_unblocking_subscribes_no_stranger(line: Line, is_told_by: str) -> None:
    chat = line.api.private(line.stranger)
    line.says(chat, line.stranger, "/start")
    if is_told_by == "403":
        line.api.forbid(chat)
        line.says(chat, line.stranger, "/start")
        line.api.allow(chat)
    else:
        line.hear(line.api.member(chat, line.stranger, "kicked"))
        line.hear(line.api.member(chat, line.stranger, "member"))
    (refusal,) = line.says(chat, line.stranger, "/watch nexperia")
    assert "not subscribed" in refusal.text
    assert line.state(chat) is ChatState.STRANGER


def test_a_paused_chat_that_was_blocked_comes_back_paused(line: Line) -> None:
    chat = line.api.private(line.admin)
    line.hear(line.api.say(chat, line.admin, "/start"), line.api.say(chat, line.admin, "/stop"))
    line.hear(line.api.member(chat, line.admin, "kicked"))
    line.hear(line.api.member(chat, line.admin, "member"))
    assert line.state(chat) is ChatState.PAUSED


def test_a_bot_that_is_removed_before_start_is_admitted_no_longer(line: Line) -> None:
    group = line.api.group()
    line.hear(line.api.member(group, line.admin, "member"))
    line.hear(line.api.member(group, line.stranger, "left"))
    line.hear(line.api.member(group, line.stranger, "member"))
    (refusal,) = line.says(group, line.stranger, "/start")
    assert "not subscribed" in refusal.text


def test_a_group_that_becomes_a_supergroup_keeps_its_watches(line: Line) -> None:
    group = line.api.group()
    line.says(group, line.admin, "/start")
    line.watch(group, line.admin, "nexperia")
    became = line.api.migrate(group, is_announced=False)
    announced = {"message_id": 1, "date": 1, "chat": group.json(), "from": line.admin.json()}
    line.hear({"update_id": 1, "message": announced | {"migrate_to_chat_id": became.id}})
    assert line.state(group) is None
    assert line.watches(became) == ["nexperia"]
    (answer,) = line.says(became, line.stranger, "/watches")
    assert answer.chat_id == became.id


def test_a_reply_that_is_too_long_for_one_message_comes_in_parts_in_order(line: Line) -> None:
    chat = line.api.private(line.admin)
    line.says(chat, line.admin, "/start")
    for n in range(20):
        line.watch(chat, line.admin, f"{'x' * 300}{n}")
    parts = line.says(chat, line.admin, "/watches")
    assert len(parts) > 1
    assert all(units(part.text) <= 4096 for part in parts)
    whole = "\n".join(part.text for part in parts)
    numbers = [whole.index(f"{n + 1}. x") for n in range(20)]
    assert numbers == sorted(numbers)


def test_4096_emoji_get_an_answer_that_telegram_takes(line: Line) -> None:
    chat = line.api.private(line.admin)
    line.says(chat, line.admin, "/start")
    for text in ("😀" * 2048, "/watch " + "😀" * 2044, "/search " + "<b>&" * 1000):
        assert line.says(chat, line.admin, text), text[:10]


def test_names_full_of_markup_and_tricks_stay_text(line: Line) -> None:
    mallory = line.api.person("<b>&\u202eMallory")
    group = line.api.supergroup(title="<script>&amp;\u202e")
    line.says(group, line.admin, "/start")
    (answer,) = line.says(group, mallory, "/watch <i>&\u202e <a href=x>")
    assert "<i>" in answer.text
    assert "\u202e" not in answer.text


def test_half_a_sign_in_a_name_or_a_command_keeps_nobody_from_an_answer(line: Line) -> None:
    group = line.api.supergroup(title="Desk \ud83d")
    person = line.api.person("Ada \ud800", line.admin.id)
    line.says(group, person, "/start")
    line.watch(group, person, "nexperia")
    assert line.watches(group) == ["nexperia"]
    update = line.api.say(group, person, "/x")
    update["message"]["text"] = "/wat\udfffches"
    (answer,) = line.hear(update)
    assert "nexperia" in answer.text


def test_a_photo_a_service_message_and_an_update_of_no_kind_are_passed_over(line: Line) -> None:
    chat = line.api.private(line.admin)
    bare = {"message_id": 1, "date": 1, "chat": chat.json(), "from": line.admin.json()}
    photo = bare | {"photo": [], "caption": "/start"}
    joined = bare | {"new_chat_members": [line.admin.json()]}
    updates = [{"update_id": n, "message": m} for n, m in enumerate((photo, joined))]
    assert line.hear(*updates, {"update_id": 9}) == []


def test_the_menu_is_one_that_telegram_takes(line: Line) -> None:
    async def set_menu() -> None:
        async with make_bot(line.api.token, line.api.url, None, timedelta(seconds=20)) as bot:
            await bot.set_my_commands([BotCommand(name, what) for name, what in menu()])

    asyncio.run(set_menu())
    assert [each["command"] for each in line.api.menu][:2] == ["start", "stop"]


def test_an_update_that_cannot_be_stored_is_kept_for_another_try(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    chat = line.api.private(line.admin)
    line.says(chat, line.admin, "/start")
    assert line.incoming.unstored is None
    line.store._writer.close()
    assert line.says(chat, line.admin, "/watch gallium") == []
    assert isinstance(line.incoming.unstored, DatabaseUnusableError)
    assert "met a fault" not in caplog.text
