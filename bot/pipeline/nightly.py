"""The nightly backup: when it is due, one verified copy; old ones go only after it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot.domain.alarm import AlarmTopic, Trouble
from bot.errors import StorageError
from bot.pipeline.alarms import Alarms
from bot.ports import Clock, Store
from bot.upkeep.nights import backup_name, expired, is_due

log = logging.getLogger(__name__)

COVERED = "backup_at"
"""The fact that says when the last backup was made; at first, from when on nights are counted."""

RETRY = timedelta(hours=1)
"""After a backup that failed."""


class NightlyBackup:
    """Makes the backup of each night into a folder, named by its date."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        alarms: Alarms,
        *,
        folder: Path,
        stem: str,
        hour: int,
        keep: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._alarms = alarms
        self._folder = folder
        self._stem = stem
        self._hour = hour
        self._keep = keep
        self._failed_at: float | None = None
        self._trouble: Trouble | None = None
        self.made_at: datetime | None = None
        self.failures = 0

    async def run(self) -> int:
        """Make the backup that is due, if one is; returns how many operators are to be told of a
        change."""
        now = self._clock.now()
        known = await self._store.fact(COVERED)
        if known is None:
            await self._store.set_fact(COVERED, now.isoformat())
        covered_at = datetime.fromisoformat(known) if known else now
        if is_due(now, self._hour, covered_at) and self._may_try():
            await self._make(now)
        return await self._alarms.settle(AlarmTopic.BACKUP, self._trouble, now)

    def _may_try(self) -> bool:
        waited = self._clock.monotonic() - (self._failed_at or 0.0)
        return self._failed_at is None or waited >= RETRY.total_seconds()

    async def _make(self, now: datetime) -> None:
        try:
            size = await self._store.keep_backup(
                self._folder / backup_name(self._stem, now),
                partial(expired, stem=self._stem, now=now, keep=self._keep),
            )
        except StorageError as error:
            log.error("the nightly backup failed: %s", error)  # noqa: TRY400 - expected
            self._failed_at = self._clock.monotonic()
            self.failures += 1
            self._trouble = Trouble(topic=AlarmTopic.BACKUP, detail=str(error))
            return
        log.info("nightly backup: %s bytes", size)
        self._failed_at = self._trouble = None
        self.made_at = now
        await self._store.set_fact(COVERED, now.isoformat())
