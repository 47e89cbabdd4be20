"""A resolver of names that tests fill: nothing is looked up, nothing leaves loopback."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult


class Names(AbstractResolver):
    """Names that lead where a test says; one that it does not know has no address.

    Each name has a list of answers, one a lookup and the last for ever, each a list of addresses.
    """

    def __init__(self, known: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self.known = {name: list(answers) for name, answers in (known or {}).items()}
        self.asked: list[str] = []
        self.is_closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next answer. Raises OSError for a name that is not known."""
        self.asked.append(host)
        answers = self.known.get(host)
        if not answers:
            raise OSError(None, "DNS lookup failed")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True
