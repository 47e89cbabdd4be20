"""What the benchmarks measure with: wall clock, processor time, memory, and progress as they go."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of some processes: what each holds added up, and with what they share counted once."""

    rss_mb: float
    pss_mb: float


def memory_of(pids: Iterable[int]) -> Memory:
    """What these processes hold now (Linux, proc_pid_smaps_rollup(5)); nothing of one that has
    gone."""
    rss = pss = 0
    for pid in pids:
        try:
            lines = Path("/proc", str(pid), "smaps_rollup").read_text("ascii").splitlines()
        except OSError:
            continue
        sizes = {name: value.split() for name, _, value in (each.partition(":") for each in lines)}
        rss, pss = rss + int(sizes["Rss"][0]), pss + int(sizes["Pss"][0])
    return Memory(rss_mb=rss / 1_024, pss_mb=pss / 1_024)


def say(progress: str) -> None:
    """Tell how far it is, on standard error."""
    print(progress, file=sys.stderr, flush=True)
