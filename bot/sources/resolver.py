"""Vets every address that a name resolves to, at the moment of connecting.

A name that is harmless when it is checked may point elsewhere when it is used (DNS rebinding), so
the check sits where aiohttp asks for the addresses it will connect to.
"""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from bot.sources.guard import AllowList, Refused, read_address, vet_address


class AddressRefusedError(OSError):
    """A name leads where we do not go. An OSError, so that aiohttp treats it as a failed lookup."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host} leads to an address that is not read: {reason}")
        self.host = host
        self.reason = reason


class GuardedResolver(AbstractResolver):
    """A resolver whose answers are all vetted; one bad address refuses the name."""

    def __init__(self, inner: AbstractResolver, allow: AllowList) -> None:
        self._inner = inner
        self._allow = allow

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises AddressRefusedError, and OSError where it has none."""
        found = await self._inner.resolve(host, port, family)
        if self._allow.has_host(host.lower().rstrip(".")):
            return found
        for result in found:
            address = read_address(result["host"])
            refused = (
                Refused(f"{result['host']!r} cannot be read")
                if address is None
                else vet_address(address, port, self._allow)
            )
            if refused:
                raise AddressRefusedError(host, refused.reason)
        return found

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()
