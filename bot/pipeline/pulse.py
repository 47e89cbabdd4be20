"""The pulse of a service: signs of life are taken, judged, and told to an outside watchman.

The watchman (a dead man's switch, such as healthchecks.io) raises the alarm when the pings stop:
so it also notices what the service cannot, its own end. A ping goes out only where all is well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.chat import Door
from bot.domain.fetch import Fetched, FetchFailed, FetchRequest, Unchanged
from bot.domain.ids import SourceId
from bot.domain.source import Source
from bot.domain.vitals import Tick, Vitals
from bot.errors import StorageError
from bot.ports import Clock, Fetcher, Store
from bot.upkeep.judge import complaints, complaints_of_process

log = logging.getLogger(__name__)

_PATIENCE = 20.0
"""Seconds that the database is given: more than its wait for another program's lock."""


class Pulse:
    """Takes the signs of life, and knows the last ones."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        door: Door,
        ticks: Callable[[], Sequence[Tick]],
        heard_at: Callable[[], float | None],
        canary_age: Callable[[], float | None],
        stuck_after: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._door = door
        self._ticks = ticks
        self._heard_at = heard_at
        self._canary_age = canary_age
        self._stuck_after = stuck_after
        self._written_at = clock.monotonic()
        self._due_at: datetime | None = None
        self._has_room = True
        self._fault = ""
        self._said: tuple[str, ...] = ()
        self.has_beaten = False

    async def beat(self) -> None:
        """Write to the database, read from it, and log what has changed for better or worse."""
        now = self._clock.now()
        try:
            async with asyncio.timeout(_PATIENCE):
                self._has_room = await self._store.has_room()
                self._due_at = await self._store.next_due_at(self._door)
                if self._has_room:
                    await self._store.beat(now)
        except StorageError as error:
            self._fault = str(error)
        except TimeoutError:
            self._fault = ""  # it hangs: the age of the last write tells
        else:
            self._fault = ""
            self._written_at = self._clock.monotonic()
        self.has_beaten = True
        said = self.complaints()
        if said != () and self._said == ():
            log.error("not well: %s", " ".join(said))
        elif said == () and self._said != ():
            log.warning("well again")
        self._said = said

    @property
    def has_room(self) -> bool:
        """Whether the disk had room at the last beat."""
        return self._has_room

    def vitals(self) -> Vitals:
        """The signs of life now; asks nobody, so that it answers when all else hangs."""
        now = self._clock.monotonic()
        heard_at, due_at = self._heard_at(), self._due_at
        late = 0.0 if due_at is None else (self._clock.now() - due_at).total_seconds()
        return Vitals(
            ticks=tuple(self._ticks()),
            written_age=now - self._written_at,
            due_age=max(late, 0.0),
            heard_age=None if heard_at is None else now - heard_at,
            canary_age=self._canary_age(),
            has_room=self._has_room,
            fault=self._fault,
        )

    def complaints(self) -> tuple[str, ...]:
        """What is not well now."""
        return complaints(self.vitals(), self._stuck_after)

    def is_process_well(self) -> bool:
        """Whether a restart would mend nothing."""
        return not complaints_of_process(self.vitals())


class Ping:
    """Pings to the watchman, through a fetcher that guards addresses. Its URL is a secret."""

    def __init__(self, fetcher: Fetcher, url: str) -> None:
        self._fetcher = fetcher
        self._request = FetchRequest(
            source=Source(source_id=SourceId("ping"), name="the watchman", url=url)
        )
        self._was_good = True

    async def send(self) -> bool:
        """One ping; whether it was taken. What went wrong is logged, without the address."""
        outcome = await self._fetcher.fetch(self._request)
        is_good = isinstance(outcome, Fetched | Unchanged)
        if not is_good and self._was_good:
            log.warning(
                "the ping to TIDEWAITER_PING_URL was not taken (%s); an address in this network "
                "must stand in TIDEWAITER_ALLOW_HOSTS",
                # not its detail: that may hold the address
                outcome.kind if isinstance(outcome, FetchFailed) else "it turns us away",
            )
        elif is_good and not self._was_good:
            log.warning("the ping is taken again")
        self._was_good = is_good
        return is_good
