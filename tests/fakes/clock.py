"""A clock that tests drive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 10, 8, 6, 45, tzinfo=UTC)
"""A Thursday, 08:45 in Brussels."""


class FakeClock:
    """Both clocks of bot.ports.Clock; time passes only when a test says so."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """The wall clock: aware UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return self._monotonic

    def advance(self, span: timedelta) -> datetime:
        """Let time pass on both clocks; the new wall-clock time."""
        self._now += span
        self._monotonic += span.total_seconds()
        return self._now

    def step_to(self, moment: datetime) -> None:
        """Set the wall clock, forwards or backwards; the monotonic one does not notice."""
        self._now = moment
