"""Digests that are due: load → decide → apply, once per chat and local day."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.digests.compose import compose
from bot.digests.due import due_digest
from bot.domain.chat import Chat
from bot.domain.digest import Digest
from bot.domain.outbox import Draft, MessageKind, Priority
from bot.domain.plan import DigestMaterial, DigestPlan, DigestStanding
from bot.ports import Store
from bot.rendering.digest import render_digest
from bot.rendering.split import TELEGRAM_ROOM, split

_DAY = timedelta(days=1)


async def enqueue_due_digests(store: Store, now: datetime) -> int:
    """Promise every digest that is due now; returns how many."""
    promised = 0
    for standing in await store.digest_standings((now + _DAY).date()):
        promised += await enqueue_due_digest(store, standing, now)
    return promised


async def enqueue_due_digest(store: Store, standing: DigestStanding, now: datetime) -> bool:
    """Promise one chat's digest if it is due; the ledger sees to it that it is one a day."""
    chat, last = standing.chat, standing.last
    if chat.digest_at is None:
        return False
    due = due_digest(
        now=now,
        zone=chat.zone,
        digest_at=chat.digest_at,
        set_at=chat.digest_set_at,
        last_date=last.local_date if last else None,
    )
    if due is None:
        return False
    # a late digest covers up to now: what it shows need not wait for tomorrow's
    material = await store.digest_material(chat.chat_id, _first_from(chat, now))
    body = render_digest(_digest(material, now), zone=chat.zone, now=now)
    key = f"digest:{chat.chat_id}:{due.local_date.isoformat()}"
    plan = DigestPlan(
        chat_id=chat.chat_id,
        local_date=due.local_date,
        covers_until=now,
        through=material.through,
        now=now,
        messages=tuple(
            Draft(
                chat_id=chat.chat_id,
                kind=MessageKind.DIGEST,
                priority=Priority.DIGEST,
                body=part,
                dedup_key=f"{key}:{at}",
            )
            for at, part in enumerate(split(body, limit=TELEGRAM_ROOM))
        ),
    )
    return await store.apply_digest(plan)


async def gather_since_last(store: Store, chat: Chat, now: datetime) -> Digest:
    """What answered the chat's watches since its last digest (at first: since it subscribed)."""
    return _digest(await store.digest_material(chat.chat_id, _first_from(chat, now)), now)


def _first_from(chat: Chat, now: datetime) -> datetime:
    """Where a chat's first digest begins: however late it comes, nothing since /start is left out.

    The day before it is for what came while the time was changed, or the clock was set back.
    """
    return min(chat.digest_set_at, now) - _DAY


def _digest(material: DigestMaterial, now: datetime) -> Digest:
    # a last digest "to come" was promised by a clock that ran ahead; what it told is counted
    covers_from = material.covers_from if material.covers_from <= now else now - _DAY
    return compose(
        watches=material.watches,
        matched=material.matched,
        covers_from=covers_from,
        covers_until=now,
    )
