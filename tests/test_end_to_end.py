"""The whole house as real processes: a publisher, `tidewaiter run`, and Telegram's stand-in.

Every process logs at DEBUG, and none may show its token, leave a warning or a traceback.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.fakes.bot_api import TOKEN, BotApi, Delivered, FakeChat, FakeUser, Fault
from tests.fakes.feed_server import Exchange, FeedServer

SECRET = TOKEN.partition(":")[2]
REPEAT = "↻ Possibly a repeat: sent before, receipt unclear.\n"
PATIENCE = 30.0
_FAULTS = ("Traceback", "Warning:", "was destroyed", "never retrieved", "never awaited")


class Publisher:
    """A feed that grows, and knows how often it was read."""

    def __init__(self, feeds: FeedServer) -> None:
        self.url = feeds.url("/gazette.xml")
        self._titles: list[str] = []
        self._reads = 0
        self._read = threading.Condition()
        feeds.answer("/gazette.xml", self._answer)

    def publish(self, *titles: str) -> None:
        """New items on top, all at once."""
        with self._read:
            self._titles[:0] = titles

    def wait_until_known(self) -> None:
        """Until a second poll begins: the first one, which alerts on nothing, is stored then."""
        with self._read:
            assert self._read.wait_for(lambda: self._reads >= 2, PATIENCE), "no poll"

    def _answer(self, exchange: Exchange) -> None:
        with self._read:
            items = "".join(
                f"<item><title>{escape(title)}</title>"
                f"<link>https://gazette.example/{len(self._titles) - at}</link>"
                f"<description>{escape(title)}, says the ministry.</description></item>"
                for at, title in enumerate(self._titles)
            )
            self._reads += 1
            self._read.notify_all()
        body = f'<rss version="2.0"><channel><title>G</title>{items}</channel></rss>'
        exchange.reply(200, {"Content-Type": "application/rss+xml"}, body.encode())


class Service:
    """`tidewaiter` as a process; where it ends, its output is looked at."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], command: tuple[str, ...]
    ) -> None:
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-X", "dev", "-m", "bot", *command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.kill()
        if error is not None:
            print(self._out.read_text("utf-8"), self._err.read_text("utf-8"))

    def ended(self) -> int:
        """Its exit code, when it has ended by itself."""
        code = self._process.wait(PATIENCE)
        shown = self._out.read_text("utf-8") + self._err.read_text("utf-8")
        assert SECRET not in shown
        for fault in _FAULTS:
            assert fault not in shown, f"{fault} in the output"
        return code

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Any other."""
        self._process.send_signal(number)

    def terminate(self) -> int:
        """SIGTERM; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.ended()

    @property
    def said(self) -> str:
        """Standard output so far."""
        return self._out.read_text("utf-8")

    @property
    def complaints(self) -> list[str]:
        """Lines of standard error that are not of the log."""
        lines = self._err.read_text("utf-8").splitlines()
        return [line for line in lines if line.startswith("tidewaiter:")]


class Town:
    """A publisher, Telegram, and a desk's installation between them."""

    def __init__(self, folder: Path, feeds: FeedServer, api: BotApi) -> None:
        self.folder, self.api = folder, api
        self.publisher = Publisher(feeds)
        self.admin = api.person("Ada")
        self.chat = api.private(self.admin)
        catalogue = folder / "sources.toml"
        catalogue.write_text(
            f"""
            [[source]]
            id = "gazette"
            name = "Official Gazette"
            publisher = "The Gazette"
            url = "{self.publisher.url}"
            official = true
            jurisdiction = "EU"
            languages = ["en"]
            every = "1s"
            """,
            "utf-8",
        )
        self.environment = {
            "TELEGRAM_BOT_TOKEN": api.token,
            "TELEGRAM_API_URL": api.url,
            "TIDEWAITER_ADMINS": str(self.admin.id),
            "TIDEWAITER_SOURCES": str(catalogue),
            "TIDEWAITER_ALLOW_HOSTS": "127.0.0.1",
            "TIDEWAITER_DATABASE": str(folder / "desk.db"),
            "TIDEWAITER_LOG_LEVEL": "DEBUG",
        }
        self._runs = 0

    def run(self, *command: str, **changes: str) -> Service:
        """Start the service, or another command."""
        self._runs += 1
        folder = self.folder / f"run{self._runs}"
        folder.mkdir()
        return Service(folder, self.environment | changes, command or ("run",))

    def tell(self, chat: FakeChat, user: FakeUser, text: str, expected: str) -> Delivered:
        """Somebody types; the first new answer that holds the expected words."""
        before = len(self.api.sent)
        self.api.say(chat, user, text)
        return self.wait_for(lambda m: m.chat_id == chat.id and expected in m.text, before)

    def wait_for(self, fits: Callable[[Delivered], bool], after: int = 0) -> Delivered:
        """The first message that fits, not counting the first `after`."""
        number = 0

        def is_new(message: Delivered) -> bool:
            return fits(message) and message.message_id > number

        if after:
            number = self.api.sent[after - 1].message_id
        return self.api.wait_for(is_new, timeout=PATIENCE)

    def subscribe(self, chat: FakeChat, operator: FakeUser) -> None:
        """An operator makes a chat active and sets a watch there."""
        self.tell(chat, operator, "/start", "subscribed")
        self.tell(chat, operator, "/watch nexperia", "Not watched yet")
        self.tell(chat, operator, "/answer save", "is set")

    def has_read(self, chat: FakeChat, words: str) -> bool:
        """Whether the chat holds a message with the words."""
        return any(words in text for text in self.api.texts(chat))

    def alerts(self, chat: FakeChat, title: str) -> list[str]:
        """The messages of a chat that are alerts with the title."""
        return [text for text in self.api.texts(chat) if title in text and "Digest" not in text]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as stack:
        feeds = stack.enter_context(FeedServer())
        api = stack.enter_context(BotApi())
        yield Town(tmp_path, feeds, api)


def test_an_item_that_appears_reaches_the_desk_once_and_a_restart_repeats_nothing(
    town: Town,
) -> None:
    api, chat, news = town.api, town.chat, town.publisher
    news.publish("Nexperia: what was there before anyone asked")
    with town.run() as service:
        town.subscribe(chat, town.admin)
        news.wait_until_known()
        news.publish("Court rules on Nexperia supplies", "Fisheries quota for herring")
        alert = town.wait_for(lambda m: "Court rules on Nexperia" in m.text)
        assert alert.chat_id == chat.id
        assert "Nexperia" in alert.styled("bold")
        assert "gazette.example" in alert.text
        assert "official" in alert.text.casefold()
        digest = town.tell(chat, town.admin, "/digest now", "Court rules on Nexperia")
        assert "herring" not in digest.text
        town.tell(chat, town.admin, "/latest 2", "herring")
        assert api.menu[0]["command"] == "start"
        assert service.terminate() == 0
        assert "Serving Telegram as @tidewaiter_bot" in service.said
    with town.run() as service:
        news.publish("Nexperia wafers move again")
        town.wait_for(lambda m: "wafers move again" in m.text)
        assert service.terminate() == 0
    said = api.texts(chat)
    assert [t for t in said if "before anyone asked" in t and "🔔" in t] == []
    assert len(said) == 7, said
    assert api.waiting_updates == 0


def test_each_chats_trouble_stays_its_own_and_no_alert_is_lost(town: Town) -> None:
    """429 in one chat, 403 in another, a time-out after delivery in a third, a topic without any,
    and a stranger who is told nothing.
    """
    api, news, title = town.api, town.publisher, "Court rules on Nexperia supplies"
    people = [api.person(name) for name in ("Slow", "Gone", "Unclear")]
    slow, gone, unclear = chats = [api.private(person) for person in people]
    forum, stranger = api.supergroup("Fine", topics=(7,)), api.person("Sam")
    admins = ", ".join(str(each.id) for each in (town.admin, *people))
    with town.run(TELEGRAM_TIMEOUT="1", TIDEWAITER_ADMINS=admins) as service:
        api.say(forum, town.admin, "/start", topic=7)
        api.say(forum, town.admin, "/watch nexperia", topic=7)
        api.say(forum, town.admin, "/answer save", topic=7)
        for chat, person in zip(chats, people, strict=True):
            town.subscribe(chat, person)
        town.tell(api.private(stranger), stranger, "/watch nexperia", "not subscribed")
        town.wait_for(lambda m: m.topic == 7 and "is set" in m.text)
        news.wait_until_known()
        api.throttle_next(slow, 2)
        api.forbid(gone)
        api.next_send(Fault.HANG_AFTER, unclear)
        news.publish(title)
        town.wait_for(lambda m: m.topic == 7 and title in m.text)
        town.wait_for(lambda m: m.chat_id == unclear.id and m.text.startswith(REPEAT))
        town.wait_for(lambda m: m.chat_id == slow.id and title in m.text)
        api.allow(gone)
        town.tell(gone, people[1], "/watches", "nexperia")
        town.wait_for(lambda m: m.chat_id == gone.id and title in m.text)
        news.publish("Nexperia wafers move again")
        for chat in chats:  # whatever else was to come would have come before this
            town.api.wait_until(partial(town.has_read, chat, "wafers"), timeout=PATIENCE)
        assert service.terminate() == 0
    first, second = town.alerts(unclear, title)
    assert second == REPEAT + first
    for chat in (slow, gone, forum):
        assert len(town.alerts(chat, title)) == 1
    assert len([m for m in api.sent if m.chat_id == stranger.id]) == 1


def test_polling_and_delivering_by_hand_does_what_the_service_does(town: Town) -> None:
    with town.run() as service:
        town.subscribe(town.chat, town.admin)
        town.publisher.wait_until_known()
        assert service.terminate() == 0
    town.publisher.publish("Court rules on Nexperia supplies")
    with town.run("poll", "--all", "--json") as poll:
        assert poll.ended() == 0
    assert town.alerts(town.chat, "Court rules") == []
    for _ in range(2):
        with town.run("deliver") as deliver:
            assert deliver.ended() == 0
    assert len(town.alerts(town.chat, "Court rules")) == 1
    town.api.revoke()
    with town.run("deliver") as deliver:
        assert deliver.ended() == 2
        (line,) = deliver.complaints
        assert "refuses the bot token" in line


def test_commands_that_were_typed_while_it_was_away_are_answered_once(town: Town) -> None:
    town.api.say(town.chat, town.admin, "/start")
    town.api.say(town.chat, town.admin, "/watch nexperia")
    town.api.say(town.chat, town.admin, "/answer save")
    with town.run() as service:
        town.wait_for(lambda m: "Watch 1 is set" in m.text)
        town.api.wait_until(lambda: town.api.waiting_updates == 0, timeout=PATIENCE)
        assert service.terminate() == 0
    with town.run() as service:
        town.tell(town.chat, town.admin, "/watches", "nexperia")
        assert service.terminate() == 0
    assert len(town.api.texts(town.chat)) == 4


def test_commands_that_telegram_was_told_of_survive_a_kill(town: Town) -> None:
    """The call that confirms updates comes after their effects and answers are stored."""
    for text in ("/start", "/watch nexperia", "/answer save", "/watch gallium", "/answer save"):
        town.api.say(town.chat, town.admin, text)
    with town.run() as service:
        town.api.wait_until(lambda: len(town.api.calls("getUpdates")) == 2, timeout=PATIENCE)
        service.kill()
    # they were confirmed: Telegram will not repeat them
    town.api.wait_until(lambda: town.api.waiting_updates == 0, timeout=PATIENCE)
    with town.run() as service:
        for words in ("subscribed", "Watch 1 is set", "Watch 2 is set"):
            town.api.wait_until(partial(town.has_read, town.chat, words), timeout=PATIENCE)
        assert service.terminate() == 0


def test_an_update_that_cannot_be_read_hides_no_other(town: Town) -> None:
    for part, nonsense in (("date", 10**14), ("chat", {"id": town.chat.id}), ("entities", [7])):
        town.api.say(town.chat, town.admin, "/start")["message"][part] = nonsense
    with town.run() as service:
        town.tell(town.chat, town.admin, "/help", "/watch")
        assert service.terminate() == 0
    assert len(town.api.texts(town.chat)) == 1
    assert town.api.waiting_updates == 0


def test_it_starts_while_telegram_is_away_and_serves_when_it_is_back(town: Town) -> None:
    town.api.set_down(is_on=True)
    with town.run() as service:
        town.publisher.wait_until_known()
        town.api.wait_until(lambda: len(town.api.calls("getMe")) >= 1, timeout=PATIENCE)
        town.api.set_down(is_on=False)
        town.tell(town.chat, town.admin, "/start", "subscribed")
        assert service.terminate() == 0


def test_a_second_service_on_the_same_database_is_refused_in_one_line(town: Town) -> None:
    with town.run() as first:
        town.tell(town.chat, town.admin, "/start", "subscribed")
        with town.run() as second:
            assert second.ended() == 2
            (line,) = second.complaints
            assert "Another Tidewaiter" in line
            assert second.said == ""
        assert first.terminate() == 0


def test_another_program_with_the_same_token_ends_the_service_with_a_reason(town: Town) -> None:
    with town.run() as service:
        town.tell(town.chat, town.admin, "/start", "subscribed")
        town.api.set_conflict(is_on=True)
        assert service.ended() == 2
        (line,) = service.complaints
        assert "Another program polls Telegram with this token" in line


def test_a_token_that_is_revoked_while_it_runs_ends_the_service_with_a_reason(town: Town) -> None:
    with town.run() as service:
        town.tell(town.chat, town.admin, "/start", "subscribed")
        town.api.revoke()
        assert service.ended() == 2
        (line,) = service.complaints
        assert "BotFather" in line


def test_a_wrong_token_exits_2_and_is_shown_nowhere(town: Town) -> None:
    wrong = f"987654321:{SECRET[::-1]}"
    with town.run(TELEGRAM_BOT_TOKEN=wrong) as service:
        assert service.ended() == 2
        (line,) = service.complaints
        assert "refuses the bot token" in line
    shown = "".join(path.read_text("utf-8") for path in town.folder.glob("run*/std*"))
    assert "DEBUG" in shown
    assert wrong not in shown
    assert SECRET[::-1] not in shown
