"""All that keeps a service up: its pulse, pings to outside, the canary, nightly backups."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from bot.domain.alarm import AlarmTopic, Trouble
from bot.domain.chat import Door
from bot.domain.ids import SourceId
from bot.domain.outbox import OutboxMessage, Settlement
from bot.domain.vitals import Census, Tick
from bot.errors import StorageError
from bot.notify import notify
from bot.pipeline.alarms import Alarms
from bot.pipeline.canary import Canary
from bot.pipeline.nightly import NightlyBackup
from bot.pipeline.poll import PollResult
from bot.pipeline.pulse import Ping, Pulse
from bot.ports import Clock, Fetcher, Store
from bot.settings import Settings
from bot.sources.read import BodyReader
from bot.upkeep.meters import Meters

log = logging.getLogger(__name__)

_CENSUS_PATIENCE = 5.0


class Upkeep:
    """The parts, put together as the settings ask for, and what they have counted."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: Settings,
        *,
        door: Door,
        read_with: BodyReader,
        ticks: Callable[[], Sequence[Tick]],
        heard_at: Callable[[], float | None],
        ping_with: Fetcher | None = None,
        on_queued: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._on_queued = on_queued
        self._alarms = Alarms(store, settings.admins)
        self.meters = Meters()
        folder = settings.backup_folder
        self.nightly = (
            NightlyBackup(
                store,
                clock,
                self._alarms,
                folder=folder,
                stem=settings.database.stem,
                hour=settings.backup_hour,
                keep=settings.backup_keep,
            )
            if folder
            else None
        )
        is_own = settings.canary == "on"
        self.canary = (
            Canary(
                store,
                clock,
                self._alarms,
                read_with=read_with,
                source_id=None if is_own else SourceId(settings.canary),
            )
            if settings.canary != "off"
            else None
        )
        self.pulse = Pulse(
            store,
            clock,
            door=door,
            ticks=ticks,
            heard_at=heard_at,
            # a publisher that is silent is no illness of ours
            canary_age=lambda: self.canary.age if self.canary and is_own else None,
            stuck_after=settings.stuck_after.total_seconds(),
        )
        self._ping = Ping(ping_with, settings.ping_url) if ping_with and settings.ping_url else None

    def polled(self, result: PollResult) -> None:
        """Count a poll."""
        self.meters.polls[result.outcome] += 1
        self.meters.poll_seconds.add(result.seconds)
        self.meters.items += result.applied.new_items
        self.meters.matches += result.applied.matches
        self.meters.messages += result.applied.messages

    def settled(self, message: OutboxMessage, settlement: Settlement) -> None:
        """Count an attempt to send."""
        self.meters.settled[settlement.state] += 1
        if settlement.state == "sent":
            waited = self._clock.now() - message.created_at
            self.meters.sent_after.add(waited.total_seconds())

    async def beat(self) -> None:
        """Take the pulse, tell systemd, and settle the alarm about the disk."""
        await self.pulse.beat()
        if self.pulse.is_process_well():
            notify(self._settings.notify_socket, "WATCHDOG=1")
        trouble = (
            None
            if self.pulse.has_room
            else Trouble(
                topic=AlarmTopic.DISK,
                detail="What is queued is still sent, and nothing new is read. Make room on the "
                "disk of the database (16 MiB at least); polling then goes on by itself.",
            )
        )
        self._wake_for(await self._alarms.settle(AlarmTopic.DISK, trouble, self._clock.now()))

    async def ping(self) -> None:
        """Ping the watchman where all is well; silence is the alarm."""
        if self._ping is None:
            return
        if not self.pulse.has_beaten or self.pulse.complaints():
            self.meters.pings["withheld"] += 1
        else:
            self.meters.pings["taken" if await self._ping.send() else "failed"] += 1

    async def sing(self) -> None:
        """Look for the canary."""
        if self.canary is not None:
            is_there = await self.canary.run()
            self.meters.canaries["ok" if is_there else "failed"] += 1
            self._on_queued()

    async def back_up(self) -> None:
        """Make the backup that is due, if one is."""
        if self.nightly is not None:
            before = self.nightly.made_at, self.nightly.failures
            try:
                self._wake_for(await self.nightly.run())
            except StorageError as error:
                log.warning("whether a backup is due cannot be said: %s", error)
            self.meters.backups["ok"] += self.nightly.made_at != before[0]
            self.meters.backups["failed"] += self.nightly.failures - before[1]

    async def census(self) -> Census | None:
        """How it stands with the outbox and the sources; None where the database does not say."""
        try:
            async with asyncio.timeout(_CENSUS_PATIENCE):
                return await self._store.census()
        except (StorageError, TimeoutError) as error:
            log.warning("no census: %s", error or "the database takes too long")
            return None

    def _wake_for(self, queued: int) -> None:
        if queued:
            self._on_queued()
