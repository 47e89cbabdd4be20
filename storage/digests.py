"""SQL of the digest ledger and of what a digest tells."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime

from bot.domain.chat import ChatState
from bot.domain.ids import ChatId
from bot.domain.plan import DigestMaterial, DigestPlan, DigestStanding, LedgerRow
from storage.chats import list_watches
from storage.items import matched_items
from storage.outbox import insert_drafts
from storage.rows import chat_of, moment, stamp


def digest_standings(db: sqlite3.Connection, latest: date) -> tuple[DigestStanding, ...]:
    """All active chats that want digests, each with its newest ledger row up to that local date.

    Later rows were promised by a clock that ran ahead and has been set right.
    """
    rows = db.execute(
        """
        SELECT chats.*, local_date, covers_until, through
        FROM chats LEFT JOIN digest_ledger AS ledger ON ledger.chat_id = chats.chat_id
            AND local_date = (
                SELECT max(local_date) FROM digest_ledger
                WHERE chat_id = chats.chat_id AND local_date <= ?
            )
        WHERE state = 'active' AND digest_at IS NOT NULL
        ORDER BY chats.chat_id
        """,
        (latest.isoformat(),),
    )
    return tuple(DigestStanding(chat=chat_of(row), last=_ledger_row_of(row)) for row in rows)


def digest_material(
    db: sqlite3.Connection, chat_id: ChatId, first_from: datetime
) -> DigestMaterial:
    """What the chat's present watches matched since its last digest; at first since then."""
    row = db.execute(
        """
        SELECT * FROM digest_ledger WHERE chat_id = ?
        ORDER BY through DESC, local_date DESC LIMIT 1
        """,
        (chat_id,),
    ).fetchone()
    last = None if row is None else _ledger_row_of(row)
    return DigestMaterial(
        watches=list_watches(db, chat_id),
        matched=matched_items(
            db, chat_id, after=last.through if last else 0, since=None if last else first_from
        ),
        covers_from=last.covers_until if last else first_from,
        through=db.execute("SELECT coalesce(max(match_id), 0) FROM matches").fetchone()[0],
    )


def _ledger_row_of(row: sqlite3.Row) -> LedgerRow | None:
    if row["local_date"] is None:
        return None
    return LedgerRow(
        local_date=date.fromisoformat(row["local_date"]),
        covers_until=moment(row["covers_until"]),
        through=row["through"],
    )


def apply_digest(db: sqlite3.Connection, plan: DigestPlan) -> bool:
    """The ledger row and the messages, together; False where that day's digest was promised."""
    row = db.execute(
        """
        INSERT OR IGNORE INTO digest_ledger
            (chat_id, local_date, covers_until, through, created_at)
        SELECT chat_id, ?, ?, ?, ? FROM chats WHERE chat_id = ? AND state = ?
        """,
        (
            plan.local_date.isoformat(),
            stamp(plan.covers_until),
            plan.through,
            stamp(plan.now),
            plan.chat_id,
            ChatState.ACTIVE,
        ),
    )
    if not row.rowcount:
        return False
    insert_drafts(db, plan.messages, plan.now)
    return True
