"""Who reads the bodies: two threads, and where a crowd waits, a process in their place.

    few wait       threads: there is nothing to start and nothing to copy
    a crowd waits  a process of our own is started and reads on a second core, while the service has
                   the first for all the rest; it ends when it has had nothing to do for a while

A body whose reading ends the process costs no other body its page. It is read once more in a
process for itself, and given up where that ends too (docs/adr/0009-reading.md).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from datetime import datetime, timedelta

from bot.domain.fetch import Fetched, FetchFailed, ReadOutcome
from bot.domain.source import Source
from bot.sources.read import THREADS, in_threads
from bot.sources.reader_process import Fault, Lost, ReaderProcess, loaded_code, start_reader

log = logging.getLogger(__name__)

CROWD = 4
"""So many bodies may wait; a process is worth its start, half a second of a core, where more do."""

AHEAD = 2
"""Bodies that the process has at once, so that it does not wait for the service."""

MAX_HANDED_BYTES = 4_000_000
"""Longer bodies are read in threads: to hand them over takes several times their memory. They are
whole lists, of which there is no crowd."""

PATIENCE = timedelta(seconds=0.25)
"""Threads help when the process has given no answer for so long; a usual one takes a fiftieth."""

IDLE = timedelta(minutes=2)
"""A process without work for so long ends, and gives its 40 MB back."""

DEADLINE = timedelta(seconds=60)
"""For one body in the process; the slowest that is no attack takes a few seconds."""

REST = timedelta(minutes=10)
"""Where no process can be started, the next try is after so long."""


class Readers:
    """Reads the bodies of one service. Close it at the end; it may then still be asked."""

    def __init__(
        self,
        *,
        cores: int | None = None,
        idle: timedelta = IDLE,
        deadline: timedelta = DEADLINE,
    ) -> None:
        self._may_start = (cores or os.cpu_count() or 1) > 1
        self._code = loaded_code()
        self._idle = idle
        self._deadline = deadline
        self._waiting: deque[asyncio.Future[ReaderProcess | None]] = deque()
        self._threads = THREADS
        self._process: ReaderProcess | None = None
        self._is_slow = False
        self._timer: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._resting_until = 0.0
        self._alone = asyncio.Lock()

    @property
    def process(self) -> ReaderProcess | None:
        """The process, while there is one."""
        return self._process if self._process is not None and self._process.is_open else None

    async def read(self, source: Source, fetched: Fetched, now: datetime) -> ReadOutcome:
        """read_body, by whoever has room for it first; bodies are begun in the order they come."""
        if len(fetched.body) > MAX_HANDED_BYTES:
            return await in_threads(source, fetched, now)
        while True:
            reader = await self._turn()
            try:
                if reader is None:
                    return await in_threads(source, fetched, now)
                outcome = await reader.read(source, fetched, now)
            finally:
                self._give_back(reader)
            match outcome:
                case Fault():
                    return await in_threads(source, fetched, now)
                case Lost(was_read=False):
                    continue
                case Lost():
                    return await self._again(source, fetched, now, outcome)
            return outcome

    async def aclose(self) -> None:
        """End the process, and start none any more."""
        self._may_start = False
        if self._timer is not None:
            self._timer.cancel()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._process is not None:
            await self._process.end()

    # Turns: a body waits for one, and is given the process, or None for a thread.

    async def _turn(self) -> ReaderProcess | None:
        turn: asyncio.Future[ReaderProcess | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._assign()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            raise

    def _assign(self) -> None:
        process = self.process
        while self._waiting:
            if self._waiting[0].done():  # its body was given up
                self._waiting.popleft()
            elif process is not None and process.given < AHEAD:
                process.given += 1
                self._watch(process)
                self._waiting.popleft().set_result(process)
            elif self._threads and (process is None or self._is_slow):
                self._threads -= 1
                self._waiting.popleft().set_result(None)
            else:
                break
        if len(self._waiting) > CROWD:
            self._call_process()

    def _give_back(self, reader: ReaderProcess | None) -> None:
        if reader is None:
            self._threads += 1
        else:
            reader.given -= 1
            self._watch(reader)
        self._assign()

    def _watch(self, process: ReaderProcess) -> None:
        """One timer: until threads help a process at work, or until an idle one ends."""
        self._is_slow = False
        if self._timer is not None:
            self._timer.cancel()
        if process.is_open:
            wait, then = (PATIENCE, self._help) if process.given else (self._idle, process.kill)
            self._timer = asyncio.get_running_loop().call_later(wait.total_seconds(), then)

    def _help(self) -> None:
        self._is_slow = True
        self._assign()

    # The process

    def _call_process(self) -> None:
        loop = asyncio.get_running_loop()
        is_wanted = self._may_start and self.process is None and self._starting is None
        if is_wanted and loop.time() >= self._resting_until:
            self._starting = loop.create_task(self._start(), name="start reader")

    async def _start(self) -> None:
        try:
            process = await start_reader(self._deadline, self._code)
        finally:
            self._starting = None
        if isinstance(process, str):
            log.warning("no process to read in could be started (%s); threads go on", process)
            self._resting_until = asyncio.get_running_loop().time() + REST.total_seconds()
            return
        log.info("a crowd waits to be read: process %d helps", process.pid)
        self._process = process
        self._watch(process)
        self._assign()

    async def _again(
        self, source: Source, fetched: Fetched, now: datetime, lost: Lost
    ) -> ReadOutcome:
        """The second reading of a body that a process ended at, in another, one at a time."""
        log.warning("%s: the process that read it ended (%s)", source.source_id, lost.said)
        if lost.is_late:
            return self._given_up(source, lost)
        async with self._alone:
            process = await start_reader(self._deadline, self._code)
            if isinstance(process, str):
                detail = (
                    f"{source.source_id}: the process that read the answer ended ({lost.said}), "
                    f"and no other could be started ({process}). It will be asked again."
                )
                return FetchFailed(kind="fault", detail=detail)
            try:
                outcome = await process.read(source, fetched, now)
            finally:
                await process.end()
        match outcome:
            case Fault():
                return await in_threads(source, fetched, now)
            case Lost():
                return self._given_up(source, outcome)
        return outcome

    def _given_up(self, source: Source, lost: Lost) -> FetchFailed:
        said = (
            f"it could not be read within {self._deadline.total_seconds():g} seconds"
            if lost.is_late
            else f"twice the process that read it ended ({lost.said})"
        )
        return FetchFailed(
            kind="hostile",
            detail=f"{source.source_id}: the answer was given up: {said}. It will be asked again; "
            "where that goes on, look at what its address serves.",
        )
