"""The index words of a text: by these a document is found, by a watch and by a search alike.

A set of folded words, without order or place: each word's stem and its unstemmed form, words
written together (anti-dumping: anti, dump, antidump …), and pairs of neighbours for Chinese,
Japanese and Korean (稀土出口: 稀土 土出 出口 口), the long vowel left out. The set narrows; the
engine decides. So it may hold too much, but never too little (docs/adr/0004-one-fold.md).

Texts repeat their words, so what a piece between two blanks yields is remembered by language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import add

from bot.matching.fold import MIXED, STEMMERS, fold, key, stem_language
from bot.matching.tokens import (
    BOUND,
    CJK,
    FEW_WORDS,
    GAP,
    LETTER,
    LONG_VOWEL,
    MAX_GLUED,
    joined,
    tokenise,
)

INDEX_VERSION = 4
"""Grows whenever index words change: the archive's index must then be built anew."""

_LONGEST_PIECE = 40  # code points; what is longer is an address or a whole sentence of Thai
_MAX_CACHED = 50_000  # pieces a language: some 15 MB

_EASTERN = re.compile(CJK)
_EASTERN_RUN = re.compile(rf"(?:{CJK}|[\u1100-\u11ff\u30fc\uff70])+")
# Where neighbours end: at a stop or blank line, and at a word of another script.
_APART = re.compile(rf"(?:{GAP}|[{LETTER}])+")
# ASCII that compatibility folding brings forth, as in ⑴ → (1): the index would cut there.
_UNSAFE = {code: "·" for code in range(128) if not chr(code).isalnum()}

_by_way: dict[str, dict[str, tuple[str, ...]]] = {}
_binding: set[str] = set()  # pieces that end in "anti", "re" …: they are one with the next
_folded: dict[str, str] = {}


def index_words(title: str, text: str, language: str | None) -> frozenset[str]:
    """The index words of a title and a text of a language (a primary subtag, or None)."""
    way = stem_language(language)
    words: set[str] = set()
    pieces: list[str] = []
    for part in (title, text):
        if not part.isascii() and _EASTERN.search(part):
            for run in _APART.split(part):
                words.update(_pairs(run))
            # 一 stands for what was there, so that words still end where they did
            pieces += _EASTERN_RUN.sub("一 一", part).split()
        else:
            pieces += part.split()
    distinct = set(pieces)
    worded = _add_all(distinct, way, words)
    if not distinct.isdisjoint(_binding):
        distinct = set(_bound(pieces))
        _add_all(distinct, way, words)
    if way in STEMMERS and worded <= FEW_WORDS:
        # so short that its language is a guess (as in Document.views)
        _add_all(distinct.union(pieces), MIXED, words)
    return frozenset(words)


def safe(word: str) -> str:
    """A folded word as the index holds it: one word, whatever it is made of."""
    return word if word.isalnum() else word.translate(_UNSAFE)


def _add_all(pieces: Iterable[str], way: str, words: set[str]) -> int:
    """Add the words of pieces; how many pieces have any."""
    known = _by_way.setdefault(way, {})
    worded = 0
    for piece in pieces:
        found = known.get(piece)
        if found is None:
            found = _words_of(piece, way)
            if len(piece) <= _LONGEST_PIECE:
                if len(known) >= _MAX_CACHED:
                    known.clear()
                known[piece] = found
        if found:
            worded += 1
            words.update(found)
    return worded


def _words_of(piece: str, way: str) -> tuple[str, ...]:
    tokens = tokenise(piece)
    texts = [token.text for token in tokens]
    glued = [token.is_glued for token in tokens]
    spelled: list[str] = []
    for first, token in enumerate(tokens):
        if not token.is_cjk:
            spelled.append(token.text)
            for last, whole in joined(texts, glued, first):
                if not any(each.is_cjk for each in tokens[first : last + 1]):
                    spelled.append(whole)
    if tokens and piece.endswith(texts[-1]) and texts[-1].lower() in BOUND:
        if len(_binding) >= _MAX_CACHED:
            _binding.clear()
            _by_way.clear()  # what was forgotten here must be noted again
        _binding.add(piece)
    return tuple(
        dict.fromkeys(safe(form) for each in spelled for form in (key(each, way), fold(each)))
    )


def _bound(pieces: list[str]) -> Iterable[str]:
    """Pieces that a blank does not part: anti dumping, semi conductor."""
    for first in range(len(pieces) - 1):
        last = first
        while last - first < MAX_GLUED and last < len(pieces) - 1 and pieces[last] in _binding:
            last += 1
        if last > first:
            yield " ".join(pieces[first : last + 1])


def _pairs(run: str) -> Iterable[str]:
    """Each neighbour with the next, and the last by itself."""
    keys = [_folded.get(each) or _fold(each) for each in _EASTERN.findall(run)]
    if LONG_VOWEL in keys:
        keys = [each for each in keys if each != LONG_VOWEL]
    if keys:
        yield from map(add, keys, keys[1:])
        yield keys[-1]


def _fold(char: str) -> str:
    found = _folded[char] = safe(fold(char))
    return found
