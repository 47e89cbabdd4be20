"""Who reads the bodies: real processes that are killed, stopped and left behind, and real signals.

Threads can be kept busy by a test, so that what is read meanwhile is read by the process. Tests
wait for events: for answers, and by `gone` for the end of a process.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import re
import select
import signal
import subprocess
import sys
import threading
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from bot.domain.fetch import Fetched, FetchFailed, Read, ReadOutcome
from bot.domain.source import Source
from bot.sources import read as reading
from bot.sources.read import read_body
from bot.sources.reader_process import ReaderProcess
from bot.sources.readers import AHEAD, CROWD, MAX_HANDED_BYTES, Readers
from tests.fakes.bodies import Deadly, Endless, Faulty, Held, Talkative, feed, trapped
from tests.fakes.feed_server import Exchange, FeedServer
from tests.samples import NOW, source

ROOT = Path(__file__).resolve().parents[2]
BUSY = 2  # bodies that the two threads have
SECONDS = 60.0  # until a test that waits for an event gives up


def run(work: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(SECONDS):
            await work

    asyncio.run(bounded())


@contextmanager
def busy_threads() -> Iterator[Callable[[], None]]:
    """The reading threads have other things to do, until they are released or the block ends."""
    release = threading.Event()
    busy = [reading._READERS.submit(release.wait) for _ in range(reading.THREADS)]
    try:
        yield release.set
    finally:
        release.set()
        assert all(each.result() for each in busy)


@asynccontextmanager
async def opened(**changes: Any) -> AsyncIterator[Readers]:
    readers = Readers(**({"cores": 2} | changes))
    try:
        yield readers
    finally:
        await readers.aclose()


def ask(readers: Readers, asked: Source, body: Fetched) -> asyncio.Task[ReadOutcome]:
    return asyncio.create_task(readers.read(asked, body, NOW))


def crowd(readers: Readers, count: int = BUSY + CROWD + 1) -> list[asyncio.Task[ReadOutcome]]:
    """So many bodies at once, the n-th titled "n"."""
    return [ask(readers, source(), feed(str(n))) for n in range(count)]


async def titles(*asked: asyncio.Task[ReadOutcome]) -> list[str]:
    """The first title of each page, once all have come."""
    outcomes = await asyncio.gather(*asked)
    for outcome in outcomes:
        assert isinstance(outcome, Read), outcome
    return [outcome.items[0].title for outcome in outcomes if isinstance(outcome, Read)]


def numbers(count: int) -> list[str]:
    return [str(n) for n in range(count)]


async def with_process(readers: Readers, release: Callable[[], None]) -> ReaderProcess:
    """Call the process by a crowd; it is idle and the threads are free when it is given back."""
    called = crowd(readers)
    await asyncio.wait(called[BUSY:])
    release()
    await titles(*called)
    assert readers.process is not None
    return readers.process


async def gone(pid: int) -> None:
    """Until the process has ended: with the system's own word for it."""
    await asyncio.get_running_loop().run_in_executor(None, wait_until_gone, pid)


def wait_until_gone(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], SECONDS)[0], f"process {pid} is still there"
    finally:
        os.close(handle)


# Who reads


def test_few_bodies_are_read_in_threads_and_start_no_process() -> None:
    async def read_a_few() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                asked = crowd(readers, BUSY + CROWD)
                await asyncio.sleep(0)
                assert readers._starting is None
                release()
                assert await titles(*asked) == numbers(BUSY + CROWD)
                assert readers.process is None

    run(read_a_few())


def test_a_crowd_is_read_by_a_process_to_the_same_pages() -> None:
    body = feed("Gallium licences", "Ausfuhr von Gallium", "关于稀土的公告")

    async def read_many() -> None:
        async with opened() as readers:
            with busy_threads():
                asked = [ask(readers, source(), body) for _ in range(20)]
                pages = await asyncio.gather(*asked[BUSY:])
                assert readers.process is not None
                assert set(pages) == {read_body(source(), body, NOW)}
            await asyncio.gather(*asked)

    run(read_many())


def test_a_machine_of_one_core_gets_no_process() -> None:
    async def read_many() -> None:
        async with opened(cores=1) as readers:
            assert await titles(*crowd(readers, 50)) == numbers(50)
            assert readers.process is None and readers._starting is None

    run(read_many())


def test_threads_help_where_the_process_is_slow(tmp_path: Path) -> None:
    """A body that takes a minute must not hold up the others for a minute."""
    pipe = tmp_path / "held"
    os.mkfifo(pipe)

    async def read_beside_a_slow_one() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            slow = ask(readers, trapped(Held(pipe)), feed("slow"))
            behind = ask(readers, source(), feed("behind"))
            assert await titles(*crowd(readers, 10)) == numbers(10)
            assert not slow.done() and not behind.done()
            pipe.write_bytes(b"go on")
            assert await titles(slow, behind) == ["slow", "behind"]
            assert readers.process is process

    run(read_beside_a_slow_one())


def test_a_long_list_is_not_copied_to_the_process() -> None:
    """Its memory is promised to be little more than its own (benchmarks/bench_registers.py)."""
    long = feed("x" * MAX_HANDED_BYTES)

    async def read_a_long_one() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                await with_process(readers, release)
            with busy_threads() as release:
                slow = ask(readers, source(), long)
                assert await titles(ask(readers, source(), feed("short"))) == ["short"]
                assert not slow.done()
                release()
                assert isinstance(await slow, Read)

    run(read_a_long_one())


def test_a_process_without_work_ends_and_another_crowd_gets_another() -> None:
    async def read_twice() -> None:
        async with opened(idle=timedelta(0)) as readers:
            pids = set()
            for _ in range(2):
                with busy_threads() as release:
                    called = crowd(readers, 20)
                    await asyncio.wait(called[BUSY:], return_when=asyncio.FIRST_COMPLETED)
                    pid = readers._process.pid if readers._process else 0
                    release()
                    assert await titles(*called) == numbers(20)
                await gone(pid)
                assert readers.process is None
                pids.add(pid)
            assert len(pids) == 2

    run(read_twice())


def test_a_body_that_is_given_up_does_not_mix_up_the_others(tmp_path: Path) -> None:
    """Its answer, which nobody waits for, is not taken for the next one's."""
    pipe = tmp_path / "held"
    os.mkfifo(pipe)

    async def give_up() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            slow = ask(readers, trapped(Held(pipe)), feed("slow"))
            others = crowd(readers)
            await asyncio.sleep(0)
            slow.cancel()
            assert await titles(*others) == numbers(len(others))
            assert slow.cancelled()
            await gone(process.pid)

    run(give_up())


def test_bodies_that_are_given_up_while_they_wait_leave_room_for_others() -> None:
    async def give_up() -> None:
        async with opened(cores=1) as readers:
            with busy_threads() as release:
                asked = crowd(readers, 10)
                await asyncio.sleep(0)
                for each in asked:
                    each.cancel()
                await asyncio.wait(asked)
                release()
            assert await titles(*crowd(readers, 10)) == numbers(10)

    run(give_up())


def test_what_a_parser_prints_is_no_answer_and_reaches_no_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def read_the_talkative() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            asked = [ask(readers, trapped(Talkative()), feed("said")) for _ in range(AHEAD)]
            assert await titles(*asked) == ["said"] * AHEAD
            assert readers.process is process

    run(read_the_talkative())
    assert capfd.readouterr() == ("", "")


# Deaths


def test_a_killed_process_costs_no_body_its_page() -> None:
    async def kill_between() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            asked = crowd(readers, 30)
            await asyncio.sleep(0)
            assert process.given == AHEAD
            os.kill(process.pid, signal.SIGKILL)
            assert await titles(*asked) == numbers(30)

    run(kill_between())


def test_an_idle_process_that_is_killed_is_not_missed() -> None:
    async def kill_idle() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            os.kill(process.pid, signal.SIGKILL)
            await gone(process.pid)
            assert await titles(*crowd(readers, 3)) == numbers(3)

    run(kill_idle())


def test_a_body_that_ends_the_process_twice_is_given_up_and_all_others_are_read() -> None:
    async def read_the_deadly() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                await with_process(readers, release)
            deadly = ask(readers, trapped(Deadly()), feed("deadly"))
            others = crowd(readers, 20)
            assert await titles(*others) == numbers(20)
            outcome = await deadly
            assert isinstance(outcome, FetchFailed)
            assert outcome.kind == "hostile"
            assert outcome.detail.startswith("trap: ")
            assert "twice" in outcome.detail and "SIGKILL" in outcome.detail

    run(read_the_deadly())


def test_a_body_that_was_there_when_the_process_ended_is_read_again(tmp_path: Path) -> None:
    """It was not the body's fault: somebody killed the process, or the memory was short."""

    async def read_twice() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                await with_process(readers, release)
            mark = tmp_path / "killed"
            assert await titles(ask(readers, trapped(Deadly(mark)), feed("fine"))) == ["fine"]
            assert mark.exists()

    run(read_twice())


def test_a_body_that_takes_too_long_is_given_up_and_all_others_are_read() -> None:
    async def read_the_endless() -> None:
        async with opened(deadline=timedelta(seconds=2)) as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            endless = ask(readers, trapped(Endless()), feed("endless"))
            assert await titles(*crowd(readers, 20)) == numbers(20)
            outcome = await endless
            assert isinstance(outcome, FetchFailed)
            assert outcome.kind == "hostile"
            assert "within 2 seconds" in outcome.detail
            await gone(process.pid)

    run(read_the_endless())


def test_a_fault_in_the_process_shows_itself_in_the_service() -> None:
    async def read_the_faulty() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            with pytest.raises(RuntimeError, match="a fault of ours"):
                await ask(readers, trapped(Faulty(), spares_nobody=True), feed("x"))
            assert readers.process is process

    run(read_the_faulty())


@pytest.mark.parametrize(
    ("program", "why"), [("/no/such/python", "No such file"), ("/bin/false", "exit code 1")]
)
def test_where_no_process_can_be_started_threads_go_on_and_it_is_said_once(
    program: str, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", program)

    async def read_many() -> None:
        async with opened() as readers:
            for _ in range(2):
                with busy_threads():
                    asked = crowd(readers)
                    await asyncio.sleep(0)
                    if readers._starting is not None:
                        await readers._starting
                assert await titles(*asked) == numbers(len(asked))

    with caplog.at_level(logging.WARNING):
        run(read_many())
    (said,) = caplog.messages
    assert why in said


def test_a_service_whose_program_was_replaced_starts_no_process_of_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An update under a running service: the two would misunderstand each other's pages."""
    module = types.ModuleType("bot.replaced")
    file = tmp_path / "replaced.py"
    file.write_text("old", "utf-8")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, module.__name__, module)

    async def read_after_an_update() -> None:
        async with opened() as readers:
            file.write_text("newer", "utf-8")
            with busy_threads():
                asked = crowd(readers)
                await asyncio.sleep(0)
                assert readers._starting is not None
                await readers._starting
            assert await titles(*asked) == numbers(len(asked))
            assert readers.process is None

    with caplog.at_level(logging.WARNING):
        run(read_after_an_update())
    (said,) = caplog.messages
    assert "start the service anew" in said


# Ends


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_the_process_leaves_signals_to_the_service(name: signal.Signals) -> None:
    """Ctrl-C and service managers tell the whole group, and there may be bodies to read yet."""

    async def signal_it() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            os.kill(process.pid, name)
            assert await titles(ask(readers, source(), feed("after"))) == ["after"]
            assert readers.process is process

    run(signal_it())


def test_closing_ends_the_process_and_leaves_the_threads() -> None:
    async def close() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            asked = crowd(readers, 20)
            await asyncio.sleep(0)
            await readers.aclose()
            await gone(process.pid)
            assert await titles(*asked, *crowd(readers, 20)) == numbers(20) * 2
            assert readers.process is None and readers._starting is None

    run(close())


def test_closing_while_the_process_starts_leaves_none() -> None:
    async def close() -> None:
        async with opened() as readers:
            with busy_threads() as release:
                asked = crowd(readers)
                await asyncio.sleep(0)
                assert readers._starting is not None
                await readers.aclose()
                release()
                assert await titles(*asked) == numbers(len(asked))
                assert readers.process is None

    run(close())


def _abandon(told: Connection) -> None:
    """A service with a process that reads for ever; told its number, it can be killed."""

    async def read_for_ever() -> None:
        async with opened(deadline=timedelta(hours=1)) as readers:
            with busy_threads() as release:
                process = await with_process(readers, release)
            endless = ask(readers, trapped(Endless()), feed("endless"))
            await asyncio.sleep(0)
            told.send(process.pid)
            await endless

    asyncio.run(read_for_ever())


def test_a_process_whose_service_was_killed_ends_in_the_middle_of_a_body() -> None:
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    service = context.Process(target=_abandon, args=(tell,))
    service.start()
    pid = told.recv()
    service.kill()
    service.join()
    wait_until_gone(pid)
    service.close()


_BUSY = """
import os, sys
from bot.cli import main
from bot.sources.read import THREADS, _READERS
for _ in range(THREADS):
    _READERS.submit(lambda: os.read(os.open(sys.argv[1], os.O_RDONLY), 1))
sys.exit(main(sys.argv[2:]))
"""


class Service:
    """`tidewaiter` whose threads are busy until a crowd has called the process; one of its sources
    keeps its answer back until it is released."""

    def __init__(self, folder: Path, feeds: FeedServer, *arguments: str) -> None:
        self.release = threading.Event()
        tables = []
        for n in range(BUSY + CROWD + 1):
            feeds.serve(f"/{n}.xml", feed("Gallium notice").body)
            tables.append(f'[[source]]\nid = "s{n}"\nurl = "{feeds.url(f"/{n}.xml")}"\n')
        feeds.answer("/last.xml", self._keep_back)
        tables.append(f'[[source]]\nid = "last"\nurl = "{feeds.url("/last.xml")}"\n')
        catalogue = folder / "sources.toml"
        catalogue.write_text("".join(tables), "utf-8")
        pipe = folder / "busy"
        os.mkfifo(pipe)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BUSY, str(pipe), *arguments],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PYTHONWARNINGS": "error",
                "TIDEWAITER_DATABASE": str(folder / "desk.db"),
                "TIDEWAITER_SOURCES": str(catalogue),
                "TIDEWAITER_ALLOW_HOSTS": "127.0.0.1",
                "TIDEWAITER_LOG_LEVEL": "INFO",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        assert self.process.stderr is not None
        self.said: list[str] = []
        for line in self.process.stderr:
            self.said.append(line)
            found = re.search(r"a crowd waits to be read: process (\d+) helps", line)
            if found:
                self.reader = int(found.group(1))
                break
        else:
            raise AssertionError("".join(self.said))
        busy = os.open(pipe, os.O_RDWR)
        os.write(busy, b"x" * reading.THREADS)
        self._busy = busy

    def _keep_back(self, exchange: Exchange) -> None:
        self.release.wait(SECONDS)
        exchange.reply(200, {}, feed("The last").body)

    def end(self) -> str:
        """Wait for the end of both; what was written to standard error."""
        _, err = self.process.communicate(timeout=SECONDS)
        os.close(self._busy)
        wait_until_gone(self.reader)
        return "".join(self.said) + err


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.mark.parametrize("arguments", [("run", "--no-sample"), ("poll", "--all")], ids=" ".join)
@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_a_command_that_is_told_to_end(
    tmp_path: Path, feeds: FeedServer, arguments: tuple[str, ...], name: signal.Signals
) -> None:
    """Told as by Ctrl-C or a service manager: the whole group. Only SIGKILL goes to the one."""
    service = Service(tmp_path, feeds, *arguments)
    if name == signal.SIGKILL:
        service.process.kill()
    else:
        os.killpg(service.process.pid, name)
    err = service.end()
    service.release.set()
    assert "Traceback" not in err
    if name != signal.SIGKILL and arguments[0] == "run":
        assert service.process.returncode == 0


def test_no_process_outlives_a_command_that_comes_to_its_end(
    tmp_path: Path, feeds: FeedServer
) -> None:
    service = Service(tmp_path, feeds, "poll", "--all")
    service.release.set()
    assert "Traceback" not in service.end()
    assert service.process.returncode == 0
