"""What a service has done since it started, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

BOUNDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of the durations' classes, in seconds."""


@dataclass(slots=True)
class Durations:
    """How long things took, in classes."""

    classes: list[int] = field(default_factory=lambda: [0] * len(BOUNDS))
    count: int = 0
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """One more; a clock that was set back makes none shorter than nothing."""
        seconds = max(seconds, 0.0)
        self.count += 1
        self.total += seconds
        for at, bound in enumerate(BOUNDS):
            self.classes[at] += seconds <= bound


@dataclass(slots=True)
class Meters:
    """All counts. Names are words of ours (an outcome, a state), never a source's or a chat's."""

    polls: Counter[str] = field(default_factory=Counter)
    items: int = 0
    matches: int = 0
    messages: int = 0
    poll_seconds: Durations = field(default_factory=Durations)
    settled: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    sent_after: Durations = field(default_factory=Durations)
    pings: Counter[str] = field(default_factory=Counter)
    backups: Counter[str] = field(default_factory=Counter)
    canaries: Counter[str] = field(default_factory=Counter)
