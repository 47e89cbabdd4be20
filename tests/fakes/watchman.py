"""A dead man's switch on loopback: it is pinged over real HTTP, and raises the alarm at silence.

`Wire` is a way to it that can be cut, as a network can.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.fakes.feed_server import Exchange, FeedServer

SECRET = "0b1c5f2e-secret-of-the-watchman"
WAIT = 60.0


class Watchman:
    """Expects pings at /ping/SECRET; `grace` is how many seconds of silence are an alarm."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._pinged = threading.Condition()
        self._times: list[float] = []
        self._status = 200
        self.server = FeedServer()
        self.server.answer(f"/ping/{SECRET}", self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.close()

    @property
    def url(self) -> str:
        """What TIDEWAITER_PING_URL should say."""
        return self.server.url(f"/ping/{SECRET}")

    @property
    def count(self) -> int:
        """Pings so far."""
        with self._pinged:
            return len(self._times)

    def answer_with(self, status: int) -> None:
        """Answer so from now on."""
        with self._pinged:
            self._status = status

    def wait_for_pings(self, more: int = 1) -> None:
        """Until so many more have come."""
        with self._pinged:
            goal = len(self._times) + more
            assert self._pinged.wait_for(lambda: len(self._times) >= goal, WAIT), "no ping"

    def wait_for_alarm(self) -> float:
        """Until there was silence for longer than the grace; how long it had lasted then."""
        with self._pinged:
            start, ends_at = time.monotonic(), time.monotonic() + WAIT
            while True:
                last = max([start, *self._times[-1:]])
                silence = time.monotonic() - last
                if silence > self._grace:
                    return silence
                assert time.monotonic() < ends_at, "the pings go on"
                self._pinged.wait(self._grace - silence + 0.01)

    def _answer(self, exchange: Exchange) -> None:
        with self._pinged:
            self._times.append(time.monotonic())
            self._pinged.notify_all()
            status = self._status
        exchange.reply(status, {"Content-Type": "text/plain"}, b"OK")


class Wire:
    """Forwards connections to a port of 127.0.0.1, while it is whole."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._is_whole = True
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._accept, name="wire", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    @property
    def port(self) -> int:
        """Where it begins."""
        port: int = self._listener.getsockname()[1]
        return port

    def cut(self) -> None:
        """Nothing passes any more."""
        self._is_whole = False
        for each in list(self._open):
            _shut(each)

    def mend(self) -> None:
        """It is whole again."""
        self._is_whole = True

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            if not self._is_whole:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open |= {near, far}
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=pair, name="wire", daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):  # cut
            while data := one.recv(65_536):
                other.sendall(data)
        _shut(other)
        self._open.discard(one)
        one.close()


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already gone
