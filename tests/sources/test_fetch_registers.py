"""Lists that change may be longer than anything else, and take longer; nothing else may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.fetch import Fetched, FetchOutcome, FetchRequest
from bot.domain.source import SourceKind
from bot.sources.fetch import FetchLimits
from tests.fakes.feed_server import Exchange, FeedServer
from tests.samples import source
from tests.sources.asking import failed, fetcher, run

LIMITS = FetchLimits(
    total=timedelta(seconds=0.3),  # which no silence may last for either
    register_total=timedelta(seconds=60),
    max_body_bytes=1_000,
    max_register_bytes=5_000,
)


def fetch(url: str, kind: SourceKind, limits: FetchLimits = LIMITS) -> FetchOutcome:
    async def once() -> FetchOutcome:
        door = fetcher(limits=limits)
        try:
            return await door.fetch(FetchRequest(source=source(url=url, kind=kind)))
        finally:
            await door.aclose()

    return run(once())


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_register_may_be_longer_than_a_feed_or_a_page(encoding: str | None) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x" * 4_000, encoding=encoding)
        found = fetch(feeds.url("/a"), SourceKind.REGISTER)
        assert isinstance(found, Fetched)
        assert found.body == b"x" * 4_000
        for kind in (SourceKind.FEED, SourceKind.PAGE):
            assert "longer than 1,000 bytes" in failed(fetch(feeds.url("/a"), kind), "size").detail


@pytest.mark.parametrize("chunked", [False, True])
def test_a_register_has_a_bound_too(chunked: bool) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x" * 6_000, chunked=chunked)
        found = fetch(feeds.url("/a"), SourceKind.REGISTER)
        assert "longer than 5,000 bytes" in failed(found, "size").detail


def test_a_register_may_take_longer_than_a_feed_as_long_as_it_goes_on() -> None:
    def drips(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        exchange.drip([b"x"] * 10, every=0.05)

    with FeedServer() as feeds:
        feeds.answer("/a", drips)
        assert isinstance(fetch(feeds.url("/a"), SourceKind.REGISTER), Fetched)
        assert "after 0.3 s" in failed(fetch(feeds.url("/a"), SourceKind.FEED), "timeout").detail


def test_the_bounds_of_the_service_let_thirty_megabytes_in() -> None:
    limits = FetchLimits()
    assert limits.bytes_of(FetchRequest(source=source(kind=SourceKind.REGISTER))) >= 30_000_000
    feed = FetchRequest(source=source(kind=SourceKind.FEED))
    assert limits.bytes_of(feed) == limits.max_body_bytes == 20_000_000
    with FeedServer() as feeds:
        feeds.serve("/a", b"id,name\n" * 4_000_000)
        found = fetch(feeds.url("/a"), SourceKind.REGISTER, limits)
        assert isinstance(found, Fetched)
        assert len(found.body) == 32_000_000
