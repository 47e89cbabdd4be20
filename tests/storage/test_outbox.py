"""Claiming: who is written to next, how fast, and what the queue says of itself."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.delivery.pacing import TELEGRAM
from bot.domain.chat import ChatKind, ChatState, Door
from bot.domain.ids import ItemId
from bot.domain.outbox import Priority, Refused, Throttled
from bot.domain.richtext import Button
from storage import chats, outbox
from tests.samples import NOW, SECOND
from tests.storage.nouns import add_chat, column, draft, reply, scans
from tests.storage.queueing import claim, end, send_all, states, texts

LATER = NOW + timedelta(hours=1)


def test_a_message_comes_out_as_it_went_in(db: sqlite3.Connection) -> None:
    chat = add_chat(db, -100, 7)
    buttons = ((Button("Rare earths", "w:1"), Button("稀土", "w:2")), (Button("x", "y"),))
    queued = draft(chat.chat_id, buttons=buttons)
    assert outbox.insert_drafts(db, [queued], NOW) == 1
    (message,) = claim(db)
    assert (message.body, message.buttons, message.kind) == (queued.body, buttons, queued.kind)
    assert (message.address, message.chat_id) == (chat.address, chat.chat_id)
    assert (message.attempts, message.repeats, message.is_plain) == (1, 0, False)
    assert message.created_at == NOW


def test_the_same_promise_made_twice_is_one_message(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    assert outbox.insert_drafts(db, [draft(chat.chat_id, "a"), draft(chat.chat_id, "a")], NOW) == 1
    assert outbox.insert_drafts(db, [draft(chat.chat_id, "a")], NOW, about=ItemId(2)) == 1
    assert outbox.is_promised(db, "a")
    assert not outbox.is_promised(db, "b")


def test_one_message_a_chat_is_in_flight(db: sqlite3.Connection) -> None:
    one, two = add_chat(db, 1), add_chat(db, 2)
    outbox.insert_drafts(db, [draft(one.chat_id, "a"), draft(one.chat_id, "b")], NOW)
    outbox.insert_drafts(db, [draft(two.chat_id, "c")], NOW)
    first = claim(db)
    assert texts(first) == ["a", "c"]
    assert claim(db) == ()
    end(db, first[0])
    assert texts(claim(db)) == ["b"]


def test_the_topics_of_a_forum_are_one_chat_in_flight(db: sqlite3.Connection) -> None:
    topics = [add_chat(db, -1, topic) for topic in (None, 7, 8)]
    drafts = [draft(chat.chat_id, str(n)) for n, chat in enumerate(reversed(topics))]
    outbox.insert_drafts(db, drafts, NOW)
    sent = []
    while claimed := claim(db):
        assert len(claimed) == 1
        sent += texts(claimed)
        assert claim(db) == ()
        end(db, claimed[0])
    assert sent == ["0", "1", "2"]  # in order of queueing, whatever the topic


def test_the_urgent_goes_first_and_the_rest_in_order(db: sqlite3.Connection) -> None:
    chat, other = add_chat(db, 1), add_chat(db, 2)
    drafts = [
        draft(chat.chat_id, "digest", priority=Priority.DIGEST),
        draft(chat.chat_id, "a"),
        draft(chat.chat_id, "b"),
        draft(chat.chat_id, "urgent", priority=Priority.URGENT),
        reply(chat.chat_id, "reply"),
        draft(other.chat_id, "other"),
    ]
    outbox.insert_drafts(db, drafts, NOW)
    first = claim(db, limit=1)
    assert texts(first) == ["reply"]  # across chats too
    end(db, first[0])
    assert send_all(db) == ["urgent", "other", "a", "b", "digest"]


def test_no_more_is_claimed_than_asked_for(db: sqlite3.Connection) -> None:
    for number in range(1, 6):
        outbox.insert_drafts(db, [draft(add_chat(db, number).chat_id, str(number))], NOW)
    assert texts(claim(db, limit=2)) == ["1", "2"]
    assert texts(claim(db, limit=2)) == ["3", "4"]


def test_each_door_has_its_own_queue(db: sqlite3.Connection) -> None:
    outbox.insert_drafts(db, [draft(add_chat(db).chat_id)], NOW)
    assert claim(db, door=Door.TERMINAL) == ()
    assert outbox.next_due_at(db, Door.TERMINAL) is None
    assert len(claim(db, door=Door.TELEGRAM)) == 1


@pytest.mark.parametrize(
    ("state", "sent"),
    [
        (ChatState.ACTIVE, ["reply", "alert"]),
        (ChatState.PAUSED, ["reply"]),
        (ChatState.STRANGER, ["reply"]),
        (ChatState.ADMITTED, ["reply"]),
        (ChatState.SUSPENDED, []),
    ],
)
def test_paused_chats_get_replies_only_and_suspended_ones_nothing(
    db: sqlite3.Connection, state: ChatState, sent: list[str]
) -> None:
    chat = add_chat(db, chat_state=state)
    outbox.insert_drafts(db, [draft(chat.chat_id, "alert"), reply(chat.chat_id, "reply")], NOW)
    assert send_all(db) == sent
    chats.set_chat_state(db, chat.chat_id, ChatState.ACTIVE, NOW)
    assert sorted(sent + send_all(db)) == ["alert", "reply"]  # what waited is not lost


# Pacing


def test_a_chat_is_written_to_at_its_pace(db: sqlite3.Connection) -> None:
    chat = add_chat(db, -1, kind=ChatKind.SUPERGROUP)
    outbox.insert_drafts(db, [draft(chat.chat_id, str(n)) for n in range(30)], NOW)
    now: datetime = NOW
    sent: list[datetime] = []
    while len(sent) < 30:
        for message in claim(db, now, paces=TELEGRAM):
            sent.append(now)
            end(db, message, now=now)
        now += SECOND / 10
    for start in sent:  # Telegram's limit for groups: 20 a minute
        assert sum(start <= at < start + timedelta(minutes=1) for at in sent) <= 21
    assert sent[-1] - sent[0] < timedelta(seconds=3.4 * 29)


def test_the_door_as_a_whole_has_a_pace(db: sqlite3.Connection) -> None:
    for number in range(1, 201):
        outbox.insert_drafts(db, [draft(add_chat(db, number).chat_id, str(number))], NOW)
    now: datetime = NOW
    sent: list[datetime] = []
    while len(sent) < 200:
        for message in claim(db, now, paces=TELEGRAM, limit=100):
            sent.append(now)
            end(db, message, now=now)
        now += SECOND / 100
    for start in sent:  # 30 a second for the bot
        assert sum(start <= at < start + SECOND for at in sent) <= 38  # 28 and a burst of 10
    assert sent[-1] - sent[0] < timedelta(seconds=200 / 27)


def test_a_crash_does_not_forget_the_pace(db: sqlite3.Connection) -> None:
    chat = add_chat(db, -1, kind=ChatKind.CHANNEL)
    outbox.insert_drafts(db, [draft(chat.chat_id, str(n)) for n in range(9)], NOW)
    for _ in range(2):
        assert len(claim(db, paces=TELEGRAM)) == 1
        outbox.recover_interrupted(db, Door.TELEGRAM, NOW)
    assert claim(db, paces=TELEGRAM) == ()


def test_a_clock_that_steps_back_holds_nothing_up(db: sqlite3.Connection) -> None:
    """Paces and waits that were set "in the future" are void: the clock was wrong."""
    chat, other = add_chat(db, 1), add_chat(db, 2)
    outbox.insert_drafts(db, [draft(chat.chat_id, str(n)) for n in range(5)], LATER)
    outbox.insert_drafts(db, [draft(other.chat_id, "other")], LATER)
    for message in claim(db, LATER, paces=TELEGRAM):
        end(db, message, Throttled(retry_after=timedelta(minutes=5)), LATER)
    assert claim(db, LATER + SECOND, paces=TELEGRAM) == ()
    assert texts(claim(db, NOW, paces=TELEGRAM)) == ["0", "other"]


# Looking at the queue


def test_what_is_due_next_minds_paces_and_states(db: sqlite3.Connection) -> None:
    chat = add_chat(db, -1, kind=ChatKind.GROUP)
    assert outbox.next_due_at(db, Door.TELEGRAM) is None
    outbox.insert_drafts(db, [draft(chat.chat_id, str(n)) for n in range(5)], NOW)
    assert outbox.next_due_at(db, Door.TELEGRAM) == NOW
    for _ in range(2):
        end(db, claim(db, paces=TELEGRAM)[0])
    at = outbox.next_due_at(db, Door.TELEGRAM)
    assert at is not None
    assert claim(db, at - SECOND / 1000, paces=TELEGRAM) == ()
    assert len(claim(db, at, paces=TELEGRAM)) == 1
    chats.set_chat_state(db, chat.chat_id, ChatState.PAUSED, NOW)
    assert outbox.next_due_at(db, Door.TELEGRAM) is None


def test_what_is_due_next_minds_the_doors_own_pace(db: sqlite3.Connection) -> None:
    for number in range(1, 31):
        outbox.insert_drafts(db, [draft(add_chat(db, number).chat_id, str(number))], NOW)
    while claim(db, paces=TELEGRAM):
        pass
    at = outbox.next_due_at(db, Door.TELEGRAM)
    assert at is not None
    assert NOW < at < NOW + SECOND / 10
    assert len(claim(db, at, paces=TELEGRAM)) == 1


def test_messages_are_counted_by_state(db: sqlite3.Connection) -> None:
    for number in range(1, 5):
        outbox.insert_drafts(
            db, [draft(add_chat(db, number).chat_id, str(number))], NOW + number * SECOND
        )
    first, second, *_ = claim(db, LATER, limit=3)
    end(db, first)
    end(db, second, Refused(detail="too long", is_markup=False))
    counts = outbox.outbox_counts(db)
    assert (counts.queued, counts.sending, counts.sent, counts.failed, counts.uncertain) == (
        1,
        1,
        1,
        1,
        0,
    )
    assert counts.oldest_queued_at == NOW + 4 * SECOND


def test_sent_messages_are_forgotten_in_time_and_failed_ones_kept(db: sqlite3.Connection) -> None:
    for number in range(1, 4):
        outbox.insert_drafts(db, [draft(add_chat(db, number).chat_id, str(number))], NOW)
    first, second, _ = claim(db, paces=TELEGRAM)
    end(db, first)
    end(db, second, Refused(detail="too long", is_markup=False))
    keep = timedelta(days=90)
    assert outbox.forget_settled(db, NOW + keep, keep) == 0
    assert outbox.forget_settled(db, NOW + keep + SECOND, keep) == 1
    assert states(db) == ["failed", "sending"]
    assert column(db, "SELECT count(*) FROM pacing") == [0]


def test_replies_are_counted_for_a_chat_and_a_time(db: sqlite3.Connection) -> None:
    chat, other = add_chat(db, 1), add_chat(db, 2)
    outbox.insert_drafts(db, [reply(chat.chat_id, "old")], NOW - SECOND)
    outbox.insert_drafts(db, [reply(chat.chat_id, "new"), draft(chat.chat_id, "alert")], NOW)
    outbox.insert_drafts(db, [reply(other.chat_id, "theirs")], NOW)
    assert outbox.reply_count(db, chat.chat_id, NOW - SECOND) == 1


def test_the_queue_is_read_by_index_however_long_the_history(db: sqlite3.Connection) -> None:
    """A claim costs a probe for each chat that waits, not a look at each message."""
    asked: list[tuple[str, Any]] = []

    class Spy:
        def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
            asked.append((sql, values))
            return db.execute(sql, values)

    chat = add_chat(db)
    outbox.insert_drafts(db, [draft(chat.chat_id)], NOW)
    spy: Any = Spy()
    (message,) = claim(spy)
    end(spy, message)
    outbox.next_due_at(spy, Door.TELEGRAM)
    outbox.reply_count(spy, chat.chat_id, NOW)
    outbox.forget_settled(spy, NOW, timedelta(0))
    outbox.recover_interrupted(spy, Door.TELEGRAM, NOW)
    outbox.is_promised(spy, "a")
    tables = ("SCAN outbox", "SCAN chats", "SCAN flying", "SCAN pacing")
    bad = [
        (step, sql)
        for sql, values in asked
        for step in scans(db, sql, values)
        # housekeeping may look at each row of pacing: one a chat, four times a day
        if step.startswith(tables) and not sql.startswith("DELETE FROM pacing")
    ]
    assert bad == []
    assert any("WITH RECURSIVE" in sql for sql, _ in asked)


def test_a_long_queue_costs_a_claim_no_more_than_a_short_one(db: sqlite3.Connection) -> None:
    chat, paused = add_chat(db, 1), add_chat(db, 2, chat_state=ChatState.PAUSED)

    def steps() -> int:
        count = 0

        def tick() -> None:
            nonlocal count
            count += 1

        db.set_progress_handler(tick, 10)  # counts tens of SQLite's own instructions
        claim(db)
        db.set_progress_handler(None, 0)
        outbox.recover_interrupted(db, Door.TELEGRAM, NOW)
        return count

    outbox.insert_drafts(db, [draft(c.chat_id, f"{c.chat_id}") for c in (chat, paused)], NOW)
    short = steps()
    many = [draft(chat.chat_id, f"n{n}") for n in range(3000)]
    outbox.insert_drafts(db, many, NOW)
    assert steps() < 2 * short
