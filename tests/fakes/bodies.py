"""Answers that do to the process which reads them what no body should, by the kind of their source.

A test's own process is spared where the kind says so. Kinds are pickled with their source, so the
reading process imports this module: it holds nothing that is slow to import.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.domain.fetch import Fetched
from bot.domain.source import Source, SourceKind
from tests.samples import source


@dataclass(eq=False)
class Trapped:
    """A kind that springs when it is compared, as a parser is about to be chosen."""

    spring: Callable[[], object]
    spared: int

    def __eq__(self, other: object) -> bool:
        if os.getpid() != self.spared:
            self.spring()
        return other is SourceKind.FEED

    __hash__ = None  # type: ignore[assignment]


@dataclass
class Deadly:
    """Ends the process. With a `mark`, once: the file says that it has."""

    mark: Path | None = None

    def __call__(self) -> None:
        if self.mark is None or not self.mark.exists():
            if self.mark is not None:
                self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Held:
    """Does not come to its end before somebody writes into a named pipe."""

    pipe: Path

    def __call__(self) -> None:
        self.pipe.read_bytes()


class Endless:
    """Never comes to its end."""

    def __call__(self) -> None:
        while True:
            signal.pause()


class Talkative:
    """Writes to standard output and error, by Python and past it, and asks standard input."""

    def __call__(self) -> None:
        print("Hello!", flush=True)
        os.write(1, b"Hello!")
        os.write(2, b"Hello!")
        os.read(0, 1)


class Faulty:
    """Raises."""

    def __call__(self) -> None:
        raise RuntimeError("a fault of ours")


def feed(*titles: str) -> Fetched:
    """An answer with these entries."""
    items = "".join(f"<item><guid>{title}</guid><title>{title}</title></item>" for title in titles)
    return Fetched(body=f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())


def trapped(spring: Callable[[], object], *, spares_nobody: bool = False) -> Source:
    """A source whose answers do this where they are read, but for the process that calls."""
    return source("trap", kind=Trapped(spring, 0 if spares_nobody else os.getpid()))
