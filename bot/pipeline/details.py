"""The texts of what is new in a list that has titles or stubs only: fetched before the item is
matched.

    Read -> which are new, or have moved -> fetch their texts, side by side -> Read with texts

An item that is known and has not moved keeps the text that it has. One whose text an API does not
give is held back, and with it the validators of the list, so that the next poll tries again; after
the third try it is taken with what the list says. One whose article cannot be had is taken with its
stub at once, and its text is asked for again for a day (bot/pipeline/late_texts.py). Of a source's
first page, which is history, only the newest get their texts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.fetch import Fetched, FetchRequest, NotAFeed, Read, Unchanged
from bot.domain.ids import SourceId
from bot.domain.item import Item
from bot.domain.plan import KnownItems
from bot.domain.source import Source
from bot.pipeline.late_texts import GIVEN_UP, LateTexts, awaiting, is_awaited, names, settled
from bot.ports import Fetcher, ItemStore
from bot.sources.article import is_stub
from bot.sources.details import (
    has_texts,
    may_come_later,
    other_than_page,
    reads_articles,
    text_request,
)
from bot.sources.page import joined_notes
from bot.sources.plain_text import MAX_TEXT
from bot.sources.text_reader import ReadText, text_in_thread
from bot.stories.identity import Same, headline_key, keys_of, recognise
from bot.stories.updates import fact, progress

MAX_TEXTS = 10
"""Texts that one poll asks for; a host is asked for two at a time."""

MAX_FILLED_TEXTS = 50
"""The same of articles where a gap is filled."""

PATIENCE = timedelta(seconds=20)
"""For all texts of a poll: an alert does not wait longer for the slowest."""

MAX_TRIES = 3


@dataclass(slots=True)
class _Wish:
    """An item whose own text is wanted. `is_late` is one that was matched without it."""

    place: int
    item: Item
    request: FetchRequest
    old: Item | None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class _Missed:
    """A text that could not be had."""

    detail: str
    may_come: bool = True


class Details:
    """Fetches texts. Remembers, while the process lives, how often each was tried in vain."""

    def __init__(
        self,
        store: ItemStore,
        fetcher: Fetcher,
        *,
        patience: timedelta = PATIENCE,
        read_text: ReadText = text_in_thread,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._patience = patience
        self._read_text = read_text
        self._tries: dict[SourceId, dict[tuple[str, str], int]] = {}
        self._late = LateTexts()

    def wants_whole(self, source: Source, now: datetime) -> bool:
        """Whether "unchanged" will not do, since a text is to be asked for again."""
        return reads_articles(source) and self._late.is_due(source.source_id, now)

    async def add(self, source: Source, read: Read, *, is_first: bool, now: datetime) -> Read:
        """The page with the texts of what is new on it. `is_first`: nothing of the source was ever
        read."""
        if not has_texts(source) or not read.items:
            return read
        keys = list(dict.fromkeys(key for item in read.items for key in keys_of(item)))
        known = await self._store.known_items(keys)
        if reads_articles(source):
            return await self._articles(source, read, known, is_first=is_first, now=now)
        items, wishes = _sorted(source, read.items, known)
        asked = sorted(wishes, key=_newest_first, reverse=True)[:MAX_TEXTS]
        found = await self._texts(source, asked)
        said: list[str] = []
        held: set[int] = set()
        before, tries = self._tries.get(source.source_id, {}), {}
        for wish in wishes:
            got = found.get(wish.place)
            if isinstance(got, Item):
                items[wish.place] = got
                continue
            key = (wish.item.guid or "", fact(wish.item, "updated"))
            tries[key] = before.get(key, 0) + (got is not None)
            if got is not None:
                said.append(got.detail)
            if is_first or tries[key] >= MAX_TRIES:
                items[wish.place] = _kept(wish.item, wish.old)
            else:
                held.add(wish.place)
        self._tries[source.source_id] = tries
        read = replace(
            read,
            items=tuple(item for place, item in enumerate(items) if place not in held),
            note=joined_notes(read.note, _missed_note(said, len(asked))),
        )
        if not held:
            return read
        waiting = f"{len(held)} entries wait for their texts until the next poll"
        return replace(
            read,
            etag=None,
            last_modified=None,
            fresh_for=None,
            is_whole=False,
            note=joined_notes(read.note, waiting),
        )

    async def _articles(
        self, source: Source, read: Read, known: KnownItems, *, is_first: bool, now: datetime
    ) -> Read:
        """The page with the texts of articles; what has none yet is taken with its stub."""
        self._late.begin(source.source_id, names([*known.items.values()]))
        items, wishes = self._wanted(source, read.items, known, now)
        # what further pages brought is on no page of the next poll
        most = MAX_TEXTS if read.fill is None else MAX_FILLED_TEXTS
        asked = sorted(wishes, key=_newest_first, reverse=True)[:most]
        found = dict(await self._texts(source, asked))
        texts = {
            wish.place: (come, come.text.removeprefix(f"{wish.item.text}\n"))
            for wish in asked
            if isinstance(come := found[wish.place], Item) and come.text != wish.item.text
        }
        for place in self._late.same_page(source.source_id, texts):
            found[place] = _Missed("the same page came for several entries")
        said: list[str] = []
        for wish in wishes:
            got = found.get(wish.place)
            if isinstance(got, Item):
                items[wish.place] = settled(got)
                self._late.settle(got)
                continue
            if got is not None:
                said.append(got.detail)
            item = items[wish.place]
            if is_first or (got is not None and not got.may_come):
                items[wish.place] = settled(item)
                self._late.settle(item)
            elif wish.old is None or wish.is_late:
                items[wish.place] = awaiting(item)
                self._late.put_off(item, now, was_asked=got is not None)
        note = _missed_note(said, len(asked))
        return replace(read, items=tuple(items), note=joined_notes(read.note, note))

    def _wanted(
        self, source: Source, page: Sequence[Item], known: KnownItems, now: datetime
    ) -> tuple[list[Item], list[_Wish]]:
        """The entries of the page, those that are known with the text that they have; and which
        articles are wanted."""
        items: list[Item] = []
        wishes: list[_Wish] = []
        for verdict in recognise(page, known):
            item = verdict.item
            request = text_request(source, item)
            old = known.items[verdict.item_id] if isinstance(verdict, Same) else None
            if old is not None and old.source_id != item.source_id:
                request = None  # another's item, of which this list only knows, too
            elif old is not None:
                item, is_wanted = self._with_old_text(item, old, now)
                request = request if is_wanted else None
            if request is not None:
                is_late = old is not None and is_awaited(old)
                wishes.append(_Wish(len(items), verdict.item, request, old, is_late))
            items.append(item)
        return items, wishes

    def _with_old_text(self, item: Item, old: Item, now: datetime) -> tuple[Item, bool]:
        """A known entry with the text that it has, and whether its page is to be asked for: again,
        or since its publisher has changed what the list says of it."""
        if is_awaited(old):
            if not timedelta(0) <= now - old.first_seen_at < GIVEN_UP:
                return item, False  # without the mark
            return replace(item, facts=old.facts), self._late.is_wanted(old, now)
        if not is_stub(item) or is_stub(old):
            return replace(item, facts=old.facts), False
        has_said = headline_key(item.text)[:200] in headline_key(old.text)
        text = old.text if has_said else f"{item.text}\n{old.text}"[:MAX_TEXT]
        is_same = has_said and headline_key(item.title) == headline_key(old.title)
        return replace(item, text=text, facts=old.facts), not is_same

    async def _texts(self, source: Source, wishes: Sequence[_Wish]) -> Mapping[int, Item | _Missed]:
        """The items with their texts, by their places; or why one could not be had."""
        tasks = {
            wish.place: asyncio.create_task(self._text(source, wish), name="text")
            for wish in wishes
        }
        if not tasks:
            return {}
        try:
            await asyncio.wait(tasks.values(), timeout=self._patience.total_seconds())
        finally:
            late = [task for task in tasks.values() if not task.done()]
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        return {
            place: _Missed("it did not come in time") if task.cancelled() else task.result()
            for place, task in tasks.items()
        }

    async def _text(self, source: Source, wish: _Wish) -> Item | _Missed:
        outcome = await self._fetcher.fetch(wish.request)
        if isinstance(outcome, Unchanged):
            return _Missed("it was answered that nothing has changed")
        if not isinstance(outcome, Fetched):
            return _Missed(outcome.detail, may_come_later(outcome))
        if other := other_than_page(source, outcome):
            return _Missed(other, may_come=False)
        found = await self._read_text(source, wish.item, outcome)
        return _Missed(found.detail) if isinstance(found, NotAFeed) else found


def _missed_note(said: Sequence[str], asked: int) -> str:
    return f"{len(said)} of {asked} texts could not be had ({said[0]})" if said else ""


def _sorted(
    source: Source, page: Sequence[Item], known: KnownItems
) -> tuple[list[Item], list[_Wish]]:
    """The entries of the page, those that are known with the text that they have; and what is
    wanted. Pure."""
    items: list[Item] = []
    wishes: list[_Wish] = []
    for verdict in recognise(page, known):
        item, old = verdict.item, None
        if isinstance(verdict, Same):
            old = known.items[verdict.item_id]
            if progress(old, item) <= 0:
                if old.source_id == item.source_id:
                    item = replace(item, text=old.text, facts=old.facts)
                items.append(item)
                continue
        request = text_request(source, item)
        if request is not None:
            wishes.append(_Wish(len(items), item, request, old))
        items.append(item)
    return items, wishes


def _kept(item: Item, old: Item | None) -> Item:
    """An item without its own text: what the list says of a new one; of a known one the old text,
    and nothing of what its change may have been."""
    if old is None:
        return item
    own = {name for name, _ in item.facts} | {"change-note", "noted"}
    facts = item.facts + tuple((name, value) for name, value in old.facts if name not in own)
    return replace(item, text=old.text, facts=facts)


def _newest_first(wish: _Wish) -> tuple[bool, bool, str, int]:
    """Known ones first, for they are told of what is due; then the newest, as the list has them;
    then those that were told without their text."""
    at = wish.item.published_at
    is_known = wish.old is not None
    return not wish.is_late, is_known, at.isoformat() if at else "", -wish.place
