"""One chat's one local day, gathered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.item import Item
from bot.domain.match import Hit
from bot.domain.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEntry:
    """An item under the first watch that it answers; `also` are the others, by number."""

    item: Item
    hits: tuple[Hit, ...]
    also: tuple[Watch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestGroup:
    """What answered one watch, newest first, without what stands under an earlier watch."""

    watch: Watch
    entries: tuple[DigestEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A group for each watch of the chat, in order of number; times are aware UTC."""

    covers_from: datetime
    covers_until: datetime
    groups: tuple[DigestGroup, ...]

    @property
    def count(self) -> int:
        """How many items it holds, each counted once."""
        return sum(len(group.entries) for group in self.groups)
