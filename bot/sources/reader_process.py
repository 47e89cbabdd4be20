"""A process that reads bodies for the service: the service's end of it, and its own.

    service   (work, its arguments) -> stdin    the process   work(*arguments)
              what it returns       <- stdout

The work is a function of the sources room, read_body for most.

Questions and answers are pickles with their length before them; answers come in the order of the
questions. The process keeps nothing, so the service ends it by SIGKILL. It ends by itself when its
standard input is closed: by the system, where the service itself was killed.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import resource
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, TypeVar

from bot.domain.fetch import Fetched, ReadOutcome
from bot.domain.source import Source

STARTING = timedelta(seconds=60)
"""For importing the parsers, which takes less than one."""

_LENGTH_BYTES = 8
# The path of the service, so that the same modules are found whatever the service was started by.
_PROGRAM = """\
import sys
deadline, room, *sys.path = sys.argv[1:]
from bot.sources.reader_process import serve
serve(float(deadline), int(room))
"""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The process ended without an answer. `was_read` tells the body that was being read then;
    `is_late` that its time was over; `said` is how the process ended, for a person."""

    was_read: bool = False
    is_late: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Reading raised, which it never should; a second reading in the service shows where."""


class ReaderProcess:
    """The service's end. Made by `start_reader`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._turn = asyncio.Lock()
        self._is_ended = False
        self.given = 0
        """Bodies that it has; for who gives them."""

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return not self._is_ended and self._process.returncode is None

    async def read(
        self, source: Source, fetched: Fetched, now: datetime
    ) -> ReadOutcome | Fault | Lost:
        """read_body, over there."""
        from bot.sources.read import read_body

        return await self.ask(read_body, source, fetched, now)

    async def ask(self, work: Callable[..., _T], *arguments: object) -> _T | Fault | Lost:
        """Any function of a module, over there. A second question may be asked before the first is
        answered."""
        try:
            # nothing is awaited between the question and the place in the queue for its answer
            self._stdin.write(_packed((work, arguments)))
            async with self._turn:
                if self._is_ended:
                    return Lost()
                answer = await self._answer()
            outcome: _T | Fault = pickle.loads(answer)
        except asyncio.IncompleteReadError:
            if self._is_ended:
                return Lost()  # by our own hand
            self._is_ended = True  # the next in the queue was not being read
            return await self._lost()
        except BaseException:
            # the answer that is not waited for would be taken for that of the next question
            self.kill()
            raise
        return outcome

    async def is_ready(self) -> bool:
        """Whether it came up: it says so once it has imported the parsers."""
        try:
            return await self._answer() == b""
        except asyncio.IncompleteReadError:
            return False

    def kill(self) -> None:
        """End it now."""
        self._is_ended = True
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """End it, and wait until it has gone."""
        self.kill()
        self._stdin.close()
        with suppress(ConnectionError):
            await self._stdin.wait_closed()
        await self._process.wait()

    async def _answer(self) -> bytes:
        length = await self._stdout.readexactly(_LENGTH_BYTES)
        return await self._stdout.readexactly(int.from_bytes(length))

    async def _lost(self) -> Lost:
        code = await self._process.wait()
        await self.end()
        is_late = code == -signal.SIGALRM
        return Lost(was_read=True, is_late=is_late, said=_how_it_ended(code))


Code = Mapping[str, tuple[int, int]]
"""Source files that were loaded, with their size and time."""


def loaded_code() -> Code:
    """The code that this process runs, as it is on the disk by now."""
    files = {
        module.__file__
        for name, module in list(sys.modules.items())
        if name.startswith("bot.") and getattr(module, "__file__", None)
    }
    return {file: _stamp(file) for file in files if file is not None}


def _stamp(file: str) -> tuple[int, int]:
    try:
        found = Path(file).stat()
    except OSError:
        return 0, 0  # it has gone, or never was a file of its own
    return found.st_size, found.st_mtime_ns


async def start_reader(deadline: timedelta, code: Code, *, room: int = 0) -> ReaderProcess | str:
    """A process that is ready to read, each body within the deadline; or why there is none.

    `code` is what this process runs: pickles of another version of it would be misunderstood.
    `room` is how many bytes more than at its start it may take, where that is to be bounded.
    """
    reader = await _start(deadline, room)
    if any(_stamp(file) != stamp for file, stamp in code.items()):
        if isinstance(reader, ReaderProcess):
            await reader.end()
        return "the program on the disk is another by now; start the service anew"
    return reader


async def _start(deadline: timedelta, room: int) -> ReaderProcess | str:
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _PROGRAM,
            str(deadline.total_seconds()),
            str(room),
            *sys.path,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            process_group=0,  # Ctrl-C in a terminal is for the service alone
        )
    except OSError as error:
        return error.strerror or type(error).__name__
    reader = ReaderProcess(process)
    try:
        if await reader.is_ready():
            return reader
        said = _how_it_ended(await process.wait())
        await reader.end()
    except asyncio.CancelledError:
        await reader.end()
        raise
    return said


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _packed(value: object) -> bytes:
    pickled = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return len(pickled).to_bytes(_LENGTH_BYTES) + pickled


def serve(deadline: float, room: int = 0) -> None:
    """The process itself: answer what is asked until standard input ends.

    A body that is not read within the deadline (seconds) ends it by SIGALRM, which no parser that
    holds the interpreter can put off, and for which the service need not be alive.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, STARTING.total_seconds())
    for name in (signal.SIGINT, signal.SIGTERM):
        # service managers tell every process; the service decides when this one is done
        signal.signal(name, signal.SIG_IGN)
    asked = os.fdopen(os.dup(0), "rb")
    said = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("r+b") as nothing:  # whatever a parser prints is no answer
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    threading.Thread(target=_end_with, args=(asked.fileno(),), daemon=True).start()
    with suppress(OSError):
        # short of memory, the kernel takes this process rather than the service
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    import_module("bot.sources.read")
    if room:
        if find_spec("trafilatura") is not None:
            import_module("trafilatura")
        _confine(room)
    signal.setitimer(signal.ITIMER_REAL, 0)
    with suppress(BrokenPipeError):
        _say(said, bytes(_LENGTH_BYTES))
        while question := _heard(asked):
            signal.setitimer(signal.ITIMER_REAL, deadline)
            try:
                work, arguments = pickle.loads(question)
                answer = _packed(work(*arguments))
            except Exception:  # noqa: BLE001
                # whatever it is, it must show in the service and not end the process
                answer = _packed(Fault())
            signal.setitimer(signal.ITIMER_REAL, 0)
            _say(said, answer)


def _confine(room: int) -> None:
    """Let the process take no more than `room` bytes beyond what it has; where that cannot be known
    its deadline is the only bound."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + room
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _end_with(asked: int) -> None:
    """End the process when nobody can ask any more, even in the middle of a body."""
    closed = select.poll()
    closed.register(asked, 0)  # no event but the end, which is always told
    closed.poll()
    os._exit(0)


def _heard(asked: BinaryIO) -> bytes:
    """The next question; b"" where there will be none."""
    length = int.from_bytes(asked.read(_LENGTH_BYTES))
    question = asked.read(length)
    return question if len(question) == length else b""


def _say(said: BinaryIO, packed: bytes) -> None:
    said.write(packed)
    said.flush()
