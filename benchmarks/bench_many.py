"""Thousands of feeds, nearly all unchanged: Tidewaiter's whole poll, `reader`, a bare httpx loop.

5,000 invented feeds (benchmarks/publisher.py) on loopback, each with a host of its own, so that the
limit of two requests a host is not what is measured. One in 20 changes from round to round; the
others answer 304. Each side is a process of its own with its own database, polls everything once
(not counted), then all sides take turns, round by round.

    tidewaiter  cadence, address guard, robots.txt, conditional request, health, one transaction a
                poll; of what changed: parser, languages, identity, matching, full text, outbox
    reader      update_feeds(workers=16): what its store needs, no more
    httpx       the floor: AsyncClient, as many requests at once as Tidewaiter makes, validators
                kept in memory, bodies thrown away

Processor time is that of a side's own processes. Exit status 1 where a count is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it is run as a script

from benchmarks.measure import Phase, Stopwatch, say
from benchmarks.publisher import Publisher, answers, publish, url_of

TURN = 20
"""One feed in so many changes from one round to the next: 95 % do not."""

LENGTH = 5
"""Entries of a feed: about 12 KB."""

SIDES = ("tidewaiter", "reader", "httpx")
WORKERS = 16
"""reader's: its best of 1 to 16 in bench_poll.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a side is told at its start."""

    side: str
    port: int
    feeds: int
    folder: str


def main() -> int:
    parser = argparse.ArgumentParser(description="Thousands of feeds, nearly all unchanged.")
    parser.add_argument("--feeds", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--task", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        asyncio.run(_serve(Task(**json.loads(arguments.task))))
        return 0
    return _compare(arguments.feeds, arguments.rounds)


def _compare(feeds: int, rounds: int) -> int:
    say(f"Making {feeds:,} feeds of {LENGTH} entries, and a server for them …")
    done: dict[str, list[Phase]] = {side: [] for side in SIDES}
    faults: list[str] = []
    with (
        Publisher(feeds, LENGTH, TURN) as publisher,
        tempfile.TemporaryDirectory() as folder,
    ):
        sides = {
            side: _Side(Task(side=side, port=publisher.port, feeds=feeds, folder=folder))
            for side in SIDES
        }
        try:
            for name, side in sides.items():
                first = side.poll()
                say(f"{name}: all for the first time: {first.feeds / first.seconds:,.0f} feeds/s")
            for number in range(1, rounds + 1):
                publish(publisher.port, number)
                for name, side in sides.items():
                    before = answers(publisher.port)
                    phase = side.poll()
                    done[name].append(phase)
                    say(
                        f"Round {number} of {rounds}: {name}: "
                        f"{phase.feeds / phase.seconds:,.0f} polls/s"
                    )
                    faults += _faults(name, feeds, before, answers(publisher.port))
        finally:
            for side in sides.values():
                side.end()
    _show_table(feeds, rounds, done)
    for fault in dict.fromkeys(faults):
        print(f"WRONG: {fault}")
    return 1 if faults else 0


class _Side:
    """A side's process, which polls all feeds each time that it is told to."""

    def __init__(self, task: Task) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--task", json.dumps(asdict(task))],
            # see bench_poll.py
            env={**os.environ, "READER_NO_VENDORED_FEEDPARSER": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def poll(self) -> Phase:
        """Raises RuntimeError where the side has ended; it has said why."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write("poll\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError("a side of the benchmark ended")
        return Phase(**json.loads(line))

    def end(self) -> None:
        self._process.communicate()


async def _serve(task: Task) -> None:
    """A side: poll once for each line of standard input, and answer with the figures."""
    serve = {"tidewaiter": _tidewaiter, "reader": _reader, "httpx": _httpx}[task.side]
    await serve(task, sys.stdin)


Poll = Callable[[], Awaitable[object]]


async def _rounds(
    lines: IO[str], feeds: int, poll: Poll, stopwatch: Callable[[], Stopwatch] = Stopwatch
) -> None:
    while await asyncio.to_thread(lines.readline):
        watch = stopwatch()
        await poll()
        print(json.dumps(asdict(watch.phase(feeds))), flush=True)


async def _tidewaiter(task: Task, lines: IO[str]) -> None:
    from benchmarks.desk import Desk

    async with Desk.open(Path(task.folder, "tidewaiter.db"), task.port, task.feeds) as desk:
        await _rounds(lines, task.feeds, lambda: desk.poll(desk.catalogue), desk.stopwatch)


async def _reader(task: Task, lines: IO[str]) -> None:
    from reader import make_reader

    reader = make_reader(str(Path(task.folder, "reader.db")))
    for number in range(task.feeds):
        reader.add_feed(url_of(number, task.port))

    async def poll() -> None:
        # not by `to_thread`: its connection belongs to this thread
        reader.update_feeds(scheduled=False, workers=WORKERS)

    await _rounds(lines, task.feeds, poll)
    reader.close()


async def _httpx(task: Task, lines: IO[str]) -> None:
    import httpx

    from bot.sources.fetch import FetchLimits

    at_once = FetchLimits().overall
    held: dict[str, dict[str, str]] = {}
    urls = [url_of(number, task.port) for number in range(task.feeds)]
    limits = httpx.Limits(max_connections=at_once, keepalive_expiry=30)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as client:

        async def ask(waiting: list[str]) -> None:
            while waiting:
                url = waiting.pop()
                answer = await client.get(url, headers=held.get(url, {}))
                if answer.status_code == 200:
                    held[url] = {
                        "If-None-Match": answer.headers["ETag"],
                        "If-Modified-Since": answer.headers["Last-Modified"],
                    }

        async def poll() -> None:
            waiting = urls.copy()
            await asyncio.gather(*(ask(waiting) for _ in range(at_once)))

        await _rounds(lines, task.feeds, poll)


def _faults(side: str, feeds: int, before: dict[int, int], after: dict[int, int]) -> list[str]:
    changed = feeds // TURN
    expected = {200: changed, 304: feeds - changed}
    seen = {status: count - before.get(status, 0) for status, count in after.items()}
    return [] if seen == expected else [f"{side}: answers {seen}, not {expected}"]


def _show_table(feeds: int, rounds: int, done: dict[str, list[Phase]]) -> None:
    print()
    print(
        f"{feeds:,} feeds of {LENGTH} entries, {1 - 1 / TURN:.0%} unchanged; medians of {rounds} "
        f"rounds; {os.cpu_count()} processors."
    )
    print()
    print(f"{'':12}{'polls/s':>10}{'CPU s/1,000':>14}{'speed':>10}{'CPU':>9}")
    ours = done["tidewaiter"]
    for side, phases in done.items():
        row = f"{side:12}{_rate(phases):>10,.0f}{_cpu(phases):>14.2f}"
        if side != "tidewaiter":
            row += f"{_rate(ours) / _rate(phases):>9.2f}×{_cpu(phases) / _cpu(ours):>8.2f}×"
        print(row)
    print()
    print("Ratios: how much quicker Tidewaiter polls, and how much more processor the other takes.")


def _rate(phases: Sequence[Phase]) -> float:
    return statistics.median(phase.feeds / phase.seconds for phase in phases)


def _cpu(phases: Sequence[Phase]) -> float:
    """Seconds of processor a thousand polls."""
    return statistics.median(phase.cpu / phase.feeds * 1_000 for phase in phases)


if __name__ == "__main__":
    sys.exit(main())
