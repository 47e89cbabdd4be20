"""SQL of what becomes of watches: changed, silent for a while, counted, and why a chat was told."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from bot.domain.ids import ChatId, WatchId
from bot.domain.plan import EndedMute, Told, UnmutePlan, WatchWeek
from bot.domain.watch import Loudness, Watch, WatchWays
from storage.chats import get_chat
from storage.items import match_counts, matched_items
from storage.outbox import insert_drafts
from storage.rows import (
    ITEM_COLUMNS,
    archived_of,
    day_stamp,
    moment,
    stamp,
    stamp_or_none,
    watch_of,
)

_WEEK = timedelta(days=7)


def get_watch(db: sqlite3.Connection, chat_id: ChatId, number: int) -> Watch | None:
    """The chat's watch of that number; None where it has none."""
    row = db.execute(
        "SELECT * FROM watches WHERE chat_id = ? AND number = ? AND removed_at IS NULL",
        (chat_id, number),
    ).fetchone()
    return None if row is None else watch_of(row)


def edit_watch(
    db: sqlite3.Connection, chat_id: ChatId, number: int, text: str, by: str, now: datetime
) -> None:
    """Give the chat's watch of that number another text; one that has ended stays as it was."""
    db.execute(
        "UPDATE watches SET text = ?, changed_by = ?, changed_at = ?"
        " WHERE chat_id = ? AND number = ? AND removed_at IS NULL",
        (text, by, stamp(now), chat_id, number),
    )


def change_watch(
    db: sqlite3.Connection,
    chat_id: ChatId,
    number: int,
    ways: WatchWays,
    by: str,
    now: datetime,
) -> Watch | None:
    """Change name or loudness of the chat's watch of that number; None where it has none."""
    db.execute(
        """
        UPDATE watches SET name = coalesce(?, name), priority = coalesce(?, priority),
            changed_by = ?, changed_at = ?
        WHERE chat_id = ? AND number = ? AND removed_at IS NULL
        """,
        (ways.name, ways.priority, by, stamp(now), chat_id, number),
    )
    return get_watch(db, chat_id, number)


def mute_watch(
    db: sqlite3.Connection, chat_id: ChatId, number: int, until: datetime
) -> Watch | None:
    """Let the chat's watch of that number be silent until then; None where it has none.

    One that is silent already keeps what it holds back.
    """
    db.execute(
        """
        UPDATE watches SET muted_until = ?, muted_after = CASE
            WHEN muted_until IS NOT NULL THEN muted_after
            ELSE (SELECT coalesce(max(match_id), 0) FROM matches) END
        WHERE chat_id = ? AND number = ? AND removed_at IS NULL
        """,
        (stamp(until), chat_id, number),
    )
    return get_watch(db, chat_id, number)


def ended_mutes(db: sqlite3.Connection, now: datetime) -> tuple[EndedMute, ...]:
    """The watches of active chats whose silence is over, the first to end first; with what answered
    them meanwhile and was told neither by another watch's alert nor in a digest."""
    rows = db.execute(
        """
        SELECT watches.*, max(muted_after, coalesce(
            (SELECT max(through) FROM digest_ledger WHERE chat_id = watches.chat_id), 0
        )) AS told_through
        FROM watches INDEXED BY watches_muted JOIN chats USING (chat_id)
        WHERE muted_until <= ? AND removed_at IS NULL AND state = 'active'
        ORDER BY muted_until, watch_id
        """,
        (stamp(now),),
    ).fetchall()
    through = db.execute("SELECT coalesce(max(match_id), 0) FROM matches").fetchone()[0]
    return tuple(
        EndedMute(
            chat=get_chat(db, ChatId(row["chat_id"])),
            watch=watch_of(row),
            # what is told in the digest alone waits for it
            held=()
            if row["priority"] == Loudness.DIGEST
            else matched_items(
                db,
                ChatId(row["chat_id"]),
                after=row["told_through"],
                since=None,
                untold_of=WatchId(row["watch_id"]),
            ),
            through=through,
        )
        for row in rows
    )


def apply_unmute(db: sqlite3.Connection, plan: UnmutePlan) -> bool:
    """End the silence and queue what makes up for it; False where it was ended, or set anew."""
    ended = db.execute(
        """
        UPDATE watches SET muted_until = NULL, muted_after = NULL
        WHERE watch_id = :watch_id AND muted_until = :until AND removed_at IS NULL
          AND NOT EXISTS (
              SELECT 1 FROM matches
              WHERE matches.watch_id = :watch_id AND match_id > :through AND NOT EXISTS (
                  SELECT 1 FROM alerts
                  WHERE alerts.chat_id = watches.chat_id AND alerts.item_id = matches.item_id
              )
          )
        """,
        {
            "watch_id": plan.watch.watch_id,
            "until": stamp_or_none(plan.watch.muted_until),
            "through": plan.through,
        },
    ).rowcount
    if ended:
        insert_drafts(db, plan.messages, plan.now)
        db.executemany(
            "INSERT OR IGNORE INTO alerts (chat_id, item_id, created_at) VALUES (?, ?, ?)",
            [(plan.watch.chat_id, item_id, stamp(plan.now)) for item_id in plan.told],
        )
    return bool(ended)


def forget_shut_out(db: sqlite3.Connection, now: datetime) -> None:
    """Delete the counts of days that nobody asks for any more."""
    db.execute("DELETE FROM shut_out WHERE day < ?", (day_stamp(now - _WEEK),))


def watch_weeks(db: sqlite3.Connection, chat_id: ChatId, now: datetime) -> dict[WatchId, WatchWeek]:
    """What the chat's watches did in the last seven days; those with nothing are left out."""
    matches = match_counts(db, chat_id, now - _WEEK)
    rows = db.execute(
        "SELECT watch_id, sum(items) AS n FROM watches JOIN shut_out USING (watch_id)"
        " WHERE chat_id = ? AND day > ? GROUP BY watch_id",
        (chat_id, day_stamp(now - _WEEK)),
    )
    shut_out = {WatchId(row["watch_id"]): int(row["n"]) for row in rows}
    return {
        watch_id: WatchWeek(matches=matches.get(watch_id, 0), shut_out=shut_out.get(watch_id, 0))
        for watch_id in matches.keys() | shut_out.keys()
    }


def told_by(db: sqlite3.Connection, chat_id: ChatId, remote_id: int) -> Told | None:
    """What the message with Telegram's number told the chat of; None where it tells of no item."""
    row = db.execute(
        "SELECT item_id FROM outbox WHERE chat_id = ? AND remote_id = ? AND item_id IS NOT NULL",
        (chat_id, remote_id),
    ).fetchone()
    return None if row is None else _told(db, chat_id, row["item_id"])


def told_last(db: sqlite3.Connection, chat_id: ChatId, place: int) -> Told | None:
    """What the chat was alerted to last (1), before that (2), …; None where there is none."""
    row = db.execute(
        "SELECT item_id FROM alerts WHERE chat_id = ?"
        " ORDER BY created_at DESC, item_id DESC LIMIT 1 OFFSET ?",
        (chat_id, place - 1),
    ).fetchone()
    return None if row is None else _told(db, chat_id, row["item_id"])


def _told(db: sqlite3.Connection, chat_id: ChatId, item_id: int) -> Told | None:
    row = db.execute(
        f"""
        SELECT {ITEM_COLUMNS}, alerts.created_at AS told_at
        FROM alerts JOIN items USING (item_id) JOIN sources USING (source_id)
        WHERE chat_id = ? AND item_id = ?
        """,
        (chat_id, item_id),
    ).fetchone()
    if row is None:
        return None
    asked = db.execute(
        """
        SELECT watches.* FROM matches JOIN watches USING (watch_id)
        WHERE item_id = ? AND chat_id = ? ORDER BY number
        """,
        (item_id, chat_id),
    ).fetchall()
    return Told(
        archived=archived_of(row),
        at=moment(row["told_at"]),
        watches=tuple(watch_of(each) for each in asked if each["removed_at"] is None),
        ended=tuple(each["number"] for each in asked if each["removed_at"] is not None),
    )
