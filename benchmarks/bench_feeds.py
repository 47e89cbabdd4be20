"""From bytes to entries and to items: Tidewaiter's reading of a feed beside feedparser's.

All test feeds of the feedparser project and real feeds, where they are at hand (../shared/corpora);
else the invented ones of benchmarks/publications.py. One process, one thread, file by file in turn:

    entries     what feedparser does too: charset, hostility, parser → raw entries
    items       the whole reading: entries → plain text, resolved links, dates with their precision,
                language
    feedparser  feedparser.parse, unsanitised (`sanitize_html=False`, `resolve_relative_uris=False`,
                which makes it about three times as quick), the bytes as io.BytesIO

What both read is compared by tests/sources/test_feed_corpus.py. For each file the best of the
rounds counts, on each side; a ratio is that of the sums. Half of feedparser's tests are broken or
odd on purpose: those we leave to feedparser itself, so that no ratio below 1 is to be had on them.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it is run as a script

import feedparser

from benchmarks.measure import say
from benchmarks.publications import FIRST, publication
from bot.domain.fetch import Fetched
from bot.domain.ids import SourceId
from bot.domain.source import Source
from bot.sources.feeds import parse_feed
from bot.sources.read import read_body

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
PROMISED = 0.25
"""Of feedparser's time (issue 3)."""

SOURCE = Source(source_id=SourceId("bench"), name="Bench", url="http://127.0.0.1:8097/feed")
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description="Reading feeds, beside feedparser.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    groups = _corpora() or _invented()
    print(f"{'ms a file':18}{'files':>7}{'KB':>8}" + "".join(f"{name:>12}" for name in SIDES))
    for name, bodies in groups.items():
        sums = _times(name, bodies, rounds)
        files, theirs = len(bodies), sums["feedparser"]
        print(
            f"{name:18}{files:>7,}{sum(map(len, bodies)) / 1_000:>8,.0f}"
            + "".join(f"{sums[side] / files:>12.2f}" for side in SIDES)
        )
        ratio = sums["entries"] / theirs
        print(
            f"  entries {ratio:.2f} of feedparser's time, promised {PROMISED}: "
            f"{'kept' if ratio <= PROMISED else 'NOT KEPT'}; items {sums['items'] / theirs:.2f}"
        )
    return 0


def _times(name: str, bodies: list[bytes], rounds: int) -> dict[str, float]:
    """Milliseconds for all files, by side."""
    best = {side: [float("inf")] * len(bodies) for side in SIDES}
    for number in range(1, rounds + 1):
        say(f"{name}: round {number} of {rounds} …")
        for at, body in enumerate(bodies):
            for side, read in SIDES.items():
                best[side][at] = min(best[side][at], _seconds(read, body))
    return {side: sum(seconds) * 1_000 for side, seconds in best.items()}


def _entries(body: bytes) -> None:
    parse_feed(body, "", SOURCE.url)


def _items(body: bytes) -> None:
    read_body(SOURCE, Fetched(body=body), NOW)


def _feedparser(body: bytes) -> None:
    feedparser.parse(
        io.BytesIO(body),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-location": SOURCE.url},
    )


SIDES: dict[str, Callable[[bytes], None]] = {
    "entries": _entries,
    "items": _items,
    "feedparser": _feedparser,
}


def _seconds(read: Callable[[bytes], None], body: bytes) -> float:
    started = time.thread_time()
    read(body)
    return time.thread_time() - started


def _corpora() -> dict[str, list[bytes]]:
    if not CORPORA.is_dir():
        print("The corpora are not at hand (../shared/corpora): invented feeds take their place.")
        return {}
    tests = CORPORA / "feedparser" / "tests"
    return {
        "feedparser's tests": [p.read_bytes() for p in sorted(tests.rglob("*.*")) if p.is_file()],
        "real feeds": [p.read_bytes() for p in sorted((CORPORA / "real-feeds").glob("*.xml"))],
    }


def _invented() -> dict[str, list[bytes]]:
    return {"invented feeds": [publication(number, FIRST).body for number in range(100)]}


if __name__ == "__main__":
    sys.exit(main())
