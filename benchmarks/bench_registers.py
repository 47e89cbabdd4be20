"""Lists that change: 25 MB fetched, read, compared and stored, beside a bare pass over the bytes.

An invented list (benchmarks/registers.py) is served on loopback. Each measurement is a process of
its own, so that its peak memory is its own:

    first      the list for the first time: every row is stored
    same       the same bytes once more, answered with 200
    news       one entry in a hundred has changed: compared, told, matched, alerted, stored
    mass       one in four has
    all        every entry has

The floor is a process that reads the same bytes from a file and passes them through Python's csv
module, or through expat without handlers, and keeps nothing.

Exit status 1 where the memory is above the promise or an outcome is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it is run as a script

from benchmarks.registers import SHAPES, written

PROMISED_MB = 200
"""Of peak memory, for a list of 25 MB (issue 3)."""

EDITIONS = {"first": 0.0, "same": 0.0, "news": 0.01, "mass": 0.25, "all": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds a step, and megabytes: with all that is imported, and at the peak."""

    seconds: dict[str, float]
    items: dict[str, int]
    rows: int
    start_mb: float
    peak_mb: float


def main() -> int:
    parser = argparse.ArgumentParser(description="Lists that change, beside a bare pass.")
    parser.add_argument("--megabytes", type=float, default=25.0)
    parser.add_argument("--task", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        side, kind, where = arguments.task
        perform = _floor if side == "floor" else _whole
        print(json.dumps(asdict(perform(kind, where))))
        return 0
    faults = [fault for kind in SHAPES for fault in _compare(kind, int(arguments.megabytes * 1e6))]
    for fault in faults:
        print(f"WRONG: {fault}")
    return 1 if faults else 0


def _compare(kind: str, size: int) -> list[str]:
    bodies = {step: written(kind, size, changed) for step, changed in EDITIONS.items()}
    with tempfile.TemporaryDirectory() as folder, _Server(bodies) as server:
        file = Path(folder, "list")
        file.write_bytes(bodies["first"])
        floor = _start("floor", kind, str(file))
        ours = _start("tidewaiter", kind, f"http://127.0.0.1:{server.port}/")
    print(f"{kind}: {len(bodies['first']) / 1e6:.1f} MB, {ours.rows:,} entries")
    print(f"  {'':12}{'s':>8}{'items':>8}{'times the bare pass':>22}")
    bare = floor.seconds["pass"]
    print(f"  {'bare pass':12}{bare:>8.2f}")
    for step, seconds in ours.seconds.items():
        print(f"  {step:12}{seconds:>8.2f}{ours.items[step]:>8}{seconds / bare:>21.1f}×")
    kept = "kept" if ours.peak_mb < PROMISED_MB else "NOT KEPT"
    print(
        f"  peak memory {ours.peak_mb:.0f} MB ({ours.start_mb:.0f} MB before the first poll; bare "
        f"pass {floor.peak_mb:.0f} MB); promised below {PROMISED_MB} MB: {kept}\n"
    )
    faults = [] if ours.peak_mb < PROMISED_MB else [f"{kind}: {ours.peak_mb:.0f} MB"]
    told = {step: bool(items) for step, items in ours.items.items()}
    if told != {"first": False, "same": False, "news": True, "mass": True, "all": True}:
        faults.append(f"{kind}: items {ours.items}")
    return faults


def _start(side: str, kind: str, where: str) -> Figures:
    ended = subprocess.run(
        [sys.executable, __file__, "--task", side, kind, where],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return Figures(**json.loads(ended.stdout))


def _floor(kind: str, where: str) -> Figures:
    import csv
    from xml.parsers import expat

    start = _memory("VmRSS")
    began = time.perf_counter()
    body = Path(where).read_bytes()
    rows = 0
    if kind == "csv":
        with Path(where).open(encoding="utf-8", newline="") as lines:
            rows = sum(1 for _ in csv.reader(lines))
    else:
        expat.ParserCreate().Parse(body, True)
    seconds = time.perf_counter() - began
    return Figures(
        seconds={"pass": seconds}, items={}, rows=rows, start_mb=start, peak_mb=_memory("VmHWM")
    )


def _whole(kind: str, where: str) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_polled(kind, where, Path(folder, "bench.db")))


async def _polled(kind: str, where: str, database: Path) -> Figures:
    from datetime import timedelta

    from bot.app import user_agent
    from bot.clock import SystemClock
    from bot.domain.chat import Address, ChatKind, ChatState, Door
    from bot.domain.ids import SourceId
    from bot.domain.source import Source, SourceKind
    from bot.pipeline.poll import Poller
    from bot.sources.fetch import Fetcher
    from bot.sources.guard import AllowList
    from storage.store import SqliteStore

    clock = SystemClock()
    listed = Source(
        source_id=SourceId("list"),
        name="Restricted parties",
        url=where + "list",
        kind=SourceKind.REGISTER,
        languages=("en",),
        every=timedelta(hours=1),
        shape=SHAPES[kind],
    )
    store = SqliteStore(database)
    fetcher = Fetcher(user_agent=user_agent(""), allow=AllowList.parse("127.0.0.0/8"))
    seconds: dict[str, float] = {}
    items: dict[str, int] = {}
    try:
        now = clock.now()
        await store.save_catalogue([listed], now)
        chat = await store.ensure_chat(
            Address(door=Door.TELEGRAM, number=1), ChatKind.PRIVATE, "Desk", ChatState.ACTIVE, now
        )
        for watch in ("TIN-EO3", "bergen OR norway", "gallium"):
            await store.add_watch(chat.chat_id, watch, "bench", now)
        poller = Poller(store, fetcher, clock, [listed])
        start = _memory("VmRSS")
        for step in EDITIONS:
            await asyncio.to_thread(_serve, where, step)
            began = time.perf_counter()
            result = await poller.poll(listed)
            seconds[step] = time.perf_counter() - began
            if result.outcome != "fetched":
                raise RuntimeError(f"{step}: {result.outcome}: {result.detail}")
            items[step] = result.items
        peak = _memory("VmHWM")
        rows = len(await asyncio.to_thread(_keys, database))
    finally:
        await fetcher.aclose()
        store.close()
    return Figures(seconds=seconds, items=items, rows=rows, start_mb=start, peak_mb=peak)


def _keys(database: Path) -> list[str]:
    import sqlite3

    with sqlite3.connect(database) as db:
        return [key for (key,) in db.execute("SELECT key FROM version_rows")]


def _memory(name: str) -> float:
    """Megabytes of this process (Linux, proc_pid_status(5))."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1000
    raise RuntimeError(f"the system does not say {name}")


# The server


class _Server:
    """Serves one of the bodies at a time, from the process that starts the others."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self._step = "first"

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(handler) -> None:  # noqa: N805 - the library's name
                body = bodies[self._step]
                if handler.path.startswith("/serve/"):
                    self._step = handler.path.rpartition("/")[2]
                    body = b""
                elif handler.path != "/list":
                    body = b""
                handler.send_response(200 if handler.path != "/robots.txt" else 404)
                handler.send_header("Content-Type", "text/plain")
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(self, *_said: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> _Server:
        self._thread.start()
        return self

    def __exit__(self, *_how: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _serve(where: str, step: str) -> None:
    """Have the server serve this edition from now on."""
    import http.client
    from urllib.parse import urlsplit

    connection = http.client.HTTPConnection(urlsplit(where).netloc)
    connection.request("GET", f"/serve/{step}")
    connection.getresponse().read()
    connection.close()


if __name__ == "__main__":
    sys.exit(main())
