"""Polls of one source in a line: what each brings, and what becomes of its health."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.fetch import (
    Blocked,
    FetchFailed,
    NotAFeed,
    PageFacts,
    Read,
    ReadOutcome,
    Unchanged,
)
from bot.domain.health import Complaint, Sighted, SourceHealth, Verdict
from bot.domain.source import FetchState, Source
from bot.health.observe import observe
from bot.sources.cadence import after_poll
from tests.samples import source, state

MONDAY = datetime(2026, 9, 28, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

DOWN = FetchFailed(kind="status", detail="gazette.example answered 503", status=503)
GONE = FetchFailed(kind="status", detail="gazette.example answered 404", status=404)
LATE = FetchFailed(kind="timeout", detail="gazette.example had not finished answering")
WALL = NotAFeed(detail="gazette: an HTML page titled 'Just a moment...'")
FORBIDDEN = Blocked(detail="gazette.example answered 403", status=403)
BUSY = Blocked(detail="gazette.example answered 429", status=429, retry_after=HOUR)
SAME = Unchanged()


def facts(entries: int = 20, **changes: Any) -> PageFacts:
    """A page as it always is."""
    made = PageFacts(entries=entries, title_chars=60 * entries, host="gazette.example")
    return replace(made, **changes)


def page(entries: int = 20, **changes: Any) -> Read:
    """A reading of such a page; its validators are those that the source always sends."""
    return Read(items=(), etag='"1"', facts=facts(entries, **changes))


class Patient:
    """A source and its health, poll by poll."""

    def __init__(self, of: Source | None = None, now: datetime = MONDAY) -> None:
        self.source = of or source(jurisdiction="EU", zone="UTC")
        self.now = now
        self.state: FetchState = state(is_seeded=False)
        self.health = SourceHealth(source_id=self.source.source_id)
        self.verdict = Verdict()
        self.found: list[Complaint] = []
        self.healed = 0

    def poll(
        self,
        outcome: ReadOutcome,
        *,
        fresh: int = 0,
        known: int | None = None,
        lively: int = 0,
        is_full: bool = False,
        after: timedelta = HOUR,
    ) -> Verdict:
        """One poll; by default it brings what is known already."""
        self.now += after
        entries = outcome.facts.entries if isinstance(outcome, Read) and outcome.facts else 0
        had = self.health.ailment
        self.health, self.verdict = observe(
            self.health,
            self.source,
            outcome,
            self.now,
            before=self.state,
            sighted=Sighted(
                fresh=fresh, known=entries - fresh if known is None else known, lively=lively
            ),
            is_full=is_full,
        )
        self.state = after_poll(self.state, self.source, outcome, now=self.now, jitter=0.5)
        has = self.health.ailment
        if has and (had is None or had.found_at != has.found_at):
            self.found.append(has.complaint)
        self.healed += had is not None and has is None
        return self.verdict

    def polls(self, *outcomes: ReadOutcome, after: timedelta = HOUR) -> None:
        """One after the other."""
        for outcome in outcomes:
            self.poll(outcome, after=after)

    @property
    def complaint(self) -> Complaint | None:
        """What ails it now."""
        return self.health.ailment.complaint if self.health.ailment else None

    def grow_up(self, days: int = 30, entries: int = 20, **changes: Any) -> Patient:
        """So many days, with one new entry each working day; a poll every six hours."""
        self.poll(page(entries, **changes), fresh=entries)
        for _ in range(days):
            is_working = (self.now + DAY).isoweekday() <= 5
            self.poll(page(entries, **changes), fresh=int(is_working), after=6 * HOUR)
            for _ in range(3):
                self.poll(SAME, after=6 * HOUR)
        return self
