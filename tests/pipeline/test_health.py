"""From a publisher that goes wrong to the operator's chat: real HTTP, a real database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.chat import LOCAL_ADDRESS, Address, Chat, ChatKind, ChatState, Door
from bot.domain.health import Complaint
from bot.domain.outbox import MessageKind
from bot.domain.source import Source, SourceStatus
from bot.pipeline.health import operators, tell_of_health
from bot.pipeline.poll import PollResult
from storage.store import SqliteStore
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer
from tests.pipeline.outbox import promised
from tests.pipeline.test_poll import House, gazette, house, rss
from tests.samples import chat

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ADMIN = frozenset({1})
WALL = b"<!DOCTYPE html><title>Just a moment...</title><p>Checking your browser"
NAMES = [f"Notice {number} on citric acid" for number in range(40)]


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


async def subscribe(
    living: House, number: int = 1, kind: ChatKind = ChatKind.PRIVATE, door: Door = Door.TELEGRAM
) -> Chat:
    """A chat that has been told /start."""
    address = LOCAL_ADDRESS if kind is ChatKind.LOCAL else Address(door=door, number=number)
    now = living.clock.now()
    return await living.store.ensure_chat(address, kind, "Ada", ChatState.ACTIVE, now)


async def poll(
    living: House, times: int = 1, *, of: int = 0, every: timedelta = HOUR
) -> PollResult:
    """So many polls of a source, and after each what the scheduler does for its health."""
    assert times
    for _ in range(times):
        living.clock.advance(every)
        result = await living.poll(of)
        await tell(living)
    return result


async def tell(living: House, catalogue: tuple[Source, ...] | None = None) -> int:
    """The job, once what has changed has waited for others."""
    living.clock.advance(3 * MINUTE)
    now = living.clock.now()
    return await tell_of_health(living.store, catalogue or living.sources, ADMIN, now)


def notices(living: House) -> list[str]:
    """What was said, in order."""
    return [each.text for each in promised(living.store.path, MessageKind.NOTICE)]


def test_an_operator_is_told_once_when_a_source_goes_wrong_and_once_when_it_is_well(
    tmp_path: Path, feeds: FeedServer
) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await subscribe(living)
            feeds.serve("/gazette", rss(*NAMES[:10]))
            await poll(living, 2)
            feeds.serve("/gazette", WALL, "text/html")
            await poll(living)
            assert notices(living) == []
            await poll(living, 6)
            (alarm,) = notices(living)
            assert "Gazette answers with something else" in alarm
            assert "Just a moment..." in alarm and "wall against bots" in alarm
            assert "Since Thu 8 Oct, " in alarm and "tidewaiter poll gazette" in alarm
            feeds.serve("/gazette", rss(*NAMES[:10]))
            await poll(living, 5)
            assert len(notices(living)) == 2
            assert "Gazette is well again" in notices(living)[1]

    run(story())


def test_a_stumble_is_told_to_nobody(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await subscribe(living)
            for status in (200, 503, 200, 503, 503, 200, 404, 200):
                feeds.serve("/gazette", rss(*NAMES[:10]), status=status)
                await poll(living)
            assert notices(living) == []

    run(story())


def test_what_is_learned_outlives_the_process(tmp_path: Path, feeds: FeedServer) -> None:
    clock = FakeClock()

    async def life(*pages: bytes) -> list[str]:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await subscribe(living)
            for page in pages:
                feeds.serve("/gazette", page)
                await poll(living)
            return notices(living)

    bare = rss(*NAMES[:10]).replace(b"<link>", b"<!--").replace(b"</link>", b"-->")
    assert asyncio.run(life(*[rss(*NAMES[:10])] * 3)) == []
    assert asyncio.run(life(bare)) == []
    assert asyncio.run(life(bare))[0].splitlines()[1].startswith("No link of its own in 10 of 10")
    assert len(asyncio.run(life(bare))) == 1


def test_a_crash_between_poll_and_telling_neither_loses_nor_doubles_the_alarm(
    tmp_path: Path, feeds: FeedServer
) -> None:
    clock = FakeClock()

    async def polls() -> None:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await subscribe(living)
            for _ in range(3):
                clock.advance(HOUR)
                await living.poll()

    async def tells() -> list[str]:
        async with house(tmp_path, gazette(feeds), clock=clock) as living:
            await tell(living)
            return notices(living)

    feeds.serve("/gazette", WALL, "text/html")
    run(polls())
    assert len(asyncio.run(tells())) == 1
    assert len(asyncio.run(tells())) == 1


def test_a_message_that_cannot_be_queued_leaves_the_alarm_untold(
    tmp_path: Path, feeds: FeedServer
) -> None:
    class Refusing(SqliteStore):
        async def tell_operators(self, drafts: Any, told: Any, now: Any) -> int:
            raise sqlite3.OperationalError("the process was killed here")

    async def story() -> None:
        feeds.serve("/gazette", WALL, "text/html")
        async with house(tmp_path, gazette(feeds)) as living:
            await subscribe(living)
            living.clock.advance(HOUR)
            await living.poll()
            living.clock.advance(HOUR)
            await living.poll()
            now = living.clock.advance(HOUR)
            broken = Refusing(living.store.path)
            with pytest.raises(sqlite3.OperationalError):
                await tell_of_health(broken, living.sources, ADMIN, now)
            broken.close()
            assert await tell(living) == 1

    run(story())


def test_a_dead_network_is_one_alarm_and_one_end(tmp_path: Path, feeds: FeedServer) -> None:
    names = [f"paper{number}" for number in range(8)]

    async def story() -> None:
        async with house(tmp_path, *[gazette(feeds, name) for name in names]) as living:
            await subscribe(living)

            async def passes(times: int, status: int) -> None:
                for name in names:
                    feeds.serve(f"/{name}", rss(*NAMES[:10]), status=status)
                for _ in range(times):
                    for at in range(len(names)):
                        await poll(living, of=at, every=5 * MINUTE)

            await passes(2, 200)
            await passes(8, 502)
            (alarm,) = notices(living)
            assert "8 of 8 sources have stopped answering" in alarm
            assert "network" in alarm
            await passes(4, 200)
            assert len(notices(living)) == 2
            assert "answer again" in notices(living)[1]
            await passes(2, 200)
            assert len(notices(living)) == 2

    run(story())


def test_sources_that_go_wrong_together_are_told_together(
    tmp_path: Path, feeds: FeedServer
) -> None:
    names = ["one", "two", "three", "four", "five", "six", "seven"]

    async def story() -> None:
        async with house(tmp_path, *[gazette(feeds, name) for name in names]) as living:
            await subscribe(living)
            for body in (rss(*NAMES[:10]), *[WALL] * 3):
                for name in names:
                    feeds.serve(f"/{name}", body if name in {"one", "two"} else rss(*NAMES[:10]))
                living.clock.advance(HOUR)
                for at in range(len(names)):
                    await living.poll(at)
            await tell(living)
            (alarm,) = notices(living)
            assert alarm.startswith("⚠️ 2 sources need a look")
            assert "✗ One answers" in alarm and "✗ Two answers" in alarm

    run(story())


def test_a_flapping_source_is_not_a_stream(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await subscribe(living)
            for _ in range(40):
                feeds.serve("/gazette", WALL, "text/html")
                await poll(living, 2, every=20 * MINUTE)
                feeds.serve("/gazette", rss(*NAMES[:10]))
                await poll(living, 2, every=20 * MINUTE)
            assert 2 <= len(notices(living)) <= 9

    run(story())


def test_a_window_gap_is_handed_on_and_told(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await subscribe(living)
            for newest in range(5):
                feeds.serve("/gazette", rss(*NAMES[newest : newest + 10]))
                result = await poll(living)
                assert result.gap is None
            before = living.clock.now()
            feeds.serve("/gazette", rss(*NAMES[20:30]))
            result = await poll(living)
            assert result.gap is not None
            assert (result.gap.entries, result.items) == (10, 10)
            assert result.gap.after <= before < result.gap.until
            (alarm,) = notices(living)
            assert "Gazette was read with a gap" in alarm
            assert (await poll(living)).gap is None
            await poll(living, 30)
            assert "read without a gap" in notices(living)[1]

    run(story())


def test_a_304_that_lies_is_found_by_the_full_request(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        async with house(tmp_path, gazette(feeds)) as living:
            await subscribe(living)
            for newest in range(3):
                feeds.serve("/gazette", rss(*NAMES[newest : newest + 10]), etag=f'"{newest}"')
                await poll(living)
            feeds.serve("/gazette", rss(*NAMES[5:15]), etag='"2"')  # and its ETag stays
            await poll(living, 8)
            (ward,) = await living.store.wards()
            assert ward.health.ailment is not None
            assert ward.health.ailment.complaint is Complaint.FROZEN
            assert "304" in notices(living)[0]

    run(story())


def test_who_starts_the_bot_while_a_source_ails_hears_of_it(
    tmp_path: Path, feeds: FeedServer
) -> None:
    async def story() -> None:
        feeds.serve("/gazette", WALL, "text/html")
        async with house(tmp_path, gazette(feeds)) as living:
            await poll(living, 4)
            assert notices(living) == []
            await subscribe(living)
            await tell(living)
            await tell(living)
            assert len(notices(living)) == 1

    run(story())


def test_the_local_chat_is_the_operators(tmp_path: Path, feeds: FeedServer) -> None:
    async def story() -> None:
        feeds.serve("/gazette", WALL, "text/html")
        async with house(tmp_path, gazette(feeds)) as living:
            await subscribe(living, kind=ChatKind.LOCAL)
            await poll(living, 3)
            assert len(notices(living)) == 1

    run(story())


def test_a_source_that_left_the_catalogue_is_nobodys_business(
    tmp_path: Path, feeds: FeedServer
) -> None:
    async def story() -> None:
        feeds.serve("/gazette", WALL, "text/html")
        source = gazette(feeds)
        async with house(tmp_path, source) as living:
            await subscribe(living)
            await poll(living, 3)
            retired = gazette(feeds, status=SourceStatus.RETIRED)
            assert await tell(living, (retired,)) == 0
            assert len(notices(living)) == 1
            assert [ward.told for ward in await living.store.wards()] == [""]

    run(story())


def test_only_private_chats_of_operators_and_the_local_chat_are_told() -> None:
    private = chat(1)
    group = chat(1, kind=ChatKind.GROUP)
    stranger = chat(2)
    local = chat(0, kind=ChatKind.LOCAL, address=LOCAL_ADDRESS)
    assert operators([private, group, stranger, local], ADMIN) == (private, local)


def test_an_unchanged_source_costs_no_write_for_its_health(
    tmp_path: Path, feeds: FeedServer
) -> None:
    async def story() -> None:
        feeds.serve("/gazette", rss(*NAMES[:10]), etag='"1"')
        async with house(tmp_path, gazette(feeds)) as living:
            await poll(living, 10, every=MINUTE)
            with closing(sqlite3.connect(living.store.path)) as db:
                db.execute("CREATE TABLE writes (n INTEGER)")
                db.execute(
                    "CREATE TRIGGER counted AFTER UPDATE ON source_health"
                    " BEGIN INSERT INTO writes VALUES (1); END"
                )
                db.commit()
                await poll(living, 10, every=MINUTE)
                assert db.execute("SELECT count(*) FROM writes").fetchone() == (0,)

    run(story())
