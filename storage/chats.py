"""SQL of chats and watches."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, time

from bot.domain.chat import Address, Chat, ChatKind, ChatState
from bot.domain.ids import ChatId, WatchId
from bot.domain.plan import ActiveWatch, WatchChanges
from bot.domain.watch import Watch
from storage.rows import chat_of, stamp, watch_of

DEFAULT_ZONE = "Europe/Brussels"
DEFAULT_DIGEST = time(8, 0)


def find_chat(db: sqlite3.Connection, address: Address) -> Chat | None:
    """The chat at an address, in whatever state."""
    row = db.execute(
        "SELECT * FROM chats WHERE door = ? AND number = ? AND topic_id = ?",
        (address.door, address.number, address.topic_id or 0),
    ).fetchone()
    return None if row is None else chat_of(row)


def get_chat(db: sqlite3.Connection, chat_id: ChatId) -> Chat:
    """A chat that exists."""
    return chat_of(db.execute("SELECT * FROM chats WHERE chat_id = ?", (chat_id,)).fetchone())


def ensure_chat(
    db: sqlite3.Connection,
    address: Address,
    kind: ChatKind,
    title: str,
    state: ChatState,
    now: datetime,
) -> Chat:
    """The chat at an address; made in `state` where it is new, its title and kind refreshed."""
    db.execute(
        """
        INSERT INTO chats (door, number, topic_id, kind, title, state, zone, digest_at,
                           digest_set_at, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (door, number, topic_id) DO UPDATE SET
            kind = excluded.kind, title = excluded.title
        """,
        (
            address.door,
            address.number,
            address.topic_id or 0,
            kind,
            title,
            state,
            DEFAULT_ZONE,
            DEFAULT_DIGEST.isoformat("minutes"),
            stamp(now),
            stamp(now),
        ),
    )
    chat = find_chat(db, address)
    assert chat is not None
    return chat


def set_chat_state(
    db: sqlite3.Connection, chat_id: ChatId, state: ChatState, now: datetime
) -> Chat:
    """Move a chat to a state. Becoming active owes no digest of the time before."""
    db.execute(
        """
        UPDATE chats SET state = ?,
            digest_set_at = CASE WHEN ? = 'active' AND state <> 'active' THEN ?
                            ELSE digest_set_at END
        WHERE chat_id = ?
        """,
        (state, state, stamp(now), chat_id),
    )
    return get_chat(db, chat_id)


def set_states_at(
    db: sqlite3.Connection, address: Address, state: ChatState, *, only_from: ChatState
) -> int:
    """Move all chats with the address's number (all topics) that are in `only_from`."""
    return db.execute(
        "UPDATE chats SET state = ? WHERE door = ? AND number = ? AND state = ?",
        (state, address.door, address.number, only_from),
    ).rowcount


def states_at(db: sqlite3.Connection, address: Address) -> frozenset[ChatState]:
    """The states of all chats with the address's number: has an operator let this group in?"""
    rows = db.execute(
        "SELECT DISTINCT state FROM chats WHERE door = ? AND number = ?",
        (address.door, address.number),
    )
    return frozenset(ChatState(row["state"]) for row in rows)


def migrate_chat(db: sqlite3.Connection, address: Address, number: int) -> None:
    """The group got a new number: everything of it moves, what is there already stays."""
    if number == address.number:
        return
    db.execute(
        "UPDATE OR IGNORE chats SET number = ?, kind = 'supergroup' WHERE door = ? AND number = ?",
        (number, address.door, address.number),
    )
    left = db.execute(
        """
        SELECT old.chat_id, new.chat_id FROM chats AS old JOIN chats AS new USING (door, topic_id)
        WHERE door = ? AND old.number = ? AND new.number = ?
        """,
        (address.door, address.number, number),
    ).fetchall()
    for old_id, new_id in left:  # the supergroup wrote before the old group's messages came back
        _merge(db, ChatId(old_id), ChatId(new_id))


def _merge(db: sqlite3.Connection, old_id: ChatId, new_id: ChatId) -> None:
    """Move all of a chat into another. What people chose in the new one counts more."""
    ids = {"old": old_id, "new": new_id}
    twins = db.execute(
        """
        SELECT old.watch_id, new.watch_id FROM watches AS old JOIN watches AS new USING (text)
        WHERE old.chat_id = :old AND new.chat_id = :new
          AND old.removed_at IS NULL AND new.removed_at IS NULL
        """,
        ids,
    ).fetchall()
    for old_watch, new_watch in twins:  # asked in both: one watch, with the answers of both
        db.execute(
            "UPDATE OR IGNORE matches SET watch_id = ? WHERE watch_id = ?", (new_watch, old_watch)
        )
        db.execute(
            "UPDATE OR IGNORE shut_out SET watch_id = ? WHERE watch_id = ?", (new_watch, old_watch)
        )
        db.execute("DELETE FROM watches WHERE watch_id = ?", (old_watch,))
    db.execute(
        """
        UPDATE watches SET chat_id = :new, number = number +
            (SELECT last_watch_number FROM chats WHERE chat_id = :new)
        WHERE chat_id = :old
        """,
        ids,
    )
    db.execute(
        """
        UPDATE chats SET (state, zone, digest_at, digest_set_at) =
            (SELECT state, zone, digest_at, digest_set_at FROM chats WHERE chat_id = :old)
        WHERE chat_id = :new AND state IN ('stranger', 'admitted')
        """,
        ids,
    )
    db.execute(
        """
        UPDATE chats SET last_watch_number = last_watch_number +
            (SELECT last_watch_number FROM chats WHERE chat_id = :old)
        WHERE chat_id = :new
        """,
        ids,
    )
    for table in ("outbox", "alerts", "digest_ledger", "questions"):
        db.execute(f"UPDATE OR IGNORE {table} SET chat_id = :new WHERE chat_id = :old", ids)
    db.execute("DELETE FROM chats WHERE chat_id = :old", ids)


def set_digest(
    db: sqlite3.Connection, chat_id: ChatId, at: time | None, zone: str, now: datetime
) -> Chat:
    """Set when the digest comes and the zone of all times; today's earlier time is not owed."""
    db.execute(
        "UPDATE chats SET digest_at = ?, zone = ?, digest_set_at = ? WHERE chat_id = ?",
        (None if at is None else at.isoformat("minutes"), zone, stamp(now), chat_id),
    )
    return get_chat(db, chat_id)


def chats_in(db: sqlite3.Connection, *states: ChatState) -> tuple[Chat, ...]:
    """All chats in one of the states."""
    marks = ", ".join("?" * len(states))
    rows = db.execute(f"SELECT * FROM chats WHERE state IN ({marks}) ORDER BY chat_id", states)
    return tuple(chat_of(row) for row in rows)


def add_watch(
    db: sqlite3.Connection, chat_id: ChatId, text: str, created_by: str, now: datetime
) -> tuple[Watch, bool]:
    """The chat's watch of this text, and whether it is new: asking twice makes one watch."""
    row = db.execute(
        "SELECT * FROM watches WHERE chat_id = ? AND text = ? AND removed_at IS NULL",
        (chat_id, text),
    ).fetchone()
    if row is not None:
        return watch_of(row), False
    db.execute(
        "UPDATE chats SET last_watch_number = last_watch_number + 1 WHERE chat_id = ?", (chat_id,)
    )
    db.execute(
        """
        INSERT INTO watches (chat_id, number, text, created_at, created_by)
        SELECT chat_id, last_watch_number, ?, ?, ? FROM chats WHERE chat_id = ?
        """,
        (text, stamp(now), created_by, chat_id),
    )
    row = db.execute("SELECT * FROM watches WHERE rowid = last_insert_rowid()").fetchone()
    return watch_of(row), True


def add_watches(
    db: sqlite3.Connection, chat_id: ChatId, texts: Sequence[str], created_by: str, now: datetime
) -> tuple[tuple[Watch, bool], ...]:
    """add_watch of each text, in their order: the new ones get numbers without a gap."""
    return tuple(add_watch(db, chat_id, text, created_by, now) for text in texts)


def list_watches(db: sqlite3.Connection, chat_id: ChatId) -> tuple[Watch, ...]:
    """The chat's watches, in order of their numbers."""
    rows = db.execute(
        "SELECT * FROM watches WHERE chat_id = ? AND removed_at IS NULL ORDER BY number",
        (chat_id,),
    )
    return tuple(watch_of(row) for row in rows)


def remove_watch(
    db: sqlite3.Connection, chat_id: ChatId, number: int, now: datetime
) -> Watch | None:
    """End the chat's watch of that number; None where it has none."""
    row = db.execute(
        "SELECT * FROM watches WHERE chat_id = ? AND number = ? AND removed_at IS NULL",
        (chat_id, number),
    ).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE watches SET removed_at = ? WHERE watch_id = ?", (stamp(now), row["watch_id"])
    )
    return watch_of(row)


def watch_changes(db: sqlite3.Connection, since: int) -> WatchChanges:
    """What became of watches after a revision (watch_revision); all that stand for 0."""
    if not since:
        return WatchChanges(watches=active_watches(db))
    rows = db.execute(
        """
        SELECT changed.watch_id AS changed_id, watches.*
        FROM watch_changes AS changed
        LEFT JOIN watches ON watches.watch_id = changed.watch_id AND removed_at IS NULL
        WHERE revision > ? ORDER BY changed.watch_id
        """,
        (since,),
    )
    chats: dict[int, Chat] = {}
    watches: list[ActiveWatch] = []
    gone: list[WatchId] = []
    for row in rows:
        chat_id = row["chat_id"]
        if chat_id is not None and chat_id not in chats:
            chats[chat_id] = get_chat(db, chat_id)
        if chat_id is not None and chats[chat_id].state is ChatState.ACTIVE:
            watches.append(ActiveWatch(watch=watch_of(row), chat=chats[chat_id]))
        else:
            gone.append(WatchId(row["changed_id"]))
    return WatchChanges(watches=watches, gone=gone)


def active_watches(db: sqlite3.Connection) -> tuple[ActiveWatch, ...]:
    """All watches of active chats, in order of making."""
    chats = {chat.chat_id: chat for chat in chats_in(db, ChatState.ACTIVE)}
    rows = db.execute("SELECT * FROM watches WHERE removed_at IS NULL ORDER BY watch_id")
    return tuple(
        ActiveWatch(watch=watch, chat=chats[watch.chat_id])
        for watch in map(watch_of, rows)
        if watch.chat_id in chats
    )
