"""The timed jobs: what ticks, what a fault or a clock step does to it, and how it ends.

The intervals are milliseconds and each test waits for runs, never for a time; what is measured is
measured on the fake clock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot import scheduler as scheduler_module
from bot.scheduler import Every, Job, Scheduler, patience
from tests.fakes.clock import FakeClock

PAST = datetime(2001, 1, 1, tzinfo=UTC)
"""Behind the machine's clock, by which APScheduler ticks: what is due now for us is due for it."""

TICK = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PATIENCE = 60.0  # seconds until a test that waits for a run gives up


class Work:
    """A job that counts its runs, and may be held or broken."""

    def __init__(self, name: str = "work", every: timedelta = TICK) -> None:
        self.job = Job(name=name, every=every, run=self._run)
        self.runs = 0
        self.ends = 0
        self.was_cancelled = False
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._changed = asyncio.Condition()

    async def _run(self) -> None:
        self.runs += 1
        await self._tell()
        try:
            await self.gate.wait()
            self.ends += 1
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        finally:
            await self._tell()
        if self.fault is not None:
            raise self.fault

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Until something is so of this job."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(is_so)

    async def ran(self, times: int) -> None:
        """Until so many runs have begun."""
        await self.until(lambda: self.runs >= times)


@asynccontextmanager
async def running(*works: Work, clock: FakeClock | None = None) -> AsyncIterator[Scheduler]:
    """A started scheduler, stopped at the end."""
    scheduler = Scheduler([work.job for work in works], clock or FakeClock(PAST))
    scheduler.start()
    try:
        yield scheduler
    finally:
        await scheduler.stop()


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


async def turns(count: int = 50) -> None:
    """Let the loop turn: what can happen without time passing has happened then."""
    for _ in range(count):
        await asyncio.sleep(0)


async def later(count: int = 3) -> None:
    """Some intervals later on the loop's own clock: what was due before has been done."""
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(count * TICK.total_seconds(), done.set)
    await done.wait()


class Wall(datetime):
    """The wall clock that APScheduler reads, which tests may step."""

    step = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(datetime.now(UTC).timestamp() + cls.step.total_seconds(), tz)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> type[Wall]:
    """The wall clock, right at first."""
    monkeypatch.setattr(Wall, "step", timedelta(0))
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Wall)
    return Wall


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What an operator would see: nobody reads a log in which healthy days complain."""
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


# Ticking


def test_a_job_runs_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        work = Work()
        async with running(work):
            await work.ran(5)

    run(story())
    assert warnings(caplog) == []


def test_each_job_runs_at_once_and_then_at_its_own_interval() -> None:
    async def story() -> None:
        rare, often = Work("rare", DAY), Work("often")
        async with running(rare, often):
            await rare.ran(1)
            await often.ran(10)
            assert rare.runs == 1

    run(story())


def test_a_run_that_takes_long_is_not_overlapped_and_nobody_is_warned_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        slow, other = Work("slow"), Work("other")
        slow.gate.clear()
        async with running(slow, other):
            await slow.ran(1)
            await other.ran(20)
            assert slow.runs == 1
            slow.gate.set()
            await slow.ran(3)
            assert slow.ends >= 2

    run(story())
    assert warnings(caplog) == []


def test_a_job_that_raises_is_told_with_its_traceback_and_runs_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        broken, healthy = Work("broken"), Work("healthy")
        broken.fault = ZeroDivisionError("a fault of ours")
        async with running(broken, healthy):
            await broken.ran(3)
            await healthy.ran(3)

    run(story())
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) >= 2
    for record in told:
        assert record.getMessage() == "the job broken met a fault"
        assert record.exc_info is not None and record.exc_info[0] is ZeroDivisionError


# Clocks that step


def test_the_age_of_a_tick_counts_from_its_last_run_whatever_the_wall_clock_does() -> None:
    async def story() -> None:
        clock = FakeClock(PAST)
        work = Work(every=HOUR)
        async with running(work, clock=clock) as scheduler:
            assert scheduler.tick_age("work") == 0.0, "it has not run yet, and is not late"
            clock.advance(timedelta(seconds=20))
            await work.ran(1)
            assert scheduler.tick_age("work") == 0.0
            clock.advance(timedelta(seconds=90))
            assert scheduler.tick_age("work") == 90.0
            clock.step_to(PAST - DAY)
            assert scheduler.tick_age("work") == 90.0

    run(story())


class Watched(FakeClock):
    """A clock that tells when it was asked for the monotonic time again and again."""

    def __init__(self) -> None:
        super().__init__(PAST)
        self._left = 0
        self._asked = asyncio.Event()

    def monotonic(self) -> float:
        self._left -= 1
        if self._left == 0:
            self._asked.set()
        return super().monotonic()

    async def asked(self, times: int) -> None:
        """Until it was asked so many times from now on."""
        self._asked.clear()
        self._left = times
        async with asyncio.timeout(PATIENCE):
            await self._asked.wait()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog that looks each millisecond."""
    monkeypatch.setattr(scheduler_module, "_WATCHDOG", TICK.total_seconds())


@pytest.mark.usefixtures("_impatient")
def test_a_job_that_was_silent_for_three_intervals_is_started_and_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        clock = FakeClock(PAST)
        # the watchdog looks in this order: when it starts `hourly`, it has passed over the others
        daily, busy, hourly = Work("daily", DAY), Work("busy", HOUR), Work("hourly", HOUR)
        busy.gate.clear()
        async with running(daily, busy, hourly, clock=clock):
            for work in (daily, busy, hourly):
                await work.ran(1)
            clock.advance(3 * HOUR + timedelta(seconds=1))
            await hourly.ran(2)
            assert (daily.runs, busy.runs) == (1, 1), "one is in time, one is still running"
            assert warnings(caplog) == ["the job hourly was silent for too long; starting it"]
            busy.gate.set()
            await busy.ran(2)

    run(story())
    assert "the job busy was silent for too long; starting it" in warnings(caplog)


@pytest.mark.usefixtures("_impatient")
def test_the_watchdog_waits_until_the_patience_is_over(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        clock = Watched()
        work = Work(every=HOUR)
        async with running(work, clock=clock):
            await work.ran(1)
            clock.advance(patience(HOUR))
            await clock.asked(3)
            assert (work.runs, warnings(caplog)) == (1, [])
            clock.advance(timedelta(seconds=1))
            await work.ran(2)
            await clock.asked(3)
            assert len(warnings(caplog)) == work.runs - 1, "once it runs its age is counted anew"

    run(story())


@pytest.mark.parametrize(
    ("every", "seconds"), [(0.25, 10), (3, 10), (3.5, 10.5), (15, 45), (3600, 10800)]
)
def test_a_job_may_be_silent_for_three_intervals_and_ten_seconds_at_least(
    every: float, seconds: float
) -> None:
    assert patience(timedelta(seconds=every)) == timedelta(seconds=seconds)


MOMENTS = st.timedeltas(timedelta(0), 130 * 365 * DAY).map(
    lambda age: datetime(1970, 1, 1, tzinfo=UTC) + age
)


def test_after_a_step_forwards_what_was_missed_is_made_up_for_by_one_run(
    wall: type[Wall], caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        hourly, often = Work("hourly", HOUR), Work("often")
        async with running(hourly, often):
            await hourly.ran(1)
            wall.step = DAY
            await hourly.ran(2)
            await often.ran(often.runs + 10)
            assert hourly.runs == 2

    run(story())
    assert warnings(caplog) == []


@pytest.mark.usefixtures("_impatient")
def test_after_a_step_backwards_no_job_waits_for_the_clock_to_catch_up(wall: type[Wall]) -> None:
    async def story() -> None:
        clock = FakeClock(PAST)
        often, hourly = Work("often"), Work("hourly", HOUR)
        async with running(often, hourly, clock=clock):
            await often.ran(3)
            await hourly.ran(1)
            wall.step = -DAY
            await turns()
            clock.advance(timedelta(seconds=11))
            await often.ran(often.runs + 10)
            assert hourly.runs == 1
            clock.advance(3 * HOUR)
            await hourly.ran(2)

    run(story())


def test_a_tick_that_comes_seconds_late_is_no_reason_to_skip_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the loop was busy between the moment that was due and the run."""
    monkeypatch.setattr(Wall, "step", timedelta(seconds=3))
    monkeypatch.setattr("apscheduler.executors.base.datetime", Wall)

    async def story() -> None:
        work = Work()
        async with running(work):
            await work.ran(3)

    run(story())


@given(MOMENTS, MOMENTS, st.timedeltas(timedelta(milliseconds=1), DAY))
@example(datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC), TICK)
def test_however_far_the_clock_stepped_one_run_makes_up_for_what_was_missed(
    last: datetime, now: datetime, every: timedelta
) -> None:
    """APScheduler asks for one missed time after the other: 56 years of them hold up everything."""
    trigger = Every(every)
    times: list[datetime] = []
    due: datetime = last + every
    while due <= now:
        times.append(due)
        due = trigger.get_next_fire_time(due, now)
        assert len(times) <= 2
    assert now < due
    assert due <= max(now, last) + every


@given(MOMENTS, st.timedeltas(timedelta(milliseconds=1), DAY))
def test_without_a_step_a_job_keeps_its_interval(last: datetime, every: timedelta) -> None:
    trigger = Every(every)
    assert trigger.get_next_fire_time(last, last) == last + every
    assert trigger.get_next_fire_time(last, last + every / 2) == last + every
    assert trigger.get_next_fire_time(None, last) == last


# The end


def test_after_a_stop_nothing_runs(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        work = Work()
        async with running(work) as scheduler:
            await work.ran(2)
            await scheduler.stop()
            runs = work.runs
            await later()
            assert work.runs == work.ends == runs
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await scheduler.stop()

    run(story())
    assert warnings(caplog) == []


def test_a_run_under_way_is_waited_for_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        work, other = Work(), Work("other")
        work.gate.clear()
        async with running(work, other) as scheduler:
            await work.ran(1)
            await other.ran(1)
            stopping = asyncio.create_task(scheduler.stop())
            await turns()
            runs = other.runs
            await later()
            assert not stopping.done()
            assert other.runs == runs, "nothing else is begun meanwhile"
            work.gate.set()
            async with asyncio.timeout(PATIENCE):
                await stopping
            assert (work.runs, work.ends, work.was_cancelled) == (1, 1, False)

    run(story())
    assert warnings(caplog) == []


def test_all_runs_under_way_are_waited_for_not_the_first_to_end_alone() -> None:
    async def story() -> None:
        first, second = Work("first"), Work("second")
        for work in (first, second):
            work.gate.clear()
        async with running(first, second) as scheduler:
            await first.ran(1)
            await second.ran(1)
            stopping = asyncio.create_task(scheduler.stop())
            await turns()
            first.gate.set()
            await first.until(lambda: first.ends == 1)
            await turns()
            assert not stopping.done()
            second.gate.set()
            async with asyncio.timeout(PATIENCE):
                await stopping
            assert (second.ends, second.was_cancelled) == (1, False)

    run(story())


def test_a_run_that_was_started_just_before_the_end_is_waited_for_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = ended = 0

    async def some() -> None:
        nonlocal begun, ended
        begun += 1
        await turns(3)
        ended += 1

    async def story() -> None:
        job = Job(name="work", every=TICK / 100, run=some)
        for yields in range(100):
            scheduler = Scheduler([job], FakeClock(PAST))
            scheduler.start()
            await turns(yields)
            await scheduler.stop()

    run(story())
    assert begun == ended > 0
    assert warnings(caplog) == []


def test_a_run_that_does_not_end_is_given_up_after_a_grace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduler_module, "_STOP_GRACE", TICK.total_seconds())

    async def story() -> None:
        work = Work()
        work.gate.clear()
        async with running(work) as scheduler:
            await work.ran(1)
            async with asyncio.timeout(PATIENCE):
                await scheduler.stop()
            await work.until(lambda: work.was_cancelled)
            assert work.ends == 0

    run(story())


def test_a_scheduler_that_was_never_started_can_be_stopped() -> None:
    async def story() -> None:
        work = Work()
        await Scheduler([work.job], FakeClock(PAST)).stop()
        assert work.runs == 0

    run(story())
