"""What the fetch door puts up with: time, size, encodings, broken HTTP, and how many at once."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.fetch import (
    Blocked,
    Fetched,
    FetchFailed,
    FetchOutcome,
    NotAFeed,
    Unchanged,
)
from bot.sources.fetch import FetchLimits
from tests.fakes.feed_server import Exchange, FeedServer
from tests.fakes.names import Names
from tests.sources.asking import failed, fetch, fetcher, request, run


def drips(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    exchange.drip([b"x"] * 1_000, every=0.02)


def falls_silent(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx")
    exchange.hold()


def boasts(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    exchange.hold()


def says_nothing(exchange: Exchange) -> None:
    exchange.hold()


def drips_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    exchange.drip([b"X-%d: y\r\n" % number for number in range(1_000)], every=0.02)


@pytest.mark.parametrize("habit", [drips, falls_silent, says_nothing, drips_headers])
def test_a_slow_answer_ends_at_the_total_deadline(habit: Any) -> None:
    """However busy it looks: a time-out between two reads never comes when bytes keep dripping."""
    with FeedServer() as feeds:
        feeds.answer("/a", habit)
        limits = FetchLimits(total=timedelta(seconds=0.3))
        started = time.monotonic()
        outcome = failed(fetch(feeds.url("/a"), limits=limits), "timeout")
        assert time.monotonic() - started < 2
        assert "it will be asked again" in outcome.detail


def test_the_deadline_counts_all_redirects_together() -> None:
    with FeedServer() as feeds:
        for number in range(5):
            feeds.serve(f"/{number}", b"", status=302, delay=0.15,
                        headers={"Location": f"/{number + 1}"})  # fmt: skip
        failed(fetch(feeds.url("/0"), limits=FetchLimits(total=timedelta(seconds=0.4))), "timeout")
        assert len(feeds.requests) < 5


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_up_to_the_limit_is_read_and_one_byte_more_is_not(chunked: bool) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x" * 200_000, chunked=chunked)
        feeds.serve("/b", b"x" * 200_001, chunked=chunked)
        assert isinstance(fetch(feeds.url("/a")), Fetched)
        assert "longer than 200,000 bytes" in failed(fetch(feeds.url("/b")), "size").detail


def test_a_body_that_says_itself_to_be_too_long_is_not_waited_for() -> None:
    with FeedServer() as feeds:
        feeds.answer("/a", boasts)
        failed(fetch(feeds.url("/a")), "size")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_gzip_bomb_is_cut_at_the_limit(chunked: bool) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"\0" * 50_000_000, encoding="gzip", chunked=chunked)
        failed(fetch(feeds.url("/a")), "size")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate", "zstd", "identity, gzip", "x"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", gzip.compress(gzip.compress(b"x")), encoding=encoding)
        assert encoding in failed(fetch(feeds.url("/a")), "encoding").detail


def test_gzip_that_is_damaged_or_cut_short_is_refused() -> None:
    packed = gzip.compress(bytes(range(256)) * 40)
    with FeedServer() as feeds:
        feeds.serve("/cut", packed[:-20], encoding="x-gzip")
        feeds.serve("/bad", packed[:20] + b"\xff" * 20 + packed[40:], encoding="x-gzip")
        feeds.serve("/none", b"<rss/>", encoding="x-gzip")
        for path in ("/cut", "/bad", "/none"):
            failed(fetch(feeds.url(path)), "encoding")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200_000)) + b"\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)  # fmt: skip
def test_an_answer_that_breaks_off_or_is_no_http_is_a_failure(raw: bytes) -> None:
    with FeedServer() as feeds:
        feeds.answer("/a", lambda exchange: exchange.send(raw))
        outcome = failed(fetch(feeds.url("/a")), "network")
        assert outcome.detail.startswith(f"127.0.0.1:{feeds.port} ")
        assert "Error" not in outcome.detail, "a reason in words, not the name of an exception"


STATUS_LINES = st.builds(
    lambda status, tail: b"HTTP/1.1 %d OK\r\n" % status + tail, st.integers(0, 999), st.binary()
)


def test_no_bytes_on_the_wire_make_it_raise() -> None:
    with FeedServer() as feeds:
        loop = asyncio.new_event_loop()
        door = fetcher(limits=FetchLimits(total=timedelta(seconds=0.5)))

        @settings(max_examples=60)
        @given(st.one_of(st.binary(max_size=80), STATUS_LINES))
        @example(b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe//\x00\r\nContent-Length: 0\r\n\r\n")
        @example(b"HTTP/1.1 301 Moved\r\nLocation: http://\xe2\x80\x8b/\r\n\r\n")
        @example(b"HTTP/1.1 302 Found\r\nLocation: http://[v1.x]/\r\nContent-Length: 0\r\n\r\n")
        def ask(raw: bytes) -> None:
            feeds.answer("/a", lambda exchange: exchange.send(raw))
            outcome = loop.run_until_complete(door.fetch(request(feeds.url("/a"), etag='"1"')))
            assert isinstance(outcome, Fetched | Unchanged | Blocked | NotAFeed | FetchFailed)

        try:
            ask()
        finally:
            loop.run_until_complete(door.aclose())
            loop.close()


def test_a_host_is_asked_by_few_at_once_and_holds_up_no_other() -> None:
    running = 0
    most = 0
    lock = threading.Lock()
    two_are_there = threading.Event()
    release = threading.Event()

    def slow(exchange: Exchange) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 2:
                two_are_there.set()
        release.wait(20)
        with lock:
            running -= 1
        exchange.reply(200, body=b"x")

    async def crowd() -> list[FetchOutcome]:
        names = Names({"other.example": [["127.0.0.1"]]})
        door = fetcher(resolver=names, limits=FetchLimits(per_host=2, overall=8))
        waiting = [
            asyncio.create_task(door.fetch(request(feeds.url(f"/slow?{number}"))))
            for number in range(6)
        ]
        quick = await door.fetch(request(f"http://other.example:{feeds.port}/quick"))
        assert isinstance(quick, Fetched)
        assert await asyncio.to_thread(two_are_there.wait, 20)
        assert not any(task.done() for task in waiting)
        release.set()
        found = await asyncio.gather(*waiting)
        await door.aclose()
        return list(found)

    with FeedServer() as feeds:
        feeds.answer("/slow", slow)
        feeds.serve("/quick", b"x")
        assert all(isinstance(outcome, Fetched) for outcome in run(crowd()))
    assert most == 2


def test_waiting_for_a_slot_does_not_count_towards_the_deadline() -> None:
    async def queue() -> list[FetchOutcome]:
        door = fetcher(limits=FetchLimits(per_host=1, total=timedelta(seconds=1)))
        tasks = [door.fetch(request(feeds.url("/a"))) for _ in range(4)]
        found = await asyncio.gather(*tasks)
        await door.aclose()
        return list(found)

    with FeedServer() as feeds:
        feeds.serve("/a", b"x", delay=0.4)  # 1.6 s for the four of them
        assert all(isinstance(outcome, Fetched) for outcome in run(queue()))


def test_a_fetch_that_is_cancelled_stops_and_frees_its_slot() -> None:
    has_arrived = threading.Event()

    def hang(exchange: Exchange) -> None:
        has_arrived.set()
        exchange.hold()

    async def cancel() -> FetchOutcome:
        door = fetcher(limits=FetchLimits(per_host=1))
        task = asyncio.create_task(door.fetch(request(feeds.url("/hang"))))
        await asyncio.to_thread(has_arrived.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        outcome = await door.fetch(request(feeds.url("/a")))
        await door.aclose()
        return outcome

    with FeedServer() as feeds:
        feeds.answer("/hang", hang)
        feeds.serve("/a", b"x")
        assert isinstance(run(cancel()), Fetched)
