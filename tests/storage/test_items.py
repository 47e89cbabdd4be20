"""The archive: identity keys, the index, matches and alerts."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.chat import ChatState
from bot.domain.ids import ChatId, ItemId, SourceId
from bot.domain.item import Item, Precision
from bot.domain.plan import EditedItem, NewItem, Sighting, WatchChanges
from bot.matching.index_words import index_words
from storage import archive, chats, items, outbox
from tests.samples import NOW
from tests.storage.nouns import (
    add_chat,
    add_sources,
    add_watch,
    column,
    draft,
    new_item,
    plan,
    scans,
    telegram,
)


@pytest.fixture(autouse=True)
def _sources(db: sqlite3.Connection) -> None:
    add_sources(db, "gazette", "wire")


def found(db: sqlite3.Connection, query: str) -> list[str]:
    return [each.item.title for each in archive.search_candidates(db, query, 100, None)]


def edit(db: sqlite3.Connection, before: NewItem, item_id: int, **changes: Any) -> None:
    old, new = before.item, replace(before.item, **changes)
    edited = EditedItem(
        item_id=ItemId(item_id),
        item=new,
        keys=before.keys,
        old_index_words=index_words(old.title, old.text, old.language).words,
        index_words=index_words(new.title, new.text, new.language).words,
    )
    items.apply_ingest(db, plan(edited=(edited,)))


def test_an_item_comes_back_as_it_was(db: sqlite3.Connection) -> None:
    whole = new_item(
        "1",
        text="多行\ntext",
        language="zh",
        published_at=NOW - timedelta(days=1, microseconds=5),
        precision=Precision.DAY,
        zone="Asia/Shanghai",
    )
    bare = new_item("2", guid=None, canonical_url=None, url="", language=None)
    items.apply_ingest(db, plan(whole, bare))
    assert [each.item for each in archive.latest_items(db, 5)] == [
        replace(bare.item, publisher="", is_official=False),
        replace(
            whole.item, publisher="", is_official=False
        ),  # as the source in the database has it
    ]


def test_the_keys_of_a_page_name_what_is_archived(db: sqlite3.Connection) -> None:
    one, two = new_item("1"), new_item("2")
    items.apply_ingest(db, plan(one, two))
    known = items.known_items(db, [*one.keys, "of nothing"])
    assert set(known.by_key) == set(one.keys)
    assert list(known.items) == [ItemId(1)]
    assert known.items[ItemId(1)].title == one.item.title


def test_a_key_may_name_several_items(db: sqlite3.Connection) -> None:
    items.apply_ingest(db, plan(replace(new_item("1"), keys=("k",)), new_item("2")))
    items.apply_ingest(db, plan(sightings=(Sighting(item_id=ItemId(2), keys=("k", "k2")),)))
    known = items.known_items(db, ["k", "k2"])
    assert known.by_key == {"k": {ItemId(1), ItemId(2)}, "k2": {ItemId(2)}}


def test_thousands_of_keys_are_looked_up_in_one_question(db: sqlite3.Connection) -> None:
    page = [replace(new_item(str(n)), keys=(f"k{n}",)) for n in range(1200)]
    items.apply_ingest(db, plan(*page))
    assert len(items.known_items(db, [f"k{n}" for n in range(5000)]).items) == 1200


def test_search_gives_the_newest_first_and_goes_on_from_there(db: sqlite3.Connection) -> None:
    items.apply_ingest(db, plan(*(new_item(f"n{n}", title=f"Steel {n}") for n in range(9))))
    first = archive.search_candidates(db, '"steel"', 4, None)
    assert [each.item_id for each in first] == [9, 8, 7, 6]
    then = archive.search_candidates(db, '"steel"', 4, first[-1].item_id)
    assert [each.item_id for each in then] == [5, 4, 3, 2]
    assert [each.item_id for each in archive.latest_items(db, 2, ItemId(5))] == [4, 3]


def test_chinese_is_found_without_word_boundaries(db: sqlite3.Connection) -> None:
    items.apply_ingest(db, plan(new_item("1", title="商务部对稀土出口实施管制", language="zh")))
    assert len(found(db, '"稀土"')) == 1
    assert found(db, '"铁矿"') == []


def test_an_edited_item_is_found_by_its_new_words_only(db: sqlite3.Connection) -> None:
    before = new_item("1", title="Tariffs on steel", text="old text")
    other = new_item("2", title="Tariffs on copper", text="old text")
    items.apply_ingest(db, plan(before, other))
    edit(db, before, 1, title="Quotas on aluminium", text="new text")
    assert found(db, '"steel"') == []
    assert found(db, '"aluminium"') == ["Quotas on aluminium"]
    assert found(db, '"old"') == ["Tariffs on copper"]
    assert found(db, '"text"') == ["Tariffs on copper", "Quotas on aluminium"]


def test_the_index_survives_many_edits(db: sqlite3.Connection) -> None:
    current = new_item("1", title="Version 0 of it", text="body")
    items.apply_ingest(db, plan(current))
    for number in range(1, 60):
        after = replace(current, item=replace(current.item, title=f"Version {number} of it"))
        edit(db, current, 1, title=after.item.title)
        current = after
    db.execute("INSERT INTO items_index (items_index) VALUES ('integrity-check')")
    assert found(db, '"58"') == []
    assert found(db, '"59"') == ["Version 59 of it"]
    assert found(db, '"body"') == ["Version 59 of it"]
    assert column(db, "SELECT edited_at IS NOT NULL FROM items") == [1]


def test_a_chat_is_told_of_an_item_once(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    first, second = add_watch(db, chat, "licence"), add_watch(db, chat, "notice")
    told = new_item("1", [first, second])
    assert items.apply_ingest(db, plan(told)).messages == 1
    assert items.alerted_chats(db, [ItemId(1), ItemId(2)]) == {(chat.chat_id, ItemId(1))}
    again = EditedItem(
        item_id=ItemId(1),
        item=told.item,
        keys=told.keys,
        old_index_words=told.index_words,
        index_words=told.index_words,
        alerts=told.alerts,
    )
    assert items.apply_ingest(db, plan(edited=(again,))).messages == 0


def test_a_watch_that_was_removed_meanwhile_brings_nothing(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    watch = add_watch(db, chat)
    chats.remove_watch(db, chat.chat_id, watch.number, NOW)
    applied = items.apply_ingest(db, plan(new_item("1", [watch])))
    assert (applied.new_items, applied.matches, applied.messages) == (1, 0, 0)


def test_a_chat_that_moved_meanwhile_is_told_at_its_new_place(db: sqlite3.Connection) -> None:
    old, new = add_chat(db, -5), add_chat(db, -1005, chat_state=ChatState.STRANGER)
    watch = add_watch(db, old)
    planned = plan(new_item("1", [watch]))
    chats.migrate_chat(db, telegram(-5), -1005)
    assert items.apply_ingest(db, planned).messages == 1
    assert column(db, "SELECT chat_id FROM outbox") == [new.chat_id]


def test_what_a_page_needs_is_read_together_and_the_watches_when_asked_for(
    db: sqlite3.Connection,
) -> None:
    chat = add_chat(db)
    watch = add_watch(db, chat)
    one = new_item("1", [watch])
    items.apply_ingest(db, plan(one))
    first = items.ingest_material(db, one.keys)
    assert list(first.known.items) == [ItemId(1)]
    assert first.alerted == {(chat.chat_id, ItemId(1))}
    assert [active.watch for active in first.read_watches(0).watches] == [watch]


@pytest.mark.parametrize(
    "change",
    [
        lambda db, chat: add_watch(db, chat, "steel"),
        lambda db, chat: chats.remove_watch(db, chat.chat_id, 1, NOW),
        lambda db, chat: chats.set_chat_state(db, chat.chat_id, ChatState.PAUSED, NOW),
        lambda db, chat: chats.set_digest(db, chat.chat_id, None, "Asia/Tokyo", NOW),
        lambda db, chat: chats.set_states_at(
            db, chat.address, ChatState.SUSPENDED, only_from=ChatState.ACTIVE
        ),
        lambda db, chat: db.execute("DELETE FROM chats"),
    ],
)
def test_whatever_changes_the_watches_gives_them_a_new_revision(
    db: sqlite3.Connection, change: Any
) -> None:
    chat = add_chat(db)
    add_watch(db, chat)
    before = items.ingest_material(db, [])
    watches = before.read_watches(0)
    change(db, chat)
    after = items.ingest_material(db, [])
    assert after.revision > before.revision
    assert after.read_watches(0) != watches
    changes = after.read_watches(before.revision)
    assert len(changes.watches) + len(changes.gone) == 1
    assert after.read_watches(after.revision) == WatchChanges(watches=[], gone=[])


def test_a_person_who_writes_changes_no_watch(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    before = items.ingest_material(db, []).revision
    add_chat(db)
    outbox.insert_drafts(db, [draft(chat.chat_id)], NOW)
    assert items.ingest_material(db, []).revision == before


def told(db: sqlite3.Connection, chat_id: ChatId, **window: Any) -> list[ItemId]:
    values: dict[str, Any] = {"after": 0, "since": None, **window}
    return [each.archived.item_id for each in items.matched_items(db, chat_id, **values)]


def test_matched_items_are_those_of_the_chats_present_watches(db: sqlite3.Connection) -> None:
    chat, other = add_chat(db, 1), add_chat(db, 2)
    kept, removed = add_watch(db, chat, "licence"), add_watch(db, chat, "notice")
    theirs = add_watch(db, other)
    items.apply_ingest(db, plan(new_item("1", [kept, removed]), new_item("2", [theirs])))
    items.apply_ingest(db, plan(new_item("3", [removed]), new_item("4", [removed, kept])))
    assert told(db, chat.chat_id) == [4, 3, 1]
    first = items.matched_items(db, chat.chat_id, after=0, since=None)[-1]
    assert [each.watch_id for each in first.matches] == [kept.watch_id, removed.watch_id]
    assert first.matches[0].hits[0].term == "notice"
    chats.remove_watch(db, chat.chat_id, removed.number, NOW)
    assert told(db, chat.chat_id) == [4, 1]


def test_windows_of_matched_items_touch_without_gap_or_overlap(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    watch = add_watch(db, chat)
    for number in range(4):
        now = NOW - timedelta(hours=number)  # the clock runs backwards: the order is of commits
        items.apply_ingest(db, plan(new_item(str(number), [watch]), now=now))
    assert told(db, chat.chat_id, after=2) == [4, 3]
    assert told(db, chat.chat_id, after=4) == []
    assert told(db, chat.chat_id, since=NOW - timedelta(hours=1)) == [1]
    assert told(db, chat.chat_id, since=NOW - timedelta(hours=1, microseconds=1)) == [2, 1]


def test_matches_are_counted_by_watch(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    first, second = add_watch(db, chat, "licence"), add_watch(db, chat, "notice")
    items.apply_ingest(db, plan(new_item("1", [first]), now=NOW - timedelta(days=8)))
    items.apply_ingest(db, plan(new_item("2", [first, second]), new_item("3", [first])))
    counts = items.match_counts(db, chat.chat_id, NOW - timedelta(days=7))
    assert counts == {first.watch_id: 2, second.watch_id: 1}


def test_hot_questions_to_the_archive_read_by_index(db: sqlite3.Connection) -> None:
    """However large it grows: a million items are searched within a millisecond or two."""
    asked: list[tuple[str, Any]] = []

    class Spy:
        def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
            asked.append((sql, values))
            return db.execute(sql, values)

    spy: Any = Spy()
    items.apply_ingest(db, plan(new_item("1", [add_watch(db, add_chat(db))])))
    items.ingest_material(spy, new_item("1").keys)
    items.matched_items(spy, ChatId(1), after=0, since=NOW)
    items.match_counts(spy, ChatId(1), NOW)
    archive.latest_items(spy, 10, ItemId(5))
    archive.search_candidates(spy, '"notice"', 10, None)
    # the counter of revisions is one row; of the index FTS5 itself reads what the words name
    allowed = ("SCAN watch_revision", "SCAN items_index VIRTUAL TABLE", "SCAN (")
    bad = [
        (step, sql)
        for sql, values in asked
        for step in scans(db, sql, values)
        if not step.startswith(allowed)
    ]
    assert bad == []
    assert len(asked) >= 8


def test_an_item_knows_its_source_by_name(db: sqlite3.Connection) -> None:
    items.apply_ingest(db, plan(new_item("1")))
    found_item: Item = archive.latest_items(db, 1)[0].item
    assert found_item.source_name == "Gazette"


def test_the_newest_item_of_a_source_is_its_own_and_is_found_by_index(
    db: sqlite3.Connection,
) -> None:
    items.apply_ingest(db, plan(new_item("1"), new_item("2", title="Second notice of the day")))
    newest = archive.newest_item_of(db, SourceId("gazette"))
    assert newest is not None and newest.item.guid == "2"
    assert archive.newest_item_of(db, SourceId("wire")) is None
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    archive.newest_item_of(db, SourceId("gazette"))
    db.set_trace_callback(None)
    assert scans(db, asked[-1], ()) == []
