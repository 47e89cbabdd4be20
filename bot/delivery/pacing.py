"""How fast a chat may be written to: pure arithmetic over one stored instant per chat.

The stored instant is when the chat is next free (the generic cell rate algorithm: a bucket whose
level is a time). Telegram's limits are not published; these are what its FAQ calls safe:
about one message a second in a private chat, 20 a minute in a group, 30 a second for the bot.
Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.chat import ChatKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """One message each `gap`, after a burst of `burst`."""

    gap: timedelta
    burst: int

    def next_free(self, free_at: datetime | None, now: datetime) -> datetime:
        """When the chat is free again if a message goes out now. `free_at` must be past."""
        slack = self.gap * (self.burst - 1)
        level = now if free_at is None else max(now, free_at + slack)
        return level + self.gap - slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """The paces of a door."""

    private: Pace
    shared: Pace
    door: Pace

    def of(self, kind: ChatKind) -> Pace:
        """Groups, supergroups and channels share one limit."""
        return self.private if kind is ChatKind.PRIVATE else self.shared


TELEGRAM = Paces(
    private=Pace(gap=timedelta(seconds=1.05), burst=3),
    shared=Pace(gap=timedelta(seconds=3.2), burst=2),
    door=Pace(gap=timedelta(seconds=1 / 28), burst=10),
)

UNPACED = Paces(
    private=Pace(gap=timedelta(0), burst=1),
    shared=Pace(gap=timedelta(0), burst=1),
    door=Pace(gap=timedelta(0), burst=1),
)
"""A terminal reads as fast as we write."""
