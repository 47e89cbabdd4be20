"""Telegram's limits as token buckets over a clock that a test may drive."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`burst` calls at once, then one each `gap` seconds."""

    burst: int
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a bot may send: to a private chat, to a group or channel, and altogether."""

    private: Rate = Rate(burst=5, gap=1.0)
    shared: Rate = Rate(burst=20, gap=3.0)
    bot: Rate = Rate(burst=30, gap=1 / 30)


UNLIMITED = Limits(
    private=Rate(burst=1, gap=0.0), shared=Rate(burst=1, gap=0.0), bot=Rate(burst=1, gap=0.0)
)


@dataclass(slots=True)
class Bucket:
    """Tokens of one limit; times are seconds of a monotonic clock."""

    rate: Rate
    full_at: float = -math.inf  # when all tokens are back
    shut_until: float = -math.inf  # after a 429: nothing before that

    def wait(self, now: float) -> float:
        """Seconds until a call would be let through; 0 now."""
        behind = self.full_at - self.rate.gap * (self.rate.burst - 1)
        return max(0.0, behind - now, self.shut_until - now)

    def take(self, now: float) -> None:
        """A call was let through."""
        self.full_at = max(self.full_at, now) + self.rate.gap

    def shut(self, now: float, seconds: float) -> None:
        """Refuse all for so long."""
        self.shut_until = max(self.shut_until, now + seconds)


@dataclass(slots=True)
class Buckets:
    """The buckets of all chats and of the bot."""

    limits: Limits
    _chats: dict[int, Bucket] = field(default_factory=dict)
    _bot: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self._bot = Bucket(self.limits.bot)

    def of(self, chat_id: int, *, is_private: bool) -> Bucket:
        """A chat's bucket."""
        rate = self.limits.private if is_private else self.limits.shared
        return self._chats.setdefault(chat_id, Bucket(rate))

    def charge(self, chat_id: int, now: float, *, is_private: bool) -> int:
        """Let a message through, or say how many whole seconds to wait; who does not, waits on."""
        chat = self.of(chat_id, is_private=is_private)
        wait = math.ceil(max(chat.wait(now), self._bot.wait(now)))
        if wait:
            chat.shut(now, wait)
            return wait
        chat.take(now)
        self._bot.take(now)
        return 0
