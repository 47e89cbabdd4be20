"""A small HTTP server for /healthz and /metrics: on loopback, one short answer a connection.

It trusts nobody: a head is read within a bound of time and size, only GET and HEAD are answered,
only to a Host that is named (a page in a browser that has its name rebound to 127.0.0.1 sends its
own), and nothing that was sent appears in an answer.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from bot.errors import SettingError

MAX_HEAD_BYTES = 8_192
MAX_CONNECTIONS = 32
"""More are closed at once: a scraper needs one."""

HEAD_SECONDS = 5.0
ANSWER_SECONDS = 10.0

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (/[!-~]{0,2000}) HTTP/1\.[01]")
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::\d{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and a body."""

    status: HTTPStatus
    body: str
    content_type: str = "text/plain; charset=utf-8"


Page = Callable[[], Awaitable[Answer]]


def health_answer(complaints: Collection[str]) -> Answer:
    """/healthz: 200 where there is no complaint, else 503 with all of them."""
    found = {"ok": not complaints, "complaints": list(complaints)}
    return Answer(
        status=HTTPStatus.SERVICE_UNAVAILABLE if complaints else HTTPStatus.OK,
        body=json.dumps(found, ensure_ascii=False) + "\n",
        content_type="application/json",
    )


def refusal(head: bytes, hosts: Collection[str]) -> HTTPStatus | tuple[str, str]:
    """What is wrong with a request's head; of a good one its method and path. Pure."""
    first, *lines = head.split(b"\r\n")
    asked = _REQUEST_LINE.fullmatch(first)
    if asked is None:
        return HTTPStatus.BAD_REQUEST
    named = [line for line in lines if line[:5].lower() == b"host:"]
    if len(named) != 1:
        return HTTPStatus.BAD_REQUEST
    host = _HOST.fullmatch(named[0][5:].strip().decode("latin-1"))
    if host is None or (host[1] or host[2]).lower() not in hosts:
        return HTTPStatus.MISDIRECTED_REQUEST
    method, path = asked[1].decode(), asked[2].decode().partition("?")[0]
    return (method, path) if method in {"GET", "HEAD"} else HTTPStatus.METHOD_NOT_ALLOWED


class VitalsPort:
    """Answers connections from a table of pages."""

    def __init__(
        self,
        pages: Mapping[str, Page],
        hosts: Collection[str],
        *,
        head_seconds: float = HEAD_SECONDS,
    ) -> None:
        self._pages = pages
        self._hosts = LOOPBACK_HOSTS | {host.lower() for host in hosts}
        self._head_seconds = head_seconds
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one answer."""
        self._open += 1
        try:
            if self._open <= MAX_CONNECTIONS:
                await self._answer(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            writer.transport.abort()  # the client went away, was too slow, or sent too much
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._head_seconds):
            head = await reader.readuntil(b"\r\n\r\n")
        asked = refusal(head[:-4], self._hosts)
        is_head = False
        if isinstance(asked, HTTPStatus):
            answer = Answer(status=asked, body=f"{asked.phrase}\n")
        else:
            method, path = asked
            is_head = method == "HEAD"
            page = self._pages.get(path)
            answer = (
                Answer(status=HTTPStatus.NOT_FOUND, body="There is /healthz and /metrics.\n")
                if page is None
                else await page()
            )
        async with asyncio.timeout(ANSWER_SECONDS):
            writer.write(_bytes(answer, is_head=is_head))
            await writer.drain()


def _bytes(answer: Answer, *, is_head: bool) -> bytes:
    body = answer.body.encode()
    lines = [
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        *(["Allow: GET, HEAD"] if answer.status is HTTPStatus.METHOD_NOT_ALLOWED else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if is_head else body)


@asynccontextmanager
async def listening(
    address: tuple[str, int], pages: Mapping[str, Page], hosts: Collection[str]
) -> AsyncIterator[int]:
    """Serve the pages until the exit; gives the port.

    Raises:
        SettingError: the address cannot be listened on.
    """
    host, port = address
    serving: set[asyncio.Task[None]] = set()
    own = VitalsPort(pages, hosts)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(own.serve(reader, writer), name="vitals port")
        serving.add(task)
        task.add_done_callback(serving.discard)

    try:
        server = await asyncio.start_server(accept, host, port, limit=MAX_HEAD_BYTES)
    except OSError as error:
        raise SettingError(
            "TIDEWAITER_HEALTH_PORT",
            f"{host}:{port}",
            f"an address of this machine that is free ({error.strerror or error})",
        ) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
