"""One pass over sources: fetch side by side, ingest one after the other."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
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
from bot.pipeline.agenda import Agenda
from bot.pipeline.details import Details
from bot.pipeline.gaps import seen_before
from bot.pipeline.health import Healths, is_full
from bot.pipeline.ingest import Ingest
from bot.ports import Clock, Fetcher, Store
from bot.sources.answer import shown_host
from bot.sources.cadence import after_poll, first_state, request_for
from bot.sources.read import BodyReader, in_threads, read
from bot.sources.rhythm import with_news
from bot.sources.text_reader import ReadText, text_in_thread

log = logging.getLogger(__name__)

_STORAGE_REST = timedelta(seconds=30)
"""A source whose page could not be stored is left alone for so long, or for its own interval."""

MAX_UNDER_WAY = 96
"""Polls that the tick has going at once: three times the requests that the fetcher has, so that it
never waits for us. What more is due stays due: 6,000 pages at once would want 400 MB."""

MAX_OF_HOST = 8
"""Of which so many may be of one host, so that one that hangs holds up no other."""


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
        on_polled: Callable[[PollResult], None] = lambda _result: None,
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
        self._on_polled = on_polled
        self._jitter = jitter
        self._read_with = read_with
        self._polling: dict[SourceId, asyncio.Task[PollResult]] = {}
        self._agenda: Agenda | None = None
        self._kept: dict[SourceId, FetchState] = {}  # what the agenda before this one knew
        self._hosts = {source.source_id: shown_host(source.url) for source in catalogue}
        self._loading = asyncio.Lock()
        self._is_full = False

    @property
    def readable(self) -> tuple[Source, ...]:
        """The sources that a plain client can read."""
        return tuple(s for s in self._catalogue.values() if s.status is SourceStatus.READY)

    async def due(self) -> tuple[Source, ...]:
        """The readable sources whose time has come and that are not being polled, oldest first."""
        due = (await self._loaded()).due(self._clock.now())
        return tuple(self._catalogue[each] for each in due if each not in self._polling)

    async def launch_due(self) -> int:
        """Start polling what is due, as far as there is room; slow sources do not hold the tick.

        On a full disk nothing is started: what little room there is, is for sending.
        """
        is_full = not await self._store.has_room()
        if is_full != self._is_full:
            log.warning("the disk is %s", "full: polling rests" if is_full else "free again")
            self._is_full = is_full
        chosen = () if is_full else self._with_room(await self.due())
        for source in chosen:
            self.launch(source)
        return len(chosen)

    def _with_room(self, due: Sequence[Source]) -> Sequence[Source]:
        """Those of what is due that may begin now, in their order."""
        room = MAX_UNDER_WAY - len(self._polling)
        if not due or room <= 0:
            return ()
        of_host = Counter(self._hosts[source_id] for source_id in self._polling)
        chosen: list[Source] = []
        for source in due:
            host = self._hosts[source.source_id]
            if of_host[host] < MAX_OF_HOST:
                of_host[host] += 1
                chosen.append(source)
                if len(chosen) == room:
                    break
        return chosen

    async def _loaded(self) -> Agenda:
        async with self._loading:
            await self._healths.load()
            while self._agenda is None:
                catalogue, kept = self._catalogue, self._kept
                known = await self._store.fetch_states()
                if catalogue is not self._catalogue:
                    continue  # taken anew meanwhile
                now = self._clock.now()
                states = {
                    each: kept.get(each) or known.get(each) or first_state(source, now)
                    for each, source in catalogue.items()
                }
                self._agenda = Agenda(states, [source.source_id for source in self.readable])
        return self._agenda

    def take(self, catalogue: Sequence[Source]) -> None:
        """Poll these sources from now on. Polls under way of those that are gone are given up."""
        before, agenda = self._catalogue, self._agenda
        self._catalogue = {source.source_id: source for source in catalogue}
        self._hosts = {source.source_id: shown_host(source.url) for source in catalogue}
        changed = {each for each in before if self._catalogue.get(each) != before[each]}
        for source_id in changed:
            running = self._polling.pop(source_id, None)
            if running is not None:
                running.cancel()
        kept = self._kept if agenda is None else {each: agenda[each] for each in before}
        self._kept = {each: state for each, state in kept.items() if each not in changed}
        self._agenda = None

    async def _state_of(self, source: Source) -> FetchState:
        known = (await self._loaded()).get(source.source_id)
        # one that has just left the catalogue has none, and its poll is about to be given up
        return known or first_state(source, self._clock.now())

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
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.error("polling %s: %s", source.source_id, error, exc_info=error)
        else:
            self._on_polled(task.result())

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
        (await self._loaded()).keep(after)
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
