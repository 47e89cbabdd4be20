"""A publisher on loopback: real HTTP over real sockets, with every bad habit on request.

    with FeedServer() as feeds:
        feeds.serve("/a.xml", body, etag='"1"')
        ... fetch feeds.url("/a.xml") ...
        assert feeds.requests[-1].headers["if-none-match"] == '"1"'

Each connection has a thread. `serve` answers as a well-behaved server does (ETag and Last-Modified
are honoured with 304); `answer` hands the socket to a function of the test.
"""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import BinaryIO, Self

PIECE = 65_536
"""Bytes of one chunk of a chunked answer."""

MAX_HEAD_BYTES = 65_536
"""Of a request's head: a client that sends more is cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """A request as it came. `path` has the query; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and the socket on which to answer it, for handlers of special behaviour.

    After a handler returns, the connection is kept only where it sent a complete answer through
    `reply`; raw bytes end with the connection.
    """

    seen: SeenRequest
    connection: socket.socket
    closing: threading.Event
    is_kept: bool = False

    def send(self, raw: bytes) -> None:
        """Bytes, just as they are."""
        self.connection.sendall(raw)

    def reply(
        self,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        chunked: bool = False,
    ) -> None:
        """A complete answer."""
        lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        has_body = status >= 200 and status not in {204, 304}
        if has_body:
            lines.append(
                "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
            )
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if not has_body or self.seen.method == "HEAD":
            self.send(head)
        elif chunked:
            self.send(head)
            for start in range(0, len(body), PIECE):
                piece = body[start : start + PIECE]
                self.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.send(b"0\r\n\r\n")
        else:
            self.send(head + body)
        self.is_kept = True

    def hold(self, seconds: float = 60.0) -> bool:
        """Be silent for a time; false when the server closes meanwhile, which ends the wait."""
        return not self.closing.wait(seconds)

    def drip(self, pieces: list[bytes], every: float) -> None:
        """Send piece by piece, with a pause after each; ends early when the server closes."""
        for piece in pieces:
            self.send(piece)
            if not self.hold(every):
                return


Handler = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    body: bytes
    headers: dict[str, str]
    status: int
    etag: str | None
    last_modified: str | None
    delay: float
    chunked: bool

    def __call__(self, exchange: Exchange) -> None:
        if self.delay and not exchange.hold(self.delay):
            return
        if self.status == 200 and self._is_known(exchange.seen.headers):
            exchange.reply(304, {k: v for k, v in self.headers.items() if k in _VALIDATORS})
            return
        exchange.reply(self.status, self.headers, self.body, chunked=self.chunked)

    def _is_known(self, headers: Mapping[str, str]) -> bool:
        """RFC 9110, 13.2.2: If-Modified-Since counts only where no If-None-Match is sent."""
        asked = headers.get("if-none-match")
        if asked is not None:
            tags = {each.strip().removeprefix("W/") for each in asked.split(",")}
            return self.etag is not None and bool(tags & {"*", self.etag.removeprefix("W/")})
        return self.last_modified is not None and self.last_modified == headers.get(
            "if-modified-since"
        )


_VALIDATORS = {"ETag", "Last-Modified"}


@dataclass(slots=True)
class FeedServer:
    """A server on an ephemeral port of 127.0.0.1, up from construction to `close`."""

    host: str = "127.0.0.1"
    _pages: dict[str, Handler] = field(default_factory=dict)
    _seen: list[SeenRequest] = field(default_factory=list)
    _open: dict[socket.socket, threading.Thread] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket = field(init=False)
    _acceptor: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server((self.host, 0), backlog=256)
        self._acceptor = threading.Thread(target=self._accept, name="feed server", daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port on which it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def requests(self) -> list[SeenRequest]:
        """All requests so far, the oldest first; a copy."""
        with self._lock:
            return list(self._seen)

    def url(self, path: str) -> str:
        """The http address of a path."""
        return f"http://{self.host}:{self.port}{path}"

    def serve(
        self,
        path: str,
        body: bytes | str,
        content_type: str = "application/rss+xml",
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        chunked: bool = False,
        encoding: str | None = None,
    ) -> None:
        """Answer a path from now on with this page; serving it again replaces it.

        `delay` is in seconds. `encoding` "gzip" packs the body; any other is stated only, and the
        body goes out as it is given. A path without a query answers for every query.
        """
        raw = body.encode() if isinstance(body, str) else body
        told = {"Content-Type": content_type} if content_type else {}
        if etag is not None:
            told["ETag"] = etag
        if last_modified is not None:
            told["Last-Modified"] = last_modified
        if encoding is not None:
            told["Content-Encoding"] = encoding
        page = _Page(
            body=gzip.compress(raw) if encoding == "gzip" else raw,
            headers={**told, **(headers or {})},
            status=status,
            etag=etag,
            last_modified=last_modified,
            delay=delay,
            chunked=chunked,
        )
        self.answer(path, page)

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """Answer a path with a redirect."""
        self.serve(path, b"", "", status=status, headers={"Location": to})

    def answer(self, path: str, handler: Handler) -> None:
        """Answer a path by a function, which runs in the connection's thread."""
        with self._lock:
            self._pages[path] = handler

    def close(self) -> None:
        """Stop, cut all connections and wait for their threads."""
        self._closing.set()
        _cut(self._listener)
        self._acceptor.join()
        with self._lock:
            left = dict(self._open)
        for connection, thread in left.items():
            _cut(connection)
            thread.join()

    def _accept(self) -> None:
        with self._listener:
            while not self._closing.is_set():
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    return  # closed
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                with self._lock:
                    self._open[connection] = thread
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as incoming:
                while not self._closing.is_set() and self._exchange(connection, incoming):
                    continue
        except OSError:
            return  # the client went away, as it may
        finally:
            with self._lock:
                self._open.pop(connection, None)

    def _exchange(self, connection: socket.socket, incoming: BinaryIO) -> bool:
        """Answer one request; whether the connection is kept for another."""
        seen = _read_request(incoming)
        if seen is None:
            return False
        with self._lock:
            self._seen.append(seen)
            handler = self._pages.get(seen.path) or self._pages.get(seen.path.partition("?")[0])
        exchange = Exchange(seen=seen, connection=connection, closing=self._closing)
        if handler is None:
            exchange.reply(404, {"Content-Type": "text/plain"}, b"There is no such page.")
        else:
            handler(exchange)
        return exchange.is_kept and seen.headers.get("connection", "").lower() != "close"


def _read_request(incoming: BinaryIO) -> SeenRequest | None:
    """The next request; None where the client has no more to say."""
    lines: list[str] = []
    size = 0
    while True:
        line = incoming.readline(MAX_HEAD_BYTES)
        size += len(line)
        if not line.endswith(b"\n") or size > MAX_HEAD_BYTES:
            return None
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            break
        lines.append(text)
    if not lines:
        return None
    method, path, _version = lines[0].split(" ", 2)
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = incoming.read(int(headers.get("content-length", "0")))
    return SeenRequest(method=method, path=path, headers=headers, body=body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _cut(connection: socket.socket) -> None:
    """Wake whoever waits on the socket; its owner closes it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already gone
