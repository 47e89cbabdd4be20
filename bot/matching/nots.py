"""What is left of a query without its NOTs, and these: to count what they shut out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from bot.domain.query import And, InTitle, Not, Or, Query


@lru_cache(maxsize=4096)
def without_nots(query: Query) -> Query | None:
    """The query as though nothing were left out; None where nothing is, or only that is said."""
    left = _left(query)
    return None if left == query else left


def nots(query: Query) -> Iterator[Query]:
    """What the query leaves out, in its order; not what stands within a NOT."""
    match query:
        case Not():
            yield query.part
        case And() | Or():
            for part in query.parts:
                yield from nots(part)
        case InTitle():
            yield from nots(query.part)
        case _:
            pass


def _left(query: Query) -> Query | None:
    match query:
        case Not():
            return None
        case And() | Or():
            parts = tuple(left for part in query.parts if (left := _left(part)) is not None)
            if len(parts) < 2:
                return parts[0] if parts else None
            return And(parts) if isinstance(query, And) else Or(parts)
        case InTitle():
            part = _left(query.part)
            return None if part is None else InTitle(part)
        case _:
            return query
