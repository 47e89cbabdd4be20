"""The articles whose text did not come at once: when each is asked for again, and what is no text.

An item is matched by its stub without waiting, and once more when its text comes, for the watches
that the stub did not answer. That a text is awaited stands in the archive; how often it was asked
for is remembered while the process lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from bot.domain.ids import SourceId
from bot.domain.item import AWAITED, Item

AGAIN = timedelta(minutes=15)
"""Until the second time; the wait is doubled each time that follows."""

GIVEN_UP = timedelta(days=1)
"""After an item was first seen its text is asked for no more."""

_PAGES = 100  # texts of one source that are remembered, to know the page that is always the same


@dataclass(frozen=True, slots=True)
class _Late:
    tries: int
    next_at: datetime


class LateTexts:
    """What is awaited, by source."""

    def __init__(self) -> None:
        self._late: dict[SourceId, dict[str, _Late]] = {}
        self._pages: dict[SourceId, dict[str, str]] = {}

    def is_due(self, source_id: SourceId, now: datetime) -> bool:
        """Whether a text is to be asked for now. Of a source that this process has not read yet,
        it may be."""
        late = self._late.get(source_id)
        return late is None or any(each.next_at <= now for each in late.values())

    def is_wanted(self, item: Item, now: datetime) -> bool:
        """Whether this archived item's text is to be asked for now."""
        late = self._late.get(item.source_id, {}).get(_name(item))
        return is_awaited(item) and (late is None or late.next_at <= now)

    def begin(self, source_id: SourceId, listed: set[str]) -> None:
        """The source is read: what it does not list any more is forgotten."""
        late = self._late.get(source_id, {})
        self._late[source_id] = {name: each for name, each in late.items() if name in listed}

    def settle(self, item: Item) -> None:
        """Its text has come, or is given up."""
        self._late.get(item.source_id, {}).pop(_name(item), None)

    def put_off(self, item: Item, now: datetime, *, was_asked: bool) -> None:
        """Its text is asked for again: at the next poll, or later each time that it was in vain."""
        late = self._late.setdefault(item.source_id, {})
        tries = (late[_name(item)].tries if _name(item) in late else 0) + was_asked
        wait = AGAIN * (1 << min(tries - 1, 10)) if tries and was_asked else timedelta(0)
        late[_name(item)] = _Late(tries, now + wait)

    def same_page(self, source_id: SourceId, texts: Mapping[int, tuple[Item, str]]) -> set[int]:
        """The places whose text came for another entry, too: a login, a consent, an error. `texts`
        are those that came in this poll, with the item of each."""
        known = self._pages.setdefault(source_id, {})
        digests = {
            place: blake2b(text.encode(), digest_size=12).hexdigest()
            for place, (_item, text) in texts.items()
        }
        same: set[int] = set()
        for place, digest in digests.items():
            url = texts[place][0].url
            others = {texts[at][0].url for at, each in digests.items() if each == digest} - {url}
            if others or known.get(digest, url) != url:
                same.add(place)
        for place, digest in digests.items():
            known.setdefault(digest, texts[place][0].url)
        for old in list(known)[:-_PAGES]:
            del known[old]
        return same


def names(items: list[Item]) -> set[str]:
    """By what these items are remembered."""
    return {_name(item) for item in items}


def is_awaited(item: Item) -> bool:
    """Whether the item's own text is still asked for."""
    return AWAITED in item.facts


def awaiting(item: Item) -> Item:
    """The item, marked as one whose text is asked for again."""
    return _with_facts(item, (*_without(item), AWAITED))


def settled(item: Item) -> Item:
    """The item without that mark."""
    return _with_facts(item, _without(item))


def _without(item: Item) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in item.facts if each != AWAITED)


def _with_facts(item: Item, facts: tuple[tuple[str, str], ...]) -> Item:
    return item if facts == item.facts else replace(item, facts=facts)


def _name(item: Item) -> str:
    return item.guid or item.url
