"""Pages are taken apart in a process with a deadline and a bound: a hostile one costs its own text
only."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.fetch import Fetched, NotAFeed
from bot.domain.item import Item
from bot.domain.source import Source
from bot.sources.reader_process import start_reader
from bot.sources.text_reader import ROOM, TextReader
from tests.samples import item, source
from tests.sources.test_article import SAID, TITLE, page

STUB = item(TITLE, text="")
WANTS = source(has_full_text=True)
PAGE = Fetched(body=page(*SAID).encode(), content_type="text/html; charset=utf-8")


def stuck() -> None:
    """Work that never ends, and that no signal handler of Python's could interrupt in time."""
    time.sleep(600)


def greedy(size: int) -> int:
    return len(bytearray(size))


def test_a_page_is_read_over_there_and_the_process_is_kept() -> None:
    async def story() -> None:
        texts = TextReader()
        try:
            first = await texts.read(WANTS, STUB, PAGE)
            process = texts._process
            assert process is not None and process.is_open
            assert isinstance(first, Item)
            assert first.text == "\n".join(SAID)
            assert await texts.read(WANTS, STUB, PAGE) == first
            assert texts._process is process
        finally:
            await texts.aclose()
        assert not process.is_open

    asyncio.run(story())


def test_a_process_that_ends_costs_the_page_its_text_and_the_next_is_read() -> None:
    async def story() -> None:
        texts = TextReader()
        try:
            await texts.read(WANTS, STUB, PAGE)
            assert texts._process is not None
            os.kill(texts._process.pid, signal.SIGSTOP)
            asked = asyncio.create_task(texts.read(WANTS, STUB, PAGE))
            await asyncio.sleep(0)
            os.kill(texts._process.pid, signal.SIGKILL)
            lost = await asked
            assert isinstance(lost, NotAFeed)
            assert "SIGKILL" in lost.detail
            assert isinstance(await texts.read(WANTS, STUB, PAGE), Item)
        finally:
            await texts.aclose()

    asyncio.run(story())


def test_a_page_has_a_deadline() -> None:
    async def story() -> None:
        started = await start_reader(timedelta(seconds=0.2), {}, room=ROOM)
        assert not isinstance(started, str), started
        try:
            lost: Any = await started.ask(stuck)
            assert lost.is_late
        finally:
            await started.end()

    asyncio.run(story())


def test_the_process_may_take_so_much_memory_and_no_more() -> None:
    async def story() -> None:
        started = await start_reader(timedelta(seconds=60), {}, room=ROOM)
        assert not isinstance(started, str), started
        try:
            assert await started.ask(greedy, ROOM // 2) == ROOM // 2
            over: Any = await started.ask(greedy, 2 * ROOM)
            assert type(over).__name__ == "Fault"
            assert await started.ask(greedy, 10) == 10, "it lives on"
        finally:
            await started.end()

    asyncio.run(story())


@pytest.mark.parametrize("kind", ["deep", "wide", "attributes", "entities", "long"])
def test_hostile_pages_are_answered(kind: str) -> None:
    bodies = {
        "deep": "<div>" * 200_000,
        "wide": "<p>gallium licences from october</p>" * 90_000,
        "attributes": f"<p {'a=1 ' * 100_000}>",
        "entities": "&amp;" * 500_000,
        "long": "gallium " * 600_000,
    }

    async def story() -> Item | NotAFeed:
        texts = TextReader()
        try:
            body = f"<html><title>{TITLE}</title><body>{bodies[kind]}".encode()
            return await texts.read(WANTS, STUB, Fetched(body=body, content_type="text/html"))
        finally:
            await texts.aclose()

    assert isinstance(asyncio.run(story()), Item | NotAFeed)


def test_small_answers_of_apis_start_no_process() -> None:
    async def story(of: Source) -> None:
        texts = TextReader()
        await texts.read(of, STUB, PAGE)
        assert texts._process is None
        await texts.aclose()

    asyncio.run(story(source()))
