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
from bot.matching.concepts import forgets, packs
from bot.matching.engine import term_of
from bot.matching.fields import facet_word
from bot.matching.fold import MIXED, all_languages, fold, safe, stems
from bot.matching.index_words import FROM_BEHIND, IN_MIXED, IndexWords
from bot.matching.occurrences import Sequence, compound_of, head_of, sequence_for
from bot.matching.pack import Pack
from bot.matching.tokens import COMPOUNDING, LONG_VOWEL, tokenise, without_elision

_STUMP = 4  # letters of a stem that may be another language's commonest word


@dataclass(frozen=True)
class Either:
    """One of these words, or a word with one of these beginnings, or all of one of the wholes."""

    words: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    wholes: tuple[tuple[Either, ...], ...] = ()

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
            return _concept(packs()[query.name])
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
def _concept(pack: Pack) -> Either | None:
    return _any(
        [
            *map(_listed, pack.all_terms),
            *(_all(_any(map(_listed, choice)) for choice in near.choices) for near in pack.near),
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


_WAYS = tuple(sorted(all_languages(), key=lambda way: way not in COMPOUNDING))


def _listed(term: str) -> Either | None:
    return _term(term, is_listed=True)


def _term(term: str, *, is_listed: bool = False) -> Either | None:
    """Its words one by one: each in any of the ways in which a text may be stemmed."""
    tokens = () if term.startswith("*") else tokenise(without_elision(term.removeprefix("=")))
    if not tokens or "*" in term or any(token.is_cjk or token.is_glued for token in tokens):
        return _in_each_way(term, is_listed)
    # most terms are plain words, which need no sequence in each way
    return _all(_plain(token.text, is_listed) for token in tokens)


@lru_cache(maxsize=4096)
def _plain(text: str, is_listed: bool) -> Either | None:
    by_way = stems(text)
    folded = fold(text)
    words: set[str] = set()
    of_language: dict[tuple[Either, ...], None] = {}
    for way, stem in by_way.items():
        word = safe(stem)
        if word and len(word) <= min(_STUMP, len(folded) - 4):
            # only texts that are stemmed so are meant, not each Italian one that has "per"
            mark = IN_MIXED if way == MIXED else facet_word("lang", way)
            of_language[Either(frozenset({word})), Either(frozenset({mark}))] = None
        elif word:
            words.add(word)
    if not words:
        return None
    prefixes: dict[str, None] = {}
    for way in () if is_listed else COMPOUNDING:
        if compound := safe(compound_of(text, by_way[way], way)):
            prefixes[compound] = None
        if head := safe(head_of(text, way, False)):
            prefixes[FROM_BEHIND + head[::-1]] = None
    wholes = (whole for whole in of_language if whole[0].words.isdisjoint(words))
    return Either(frozenset(words), tuple(sorted(prefixes)), tuple(wholes))


def _in_each_way(term: str, is_listed: bool) -> Either | None:
    # not kept: of thousands of terms in fifteen ways the engine needs but a few
    make = sequence_for.__wrapped__ if is_listed else sequence_for
    first = make(term, _WAYS[0], is_listed)
    if all(first.cjk):
        ways = [first]
    elif first.is_ending:
        ways = [make(term, way, is_listed) for way in _WAYS if way in COMPOUNDING]
    else:
        ways = [make(term, way, is_listed) for way in _WAYS]
    parts: list[Either | None] = []
    at = 0
    while at < len(first.keys):
        if first.cjk[at]:
            end = _run_end(first, at)
            parts.extend(_run([char for char in first.keys[at:end] if char != LONG_VOWEL]))
        else:
            end = max(_glued_end(sequence, at) for sequence in ways)
            parts.append(_any(_words(sequence, at, end) for sequence in ways))
        at = end
    return _all(parts)


def _run_end(sequence: Sequence, start: int) -> int:
    """The end of the run of Chinese, Japanese or Korean characters that are neighbours."""
    end = start + 1
    while (
        end < len(sequence.keys)
        and sequence.cjk[end]
        and sequence.offsets[end] == sequence.offsets[end - 1] + 1
    ):
        end += 1
    return end


def _run(keys: list[str]) -> Iterator[Either]:
    if len(keys) == 1:
        yield Either(prefixes=(safe(keys[0]),))  # every pair begins with its first character
    for one, next_ in pairwise(keys):
        yield Either(frozenset({safe(one) + safe(next_)}))


def _glued_end(sequence: Sequence, start: int) -> int:
    """Past the words that may be written together with the one at `start`."""
    end = start + 1
    at = start
    while at < end:
        end = max([end, *(last + 1 for last, _whole in sequence.joins[at])])
        at += 1
    return end


def _words(sequence: Sequence, start: int, end: int) -> Either | None:
    """All of the words, or in their place any word that some of them are written together as."""
    apart = _all(_word(sequence, at) for at in range(start, end))
    together = frozenset(
        word for at in range(start, end) for _, whole in sequence.joins[at] if (word := safe(whole))
    )
    return apart if not together else _any([apart, Either(together)])


def _word(sequence: Sequence, at: int) -> Either | None:
    stem = safe(sequence.keys[at])
    if not stem:
        return None
    compound = safe(sequence.compounds[at])
    prefixes = (stem,) * sequence.prefixes[at] + (compound,) * bool(compound)
    if sequence.heads[at]:
        prefixes += (FROM_BEHIND + safe(sequence.heads[at])[::-1],)
    is_word = not (sequence.prefixes[at] or sequence.is_ending)
    return Either(frozenset({stem}) if is_word else frozenset(), prefixes)


forgets(condition_of.cache_clear)
