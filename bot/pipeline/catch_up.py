"""The end of a watch's silence: load → decide → apply, so that what it held back is told once."""

from __future__ import annotations

from datetime import datetime

from bot.digests.compose import compose
from bot.domain.outbox import Draft, MessageKind, Priority
from bot.domain.plan import EndedMute, UnmutePlan
from bot.ports import Store
from bot.rendering.digest import render_catch_up
from bot.rendering.split import TELEGRAM_ROOM, split


async def catch_up(store: Store, now: datetime) -> int:
    """Let watches whose silence is over tell again; how many had held something back."""
    told = 0
    for ended in await store.ended_mutes(now):
        if await store.apply_unmute(plan_unmute(ended, now)):
            told += bool(ended.held)
    return told


def plan_unmute(ended: EndedMute, now: datetime) -> UnmutePlan:
    """One message of what was held back; none where nothing was. Pure."""
    watch, chat = ended.watch, ended.chat
    (group,) = compose(
        watches=[watch], matched=ended.held, covers_from=now, covers_until=now
    ).groups
    body = render_catch_up(group, zone=chat.zone, now=now)
    return UnmutePlan(
        watch=watch,
        through=ended.through,
        now=now,
        told=tuple(found.archived.item_id for found in ended.held),
        messages=tuple(
            Draft(
                chat_id=chat.chat_id,
                kind=MessageKind.DIGEST,
                priority=Priority.NORMAL,
                body=part,
                dedup_key=f"unmuted:{chat.chat_id}:{watch.watch_id}:{ended.through}:{at}",
            )
            for at, part in enumerate(split(body, limit=TELEGRAM_ROOM))
        )
        if ended.held
        else (),
    )
