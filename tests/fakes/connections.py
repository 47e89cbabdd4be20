"""Every connection that this process tries to make, and every name that it looks up.

    with Connections() as tried:
        ...
    assert tried.addresses == []

Counted by the interpreter itself (an audit hook, sys.audit "socket.connect"), so that nothing slips
by, whichever library connects. Within the block nothing leaves loopback, whatever is tried.
"""

from __future__ import annotations

import socket
import sys
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

_COUNTING: list[Connections] = []


class Connections:
    """Counts within its `with` block, in all threads."""

    def __init__(self) -> None:
        self.addresses: list[tuple[str, int]] = []
        self.names: list[str] = []

    def __enter__(self) -> Self:
        _install()
        _COUNTING.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _COUNTING.remove(self)


def _install() -> None:
    if not getattr(sys, "_counts_connections", False):  # a hook cannot be taken out again
        sys.addaudithook(_hook)
        sys._counts_connections = True  # type: ignore[attr-defined]


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _COUNTING:
        return
    if event == "socket.connect" and arguments[0].family in {socket.AF_INET, socket.AF_INET6}:
        address = tuple(arguments[1][:2])
        for counting in _COUNTING:
            counting.addresses.append(address)
        if not ip_address(address[0]).is_loopback:
            raise ConnectionRefusedError(f"a test tried to connect to {address}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        for counting in _COUNTING:
            counting.names.append(str(arguments[0]))
