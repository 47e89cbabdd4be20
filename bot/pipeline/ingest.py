"""From a page that was read to the outbox: the decision is pure, the flow around it is thin.

read → recognise → match → render → IngestPlan   |   apply, in one transaction
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial

from bot.domain.chat import Chat
from bot.domain.ids import ChatId, ItemId
from bot.domain.item import Item
from bot.domain.match import Match
from bot.domain.outbox import Alert, Draft, MessageKind, Priority
from bot.domain.plan import (
    ActiveWatch,
    Applied,
    EditedItem,
    IndexEntry,
    IngestPlan,
    KnownItems,
    NewItem,
    Sighting,
)
from bot.domain.query import Query
from bot.domain.source import FetchState
from bot.errors import QueryError
from bot.matching.archive import index_columns
from bot.matching.engine import evaluate
from bot.matching.query import parse
from bot.matching.tokens import Document, analyse
from bot.ports import ItemStore
from bot.rendering.alert import MatchedWatch, render_alert
from bot.rendering.split import TELEGRAM_ROOM, split
from bot.stories.identity import Fresh, Same, keys_of, recognise

_PLANNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plan")
"""A thread of our own: in the loop's default ones, names that are slow to resolve would hold up the
alerts of all pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The watches of active chats, parsed; those that no longer parse are named."""

    watches: tuple[tuple[ActiveWatch, Query], ...]
    unreadable: tuple[ActiveWatch, ...] = ()


@lru_cache(maxsize=100_000)
def _parsed(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError:
        return None  # a concept that a later version dropped: `doctor` and /watches name it


def standing(watches: Sequence[ActiveWatch]) -> Standing:
    """Parse the watches; parsing is remembered by text."""
    readable: list[tuple[ActiveWatch, Query]] = []
    unreadable: list[ActiveWatch] = []
    for active in watches:
        query = _parsed(active.watch.text)
        if query is None:
            unreadable.append(active)
        else:
            readable.append((active, query))
    return Standing(watches=tuple(readable), unreadable=tuple(unreadable))


def plan_ingest(
    *,
    items: Sequence[Item],
    known: KnownItems,
    watches: Standing,
    alerted: frozenset[tuple[ChatId, ItemId]],
    state: FetchState,
    is_quiet: bool,
    now: datetime,
) -> IngestPlan:
    """Decide what one page changes. Pure.

    `is_quiet` archives without matching: a source's first page is history, not news.
    An edit alerts only where it is the edit that made the item answer a watch, and only a chat
    that was not told of the item before.
    """
    new: list[NewItem] = []
    edited: list[EditedItem] = []
    sightings: list[Sighting] = []
    for verdict in recognise(items, known):
        match verdict:
            case Fresh(item=item):
                document = analyse(item.title, item.text, item.language)
                found = [] if is_quiet else _answers(document, watches)
                new.append(
                    NewItem(
                        item=item,
                        keys=keys_of(item),
                        index=_index(document),
                        matches=_matches(found),
                        alerts=_alerts(item, found, now),
                    )
                )
            case Same(item_id=item_id, item=item, is_edited=True):
                old = known.items[item_id]
                item = replace(item, first_seen_at=old.first_seen_at)
                before = analyse(old.title, old.text, old.language)
                after = analyse(item.title, item.text, item.language)
                found = [
                    answer
                    for answer in ([] if is_quiet else _answers(after, watches))
                    if evaluate(answer.query, before) is None
                ]
                untold = [a for a in found if (a.active.chat.chat_id, item_id) not in alerted]
                edited.append(
                    EditedItem(
                        item_id=item_id,
                        item=item,
                        keys=keys_of(item),
                        old_index=_index(before),
                        index=_index(after),
                        matches=_matches(found),
                        alerts=_alerts(item, untold, now),
                    )
                )
            case Same(item_id=item_id, item=item):
                fresh_keys = tuple(
                    key for key in keys_of(item) if item_id not in known.by_key.get(key, ())
                )
                if fresh_keys:
                    sightings.append(Sighting(item_id=item_id, keys=fresh_keys))
    return IngestPlan(
        state=state, now=now, new=tuple(new), edited=tuple(edited), sightings=tuple(sightings)
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    active: ActiveWatch
    query: Query
    match: Match


def _answers(document: Document, watches: Standing) -> list[_Answer]:
    answers: list[_Answer] = []
    for active, query in watches.watches:
        hits = evaluate(query, document)
        if hits is not None:
            match = Match(watch_id=active.watch.watch_id, hits=hits)
            answers.append(_Answer(active, query, match))
    return answers


def _index(document: Document) -> IndexEntry:
    keys, forms = index_columns(document)
    return IndexEntry(keys=keys, forms=forms)


def _matches(answers: Sequence[_Answer]) -> tuple[Match, ...]:
    return tuple(answer.match for answer in answers)


def _alerts(item: Item, answers: Sequence[_Answer], now: datetime) -> tuple[Alert, ...]:
    """One alert a chat, naming all its watches that the item answers."""
    by_chat: dict[ChatId, list[_Answer]] = {}
    for answer in answers:
        by_chat.setdefault(answer.active.chat.chat_id, []).append(answer)
    return tuple(_alert(item, group[0].active.chat, group, now) for group in by_chat.values())


def _alert(item: Item, chat: Chat, group: Sequence[_Answer], now: datetime) -> Alert:
    body = render_alert(
        item,
        tuple(
            MatchedWatch(
                number=answer.active.watch.number,
                text=answer.active.watch.text,
                hits=answer.match.hits,
            )
            for answer in group
        ),
        zone=chat.zone,
        now=now,
    )
    parts = split(body, limit=TELEGRAM_ROOM)
    return Alert(
        chat_id=chat.chat_id,
        watch_ids=tuple(answer.active.watch.watch_id for answer in group),
        messages=tuple(
            Draft(
                chat_id=chat.chat_id,
                kind=MessageKind.ALERT,
                priority=Priority.NORMAL,
                body=part,
                dedup_key=f"alert:{chat.chat_id}:{at}",  # storage adds the item's number
            )
            for at, part in enumerate(parts)
        ),
    )


class Ingest:
    """The flow of one page at a time: two pages that bring the same item must not race."""

    def __init__(self, store: ItemStore) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._revision: int | None = None
        self._watches = Standing(watches=())

    async def take(
        self, items: Sequence[Item], state: FetchState, *, is_quiet: bool, now: datetime
    ) -> Applied:
        """Store a page with `state`, its source's own after the poll, in one transaction.

        Raises:
            StorageError: nothing was kept, the state neither.
        """
        keys = list(dict.fromkeys(key for item in items for key in keys_of(item)))
        async with self._turn:
            material = await self._store.ingest_material(keys, self._revision)
            if material.watches is not None:
                self._watches = standing(material.watches)
                self._revision = material.revision
            # in a thread: half a millisecond an item, and the loop must stay free to send
            work = partial(
                plan_ingest,
                items=items,
                known=material.known,
                watches=self._watches,
                alerted=material.alerted,
                state=state,
                is_quiet=is_quiet,
                now=now,
            )
            plan = await asyncio.get_running_loop().run_in_executor(_PLANNER, work)
            return await self._store.apply_ingest(plan)
