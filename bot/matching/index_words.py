"""The index words of a text: by these a document is found, by a watch and by a search alike.

A set of folded words, without order or place: each word's stem and its unstemmed form, words
written together (anti-dumping: anti, dump, antidump …), and pairs of neighbours for Chinese,
Japanese and Korean (稀土出口: 稀土 土出 出口 口), the long vowel left out. German and Dutch stems
stand there from behind as well (‹llozfarts), so that what ends in zoll begins with ‹lloz,
and so do the stems of the parts of compounds. The set
narrows; the engine decides. So it may hold too much, but never too little
(docs/adr/0004-one-fold.md).

Texts repeat their words, so what a piece between two blanks yields is remembered by language.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from operator import add

from bot.matching.compounds import SHORTEST_COMPOUND
from bot.matching.fields import facet_word
from bot.matching.fold import MIXED, STEMMERS, fold, key, safe, stem_language
from bot.matching.recent import Recent
from bot.matching.tokens import (
    ASIAN,
    BOUND,
    CJK,
    COMPOUNDING,
    FEW_WORDS,
    GAP,
    LETTER,
    LONG_VOWEL,
    MAX_GLUED,
    ending,
    joined,
    part_keys,
    tokenise,
)

INDEX_VERSION = 6
"""Grows whenever index words change: the archive's index must then be built anew."""

_LONGEST_PIECE = 40  # code points; what is longer is an address or a whole sentence of Thai
_MAX_CACHED = 4_096  # pieces a language and generation: 2 MB in all
_AROUND = ".,;:!?()[]\"'"  # what stands around a word and is no part of it
FROM_BEHIND = "‹"
"""Before the stems that stand in the index backwards, so that a beginning finds endings."""

IN_MIXED = "§mixed"
"""Among the words of texts that are stemmed without knowing their language."""

_BINDS = "-"  # no text has this word: the piece ends in "anti", "re" …, and is one with the next

_MAYBE_EASTERN = re.compile("[\u1100-\u11ff\u3005-\U0003ffff]")  # seven times as quick as CJK
_EASTERN = re.compile(CJK)
# Characters that are one with the next, or become two, or may not be assigned yet: the quick way
# of one for one is not theirs.
_COMPOSED = re.compile(
    "[\u1100-\u11ff\u3099\u309a\u309f\u30ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
_COMPOSED_RUN = re.compile(rf"(?:{CJK}|[\u1100-\u11ff\u30fc\uff70])+")
_PLAIN_RUN = re.compile(f"[{ASIAN}]+")
# Where neighbours end: at a stop or blank line, and at a word of another script.
_APART = re.compile(rf"(?:{GAP}|[{LETTER}])+")


@dataclass(frozen=True)
class IndexWords:
    """The set, and its words in order where somebody asks for beginnings."""

    words: frozenset[str]  # a plain one: with a subclass isdisjoint() takes fifty times as long

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self.words)

    def has_beginning(self, prefix: str) -> bool:
        """Whether any word begins so."""
        at = bisect_left(self._in_order, prefix)
        return at < len(self._in_order) and self._in_order[at].startswith(prefix)


def index_words(title: str, text: str, language: str | None) -> IndexWords:
    """The index words of a title and a text of a language (a primary subtag, or None)."""
    way = stem_language(language)
    words: set[str] = set()
    pieces: list[str] = []
    for part in (title, text):
        if not part.isascii() and _MAYBE_EASTERN.search(part):
            is_plain = not _COMPOSED.search(part)
            for keys in _plain_runs(part) if is_plain else _composed_runs(part):
                words.update(map(add, keys, keys[1:]))
                words.update(keys[-1:])
            # 一 stands for what was there, so that words still end where they did
            pieces += (_PLAIN_RUN if is_plain else _COMPOSED_RUN).sub("一 一", part).split()
        else:
            pieces += part.split()
    distinct = set(pieces)
    yields = list(map(_pieces(way).__getitem__, distinct))
    words.update(*yields)
    bound: set[str] = set()
    if _BINDS in words:
        bound.update(_bound(pieces, _pieces(way)))
        words.update(*map(_pieces(way).__getitem__, bound))
    if way == MIXED:
        words.add(IN_MIXED)
    elif way in STEMMERS and sum(map(bool, yields)) <= FEW_WORDS:
        # so short that its language is a guess (as in Document.views)
        words.add(IN_MIXED)
        words.update(*map(_pieces(MIXED).__getitem__, distinct | bound))
    words.discard(_BINDS)
    if language:
        words.add(facet_word("lang", language))
    return IndexWords(frozenset(words))


@cache
def _pieces(way: str) -> Recent[tuple[str, ...]]:
    """The words of each piece, in one way of stemming."""
    return Recent(lambda piece: _words_of(piece, way), size=_MAX_CACHED, longest=_LONGEST_PIECE)


def _words_of(piece: str, way: str) -> tuple[str, ...]:
    word = piece.strip(_AROUND)
    if word.isascii() and word.isalpha() and word.lower() not in BOUND:  # as most pieces
        stem = key(word, way)
        if way not in COMPOUNDING:
            return (stem, word.lower())
        behind = ending(stem)
        parts = part_keys(word, way) if len(word) >= SHORTEST_COMPOUND else ()
        return (stem, word.lower(), *((FROM_BEHIND + behind,) if behind else ()), *parts)
    tokens = tokenise(piece)
    texts = [token.text for token in tokens]
    glued = {at for at, token in enumerate(tokens) if token.is_glued}
    spelled: list[str] = []
    for first, token in enumerate(tokens):
        if not token.is_cjk:
            spelled.append(token.text)
            for last, whole in joined(texts, glued, first):
                if not any(each.is_cjk for each in tokens[first : last + 1]):
                    spelled.append(whole)
    binds = bool(tokens) and piece.endswith(texts[-1]) and texts[-1].lower() in BOUND
    forms = [safe(form) for each in spelled for form in (key(each, way), fold(each))]
    if way in COMPOUNDING:
        forms += [FROM_BEHIND + e for each in spelled if (e := ending(key(each, way)))]
        forms += [safe(part) for each in spelled for part in part_keys(each, way)]
    return (*dict.fromkeys(forms), *(_BINDS,) * binds)


def _bound(pieces: list[str], known: Recent[tuple[str, ...]]) -> Iterable[str]:
    """Pieces that a blank does not part: anti dumping, semi conductor."""
    binds = [_BINDS in known[piece] for piece in pieces[:-1]]
    for first in range(len(binds)):
        last = first
        while last - first < MAX_GLUED and last < len(binds) and binds[last]:
            last += 1
        if last > first:
            yield " ".join(pieces[first : last + 1])


def _composed_runs(part: str) -> Iterable[Sequence[str]]:
    """The folded characters that are neighbours, run by run, the long vowel left out."""
    for run in _APART.split(part):
        folded = [safe(fold(each)) for each in _EASTERN.findall(run)]
        yield [each for each in folded if each != LONG_VOWEL]


def _plain_runs(part: str) -> Iterable[Sequence[str]]:
    """The same, ten times as quick, where each character folds to one."""
    return part.translate(_TABLE).split()


class _Table(dict[int, str]):
    """Each character folded; a blank for what parts neighbours; nothing for all else."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if _EASTERN.fullmatch(char):
            found = safe(fold(char))
        else:
            found = " " if _APART.fullmatch(char) else ""
        self[code] = found
        return found


_TABLE = _Table()
