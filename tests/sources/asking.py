"""How the tests of the fetch door ask: a fetcher of their own, one request, its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from bot.domain.fetch import FetchFailed, FetchOutcome, FetchRequest
from bot.sources.fetch import Fetcher, FetchLimits
from bot.sources.guard import AllowList
from tests import samples
from tests.fakes.names import Names

T = TypeVar("T")

QUICK = FetchLimits(total=timedelta(seconds=5), max_body_bytes=200_000)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def fetcher(**changes: Any) -> Fetcher:
    made: dict[str, Any] = {
        "user_agent": "Tidewaiter/test",
        "allow": AllowList.parse("127.0.0.1"),
        "limits": QUICK,
        "resolver": Names(),
    }
    return Fetcher(**(made | changes))


def request(url: str, **changes: Any) -> FetchRequest:
    return FetchRequest(source=samples.source(url=url), **changes)


def fetch(
    url: str, *, etag: str | None = None, last_modified: str | None = None, **changes: Any
) -> FetchOutcome:
    """One fetch by a fetcher of its own."""

    async def once() -> FetchOutcome:
        door = fetcher(**changes)
        try:
            return await door.fetch(request(url, etag=etag, last_modified=last_modified))
        finally:
            await door.aclose()

    return run(once())


def failed(outcome: FetchOutcome, kind: str) -> FetchFailed:
    assert isinstance(outcome, FetchFailed), outcome
    assert outcome.kind == kind, outcome
    return outcome
