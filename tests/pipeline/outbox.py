"""What stands in the outbox and the ledger, read beside the store that is under test."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.domain.ids import ChatId
from bot.domain.outbox import MessageKind, Priority
from bot.rendering.plain import to_plain
from storage.connection import connect
from storage.rows import message_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A message in whatever state; `text` is as in a pipe, `units` what Telegram counts."""

    chat_id: ChatId
    text: str
    units: int
    dedup_key: str
    priority: Priority


def promised(path: Path, kind: MessageKind) -> list[Promised]:
    """All messages of that kind, in order of making."""
    with closing(connect(path, is_writer=False)) as db:
        rows = db.execute(
            "SELECT outbox.*, door, number, topic_id FROM outbox JOIN chats USING (chat_id)"
            " WHERE outbox.kind = ? ORDER BY message_id",
            (kind,),
        )
        return [
            Promised(
                chat_id=message.chat_id,
                text=to_plain(message.body),
                units=len(message.body.plain.encode("utf-16-le")) // 2,
                dedup_key=row["dedup_key"],
                priority=Priority(row["priority"]),
            )
            for row in rows
            for message in (message_of(row),)
        ]


def alerts(path: Path) -> list[str]:
    """The texts of all alerts, in order of making."""
    return [each.text for each in promised(path, MessageKind.ALERT)]


def digests(path: Path) -> list[str]:
    """The texts of all messages of digests, in order of making."""
    return [each.text for each in promised(path, MessageKind.DIGEST)]


def ledger(path: Path) -> list[date]:
    """The local dates of which digests were promised, in order of promise."""
    with closing(connect(path, is_writer=False)) as db:
        rows = db.execute("SELECT local_date FROM digest_ledger ORDER BY created_at, local_date")
        return [date.fromisoformat(row["local_date"]) for row in rows]
