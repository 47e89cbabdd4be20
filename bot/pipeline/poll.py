"""One pass over sources: fetch side by side, ingest one after the other."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from bot.domain.fetch import (
    OUTCOME_NAMES,
    Blocked,
    FetchFailed,
    NotAFeed,
    Read,
    ReadOutcome,
    Unchanged,
)
from bot.domain.health import Gap, Sighted
from bot.domain.ids import SourceId
from bot.domain.plan import Applied
from bot.domain.source import FetchState, Source, SourceStatus
from bot.errors import StorageError, TidewaiterError
from bot.pipeline.details import Details
from bot.pipeline.gaps import seen_before
from bot.pipeline.health import Healths, is_full
from bot.pipeline.ingest import Ingest
from bot.ports import Clock, Fetcher, Store
from bot.sources.cadence import after_poll, first_state, is_due, request_for
from bot.sources.read import BodyReader, in_threads, read
from bot.sources.rhythm import with_news
from bot.sources.text_reader import ReadText, text_in_thread

log = logging.getLogger(__name__)

_STORAGE_REST = timedelta(seconds=30)
"""A source whose page could not be stored is left alone for so long, or for its own interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What one poll of one source came to; `seconds` is the fetch and the reading. `gap` is what
    may have been missed between this reading and the one before."""

    source: Source
    outcome: str
    detail: str
    items: int
    applied: Applied
    seconds: float
    is_first: bool
    gap: Gap | None = None


class Poller:
    """Polls sources. `on_step` is told the labels of steps that a crash may follow.

    The fetch states belong to who holds the service lock: they are read once, kept in memory and
    written through, so that an unchanged source costs one write and no read.
    """

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        clock: Clock,
        catalogue: Sequence[Source],
        *,
        on_step: Callable[[str], None] = lambda _label: None,
        on_applied: Callable[[], None] = lambda: None,
        jitter: Callable[[], float] = random.random,
        read_with: BodyReader = in_threads,
        read_text: ReadText = text_in_thread,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._clock = clock
        self._catalogue = {source.source_id: source for source in catalogue}
        self._ingest = Ingest(store)
        self._details = Details(store, fetcher, read_text=read_text)
        self._healths = Healths(store)
        self._on_step = on_step
        self._on_applied = on_applied
        self._jitter = jitter
        self._read_with = read_with
        self._polling: dict[SourceId, asyncio.Task[PollResult]] = {}
        self._states: dict[SourceId, FetchState] = {}
        self._loading = asyncio.Lock()
        self._is_full = False

    @property
    def readable(self) -> tuple[Source, ...]:
        """The sources that a plain client can read."""
        return tuple(s for s in self._catalogue.values() if s.status is SourceStatus.READY)

    async def due(self) -> tuple[Source, ...]:
        """The readable sources whose time has come and that are not being polled, oldest first."""
        states = await self._all_states()
        now = self._clock.now()
        due = [
            source
            for source in self.readable
            if source.source_id not in self._polling and is_due(states[source.source_id], now)
        ]
        return tuple(sorted(due, key=lambda source: states[source.source_id].next_poll_at))

    async def launch_due(self) -> int:
        """Start polling what is due; slow sources do not hold the tick.

        On a full disk nothing is started: what little room there is, is for sending.
        """
        is_full = not await self._store.has_room()
        if is_full != self._is_full:
            log.warning("the disk is %s", "full: polling rests" if is_full else "free again")
            self._is_full = is_full
        due = () if is_full else await self.due()
        for source in due:
            self.launch(source)
        return len(due)

    async def _all_states(self) -> dict[SourceId, FetchState]:
        async with self._loading:
            await self._healths.load()
            while self._catalogue.keys() - self._states.keys():
                known = await self._store.fetch_states()
                for source_id, source in self._catalogue.items():
                    if source_id not in self._states:
                        self._states[source_id] = known.get(source_id) or first_state(
                            source, self._clock.now()
                        )
        return self._states

    def take(self, catalogue: Sequence[Source]) -> None:
        """Poll these sources from now on. Polls under way of those that are gone are given up."""
        before = self._catalogue
        self._catalogue = {source.source_id: source for source in catalogue}
        for source_id, source in before.items():
            if self._catalogue.get(source_id) == source:
                continue
            self._states.pop(source_id, None)
            running = self._polling.pop(source_id, None)
            if running is not None:
                running.cancel()

    async def _state_of(self, source: Source) -> FetchState:
        states = await self._all_states()
        # one that has just left the catalogue has none, and its poll is about to be given up
        return states.get(source.source_id) or first_state(source, self._clock.now())

    def launch(self, source: Source) -> asyncio.Task[PollResult]:
        """Start one poll, or join the one under way."""
        running = self._polling.get(source.source_id)
        if running is None:
            running = asyncio.create_task(self._guarded(source), name=f"poll {source.source_id}")
            self._polling[source.source_id] = running
            running.add_done_callback(lambda task: self._finished(source, task))
        return running

    def _finished(self, source: Source, task: asyncio.Task[PollResult]) -> None:
        if self._polling.get(source.source_id) is task:
            del self._polling[source.source_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("polling %s: %s", source.source_id, error, exc_info=error)

    async def stop(self) -> None:
        """Give up the polls under way: what was not applied is fetched again."""
        tasks = list(self._polling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def poll(self, source: Source, *, is_quiet: bool | None = None) -> PollResult:
        """Fetch, read, store, match and enqueue one source.

        The first page of a source is stored quietly unless told otherwise.
        """
        state = await self._state_of(source)
        started = self._clock.monotonic()
        now = self._clock.now()
        request = request_for(source, state, now)
        if self._details.wants_whole(source, now):
            request = replace(request, etag=None, last_modified=None)
        outcome = await read(
            request,
            self._fetcher,
            now=now,
            read_with=self._read_with,
            seen=seen_before(self._store, request.since),
        )
        if isinstance(outcome, Read):
            outcome = await self._details.add(
                source, outcome, is_first=not state.is_seeded, now=self._clock.now()
            )
        seconds = self._clock.monotonic() - started
        self._on_step("read")
        return await self._keep(
            source,
            outcome,
            seconds=seconds,
            is_quiet=is_quiet,
            was_full=is_full(request, state),
        )

    async def _guarded(self, source: Source) -> PollResult:
        """A poll whose fault is its source's alone: it is told and backs off like any failure.

        Else the source would stay due, and its publisher be asked anew at every tick.
        """
        try:
            return await self.poll(source)
        except TidewaiterError:
            raise  # the states cannot be read: that is no source's fault
        except Exception as fault:
            log.exception("polling %s met a fault", source.source_id)
            said = f"reading it met a fault of ours ({type(fault).__name__}); it is in the log"
            return await self._keep(source, FetchFailed(kind="fault", detail=said))

    async def _keep(
        self,
        source: Source,
        outcome: ReadOutcome,
        *,
        seconds: float = 0.0,
        is_quiet: bool | None = None,
        was_full: bool = False,
    ) -> PollResult:
        """Store an outcome, with all that follows from it."""
        state = await self._state_of(source)
        name, detail, applied = OUTCOME_NAMES[type(outcome)], detail_of(outcome), Applied()
        now = self._clock.now()
        settle = partial(after_poll, state, source, now=now, jitter=self._jitter())
        after = settle(outcome)
        quiet = not state.is_seeded if is_quiet is None else is_quiet
        mind = self._healths.mind(source, state, now, is_full=was_full)
        health = None
        try:
            if isinstance(outcome, Read) and outcome.version is not None:
                has_failed = state.failures > 0
                taken = await self._ingest.take_version(
                    source,
                    outcome,
                    settle,
                    has_failed=has_failed,
                    is_quiet=quiet,
                    now=now,
                    mind=mind,
                )
                health = taken.applied.health
                outcome, applied, after = taken.outcome, taken.applied, settle(taken.outcome)
                name, detail = OUTCOME_NAMES[type(outcome)], detail_of(outcome)
            elif isinstance(outcome, Read):
                applied = await self._ingest.take(
                    outcome.items, after, is_quiet=quiet, now=now, look=partial(mind, outcome)
                )
                health = applied.health
            else:
                health = mind(outcome, Sighted())
                await self._store.save_fetch_state(after, health)
        except StorageError as error:
            # nothing was kept, the validators neither: a later poll brings it again
            log.error("storing %s: %s", source.source_id, error)  # noqa: TRY400 - expected
            name, detail = "failed", str(error)
            rest = max(source.every, _STORAGE_REST)
            after = replace(state, last_polled_at=now, next_poll_at=now + rest)
            health = None
        if applied.new_items and state.is_seeded:
            # in memory only: the next poll's state carries it to the database
            after = with_news(after, source, now)
        self._states[source.source_id] = after
        self._healths.keep(health)
        self._on_step("applied")
        if applied.messages:
            self._on_applied()
        return PollResult(
            source=source,
            outcome=name,
            detail=detail,
            items=len(outcome.items) if isinstance(outcome, Read) else 0,
            applied=applied,
            seconds=seconds,
            is_first=after.is_seeded and not state.is_seeded,
            gap=health.gap if health and health.gap and health.gap.until == now else None,
        )


def detail_of(outcome: ReadOutcome) -> str:
    """What to tell a person of an outcome, beyond its name."""
    match outcome:
        case Read():
            return outcome.note
        case Unchanged():
            return ""
        case Blocked() | NotAFeed() | FetchFailed():
            return outcome.detail
