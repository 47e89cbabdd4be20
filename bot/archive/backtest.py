"""What a watch would have told: how many items of the last weeks answer, and what would change it.

Few candidates are all evaluated; of many a sample is, the newest and every so manieth of the rest,
so that an answer takes a second or two however large the archive is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.archive.sampling import sampled
from bot.archive.search import FoundItem, answering
from bot.domain.item import ArchivedItem
from bot.domain.query import And, Concept, Facet, InTitle, Not, Or, Phrase, Query, Word
from bot.matching.concepts import concept_for_words
from bot.matching.condition import condition_of, expression
from bot.matching.engine import term_of
from bot.ports import ItemStore

MONTH, QUARTER = timedelta(days=30), timedelta(days=90)
_SAMPLE, _SMALL_SAMPLE = 400, 120  # items evaluated, some 0.1 to 1 ms each
_MOST_IDS = 200_000  # candidates of a quarter; each is a number
_NEWEST = 100  # publications by which a common word is known
_LATEST = 3
_MAX_PARTS = 5  # of a query, whose weight is worked out
_QUIETER = 0.8  # of what it was; less of a change is no help
BROAD = 20.0  # items a week: more than somebody reads one by one
COMMON = 1 / 3  # of all that is published: whatever that is, it is no matter of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Items that answer: of the last 30 days, and of the last 90. `is_estimate`: of a sample."""

    month: float
    quarter: float
    is_estimate: bool = False

    def a_week(self, days: float) -> float:
        """Items a week in the last 30 days, of which the archive knows so many."""
        return self.month * 7 / max(1.0, min(days, 30.0))


class Turn(StrEnum):
    """What a hint changes."""

    WITHOUT = "without"  # one of the parts that must all occur
    CONCEPT = "concept"  # the concept in place of the word
    TITLE = "title"  # in titles only
    OFFICIAL = "official"  # of authorities only


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A query that is nearly the one asked, and what it would find. `part` is what was changed."""

    turn: Turn
    part: Query
    query: Query
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """`days` is how far back the archive goes, 90 at most; what was history when it was read makes
    it older. `is_empty`: nothing was read yet. `share` is how much of all that was published last
    answers, 0 to 1."""

    tally: Tally
    days: float
    latest: tuple[FoundItem, ...]
    hints: tuple[Hint, ...]
    share: float = 0.0
    is_empty: bool = False

    @property
    def a_week(self) -> float:
        """Items a week, as the last 30 days show."""
        return self.tally.a_week(self.days)


async def backtest(store: ItemStore, query: Query, *, now: datetime) -> Backtest:
    """What the query would have told in the last 30 and 90 days, with hints where it is too broad
    or too narrow. An item counts at its publication, at its first sight where that is not known."""
    begins = await store.archive_begins()
    tally, latest = await _tally(store, query, now, _SAMPLE)
    oldest = min((_counts_at(each.archived) for each in latest), default=begins or now)
    age = min(now - min(oldest, begins or now), QUARTER)
    days = max(0.0, age / timedelta(days=1))
    hints: list[Hint] = []
    for turn, part, variant in _variants(query, tally.a_week(days)):
        other, _ = await _tally(store, variant, now, _SMALL_SAMPLE)
        hints.append(Hint(turn=turn, part=part, query=variant, tally=other))
    shown = [each for each in latest if now - _counts_at(each.archived) <= QUARTER]
    shown.sort(key=lambda each: _counts_at(each.archived), reverse=True)
    return Backtest(
        tally=tally,
        days=days,
        latest=tuple(shown[:_LATEST]),
        hints=_telling(hints, tally),
        share=await _share(store, query),
        is_empty=begins is None,
    )


async def _tally(
    store: ItemStore, query: Query, now: datetime, most: int
) -> tuple[Tally, tuple[FoundItem, ...]]:
    wanted = expression(condition_of(query))
    ids = await store.ids_since(wanted, now - QUARTER, _MOST_IDS)
    sample = await sampled(store, query, ids, most)
    ages = [(weight, now - _counts_at(found.archived)) for weight, found in sample.found]
    tally = Tally(
        month=sum(weight for weight, age in ages if age <= MONTH),
        quarter=sum(weight for weight, age in ages if age <= QUARTER),
        is_estimate=not sample.is_whole,
    )
    return tally, tuple(found for _weight, found in sample.found)


async def _share(store: ItemStore, query: Query) -> float:
    """How much of the newest publications answers; 0 where there are too few to tell."""
    newest = await store.latest_items(_NEWEST)
    if len(newest) < _NEWEST // 5:
        return 0.0
    return len(await answering(query, newest)) / len(newest)


def _counts_at(archived: ArchivedItem) -> datetime:
    """A source's first page is history: it counts when it was published, not when we came."""
    item = archived.item
    return min(item.published_at or item.first_seen_at, item.first_seen_at)


def _variants(query: Query, a_week: float) -> Iterator[tuple[Turn, Query, Query]]:
    parts = query.parts if isinstance(query, And) else (query,)
    for each in _words(query):
        concept = concept_for_words(term_of(each.words if isinstance(each, Phrase) else (each,)))
        if concept is not None:
            yield Turn.CONCEPT, each, _swapped(query, each, Concept(concept))
    if a_week > BROAD:
        plain = tuple(part for part in parts if not isinstance(part, Not | Facet))
        others = tuple(part for part in parts if isinstance(part, Not | Facet))
        if plain and not any(_has_facet(part) or isinstance(part, InTitle) for part in plain):
            inner = plain[0] if len(plain) == 1 else And(plain)
            titled = InTitle(inner)
            yield Turn.TITLE, inner, And((titled, *others)) if others else titled
        official = Facet("official", "yes")
        if official not in parts:
            yield Turn.OFFICIAL, official, And((*parts, official))
        return
    positive = [part for part in parts if not isinstance(part, Not)]
    if len(positive) > 1:
        for part in positive[:_MAX_PARTS]:
            rest = tuple(each for each in parts if each is not part)
            if all(isinstance(each, Not) for each in rest):
                continue
            yield Turn.WITHOUT, part, rest[0] if len(rest) == 1 else And(rest)


def _telling(hints: list[Hint], tally: Tally) -> tuple[Hint, ...]:
    """Those that change something: the concept that finds more, the part that costs most, what
    makes it quieter."""
    base = max(tally.quarter, 0.5)
    telling = [
        hint
        for hint in hints
        if (hint.turn is Turn.CONCEPT and hint.tally.quarter > tally.quarter)
        or (
            hint.turn in {Turn.TITLE, Turn.OFFICIAL}
            and hint.tally.quarter < _QUIETER * tally.quarter
        )
    ]
    without = [hint for hint in hints if hint.turn is Turn.WITHOUT]
    if without:
        dearest = max(without, key=lambda hint: hint.tally.quarter)
        if dearest.tally.quarter >= 3 * base:
            telling.append(dearest)
    return tuple(telling)


def _words(query: Query) -> Iterator[Word | Phrase]:
    match query:
        case Word() | Phrase():
            yield query
        case And() | Or():
            for part in query.parts:
                yield from _words(part)
        case _:
            pass


def _swapped(query: Query, part: Query, other: Query) -> Query:
    """The query with `other` in place of a part, which is found by identity."""
    if query is part:
        return other
    match query:
        case And():
            return And(tuple(_swapped(each, part, other) for each in query.parts))
        case Or():
            return Or(tuple(_swapped(each, part, other) for each in query.parts))
        case _:
            return query


def _has_facet(query: Query) -> bool:
    match query:
        case Facet():
            return True
        case And() | Or():
            return any(map(_has_facet, query.parts))
        case Not() | InTitle():
            return _has_facet(query.part)
        case _:
            return False
