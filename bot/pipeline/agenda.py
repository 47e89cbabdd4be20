"""What is remembered of each source, in order of when it is asked next.

Thousands of sources are not looked through four times a second: a heap holds what is to come, and
what has come waits in a table of its own until it was asked.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from datetime import datetime

from bot.domain.ids import SourceId
from bot.domain.source import FetchState
from bot.sources.cadence import is_due


class Agenda:
    """The fetch states of all sources, and which of `asked` are due."""

    def __init__(self, states: Mapping[SourceId, FetchState], asked: Collection[SourceId]) -> None:
        """`asked` are those that may become due, in the order in which equals are asked."""
        self._states = dict(states)
        self._order = {source_id: place for place, source_id in enumerate(asked)}
        self._later: list[tuple[datetime, int, SourceId]] = []
        self._due: set[SourceId] = set()
        self._latest: datetime | None = None  # time that was seen; none before the first look

    def __getitem__(self, source_id: SourceId) -> FetchState:
        return self._states[source_id]

    def get(self, source_id: SourceId) -> FetchState | None:
        """The state of a source; None of one that is not known."""
        return self._states.get(source_id)

    def keep(self, state: FetchState) -> None:
        """What a poll came to; of a source that is not known, nothing is kept."""
        source_id = state.source_id
        if source_id not in self._states:
            return
        self._states[source_id] = state
        self._due.discard(source_id)
        if source_id in self._order:
            heapq.heappush(self._later, self._entry(state))
        polled_at = state.last_polled_at
        if self._latest is not None and polled_at is not None:
            self._latest = max(self._latest, polled_at)

    def due(self, now: datetime) -> list[SourceId]:
        """Those whose time has come and that were not asked since, the longest due first."""
        if self._latest is None or now < self._latest:
            self._look_at_all(now)  # a clock that was set back makes more due than the heap knows
        self._latest = now
        while self._later and self._later[0][0] <= now:
            at, _, source_id = heapq.heappop(self._later)
            if self._states[source_id].next_poll_at == at:  # else it was asked meanwhile
                self._due.add(source_id)
        return sorted(self._due, key=lambda each: self._entry(self._states[each]))

    def _look_at_all(self, now: datetime) -> None:
        states = [self._states[source_id] for source_id in self._order]
        self._due |= {state.source_id for state in states if is_due(state, now)}
        self._later = [self._entry(state) for state in states if state.source_id not in self._due]
        heapq.heapify(self._later)

    def _entry(self, state: FetchState) -> tuple[datetime, int, SourceId]:
        return state.next_poll_at, self._order[state.source_id], state.source_id
