"""A chat's standing question, how loudly it tells, and what people change about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import ChatId, WatchId


class Loudness(StrEnum):
    """How a watch tells: before all else, at once, or in the daily digest alone."""

    URGENT = "urgent"
    NORMAL = "normal"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """`text` is what the desk typed; `number` counts within the chat and is never used again.

    `name` is what the desk calls it, "" where that is its text. `changed_by` is who last changed
    text, name or loudness. It is silent before `muted_until`; what that held back is told after it,
    and until then it stays there.
    """

    watch_id: WatchId
    chat_id: ChatId
    number: int
    text: str
    created_at: datetime
    created_by: str
    name: str = ""
    priority: Loudness = Loudness.NORMAL
    changed_at: datetime | None = None
    changed_by: str = ""
    muted_until: datetime | None = None

    @property
    def label(self) -> str:
        """What people know it by."""
        return self.name or self.text

    def is_muted(self, at: datetime) -> bool:
        """Whether it is silent then."""
        return self.muted_until is not None and at < self.muted_until

    def alerts(self, at: datetime) -> bool:
        """Whether what answers it then is told at once."""
        return self.priority is not Loudness.DIGEST and not self.is_muted(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchText:
    """A text that a chat is to watch: a new watch, or what its watch of that number asks now."""

    chat_id: ChatId
    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchWays:
    """What is to change of a watch beside its text; None is left as it is."""

    name: str | None = None
    priority: Loudness | None = None
