"""Settling: what an attempt leads to for its message and its chat, crashes included."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

from bot.delivery.policy import MAX_CRASH_REPEATS
from bot.domain.chat import ChatKind, ChatState, Door
from bot.domain.outbox import (
    DoorShut,
    MessageState,
    Migrated,
    NotSent,
    Refused,
    Sent,
    Throttled,
    Unknown,
    Unreachable,
)
from storage import chats, outbox
from tests.samples import NOW, SECOND
from tests.storage.nouns import add_chat, column, draft, reply
from tests.storage.queueing import claim, end, send_all, states, texts

LATER = NOW + timedelta(hours=1)


def test_a_sent_message_is_sent_and_keeps_its_remote_number(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    end(db, claim(db)[0], Sent(remote_id=77))
    assert states(db) == ["sent"]
    assert column(db, "SELECT remote_id FROM outbox") == [77]
    assert send_all(db, LATER) == []


def test_a_throttled_chat_waits_alone_with_all_its_topics(db: sqlite3.Connection) -> None:
    chat, topic, other = add_chat(db, -1), add_chat(db, -1, 7), add_chat(db, -2)
    outbox.insert_drafts(db, [draft(chat.chat_id, "a"), draft(topic.chat_id, "b")], NOW)
    end(db, claim(db)[0], Throttled(retry_after=timedelta(seconds=40)))
    outbox.insert_drafts(db, [reply(topic.chat_id, "reply"), draft(other.chat_id, "c")], NOW)
    assert send_all(db, NOW + 39 * SECOND) == ["c"]
    at = outbox.next_due_at(db, Door.TELEGRAM)
    assert at == NOW + 40 * SECOND
    assert send_all(db, at) == ["reply", "a", "b"]
    assert column(db, "SELECT attempts FROM outbox WHERE message_id = 1") == [
        1
    ]  # 429 is no attempt


def test_what_may_have_arrived_goes_again_before_what_follows(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    outbox.insert_drafts(db, [draft(chat.chat_id, "a"), draft(chat.chat_id, "b")], NOW)
    end(db, claim(db)[0], Unknown(detail="read time-out"))
    assert claim(db, NOW + SECOND) == ()
    (again,) = claim(db, NOW + 2 * SECOND)
    assert (texts((again,)), again.repeats, again.attempts) == (["a"], 1, 2)


def test_a_message_that_is_put_off_keeps_its_place(db: sqlite3.Connection) -> None:
    """DoorShut holds the message alone, and yet nothing overtakes it within its chat."""
    chat, other = add_chat(db, 1), add_chat(db, 2)
    outbox.insert_drafts(db, [draft(chat.chat_id, "a"), draft(chat.chat_id, "b")], NOW)
    end(db, claim(db)[0], DoorShut(detail="401"))
    outbox.insert_drafts(db, [draft(other.chat_id, "c")], NOW)
    assert send_all(db) == ["c"]
    assert send_all(db, NOW + 2 * SECOND) == ["a", "b"]


def test_what_was_not_sent_is_due_at_once(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    end(db, claim(db)[0], NotSent(detail="no connection"))
    (again,) = claim(db)
    assert (again.attempts, again.repeats) == (1, 0)


def test_refused_formatting_is_sent_plain_then_given_up(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    end(db, claim(db)[0], Refused(detail="can't parse entities", is_markup=True))
    (plain,) = claim(db)
    assert plain.is_plain
    end(db, plain, Refused(detail="can't parse entities", is_markup=True))
    assert states(db) == ["failed"]
    assert column(db, "SELECT detail FROM outbox") == ["can't parse entities"]


def test_an_unreachable_chat_is_suspended_and_its_messages_are_kept(
    db: sqlite3.Connection,
) -> None:
    chat, topic = add_chat(db, -1), add_chat(db, -1, 7)
    outbox.insert_drafts(db, [draft(chat.chat_id, "a"), draft(topic.chat_id, "b")], NOW)
    end(db, claim(db)[0], Unreachable(detail="bot was kicked"))
    assert chats.states_at(db, chat.address) == {ChatState.SUSPENDED}
    assert send_all(db, LATER) == []
    chats.set_states_at(db, chat.address, ChatState.ACTIVE, only_from=ChatState.SUSPENDED)
    assert send_all(db, LATER) == ["a", "b"]


def test_a_group_that_became_a_supergroup_gets_its_messages_there(db: sqlite3.Connection) -> None:
    chat = add_chat(db, -1, kind=ChatKind.GROUP)
    outbox.insert_drafts(db, [draft(chat.chat_id, "a"), draft(chat.chat_id, "b")], NOW)
    end(db, claim(db)[0], Migrated(number=-1001))
    (moved,) = claim(db)
    assert (texts((moved,)), moved.address.number) == (["a"], -1001)


def test_a_message_is_settled_once(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    (message,) = claim(db)
    end(db, message)
    end(db, message, Unknown(detail="late news"))
    assert states(db) == ["sent"]


def test_a_settlement_of_a_message_of_no_chat_changes_nothing_else(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    (message,) = claim(db)
    stray = replace(message, message_id=999)  # type: ignore[arg-type]
    end(db, stray)
    assert states(db) == [MessageState.SENDING]


# Crashes


def test_after_a_crash_what_was_being_sent_goes_again_marked(db: sqlite3.Connection) -> None:
    one, two = add_chat(db, 1), add_chat(db, 2)
    outbox.insert_drafts(db, [draft(one.chat_id, "a"), draft(one.chat_id, "b")], NOW)
    outbox.insert_drafts(db, [draft(two.chat_id, "c")], NOW)
    first, _ = claim(db)
    end(db, first)
    assert outbox.recover_interrupted(db, Door.TERMINAL, NOW) == 0
    assert outbox.recover_interrupted(db, Door.TELEGRAM, NOW) == 1
    assert outbox.recover_interrupted(db, Door.TELEGRAM, NOW) == 0
    assert {text: message.repeats for message in claim(db) for text in texts((message,))} == {
        "b": 0,
        "c": 1,
    }


def test_a_crash_keeps_that_a_message_is_plain(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    end(db, claim(db)[0], Refused(detail="entities", is_markup=True))
    claim(db)
    outbox.recover_interrupted(db, Door.TELEGRAM, NOW)
    assert claim(db)[0].is_plain


def test_a_message_that_kills_us_again_and_again_ends_as_uncertain(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    for _ in range(MAX_CRASH_REPEATS + 1):
        assert len(claim(db)) == 1
        outbox.recover_interrupted(db, Door.TELEGRAM, NOW)
    assert claim(db, LATER) == ()
    assert states(db) == ["uncertain"]
