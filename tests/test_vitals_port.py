"""The health port answers who may ask, briefly, and whatever else comes is harmless."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingError
from bot.vitals_port import (
    MAX_CONNECTIONS,
    MAX_HEAD_BYTES,
    Answer,
    VitalsPort,
    health_answer,
    listening,
    refusal,
)
from tests.desk import wait

HOSTS = {"localhost", "127.0.0.1", "::1", "desk.example"}
GOOD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:9464\r\n\r\n"
PATIENCE = 20.0


async def well() -> Answer:
    return health_answer(())


async def unwell() -> Answer:
    return health_answer(("The outbox is stuck.",))


def asked(work: Callable[[int], Awaitable[None]], *hosts: str) -> None:
    """Do something with the port of a server that runs."""

    async def whole() -> None:
        pages = {"/healthz": well, "/metrics": unwell}
        async with listening(("127.0.0.1", 0), pages, hosts) as port:
            await asyncio.wait_for(work(port), PATIENCE)

    wait(whole())


async def exchange(port: int, request: bytes) -> bytes:
    """All that is answered to these bytes, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_a_service_that_is_well_answers_200_and_one_that_is_not_503_with_reasons() -> None:
    async def work(port: int) -> None:
        head, _, body = (await exchange(port, GOOD)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close" in head and b"\r\nCache-Control: no-store" in head
        assert f"Content-Length: {len(body)}".encode() in head
        assert json.loads(body) == {"ok": True, "complaints": []}
        answer = await exchange(port, GOOD.replace(b"/healthz", b"/metrics?x=1"))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert json.loads(body)["complaints"] == ["The outbox is stuck."]

    asked(work)


def test_head_has_no_body() -> None:
    async def work(port: int) -> None:
        answer = await exchange(port, GOOD.replace(b"GET", b"HEAD"))
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n")

    asked(work)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"POST /healthz HTTP/1.1", 405),
        (b"DELETE /metrics HTTP/1.1", 405),
        (b"CONNECT /x HTTP/1.1", 405),
        (b"GET / HTTP/1.1", 404),
        (b"GET /healthz/../etc/passwd HTTP/1.1", 404),
        (b"GET //healthz HTTP/1.1", 404),
        (b"GET http://evil.example/healthz HTTP/1.1", 400),
        (b"GET /healthz HTTP/2", 400),
        (b"GET  /healthz HTTP/1.1", 400),
        (b"get /healthz HTTP/1.1", 400),
        (b"GET /\xff HTTP/1.1", 400),
        (b"\x16\x03\x01\x02\x00", 400),
        (b"", 400),
    ],
)
def test_what_is_no_question_of_ours_is_refused(request_line: bytes, status: int) -> None:
    async def work(port: int) -> None:
        answer = await exchange(port, request_line + b"\r\nHost: localhost\r\n\r\n")
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"evil" not in answer and b"passwd" not in answer

    asked(work)


@pytest.mark.parametrize(
    ("headers", "is_good"),
    [
        (b"Host: localhost", True),
        (b"host:LOCALHOST:1234", True),
        (b"Host: [::1]:9464", True),
        (b"Host: desk.example", True),
        (b"Host: evil.example", False),  # its name was made to lead to 127.0.0.1
        (b"Host: 127.0.0.1.evil.example", False),
        (b"Host: localhost.", False),
        (b"Host: ", False),
        (b"X: y", False),
        (b"Host: localhost\r\nHost: evil.example", False),
        (b"Host: localhost@evil.example", False),
        (b"Host: 0.0.0.0", False),
    ],
)
def test_only_a_host_that_is_named_is_answered(headers: bytes, is_good: bool) -> None:
    async def work(port: int) -> None:
        answer = await exchange(port, b"GET /healthz HTTP/1.1\r\n" + headers + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ") is is_good
        assert is_good or answer[9:12] in {b"400", b"421"}

    asked(work, "Desk.Example")


def test_a_head_that_is_too_long_is_cut_off_and_others_are_answered() -> None:
    async def work(port: int) -> None:
        flood = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * (20 * MAX_HEAD_BYTES)
        assert await exchange(port, flood + b"\r\n\r\n") == b""
        assert (await exchange(port, GOOD)).startswith(b"HTTP/1.1 200 ")

    asked(work)


def test_one_that_never_finishes_its_question_is_cut_off() -> None:
    async def whole() -> None:
        own = VitalsPort({"/healthz": well}, (), head_seconds=0.05)
        server = await asyncio.start_server(own.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            assert await asyncio.wait_for(exchange(port, GOOD[:-2]), PATIENCE) == b""

    wait(whole())


def test_a_crowd_of_silent_ones_is_bounded_and_soon_gone() -> None:
    async def work(port: int) -> None:
        crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MAX_CONNECTIONS)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b"", "one too many is closed at once"
        writer.close()
        for _, each in crowd:
            each.close()
        while not (await exchange(port, GOOD)).startswith(b"HTTP/1.1 200 "):
            continue  # until the server has seen that they left

    asked(work)


def test_it_ends_while_a_client_hangs_on() -> None:
    async def whole() -> None:
        async with listening(("127.0.0.1", 0), {}, ()) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /")
            await writer.drain()
        writer.close()

    wait(asyncio.wait_for(whole(), PATIENCE))


def test_an_address_that_is_taken_is_a_settings_mistake_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        async def whole() -> None:
            async with listening(("127.0.0.1", port), {}, ()):
                raise AssertionError("two on one port")

        with pytest.raises(SettingError, match=f"TIDEWAITER_HEALTH_PORT is '127.0.0.1:{port}'"):
            wait(whole())


@given(head=st.binary(max_size=300))
def test_no_bytes_are_taken_for_a_question_that_they_are_not(head: bytes) -> None:
    found = refusal(head, HOSTS)
    assert isinstance(found, HTTPStatus) or found[0] in {"GET", "HEAD"}


@given(host=st.text(max_size=40))
def test_no_host_but_the_named_ones_is_let_in(host: str) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: " + host.encode("utf-8", "surrogatepass")
    if not isinstance(refusal(head, HOSTS), HTTPStatus):
        assert host.strip().lower().strip("[]").split("]")[0].split(":")[0] in {
            "localhost",
            "127.0.0.1",
            "desk.example",
            "",
        }
