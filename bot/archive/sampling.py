"""Many candidates, of which a sample is evaluated: how many answer, and the newest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.archive.search import FoundItem, answering
from bot.domain.ids import ItemId
from bot.domain.query import Query
from bot.ports import ItemStore

_CHUNK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What answers of those looked at, newest first, each with how many it stands for.
    `is_whole`: all were looked at."""

    found: tuple[tuple[float, FoundItem], ...]
    is_whole: bool

    @property
    def count(self) -> float:
        """How many answer in all, as far as the sample shows."""
        return sum(weight for weight, _found in self.found)


async def sampled(store: ItemStore, query: Query, ids: Sequence[ItemId], most: int) -> Sample:
    """Evaluate `most` of the items or a few more: the newest, and every so manieth of the rest."""
    newest, rest = ids[: most // 2], ids[most // 2 :]
    step = max(1, -(-len(rest) // (most - most // 2)))
    found: list[tuple[float, FoundItem]] = []
    for whole, chosen in ((newest, newest), (rest, rest[::step])):
        weight = len(whole) / max(1, len(chosen))
        for start in range(0, len(chosen), _CHUNK):
            items = await store.archived_items(chosen[start : start + _CHUNK])
            found += [(weight, each) for each in await answering(query, items)]
    return Sample(found=tuple(found), is_whole=step == 1)
