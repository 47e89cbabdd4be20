"""Watches change in one transaction with what led to it, or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Chat, ChatKind, ChatState
from bot.domain.ids import ItemId
from bot.domain.plan import UnmutePlan
from bot.domain.question import Question, Topic
from bot.domain.watch import Loudness, WatchText, WatchWays
from storage import chats, items, outbox, watches
from storage.connection import connect
from storage.store import SqliteStore
from tests.desk import wait
from tests.samples import NOW, SECOND
from tests.storage.nouns import (
    add_chat,
    add_sources,
    add_watch,
    column,
    draft,
    new_item,
    plan,
    telegram,
)

HOUR = timedelta(hours=1)


def asked(store: SqliteStore) -> Chat:
    """A chat that was asked whether to save a watch, by the code abc."""
    chat = wait(store.ensure_chat(telegram(1), ChatKind.PRIVATE, "Desk", ChatState.ACTIVE, NOW))
    question = Question(
        code="abc",
        chat_id=chat.chat_id,
        topic=Topic.WATCH,
        about="{}",
        asked_by="Ada",
        asked_at=NOW,
    )
    wait(store.ask(question))
    return chat


def test_a_watch_that_cannot_be_kept_leaves_its_question_open(store: SqliteStore) -> None:
    chat = asked(store)
    with closing(connect(store.path, is_writer=True)) as db:
        db.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON watches BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    text = WatchText(chat_id=chat.chat_id, text="gallium")
    with pytest.raises(sqlite3.IntegrityError):
        wait(store.answer("abc", "save", "Ada", NOW, text))
    question = wait(store.find_question("abc"))
    assert question is not None and question.answer == ""
    with closing(connect(store.path, is_writer=True)) as db:
        db.execute("DROP TRIGGER no_room")
    assert wait(store.answer("abc", "save", "Ada", NOW, text))
    (kept,) = wait(store.list_watches(chat.chat_id))
    assert (kept.text, kept.created_by) == ("gallium", "Ada")


def test_a_second_answer_keeps_no_second_watch(store: SqliteStore) -> None:
    chat = asked(store)
    assert wait(store.answer("abc", "save", "Ada", NOW, WatchText(chat_id=chat.chat_id, text="a")))
    again = WatchText(chat_id=chat.chat_id, text="b")
    assert not wait(store.answer("abc", "save", "Sam", NOW, again))
    assert [watch.text for watch in wait(store.list_watches(chat.chat_id))] == ["a"]


def test_another_text_keeps_number_name_and_loudness(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    add_watch(db, chat, "gallium")
    watches.change_watch(
        db, chat.chat_id, 1, WatchWays(name="Metals", priority=Loudness.URGENT), "Sam", NOW
    )
    watches.edit_watch(db, chat.chat_id, 1, "tin", "Bob", NOW + SECOND)
    (kept,) = chats.list_watches(db, chat.chat_id)
    assert (kept.number, kept.text, kept.name, kept.priority) == (1, "tin", "Metals", "urgent")
    assert (kept.created_by, kept.changed_by, kept.changed_at) == ("Ada", "Bob", NOW + SECOND)


def test_what_has_ended_is_neither_changed_nor_muted(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    add_watch(db, chat, "gallium")
    chats.remove_watch(db, chat.chat_id, 1, NOW)
    watches.edit_watch(db, chat.chat_id, 1, "tin", "Bob", NOW)
    assert watches.change_watch(db, chat.chat_id, 1, WatchWays(name="x"), "Bob", NOW) is None
    assert watches.mute_watch(db, chat.chat_id, 1, NOW + HOUR) is None
    assert column(db, "SELECT text FROM watches") == ["gallium"]
    assert watches.ended_mutes(db, NOW + 2 * HOUR) == ()


def silent(db: sqlite3.Connection) -> tuple[Chat, UnmutePlan]:
    """A chat whose watch was silent and held one item back, and the plan that tells of it."""
    add_sources(db)
    chat = add_chat(db)
    watch = add_watch(db, chat)
    watches.mute_watch(db, chat.chat_id, 1, NOW + HOUR)
    items.apply_ingest(db, plan(replace(new_item("1", [watch]), alerts=())))
    (ended,) = watches.ended_mutes(db, NOW + HOUR)
    assert len(ended.held) == 1
    told = draft(chat.chat_id, "unmuted")
    return chat, UnmutePlan(
        watch=ended.watch, through=ended.through, now=NOW + HOUR, messages=(told,)
    )


def test_a_silence_ends_once(db: sqlite3.Connection) -> None:
    _chat, unmute = silent(db)
    assert watches.apply_unmute(db, unmute)
    assert not watches.apply_unmute(db, unmute)
    assert column(db, "SELECT dedup_key FROM outbox") == ["unmuted"]
    assert watches.ended_mutes(db, NOW + 9 * HOUR) == ()


def test_a_silence_that_was_set_anew_does_not_end(db: sqlite3.Connection) -> None:
    chat, unmute = silent(db)
    watches.mute_watch(db, chat.chat_id, 1, NOW + 5 * HOUR)
    assert not watches.apply_unmute(db, unmute)
    assert column(db, "SELECT count(*) FROM outbox") == [0]
    (ended,) = watches.ended_mutes(db, NOW + 5 * HOUR)
    assert len(ended.held) == 1


def test_what_was_held_back_while_the_end_was_planned_is_not_forgotten(
    db: sqlite3.Connection,
) -> None:
    chat, unmute = silent(db)
    (watch,) = chats.list_watches(db, chat.chat_id)
    items.apply_ingest(db, plan(replace(new_item("2", [watch]), alerts=())))
    assert not watches.apply_unmute(db, unmute)
    (ended,) = watches.ended_mutes(db, NOW + HOUR)
    assert len(ended.held) == 2


def test_a_message_is_known_by_the_doors_number_of_it_in_its_chat_alone(
    db: sqlite3.Connection,
) -> None:
    add_sources(db)
    chat, other = add_chat(db), add_chat(db, 200)
    watch = add_watch(db, chat)
    items.apply_ingest(db, plan(new_item("1", [watch])))
    outbox.insert_drafts(db, [draft(chat.chat_id, "reply")], NOW)
    db.execute("UPDATE outbox SET remote_id = message_id + 70")
    told = watches.told_by(db, chat.chat_id, 71)
    assert told is not None
    assert (told.archived.item_id, told.watches, told.at) == (ItemId(1), (watch,), NOW)
    assert watches.told_by(db, chat.chat_id, 72) is None, "a reply tells of no item"
    assert watches.told_by(db, chat.chat_id, 73) is None
    assert watches.told_by(db, other.chat_id, 71) is None


def test_counts_move_with_a_chat_that_becomes_another(db: sqlite3.Connection) -> None:
    add_sources(db)
    old, new = add_chat(db, -5), add_chat(db, -1005)
    for chat in (old, new):
        add_watch(db, chat, "gallium")
    (watch,) = chats.list_watches(db, old.chat_id)
    items.count_shut_out(db, [watch.watch_id], NOW)
    chats.migrate_chat(db, telegram(-5), -1005)
    (kept,) = chats.list_watches(db, new.chat_id)
    assert watches.watch_weeks(db, new.chat_id, NOW)[kept.watch_id].shut_out == 1
