"""The whole service with 6,000 sources: peak memory, and processor time once it has settled.

`tidewaiter run` as operators start it, with Telegram (a stand-in of the Bot API on loopback), a
desk that watches, and 6,000 invented feeds (benchmarks/publisher.py), each with a host of its own
and asked every ten minutes. All that it asks is on loopback.

    start    started anew with all that it knows, before it has asked anything
    first    all sources are due at once: 6,000 first pages are fetched, read and stored; a process
             of its own helps to read
    steady   due times are spread over ten minutes, as they are after a while, and the service is
             started anew: 10 polls a second, each on a new connection; of the feeds 95 % answer
             304, and 5 % have three new entries

Memory is that of the service and the process that reads for it, looked at eight times a second:
RSS added up, and PSS, in which a page that processes share is divided among them: what the machine
gives for them, and what the promise is measured by. Processor time is that of both.
The clock runs as it does: the steady part lasts `--seconds`.

Exit status 1 where a count is wrong; a promise that is not kept is shown, for machines differ.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it is run as a script

from benchmarks.measure import Memory, cpu_of, memory_of, say
from benchmarks.publications import WATCHES
from benchmarks.publisher import Publisher, answers, publish, url_of
from tests.fakes.bot_api import BotApi

PROMISED_MB = 150
PROMISED_SHARE = 0.03
"""Of one core, in the steady state (issue 3)."""

EVERY = timedelta(minutes=10)
TURN = 20
LENGTH = 8
SETTLING = 15.0
"""Seconds from the start to the steady state: all is loaded, and the first news was read."""


@dataclass(slots=True)
class Peak:
    """The most that was seen of each."""

    rss_mb: float = 0.0
    pss_mb: float = 0.0

    def see(self, now: Memory) -> None:
        """Take a look into account."""
        self.rss_mb, self.pss_mb = max(self.rss_mb, now.rss_mb), max(self.pss_mb, now.pss_mb)


def main() -> int:
    parser = argparse.ArgumentParser(description="The whole service with thousands of sources.")
    parser.add_argument("--sources", type=int, default=6_000)
    parser.add_argument("--seconds", type=float, default=90.0, help="of the steady state")
    arguments = parser.parse_args()
    sources, seconds = arguments.sources, arguments.seconds
    say(f"Making {sources:,} feeds of {LENGTH} entries, and a server for them …")
    with (
        Publisher(sources, LENGTH, TURN) as publisher,
        BotApi() as api,
        tempfile.TemporaryDirectory() as folder,
    ):
        desk = api.private(api.person("Desk"))
        service = _Service(Path(folder), sources, publisher.port, api, desk.id)
        first, took = service.first_pass()
        start, steady, share, polls, news = service.steady(seconds)
    print()
    print(
        f"{sources:,} sources every {EVERY.seconds // 60} min, feeds of {LENGTH} entries; "
        f"{os.cpu_count()} processors."
    )
    print()
    print(f"{'':8}{'RSS MB':>8}{'PSS MB':>8}   promised {PROMISED_MB} MB of PSS")
    for name, peak in (("start", start), ("first", first), ("steady", steady)):
        print(f"{name:8}{peak.rss_mb:>8.0f}{peak.pss_mb:>8.0f}   {_kept(peak.pss_mb, PROMISED_MB)}")
    print()
    print(f"first: {sources / took:,.0f} feeds/s")
    print(
        f"steady: {polls / seconds:.1f} polls/s, of which {news / max(polls, 1):.1%} brought news: "
        f"{share:.2%} of one core, {share * seconds / max(polls, 1) * 1_000:.2f} ms a poll; "
        f"promised {PROMISED_SHARE:.0%}: {_kept(share, PROMISED_SHARE)}"
    )
    expected = sources / EVERY.total_seconds() * seconds
    if not 0.8 * expected < polls < 1.2 * expected:
        print(f"WRONG: {polls:,} polls in place of about {expected:,.0f}")
        return 1
    return 0


def _kept(found: float, promised: float) -> str:
    return "kept" if found <= promised else "NOT KEPT"


class _Service:
    """`tidewaiter run`, started twice on one database."""

    def __init__(self, folder: Path, sources: int, port: int, api: BotApi, chat: int) -> None:
        self._sources, self._port, self._chat = sources, port, chat
        self._database = folder / "tidewaiter.db"
        catalogue = folder / "desk.toml"
        catalogue.write_text(
            "".join(
                f'[[source]]\nid = "publication-{number}"\nname = "Publication {number}"\n'
                f'url = "{url_of(number, port)}"\nevery = "{EVERY.seconds // 60}m"\n\n'
                for number in range(sources)
            ),
            encoding="utf-8",
        )
        self._log = folder / "log"
        self._environment = {
            **os.environ,
            "TIDEWAITER_DATABASE": str(self._database),
            "TIDEWAITER_SOURCES": str(catalogue),
            "TIDEWAITER_ALLOW_HOSTS": "127.0.0.0/8",
            "TELEGRAM_BOT_TOKEN": api.token,
            "TELEGRAM_API_URL": api.url,
        }

    def first_pass(self) -> tuple[Peak, float]:
        """The peak of memory, and how many seconds it took."""
        asyncio.run(self._subscribe())
        peak = Peak()
        with _Running(self._environment, self._log) as running:
            started, told = time.monotonic(), 0.0
            while (stored := self._stored()) < self._sources:
                peak.see(running.memory())
                if time.monotonic() > told + 5:
                    say(f"First pass: {stored:,} of {self._sources:,} …")
                    told = time.monotonic()
                time.sleep(0.125)
            took = time.monotonic() - started
        return peak, took

    def steady(self, seconds: float) -> tuple[Peak, Peak, float, int, int]:
        """Memory at the start and at the peak, share of one core, polls, and those with news."""
        self._spread()
        publish(self._port, 1)
        start, peak = Peak(), Peak()
        with _Running(self._environment, self._log) as running:
            running.wait_until_it_asks(self._port)
            start.see(running.memory())
            say(f"Steady state: {SETTLING:g} s to settle, {seconds:g} s to measure …")
            _look(running, peak, SETTLING)
            before, cpu, at = answers(self._port), running.cpu(), time.monotonic()
            _look(running, peak, seconds)
            after, spent = answers(self._port), running.cpu() - cpu
            seconds = time.monotonic() - at
        counts = {status: after.get(status, 0) - before.get(status, 0) for status in after}
        return start, peak, spent / seconds, sum(counts.values()), counts.get(200, 0)

    async def _subscribe(self) -> None:
        """The desk's chat and what it watches."""
        from bot.domain.chat import Address, ChatKind, ChatState, Door
        from storage.store import SqliteStore

        store, now = SqliteStore(self._database), datetime.now(UTC)
        try:
            address = Address(door=Door.TELEGRAM, number=self._chat)
            chat = await store.ensure_chat(address, ChatKind.PRIVATE, "Desk", ChatState.ACTIVE, now)
            await store.add_watches(chat.chat_id, WATCHES, "bench", now)
        finally:
            store.close()

    def _stored(self) -> int:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as db:
            found: int = db.execute("SELECT sum(is_seeded) FROM fetch_states").fetchone()[0] or 0
        return found

    def _spread(self) -> None:
        """Give each source its own moment of the next ten minutes."""
        from storage.rows import stamp

        now = datetime.now(UTC)
        with closing(sqlite3.connect(self._database)) as db, db:
            db.executemany(
                "UPDATE fetch_states SET next_poll_at = ? WHERE source_id = ?",
                [
                    (stamp(now + EVERY * number / self._sources), f"publication-{number}")
                    for number in range(self._sources)
                ],
            )


class _Running:
    """The service's processes."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log

    def __enter__(self) -> _Running:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"], env=self._environment, stdout=log, stderr=log
            )
        self._seen: dict[int, float] = {}
        return self

    def __exit__(self, *_of_what: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=60)

    def pids(self) -> list[int]:
        """The service and its children. Raises RuntimeError where it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"the service ended: {self._log.read_text('utf-8')[-2_000:]}")
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        return [pid, *map(int, children)]

    def memory(self) -> Memory:
        """Of all processes, now."""
        return memory_of(self.pids())

    def cpu(self) -> float:
        """Seconds of processor of all processes that there were when it was asked for."""
        self._seen.update({pid: cpu_of(pid) or self._seen.get(pid, 0.0) for pid in self.pids()})
        return sum(self._seen.values())

    def wait_until_it_asks(self, port: int) -> None:
        """Until the first request has come."""
        while not answers(port):
            self.pids()
            time.sleep(0.05)


def _look(running: _Running, peak: Peak, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        peak.see(running.memory())
        running.cpu()  # a process that reads may end meanwhile
        time.sleep(0.125)


if __name__ == "__main__":
    sys.exit(main())
