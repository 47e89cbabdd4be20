"""The table of timed jobs. APScheduler only ticks: what is due lives in the database.

Its defaults skip a run when the loop was busy for a second, after a clock step backwards it waits
until the clock has caught up, and after one forwards it first lists every run that it missed. So no
run is ever "too late", a watchdog on the monotonic clock starts a job that has been silent for too
long, and the trigger is our own (docs/adr/0005-time.md).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.domain.vitals import Tick
from bot.ports import Clock

log = logging.getLogger(__name__)

_WATCHDOG = 5.0  # seconds between looks at the ages of the ticks
_LATE = timedelta(seconds=60)  # a busy machine may hold up a tick for so long
_STOP_GRACE = 5.0  # seconds that a run under way is given at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A name, how often, and what. A run that is still going makes the next one wait; one that may
    take long says so."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]
    may_take: timedelta = timedelta(0)


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler is untyped
    """Fires at fixed intervals; what lies behind is made up for by one run, at once.

    APScheduler asks for each missed time in turn, even to coalesce them. With its own interval
    trigger a machine that wakes with its clock a year behind would list 126 million of the poller.
    """

    def __init__(self, every: timedelta) -> None:
        self._every = every

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next time after `previous_fire_time`, never before `now`; aware, any zone."""
        return now if previous_fire_time is None else max(previous_fire_time + self._every, now)


def patience(every: timedelta) -> timedelta:
    """How long a job may be silent before the watchdog starts it."""
    return max(3 * every, timedelta(seconds=10))


class Scheduler:
    """Runs the table until it is stopped. Start it inside a running event loop."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._ticked: dict[str, float] = {}
        self._running: set[str] = set()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._watchdog: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tick; every job runs at once for the first time."""
        for job in self._jobs.values():
            self._ticked[job.name] = self._clock.monotonic()
            self._scheduler.add_job(
                self._tick,
                Every(job.every),
                args=[job.name],
                id=job.name,
                misfire_grace_time=None,
                coalesce=True,
                # a second one sees that the first is running, and ends; at 1, APScheduler would
                # warn of that at each tick
                max_instances=2,
            )
        self._scheduler.start()
        self._watchdog = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Tick no more; runs under way are given a few seconds to end."""
        if self._watchdog is not None:
            self._watchdog.cancel()
            await asyncio.gather(self._watchdog, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.pause()
            await asyncio.sleep(0)  # what has been started begins, so that it can be waited for
            # APScheduler would cancel it, and log that as a fault of the job
            with suppress(TimeoutError):
                await asyncio.wait_for(self._at_rest.wait(), _STOP_GRACE)
            self._scheduler.shutdown(wait=False)

    def tick_age(self, name: str) -> float:
        """Seconds since the job last began to run, on the monotonic clock."""
        return self._clock.monotonic() - self._ticked[name]

    def ticks(self) -> tuple[Tick, ...]:
        """How long ago each job began, and how long that may be where all is well."""
        return tuple(
            Tick(
                name=job.name,
                age=self.tick_age(job.name),
                limit=(max(3 * job.every, _LATE) + job.may_take).total_seconds(),
            )
            for job in self._jobs.values()
            if job.name in self._ticked
        )

    async def _tick(self, name: str) -> None:
        if name in self._running:
            return
        self._running.add(name)
        self._at_rest.clear()
        self._ticked[name] = self._clock.monotonic()
        try:
            await self._jobs[name].run()
        except Exception:  # the job wrapper: one bad run must not end the job
            log.exception("the job %s met a fault", name)
        finally:
            self._running.discard(name)
            if not self._running:
                self._at_rest.set()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCHDOG)
            for job in self._jobs.values():
                age = timedelta(seconds=self.tick_age(job.name))
                if job.name not in self._running and age > patience(job.every):
                    log.warning("the job %s was silent for too long; starting it", job.name)
                    self._scheduler.modify_job(job.name, next_run_time=self._clock.now())
