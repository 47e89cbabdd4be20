"""Poll to outbox: Tidewaiter beside the `reader` package, on the same feeds, in the same run.

Two hundred invented feeds (benchmarks/publications.py) are served on loopback by a third process,
each from a host of its own. Each side gets the same addresses and, in every run, a new database and
a new process; runs alternate. Before the clock starts, each side reads one more feed, so that what
is loaded lazily is loaded.

    cold   every feed for the first time: 200, all entries stored
    news   every feed a day later: 200, three entries new of thirty
    warm   nothing changed: 304 for every feed, several rounds

Tidewaiter does its whole work: Fetcher (address guard, deadline, size cap) → charset, hostility,
parser, normaliser, language → identity → three watches of an active chat → one transaction with
full-text index, matches, alerts, outbox and validators. A first page is archived quietly, so the
outbox fills in `news`, and it must fill with exactly what was planted.

reader does less: no language, no full-text index (its search stays off, which is its default), no
matching, no outbox; it does resolve links and sanitise HTML, which Tidewaiter need not, for it
keeps plain text. It updates through `update_feeds(workers=…)` with the number of workers that was
quickest here in a trial of each, for cold and for warm apart.

Figures are medians over the runs; the CPU time is that of the side's own processes: Tidewaiter has
one to read in, which it starts when the first bodies wait, so within `cold`. Exit status 1 where a
count is wrong; a ratio below the promise is shown, not punished, for machines differ.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it is run as a script

from benchmarks.measure import Phase, Stopwatch, say
from benchmarks.publications import ENTRIES, FIRST, NEWS, SECOND, publication
from benchmarks.publisher import Publisher, answers, publish, url_of

PROMISED = {"cold": 3.0, "warm": 2.0}
"""How many times reader's throughput (issue 2)."""

SIDES = ("tidewaiter", "reader")
WORKERS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One side's run, and what it left behind. `seen` counts the server's 200s and 304s."""

    phases: dict[str, Phase]
    items: int
    matches: int
    outbox: int
    seen: dict[str, dict[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a side is told to do."""

    side: str
    port: int
    feeds: int
    rounds: int
    folder: str
    cold_workers: int = 1
    warm_workers: int = 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Poll to outbox, beside the reader package.")
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3, help="of each side, alternating")
    parser.add_argument("--rounds", type=int, default=5, help="of 304s in each run")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        run = _perform(Task(**json.loads(arguments.task)))
        print(json.dumps(asdict(run)))
        return 0
    return _compare(arguments.feeds, arguments.runs, arguments.rounds)


def _compare(feeds: int, runs: int, rounds: int) -> int:
    say(f"Making {feeds} feeds of {ENTRIES} entries, and a server for them …")
    size = sum(len(publication(number, FIRST).body) for number in range(min(feeds, 20)))
    with Publisher(feeds + 1) as publisher, tempfile.TemporaryDirectory() as folder:
        cold_workers, warm_workers = _best_workers(publisher.port, min(feeds, 40), folder)
        done: dict[str, list[Run]] = {side: [] for side in SIDES}
        for number in range(1, runs + 1):
            for side in SIDES:
                say(f"Run {number} of {runs}: {side} …")
                done[side].append(
                    _start(
                        Task(
                            side=side,
                            port=publisher.port,
                            feeds=feeds,
                            rounds=rounds,
                            folder=folder,
                            cold_workers=cold_workers,
                            warm_workers=warm_workers,
                        )
                    )
                )
    say("")
    print(
        f"{feeds} feeds of {ENTRIES} entries, {size / min(feeds, 20) / 1000:.0f} KB each; "
        f"medians of {runs} runs; {os.cpu_count()} processors. reader has {cold_workers} "
        f"workers for 200s, {warm_workers} for 304s (its best of {', '.join(map(str, WORKERS))})."
    )
    _show_table(done)
    faults = [fault for side in SIDES for run in done[side] for fault in _faults(side, run, feeds)]
    for fault in dict.fromkeys(faults):
        print(f"WRONG: {fault}")
    return 1 if faults else 0


def _best_workers(port: int, feeds: int, folder: str) -> tuple[int, int]:
    """reader's quickest number of workers for 200s and for 304s, each tried on a few feeds."""
    cold: dict[float, int] = {}
    warm: dict[float, int] = {}
    for workers in WORKERS:
        say(f"reader with {workers} workers …")
        run = _start(
            Task(
                side="reader",
                port=port,
                feeds=feeds,
                rounds=5,
                folder=folder,
                cold_workers=workers,
                warm_workers=workers,
            )
        )
        cold[run.phases["cold"].seconds] = workers
        warm[run.phases["warm"].seconds] = workers
    return cold[min(cold)], warm[min(warm)]


def _start(task: Task) -> Run:
    """A side in a process of its own. Raises CalledProcessError where it fails."""
    ended = subprocess.run(
        [sys.executable, __file__, "--task", json.dumps(asdict(task))],
        # reader's own copy of feedparser wants sgmllib3k, which it does not ask for; this is its
        # switch for the feedparser that is installed, which takes the same time
        env={**os.environ, "READER_NO_VENDORED_FEEDPARSER": "1"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    told = json.loads(ended.stdout)
    told["phases"] = {name: Phase(**phase) for name, phase in told["phases"].items()}
    told["seen"] = {
        name: {int(status): count for status, count in seen.items()}
        for name, seen in told["seen"].items()
    }
    return Run(**told)


def _perform(task: Task) -> Run:
    with tempfile.TemporaryDirectory(dir=task.folder) as folder:
        database = Path(folder, f"{task.side}.db")
        if task.side == "reader":
            return _run_reader(task, database)
        return asyncio.run(_run_tidewaiter(task, database))


# Tidewaiter


async def _run_tidewaiter(task: Task, database: Path) -> Run:
    from benchmarks.desk import Desk

    phases: dict[str, Phase] = {}
    seen: dict[str, dict[int, int]] = {}
    publish(task.port, FIRST)
    async with Desk.open(database, task.port, task.feeds + 1) as desk:
        measured = desk.catalogue[: task.feeds]
        await desk.poll(desk.catalogue[task.feeds :])
        for name, edition, rounds in _plan(task):
            publish(task.port, edition)
            stopwatch = desk.stopwatch()
            for _ in range(rounds):
                await desk.poll(measured)
            phases[name] = stopwatch.phase(task.feeds * rounds)
            seen[name] = answers(task.port)
        queued = (await desk.store.outbox_counts()).queued
    with sqlite3.connect(database) as db:
        (items,) = db.execute("SELECT count(*) FROM items").fetchone()
        (matches,) = db.execute("SELECT count(*) FROM matches").fetchone()
    return Run(phases=phases, items=items, matches=matches, outbox=queued, seen=seen)


# reader


def _run_reader(task: Task, database: Path) -> Run:
    from reader import make_reader

    reader = make_reader(str(database))
    phases: dict[str, Phase] = {}
    seen: dict[str, dict[int, int]] = {}
    publish(task.port, FIRST)
    reader.add_feed(url_of(task.feeds, task.port))
    reader.update_feeds(scheduled=False)
    # the one more feed is over: only what is measured is updated from here on
    reader.disable_feed_updates(url_of(task.feeds, task.port))
    for number in range(task.feeds):
        reader.add_feed(url_of(number, task.port))
    for name, edition, rounds in _plan(task):
        publish(task.port, edition)
        workers = task.warm_workers if name == "warm" else task.cold_workers
        stopwatch = Stopwatch()
        for _ in range(rounds):
            # `scheduled`: else it would find that none of its feeds is due again
            reader.update_feeds(scheduled=False, workers=workers)
        phases[name] = stopwatch.phase(task.feeds * rounds)
        seen[name] = answers(task.port)
    broken = [feed.last_exception for feed in reader.get_feeds(broken=True)]
    if broken:
        raise RuntimeError(f"reader could not read {len(broken)} feeds: {broken[0]}")
    items = reader.get_entry_counts().total or 0
    reader.close()
    return Run(phases=phases, items=items, matches=0, outbox=0, seen=seen)


def _plan(task: Task) -> tuple[tuple[str, int, int], ...]:
    """Phases with their edition and rounds. `publish` before each only sets the counts back."""
    return (("cold", FIRST, 1), ("news", SECOND, 1), ("warm", SECOND, task.rounds))


# What came of it


def _faults(side: str, run: Run, feeds: int) -> list[str]:
    """What is not as it must be, in words."""
    planted = sum(
        entry.topic is not None
        for number in range(feeds)
        for entry in publication(number, SECOND).news
    )
    expected = {"items": feeds * (ENTRIES + NEWS) + ENTRIES}
    if side == "tidewaiter":
        expected |= {"matches": planted, "outbox": planted}
    faults = [
        f"{side}: {name}: {getattr(run, name):,} in place of {count:,}"
        for name, count in expected.items()
        if getattr(run, name) != count
    ]
    for name, phase in run.phases.items():
        status = 304 if name == "warm" else 200
        if run.seen[name] != {status: phase.feeds}:
            faults.append(f"{side}: {name}: answers {run.seen[name]}, not {phase.feeds} × {status}")
    return faults


def _show_table(done: dict[str, list[Run]]) -> None:
    ours, theirs = (done[side] for side in SIDES)
    print()
    print(f"{'':6}{'tidewaiter':>30}{'reader':>30}{'ratio':>9}{'CPU':>8}")
    columns = f"{'feeds/s':>12}{'items/s':>10}{'ms CPU':>8}"
    print(f"{'':6}{columns}{columns}")
    for name in ours[0].phases:
        row = [f"{name:6}"]
        for runs in (ours, theirs):
            feeds = _rate(runs, name)
            items = "" if name == "warm" else f"{feeds * ENTRIES:,.0f}"
            row.append(f"{feeds:>12,.0f}{items:>10}{_cpu(runs, name):>8.2f}")
        ratio = _rate(ours, name) / _rate(theirs, name)
        row.append(f"{ratio:>8.2f}×{_cpu(theirs, name) / _cpu(ours, name):>7.2f}×")
        if name in PROMISED:
            kept = "kept" if ratio >= PROMISED[name] else "NOT KEPT"
            row.append(f"  promised {PROMISED[name]:g}×: {kept}")
        print("".join(row))
    print()
    print(
        f"Stored: tidewaiter {ours[-1].items:,} items, {ours[-1].matches:,} matches, "
        f"{ours[-1].outbox:,} outbox rows; reader {theirs[-1].items:,} items."
    )


def _rate(runs: Sequence[Run], name: str) -> float:
    return _median(runs, lambda run: run.phases[name].feeds / run.phases[name].seconds)


def _cpu(runs: Sequence[Run], name: str) -> float:
    """Milliseconds of processor a feed."""
    return _median(runs, lambda run: run.phases[name].cpu / run.phases[name].feeds * 1000)


def _median(runs: Sequence[Run], figure: Callable[[Run], float]) -> float:
    return statistics.median(figure(run) for run in runs)


if __name__ == "__main__":
    sys.exit(main())
