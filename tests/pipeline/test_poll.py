"""Polling over real HTTP and a real database: when a source is asked, and what is remembered."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.chat import Address, ChatKind, ChatState, Door
from bot.domain.fetch import FetchOutcome, FetchRequest
from bot.domain.ids import SourceId
from bot.domain.plan import Applied
from bot.domain.source import (
    FetchState,
    ListShape,
    PollReason,
    Source,
    SourceKind,
    SourceStatus,
)
from bot.errors import StorageError
from bot.pipeline.poll import MAX_OF_HOST, MAX_UNDER_WAY, Poller, PollResult
from bot.ports import Fetcher
from bot.rendering.plain import printable
from bot.sources.fetch import FetchLimits
from storage.store import SqliteStore
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import Exchange, FeedServer
from tests.pipeline.outbox import alerts
from tests.samples import source
from tests.sources.asking import fetcher

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EVERY = 10 * MINUTE
PATIENCE = 60.0  # seconds until a test that waits for an event gives up
WALL = b"<!DOCTYPE html><title>Welcome</title><p>Gallium"


def rss(*titles: str) -> bytes:
    """A feed; the newest entry comes first."""
    items = "".join(
        f"<item><guid>{title}</guid><title>{title}</title>"
        f"<link>https://gazette.example/{title.replace(' ', '-')}</link></item>"
        for title in titles
    )
    return f'<rss version="2.0"><channel><title>G</title>{items}</channel></rss>'.encode()


OLD = "Tin quotas of last year"
NEW = "Gallium licences from October"


class House:
    """A poller with all that it works with, but without a scheduler: tests are the ticks."""

    def __init__(self, folder: Path, clock: FakeClock, *sources: Source, **how: Any) -> None:
        self.clock = clock
        self.sources = sources
        self.store = SqliteStore(folder / "desk.db")
        self.door = fetcher(limits=FetchLimits())
        how.setdefault("jitter", lambda: 0.5)
        wrap = how.pop("wrap", lambda door: door)
        self.poller = Poller(self.store, wrap(self.door), clock, sources, **how)

    async def state(self, of: int = 0) -> FetchState:
        """What the database remembers of a source."""
        return (await self.store.fetch_states())[self.sources[of].source_id]

    async def poll(self, of: int = 0) -> PollResult:
        """Poll one source, to the end."""
        async with asyncio.timeout(PATIENCE):
            return await self.poller.launch(self.sources[of])

    async def tick(self) -> int:
        """A tick of the scheduler, and all that it started; how many polls that was."""
        due = await self.poller.due()
        started = await self.poller.launch_due()
        if started:  # none of them has begun yet: these are joined
            polls = [self.poller.launch(each) for each in due]
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*polls)
        return started

    async def wait(self) -> timedelta:
        """From now to the next poll of the only source."""
        return (await self.state()).next_poll_at - self.clock.now()

    async def watch(self, text: str) -> None:
        """A chat that watches."""
        now = self.clock.now()
        address = Address(door=Door.TELEGRAM, number=100)
        chat = await self.store.ensure_chat(
            address, ChatKind.PRIVATE, "Desk", ChatState.ACTIVE, now
        )
        await self.store.add_watch(chat.chat_id, text, "Ada", now)

    def alerts(self) -> list[str]:
        """What the chat was promised."""
        return alerts(self.store.path)


@asynccontextmanager
async def house(
    folder: Path, *sources: Source, clock: FakeClock | None = None, **how: Any
) -> AsyncIterator[House]:
    """One life of a service."""
    living = House(folder, clock or FakeClock(), *sources, **how)
    try:
        await living.store.save_catalogue(sources, living.clock.now())
        yield living
    finally:
        await living.poller.stop()
        await living.door.aclose()
        living.store.close()


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def gazette(feeds: FeedServer, name: str = "gazette", **changes: Any) -> Source:
    """A source of that server, at /NAME."""
    return source(name, url=feeds.url(f"/{name}"), **changes)


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def paths(feeds: FeedServer) -> list[str]:
    return [request.path for request in feeds.requests]


# What is due


def test_at_first_all_readable_sources_are_due_and_no_others(tmp_path: Path) -> None:
    others = [source(f"s-{s}", status=s) for s in SourceStatus if s is not SourceStatus.READY]

    async def story() -> None:
        async with house(tmp_path, source("a"), *others, source("b")) as living:
            assert [s.source_id for s in living.poller.readable] == ["a", "b"]
            assert [s.source_id for s in await living.poller.due()] == ["a", "b"]

    run(story())


def test_a_source_is_due_again_at_its_time_and_no_sooner(tmp_path: Path, feeds: FeedServer) -> None:
    feeds.serve("/gazette", rss(OLD))

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            assert await living.tick() == 1
            assert await living.tick() == 0
            living.clock.advance(EVERY - timedelta(microseconds=1))
            assert await living.tick() == 0
            living.clock.advance(timedelta(microseconds=1))
            assert await living.tick() == 1

    run(story())
    assert len(feeds.requests) == 2


def test_what_has_waited_longest_is_asked_first(tmp_path: Path, feeds: FeedServer) -> None:
    for name in "abc":
        feeds.serve(f"/{name}", rss(OLD))

    async def story() -> None:
        async with house(tmp_path, *(gazette(feeds, name) for name in "abc")) as living:
            for at in (2, 0, 1):
                await living.poll(at)
                living.clock.advance(MINUTE)
            living.clock.advance(EVERY)
            assert [s.source_id for s in await living.poller.due()] == ["c", "a", "b"]

    run(story())


def test_in_an_hour_of_ticks_a_source_is_asked_as_often_as_it_is_meant_to_be(
    tmp_path: Path, feeds: FeedServer
) -> None:
    feeds.serve("/gazette", rss(OLD), etag='"1"')

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            for _ in range(360):
                await living.tick()
                living.clock.advance(timedelta(seconds=10))

    run(story())
    assert len(feeds.requests) == 6


@pytest.mark.parametrize(("jitter", "minutes"), [(0.0, 9), (0.5, 10), (0.75, 10)])
def test_the_next_poll_is_early_or_late_by_chance(
    tmp_path: Path, feeds: FeedServer, jitter: float, minutes: float
) -> None:
    feeds.serve("/gazette", rss(OLD), etag='"1"')

    async def story() -> None:
        async with house(tmp_path, gazette(feeds), jitter=lambda: jitter) as living:
            for _ in ("fetched", "unchanged"):
                await living.poll()
                assert await living.wait() == minutes * MINUTE

    run(story())


def test_a_restart_asks_nothing_before_its_time(tmp_path: Path, feeds: FeedServer) -> None:
    feeds.serve("/gazette", rss(OLD))
    clock = FakeClock()

    async def story() -> None:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await living.tick()
        clock.advance(EVERY / 2)
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            assert await living.tick() == 0
            clock.advance(EVERY / 2)
            assert await living.tick() == 1

    run(story())


def test_after_the_clock_stepped_back_a_source_does_not_wait_for_it_to_catch_up(
    tmp_path: Path, feeds: FeedServer
) -> None:
    feeds.serve("/gazette", rss(OLD))

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await living.tick()
            living.clock.step_to(living.clock.now() - timedelta(days=1))
            assert await living.tick() == 1
            assert await living.tick() == 0

    run(story())


# What came of it


def hang_up(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>")


OUTCOMES: dict[str, tuple[Callable[[FeedServer], None], str, str]] = {
    "a page": (lambda feeds: feeds.serve("/gazette", rss(OLD)), "fetched", ""),
    "a wall": (
        lambda feeds: feeds.serve("/gazette", b"no", status=403),
        "blocked",
        "answered 403",
    ),
    "a web page": (
        lambda feeds: feeds.serve("/gazette", WALL, "text/html"),
        "not-a-feed",
        "gazette: ",
    ),
    "nothing there": (lambda feeds: feeds.serve("/gazette", b"", status=404), "failed", "404"),
    "hung up": (lambda feeds: feeds.answer("/gazette", hang_up), "failed", "127.0.0.1"),
    "a bomb": (
        lambda feeds: feeds.serve(
            "/gazette", b'<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><rss>&b;</rss>'
        ),
        "failed",
        "refused before parsing",
    ),
}


@pytest.mark.parametrize(("serve", "name", "detail"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_each_outcome_has_its_name_and_its_reason_and_is_remembered(
    tmp_path: Path,
    feeds: FeedServer,
    serve: Callable[[FeedServer], None],
    name: str,
    detail: str,
) -> None:
    serve(feeds)

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            result = await living.poll()
            assert (result.outcome, result.source) == (name, living.sources[0])
            assert detail in result.detail and bool(result.detail) == bool(detail)
            kept = await living.state()
            assert (kept.last_outcome, kept.last_detail) == (name, result.detail)
            assert kept.last_polled_at == living.clock.now()
            is_good = name == "fetched"
            assert kept.failures == (0 if is_good else 1)
            assert kept.is_seeded == is_good
            assert kept.last_success_at == (living.clock.now() if is_good else None)
            assert result.items == (1 if is_good else 0)
            assert result.applied == Applied(new_items=1 if is_good else 0)
            assert result.is_first == is_good

    run(story())


EVIL = "\x1b]0;owned\x07\x9b2J\u202eevil\u2066\x00\u2028"


@pytest.mark.parametrize(
    "body",
    [
        f"<!DOCTYPE html><title>{EVIL}</title>",
        "<!DOCTYPE html><title>&#27;]0;owned&#7;&#x202e;evil</title>",
        f"{EVIL} is no feed",
        f"<{EVIL}/>",
        f"<evil{EVIL}>",
        f'{{"{EVIL}": "{EVIL}"}}',
        f"<rss><channel><item><title>{EVIL}</title></rss>",
    ],
)
def test_what_a_publisher_wrote_moves_no_cursor_where_a_person_reads_why(
    tmp_path: Path, feeds: FeedServer, body: str
) -> None:
    feeds.serve("/gazette", body, "text/html; charset=utf-8")

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            result = await living.poll()
            assert result.detail == printable(result.detail)

    run(story())


def test_a_page_that_has_moved_says_so(tmp_path: Path, feeds: FeedServer) -> None:
    feeds.redirect("/gazette", feeds.url("/new"), status=301)
    feeds.serve("/new", rss(OLD))

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            result = await living.poll()
            assert (result.outcome, result.detail) == ("fetched", f"moved to {feeds.url('/new')}")

    run(story())


def test_the_time_that_a_poll_took_is_told_and_the_next_counts_from_its_end(
    tmp_path: Path, feeds: FeedServer
) -> None:
    clock = FakeClock()

    def slowly(exchange: Exchange) -> None:
        clock.advance(timedelta(seconds=7))
        exchange.reply(200, {"Content-Type": "application/rss+xml"}, rss(OLD))

    feeds.answer("/gazette", slowly)

    async def story() -> None:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            result = await living.poll()
            assert result.seconds == 7.0
            assert (await living.state()).last_polled_at == clock.now()
            assert await living.wait() == EVERY

    run(story())


# Backing off


def test_failures_in_a_row_make_the_wait_longer_and_a_good_answer_ends_that(
    tmp_path: Path, feeds: FeedServer
) -> None:
    feeds.serve("/gazette", b"", status=500)

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            waits = []
            for failures in range(1, 7):
                assert (await living.poll()).outcome == "failed"
                assert (await living.state()).failures == failures
                waits.append(await living.wait())
                living.clock.advance(waits[-1])
            assert waits[0] == 2 * EVERY * 0.875, "doubled, and up to a quarter less by chance"
            assert waits[0] < waits[1] < waits[2] == waits[-1] < HOUR
            feeds.serve("/gazette", rss(OLD))
            assert (await living.poll()).outcome == "fetched"
            assert ((await living.state()).failures, await living.wait()) == (0, EVERY)

    run(story())


@pytest.mark.parametrize("status", [429, 503])
def test_a_publisher_that_names_a_time_is_not_asked_before_it(
    tmp_path: Path, feeds: FeedServer, status: int
) -> None:
    feeds.serve("/gazette", b"", status=status, headers={"Retry-After": "7200"})

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await living.tick()
            assert await living.wait() == 2 * HOUR
            for _ in range(119):
                living.clock.advance(MINUTE)
                assert await living.tick() == 0
            living.clock.advance(MINUTE)
            assert await living.tick() == 1

    run(story())


# Validators


def asked_with(feeds: FeedServer) -> list[tuple[str | None, str | None]]:
    """The validators of each request."""
    return [
        (r.headers.get("if-none-match"), r.headers.get("if-modified-since")) for r in feeds.requests
    ]


def test_validators_are_kept_over_a_restart_and_over_failures(
    tmp_path: Path, feeds: FeedServer
) -> None:
    date = "Thu, 08 Oct 2026 06:00:00 GMT"
    clock = FakeClock()

    async def story() -> None:
        feeds.serve("/gazette", rss(OLD), etag='"1"', last_modified=date)
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await living.poll()
            assert (await living.poll()).outcome == "unchanged"
            feeds.serve("/gazette", b"", status=500)
            assert (await living.poll()).outcome == "failed"
        feeds.serve("/gazette", rss(OLD), etag='"1"', last_modified=date)
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            result = await living.poll()
            assert (result.outcome, result.items, result.applied) == ("unchanged", 0, Applied())
            assert not result.is_first
            state = await living.state()
            assert (state.failures, state.last_success_at) == (0, clock.now())

    run(story())
    assert asked_with(feeds) == [(None, None), *[('"1"', date)] * 3]


def test_each_page_brings_its_own_validators_or_none(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            for etag in ('"1"', '"2"', None, None):
                feeds.serve("/gazette", rss(OLD), etag=etag)
                assert (await living.poll()).outcome == "fetched"

    run(story())
    assert [etag for etag, _ in asked_with(feeds)] == [None, '"1"', '"2"', None]


def test_the_validators_of_another_address_are_not_sent(tmp_path: Path, feeds: FeedServer) -> None:
    feeds.serve("/gazette", rss(OLD), etag='"1"')
    feeds.serve("/moved", rss(NEW, OLD), etag='"1"')
    clock = FakeClock()

    async def story() -> None:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await living.poll()
        moved = source("gazette", url=feeds.url("/moved"))
        async with house(tmp_path, moved, clock=clock) as living:
            assert await living.poller.due() == (moved,), "a new address is asked at once"
            assert (await living.poll()).outcome == "fetched"

    run(story())
    assert asked_with(feeds) == [(None, None)] * 2


def test_after_six_hours_of_nothing_new_a_whole_page_is_asked_for_and_a_frozen_one_is_found_out(
    tmp_path: Path, feeds: FeedServer
) -> None:
    """A server that answers 304 whatever was published hides news for six hours and no longer."""

    def frozen(exchange: Exchange) -> None:
        if "if-none-match" in exchange.seen.headers:
            exchange.reply(304)
        else:
            exchange.reply(200, {"ETag": '"1"'}, page)

    feeds.answer("/gazette", frozen)
    page = rss(OLD)

    async def story() -> None:
        nonlocal page
        async with house(tmp_path, gazette(feeds)) as living:
            await living.watch("gallium")
            await living.tick()
            page = rss(NEW, OLD)
            began = living.clock.now()
            while not living.alerts():
                living.clock.advance(await living.wait())
                assert await living.tick() == 1
                assert living.clock.now() - began <= 6 * HOUR
            assert living.clock.now() - began == 6 * HOUR

    run(story())
    assert [etag for etag, _ in asked_with(feeds)] == [None, *['"1"'] * 35, None]


# Manners and rhythm


def test_an_answer_that_holds_is_not_asked_for_before_it_may_be_stale(
    tmp_path: Path, feeds: FeedServer
) -> None:
    async def story() -> None:
        hasty = gazette(feeds, every=2 * MINUTE)
        async with house(tmp_path, hasty) as living:
            for headers, minutes in (
                ({}, 2),
                ({"Cache-Control": "max-age=300"}, 5.25),  # and up to a tenth more by chance
                ({"Cache-Control": "max-age=86400"}, 10),
                ({"Cache-Control": "max-age=300, no-cache"}, 2),
            ):
                feeds.serve("/gazette", rss(OLD), etag='"1"', headers=headers)
                living.clock.advance(6 * HOUR)  # a whole page
                assert (await living.poll()).outcome == "fetched"
                assert await living.wait() == minutes * MINUTE
            feeds.serve("/gazette", rss(OLD).replace(b"<item>", b"<ttl>7</ttl><item>"))
            await living.poll()
            assert 7 * MINUTE <= await living.wait() <= 7.7 * MINUTE

    run(story())


def test_a_publishers_date_to_come_back_at_is_kept(tmp_path: Path, feeds: FeedServer) -> None:
    headers = {
        "Date": "Thu, 08 Oct 2026 06:45:00 GMT",
        "Retry-After": "Thu, 08 Oct 2026 09:45:00 GMT",
    }

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            for status, name in ((503, "failed"), (429, "blocked")):
                feeds.serve("/gazette", b"", status=status, headers=headers)
                assert (await living.poll()).outcome == name
                assert await living.wait() == 3 * HOUR
                assert (await living.state()).next_reason is PollReason.RETRY_AFTER

    run(story())


def test_the_hours_in_which_a_source_publishes_are_learned_and_kept_over_a_restart(
    tmp_path: Path, feeds: FeedServer
) -> None:
    clock = FakeClock()

    async def week(living: House, *titles: str) -> None:
        feeds.serve("/gazette", rss(*titles))
        await living.poll()
        living.clock.advance(timedelta(days=7))

    async def story() -> None:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await week(living, OLD)  # the first page is history, and says nothing of its hour
            assert (await living.state()).rhythm == b""
            await week(living, "One", OLD)
            await week(living, "Two", "One", OLD)
            await week(living, "Two", "One", OLD)
            clock.advance(timedelta(days=-7))
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await living.poll()
            assert await living.wait() == EVERY / 2
            assert (await living.state()).next_reason is PollReason.BUSY_HOUR
            clock.advance(2 * HOUR)
            await living.poll()
            assert await living.wait() == EVERY

    run(story())


def test_a_page_that_robots_are_not_to_read_is_blocked_and_says_what_to_do(
    tmp_path: Path, feeds: FeedServer
) -> None:
    feeds.serve("/robots.txt", "User-agent: *\nDisallow: /gazette", "text/plain")
    page = gazette(feeds, kind=SourceKind.HTML_LIST, shape=ListShape(entry="li"))

    async def story() -> None:
        async with house(tmp_path, page) as living:
            result = await living.poll()
            assert result.outcome == "blocked"
            assert "asks robots not to read /gazette" in result.detail
            assert (await living.state()).last_detail == result.detail

    run(story())
    assert paths(feeds) == ["/robots.txt"]


# What is told


def test_the_first_page_is_quiet_and_the_next_is_told(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await living.watch("gallium OR tin")
            feeds.serve("/gazette", rss(OLD))
            first = await living.poll()
            assert (first.is_first, first.applied) == (True, Applied(new_items=1))
            feeds.serve("/gazette", rss(NEW, OLD))
            second = await living.poll()
            assert (second.is_first, second.items) == (False, 2)
            assert second.applied == Applied(new_items=1, matches=1, messages=1)
            third = await living.poll()
            assert (third.items, third.applied) == (2, Applied())
            (told,) = living.alerts()
            assert NEW in told

    run(story())


def test_the_first_page_may_be_told_where_that_is_asked_for(
    tmp_path: Path, feeds: FeedServer
) -> None:
    feeds.serve("/gazette", rss(NEW))

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await living.watch("gallium")
            result = await living.poller.poll(living.sources[0], is_quiet=False)
            assert (result.applied.messages, result.is_first) == (1, True)

    run(story())


def test_the_first_good_page_is_the_quiet_one_however_many_failures_came_before(
    tmp_path: Path, feeds: FeedServer
) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await living.watch("gallium OR tin")
            feeds.serve("/gazette", b"", status=500)
            await living.poll()
            feeds.serve("/gazette", rss(OLD))
            assert (await living.poll()).is_first
            assert living.alerts() == []
            feeds.serve("/gazette", rss(NEW, OLD))
            assert (await living.poll()).applied.messages == 1

    run(story())


def test_an_empty_first_page_is_a_page(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await living.watch("gallium")
            feeds.serve("/gazette", rss())
            assert (await living.poll()).is_first
            feeds.serve("/gazette", rss(NEW))
            assert (await living.poll()).applied.messages == 1

    run(story())


def test_the_delivery_is_woken_where_there_is_something_to_send_only(
    tmp_path: Path, feeds: FeedServer
) -> None:
    said: list[str] = []

    async def story() -> None:
        async with house(
            tmp_path,
            gazette(feeds),
            on_step=said.append,
            on_applied=lambda: said.append("wake"),
        ) as living:
            await living.watch("gallium")
            for page in (rss(OLD), rss(NEW, OLD), rss(NEW, OLD)):
                feeds.serve("/gazette", page)
                await living.poll()
            feeds.serve("/gazette", b"", status=500)
            await living.poll()

    run(story())
    step = ["read", "applied"]
    assert said == [*step, *step, "wake", *step, *step]


# Side by side


class Gate:
    """A page that is answered when the test says so."""

    def __init__(self, feeds: FeedServer, path: str, body: bytes) -> None:
        self._open = threading.Event()
        self._arrived = threading.Event()
        self._body = body
        feeds.answer(path, self._answer)

    def _answer(self, exchange: Exchange) -> None:
        self._arrived.set()
        if self._open.wait(PATIENCE):
            exchange.reply(200, {"Content-Type": "application/rss+xml"}, self._body)

    async def arrived(self) -> None:
        """Until the page is asked for."""
        assert await asyncio.to_thread(self._arrived.wait, PATIENCE)

    def open(self) -> None:
        """Answer, now and from now on."""
        self._open.set()


def test_a_slow_source_holds_up_neither_the_tick_nor_the_others_and_is_asked_once(
    tmp_path: Path, feeds: FeedServer
) -> None:
    gate = Gate(feeds, "/slow", rss(OLD))
    feeds.serve("/quick", rss(OLD))

    async def story() -> None:
        async with house(tmp_path, gazette(feeds, "slow"), gazette(feeds, "quick")) as living:
            assert await living.poller.launch_due() == 2
            slow = living.poller.launch(living.sources[0])
            await gate.arrived()
            assert (await living.poll(1)).outcome == "fetched"
            living.clock.advance(2 * EVERY)
            assert [s.source_id for s in await living.poller.due()] == ["quick"]
            assert await living.tick() == 1
            assert living.poller.launch(living.sources[0]) is slow
            gate.open()
            assert (await slow).outcome == "fetched"
            living.clock.advance(EVERY)
            assert await living.tick() == 2, "when it has ended it is polled as before"

    run(story())
    assert paths(feeds).count("/slow") == 2
    assert paths(feeds).count("/quick") == 3


def test_a_host_that_hangs_does_not_take_the_room_of_all_others(
    tmp_path: Path, feeds: FeedServer
) -> None:
    gate = Gate(feeds, "/slow", rss(OLD))
    feeds.serve("/quick", rss(OLD))
    slow = [
        source(f"slow-{number}", url=feeds.url(f"/slow?{number}"))
        for number in range(MAX_UNDER_WAY)
    ]
    elsewhere = feeds.url("/quick").replace("127.0.0.1", "localhost")

    async def story() -> None:
        async with house(tmp_path, *slow, source("quick", url=elsewhere)) as living:
            assert await living.poller.launch_due() == MAX_OF_HOST + 1
            await living.poll(MAX_UNDER_WAY)
            assert await living.poller.launch_due() == 0, "the rest waits, and stays due"
            assert len(await living.poller.due()) == MAX_UNDER_WAY - MAX_OF_HOST
            gate.open()
            await living.poller.launch(slow[0])
            assert await living.poller.launch_due() >= 1

    run(story())


def test_no_more_polls_are_under_way_than_there_is_room_for(tmp_path: Path) -> None:
    many = [
        # names that lead nowhere: each a host of its own
        source(f"s{number}", url=f"http://h{number}.example/")
        for number in range(MAX_UNDER_WAY + 5)
    ]

    async def story() -> None:
        async with house(tmp_path, *many) as living:
            assert await living.poller.launch_due() == MAX_UNDER_WAY
            assert await living.poller.launch_due() == 0

    run(story())


def test_a_host_is_asked_for_two_pages_at_a_time_at_most(tmp_path: Path, feeds: FeedServer) -> None:
    names = [f"s{n}" for n in range(8)]
    lock, now, most = threading.Lock(), [0], [0]
    both = threading.Barrier(2)

    def count(exchange: Exchange) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        both.wait(PATIENCE)  # two come side by side, or this breaks
        with lock:
            now[0] -= 1
        exchange.reply(200, {"Content-Type": "application/rss+xml"}, rss(OLD))

    for name in names:
        feeds.answer(f"/{name}", count)

    async def story() -> None:
        async with house(tmp_path, *(gazette(feeds, name) for name in names)) as living:
            assert await living.tick() == 8
            states = await living.store.fetch_states()
            assert {state.last_outcome for state in states.values()} == {"fetched"}

    run(story())
    assert most == [2]


def test_what_is_given_up_at_the_end_is_asked_again_at_the_next_start(
    tmp_path: Path, feeds: FeedServer
) -> None:
    gate = Gate(feeds, "/gazette", rss(NEW))
    clock = FakeClock()

    async def story() -> None:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            before = await living.state()
            task = living.poller.launch(living.sources[0])
            await gate.arrived()
            await living.poller.stop()
            assert task.cancelled()
            assert await living.state() == before
        gate.open()
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            assert await living.tick() == 1
            assert len(await living.store.latest_items(5)) == 1

    run(story())


# Faults


class Faulty:
    """A door that breaks at one source: a fault of ours, which no value foresees."""

    def __init__(self, door: Fetcher, source_id: str) -> None:
        self._door = door
        self._source_id = source_id
        self.is_broken = True
        self.asked = 0

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        if request.source.source_id != self._source_id:
            return await self._door.fetch(request)
        self.asked += 1
        if self.is_broken:
            raise ZeroDivisionError("a fault of ours")
        return await self._door.fetch(request)


def test_a_source_whose_poll_breaks_hurts_no_other_and_backs_off(
    tmp_path: Path, feeds: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("first", "broken", "last"):
        feeds.serve(f"/{name}", rss(OLD))
    doors: list[Faulty] = []

    def wrap(door: Fetcher) -> Faulty:
        doors.append(Faulty(door, "broken"))
        return doors[0]

    async def story() -> None:
        three = [gazette(feeds, name) for name in ("first", "broken", "last")]
        async with house(tmp_path, *three, wrap=wrap) as living:
            (door,) = doors
            assert await living.tick() == 3
            states = await living.store.fetch_states()
            assert [states[s.source_id].last_outcome for s in three] == [
                "fetched",
                "failed",
                "fetched",
            ]
            for _ in range(20):
                assert await living.tick() == 0, "no publisher is asked at every tick"
            assert door.asked == 1
            kept = await living.state(1)
            assert "ZeroDivisionError" in kept.last_detail and "log" in kept.last_detail
            first_wait = kept.next_poll_at - living.clock.now()
            assert first_wait > EVERY
            result = await living.poll(1)
            assert (result.outcome, result.items, result.is_first) == ("failed", 0, False)
            assert (await living.state(1)).failures == 2
            assert (await living.state(1)).next_poll_at - living.clock.now() > first_wait
            door.is_broken = False
            assert (await living.poll(1)).outcome == "fetched"
            assert (await living.state(1)).failures == 0

    run(story())
    faults = [record for record in caplog.records if "polling broken" in record.getMessage()]
    assert len(faults) == 2 and all(record.exc_info for record in faults)


def test_a_page_that_breaks_the_storing_is_kept_not_at_all_and_comes_again(
    tmp_path: Path, feeds: FeedServer
) -> None:
    """The validators above all: with those of a page that was not stored it would never come."""

    def stop(db: sqlite3.Connection) -> None:
        db.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON items WHEN new.title LIKE 'Gallium%'"
            " BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await living.watch("gallium OR tin")
            feeds.serve("/gazette", rss("Copper"), etag='"1"')
            await living.poll()
            await living.store._write(stop)
            feeds.serve("/gazette", rss(NEW, OLD, "Copper"), etag='"2"')
            result = await living.poll()
            assert (result.outcome, result.applied) == ("failed", Applied())
            assert "IntegrityError" in result.detail
            assert len(await living.store.latest_items(5)) == 1
            assert (await living.state()).etag == '"1"'
            await living.store._write(lambda db: db.execute("DROP TRIGGER broken"))
            result = await living.poll()
            assert result.applied == Applied(new_items=2, matches=2, messages=2)
            assert (await living.poll()).outcome == "unchanged"

    run(story())
    assert [etag for etag, _ in asked_with(feeds)] == [None, '"1"', '"1"', '"2"']


def test_a_database_that_cannot_be_read_is_said_once_and_nobody_is_asked(
    tmp_path: Path, feeds: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            living.store.close()
            with pytest.raises(StorageError):
                await living.poll()

    run(story())
    assert feeds.requests == []
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("polling gazette: ") and "desk.db" in said


def test_the_states_are_read_once_and_written_through(tmp_path: Path, feeds: FeedServer) -> None:
    feeds.serve("/a", rss(OLD))
    feeds.serve("/b", rss(OLD))
    reads: list[int] = []

    class Counted(SqliteStore):
        async def fetch_states(self) -> Mapping[SourceId, FetchState]:
            reads.append(1)
            return await super().fetch_states()

    async def story() -> None:
        two = [gazette(feeds, name) for name in "ab"]
        async with house(tmp_path, *two) as living:
            store = Counted(living.store.path)
            poller = Poller(store, living.door, living.clock, two)
            try:
                async with asyncio.timeout(PATIENCE):
                    await asyncio.gather(poller.due(), poller.due(), *map(poller.launch, two))
                assert await poller.due() == ()
            finally:
                store.close()
            assert (await living.state(1)).last_outcome == "fetched"

    run(story())
    assert len(reads) == 1


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bool], None]:
    """Makes the disk full, or free again."""
    real = shutil.disk_usage(tmp_path)

    def fill(is_full: bool) -> None:
        free = 0 if is_full else max(real.free, 1 << 30)
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: real._replace(free=free))

    return fill


def test_on_a_full_disk_nobody_is_asked_and_the_log_says_so_once(
    tmp_path: Path,
    feeds: FeedServer,
    disk: Callable[[bool], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    feeds.serve("/gazette", rss(OLD))
    caplog.set_level(logging.WARNING)

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            disk(True)
            assert [await living.poller.launch_due() for _ in range(5)] == [0] * 5
            disk(False)
            assert await living.tick() == 1

    run(story())
    assert len(feeds.requests) == 1
    said = [record.getMessage() for record in caplog.records]
    assert said == ["the disk is full: polling rests", "the disk is free again"]


@pytest.mark.parametrize(("every", "rest"), [(timedelta(seconds=1), 30), (EVERY, 600)])
def test_a_page_for_which_there_was_no_room_is_asked_for_again_after_a_rest(
    tmp_path: Path,
    feeds: FeedServer,
    disk: Callable[[bool], None],
    every: timedelta,
    rest: int,
) -> None:
    feeds.serve("/gazette", rss(NEW), etag='"1"')

    async def story() -> None:
        async with house(tmp_path, gazette(feeds, every=every)) as living:
            before = await living.state()
            disk(True)
            result = await living.poll()
            assert (result.outcome, result.applied) == ("failed", Applied())
            assert "full" in result.detail
            assert not result.is_first, "it is still to come"
            assert await living.state() == before
            disk(False)
            living.clock.advance(timedelta(seconds=rest - 1))
            assert await living.tick() == 0
            living.clock.advance(timedelta(seconds=1))
            assert await living.tick() == 1
            assert len(await living.store.latest_items(5)) == 1
            assert (await living.state()).is_seeded

    run(story())
    assert [etag for etag, _ in asked_with(feeds)] == [None, None]


def test_a_page_for_which_there_was_no_room_does_not_wait_for_a_clock_that_stepped_back(
    tmp_path: Path, feeds: FeedServer, disk: Callable[[bool], None]
) -> None:
    feeds.serve("/gazette", rss(NEW))

    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            disk(True)
            await living.poll()
            disk(False)
            living.clock.step_to(living.clock.now() - timedelta(days=1))
            assert await living.tick() == 1

    run(story())
