"""SQL of the outbox and its pacing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.delivery.pacing import Paces
from bot.delivery.policy import after_crash
from bot.domain.chat import ChatKind, Door
from bot.domain.ids import ChatId, ItemId
from bot.domain.outbox import Draft, MessageState, OutboxMessage, Settlement
from bot.domain.plan import OutboxCounts
from bot.domain.vitals import Census
from storage.chats import migrate_chat
from storage.rows import (
    buttons_text,
    message_of,
    moment,
    moment_or_none,
    stamp,
    stamp_or_none,
)

_KEEP_PACES = timedelta(days=1)
_DOOR_ROW = 0  # pacing of the door as a whole; no Telegram chat has this number


def insert_drafts(
    db: sqlite3.Connection,
    drafts: Sequence[Draft],
    now: datetime,
    *,
    about: ItemId | None = None,
) -> int:
    """Queue messages; one whose dedup_key is there already is left out. Returns how many.

    Messages `about` an item get its number behind their keys.
    """
    return sum(
        db.execute(
            """
            INSERT OR IGNORE INTO outbox
                (chat_id, kind, priority, state, body, buttons, dedup_key, created_at, due_at,
                 item_id)
            VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?)
            """,
            (
                draft.chat_id,
                draft.kind,
                draft.priority,
                json.dumps(draft.body.to_json(), ensure_ascii=False),
                buttons_text(draft.buttons),
                draft.dedup_key if about is None else f"{draft.dedup_key}:{about}",
                stamp(now),
                stamp(now),
                about,
            ),
        ).rowcount
        for draft in drafts
    )


_HEADS = """
    WITH RECURSIVE waiting (chat_id) AS (
        SELECT min(chat_id) FROM outbox INDEXED BY outbox_queued WHERE state = 'queued'
        UNION ALL
        SELECT (SELECT min(chat_id) FROM outbox INDEXED BY outbox_queued
                WHERE state = 'queued' AND outbox.chat_id > waiting.chat_id)
        FROM waiting WHERE waiting.chat_id IS NOT NULL
    ),
    heads AS MATERIALIZED (
        SELECT chats.*, (
            SELECT message_id FROM outbox INDEXED BY outbox_queued
            WHERE outbox.chat_id = chats.chat_id AND outbox.state = 'queued'
              AND (chats.state = 'active' OR outbox.kind = 'reply')
            ORDER BY priority, message_id LIMIT 1
        ) AS message_id
        FROM waiting CROSS JOIN chats USING (chat_id)
        WHERE door = :door AND chats.state <> 'suspended'
    )
"""
"""The first message of each chat that has one, by a probe a chat: a long queue costs nothing.

Paused chats get replies only, suspended chats nothing. A head that is not due yet holds those
behind it, so that order is kept.
"""


def claim_messages(
    db: sqlite3.Connection, door: Door, paces: Paces, now: datetime, limit: int
) -> tuple[OutboxMessage, ...]:
    """Take the next message of each chat that is free, urgent first, and mark it as sending.

    One message a chat (all its topics) is in flight; paces are charged here, so that a crash
    cannot forget them. What was put off by a clock that has since stepped back is due.
    """
    door_free_at = _free_at(db, door, _DOOR_ROW, now)
    if door_free_at is not None and door_free_at > now:
        return ()
    rows = db.execute(
        f"""
        {_HEADS},
        first AS (
            SELECT *, heads.kind AS chat_kind, row_number() OVER (
                PARTITION BY number ORDER BY priority, message_id
            ) AS place
            FROM heads JOIN outbox USING (message_id)
        )
        SELECT outbox.*, door, first.number, topic_id, chat_kind,
               CASE WHEN set_at <= :now THEN free_at END AS was_free_at
        FROM first JOIN outbox USING (message_id) LEFT JOIN pacing USING (door, number)
        WHERE place = 1
          AND (outbox.due_at <= :now OR coalesce(outbox.settled_at, outbox.created_at) > :now)
          AND (free_at IS NULL OR free_at <= :now OR set_at > :now)
          AND first.number NOT IN (
              SELECT flying.number FROM outbox JOIN chats AS flying USING (chat_id)
              WHERE outbox.state = 'sending' AND flying.door = :door
          )
        ORDER BY outbox.priority, message_id LIMIT :limit
        """,
        {"now": stamp(now), "door": door, "limit": limit},
    ).fetchall()
    claimed: list[OutboxMessage] = []
    for row in rows:
        if door_free_at is not None and door_free_at > now:
            break
        pace = paces.of(ChatKind(row["chat_kind"]))
        free_at = pace.next_free(moment_or_none(row["was_free_at"]), now)
        _set_free(db, door, row["number"], free_at, now)
        door_free_at = paces.door.next_free(door_free_at, now)
        db.execute(
            """
            UPDATE outbox SET state = 'sending', attempts = attempts + 1, claimed_at = ?
            WHERE message_id = ?
            """,
            (stamp(now), row["message_id"]),
        )
        message = message_of(row)
        claimed.append(replace(message, attempts=message.attempts + 1))
    if claimed and door_free_at is not None:
        _set_free(db, door, _DOOR_ROW, door_free_at, now)
    return tuple(claimed)


def _free_at(db: sqlite3.Connection, door: Door, number: int, now: datetime) -> datetime | None:
    row = db.execute(
        "SELECT free_at FROM pacing WHERE door = ? AND number = ? AND set_at <= ?",
        (door, number, stamp(now)),
    ).fetchone()
    return None if row is None else moment(row["free_at"])


def _set_free(
    db: sqlite3.Connection, door: Door, number: int, free_at: datetime, now: datetime
) -> None:
    db.execute(
        """
        INSERT INTO pacing (door, number, free_at, set_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (door, number) DO UPDATE SET
            free_at = excluded.free_at, set_at = excluded.set_at
        """,
        (door, number, stamp(free_at), stamp(now)),
    )


def settle(
    db: sqlite3.Connection, message: OutboxMessage, settlement: Settlement, now: datetime
) -> None:
    """What became of a message, and what follows for its chat, together."""
    db.execute(
        """
        UPDATE outbox SET
            state = ?, detail = ?, due_at = coalesce(?, due_at), remote_id = ?, repeats = ?,
            is_plain = ?, attempts = attempts - ?, settled_at = ?
        WHERE message_id = ? AND state = 'sending'
        """,
        (
            settlement.state,
            settlement.detail,
            stamp_or_none(settlement.due_at),
            settlement.remote_id,
            settlement.repeats,
            settlement.is_plain,
            0 if settlement.counts_as_attempt else 1,
            stamp(now),
            message.message_id,
        ),
    )
    address = message.address
    if settlement.hold_chat_until is not None:
        held = _free_at(db, address.door, address.number, now)
        until = max(settlement.hold_chat_until, held or settlement.hold_chat_until)
        _set_free(db, address.door, address.number, until, now)
    if settlement.suspend:
        # only an active chat comes back by itself when it writes again: a stranger that was
        # suspended would return as a subscriber, a paused chat with its alerts on
        db.execute(
            """
            UPDATE chats SET state = 'suspended'
            WHERE door = ? AND number = ? AND state = 'active' AND (topic_id = ? OR NOT ?)
            """,
            (
                address.door,
                address.number,
                address.topic_id or 0,
                settlement.is_topic_alone,
            ),
        )
        # the others are sent replies alone, which nobody waits for any more
        db.execute(
            """
            UPDATE outbox SET state = 'failed' WHERE message_id = ? AND chat_id IN
                (SELECT chat_id FROM chats WHERE state <> 'suspended')
            """,
            (message.message_id,),
        )
    if settlement.migrate_to is not None:
        migrate_chat(db, address, settlement.migrate_to)


def recover_interrupted(db: sqlite3.Connection, door: Door, now: datetime) -> int:
    """After a crash: what was being sent may have arrived. Returns how many."""
    rows = db.execute(
        """
        SELECT outbox.*, door, number, topic_id FROM outbox JOIN chats USING (chat_id)
        WHERE outbox.state = 'sending' AND door = ?
        """,
        (door,),
    ).fetchall()
    for row in rows:
        message = message_of(row)
        settlement = replace(after_crash(message.repeats, now), is_plain=message.is_plain)
        settle(db, message, settlement, now)
    return len(rows)


def next_due_at(db: sqlite3.Connection, door: Door) -> datetime | None:
    """When the next queued message may go out, if any may; past where it may at once.

    A message behind another of its chat that is being sent counts as due: the answer is near.
    """
    row = db.execute(
        f"""
        {_HEADS}
        SELECT max(
            min(max(due_at, coalesce(free_at, due_at))),
            coalesce((SELECT free_at FROM pacing WHERE door = :door AND number = 0), '')
        ) AS at
        FROM heads JOIN outbox USING (message_id) LEFT JOIN pacing USING (door, number)
        """,
        {"door": door},
    ).fetchone()
    return moment_or_none(row["at"])


def outbox_counts(db: sqlite3.Connection) -> OutboxCounts:
    """How many messages stand where; the oldest of those that may go out (see _HEADS)."""
    counts = dict(db.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
    oldest = db.execute(
        """
        SELECT min(outbox.created_at) AS at FROM outbox JOIN chats USING (chat_id)
        WHERE outbox.state = 'queued' AND chats.state <> 'suspended'
          AND (chats.state = 'active' OR outbox.kind = 'reply')
        """
    )
    return OutboxCounts(
        queued=counts.get(MessageState.QUEUED, 0),
        sending=counts.get(MessageState.SENDING, 0),
        sent=counts.get(MessageState.SENT, 0),
        failed=counts.get(MessageState.FAILED, 0),
        uncertain=counts.get(MessageState.UNCERTAIN, 0),
        oldest_queued_at=moment_or_none(oldest.fetchone()["at"]),
    )


def census(db: sqlite3.Connection) -> Census:
    """How many messages stand where, and how it stands with the sources."""

    def counted(question: str) -> dict[str, int]:
        return dict(db.execute(question).fetchall())

    return Census(
        outbox=outbox_counts(db),
        outcomes=counted("SELECT last_outcome, count(*) FROM fetch_states GROUP BY last_outcome"),
        complaints=counted(
            "SELECT complaint, count(*) FROM source_health WHERE complaint <> '' GROUP BY complaint"
        ),
    )


def forget_settled(db: sqlite3.Connection, now: datetime, keep: timedelta) -> int:
    """Delete sent messages older than `keep`; failed and uncertain ones stay for an operator.

    Paces that are long past (of groups that got a new number, say) go as well.
    """
    db.execute("DELETE FROM pacing WHERE free_at < ?", (stamp(now - _KEEP_PACES),))
    return db.execute(
        "DELETE FROM outbox WHERE state = 'sent' AND settled_at < ?", (stamp(now - keep),)
    ).rowcount


def is_promised(db: sqlite3.Connection, dedup_key: str) -> bool:
    """Whether a message with this key was ever queued and is still remembered."""
    row = db.execute("SELECT 1 FROM outbox WHERE dedup_key = ?", (dedup_key,)).fetchone()
    return row is not None


def reply_count(db: sqlite3.Connection, chat_id: ChatId, since: datetime) -> int:
    """How many replies the chat was promised since then."""
    row = db.execute(
        "SELECT count(*) FROM outbox WHERE chat_id = ? AND kind = 'reply' AND created_at > ?",
        (chat_id, stamp(since)),
    ).fetchone()
    return int(row[0])
