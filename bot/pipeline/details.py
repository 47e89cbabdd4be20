"""The texts of what is new in a list that has titles only: fetched before the item is matched.

    Read -> which are new, or have moved -> fetch their texts, side by side -> Read with texts

An item that is known and has not moved keeps the text that it has. One whose text cannot be had is
held back, and with it the validators of the list, so that the next poll tries again; after the
third try it is taken with what the list says. Of a source's first page, which is history, only the
newest get their texts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.fetch import Fetched, FetchRequest, NotAFeed, Read, Unchanged
from bot.domain.ids import SourceId
from bot.domain.item import Item
from bot.domain.plan import KnownItems
from bot.domain.source import Source
from bot.ports import Fetcher, ItemStore
from bot.sources.details import has_texts, text_request, with_text
from bot.sources.page import joined_notes
from bot.sources.read import in_reader_thread
from bot.stories.identity import Same, keys_of, recognise
from bot.stories.updates import fact, progress

MAX_TEXTS = 10
"""Texts that one poll asks for; a host is asked for two at a time."""

PATIENCE = timedelta(seconds=20)
"""For all texts of a poll: an alert does not wait longer for the slowest."""

MAX_TRIES = 3


@dataclass(slots=True)
class _Wish:
    """An item whose own text is wanted."""

    place: int
    item: Item
    request: FetchRequest
    old: Item | None


class Details:
    """Fetches texts. Remembers, while the process lives, how often each was tried in vain."""

    def __init__(
        self, store: ItemStore, fetcher: Fetcher, *, patience: timedelta = PATIENCE
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._patience = patience
        self._tries: dict[SourceId, dict[tuple[str, str], int]] = {}

    async def add(self, source: Source, read: Read, *, is_first: bool) -> Read:
        """The page with the texts of what is new on it. `is_first`: nothing of the source was ever
        read."""
        if not has_texts(source) or not read.items:
            return read
        keys = list(dict.fromkeys(key for item in read.items for key in keys_of(item)))
        items, wishes = _sorted(source, read.items, await self._store.known_items(keys))
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
                said.append(got)
            if is_first or tries[key] >= MAX_TRIES:
                items[wish.place] = _kept(wish.item, wish.old)
            else:
                held.add(wish.place)
        self._tries[source.source_id] = tries
        note = f"{len(said)} of {len(asked)} texts could not be had ({said[0]})" if said else ""
        read = replace(
            read,
            items=tuple(item for place, item in enumerate(items) if place not in held),
            note=joined_notes(read.note, note),
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

    async def _texts(self, source: Source, wishes: Sequence[_Wish]) -> Mapping[int, Item | str]:
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
            place: "it did not come in time" if task.cancelled() else task.result()
            for place, task in tasks.items()
        }

    async def _text(self, source: Source, wish: _Wish) -> Item | str:
        outcome = await self._fetcher.fetch(wish.request)
        if isinstance(outcome, Unchanged):
            return "it was answered that nothing has changed"
        if not isinstance(outcome, Fetched):
            return outcome.detail
        found = await in_reader_thread(with_text, source, wish.item, outcome)
        return found.detail if isinstance(found, NotAFeed) else found


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


def _newest_first(wish: _Wish) -> tuple[bool, str, int]:
    """Known ones first, for they are told of what is due; then the newest, as the list has them."""
    at = wish.item.published_at
    return wish.old is not None, at.isoformat() if at else "", -wish.place
