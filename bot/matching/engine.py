"""Evaluate queries on a document: pure, and the same for alerts, search and `tidewaiter match`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter

from bot.domain.match import Hit
from bot.domain.query import (
    And,
    Code,
    Concept,
    Facet,
    InTitle,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
)
from bot.matching import fields
from bot.matching.codes import code_places
from bot.matching.concepts import concept_for_words, packs
from bot.matching.occurrences import occurrences, sequence_for
from bot.matching.pack import Near as ConceptNear
from bot.matching.pack import Pack, Unless
from bot.matching.tokens import COMPOUNDING, Document, Found, Span

_MAX_HITS = 20  # of one term; enough for bold words, where a long text may hold thousands
_MAX_TRIED = 2_000  # places looked at for one NEAR; only a text made to be slow has more
_Group = tuple[Found, ...]  # places that count together, or not at all


def evaluate(query: Query, document: Document, *, in_title: bool = False) -> tuple[Hit, ...] | None:
    """The hits that satisfy the query, in order of place, or None where it does not hold.

    Facets have no place: a query of facets alone holds without hits. `in_title` asks of the title
    alone.
    """
    found = _evaluate(query, document, is_title=in_title)
    if found is None:
        return None
    hits = {document.hit(each.span, each.term, each.concept) for each in found}
    return tuple(sorted(hits, key=attrgetter("order")))


def _evaluate(query: Query, document: Document, *, is_title: bool) -> Sequence[Found] | None:
    match query:
        case Word() | Phrase() | Concept() | Code():
            return _within(_places(query, document), document, is_title) or None
        case Near():
            return _near(query, document, is_title) or None
        case InTitle():
            return _evaluate(query.part, document, is_title=True)
        case Facet():
            return () if fields.holds(query, document.facets, document.day) else None
        case And():
            found: list[Found] = []
            for part in query.parts:
                places = _evaluate(part, document, is_title=is_title)
                if places is None:
                    return None
                found.extend(places)
            return found if score(found, document) >= _least(query) else None
        case Or():
            either = [
                places
                for part in query.parts
                if (places := _evaluate(part, document, is_title=is_title)) is not None
            ]
            return [place for places in either for place in places] if either else None
        case Not():
            return () if _evaluate(query.part, document, is_title=is_title) is None else None


def score(found: Sequence[Found], document: Document) -> int:
    """How much of a document is about what was found there, 0 to 10: 5 for the title, and one for
    each place in the text up to 5."""
    in_title = any(place.span[0] < document.title_tokens for place in found)
    in_text = {place.span for place in found if place.span[0] >= document.title_tokens}
    return 5 * in_title + min(5, len(in_text))


def _least(query: And) -> int:
    """The score that is asked for beside the other parts."""
    asked = (int(p.value) for p in query.parts if isinstance(p, Facet) and p.name == "min")
    return max(asked, default=0)


def term_of(words: tuple[Word, ...]) -> str:
    """Words that follow each other, as one term."""
    return " ".join(word.text + "*" * word.is_prefix for word in words)


def _within(places: Sequence[Found], document: Document, is_title: bool) -> Sequence[Found]:
    return [p for p in places if p.span[0] < document.title_tokens] if is_title else places


def _places(query: Query, document: Document) -> Sequence[Found]:
    """Where a word, phrase, concept, code, or an Or of them stands; remembered by the document."""
    match query:
        case Word():
            return _find(term_of((query,)), document)
        case Phrase():
            return _find(term_of(query.words), document)
        case Concept():
            return _find_concept(query.name, document)
        case Code():
            return _find_code(query, document)
        case Or():
            return sorted(
                (place for part in query.parts for place in _places(part, document)),
                key=attrgetter("span"),
            )
        case _:
            return ()


def _find(term: str, document: Document) -> Sequence[Found]:
    if term not in document.memo:
        spans = occurrences(term, document)
        name = concept_for_words(term) if spans else None
        if name is not None:
            spans = _unshaded(spans, packs()[name], document)
        document.memo[term] = tuple(Found(span, term, None) for span in spans[:_MAX_HITS])
    return document.memo[term]


def _unshaded(spans: list[Span], pack: Pack, document: Document) -> list[Span]:
    """Places of a concept's name in quotation marks that no longer name holds: 不可靠实体清单."""
    shades = _Shades(
        [span for other in pack.yields_to for span, _term in _find_any(packs()[other], document)]
    )
    return [span for span in spans if not shades.cover(span)]


def _find_code(query: Code, document: Document) -> Sequence[Found]:
    memo = f"#{query.system}:{query.number}"
    if memo not in document.memo:
        spans = code_places(query.system, query.number, document)[:_MAX_HITS]
        document.memo[memo] = tuple(
            Found(span, f"{query.system}:{query.number}", None) for span in spans
        )
    return document.memo[memo]


def _near(query: Near, document: Document, is_title: bool) -> list[Found]:
    """The places of the first part around which all others stand within so many words."""
    lists = [_within(_places(part, document), document, is_title) for part in query.parts]
    if not all(lists):
        return []
    positions = document.positions
    spans = [[place.span for place in places] for places in lists]
    found: list[Found] = []
    for place in lists[0][:_MAX_TRIED]:
        at = [bisect_left(others, place.span) for others in spans[1:]]
        group = [place]
        for places, others, index in zip(lists[1:], spans[1:], at, strict=True):
            around = range(max(0, index - 1), min(len(others), index + 1))
            gaps = [(_gap(others[n], place.span, positions), n) for n in around]
            group.append(places[min(gaps)[1]])
        firsts = [positions[each.span[0]] for each in group]
        lasts = [positions[each.span[1]] for each in group]
        if max(firsts) - min(lasts) <= query.words:
            found.extend(group)
    return found[: _MAX_HITS * len(lists)]


def _gap(one: Span, other: Span, positions: list[int]) -> int:
    """Words from one place to the other; 0 where they touch or overlap."""
    first, second = sorted((one, other))
    return max(0, positions[second[0]] - positions[first[1]])


def _find_concept(name: str, document: Document) -> Sequence[Found]:
    memo = f"#{name}"  # no term begins so
    if memo not in document.memo:
        document.memo[memo] = _concept_places(name, document)
    return document.memo[memo]


def _concept_places(name: str, document: Document) -> tuple[Found, ...]:
    pack = packs()[name]
    groups: list[_Group] = [
        (Found(span, term, pack.name),) for span, term in _find_any(pack, document)
    ]
    for near in pack.near:
        if _is_read(near.lang, document):
            groups.extend(_find_near(near, pack.name, document))
    if not groups:
        return ()
    shaded = [span for term in pack.not_terms for span in _listed(term, document)]
    for other in pack.yields_to:
        shaded += [span for span, _term in _find_any(packs()[other], document)]
    shades = _Shades(shaded)
    # a group stands or falls whole: 安世亚太 near 荷兰 is not 安世 near 荷兰
    kept = [group for group in groups if not any(shades.cover(p.span) for p in group)]
    for unless in pack.unless:
        if kept and _is_read(unless.lang, document):
            kept = _without(unless, kept, document)
    return tuple(_longest([place for group in kept for place in group])[:_MAX_HITS])


def _is_read(lang: str | None, document: Document) -> bool:
    """Whether what is for texts of a language is for this one; of unknown language may be any."""
    return lang is None or document.language in {lang, None}


def _without(unless: Unless, groups: list[_Group], document: Document) -> list[_Group]:
    """Those groups that no word stands beside which shuts them out."""
    beside = sorted(span for term in unless.beside for span in _listed(term, document))
    if not beside:
        return groups
    positions = document.positions
    return [
        group
        for group in groups
        if not any(
            (not unless.terms or place.term in unless.terms)
            and _gap(place.span, _nearest(place.span, beside, positions), positions) <= unless.words
            for place in group
        )
    ]


class _Shades:
    """Places of homonyms: what lies inside one is not the concept."""

    def __init__(self, spans: list[Span]) -> None:
        spans = sorted(spans)
        self._firsts = [first for first, _last in spans]
        self._farthest = list(accumulate((last for _first, last in spans), max))

    def cover(self, span: Span) -> bool:
        before = bisect_right(self._firsts, span[0])
        return before > 0 and self._farthest[before - 1] >= span[1]


def _listed(term: str, document: Document) -> list[Span]:
    return occurrences(term, document, is_listed=True)


def _find_any(pack: Pack, document: Document) -> list[tuple[Span, str]]:
    """Places of those of its terms whose first word occurs: most of a concept's hundred do not."""
    view = document.views[0]
    by_key, starred = _by_first_key(pack, document.language, view.way)
    found = [term for first in by_key.keys() & view.places.keys() for term in by_key[first]]
    return [
        (span, term.removeprefix("="))
        for term in dict.fromkeys([*found, *starred])
        for span in _listed(term, document)
    ]


@lru_cache(maxsize=4096)
def _by_first_key(
    pack: Pack, language: str | None, way: str
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """The terms that are tried on a text by how they may begin, and those tried anyway."""
    by_key: dict[str, list[str]] = {}
    starred: list[str] = []
    for term in pack.terms_for(language):
        sequence = sequence_for(term, way, True)
        if sequence.is_ending:
            if way in COMPOUNDING:
                starred.append(term)
        elif sequence.prefixes[0]:
            starred.append(term)
        else:
            for first in sequence.firsts():
                by_key.setdefault(first, []).append(term)
    return by_key, tuple(starred)


def _find_near(near: ConceptNear, concept: str, document: Document) -> list[_Group]:
    """Each place of the first choice with the nearest of every other, where all are near."""
    places: list[list[tuple[Span, str]]] = []
    for choice in near.choices:
        found = sorted((span, term) for term in choice for span in _listed(term, document))
        if not found:
            return []
        places.append(found)
    positions = document.positions
    spans = [[span for span, _term in found] for found in places]
    groups: list[_Group] = []
    for span, term in places[0]:
        group = [(span, term)]
        for found, others in zip(places[1:], spans[1:], strict=True):
            group.append(found[bisect_left(others, _nearest(span, others, positions))])
        at = [positions[each[0][0]] for each in group]
        if max(at) - min(at) <= near.words:
            groups.append(tuple(Found(s, t.removeprefix("="), concept) for s, t in group))
    return groups


def _nearest(span: Span, others: list[Span], positions: list[int]) -> Span:
    at = bisect_left(others, span)
    around = others[max(0, at - 1) : at + 1]
    return min(around, key=lambda other: abs(positions[other[0]] - positions[span[0]]))


def _longest(found: list[Found]) -> list[Found]:
    """Without places that lie inside a longer one or begin in it: 出口许可证 is one hit."""
    kept: list[Found] = []
    end = -1
    for place in sorted(found, key=lambda each: (each.span[0], -each.span[1])):
        if place.span[0] > end:
            kept.append(place)
            end = place.span[1]
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
