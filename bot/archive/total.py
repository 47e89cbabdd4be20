"""How many items answer a search: exactly where few are candidates, else nearly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.archive.sampling import sampled
from bot.domain.query import Query
from bot.matching.condition import condition_of, expression
from bot.ports import ItemStore

_SAMPLE = 250  # items evaluated, some 0.1 to 1 ms each
_MOST_IDS = 200_000
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """`is_estimate`: of a sample; `is_least`: the archive holds more than was counted."""

    count: int
    is_estimate: bool = False
    is_least: bool = False


async def total(store: ItemStore, query: Query) -> Total:
    """How many items of the archive answer."""
    ids = await store.ids_since(expression(condition_of(query)), _BEGINNING, _MOST_IDS)
    sample = await sampled(store, query, ids, _SAMPLE)
    return Total(
        count=round(sample.count),
        is_estimate=not sample.is_whole,
        is_least=len(ids) == _MOST_IDS,
    )
