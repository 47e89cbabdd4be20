"""What the benchmarks measure with: wall clock, processor time, memory, and progress as they go."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase of one run: `feeds` polls took `seconds` of wall clock and `cpu` of processor."""

    feeds: int
    seconds: float
    cpu: float


class Stopwatch:
    """Measures one phase, from its making on."""

    def __init__(self, beside: Callable[[], float] = lambda: 0.0) -> None:
        """`beside` gives the processor time of a second process, in seconds."""
        self._beside = beside
        self._wall, self._cpu = time.perf_counter(), time.process_time() + beside()

    def phase(self, feeds: int) -> Phase:
        """What it took until now."""
        return Phase(
            feeds=feeds,
            seconds=time.perf_counter() - self._wall,
            cpu=time.process_time() + self._beside() - self._cpu,
        )


def cpu_of(pid: int) -> float:
    """Seconds of processor that a process has taken (Linux, proc_pid_stat(5)); 0 of one that has
    gone."""
    try:
        after_name = Path("/proc", str(pid), "stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def say(progress: str) -> None:
    """Tell how far it is, on standard error."""
    print(progress, file=sys.stderr, flush=True)
