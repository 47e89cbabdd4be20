"""The items of the last days, by what they hold: what a new item is compared with.

Everything is numbers in flat arrays: fifty thousand items take some 100 MB. An item
leaves seven days after the newest, an official one that names a case or a notice after sixty: what
follows on it comes weeks later and cites its number.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush, nsmallest

from bot.stories.likeness import Rarities, Weighed
from bot.stories.sketch import KEYS
from bot.stories.traits import (
    ACTS,
    GOODS,
    NAMES,
    NUMBERS,
    PAIRS,
    PLACES,
    REFS,
    SKETCH,
    TITLE,
    WORDS,
    StoryItem,
    Traits,
)

AGE = timedelta(days=7)
OFFICIAL_AGE = timedelta(days=60)
MAX_ITEMS = 50_000
_WORD_PARTS = (WORDS, TITLE)
_MARK_PARTS = (GOODS, NAMES, NUMBERS, REFS, PAIRS)
_COUNTED = (*_WORD_PARTS, *_MARK_PARTS, PLACES, ACTS)
_LOOKED_AT = 160  # of a word's items, the latest
_BUDGET = 2_000  # entries of the index looked at for one item
_CANDIDATES = 9  # of each kind: by words, and by what crosses languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item in the window, and its row in the database: the story that it is in, and its traits.
    `minutes` are those since 1970."""

    item_id: int
    story: int
    minutes: int
    language: str
    is_official: bool
    traits: Traits


class Window:
    """The state that items are placed in. `place` of bot/stories/place.py changes it."""

    def __init__(self, entries: Iterable[Entry] = (), *, max_items: int = MAX_ITEMS) -> None:
        self._max_items = max_items
        self._rarities: Rarities | None = None
        self._added = 0  # items since those were worked out
        self._entries: dict[int, Entry] = {}
        self._index: dict[int, int | array[int]] = {}
        self._members: dict[int, list[int]] = {}
        self._leaving: list[tuple[int, int]] = []
        self._newest = 0
        for entry in entries:
            self.add(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, item_id: int) -> bool:
        return item_id in self._entries

    def entry(self, item_id: int) -> Entry:
        """An item of the window."""
        return self._entries[item_id]

    def members(self, story: int) -> list[int]:
        """The items of a story that are in the window, in order of publication."""
        return self._members.get(story, [])

    def begins(self, story: int) -> int:
        """When the first of them was published, in minutes since 1970."""
        return self._entries[self._members[story][0]].minutes

    def add(self, entry: Entry) -> None:
        """Take an item in."""
        self._added += 1
        self._entries[entry.item_id] = entry
        insort(self._members.setdefault(entry.story, []), entry.item_id, key=self._order)
        for hashed in _keys(entry.traits):
            known = self._index.get(hashed)
            if known is None:
                self._index[hashed] = entry.item_id
            elif isinstance(known, int):
                self._index[hashed] = array("q", (known, entry.item_id))
            else:
                known.append(entry.item_id)
        is_case = entry.is_official and len(entry.traits.part(REFS)) > 0
        age = OFFICIAL_AGE if is_case else AGE
        heappush(self._leaving, (entry.minutes + int(age.total_seconds() // 60), entry.item_id))
        self._newest = max(self._newest, entry.minutes)

    def expire(self) -> None:
        """Let go of what is too old, and of the oldest where there is too much."""
        while self._leaving and (
            self._leaving[0][0] < self._newest or len(self._entries) > self._max_items
        ):
            self._drop(heappop(self._leaving)[1])

    def move(self, story: int, into: int) -> None:
        """Make two stories one."""
        moved = self._members.pop(story, [])
        for item_id in moved:
            old = self._entries[item_id]
            self._entries[item_id] = Entry(
                item_id=item_id,
                story=into,
                minutes=old.minutes,
                language=old.language,
                is_official=old.is_official,
                traits=old.traits,
            )
        members = self._members.setdefault(into, [])
        for item_id in moved:
            insort(members, item_id, key=self._order)

    def _order(self, item_id: int) -> tuple[int, int]:
        return self._entries[item_id].minutes, item_id

    def _drop(self, item_id: int) -> None:
        entry = self._entries.pop(item_id, None)
        if entry is None:
            return
        members = self._members[entry.story]
        members.remove(item_id)
        if not members:
            del self._members[entry.story]
        for hashed in _keys(entry.traits):
            known = self._index[hashed]
            if isinstance(known, int):
                del self._index[hashed]
            else:
                known.remove(item_id)
                if len(known) == 1:
                    self._index[hashed] = known[0]

    def count(self, hashed: int) -> int:
        """How many items hold a hash."""
        known = self._index.get(hashed)
        return 0 if known is None else 1 if isinstance(known, int) else len(known)

    def rarities(self) -> Rarities:
        """The weight of each hash: of now, or of a little while ago where that changes little."""
        known = self._rarities
        if (
            known is None
            or abs(len(self._entries) - known.total) + self._added > known.total // 100
        ):
            known = self._rarities = Rarities(self.count, len(self._entries))
            self._added = 0
        return known

    def weighed(self, item_id: int, rarities: Rarities) -> Weighed:
        """An item, ready to be compared."""
        entry = self._entries[item_id]
        return Weighed(
            entry.traits,
            rarities,
            item_id=item_id,
            language=entry.language,
            minutes=entry.minutes,
            is_official=entry.is_official,
        )

    def candidates(self, traits: Traits, rarities: Rarities) -> list[int]:
        """The items that share the rarest of what an item holds, best first of each kind."""
        by_word: defaultdict[int, float] = defaultdict(float)
        by_mark: defaultdict[int, float] = defaultdict(float)
        for parts, found in ((_WORD_PARTS, by_word), (_MARK_PARTS, by_mark)):
            keys = {hashed for part in parts for hashed in traits.part(part)}
            if found is by_word:
                keys.update(traits.part(SKETCH)[:KEYS])
            weights = sorted(((rarities[each], each) for each in keys), reverse=True)
            left = _BUDGET // 2
            for weight, hashed in weights:
                known = self._index.get(hashed)
                if known is None:
                    continue
                items = (known,) if isinstance(known, int) else known[-_LOOKED_AT:]
                for item_id in items:
                    found[item_id] += weight
                left -= len(items)
                if left < 0:
                    break
        best = [*_best(by_word), *_best(by_mark)]
        return list(dict.fromkeys(best))


def _best(found: dict[int, float]) -> Iterator[int]:
    ranked = nsmallest(_CANDIDATES, ((-weight, item_id) for item_id, weight in found.items()))
    return (item_id for _weight, item_id in ranked)


def _keys(traits: Traits) -> set[int]:
    """What an item is filed under; places and acts are counted beside."""
    keys = {hashed for part in _COUNTED for hashed in traits.part(part)}
    keys.update(traits.part(SKETCH)[:KEYS])
    return keys


def entry_of(item: StoryItem, story: int, traits: Traits) -> Entry:
    """A placed item as the window and the database keep it."""
    return Entry(
        item_id=item.item_id,
        story=story,
        minutes=minutes_of(item.at),
        language=item.language or "",
        is_official=item.is_official,
        traits=traits,
    )


def minutes_of(at: datetime) -> int:
    """Minutes since 1970."""
    return int(at.timestamp() // 60)
