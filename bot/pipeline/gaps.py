"""What of a list was read before: so that paging back ends where the last reading began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.item import Item
from bot.ports import ItemStore
from bot.sources.follow import Seen
from bot.stories.identity import Same, keys_of, recognise


def seen_before(store: ItemStore, since: datetime | None) -> Seen | None:
    """Tells of each entry whether it was in the archive at `since`, when all that the list had was
    last read. What a reading in part has stored later does not count: it must be read through
    again. None where nothing was ever read."""
    if since is None:
        return None

    async def seen(items: Sequence[Item]) -> Sequence[bool]:
        keys = list(dict.fromkeys(key for item in items for key in keys_of(item)))
        known = await store.known_items(keys)
        old = {
            id(verdict.item)
            for verdict in recognise(items, known)
            if isinstance(verdict, Same) and known.items[verdict.item_id].first_seen_at <= since
        }
        return [id(item) in old for item in items]

    return seen
