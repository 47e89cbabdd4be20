"""How tests of the outbox claim, settle and look at it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from bot.delivery.pacing import UNPACED, Paces
from bot.delivery.policy import settle
from bot.domain.chat import Door
from bot.domain.outbox import DeliveryOutcome, OutboxMessage, Sent
from storage import outbox
from tests.samples import NOW
from tests.storage.nouns import column


def claim(
    db: sqlite3.Connection,
    now: datetime = NOW,
    *,
    paces: Paces = UNPACED,
    limit: int = 30,
    door: Door = Door.TELEGRAM,
) -> tuple[OutboxMessage, ...]:
    return outbox.claim_messages(db, door, paces, now, limit)


def texts(messages: tuple[OutboxMessage, ...]) -> list[str]:
    return [message.body.plain.removeprefix("Message ") for message in messages]


def end(
    db: sqlite3.Connection,
    message: OutboxMessage,
    outcome: DeliveryOutcome | None = None,
    now: datetime = NOW,
) -> None:
    outbox.settle(db, message, settle(message, outcome or Sent(remote_id=5), now), now)


def states(db: sqlite3.Connection) -> list[str]:
    return column(db, "SELECT state FROM outbox ORDER BY message_id")


def send_all(db: sqlite3.Connection, now: datetime = NOW, **how: Any) -> list[str]:
    sent: list[str] = []
    while claimed := claim(db, now, **how):
        for message in claimed:
            end(db, message, now=now)
        sent += texts(claimed)
    return sent
