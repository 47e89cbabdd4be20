"""Where items belong: the story of each, and whether it is the first of it, a repeat or an update.

    read → candidates of the window → likeness of pairs → link stories → roles

Nothing depends on the order within a batch: links are made by strength, roles given by the time of
publication. A story goes by the number of its first item for good; a later link makes the younger
of two stories part of the older one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.stories.likeness import Weighed, likeness
from bot.stories.linkage import link
from bot.stories.traits import FACTS, GOODS, Reading, StoryItem, read
from bot.stories.window import AGE, OFFICIAL_AGE, Entry, Window, entry_of

_MAX_WEIGHED = 1_000  # items kept ready at a time, some 10 MB
_APART = -6.0  # the logit of what is too far apart in time
_AGE = int(AGE.total_seconds() // 60)
_OFFICIAL_AGE = int(OFFICIAL_AGE.total_seconds() // 60)

Meaning = Callable[[int, int], float]
"""A port for evidence from outside, as of embeddings: how likely two items, by their numbers, mean
the same, as a logit that is added; 0 says nothing. Asked across languages only."""


class Role(StrEnum):
    """What an item is to its story."""

    FIRST = "first"
    REPEAT = "repeat"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An item's place. `facts` is what no item of the story had: pct:25, date:12-01, goods:steel,
    notice:2025/61; `is_official_text` that the story has its first official document in it."""

    item_id: int
    story: int
    role: Role
    facts: tuple[str, ...] = ()
    is_official_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placements:
    """The places of a batch, in order of publication, and the stories that became part of another,
    as (story, of which). `entries` are the rows to keep."""

    items: tuple[Placement, ...]
    merged: tuple[tuple[int, int], ...]
    entries: tuple[Entry, ...]


def place(items: Sequence[StoryItem], window: Window, meaning: Meaning | None = None) -> Placements:
    """Place a batch, and take it into the window. Items that are in the window keep their place."""
    fresh = sorted(
        {item.item_id: item for item in items if item.item_id not in window}.values(),
        key=lambda item: (item.at, item.item_id),
    )
    readings = {item.item_id: read(item) for item in fresh}
    for item in fresh:
        traits = readings[item.item_id].traits
        window.add(entry_of(item, item.item_id, traits))
    merged = _link(fresh, window, meaning)
    placements = _roles(fresh, readings, window)
    entries = tuple(window.entry(item.item_id) for item in fresh)
    window.expire()
    return Placements(items=placements, merged=merged, entries=entries)


def _link(
    fresh: Sequence[StoryItem], window: Window, meaning: Meaning | None
) -> tuple[tuple[int, int], ...]:
    """Unite the stories that the batch shows to be one; those of before that were united."""
    comparison = _Comparison(window, meaning)
    pairs = [
        (item.item_id, other, comparison(item.item_id, other))
        for item in fresh
        for other in window.candidates(window.entry(item.item_id).traits, comparison.rarities)
        if other != item.item_id
    ]
    new = {item.item_id for item in fresh}
    merged: list[tuple[int, int]] = []

    def unite(one: int, other: int) -> int:
        # what people were told of keeps its number; else the earlier one
        older, younger = sorted((one, other), key=lambda s: (s in new, window.begins(s), s))
        window.move(younger, older)
        if younger not in new:
            merged.append((younger, older))
        return older

    link(
        pairs,
        lambda item_id: window.entry(item_id).story,
        window.members,
        unite,
        comparison,
    )
    return tuple(merged)


class _Comparison:
    """How likely two items of the window are one event, each pair worked out once."""

    def __init__(self, window: Window, meaning: Meaning | None) -> None:
        self._window = window
        self._meaning = meaning
        self.rarities = window.rarities()
        self._weighed: dict[int, Weighed] = {}
        self._known: dict[tuple[int, int], float] = {}

    def __call__(self, one: int, other: int) -> float:
        pair = (one, other) if one < other else (other, one)
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = self._logit(*pair)
        return known

    def _logit(self, one: int, other: int) -> float:
        first, second = self._of(one), self._of(other)
        apart = abs(first.minutes - second.minutes)
        # weeks apart, only a number that both cite binds
        if apart > _AGE and (apart > _OFFICIAL_AGE or first.refs.isdisjoint(second.refs)):
            return _APART
        score = likeness(first, second)
        if self._meaning is not None and first.language != second.language:
            score += self._meaning(one, other)
        return score

    def _of(self, item_id: int) -> Weighed:
        found = self._weighed.get(item_id)
        if found is None:
            if len(self._weighed) >= _MAX_WEIGHED:
                self._weighed.clear()
            found = self._weighed[item_id] = self._window.weighed(item_id, self.rarities)
        return found


def _roles(
    fresh: Sequence[StoryItem], readings: dict[int, Reading], window: Window
) -> tuple[Placement, ...]:
    """The role of each, in order: what stands in a story already is known, whenever it came."""
    new = set(readings)
    known: dict[int, set[int]] = {}
    is_told: dict[int, bool] = {}
    has_goods: dict[int, bool] = {}
    is_written: set[tuple[int, str]] = set()  # a name looks new in a new language
    placements: list[Placement] = []
    for item in fresh:
        entry = window.entry(item.item_id)
        story = entry.story
        if story not in known:
            old = [window.entry(each) for each in window.members(story) if each not in new]
            known[story] = {each for one in old for each in one.traits.part(FACTS)}
            has_goods[story] = any(one.traits.part(GOODS) for one in old)
            is_written.update((story, one.language) for one in old)
            if old:
                is_told[story] = any(one.is_official for one in old)
        facts = tuple(
            name
            for name, values in readings[item.item_id].facts
            if known[story].isdisjoint(values)
            and (not name.startswith("goods:") or has_goods.get(story))
            and (not name.startswith("name:") or (story, entry.language) in is_written)
        )
        if story not in is_told:
            is_told[story] = item.is_official
            placement = Placement(item_id=item.item_id, story=story, role=Role.FIRST)
        else:
            is_first_text = item.is_official and not is_told[story]
            is_told[story] |= item.is_official
            placement = Placement(
                item_id=item.item_id,
                story=story,
                role=Role.UPDATE if facts or is_first_text else Role.REPEAT,
                facts=facts,
                is_official_text=is_first_text,
            )
        placements.append(placement)
        is_written.add((story, entry.language))
        has_goods[story] = has_goods.get(story, False) or bool(entry.traits.part(GOODS))
        known[story].update(entry.traits.part(FACTS))
    return tuple(placements)
