"""The canary goes all the way through and leaves no trace; where it does not, operators hear it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.fetch import Fetched, NotAFeed, ReadOutcome
from bot.domain.ids import SourceId
from bot.domain.outbox import MessageKind
from bot.domain.source import Source
from bot.pipeline import canary as room
from bot.pipeline.alarms import Alarms
from bot.pipeline.canary import Canary, sing
from bot.sources.read import BodyReader, in_threads
from tests.desk import Desk, wait
from tests.pipeline.outbox import alerts, promised
from tests.samples import item, source

QUARTER = timedelta(minutes=15)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.say("/start")
    made.watch("notice")
    yield made
    made.close()


def canary(desk: Desk, read_with: BodyReader = in_threads, of: str | None = None) -> Canary:
    return Canary(
        desk.store,
        desk.clock,
        Alarms(desk.store, frozenset({100})),
        read_with=read_with,
        source_id=SourceId(of) if of else None,
    )


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that the database holds, numbering and full-text index included."""
    with closing(sqlite3.connect(path)) as db:
        tables = [
            row[0]
            for row in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'items_index'"
            )
        ]
        return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def notices(desk: Desk) -> list[str]:
    return [each.text for each in promised(desk.store.path, MessageKind.NOTICE)]


def test_it_arrives_and_leaves_no_trace(desk: Desk) -> None:
    for text in ("lang:en", "canary", '"tidewaiter canary"'):
        desk.watch(text)
    desk.publish(item("Notice on gallium"))
    before = dump(desk.store.path)
    for _ in range(3):
        assert wait(sing(desk.store, in_threads, desk.clock.now())) == ""
    assert dump(desk.store.path) == before
    assert len(alerts(desk.store.path)) == 1
    assert "Tidewaiter canary of" not in desk.say("/search canary") + desk.say("/latest 5")


def test_what_comes_after_it_is_stored_and_told_as_ever(desk: Desk) -> None:
    assert wait(sing(desk.store, in_threads, desk.clock.now())) == ""
    assert desk.publish(item("Notice on gallium")) == 1
    assert wait(sing(desk.store, in_threads, desk.clock.now())) == ""


async def walled(source: Source, _fetched: Fetched, _now: datetime) -> ReadOutcome:
    return NotAFeed(detail=f"{source.source_id} is no feed")


def test_a_parser_that_has_died_is_told_after_an_hour_and_once(desk: Desk) -> None:
    bird = canary(desk, walled)
    for _ in range(20):
        desk.clock.advance(QUARTER)
        assert not wait(bird.run())
        assert bool(notices(desk)) == (bird.age > 3900)
    (said,) = notices(desk)
    assert said.startswith("⚠️ The canary does not arrive\n")
    assert "its feed could not be read" in said


def test_it_is_told_when_it_arrives_again_after_a_restart_too(desk: Desk) -> None:
    bird = canary(desk, walled)
    desk.clock.advance(5 * QUARTER)
    wait(bird.run())
    desk.clock.advance(QUARTER)
    assert wait(canary(desk).run())
    assert [each.partition(" (")[0] for each in notices(desk)[1:]] == ["✓ The canary arrives again"]


@pytest.mark.parametrize(
    ("watch", "lost"),
    [("gallium", "its watch did not match"), ('"tidewaiter canary"', "")],
)
def test_a_matcher_that_does_not_match_is_noticed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, watch: str, lost: str
) -> None:
    monkeypatch.setattr(room, "_WATCH", watch)
    assert wait(sing(desk.store, in_threads, desk.clock.now())) == lost


def test_an_index_that_does_not_take_it_is_noticed(desk: Desk) -> None:
    def harm(db: sqlite3.Connection) -> None:
        db.execute("CREATE TRIGGER lost AFTER INSERT ON outbox BEGIN DELETE FROM outbox; END")

    wait(desk.store._write(harm))
    said = wait(sing(desk.store, in_threads, desk.clock.now()))
    assert said == "its alert did not reach the outbox"


def test_a_database_that_takes_nothing_is_a_lost_canary_and_no_fault(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    bird = canary(desk)
    desk.clock.advance(timedelta(hours=2))
    desk.store.close()
    assert not wait(bird.run())
    assert "the canary did not arrive" in caplog.text
    assert "waits to be stored" in caplog.text


def test_a_source_that_is_the_canary_must_bring_an_item_every_hour(desk: Desk) -> None:
    bird = canary(desk, of="gazette")
    assert not wait(bird.run())  # none yet, and no alarm: the first hour counts from the start
    desk.publish(item("Notice 1", guid="1", first_seen_at=desk.clock.now()))
    assert wait(bird.run())
    desk.clock.advance(timedelta(hours=1))
    assert wait(bird.run())
    desk.clock.advance(timedelta(minutes=6))
    assert not wait(bird.run())
    (said,) = notices(desk)
    assert "The source gazette should bring an item every hour" in said
    assert "66 minutes" in said
    desk.publish(
        item("Import notice 2", guid="2", canonical_url=None, first_seen_at=desk.clock.now())
    )
    assert wait(bird.run())
    assert len(notices(desk)) == 2


def test_the_invented_source_is_none_of_the_catalogue(desk: Desk) -> None:
    assert source().source_id != room._OWN.source_id
    wait(sing(desk.store, in_threads, desk.clock.now()))
    assert room._OWN.source_id not in wait(desk.store.fetch_states())
