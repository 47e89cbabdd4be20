"""What must be among a document's index words for a query to hold: a query's necessary condition.

    query → Either(words, prefixes, wholes) → .may_hold(index words)      live, before the engine
                                            → expression(…)               FTS5, before the engine

It is the same for every language that a document may be in, so that one condition serves all.
It may let too much through, but never too little; the engine decides (docs/adr/0004-one-fold.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

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
from bot.matching.concepts import packs
from bot.matching.engine import term_of
from bot.matching.fields import facet_word
from bot.matching.fold import fold, safe, stems
from bot.matching.index_words import IndexWords
from bot.matching.occurrences import COMPOUNDING, Shape, compound_of, shape_of
from bot.matching.tokens import LONG_VOWEL


@dataclass(frozen=True)
class Either:
    """One of these words, or a word with one of these beginnings, or all of one of the wholes."""

    words: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    wholes: tuple[tuple[Either, ...], ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Worked out once: a concept's is that of a hundred terms."""
        return hash((self.words, self.prefixes, self.wholes))

    def may_hold(self, words: IndexWords) -> bool:
        """Whether a document with these index words may answer."""
        if not self.words.isdisjoint(words.words):
            return True
        if any(map(words.has_beginning, self.prefixes)):
            return True
        if not self.wholes:
            return False
        anchors, anchored, loose = self._anchored
        # two plain sets: the smaller is walked
        for word in anchors & words.words:
            for whole in anchored[word]:
                if all(part.may_hold(words) for part in whole):
                    return True
        return any(all(part.may_hold(words) for part in whole) for whole in loose)

    @cached_property
    def _anchored(
        self,
    ) -> tuple[frozenset[str], dict[str, list[tuple[Either, ...]]], list[tuple[Either, ...]]]:
        """The wholes by the words of a part without which they cannot hold, and the rest."""
        by_word: dict[str, list[tuple[Either, ...]]] = {}
        loose: list[tuple[Either, ...]] = []
        for whole in self.wholes:
            plain = [part for part in whole if not part.prefixes and not part.wholes]
            if plain:
                # the longest word is the rarest, as a rule
                for word in max(plain, key=lambda part: min(map(len, part.words))).words:
                    by_word.setdefault(word, []).append(whole)
            else:
                loose.append(whole)
        return frozenset(by_word), by_word, loose


@lru_cache(maxsize=100_000)
def condition_of(query: Query) -> Either | None:
    """What a document must hold to answer; None where nothing can be said."""
    match query:
        case Word():
            return _term(term_of((query,)))
        case Phrase():
            return _term(term_of(query.words))
        case Concept():
            return _concept(query.name)
        case And() | Near():
            return _all(condition_of(part) for part in query.parts)
        case Or():
            return _any(condition_of(part) for part in query.parts)
        case InTitle():
            return condition_of(query.part)
        case Code():
            return _code(query)
        case Facet(name="lang"):
            return Either(frozenset({facet_word(query.name, query.value)}))
        case Facet() | Not():
            return None  # the engine decides on these


def expression(condition: Either | None) -> str:
    """The condition as an FTS5 expression; "" for None.

    Words are quoted and hold no quotes, so no typed text reaches FTS5's syntax.
    """
    return "" if condition is None else _either(condition)


def _either(condition: Either) -> str:
    parts = [f'"{word}"' for word in sorted(condition.words)]
    parts += [f'"{prefix}"*' for prefix in condition.prefixes]
    parts += [f"({' AND '.join(map(_either, whole))})" for whole in condition.wholes]
    return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]


def _any(conditions: Iterable[Either | None]) -> Either | None:
    words: set[str] = set()
    prefixes: dict[str, None] = {}
    wholes: dict[tuple[Either, ...], None] = {}
    for condition in conditions:
        if condition is None:
            return None
        words |= condition.words
        prefixes.update(dict.fromkeys(condition.prefixes))
        wholes.update(dict.fromkeys(condition.wholes))
    return Either(frozenset(words), tuple(prefixes), tuple(wholes))


def _all(conditions: Iterable[Either | None]) -> Either | None:
    parts: dict[Either, None] = {}
    for condition in conditions:
        if condition is None:
            continue
        is_whole = len(condition.wholes) == 1 and not condition.words and not condition.prefixes
        parts.update(dict.fromkeys(condition.wholes[0] if is_whole else (condition,)))
    if len(parts) > 1:
        return Either(wholes=(tuple(parts),))
    return next(iter(parts), None)


@lru_cache(maxsize=1024)
def _concept(name: str) -> Either | None:
    pack = packs()[name]
    return _any(
        [
            *(_term(term, is_listed=True) for term in pack.any_terms),
            *(_all(_term(t, is_listed=True) for t in near.terms) for near in pack.near),
        ]
    )


def _code(query: Code) -> Either | None:
    match query.system:
        case "hs":
            return Either(prefixes=(query.number[:4],))  # 8505 11 is written apart, too
        case "eccn":
            return Either(prefixes=(safe(fold(query.number)),))
        case _:
            return _term(query.number)


def _term(term: str, *, is_listed: bool = False) -> Either | None:
    """Its words one by one: each in any of the ways in which a text may be stemmed."""
    shape = shape_of(term)
    parts: list[Either | None] = []
    at = 0
    while at < len(shape.tokens):
        if shape.tokens[at].is_cjk:
            end = _run_end(shape, at)
            keys = [fold(token.text) for token in shape.tokens[at:end]]
            parts.extend(_run([each for each in keys if each != LONG_VOWEL]))
        else:
            end = _glued_end(shape, at)
            parts.append(_words(shape, at, end, is_listed))
        at = end
    return _all(parts)


def _run_end(shape: Shape, start: int) -> int:
    """The end of the run of Chinese, Japanese or Korean characters that are neighbours."""
    tokens = shape.tokens
    end = start + 1
    while (
        end < len(tokens)
        and tokens[end].is_cjk
        and tokens[end].position == tokens[end - 1].position + 1
    ):
        end += 1
    return end


def _run(keys: list[str]) -> Iterator[Either]:
    if len(keys) == 1:
        yield Either(prefixes=(safe(keys[0]),))  # every pair begins with its first character
    for one, next_ in pairwise(keys):
        yield Either(frozenset({safe(one) + safe(next_)}))


def _glued_end(shape: Shape, start: int) -> int:
    """Past the words that may be written together with the one at `start`."""
    end = start + 1
    at = start
    while at < end:
        end = max([end, *(last + 1 for last, _whole in shape.wholes[at])])
        at += 1
    return end


def _words(shape: Shape, start: int, end: int, is_listed: bool) -> Either | None:
    """All of the words, or in their place any word that some of them are written together as."""
    apart = _all(_word(shape, at, is_listed) for at in range(start, end))
    together = frozenset(
        word
        for at in range(start, end)
        for _last, whole in shape.wholes[at]
        for stem in stems(whole).values()
        if (word := safe(stem))
    )
    return apart if not together else _any([apart, Either(together)])


def _word(shape: Shape, at: int, is_listed: bool) -> Either | None:
    text = shape.tokens[at].text
    if shape.prefixes[at]:
        prefix = safe(fold(text))
        return Either(prefixes=(prefix,)) if prefix else None
    by_way = stems(text)
    words = frozenset(safe(stem) for stem in by_way.values())
    compounds = () if is_listed else (compound_of(text, by_way[w], w) for w in sorted(COMPOUNDING))
    prefixes = dict.fromkeys(safe(compound) for compound in compounds if compound)
    return None if "" in words else Either(words, tuple(prefixes))
