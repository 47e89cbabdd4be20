"""A source that is added in the chat, as real processes: asked, pressed, polled, told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.bot_api import BotApi, Delivered
from tests.fakes.feed_server import Exchange, FeedServer
from tests.sources.list_pages import PAGES
from tests.test_end_to_end import PATIENCE, Publisher, Town


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as stack:
        feeds = stack.enter_context(FeedServer())
        api = stack.enter_context(BotApi())
        yield Town(tmp_path, feeds, api)


def press(town: Town, message: Delivered, word: str, expected: str) -> Delivered:
    """The operator presses a button; the answer that holds the expected words."""
    before = len(town.api.sent)
    (data,) = (each for each in message.button_data if each.endswith(f" {word}"))
    town.api.press(town.admin, message, data)
    return town.wait_for(lambda m: expected in m.text, before)


def test_a_page_is_added_by_a_button_and_what_it_publishes_next_is_told(
    town: Town, site: FeedServer
) -> None:
    """The question outlives a kill; the source is polled without a restart, quietly at first."""
    news = Publisher(site)
    news.publish("Nexperia: what was there before")
    link = '<link rel="alternate" type="application/rss+xml" href="/gazette.xml">'
    site.serve("/", f"<html><head>{link}</head></html>", "text/html")
    with town.run() as service:
        town.subscribe(town.chat, town.admin)
        question = town.tell(
            town.chat, town.admin, f"/addsource {site.url('/')} Trade news", "Add it?"
        )
        assert "Nexperia: what was there before" in question.text
        service.kill()
    with town.run() as service:
        press(town, question, "add", "Trade news is added")
        wait_until_read(town)
        assert service.terminate() == 0
    news.publish("Court rules on Nexperia supplies")
    with town.run("poll", "trade-news") as poll:
        assert poll.ended() == 0
    with town.run("deliver") as deliver:
        assert deliver.ended() == 0
    (alert,) = town.alerts(town.chat, "Court rules on Nexperia")
    assert alert.startswith("📄 Court rules on Nexperia supplies\nTrade news · ")
    assert [t for t in town.api.texts(town.chat) if "🔔" in t and "before" in t] == []


def wait_until_read(town: Town) -> None:
    """Until the source was read by the running service, and what it listed is stored."""
    for _ in range(30):  # answers, of which a chat gets one a second
        told = town.tell(town.chat, town.admin, "/source trade-news", "trade-news")
        if "✓ Last answer: fetched" in told.text:
            return
    raise AssertionError("it was not read")


def test_a_list_page_is_added_switched_off_and_forgotten(town: Town, site: FeedServer) -> None:
    site.serve("/notices", PAGES["cards"], "text/html")
    with town.run() as service:
        town.tell(town.chat, town.admin, "/start", "subscribed")
        question = town.tell(town.chat, town.admin, f"/addsource {site.url('/notices')}", "Add it?")
        assert question.text.count("Ministry opens review") == 3
        press(town, question, "add", "Notices is added")
        question = town.tell(town.chat, town.admin, "/removesource notices", "Remove Notices")
        press(town, question, "remove", "Notices is removed")
        town.tell(town.chat, town.admin, "/source notices", "There is no source")
        assert service.terminate() == 0


def test_a_publisher_that_is_slow_to_answer_holds_up_no_other_command(
    town: Town, site: FeedServer
) -> None:
    release = threading.Event()

    def slow(exchange: Exchange) -> None:
        assert release.wait(PATIENCE)
        exchange.reply(200, {"Content-Type": "text/html"}, PAGES["list"].encode())

    site.answer("/slow", slow)
    with town.run() as service:
        town.tell(town.chat, town.admin, "/start", "subscribed")
        town.api.say(town.chat, town.admin, f"/addsource {site.url('/slow')}")
        town.tell(town.chat, town.admin, "/watches", "No watch yet")
        release.set()
        town.wait_for(lambda m: "Add it?" in m.text)
        assert service.terminate() == 0


def test_what_another_process_imports_is_read_by_the_running_service(
    town: Town, site: FeedServer
) -> None:
    Publisher(site).publish("Notice on gallium")
    file = town.folder / "list.opml"
    feed = f'<outline text="Trade news" xmlUrl="{site.url("/gazette.xml")}"/>'
    file.write_text(f"<opml><body>{feed}</body></opml>", "utf-8")
    with town.run() as service:
        town.tell(town.chat, town.admin, "/start", "subscribed")
        with town.run("sources", "import", str(file)) as importing:
            assert importing.ended() == 0
        wait_until_read(town)
        town.tell(town.chat, town.admin, "/latest", "Notice on gallium")
        assert service.terminate() == 0
