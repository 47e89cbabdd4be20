"""Watches in Telegram: previews with buttons, pages after a restart, and replies to alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.delivery.pacing import UNPACED
from bot.domain.chat import Door
from bot.domain.fetch import Read
from bot.domain.item import Item
from bot.pipeline.ingest import Ingest
from bot.sources.cadence import after_poll
from storage.store import SqliteStore
from tests.archive.desk import GAZETTE, notice
from tests.fakes.bot_api import BotApi, Delivered, FakeChat
from tests.handlers.test_telegram import Line
from tests.samples import state


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with BotApi() as api:
        made = Line(api, tmp_path)
        yield made
        made.store.close()


def publish(line: Line, items: Sequence[Item], *, is_quiet: bool = False) -> list[Delivered]:
    """Let items be read, and deliver what follows."""

    async def ingest() -> None:
        now = line.clock.now()
        await line.store.save_catalogue([GAZETTE], now)
        after = after_poll(state(), GAZETTE, Read(items=tuple(items)), now=now, jitter=0.5)
        await Ingest(line.store).take(tuple(items), after, is_quiet=is_quiet, now=now)

    asyncio.run(ingest())
    return line.hear()


def button(message: Delivered, word: str) -> str:
    (data,) = (each for each in message.button_data if each.endswith(f" {word}"))
    return data


def restart(line: Line) -> None:
    path = line.store.path
    line.store.close()
    line.store = SqliteStore(path, paces={Door.TELEGRAM: UNPACED})


def started(line: Line) -> FakeChat:
    chat = line.api.private(line.admin)
    line.says(chat, line.admin, "/start")
    return chat


def test_a_preview_has_buttons_that_telegram_takes_and_one_saves(line: Line) -> None:
    chat = started(line)
    (preview,) = line.says(chat, line.admin, f"/watch {'稀土 ' * 40}<b>&")
    assert all(1 <= len(data.encode()) <= 64 for data in preview.button_data)
    (preview,) = line.says(chat, line.admin, "/watch rare earths")
    assert preview.styled("bold") == ["rare earths"]
    (answer,) = line.hear(line.api.press(line.admin, preview, button(preview, "save")))
    assert "Watch 1 is set" in answer.text
    assert line.watches(chat) == ["rare earths"]


def test_whoever_is_in_a_subscribed_group_may_save_what_another_asked(line: Line) -> None:
    group = line.api.supergroup()
    line.says(group, line.admin, "/start")
    (preview,) = line.says(group, line.admin, "/watch nexperia")
    (answer,) = line.hear(line.api.press(line.stranger, preview, button(preview, "save")))
    assert "Watch 1 is set" in answer.text
    (found,) = asyncio.run(line.store.active_watches())
    assert found.watch.created_by == line.stranger.first_name


def test_a_watchs_question_survives_a_restart_and_a_press_that_comes_twice(line: Line) -> None:
    chat = started(line)
    (preview,) = line.says(chat, line.admin, "/watch nexperia")
    restart(line)
    press = line.api.press(line.admin, preview, button(preview, "save"))
    assert len(line.hear(press)) == 1
    assert line.hear(press) == []
    assert line.watches(chat) == ["nexperia"]


def test_the_hints_query_is_a_press_away(line: Line) -> None:
    chat = started(line)
    publish(line, [notice(1, "Rare earths"), notice(2, "稀土出口", 1)], is_quiet=True)
    (preview,) = line.says(chat, line.admin, '/watch "rare earths"')
    (other,) = line.hear(line.api.press(line.admin, preview, button(preview, "use")))
    assert other.text.startswith("🔎 #rare-earths")
    line.hear(line.api.press(line.admin, other, button(other, "save")))
    assert line.watches(chat) == ["#rare-earths"]


def test_pages_of_a_search_work_after_a_restart_and_as_often_as_pressed(line: Line) -> None:
    chat = started(line)
    publish(line, [notice(n, f"Nickel notice {n}.") for n in range(14)], is_quiet=True)
    (first,) = line.says(chat, line.admin, "/search nickel")
    (data,) = first.button_data
    restart(line)
    pages = [line.hear(line.api.press(line.admin, first, data))[0] for _ in range(2)]
    assert pages[0].text.startswith("Search “nickel” · 11–14 of 14")
    assert pages[0].text == pages[1].text and pages[0].button_data == []


def test_why_in_reply_to_an_alert_explains_that_one(line: Line) -> None:
    chat = started(line)
    line.watch(chat, line.admin, "nickel")
    first, _second = publish(line, [notice(1, "Nickel prices"), notice(2, "Nickel quotas")])
    (last,) = line.says(chat, line.admin, "/why")
    assert "Nickel quotas" in last.text
    (said,) = line.hear(line.api.say(chat, line.admin, "/why", reply_to=first))
    assert "Nickel prices" in said.text and "✓ nickel · “Nickel” in the title" in said.text
    (refusal,) = line.hear(line.api.say(chat, line.admin, "/why", reply_to=said))
    assert "That message is no alert" in refusal.text


def test_what_another_chat_was_told_is_not_explained_here(line: Line) -> None:
    chat, group = started(line), line.api.supergroup()
    line.says(group, line.admin, "/start")
    line.watch(group, line.admin, "nickel")
    (alert,) = publish(line, [notice(1, "Nickel prices")])
    (refusal,) = line.hear(line.api.say(chat, line.admin, "/why", reply_to=alert))
    assert "no alert" in refusal.text and "Nickel" not in refusal.text


def test_in_a_topic_where_all_replies_to_its_opening_why_means_the_last_alert(line: Line) -> None:
    forum = line.api.supergroup(topics=(7,))
    line.hear(line.api.say(forum, line.admin, "/start", topic=7))
    line.watch(forum, line.admin, "nickel", topic=7)
    first, _second = publish(line, [notice(1, "Nickel prices"), notice(2, "Nickel quotas")])
    (said,) = line.hear(line.api.say(forum, line.admin, "/why", topic=7))
    assert "Nickel quotas" in said.text and said.topic == 7
    (said,) = line.hear(line.api.say(forum, line.admin, "/why", topic=7, reply_to=first))
    assert "Nickel prices" in said.text
