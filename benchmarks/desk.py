"""Tidewaiter's own side of a benchmark: store, fetcher, readers, poller, and a chat that watches.

async with Desk.open(database, port, feeds=200) as desk:
    await desk.poll(desk.catalogue)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from benchmarks.measure import Stopwatch, cpu_of
from benchmarks.publications import WATCHES, language_of
from benchmarks.publisher import url_of
from bot.app import user_agent
from bot.clock import SystemClock
from bot.domain.chat import Address, ChatKind, ChatState, Door
from bot.domain.ids import SourceId
from bot.domain.source import Source
from bot.pipeline.poll import Poller
from bot.sources.fetch import Fetcher
from bot.sources.guard import AllowList
from bot.sources.readers import Readers
from storage.store import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts, open."""

    store: SqliteStore
    poller: Poller
    readers: Readers
    catalogue: tuple[Source, ...]

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Path, port: int, feeds: int) -> AsyncIterator[Self]:
        """The service's own parts on a new database; the sources are the publisher's feeds."""
        clock = SystemClock()
        catalogue = tuple(source_of(number, port) for number in range(feeds))
        store = SqliteStore(database)
        readers = Readers()
        fetcher = Fetcher(user_agent=user_agent(""), allow=AllowList.parse("127.0.0.0/8"))
        try:
            now = clock.now()
            await store.save_catalogue(catalogue, now)
            address = Address(door=Door.TELEGRAM, number=1)
            chat = await store.ensure_chat(address, ChatKind.PRIVATE, "Desk", ChatState.ACTIVE, now)
            await store.add_watches(chat.chat_id, WATCHES, "bench", now)
            poller = Poller(store, fetcher, clock, catalogue, read_with=readers.read)
            yield cls(store=store, poller=poller, readers=readers, catalogue=catalogue)
        finally:
            await readers.aclose()
            await fetcher.aclose()
            store.close()

    async def poll(self, sources: Sequence[Source]) -> None:
        """Poll them all, as `tidewaiter poll --all` does. Raises RuntimeError where one fails."""
        for done in asyncio.as_completed([self.poller.launch(source) for source in sources]):
            result = await done
            if result.outcome not in {"fetched", "unchanged"}:
                raise RuntimeError(f"{result.source.url}: {result.outcome}: {result.detail}")

    def stopwatch(self) -> Stopwatch:
        """For this process and the one that reads for it."""
        return Stopwatch(lambda: cpu_of(self.readers.process.pid) if self.readers.process else 0.0)


def source_of(number: int, port: int) -> Source:
    """A feed of the publisher as a source, asked every ten minutes."""
    return Source(
        source_id=SourceId(f"publication-{number}"),
        name=f"Publication {number}",
        url=url_of(number, port),
        publisher=f"Publisher {number}",
        is_official=number % 2 == 0,
        languages=(language_of(number),),
        every=timedelta(minutes=10),
    )
