"""What is remembered of sources comes back as it was."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import SourceId
from bot.domain.source import PollReason
from storage import sources
from storage.rows import moment, stamp
from tests.samples import NOW, source, state
from tests.storage.nouns import column


def test_a_new_source_is_due_at_once_and_not_seeded(db: sqlite3.Connection) -> None:
    sources.save_catalogue(db, [source()], NOW)
    found = sources.fetch_states(db)[SourceId("gazette")]
    assert (found.next_poll_at, found.is_seeded, found.last_polled_at) == (NOW, False, None)


def test_a_fetch_state_comes_back_as_it_was(db: sqlite3.Connection) -> None:
    sources.save_catalogue(db, [source(), source("wire")], NOW)
    whole = state(
        etag='W/"1"',
        last_modified="Thu, 08 Oct 2026 06:45:00 GMT",
        failures=2,
        last_polled_at=NOW,
        last_success_at=NOW - timedelta(days=1),
        last_outcome="blocked",
        last_detail="403",
        next_poll_at=NOW + timedelta(microseconds=1),
        last_full_at=NOW - timedelta(hours=2),
        fresh_for=timedelta(seconds=90),
        rhythm=bytes(range(168)),
        rhythm_at=NOW - timedelta(days=3),
        next_reason=PollReason.RETRY_AFTER,
    )
    sources.save_fetch_state(db, whole)
    assert sources.fetch_states(db)[SourceId("gazette")] == whole
    assert sources.fetch_states(db)[SourceId("wire")].etag is None


def test_a_source_that_left_the_catalogue_keeps_its_name_for_its_items(
    db: sqlite3.Connection,
) -> None:
    sources.save_catalogue(db, [source(), source("wire")], NOW)
    sources.save_catalogue(db, [source()], NOW)
    assert column(db, "SELECT name FROM sources ORDER BY name") == ["Gazette", "Wire"]


TIMES = st.datetimes(
    datetime(1000, 1, 1),  # noqa: DTZ001 - Hypothesis wants it naive and adds the zone
    timezones=st.just(UTC),
)


@given(TIMES, TIMES)
def test_times_as_text_compare_as_times_do(a: datetime, b: datetime) -> None:
    assert moment(stamp(a)) == a
    assert len(stamp(a)) == len("2026-10-08T06:45:00.000000Z")
    assert (stamp(a) < stamp(b)) == (a < b)
