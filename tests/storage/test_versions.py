"""Versions of lists and pages: what was put is read, packed and in order, and nothing else is."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from sqlite_utils import Database

from bot.domain.ids import SourceId
from bot.domain.plan import IngestMaterial, IngestPlan
from bot.domain.version import Row, StoredVersion, VersionChange, unpacked, version_of
from bot.registers.compare import compare
from storage.migrations import migrations
from storage.store import SqliteStore
from storage.versions import apply_change, stored_version
from tests.desk import wait
from tests.registers.rows import LISTS, listed, row
from tests.samples import NOW, source
from tests.storage.nouns import add_sources, column, plan, scans

GAZETTE = SourceId("gazette")


def stored(db: sqlite3.Connection, source_id: str = "gazette") -> StoredVersion:
    found = stored_version(db, SourceId(source_id))
    assert found is not None
    return found


def first(rows: list[Row], source_id: str = "gazette") -> VersionChange:
    version = version_of(listed(rows).packed, "form")
    return VersionChange(
        source_id=SourceId(source_id),
        digest=version.digest,
        form="form",
        count=len(version.rows),
        put=version.rows,
        is_anew=True,
    )


@pytest.fixture
def list_db(db: sqlite3.Connection) -> sqlite3.Connection:
    add_sources(db, "gazette", "journal")
    return db


def test_of_a_source_that_was_never_read_there_is_no_version(list_db: sqlite3.Connection) -> None:
    assert stored_version(list_db, GAZETTE) is None


def test_a_version_is_read_as_it_was_put(list_db: sqlite3.Connection) -> None:
    apply_change(list_db, first([row("2", text="a: 1"), row("1", place=7)]))
    found = stored(list_db)
    assert (found.form, found.count, found.doubted, found.doubts) == ("form", 2, "", 0)
    assert [unpacked(each) for each in found.read_rows()] == [
        row("1", place=7),
        row("2", text="a: 1"),
    ]


@given(LISTS, LISTS)
def test_a_change_makes_the_version_on_record_the_next_one(old: list[Row], new: list[Row]) -> None:
    """And in the order in which the next one is compared with it, whatever its letters."""
    db = connect_in_memory()
    try:
        apply_change(db, first(old))
        assert tuple(stored(db).read_rows()) == listed(old).packed
        found = compare(stored(db).read_rows(), listed(new).packed)
        apply_change(db, replace(first(new), put=found.put, drop=found.removed, is_anew=False))
        assert tuple(stored(db).read_rows()) == listed(new).packed
        assert stored(db).count == len(new)
    finally:
        db.close()


def connect_in_memory() -> sqlite3.Connection:
    """Like the fixture, but quick enough for a hundred cases."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    migrations.apply(Database(db))
    add_sources(db)
    return db


def test_versions_of_two_sources_are_apart(list_db: sqlite3.Connection) -> None:
    apply_change(list_db, first([row("1"), row("2")]))
    apply_change(list_db, first([row("1", name="OTHER")], "journal"))
    apply_change(list_db, first([row("3")]))
    assert [unpacked(each).key for each in stored(list_db).read_rows()] == ["3"]
    assert [unpacked(each).name for each in stored(list_db, "journal").read_rows()] == ["OTHER"]


def test_a_doubt_leaves_the_version_as_it_is(list_db: sqlite3.Connection) -> None:
    apply_change(list_db, first([row("1")]))
    before = stored(list_db)
    apply_change(
        list_db,
        replace(first([]), digest=before.digest, count=1, is_anew=False, doubted="d", doubts=2),
    )
    after = stored(list_db)
    assert (after.digest, after.count, after.doubted, after.doubts) == (before.digest, 1, "d", 2)
    assert tuple(after.read_rows()) == listed([row("1")]).packed


def test_the_rows_of_a_version_are_found_without_reading_those_of_others(
    list_db: sqlite3.Connection,
) -> None:
    for sql in (
        "SELECT key FROM version_rows WHERE source_id = ? ORDER BY key",
        "DELETE FROM version_rows WHERE source_id = ?",
    ):
        assert scans(list_db, sql, ("gazette",)) == []


def test_a_version_of_an_unknown_source_is_refused(list_db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        apply_change(list_db, first([row("1")], "nobody"))
    assert column(list_db, "SELECT count(*) FROM version_rows") == [0]


class _Held:
    """Stands for a version that was written: something whose end can be waited for."""


def test_what_was_written_is_not_kept_in_memory_until_the_next_write(store: SqliteStore) -> None:
    """The writer's thread may wait for that for an hour, and a list has 50 MB."""
    wait(store.save_catalogue([source()], NOW))
    is_gone = threading.Event()

    def decision(held: _Held) -> Callable[[IngestMaterial], IngestPlan]:
        weakref.finalize(held, is_gone.set)

        def decide(_material: IngestMaterial) -> IngestPlan:
            assert held is not None
            return plan()

        return decide

    wait(store.ingest((), decision(_Held())))
    assert is_gone.wait(30.0)
