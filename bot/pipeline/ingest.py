"""From a page that was read to the outbox: the decision is pure, the flow around it is thin.

read → (recognise → match → render → IngestPlan → apply): what is in brackets in one transaction
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.chat import Chat
from bot.domain.fetch import FetchFailed, Read, ReadOutcome
from bot.domain.health import Sighted, SourceHealth
from bot.domain.ids import ChatId, ItemId, WatchId
from bot.domain.item import Item
from bot.domain.match import Match
from bot.domain.outbox import Alert, Draft, MessageKind, Priority
from bot.domain.plan import (
    ActiveWatch,
    Applied,
    EditedItem,
    IngestMaterial,
    IngestPlan,
    KnownItems,
    NewItem,
    Sighting,
)
from bot.domain.query import Query
from bot.domain.source import FetchState, Source
from bot.domain.watch import Loudness
from bot.matching.documents import document_of
from bot.matching.engine import evaluate
from bot.matching.index_words import IndexWords, index_words
from bot.matching.nots import without_nots
from bot.pipeline.standing import Standing
from bot.pipeline.updates import update_drafts
from bot.pipeline.versions import judge
from bot.ports import ItemStore
from bot.rendering.alert import MatchedWatch, render_alert
from bot.rendering.split import TELEGRAM_ROOM, split
from bot.sources.page import joined_notes
from bot.stories.identity import Fresh, Same, keys_of, recognise
from bot.stories.updates import announced, succeeded


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
    A watch that is muted, or told in the digest alone, is matched and causes no alert.
    An edit alerts only where it is the edit that made the item answer a watch, and only a chat
    that was not told of the item before. One that its publisher announces (a new official status, a
    change with a note) is news: chats that were told of the item get an update, others an alert.
    """
    new: list[NewItem] = []
    edited: list[EditedItem] = []
    sightings: list[Sighting] = []
    copies = 0
    verdicts = recognise(items, known)
    for verdict in verdicts:
        match verdict:
            case Fresh(item=item):
                words = _index_words(item)
                found = _Found() if is_quiet else _answers(item, words, watches)
                new.append(
                    NewItem(
                        item=item,
                        keys=keys_of(item),
                        index_words=words.words,
                        matches=_matches(found.answers),
                        alerts=_alerts(item, found.answers, now),
                        shut_out=tuple(w for _bare, ids in found.shut_out for w in ids),
                    )
                )
            case Same(is_edited=True):
                old = known.items[verdict.item_id]
                told = frozenset(chat for chat, item_id in alerted if item_id == verdict.item_id)
                asking = Standing() if is_quiet else watches
                edited.append(_edit(verdict, old, asking, told, now))
            case Same(item_id=item_id, item=item):
                fresh_keys = tuple(
                    key for key in keys_of(item) if item_id not in known.by_key.get(key, ())
                )
                if fresh_keys:
                    sightings.append(Sighting(item_id=item_id, keys=fresh_keys))
                    copies += known.items[item_id].source_id != item.source_id
    return IngestPlan(
        state=state,
        now=now,
        new=tuple(new),
        edited=tuple(edited),
        sightings=tuple(sightings),
        sighted=Sighted(
            fresh=len(new), known=len(verdicts) - len(new), lively=len(edited) + copies
        ),
    )


def _edit(
    verdict: Same, old: Item, watches: Standing, told: frozenset[ChatId], now: datetime
) -> EditedItem:
    item, news = succeeded(old, verdict.item), announced(old, verdict.item)
    words = _index_words(item)
    now_found = _answers(item, words, watches)
    answers = found = now_found.answers
    shut_out: list[WatchId] = []
    updates: tuple[Draft, ...] = ()
    if now_found.shut_out:
        before = document_of(old)
        for bare, watch_ids in now_found.shut_out:
            shut_out += watch_ids if evaluate(bare, before) is None else ()
    if news is None and answers:
        before = document_of(old)
        found = [a for a in answers if evaluate(a.query, before) is None]
    elif news is not None and told:
        chats = {a.active.chat.chat_id: a.active.chat for a in answers}
        for answer in _answers(old, _index_words(old), watches).answers:
            # what it was told of may no longer answer its watch; it hears of it all the same
            chat = answer.active.chat
            chats.setdefault(chat.chat_id, chat)
        informed = [chat for chat_id, chat in chats.items() if chat_id in told]
        updates = update_drafts(item, news, informed, now)
    return EditedItem(
        item_id=verdict.item_id,
        item=item,
        keys=keys_of(item),
        old_index_words=_index_words(old).words,
        index_words=words.words,
        matches=_matches(found),
        alerts=_alerts(item, [a for a in found if a.active.chat.chat_id not in told], now),
        updates=updates,
        shut_out=tuple(shut_out),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    active: ActiveWatch
    query: Query
    match: Match


@dataclass(frozen=True, slots=True)
class _Found:
    """Who is answered, and who would be but for a NOT: by what is left of the query without it."""

    answers: Sequence[_Answer] = ()
    shut_out: Sequence[tuple[Query, Sequence[WatchId]]] = ()


def _answers(item: Item, words: IndexWords, watches: Standing) -> _Found:
    candidates = watches.candidates(words)
    if not candidates:
        return _Found()  # nearly always: so most items are never taken apart
    answers: list[_Answer] = []
    shut_out: list[tuple[Query, Sequence[WatchId]]] = []
    document = document_of(item)
    for query, asking in candidates:
        hits = evaluate(query, document)
        if hits is not None:
            answers += (
                _Answer(active, query, Match(watch_id=active.watch.watch_id, hits=hits))
                for active in asking
            )
        elif (bare := without_nots(query)) is not None and evaluate(bare, document) is not None:
            shut_out.append((bare, [active.watch.watch_id for active in asking]))
    return _Found(sorted(answers, key=lambda answer: answer.active.watch.watch_id), shut_out)


def _index_words(item: Item) -> IndexWords:
    return index_words(item.title, item.text, item.language)


def _matches(answers: Sequence[_Answer]) -> tuple[Match, ...]:
    return tuple(answer.match for answer in answers)


def _alerts(item: Item, answers: Sequence[_Answer], now: datetime) -> tuple[Alert, ...]:
    """One alert a chat, naming all its watches that the item answers and that tell at once."""
    by_chat: dict[ChatId, list[_Answer]] = {}
    for answer in answers:
        if answer.active.watch.alerts(now):
            by_chat.setdefault(answer.active.chat.chat_id, []).append(answer)
    return tuple(_alert(item, group[0].active.chat, group, now) for group in by_chat.values())


def _alert(item: Item, chat: Chat, group: Sequence[_Answer], now: datetime) -> Alert:
    is_urgent = any(answer.active.watch.priority is Loudness.URGENT for answer in group)
    body = render_alert(
        item,
        tuple(
            MatchedWatch(
                number=answer.active.watch.number,
                text=answer.active.watch.label,
                hits=answer.match.hits,
                is_urgent=answer.active.watch.priority is Loudness.URGENT,
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
                priority=Priority.URGENT if is_urgent else Priority.NORMAL,
                body=part,
                dedup_key=f"alert:{chat.chat_id}:{at}",  # storage adds the item's number
            )
            for at, part in enumerate(parts)
        ),
    )


Mind = Callable[[ReadOutcome, Sighted], SourceHealth | None]
"""The health of a source after an outcome in which so much was recognised (bot/health); None where
nothing of it is to be stored."""


def nobody_minds(_outcome: ReadOutcome, _sighted: Sighted) -> None:
    """For pages that come from no poll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a version: `outcome` is a Read of what changed, or a reading that failed."""

    outcome: ReadOutcome
    applied: Applied


class Ingest:
    """The flow of a page into the archive.

    Deciding happens within the store's write transaction: two pages that bring the same item do
    not race, and pages that wait together share one commit.
    """

    def __init__(self, store: ItemStore) -> None:
        self._store = store
        self._revision = 0
        self._watches = Standing()

    async def take(
        self,
        items: Sequence[Item],
        state: FetchState,
        *,
        is_quiet: bool,
        now: datetime,
        look: Callable[[Sighted], SourceHealth | None] = lambda _sighted: None,
    ) -> Applied:
        """Store a page with `state`, its source's own after the poll, in one transaction.

        `look` gives the source's health after what was recognised; it is stored with the rest.

        Raises:
            StorageError: nothing was kept, the state neither.
        """
        keys = list(dict.fromkeys(key for item in items for key in keys_of(item)))

        def decide(material: IngestMaterial) -> IngestPlan:
            plan = plan_ingest(
                items=items,
                known=material.known,
                watches=self._standing(material),
                alerted=material.alerted,
                state=state,
                is_quiet=is_quiet,
                now=now,
            )
            return replace(plan, health=look(plan.sighted))

        return await self._apply(keys, decide)

    async def take_version(
        self,
        source: Source,
        read: Read,
        settle: Callable[[ReadOutcome], FetchState],
        *,
        has_failed: bool,
        is_quiet: bool,
        now: datetime,
        mind: Mind = nobody_minds,
    ) -> Taken:
        """Compare the version of a list or page with the one on record, store it and what it
        changed, in one transaction.

        `settle` gives the source's state after an outcome: a version that is not believed is a
        failed reading. `has_failed` says whether the last one was no good either.

        Raises:
            StorageError: nothing was kept, the state neither.
        """
        assert read.version is not None
        version = read.version
        outcome: ReadOutcome = read

        def decide(material: IngestMaterial) -> IngestPlan:
            nonlocal outcome
            stored = material.read_version(source.source_id)
            verdict = judge(source, version, stored, has_failed=has_failed, now=now)
            if verdict.is_doubted:
                detail = f"{source.source_id}: {verdict.note}"
                outcome = FetchFailed(kind="doubted", detail=detail)
            else:
                note = joined_notes(read.note, verdict.note)
                outcome = replace(read, items=verdict.items, version=None, note=note)
                if verdict.is_held:
                    outcome = replace(outcome, etag=None, last_modified=None, fresh_for=None)
            # what has changed is new by itself: nothing of it can be known
            plan = plan_ingest(
                items=verdict.items,
                known=KnownItems(),
                watches=self._standing(material),
                alerted=frozenset(),
                state=settle(outcome),
                is_quiet=is_quiet,
                now=now,
            )
            return replace(plan, version=verdict.change, health=mind(outcome, plan.sighted))

        applied = await self._apply((), decide)
        return Taken(outcome=outcome, applied=applied)

    async def _apply(
        self, keys: Sequence[str], decide: Callable[[IngestMaterial], IngestPlan]
    ) -> Applied:
        applied: Applied | None = None
        try:
            applied = await self._store.ingest(keys, decide)
        finally:
            if applied is None:
                # taken back: the watches that it saw may have been taken back with it
                self._revision = 0
        return applied

    def _standing(self, material: IngestMaterial) -> Standing:
        """The watches of the transaction; only those are read that some process changed."""
        if material.revision < self._revision:
            self._revision = 0  # what we took over was taken back
        if not self._revision:
            self._watches = Standing()
        if material.revision > self._revision:
            self._watches.update(material.read_watches(self._revision))
            self._revision = material.revision
        return self._watches
