"""One backup a night, whatever the clock does, and old ones that go without taking all along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.upkeep.nights import KEEP_AT_LEAST, backup_name, expired, is_due, newest_night

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
MOMENTS = st.integers(0, 20 * 365 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
HOURS = st.integers(0, 23)


def names(count: int, last: datetime = NOON) -> list[str]:
    return [backup_name("desk", last - DAY * back) for back in range(count)]


@pytest.mark.parametrize(
    ("covered_at", "due"),
    [
        (NOON - DAY, True),
        (NOON.replace(hour=2, minute=59), True),
        (NOON.replace(hour=3), False),
        (NOON, False),
        (NOON - 9 * DAY, True),
        (NOON + DAY, True),  # made by a clock that was wrong
    ],
)
def test_a_backup_is_due_where_none_was_made_since_the_hour(
    covered_at: datetime, due: bool
) -> None:
    assert is_due(NOON, 3, covered_at) is due


@given(now=MOMENTS, hour=HOURS)
def test_what_was_made_now_is_enough_until_the_next_hour_and_not_beyond(
    now: datetime, hour: int
) -> None:
    night = newest_night(now, hour)
    assert timedelta(0) <= now - night < DAY
    assert not is_due(now, hour, now)
    assert not is_due(night + DAY - timedelta(microseconds=1), hour, now)
    assert is_due(night + DAY, hour, now)


@given(start=MOMENTS, hour=HOURS, steps=st.lists(st.integers(1, 3000), max_size=40))
def test_there_is_at_most_one_a_night(start: datetime, hour: int, steps: list[int]) -> None:
    now, covered, made = start, start, []
    for minutes in steps:
        now += timedelta(minutes=minutes)
        if is_due(now, hour, covered):
            covered = now
            made.append(newest_night(now, hour))
    assert len(made) == len(set(made))


def test_backups_of_more_than_thirty_days_go_the_oldest_first() -> None:
    kept = names(34)
    assert expired(kept, "desk", NOON, MONTH) == (kept[33], kept[32], kept[31])
    assert expired(kept[:31], "desk", NOON, MONTH) == ()


def test_a_clock_that_jumps_ahead_leaves_the_newest() -> None:
    kept = names(20)
    gone = expired(kept, "desk", NOON + 3650 * DAY, MONTH)
    assert set(kept) - set(gone) == set(kept[:KEEP_AT_LEAST])


FOREIGN = (
    "desk.db",
    "desk-2020-01-01.db.bak",
    "desk-2020-01-01.dbx",
    "my-desk-2020-01-01.db",
    "desk-2020-99-99.db",
    "desk-2020-1-1.db",
    "notes.txt",
    "other-2020-01-01.db",
    "desk-before-upgrade.db",
)


def test_no_other_file_of_the_folder_is_touched() -> None:
    assert expired([*names(40), *FOREIGN], "desk", NOON, MONTH) == expired(
        names(40), "desk", NOON, MONTH
    )
    assert expired(FOREIGN, "desk", NOON, MONTH) == ()


@given(now=MOMENTS, count=st.integers(0, 60), keep=st.integers(1, 90))
def test_what_is_young_stays_and_never_all_go(now: datetime, count: int, keep: int) -> None:
    kept = names(count, now)
    gone = set(expired(kept, "desk", now, timedelta(days=keep)))
    assert gone <= set(kept)
    assert len(set(kept) - gone) >= min(count, KEEP_AT_LEAST)
    assert not gone & set(kept[: keep + 1])
