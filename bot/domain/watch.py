"""A chat's standing question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.ids import ChatId, WatchId


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """`text` is what the desk typed; `number` counts within the chat and is never used again."""

    watch_id: WatchId
    chat_id: ChatId
    number: int
    text: str
    created_at: datetime
    created_by: str
