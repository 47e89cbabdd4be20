"""A process of its own that reads or fetches something hostile, and says what memory that took.

    python -m tests.sources.measured read KIND < body
    python -m tests.sources.measured fetch SECONDS URL...

It prints one JSON object: `base` is the memory in use before (after something harmless was read, so
that all parsers are there), `peak` the most since then, in bytes; `outcomes` are names and details.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

from bot.domain.fetch import OUTCOME_NAMES, Fetched
from bot.domain.source import JsonShape, ListShape, PageShape, Shape, SourceKind
from bot.sources.fetch import FetchLimits
from bot.sources.read import read_body
from tests.samples import NOW, source
from tests.sources.asking import fetcher, request

SHAPES: dict[SourceKind, Shape | None] = {
    SourceKind.FEED: None,
    SourceKind.FEDERAL_REGISTER: None,
    SourceKind.HTML_LIST: ListShape(entry="li"),
    SourceKind.JSON_LIST: JsonShape(entries="items[]", title="title"),
    SourceKind.PAGE: PageShape(selector="body"),
}
HARMLESS = {
    SourceKind.FEED: b"<rss version='2.0'><channel><item><title>a b</title></item></channel></rss>",
    SourceKind.FEDERAL_REGISTER: b'{"count": 1, "results": [{"title": "a"}]}',
    SourceKind.HTML_LIST: b"<html><ul><li><a href=x>t</a></ul>",
    SourceKind.JSON_LIST: b'{"items": [{"title": "a", "link": "/a"}]}',
    SourceKind.PAGE: b"<html><body><p>a",
}


def memory(name: str) -> int:
    """A figure of /proc/self/status in bytes: VmRSS is what is in use, VmHWM the most so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def begin() -> int:
    """What is in use now; the most so far is forgotten."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def read(kind: SourceKind) -> dict[str, object]:
    """Read the body on standard input."""
    for each, body in HARMLESS.items():
        read_body(source(kind=each, shape=SHAPES[each]), Fetched(body=body), NOW)
    read_body(source(), Fetched(body=HARMLESS[SourceKind.FEED][:-4]), NOW)  # feedparser's turn
    base = begin()
    fetched = Fetched(body=sys.stdin.buffer.read())
    outcome = read_body(source(kind=kind, shape=SHAPES[kind]), fetched, NOW)
    detail = getattr(outcome, "detail", "")
    return {
        "base": base,
        "peak": memory("VmHWM"),
        "outcomes": [[OUTCOME_NAMES[type(outcome)], detail]],
    }


async def fetch(seconds: float, urls: list[str]) -> dict[str, object]:
    """Fetch them all side by side; the first is harmless and is fetched twice, alone and beside."""
    door = fetcher(limits=FetchLimits(total=timedelta(seconds=seconds)))
    await door.fetch(request(urls[0]))
    base = begin()
    outcomes = await asyncio.gather(*(door.fetch(request(url)) for url in urls))
    peak = memory("VmHWM")
    await door.aclose()
    return {
        "base": base,
        "peak": peak,
        "outcomes": [
            [type(outcome).__name__, getattr(outcome, "detail", "")] for outcome in outcomes
        ],
    }


if __name__ == "__main__":
    if sys.argv[1] == "read":
        found = read(SourceKind(sys.argv[2]))
    else:
        found = asyncio.run(fetch(float(sys.argv[2]), sys.argv[3:]))
    print(json.dumps(found))
