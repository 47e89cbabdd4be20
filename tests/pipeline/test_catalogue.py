"""The catalogue while it runs: what any process changes is taken up, and polled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.desk import DeskChange, DeskSource
from bot.domain.fetch import Fetched, FetchOutcome, FetchRequest
from bot.domain.ids import SourceId
from bot.domain.source import Source
from bot.pipeline.catalogue import LiveCatalogue, with_desk
from bot.pipeline.poll import Poller
from storage.store import SqliteStore
from tests.desk import wait
from tests.fakes.clock import FakeClock
from tests.samples import NOW, source
from tests.sources.feed_texts import rss

FILE = (source("gazette"), source("herald"))
OWN = source("own", is_official=None, languages=())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "a.db")
    yield opened
    opened.close()


def decided(source_id: str, made: Source | None) -> DeskSource:
    return DeskSource(source_id=SourceId(source_id), source=made, by="Ada", where="D", at=NOW)


def ids(sources: Sequence[Source]) -> list[str]:
    return [each.source_id for each in sources]


def test_what_was_added_comes_last_and_what_is_off_is_left_out() -> None:
    other = replace(FILE[0], name="Other")
    listed = with_desk(FILE, [decided("own", OWN), decided("herald", None)])
    assert ids(listed) == ["gazette", "own"]
    assert with_desk(FILE, [decided("gazette", other)]) == (other, FILE[1])
    assert with_desk(FILE, [decided("gone", None)]) == FILE


_DECISIONS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.booleans()), unique_by=lambda each: each[0]
)


@given(_DECISIONS)
def test_every_id_is_listed_once_and_none_that_is_off(decisions: list[tuple[str, bool]]) -> None:
    file = [source(each) for each in "abc"]
    made = [decided(name, source(name) if is_on else None) for name, is_on in decisions]
    listed = ids(with_desk(file, made))
    assert len(listed) == len(set(listed))
    assert set(listed) == {*"abc", *(n for n, is_on in decisions if is_on)} - {
        n for n, is_on in decisions if not is_on
    }


def test_a_change_by_another_process_is_taken_up_and_told_once(
    store: SqliteStore, tmp_path: Path
) -> None:
    live = LiveCatalogue(FILE, store)
    heard: list[list[str]] = []
    live.listen(lambda sources: heard.append(ids(sources)))
    wait(live.refresh())
    other = SqliteStore(tmp_path / "a.db")
    wait(other.change_desk(DeskChange(put=(decided("own", OWN), decided("herald", None))), NOW))
    other.close()
    assert wait(live.refresh())
    assert not wait(live.refresh())
    assert heard == [["gazette", "herald"], ["gazette", "own"]]
    assert ids(live.switched_off) == ["herald"]
    assert live.desk[SourceId("own")].by == "Ada"
    assert live.has_in_file(SourceId("herald")) and not live.has_in_file(SourceId("own"))


class Publishers:
    """Answers with a feed; one that is held answers when it is let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held: dict[str, asyncio.Event] = {}
        self.is_asked = asyncio.Event()

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append(request.source.source_id)
        self.is_asked.set()
        if request.source.source_id in self.held:
            await self.held[request.source.source_id].wait()
        body = rss("<title>Notice</title><link>https://gazette.example/1</link>")
        return Fetched(body=body.encode(), final_url=request.source.url)


def test_a_source_that_is_added_is_polled_without_a_restart(store: SqliteStore) -> None:
    publishers, clock = Publishers(), FakeClock()

    async def scene() -> None:
        live = LiveCatalogue(FILE, store)
        await store.save_catalogue(FILE, clock.now())
        poller = Poller(store, publishers, clock, live.sources)
        live.listen(poller.take)
        await asyncio.gather(*(poller.launch(each) for each in await poller.due()))
        change = DeskChange(put=(decided("own", OWN), decided("herald", None)))
        await store.change_desk(change, clock.now())
        await live.refresh()
        assert ids(await poller.due()) == ["own"]
        assert (await poller.launch(OWN)).is_first
        clock.advance(timedelta(hours=1))
        assert set(ids(await poller.due())) == {"gazette", "own"}

    wait(scene())
    assert publishers.asked == ["gazette", "herald", "own"]


def test_a_poll_under_way_of_what_is_removed_is_given_up_and_stores_nothing(
    store: SqliteStore,
) -> None:
    publishers, clock = Publishers(), FakeClock()

    async def scene() -> None:
        publishers.held["herald"] = asyncio.Event()
        await store.save_catalogue(FILE, clock.now())
        poller = Poller(store, publishers, clock, FILE)
        await poller.due()
        polling = poller.launch(FILE[1])
        await publishers.is_asked.wait()
        poller.take(FILE[:1])
        publishers.held["herald"].set()
        with pytest.raises(asyncio.CancelledError):
            await polling
        assert not await store.latest_items(1)
        poller.take(FILE)  # and back: it is due as before
        assert "herald" in ids(await poller.due())

    wait(scene())
