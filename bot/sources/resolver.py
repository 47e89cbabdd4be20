"""Vets every address that a name resolves to, at the moment of connecting.

A name that is harmless when it is checked may point elsewhere when it is used (DNS rebinding), so
the check sits where aiohttp asks for the addresses it will connect to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import timedelta

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.sources.guard import AllowList, Refused, Vetted, read_address, vet_address

PATIENCE = timedelta(seconds=2)
"""For our own look at a name that a proxy will look up anyway."""

REST = timedelta(minutes=10)
"""After a look that took longer: machines behind a proxy often know no names of the world."""


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


class OwnLook:
    """Where a proxy connects is beyond our sight; what this machine makes of the name is not.

    A name that leads into a forbidden network here is refused, though the proxy might see it
    otherwise. One that has no address here is left to the proxy.
    """

    def __init__(
        self,
        inner: AbstractResolver | None,
        allow: AllowList,
        *,
        monotonic: Callable[[], float],
    ) -> None:
        self._inner = inner
        self._allow = allow
        self._monotonic = monotonic
        self._resolver: GuardedResolver | None = None
        self._rests_until = float("-inf")

    async def refusal(self, vetted: Vetted) -> str | None:
        """Why the address must not be asked, as far as can be seen from here, or None."""
        if vetted.address is not None or self._monotonic() < self._rests_until:
            return None
        if self._resolver is None:  # made at the first look: aiohttp binds its own to the loop
            self._resolver = GuardedResolver(self._inner or ThreadedResolver(), self._allow)
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await self._resolver.resolve(vetted.host, vetted.port, socket.AF_UNSPEC)
        except AddressRefusedError as error:
            return error.reason
        except TimeoutError:
            self._rests_until = self._monotonic() + REST.total_seconds()
        except OSError:
            return None  # no such name here
        return None

    async def close(self) -> None:
        """Close the resolver."""
        if self._resolver is not None:
            await self._resolver.close()
