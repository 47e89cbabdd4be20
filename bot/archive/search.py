"""The archive asked in the language of the watches: the index offers, the engine decides.

    query → condition → candidates, newest first → evaluate → found

It is the same evaluator as that of the alerts, so that a search, a back-test and an alert agree
(docs/adr/0004-one-fold.md). Evaluating many runs on a thread: alerts do not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import ItemId
from bot.domain.item import ArchivedItem
from bot.domain.match import Hit
from bot.domain.query import Query
from bot.matching.condition import condition_of, expression
from bot.matching.documents import document_of
from bot.matching.engine import evaluate
from bot.ports import ItemStore

_PAGES = (15, 60, 250)  # candidates looked at together: few suffice as a rule
_MAX_CANDIDATES = 5_000  # nothing a person types may run for long


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """An item that answers, and where."""

    archived: ArchivedItem
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """What answers, newest first; `before` is where the next page begins, None where none is.

    `is_cut`: so many candidates did not answer that looking was given up; `before` goes on there.
    """

    found: tuple[FoundItem, ...]
    before: ItemId | None
    is_cut: bool = False


async def search(
    store: ItemStore, query: Query, *, limit: int, before: ItemId | None = None
) -> FoundPage:
    """The newest `limit` items that answer, of those older than `before`."""
    wanted = expression(condition_of(query))
    found: list[FoundItem] = []
    looked_at = 0
    for size in (*_PAGES, *(_PAGES[-1],) * (_MAX_CANDIDATES // _PAGES[-1])):
        if wanted:
            page = await store.search_candidates(wanted, size, before)
        else:  # facets alone: lang:zh is a word of the index, official:yes is not
            page = await store.latest_items(size, before)
        found += await answering(query, page)
        looked_at += len(page)
        if len(found) > limit:
            return FoundPage(found=tuple(found[:limit]), before=found[limit - 1].archived.item_id)
        if len(page) < size:
            return FoundPage(found=tuple(found), before=None)
        before = page[-1].item_id
    return FoundPage(found=tuple(found), before=before, is_cut=True)


async def answering(query: Query, items: Sequence[ArchivedItem]) -> list[FoundItem]:
    """Those of the items that answer, in their order."""
    if len(items) <= _PAGES[0]:  # some milliseconds: a thread would take longer to begin
        return _answering(query, items)
    return await asyncio.to_thread(_answering, query, items)


def _answering(query: Query, items: Sequence[ArchivedItem]) -> list[FoundItem]:
    return [
        FoundItem(archived=archived, hits=hits)
        for archived in items
        if (hits := evaluate(query, document_of(archived.item))) is not None
    ]
