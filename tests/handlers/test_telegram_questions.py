"""Questions in Telegram: inline buttons within its bounds, pressed once, by operators."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.fetch import Fetched, FetchOutcome, FetchRequest
from tests.fakes.bot_api import BotApi, Delivered, FakeChat
from tests.handlers.test_telegram import Line
from tests.sources.feed_texts import rss

ADD = "/addsource https://news.example/feed Trade <news>"


class Publisher:
    """One feed, whatever the address."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        body = rss("<title>A &lt; B</title><link>https://news.example/1</link>")
        return Fetched(body=body.encode(), final_url=request.source.url)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with BotApi() as api:
        made = Line(api, tmp_path)
        made.fetcher = Publisher()
        yield made
        made.store.close()


def asked(line: Line, chat: FakeChat) -> Delivered:
    line.says(chat, line.admin, "/start")
    (question,) = line.says(chat, line.admin, ADD)
    return question


def added(line: Line) -> list[str]:
    _revision, decisions = asyncio.run(line.store.desk_sources())
    return [each.source_id for each in decisions]


def button(message: Delivered, word: str) -> str:
    (data,) = (each for each in message.button_data if each.endswith(f" {word}"))
    return data


def test_the_question_comes_with_buttons_that_telegram_takes(line: Line) -> None:
    question = asked(line, line.api.private(line.admin))
    assert question.text.startswith("🔎 Trade <news> · trade-news\nnews.example · a feed")
    assert [data.partition(" ")[2] for data in question.button_data] == ["add", "cancel"]
    assert all(1 <= len(data.encode()) <= 64 for data in question.button_data)
    assert added(line) == []


def test_a_press_adds_the_source_and_stops_the_waiting_sign(line: Line) -> None:
    question = asked(line, line.api.private(line.admin))
    (answer,) = line.hear(line.api.press(line.admin, question, button(question, "add")))
    assert "Trade <news> is added." in answer.text
    assert added(line) == ["trade-news"]
    assert len(line.api.acknowledged) == 1


def test_a_press_that_telegram_hands_out_again_says_nothing_twice(line: Line) -> None:
    question = asked(line, line.api.private(line.admin))
    press = line.api.press(line.admin, question, button(question, "add"))
    assert len(line.hear(press)) == 1
    assert line.hear(press) == []
    (again,) = line.hear(line.api.press(line.admin, question, button(question, "cancel")))
    assert "answered already: “add”" in again.text
    assert added(line) == ["trade-news"]


def test_who_is_no_operator_presses_in_vain(line: Line) -> None:
    group = line.api.supergroup()
    question = asked(line, group)
    (refusal,) = line.hear(line.api.press(line.stranger, question, button(question, "add")))
    assert "Only operators" in refusal.text and str(line.stranger.id) in refusal.text
    assert added(line) == []
    line.hear(line.api.press(line.admin, question, button(question, "add")))
    assert added(line) == ["trade-news"]


def test_in_a_forum_a_topics_question_is_answered_in_that_topic(line: Line) -> None:
    forum = line.api.supergroup(topics=(7, 8))
    for topic in (7, 8):
        line.hear(line.api.say(forum, line.admin, "/start", topic=topic))
    (question,) = line.hear(line.api.say(forum, line.admin, ADD, topic=7))
    assert question.topic == 7
    code = button(question, "add").partition(":")[2]
    (refusal,) = line.hear(line.api.say(forum, line.admin, f"/answer {code}", topic=8))
    assert "There is no question" in refusal.text
    (answer,) = line.hear(line.api.press(line.admin, question, button(question, "add")))
    assert answer.topic == 7
    assert added(line) == ["trade-news"]


def test_an_anonymous_administrator_is_asked_for_a_name_and_may_press_under_it(line: Line) -> None:
    """Telegram hides who writes so, and not who presses."""
    group = line.api.supergroup()
    question = asked(line, group)
    (refusal,) = line.hear(line.api.say_anonymously(group, ADD))
    assert "under your own name" in refusal.text
    line.hear(line.api.press(line.admin, question, button(question, "add")))
    assert added(line) == ["trade-news"]
