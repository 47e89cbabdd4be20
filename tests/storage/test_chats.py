"""Chats and their watches: numbers that never come back, groups that move."""

from __future__ import annotations

import sqlite3
from datetime import time, timedelta

import pytest

from bot.domain.chat import ChatKind, ChatState
from bot.domain.plan import DigestPlan
from storage import chats, digests, items, outbox
from tests.samples import NOW
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


def numbers(db: sqlite3.Connection, chat_id: int) -> list[int]:
    return [watch.number for watch in chats.list_watches(db, chat_id)]  # type: ignore[arg-type]


def test_a_chat_is_made_once_and_keeps_its_state(db: sqlite3.Connection) -> None:
    made = add_chat(db, chat_state=ChatState.STRANGER)
    chats.set_chat_state(db, made.chat_id, ChatState.ACTIVE, NOW)
    again = chats.ensure_chat(
        db, made.address, ChatKind.PRIVATE, "New title", ChatState.STRANGER, NOW
    )
    assert (again.chat_id, again.state, again.title) == (
        made.chat_id,
        ChatState.ACTIVE,
        "New title",
    )


def test_watches_set_together_get_numbers_without_a_gap(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    add_watch(db, chat, "gallium")
    made = chats.add_watches(db, chat.chat_id, ["tin", "gallium", "zinc"], "Ada", NOW)
    assert [(watch.text, watch.number, is_new) for watch, is_new in made] == [
        ("tin", 2, True),
        ("gallium", 1, False),
        ("zinc", 3, True),
    ]
    assert numbers(db, chat.chat_id) == [1, 2, 3]


def test_topics_of_a_forum_are_chats_of_their_own(db: sqlite3.Connection) -> None:
    whole, topic = add_chat(db, -1), add_chat(db, -1, 7)
    assert whole.chat_id != topic.chat_id
    assert (whole.address.topic_id, topic.address.topic_id) == (None, 7)
    assert chats.find_chat(db, telegram(-1, 8)) is None


def test_a_chat_that_becomes_active_owes_no_digest_of_before(db: sqlite3.Connection) -> None:
    chat = add_chat(db, chat_state=ChatState.PAUSED)
    later = NOW + timedelta(hours=5)
    active = chats.set_chat_state(db, chat.chat_id, ChatState.ACTIVE, later)
    assert active.digest_set_at == later
    much_later = later + timedelta(hours=5)
    again = chats.set_chat_state(db, chat.chat_id, ChatState.ACTIVE, much_later)
    assert again.digest_set_at == later  # it was active already: today's is still owed


def test_a_state_is_moved_in_all_topics_that_are_in_the_state_before(
    db: sqlite3.Connection,
) -> None:
    add_chat(db, -1)
    add_chat(db, -1, 7)
    add_chat(db, -1, 8, chat_state=ChatState.PAUSED)
    add_chat(db, -2)
    moved = chats.set_states_at(db, telegram(-1), ChatState.SUSPENDED, only_from=ChatState.ACTIVE)
    assert moved == 2
    assert chats.states_at(db, telegram(-1)) == {ChatState.SUSPENDED, ChatState.PAUSED}
    assert chats.states_at(db, telegram(-2)) == {ChatState.ACTIVE}


def test_the_digests_time_and_zone_come_back(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    later = NOW + timedelta(minutes=1)
    changed = chats.set_digest(db, chat.chat_id, time(6, 30), "Asia/Kolkata", later)
    assert (changed.digest_at, changed.zone, changed.digest_set_at) == (
        time(6, 30),
        "Asia/Kolkata",
        later,
    )
    assert chats.set_digest(db, chat.chat_id, None, "UTC", later).digest_at is None


def test_watch_numbers_are_never_used_again(db: sqlite3.Connection) -> None:
    chat, other = add_chat(db, 1), add_chat(db, 2)
    for text in ("a", "b", "c"):
        add_watch(db, chat, text)
    assert chats.remove_watch(db, chat.chat_id, 3, NOW) is not None
    assert add_watch(db, chat, "d").number == 4
    assert numbers(db, chat.chat_id) == [1, 2, 4]
    assert add_watch(db, other, "a").number == 1


def test_asking_the_same_twice_is_one_watch(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    first, is_new = chats.add_watch(db, chat.chat_id, "steel", "Ada", NOW)
    again, is_new_again = chats.add_watch(db, chat.chat_id, "steel", "Bob", NOW)
    assert (is_new, is_new_again, again) == (True, False, first)
    chats.remove_watch(db, chat.chat_id, first.number, NOW)
    anew, is_new = chats.add_watch(db, chat.chat_id, "steel", "Bob", NOW)
    assert (is_new, anew.number) == (True, 2)


def test_a_watch_that_is_gone_cannot_be_removed_twice(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    add_watch(db, chat)
    assert chats.remove_watch(db, chat.chat_id, 1, NOW) is not None
    assert chats.remove_watch(db, chat.chat_id, 1, NOW) is None
    assert chats.remove_watch(db, chat.chat_id, 99, NOW) is None


@pytest.mark.parametrize("state", [s for s in ChatState if s is not ChatState.ACTIVE])
def test_only_watches_of_active_chats_are_asked(db: sqlite3.Connection, state: ChatState) -> None:
    watch = add_watch(db, add_chat(db, 1))
    add_watch(db, add_chat(db, 2, chat_state=state))
    assert [active.watch for active in chats.active_watches(db)] == [watch]


# Migration: a group becomes a supergroup under another number


def test_a_group_that_moves_takes_its_topics_and_all_else_along(db: sqlite3.Connection) -> None:
    whole, topic = add_chat(db, -1, kind=ChatKind.GROUP), add_chat(db, -1, 7)
    watch = add_watch(db, whole)
    outbox.insert_drafts(db, [draft(whole.chat_id)], NOW)
    chats.migrate_chat(db, telegram(-1), -1001)
    moved = chats.find_chat(db, telegram(-1001))
    assert moved is not None
    assert (moved.chat_id, moved.kind) == (whole.chat_id, ChatKind.SUPERGROUP)
    assert chats.find_chat(db, telegram(-1001, 7)) == chats.get_chat(db, topic.chat_id)
    assert chats.find_chat(db, telegram(-1)) is None
    assert chats.list_watches(db, moved.chat_id) == (watch,)


def test_a_group_that_moves_to_where_it_is_stays(db: sqlite3.Connection) -> None:
    add_watch(db, add_chat(db, -1))
    chats.migrate_chat(db, telegram(-1), -1)
    assert column(db, "SELECT count(*) FROM watches") == [1]


def test_groups_that_merge_keep_all_watches_messages_and_what_was_told(
    db: sqlite3.Connection,
) -> None:
    add_sources(db)
    old, new = add_chat(db, -1), add_chat(db, -1001)
    first, gone = add_watch(db, old, "steel"), add_watch(db, old, "gone")
    add_watch(db, new, "copper")
    chats.remove_watch(db, old.chat_id, gone.number, NOW)
    items.apply_ingest(db, plan(new_item("1", [first])))
    outbox.insert_drafts(db, [draft(new.chat_id, "theirs")], NOW)
    chats.migrate_chat(db, telegram(-1), -1001)
    assert column(db, "SELECT chat_id FROM chats") == [new.chat_id]
    listed = chats.list_watches(db, new.chat_id)
    assert [(watch.number, watch.text) for watch in listed] == [(1, "copper"), (2, "steel")]
    assert add_watch(db, new, "zinc").number == 4  # 3 is the removed one's
    assert column(db, "SELECT DISTINCT chat_id FROM outbox") == [new.chat_id]
    assert column(db, "SELECT count(*) FROM outbox") == [2]
    assert items.alerted_chats(db, [1]) == {(new.chat_id, 1)}  # type: ignore[list-item]
    assert len(items.matched_items(db, new.chat_id, after=0, since=None)) == 1


def test_groups_that_merge_ask_what_both_asked_once(db: sqlite3.Connection) -> None:
    add_sources(db)
    old, new = add_chat(db, -1), add_chat(db, -1001)
    theirs, ours = add_watch(db, old, "steel"), add_watch(db, new, "steel")
    items.apply_ingest(db, plan(new_item("1", [theirs]), new_item("2", [theirs, ours])))
    chats.migrate_chat(db, telegram(-1), -1001)
    assert chats.list_watches(db, new.chat_id) == (ours,)
    answered = items.matched_items(db, new.chat_id, after=0, since=None)
    assert [each.archived.item_id for each in answered] == [2, 1]


@pytest.mark.parametrize(
    ("before", "there", "after"),
    [
        (ChatState.ACTIVE, ChatState.STRANGER, ChatState.ACTIVE),
        (ChatState.PAUSED, ChatState.ADMITTED, ChatState.PAUSED),
        (ChatState.SUSPENDED, ChatState.ACTIVE, ChatState.ACTIVE),
        (ChatState.ACTIVE, ChatState.PAUSED, ChatState.PAUSED),
        (ChatState.PAUSED, ChatState.ACTIVE, ChatState.ACTIVE),
    ],
)
def test_groups_that_merge_are_as_people_chose_last(
    db: sqlite3.Connection, before: ChatState, there: ChatState, after: ChatState
) -> None:
    old, new = add_chat(db, -1, chat_state=before), add_chat(db, -1001, chat_state=there)
    chats.set_digest(db, old.chat_id, time(6, 0), "Asia/Tokyo", NOW)
    chats.migrate_chat(db, telegram(-1), -1001)
    merged = chats.get_chat(db, new.chat_id)
    assert merged.state is after
    is_undecided = there in {ChatState.STRANGER, ChatState.ADMITTED}
    assert merged.zone == ("Asia/Tokyo" if is_undecided else "Europe/Brussels")


def test_groups_that_merge_owe_no_digest_twice(db: sqlite3.Connection) -> None:
    old, new = add_chat(db, -1), add_chat(db, -1001)
    for chat in (old, new):
        promised = DigestPlan(
            chat_id=chat.chat_id,
            local_date=NOW.date(),
            covers_until=NOW,
            through=0,
            now=NOW,
            messages=(draft(chat.chat_id, f"digest {chat.chat_id}"),),
        )
        assert digests.apply_digest(db, promised)
    chats.migrate_chat(db, telegram(-1), -1001)
    assert column(db, "SELECT chat_id FROM digest_ledger") == [new.chat_id]
    assert column(db, "PRAGMA foreign_key_check") == []
