"""SIGKILL at any moment loses no alert, and repeats at most the one that was in the air.

The service is real and so are its processes, its database file and both HTTP servers. Five
hundred alerts and more go out to fifty chats while the process is killed a hundred times: at each
labelled step, and at random.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.chat import Address, ChatKind, ChatState, Door
from storage.store import SqliteStore
from tests.fakes.bot_api import BotApi, Delivered, FakeChat
from tests.fakes.clock import START
from tests.fakes.feed_server import FeedServer
from tests.fakes.life import STEPS, End, Nursery

CHATS = 50
MIN_ALERTS = 500
REPEAT_MARK = "↻ Possibly a repeat"


def feed(items: int) -> bytes:
    entries = "".join(
        f"<item><guid>n-{n}</guid><title>Gallium notice number {n:02d}.</title>"
        f"<link>https://gazette.example/{n}</link><description>Text {n}.</description></item>"
        for n in reversed(range(items))
    )
    return f"<rss version='2.0'><channel><title>G</title>{entries}</channel></rss>".encode()


async def subscribe(database: Path, chats: list[FakeChat]) -> None:
    store = SqliteStore(database)
    for fake in chats:
        chat = await store.ensure_chat(
            Address(door=Door.TELEGRAM, number=fake.id),
            ChatKind.PRIVATE,
            "Desk",
            ChatState.ACTIVE,
            START,
        )
        await store.set_digest(chat.chat_id, None, "Europe/Brussels", START)
        await store.add_watch(chat.chat_id, "gallium", "Ada", START)
    store.close()


async def still_open(database: Path) -> int:
    store = SqliteStore(database)
    counts = await store.outbox_counts()
    store.close()
    return counts.queued + counts.sending + counts.failed + counts.uncertain


def notice(message: Delivered) -> str:
    return message.text.split("number ")[1][:2]


def ends(rng: random.Random, kills: int) -> list[End]:
    """Each labelled step as often as the others, and as many moments without a label."""
    chosen = [
        End(step=step, nth=1 if step in {"read", "applied"} else rng.randint(1, 8))
        for _ in range(kills // 6 + 1)
        for step in (*STEPS, None)
    ]
    rng.shuffle(chosen)
    return chosen[:kills]


def run(folder: Path, kills: int, seed: int) -> None:
    rng = random.Random(seed)
    with BotApi() as api, FeedServer() as feeds:
        chats = [api.private(api.person(f"Desk {n}")) for n in range(CHATS)]
        database = folder / "desk.db"
        asyncio.run(subscribe(database, chats))
        (folder / "sources.toml").write_text(
            f'[[source]]\nid = "gazette"\nurl = "{feeds.url("/gazette.xml")}"\nevery = "1s"\n',
            encoding="utf-8",
        )
        nursery = Nursery(
            {
                "TELEGRAM_BOT_TOKEN": api.token,
                "TELEGRAM_API_URL": api.url,
                "TIDEWAITER_DATABASE": str(database),
                "TIDEWAITER_SOURCES": str(folder / "sources.toml"),
                "TIDEWAITER_ALLOW_HOSTS": "127.0.0.1",
                "TIDEWAITER_LOG_LEVEL": "ERROR",
            }
        )
        published = 0

        def publish() -> None:
            nonlocal published
            published += 1
            feeds.serve("/gazette.xml", feed(published), etag=f'"{published}"')

        def wanted() -> set[tuple[int, str]]:
            return {(chat.id, f"{n:02d}") for chat in chats for n in range(1, published)}

        def is_dry() -> bool:
            return len({(m.chat_id, m.text) for m in api._state.sent}) >= len(wanted())

        def live(end: End) -> None:
            """Until the chosen end, or an end by our hand where it is not reached."""
            life = nursery.start(end)
            if end.step is None:
                goal = len(api.sent) + rng.randint(0, 6)
                with suppress(AssertionError):  # nothing left to send: killed while idle
                    api.wait_until(lambda: len(api._state.sent) >= goal, timeout=1.0)
            else:
                life.join(timeout=1.5)
            life.kill()
            life.join()
            assert life.exitcode == -9
            # what it had sent may still lie in the server's socket: it belongs to this life
            api.wait_until_deserted()
            deaths.append(len(api.sent))

        deaths: list[int] = [0]
        publish()
        seed_quietly(nursery)
        for number, end in enumerate(ends(rng, kills)):
            if is_dry() or number * MIN_ALERTS > len(wanted()) * kills:
                publish()
            live(end)
        last = nursery.start(End())
        listening = len(api.calls("getUpdates"))
        api.wait_until(
            lambda: wanted() <= {(m.chat_id, notice(m)) for m in api._state.sent}, timeout=120
        )
        api.wait_until(lambda: len(api.calls("getUpdates")) > listening)
        for _ in range(600):  # copies of what was doubtful may still be on their way
            if asyncio.run(still_open(database)) == 0:
                break
            await_another(api)
        last.terminate()
        last.join()
        assert last.exitcode == 0
        assert len(wanted()) >= MIN_ALERTS
        check(api.sent, deaths, wanted())
        assert asyncio.run(still_open(database)) == 0


def await_another(api: BotApi) -> None:
    """Until one more message has come, or a moment has passed."""
    goal = len(api.sent) + 1
    with suppress(AssertionError):
        api.wait_until(lambda: len(api._state.sent) >= goal, timeout=0.2)


def seed_quietly(nursery: Nursery) -> None:
    """The first page is stored before the kills begin: it is quiet, in whichever life it comes."""
    life = nursery.start(End(step="applied"))
    life.join()
    assert life.exitcode == -9


def check(sent: list[Delivered], deaths: list[int], wanted: set[tuple[int, str]]) -> None:
    copies = Counter((message.chat_id, notice(message)) for message in sent)
    assert set(copies) == wanted, "an alert was lost, or one came that nobody asked for"
    seen: set[tuple[int, str]] = set()
    for message in sent:
        key = (message.chat_id, notice(message))
        assert key not in seen or message.text.startswith(REPEAT_MARK), "an unmarked repeat"
        seen.add(key)
    for start, end in pairwise([*deaths, len(sent)]):
        between = Counter(
            message.chat_id for message in sent[start:end] if REPEAT_MARK in message.text
        )
        assert max(between.values(), default=0) <= 1, "more than one repeat for a chat and kill"


def test_a_hundred_kills_lose_nothing_and_mark_each_repeat(tmp_path: Path) -> None:
    run(tmp_path, kills=102, seed=20261008)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(20))
def test_thousands_of_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    run(tmp_path, kills=150, seed=seed)
