"""The ledger: one row a chat and local date, written with the digest's messages."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date, timedelta

from bot.domain.chat import Chat, ChatState
from bot.domain.plan import DigestPlan
from storage import chats, digests, items
from tests.samples import NOW
from tests.storage.nouns import add_chat, add_sources, add_watch, column, draft, new_item, plan

TODAY = NOW.date()
DAY = timedelta(days=1)


def promise(chat: Chat, local_date: date = TODAY, through: int = 0) -> DigestPlan:
    return DigestPlan(
        chat_id=chat.chat_id,
        local_date=local_date,
        covers_until=NOW,
        through=through,
        now=NOW,
        messages=tuple(draft(chat.chat_id, f"digest:{local_date}:{part}") for part in range(2)),
    )


def test_a_days_digest_is_promised_once_with_all_its_messages(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    assert digests.apply_digest(db, promise(chat))
    assert not digests.apply_digest(db, replace(promise(chat), covers_until=NOW + DAY))
    assert column(db, "SELECT count(*) FROM outbox") == [2]
    assert digests.apply_digest(db, promise(chat, TODAY + DAY))
    assert column(db, "SELECT count(*) FROM outbox") == [4]


def test_a_chat_that_left_meanwhile_is_promised_none(db: sqlite3.Connection) -> None:
    chat = add_chat(db)
    chats.set_chat_state(db, chat.chat_id, ChatState.PAUSED, NOW)
    assert not digests.apply_digest(db, promise(chat))
    assert column(db, "SELECT count(*) FROM outbox") == [0]
    chats.set_chat_state(db, chat.chat_id, ChatState.ACTIVE, NOW)
    assert digests.apply_digest(db, promise(chat))  # the refusal left no row


def test_standings_are_of_active_chats_that_want_digests(db: sqlite3.Connection) -> None:
    first, second = add_chat(db, 1), add_chat(db, 2)
    add_chat(db, 3, chat_state=ChatState.PAUSED)
    chats.set_digest(db, add_chat(db, 4).chat_id, None, "UTC", NOW)
    for day in (TODAY - DAY, TODAY):
        digests.apply_digest(db, promise(first, day))
    found = digests.digest_standings(db, TODAY)
    assert [standing.chat.chat_id for standing in found] == [first.chat_id, second.chat_id]
    assert found[0].last is not None
    assert found[0].last.local_date == TODAY
    assert found[1].last is None


def test_a_ledger_row_of_a_clock_that_ran_ahead_does_not_silence_a_chat(
    db: sqlite3.Connection,
) -> None:
    chat = add_chat(db)
    digests.apply_digest(db, promise(chat, TODAY - DAY))
    digests.apply_digest(db, promise(chat, TODAY + 1000 * DAY))
    last = digests.digest_standings(db, TODAY + DAY)[0].last
    assert last is not None
    assert last.local_date == TODAY - DAY


def test_a_digest_tells_what_was_committed_since_the_last_one(db: sqlite3.Connection) -> None:
    """Commits count, not times: a match that a slow commit brings late is in the next digest."""
    add_sources(db)
    chat = add_chat(db)
    watch = add_watch(db, chat)
    items.apply_ingest(db, plan(new_item("1", [watch])))
    first = digests.digest_material(db, chat.chat_id, NOW - DAY)
    assert [each.archived.item_id for each in first.matched] == [1]
    assert first.covers_from == NOW - DAY
    # decided before the digest was gathered, committed after it
    items.apply_ingest(db, plan(new_item("2", [watch]), now=NOW - timedelta(seconds=1)))
    digests.apply_digest(db, promise(chat, through=first.through))
    then = digests.digest_material(db, chat.chat_id, NOW)
    assert [each.archived.item_id for each in then.matched] == [2]
    assert then.covers_from == NOW


def test_the_first_digest_covers_the_time_that_it_is_asked_for(db: sqlite3.Connection) -> None:
    add_sources(db)
    chat = add_chat(db)
    watch = add_watch(db, chat)
    items.apply_ingest(db, plan(new_item("1", [watch]), now=NOW - 2 * DAY))
    items.apply_ingest(db, plan(new_item("2", [watch]), now=NOW))
    material = digests.digest_material(db, chat.chat_id, NOW - DAY)
    assert [each.archived.item_id for each in material.matched] == [2]
    assert material.watches == (watch,)
    assert material.through == 2


def test_before_any_match_a_digest_reaches_to_none(db: sqlite3.Connection) -> None:
    assert digests.digest_material(db, add_chat(db).chat_id, NOW).through == 0
