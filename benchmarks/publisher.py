"""A web server of many publishers in its own process, fast enough not to be what is measured.

    with Publisher(feeds=200) as publisher:
        url_of(7, publisher.port)        http://127.0.1.8:PORT/feed.xml: each has its own host
        publish(publisher.port, SECOND)  from now on
        answers(publisher.port)          {200: …, 304: …} since then

Answers are made beforehand, packed as clients ask for it; ETag and Last-Modified are honoured.
A thread of its own per connection, as in tests/fakes/feed_server.py, would cost both sides more
than they do themselves.
"""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # run as a script by Publisher

from benchmarks.publications import FIRST, SECOND, Publication, publication

_MAX_HEAD_BYTES = 32_768


class Publisher:
    """The server's handle: it runs from construction to `close`."""

    def __init__(self, feeds: int) -> None:
        """Raises RuntimeError where the machine's loopback has one address only (macOS)."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(feeds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(
                "No server: the addresses 127.0.1.1 and following could not be used. They are "
                "loopback on Linux without further ado."
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


def publish(port: int, edition: int) -> None:
    """Serve this edition from now on, and count from nought."""
    _tell(port, f"/publish/{edition}")


def answers(port: int) -> dict[int, int]:
    """How often each status was answered since `publish`."""
    return {int(status): count for status, count in json.loads(_tell(port, "/answers")).items()}


def _tell(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _host(number: int) -> str:
    return f"127.0.{1 + number // 200}.{1 + number % 200}"


class _Shelf:
    """All editions as ready answers, and which edition is out."""

    def __init__(self, feeds: int) -> None:
        self.edition = FIRST
        self.counts: Counter[int] = Counter()
        self._pages = {
            (_host(number), edition): _Page(publication(number, edition))
            for number in range(feeds)
            for edition in (FIRST, SECOND)
        }

    def answer(self, head: bytes, host: str) -> bytes:
        line, *fields = head.decode("latin-1").split("\r\n")
        path = line.split(" ", 2)[1]
        if path.startswith("/publish/"):
            self.edition = int(path.rpartition("/")[2])
            self.counts.clear()
            return _plain(b"{}")
        if path == "/answers":
            return _plain(json.dumps(self.counts).encode())
        page = self._pages.get((host, self.edition))
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
        return page.packed if "gzip" in asked.get("accept-encoding", "") else page.whole


class _Page:
    def __init__(self, made: Publication) -> None:
        self._made = made
        common = (
            "Date: Tue, 06 Oct 2026 09:00:00 GMT\r\nServer: publisher\r\n"
            f"ETag: {made.etag}\r\nLast-Modified: {made.last_modified}\r\n"
            "Cache-Control: max-age=300\r\nVary: Accept-Encoding\r\n"
        )
        self.unchanged = f"HTTP/1.1 304 Not Modified\r\n{common}\r\n".encode()
        body, start = made.body, f"HTTP/1.1 200 OK\r\n{common}Content-Type: {made.content_type}\r\n"
        self.whole = f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body
        body = gzip.compress(body, 6, mtime=0)
        self.packed = (
            f"{start}Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )

    def is_known(self, asked: dict[str, str]) -> bool:
        # RFC 9110, 13.2.2: If-Modified-Since counts only where no If-None-Match is sent
        if "if-none-match" in asked:
            return asked["if-none-match"] == self._made.etag
        return asked.get("if-modified-since") == self._made.last_modified


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


async def _serve(feeds: int) -> None:
    shelf = _Shelf(feeds)
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: _Connection(shelf), "127.0.0.1", 0, backlog=512)
    port = first.sockets[0].getsockname()[1]
    hosts = [_host(number) for number in range(feeds)]
    others = await loop.create_server(lambda: _Connection(shelf), hosts, port, backlog=64)
    async with first, others:
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.read)  # until whoever started us ends


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
