"""A web server of many publishers in its own process, fast enough not to be what is measured.

    with Publisher(feeds=200) as publisher:
        url_of(7, publisher.port)        http://127.0.1.8:PORT/feed.xml: each has its own host
        publish(publisher.port, SECOND)  from now on
        answers(publisher.port)          {200: …, 304: …} since then

    Publisher(5_000, length=8, turn=20)  short feeds, of which one in 20 changes with each edition

Answers are made beforehand, packed as clients ask for it; ETag and Last-Modified are honoured.
A thread of its own per connection, as in tests/fakes/feed_server.py, would cost both sides more
than they do themselves.
"""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import os
import resource
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # run as a script by Publisher

from benchmarks.publications import ENTRIES, FIRST, Publication, publication

_MAX_HEAD_BYTES = 32_768
_PATIENCE = 120  # seconds: `publish` makes what it publishes


class Publisher:
    """The server's handle: it runs from construction to `close`."""

    def __init__(self, feeds: int, length: int = ENTRIES, turn: int = 1) -> None:
        """Raises RuntimeError where the machine's loopback has one address only (macOS)."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(feeds), str(length), str(turn)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(
                "No server: the addresses 127.0.1.1 and following could not be used. They are "
                f"loopback on Linux without further ado; {feeds:,} of them want as many open files "
                "(ulimit -n)."
            )
        self.port = int(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server: it lives as long as its standard input."""
        self._process.communicate()


def url_of(number: int, port: int) -> str:
    """The address of a feed; no two share a host."""
    return f"http://{_host(number)}:{port}/feed.xml"


def edition_of(number: int, edition: int, turn: int = 1) -> int:
    """Which of its own editions a feed has out when the server has come to this one."""
    return (edition + number % turn) // turn


def publish(port: int, edition: int) -> None:
    """Serve this edition from now on, and count from nought."""
    _tell(port, f"/publish/{edition}")


def answers(port: int) -> dict[int, int]:
    """How often each status was answered since `publish`."""
    return {int(status): count for status, count in json.loads(_tell(port, "/answers")).items()}


def _tell(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _host(number: int) -> str:
    return f"127.0.{1 + number // 200}.{1 + number % 200}"


class _Shelf:
    """The editions that were out as ready answers, and which one is."""

    def __init__(self, feeds: int, length: int, turn: int) -> None:
        self.counts: Counter[int] = Counter()
        self._feeds, self._length, self._turn = feeds, length, turn
        self._made: dict[tuple[int, int], _Page] = {}
        self._pages: dict[str, _Page] = {}
        self.publish(FIRST)

    def publish(self, edition: int) -> None:
        """Put an edition out; what is not at hand is made, on all processors."""
        self.counts.clear()
        wanted = [
            (number, edition_of(number, edition, self._turn)) for number in range(self._feeds)
        ]
        missing = [each for each in wanted if each not in self._made]
        if missing:
            with ProcessPoolExecutor() as pool:
                pages = pool.map(partial(_page, self._length), missing, chunksize=20)
                self._made.update(zip(missing, pages, strict=True))
        self._pages = {_host(each[0]): self._made[each] for each in wanted}

    def answer(self, head: bytes, host: str) -> bytes:
        line, *fields = head.decode("latin-1").split("\r\n")
        path = line.split(" ", 2)[1]
        if path.startswith("/publish/"):
            self.publish(int(path.rpartition("/")[2]))
            return _plain(b"{}")
        if path == "/answers":
            return _plain(json.dumps(self.counts).encode())
        page = self._pages.get(host)
        if page is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        asked = {
            name.strip().lower(): value.strip()
            for name, _, value in (field.partition(":") for field in fields)
        }
        if page.is_known(asked):
            self.counts[304] += 1
            return page.unchanged
        self.counts[200] += 1
        return page.packed if "gzip" in asked.get("accept-encoding", "") else page.plain


class _Page:
    def __init__(self, made: Publication) -> None:
        self._etag, self._last_modified = made.etag, made.last_modified
        common = (
            "Date: Tue, 06 Oct 2026 09:00:00 GMT\r\nServer: publisher\r\n"
            f"ETag: {made.etag}\r\nLast-Modified: {made.last_modified}\r\n"
            "Cache-Control: max-age=300\r\nVary: Accept-Encoding\r\n"
        )
        self.unchanged = f"HTTP/1.1 304 Not Modified\r\n{common}\r\n".encode()
        self._start = f"HTTP/1.1 200 OK\r\n{common}Content-Type: {made.content_type}\r\n"
        self._packed_body = gzip.compress(made.body, 6, mtime=0)

    @property
    def packed(self) -> bytes:
        """The whole answer to a client that takes gzip."""
        return self._with(self._packed_body, "Content-Encoding: gzip\r\n")

    @property
    def plain(self) -> bytes:
        """The same to any other."""
        return self._with(gzip.decompress(self._packed_body), "")

    def _with(self, body: bytes, encoding: str) -> bytes:
        return f"{self._start}{encoding}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def is_known(self, asked: dict[str, str]) -> bool:
        # RFC 9110, 13.2.2: If-Modified-Since counts only where no If-None-Match is sent
        if "if-none-match" in asked:
            return asked["if-none-match"] == self._etag
        return asked.get("if-modified-since") == self._last_modified


def _plain(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
        len(body),
        body,
    )


class _Connection(asyncio.Protocol):
    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host = str(transport.get_extra_info("sockname")[0])

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._transport.write(self._shelf.answer(head, self._host))
        if len(self._received) > _MAX_HEAD_BYTES:
            self._transport.abort()


def _page(length: int, of: tuple[int, int]) -> _Page:
    return _Page(publication(*of, length))


async def _serve(feeds: int, length: int, turn: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    shelf = _Shelf(feeds, length, turn)
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: _Connection(shelf), "127.0.0.1", 0, backlog=512)
    port = first.sockets[0].getsockname()[1]
    hosts = [_host(number) for number in range(feeds)]
    others = await loop.create_server(lambda: _Connection(shelf), hosts, port, backlog=64)
    async with first, others:
        print(port, flush=True)
        # until whoever started us ends; a fork must not find the lock of sys.stdin taken
        await asyncio.to_thread(os.read, 0, 1)


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:])))
