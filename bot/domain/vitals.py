"""Signs of life of a running service, as they are at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.plan import OutboxCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A timed job: seconds since it last began, on the monotonic clock, and how many it may be."""

    name: str
    age: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """Ages are in seconds. `written_age` is since the database last took a write, `due_age` is how
    long the message has been due that has been for longest, `heard_age` is since Telegram last
    answered (None without Telegram), `canary_age` is since the canary last came through (None where
    none is kept). `fault` is what the database says while it fails; one that hangs says nothing.
    """

    ticks: tuple[Tick, ...]
    written_age: float
    due_age: float = 0.0
    heard_age: float | None = None
    canary_age: float | None = None
    has_room: bool = True
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How many messages stand where; how many sources last answered how, and what ails them."""

    outbox: OutboxCounts
    outcomes: Mapping[str, int] = field(default_factory=dict)
    complaints: Mapping[str, int] = field(default_factory=dict)
