"""A night has one verified backup; a failure is told once, and costs no older backup."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.outbox import MessageKind
from bot.pipeline.alarms import Alarms
from bot.pipeline.nightly import RETRY, NightlyBackup
from storage.store import SqliteStore
from tests.desk import Desk, wait
from tests.pipeline.outbox import promised
from tests.samples import item

EVENING = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)


class Watchman:
    """A desk with an operator, and its nights."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "kept"
        self.desk = Desk(folder)
        self.desk.clock.step_to(EVENING)
        self.desk.say("/start")
        self.desk.watch("notice")
        self.restart()
        self.look()

    def restart(self) -> None:
        """A new process: what was only in memory is gone."""
        store = self.desk.store
        self.nightly = NightlyBackup(
            store,
            self.desk.clock,
            Alarms(store, frozenset({100})),
            folder=self.folder,
            stem="desk",
            hour=3,
            keep=MONTH,
        )

    def look(self, after: timedelta = timedelta(0)) -> list[str]:
        """The job runs; the files that there are then."""
        self.desk.clock.advance(after)
        wait(self.nightly.run())
        return sorted(each.name for each in self.folder.iterdir()) if self.folder.exists() else []

    def notices(self) -> list[str]:
        return [each.text for each in promised(self.desk.store.path, MessageKind.NOTICE)]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Watchman]:
    made = Watchman(tmp_path)
    yield made
    made.desk.close()


def test_the_first_night_has_a_backup_and_no_moment_before_it(night: Watchman) -> None:
    assert night.look(6 * HOUR) == []
    assert night.look(HOUR) == ["desk-2026-11-25.db"]
    assert night.look(20 * HOUR) == ["desk-2026-11-25.db"]
    assert night.look(4 * HOUR) == ["desk-2026-11-25.db", "desk-2026-11-26.db"]
    assert night.folder.stat().st_mode & 0o777 == 0o700
    assert (night.folder / "desk-2026-11-25.db").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_a_database_that_opens_with_all_that_was_there(night: Watchman) -> None:
    night.desk.publish(item("Notice on gallium"))
    night.look(8 * HOUR)
    restored = SqliteStore(night.folder / "desk-2026-11-25.db")
    try:
        assert wait(restored.check()) == []
        assert [each.watch.text for each in wait(restored.active_watches())] == ["notice"]
        assert [each.item.title for each in wait(restored.latest_items(5))] == ["Notice on gallium"]
    finally:
        restored.close()


def test_a_night_that_was_slept_through_is_made_up_for_once(night: Watchman) -> None:
    night.restart()
    assert night.look(timedelta(days=5)) == ["desk-2026-11-29.db"]
    night.restart()
    assert night.look(HOUR) == ["desk-2026-11-29.db"]


def test_a_kill_between_the_copy_and_the_note_of_it_makes_no_second_one(night: Watchman) -> None:
    night.look(8 * HOUR)
    made = (night.folder / "desk-2026-11-25.db").stat().st_mtime_ns
    wait(night.desk.store.set_fact("backup_at", EVENING.isoformat()))
    night.restart()
    assert night.look() == ["desk-2026-11-25.db"]
    assert (night.folder / "desk-2026-11-25.db").stat().st_mtime_ns == made
    assert night.notices() == []


def test_after_a_month_the_oldest_goes_each_night(night: Watchman) -> None:
    for _ in range(33):
        found = night.look(timedelta(days=1))
    assert len(found) == 31
    assert found[0] == "desk-2026-11-27.db"


def test_a_failure_is_told_once_removes_nothing_and_is_told_to_be_over(night: Watchman) -> None:
    night.look(8 * HOUR)
    night.folder.rename(night.folder.with_name("away"))
    night.folder.write_text("a file in the way")
    for _ in range(30):
        night.desk.clock.advance(HOUR)
        wait(night.nightly.run())
        night.restart()
        wait(night.nightly.run())
    (said,) = night.notices()
    assert said.startswith("⚠️ The nightly backup failed\n")
    assert str(night.folder) in said and "TIDEWAITER_BACKUPS" in said
    assert "You will be told when it is over." in said
    night.folder.unlink()
    night.folder.with_name("away").rename(night.folder)
    assert len(night.look(HOUR)) == 2
    assert [each.partition(" (")[0] for each in night.notices()[1:]] == [
        "✓ The nightly backup works again"
    ]
    night.look(HOUR)
    assert len(night.notices()) == 2


def test_after_a_failure_an_hour_passes_before_the_next_try(night: Watchman) -> None:
    night.folder.write_text("a file in the way")
    night.desk.clock.advance(8 * HOUR)
    wait(night.nightly.run())
    night.folder.unlink()
    assert night.look(RETRY - timedelta(seconds=1)) == []
    assert night.look(timedelta(seconds=1)) == ["desk-2026-11-25.db"]


def test_a_disk_without_room_keeps_the_old_ones_and_says_what_is_needed(
    night: Watchman, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.look(8 * HOUR)
    real = shutil.disk_usage(night.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: real._replace(free=100 << 20))
    assert night.look(timedelta(days=60)) == ["desk-2026-11-25.db"]
    (said,) = night.notices()
    assert "has 100 MiB free" in said and "TIDEWAITER_BACKUP_DAYS" in said


def test_a_database_that_is_not_sound_gives_no_backup_and_costs_none(night: Watchman) -> None:
    night.look(8 * HOUR)

    night.desk.publish(item("Notice on gallium"))
    with closing(sqlite3.connect(night.desk.store.path)) as db, db:
        db.execute("UPDATE items_index_data SET block = x'00ff00ff00ff' WHERE id > 10")
    assert night.look(timedelta(days=60)) == ["desk-2026-11-25.db"]
    (said,) = night.notices()
    assert "is not sound" in said and "not kept" in said
