"""Who takes the text out of an article's page: a process of its own, one page at a time.

Extraction walks a whole page of a stranger's making and cannot be interrupted in a thread. So the
process has a deadline for each page and a bound on its memory; where it ends, that page has no text
and nothing else is lost. The small answers of APIs are read in threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.fetch import Fetched, NotAFeed
from bot.domain.item import Item
from bot.domain.source import Source
from bot.sources.details import reads_articles, with_text
from bot.sources.read import in_reader_thread
from bot.sources.reader_process import Fault, Lost, ReaderProcess, loaded_code, start_reader

DEADLINE = timedelta(seconds=10)
"""For one page; a usual one takes a hundredth of a second."""

ROOM = 150_000_000
"""Bytes that the reading of a page may take."""

IDLE = timedelta(minutes=1)
"""A process without work for so long ends."""

ReadText = Callable[[Source, Item, Fetched], Awaitable[Item | NotAFeed]]
"""with_text, not on the loop: `text_in_thread`, or a TextReader's `read`."""


async def text_in_thread(source: Source, item: Item, fetched: Fetched) -> Item | NotAFeed:
    """with_text in a thread: for answers that are no pages of strangers."""
    return await in_reader_thread(with_text, source, item, fetched)


class TextReader:
    """Reads the texts of one service. Close it at the end."""

    def __init__(self, *, deadline: timedelta = DEADLINE, idle: timedelta = IDLE) -> None:
        self._deadline = deadline
        self._idle = idle
        self._code = loaded_code()
        self._turn = asyncio.Lock()
        self._process: ReaderProcess | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, source: Source, item: Item, fetched: Fetched) -> Item | NotAFeed:
        """The item with its own text, or why there is none."""
        if not reads_articles(source):
            return await text_in_thread(source, item, fetched)
        async with self._turn:
            process = await self._opened()
            if isinstance(process, str):
                return NotAFeed(detail=f"no process could be started to read it in ({process})")
            try:
                found = await process.ask(with_text, source, item, fetched)
            finally:
                self._rest()
        match found:
            case Lost(is_late=True):
                seconds = self._deadline.total_seconds()
                return NotAFeed(detail=f"a page that cannot be read within {seconds:g} seconds")
            case Lost(said=said):
                return NotAFeed(detail=f"a page at which the process that read it ended ({said})")
            case Fault():
                return NotAFeed(detail="a page that cannot be read in the memory that it may take")
        return found

    async def aclose(self) -> None:
        """End the process."""
        if self._timer is not None:
            self._timer.cancel()
        if self._process is not None:
            await self._process.end()

    async def _opened(self) -> ReaderProcess | str:
        if self._timer is not None:
            self._timer.cancel()
        if self._process is not None and self._process.is_open:
            return self._process
        started = await start_reader(self._deadline, self._code, room=ROOM)
        if isinstance(started, ReaderProcess):
            self._process = started
        return started

    def _rest(self) -> None:
        if self._process is not None and self._process.is_open:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._idle.total_seconds(), self._process.kill)
