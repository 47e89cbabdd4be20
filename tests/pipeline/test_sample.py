"""The sample day gives a newcomer what a reader of its items would expect, and nothing else.

tests/data/sample_expected.toml was judged by reading the items, not by running the matcher.
"""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.domain.chat import LOCAL_ADDRESS, Door
from bot.domain.item import ArchivedItem
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.matching.engine import evaluate
from bot.matching.query import parse
from bot.matching.tokens import analyse
from bot.pipeline.sample import EDITIONS, SampleFetcher, play_sample_day, sample_sources
from handlers.terminal import open_local_chat
from storage.store import SqliteStore
from tests.desk import Desk

EXPECTED: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "sample_expected.toml").read_text("utf-8")
)


async def all_messages(store: SqliteStore, clock: SystemClock) -> list[OutboxMessage]:
    from bot.delivery.policy import settle
    from bot.domain.outbox import Sent

    told: list[OutboxMessage] = []
    while claimed := await store.claim_messages(Door.TERMINAL, clock.now(), 30):
        for message in claimed:
            told.append(message)
            settlement = settle(message, Sent(remote_id=None), clock.now())
            await store.settle(message, settlement, clock.now())
    return told


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[ArchivedItem], list[OutboxMessage]]:
    """What is archived, and what the local chat is told."""
    desk = Desk(tmp_path_factory.mktemp("sample"))
    clock = SystemClock()

    async def play() -> tuple[list[ArchivedItem], list[OutboxMessage]]:
        await open_local_chat(desk.context, is_served=True)
        queued = await play_sample_day(desk.store, clock)
        items = await desk.store.latest_items(1000)
        told = await all_messages(desk.store, clock)
        assert len(told) == queued
        assert await desk.store.find_chat(LOCAL_ADDRESS) is not None
        return list(items), told

    try:
        return asyncio.run(play())
    finally:
        desk.close()


def test_each_new_item_that_answers_a_watch_is_told_once(
    day: tuple[list[ArchivedItem], list[OutboxMessage]],
) -> None:
    items, told = day
    assert len(items) == sum(EXPECTED["edition"][edition]["new"] for edition in EDITIONS)
    assert len(told) == sum(EXPECTED["edition"][edition]["alerts"] for edition in EDITIONS)
    assert {message.kind for message in told} == {MessageKind.ALERT}


def test_at_least_forty_items_of_which_about_a_third_match(
    day: tuple[list[ArchivedItem], list[OutboxMessage]],
) -> None:
    items, told = day
    assert len(items) >= 40
    assert 0.25 <= len(told) / len(items) <= 0.45


def test_every_alert_is_plainly_marked(
    day: tuple[list[ArchivedItem], list[OutboxMessage]],
) -> None:
    assert all(message.body.plain.startswith("SAMPLE") for message in day[1])


def titles_of(watch: dict[str, Any]) -> set[str]:
    return {expected["title"] for expected in watch["matches"]}


@pytest.mark.parametrize("watch", EXPECTED["watch"], ids=lambda watch: watch["query"])
def test_each_watch_finds_what_a_reader_finds_and_no_look_alike(
    day: tuple[list[ArchivedItem], list[OutboxMessage]], watch: dict[str, Any]
) -> None:
    query = parse(watch["query"])
    found = {
        archived.item.title
        for archived in day[0]
        if evaluate(query, analyse(archived.item.title, archived.item.text, archived.item.language))
        is not None
    }
    archived_titles = {archived.item.title for archived in day[0]}
    edited = {edit["before"]: edit["after"] for edit in EXPECTED["edited"]}
    expected = {edited.get(title, title) for title in titles_of(watch)}
    told_under_another_name = expected - archived_titles  # a duplicate, kept as its first telling
    assert len(told_under_another_name) <= len(EXPECTED["duplicate"])
    assert found == expected & archived_titles


def test_an_edited_item_keeps_its_place_and_its_new_words(
    day: tuple[list[ArchivedItem], list[OutboxMessage]],
) -> None:
    titles = [archived.item.title for archived in day[0]]
    for edit in EXPECTED["edited"]:
        assert edit["after"] in titles and edit["before"] not in titles


def test_every_source_of_the_sample_day_stands_in_both_editions() -> None:
    ids = {str(source.source_id) for source in sample_sources()}
    for edition in EDITIONS:
        assert set(SampleFetcher(edition)._files) == ids
    assert all(source.is_sample for source in sample_sources())
