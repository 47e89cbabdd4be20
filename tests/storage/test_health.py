"""The health of sources comes back as it was, and is told in the transaction that notes it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.health import (
    Ailment,
    Complaint,
    Gap,
    Norm,
    SourceHealth,
    Told,
    Ward,
)
from bot.domain.ids import SourceId
from storage import health
from storage.store import SqliteStore
from tests.desk import wait
from tests.samples import NOW, source, state
from tests.storage.nouns import add_chat, add_sources, column, draft, plan

GAZETTE = SourceId("gazette")
moments = (
    st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
        timezones=st.just(UTC),
    )
    | st.none()
)
shares = st.floats(0, 1).map(lambda share: round(share, 4))
small = st.integers(0, 99)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
complaints = st.sampled_from(Complaint)
ailments = st.builds(
    Ailment,
    complaint=complaints,
    detail=texts,
    since=moments.filter(bool),
    found_at=moments.filter(bool),
)
norms = st.builds(
    Norm,
    days=small,
    pages=small,
    news_pages=small,
    lowest=shares,
    steepest=shares,
    lacking=st.tuples(*[shares] * 5),
    title_chars=shares,
    turnover=shares,
    week=st.tuples(*[shares] * 7),
    weeks=st.tuples(*[small] * 7),
    longest_quiet=shares,
    host=texts,
    newest_at=moments,
    is_cut=st.booleans(),
)
healths = st.builds(
    SourceHealth,
    source_id=st.just(GAZETTE),
    url=texts,
    norm=norms,
    day=st.dates() | st.none(),
    has_news_today=st.booleans(),
    quiet_days=small,
    surprise=shares,
    is_silent=st.booleans(),
    entries=small,
    page_complaint=complaints | st.none(),
    page_detail=texts,
    bad_polls=small,
    settled_polls=small,
    good_polls=small,
    bad_since=moments,
    failing_since=moments,
    well_since=moments,
    unchanged=small,
    lies=small,
    gap=st.none()
    | st.builds(Gap, after=moments.filter(bool), until=moments.filter(bool), entries=small),
    ailment=ailments | st.none(),
    past=ailments | st.none(),
    healed_at=moments,
    is_accepted=st.booleans(),
    relapses=small,
)
AILING = SourceHealth(
    source_id=GAZETTE,
    ailment=Ailment(complaint=Complaint.UNTITLED, detail="none", since=NOW, found_at=NOW),
)


@given(healths)
def test_what_is_known_of_a_source_comes_back_as_it_was(known: SourceHealth) -> None:
    assert health.health_of(GAZETTE, health.known_text(known)) == known


@given(healths)
def test_what_is_kept_of_a_source_is_small(known: SourceHealth) -> None:
    assert len(health.known_text(known)) < 3_000


def test_of_a_source_that_was_just_met_nothing_is_kept() -> None:
    assert health.known_text(SourceHealth(source_id=GAZETTE)) == "{}"


def test_the_well_are_no_wards(db: sqlite3.Connection) -> None:
    add_sources(db, "gazette", "wire", "herald", "post")
    health.save_health(db, AILING)
    health.save_health(db, SourceHealth(source_id=SourceId("wire")))
    failing = SourceHealth(source_id=SourceId("herald"), failing_since=NOW)
    health.save_health(db, failing)
    assert [ward.health for ward in health.wards(db)] == [AILING, failing]
    assert set(health.source_healths(db)) == {"gazette", "wire", "herald"}


def test_wards_are_found_without_looking_through_all_sources(db: sqlite3.Connection) -> None:
    plan = db.execute(f"EXPLAIN QUERY PLAN SELECT * FROM source_health WHERE {health._IS_WARD}")
    assert "source_health_wards" in " ".join(row["detail"] for row in plan)


def test_what_was_told_stays_when_the_next_poll_is_kept(db: sqlite3.Connection) -> None:
    add_sources(db)
    health.save_health(db, AILING)
    health.tell_operators(db, [], [Ward(health=AILING, told=Told.OWN, told_of=NOW)], NOW)
    health.save_health(db, replace(AILING, bad_polls=4))
    (ward,) = health.wards(db)
    assert (ward.told, ward.told_of, ward.health.bad_polls) == (Told.OWN, NOW, 4)


def test_a_source_that_was_told_of_stays_a_ward_until_its_end_is_told(
    db: sqlite3.Connection,
) -> None:
    add_sources(db)
    health.save_health(db, AILING)
    health.tell_operators(db, [], [Ward(health=AILING, told=Told.OWN, told_of=NOW)], NOW)
    well = replace(AILING, ailment=None)
    health.save_health(db, well)
    assert len(health.wards(db)) == 1
    health.tell_operators(db, [], [Ward(health=well)], NOW)
    assert health.wards(db) == ()


def test_telling_and_noting_it_are_one_transaction(store: SqliteStore) -> None:
    wait(store.save_catalogue([source()], NOW))
    wait(store.save_fetch_state(state(), AILING))
    told = [Ward(health=AILING, told=Told.OWN, told_of=NOW)]
    with pytest.raises(sqlite3.IntegrityError):  # nobody has this chat
        wait(store.tell_operators([draft(999)], told, NOW))
    assert [ward.told for ward in wait(store.wards())] == [Told.NOTHING]


def test_a_message_that_was_promised_already_is_not_promised_twice(
    db: sqlite3.Connection,
) -> None:
    chat = add_chat(db)
    for _ in range(2):
        health.tell_operators(db, [draft(chat.chat_id, "health:1")], [], NOW)
    assert column(db, "SELECT count(*) FROM outbox") == [1]


def test_a_pages_items_and_its_sources_health_are_kept_together(store: SqliteStore) -> None:
    wait(store.save_catalogue([source()], NOW))
    later = state(last_polled_at=NOW + timedelta(minutes=10))
    applied = wait(store.ingest([], lambda _known: plan(state=later, health=AILING)))
    assert applied.health == AILING
    assert wait(store.source_healths()) == {GAZETTE: AILING}
    assert wait(store.fetch_states())[GAZETTE].last_polled_at == later.last_polled_at
