"""Who is told of an update, and how: one short message to each chat that was told of the item."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.domain.chat import Chat
from bot.domain.item import Item
from bot.domain.outbox import Draft, MessageKind, Priority
from bot.rendering.split import TELEGRAM_ROOM, split
from bot.rendering.update import render_update
from bot.stories.updates import Announcement


def update_drafts(
    item: Item, news: Announcement, chats: Collection[Chat], now: datetime
) -> tuple[Draft, ...]:
    """A message for each chat; storage adds the item's number to the keys. The same announcement
    twice is one message."""
    return tuple(
        Draft(
            chat_id=chat.chat_id,
            kind=MessageKind.UPDATE,
            priority=Priority.NORMAL,
            body=part,
            dedup_key=f"update:{chat.chat_id}:{news.key}:{at}",
        )
        for chat in chats
        for at, part in enumerate(
            split(render_update(item, news.said, zone=chat.zone, now=now), limit=TELEGRAM_ROOM)
        )
    )
