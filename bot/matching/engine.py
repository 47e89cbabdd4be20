"""Evaluate queries on a document: pure, and the same for alerts, search and `tidewaiter match`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter

from bot.domain.match import Hit
from bot.domain.query import And, Concept, Not, Or, Phrase, Query, Word
from bot.matching.concepts import packs
from bot.matching.occurrences import occurrences, sequence_for
from bot.matching.tokens import Document, Span

_Found = tuple[Span, str]  # a place, and the term that stands there
_MAX_HITS = 20  # of one term; enough for bold words, where a long text may hold thousands


def evaluate(query: Query, document: Document) -> tuple[Hit, ...] | None:
    """The hits that satisfy the query, in order of place, or None where it does not hold."""
    hits = _evaluate(query, document)
    return None if hits is None else tuple(sorted(set(hits), key=attrgetter("order")))


def _evaluate(query: Query, document: Document) -> tuple[Hit, ...] | None:
    match query:
        case Word():
            return _find(term_of((query,)), document)
        case Phrase():
            return _find(term_of(query.words), document)
        case Concept():
            return _find_concept(query.name, document)
        case And():
            found: list[Hit] = []
            for part in query.parts:
                hits = _evaluate(part, document)
                if hits is None:
                    return None
                found.extend(hits)
            return tuple(found)
        case Or():
            either = [hits for p in query.parts if (hits := _evaluate(p, document)) is not None]
            return tuple(hit for hits in either for hit in hits) if either else None
        case Not():
            return () if _evaluate(query.part, document) is None else None


def term_of(words: tuple[Word, ...]) -> str:
    """Words that follow each other, as one term."""
    return " ".join(word.text + "*" * word.is_prefix for word in words)


def _find(term: str, document: Document) -> tuple[Hit, ...] | None:
    if term not in document.memo:
        spans = occurrences(term, document)[:_MAX_HITS]
        document.memo[term] = tuple(document.hit(span, term, None) for span in spans) or None
    return document.memo[term]


def _find_concept(name: str, document: Document) -> tuple[Hit, ...] | None:
    memo = f"#{name}"  # no term begins so
    if memo not in document.memo:
        document.memo[memo] = _concept_hits(name, document) or None
    return document.memo[memo]


def _concept_hits(name: str, document: Document) -> tuple[Hit, ...]:
    pack = packs()[name]
    groups: list[tuple[_Found, ...]] = [(each,) for each in _find_all(pack.any_terms, document)]
    for near in pack.near:
        groups.extend(_find_near(near.terms, near.words, document))
    if not groups:
        return ()
    shades = _Shades([span for span, _term in _find_all(pack.not_terms, document)])
    # a group stands or falls whole: 安世亚太 near 荷兰 is not 安世 near 荷兰
    kept = [
        (span, term)
        for group in groups
        if not any(shades.cover(span) for span, _term in group)
        for span, term in group
    ]
    return tuple(document.hit(span, term, pack.name) for span, term in _longest(kept)[:_MAX_HITS])


class _Shades:
    """Places of homonyms: what lies inside one is not the concept."""

    def __init__(self, spans: list[Span]) -> None:
        spans = sorted(spans)
        self._firsts = [first for first, _last in spans]
        self._farthest = list(accumulate((last for _first, last in spans), max))

    def cover(self, span: Span) -> bool:
        before = bisect_right(self._firsts, span[0])
        return before > 0 and self._farthest[before - 1] >= span[1]


def _find_all(terms: tuple[str, ...], document: Document) -> list[_Found]:
    return [
        (span, term.removeprefix("="))
        for term in _candidates(terms, document)
        for span in occurrences(term, document, is_listed=True)
    ]


def _candidates(terms: tuple[str, ...], document: Document) -> list[str]:
    """Only those terms whose first word occurs: most of a concept's hundred do not."""
    view = document.views[0]
    by_key, prefixed = _by_first_key(terms, view.way)
    found = [term for first in by_key.keys() & view.places.keys() for term in by_key[first]]
    return list(dict.fromkeys([*found, *prefixed]))


@lru_cache(maxsize=4096)
def _by_first_key(terms: tuple[str, ...], way: str) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    by_key: dict[str, list[str]] = {}
    prefixed: list[str] = []
    for term in terms:
        sequence = sequence_for(term, way, True)
        if sequence.prefixes[0]:
            prefixed.append(term)
        else:
            for first in sequence.firsts():
                by_key.setdefault(first, []).append(term)
    return by_key, tuple(prefixed)


def _find_near(terms: tuple[str, ...], words: int, document: Document) -> list[tuple[_Found, ...]]:
    """Each place of the first term with the nearest of every other, where all are near."""
    places: list[list[Span]] = []
    for term in terms:
        found = occurrences(term, document, is_listed=True)
        if not found:
            return []
        places.append(found)
    positions = document.positions
    groups: list[tuple[_Found, ...]] = []
    for span in places[0]:
        group = [span, *(_nearest(span, others, positions) for others in places[1:])]
        at = [positions[first] for first, _last in group]
        if max(at) - min(at) <= words:
            groups.append(tuple(zip(group, terms, strict=True)))
    return groups


def _nearest(span: Span, others: list[Span], positions: list[int]) -> Span:
    at = bisect_left(others, span)
    around = others[max(0, at - 1) : at + 1]
    return min(around, key=lambda other: abs(positions[other[0]] - positions[span[0]]))


def _longest(found: list[_Found]) -> list[_Found]:
    """Without places that lie inside a longer one: 出口许可证 is one hit, not three."""
    kept: list[_Found] = []
    end = -1
    for span, term in sorted(found, key=lambda each: (each[0][0], -each[0][1])):
        if span[1] > end:
            kept.append((span, term))
            end = span[1]
    return kept


def bold_spans(hits: tuple[Hit, ...], part: str) -> list[tuple[int, int]]:
    """The hits of a part as ranges that do not overlap, in order."""
    merged: list[tuple[int, int]] = []
    for hit in sorted((h for h in hits if h.part == part), key=attrgetter("order")):
        at = bisect_left(merged, (hit.start, hit.end))
        if at and merged[at - 1][1] >= hit.start:
            merged[at - 1] = (merged[at - 1][0], max(merged[at - 1][1], hit.end))
        else:
            merged.append((hit.start, hit.end))
    return merged
