"""Where a Korean term only happens to stand inside another word: 세관 in 모세관, 금 in 금요일.

A run of Hangul without blanks is cut into words, particles and endings, once freely and once so
that the term is one of them; where that takes more pieces, the term is none.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources

_AROUND = 10  # syllables looked at on each side
_LONGEST = 8  # syllables of a word of the lists
_SHORT = 2  # syllables of a term that is found in many other words
_NEVER = 10_000
_WORD, _SYLLABLE, _UNKNOWN = 2, 3, 5  # what a piece costs: a word, a syllable that may be one

_PARTICLES = (
    "이|가|을|를|은|는|의|에|에서|에게|에게서|에는|에도|에만|에서는|에서도|에까지|와|과|와의|과의|와는|과는|도|만|만을|만이|로|으로|로는|으로는|로도|로서|으로서|"
    "로써|으로써|로부터|으로부터|부터|까지|까지도|보다|처럼|조차|마저|마다|이나|나|이든|든|이며|며|이고|고|이자|이다|다|이라|라|이라며|이란|란|"
    "이라고|라고|이라는|라는|인|인데|이었다|였다|였던|이었던|입니다|이라면|라면|이어서|이야|야|여서|뿐|뿐만|밖에|대로|만큼|씩|께서|한테|하고|엔|에선|에겐|들|들이|들은|들을|들의|들과|"
    "등|등을|등이|등의|등에|등으로|측|측은|측이|상|상의|상으로|적인|적으로"
)
_PARTICLE = re.compile(_PARTICLES)
# 하다, 되다, 받다, 당하다, 시키다 and their forms make verbs of nouns
_VERB = re.compile(
    r"(?:하|한|할|함|해|했|합|되|된|될|됨|돼|됐|됩|받|당|시키|시킨|시킬|시켰|시켜|짜리|다운|답|스러|롭).*"
)


@cache
def _lists() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    source = resources.files("bot.matching").joinpath("hangul_words.toml").read_text("utf-8")
    data = tomllib.loads(source)
    words, before, after, holders = (
        frozenset(data[name].split()) for name in ("words", "before", "after", "holders")
    )
    return words | holders, before, after, holders


def is_hangul(char: str) -> bool:
    """Whether a folded character is a syllable of Hangul."""
    return "\uac00" <= char <= "\ud7a3"


@lru_cache(maxsize=16384)
def is_inside(before: str, term: str, after: str) -> bool:
    """Whether the term is no word between these syllables of its run of Hangul, all folded."""
    if not before and not after:
        return False
    before, after = before[-_AROUND:], after[:_AROUND]
    whole = before + term + after
    first, end = len(before), len(before) + len(term)
    if _is_held(whole, first, end):
        return True
    if len(term) <= _SHORT and not _may_precede(before, term):
        return True
    if len(term) == 1 and not _may_follow(after, term):
        return True
    return _cost(whole, first, end, is_free=True) < _cost(whole, first, end, is_free=False)


def _is_held(whole: str, first: int, end: int) -> bool:
    holders = _lists()[3]
    return any(
        whole[start:stop] in holders
        for start in range(max(0, end - _LONGEST), first + 1)
        for stop in range(end, min(len(whole), start + _LONGEST) + 1)
        if stop - start > end - first
    ) and _cost(whole, first, end, is_free=True) <= _cost(whole, first, end, is_free=False)


def _may_precede(before: str, term: str) -> bool:
    if not before or (len(term) > 1 and len(before) > 1):
        return True  # it may be a name: 트럼프관세
    words, singles, _after, _holders = _lists()
    return _is_cut(before, words, singles)


def _may_follow(after: str, term: str) -> bool:
    if not after or _PARTICLE.fullmatch(after):
        return True
    if len(term) > 1 and _VERB.fullmatch(after):
        return True
    words, _before, singles, _holders = _lists()
    for stop in range(len(after), 0, -1):
        rest = after[stop:]
        is_ended = not rest or _PARTICLE.fullmatch(rest) or _VERB.fullmatch(rest)
        if is_ended and _is_cut(after[:stop], words, singles if len(term) > 1 else frozenset()):
            return True
    return False


def _is_cut(text: str, words: frozenset[str], singles: frozenset[str]) -> bool:
    """Whether the syllables are words, and at most one that may be one."""
    ends = {0: 0}
    for stop in range(1, len(text) + 1):
        for start in range(max(0, stop - _LONGEST), stop):
            if start not in ends:
                continue
            piece = text[start:stop]
            if piece in words and len(piece) > 1:
                ends[stop] = min(ends[start], ends.get(stop, 9))
            elif len(piece) == 1 and (piece in singles or piece in words) and not ends[start]:
                ends[stop] = min(1, ends.get(stop, 9))
    return len(text) in ends


def _cost(whole: str, first: int, end: int, *, is_free: bool) -> int:
    """The cheapest cut; where it is not free, the term is a word of it or part of a longer one."""
    best = [0]
    for stop in range(1, len(whole) + 1):
        found = _NEVER
        for start in range(max(0, stop - _LONGEST), stop):
            if best[start] < found:
                crossed = [cut for cut in (first, end) if start < cut < stop]
                if is_free or _may_cross(whole, start, stop, crossed, first, end):
                    found = min(found, best[start] + _piece_cost(whole, start, stop, first))
        if stop == end and not is_free:
            found = min(found, best[first] + _WORD)
        best.append(found)
    return best[-1]


def _may_cross(whole: str, start: int, stop: int, crossed: list[int], first: int, end: int) -> bool:
    """Whether a piece is a longer form of the term: 허가증 after 수출, 반덤핑 before 관세."""
    words, _before, _after, holders = _lists()
    piece = whole[start:stop]
    if not crossed or piece in holders or piece not in words:
        return not crossed
    if start <= first and stop >= end:
        return True
    inner = piece[crossed[0] - start :] if start < first else piece[: crossed[0] - start]
    return len(crossed) == 1 and len(inner) > 1 and inner in words


def _piece_cost(whole: str, start: int, stop: int, first: int) -> int:
    words, singles_before, singles_after, _holders = _lists()
    piece = whole[start:stop]
    if len(piece) > 1 and piece in words:
        return _WORD
    if stop == len(whole) and start > 0:
        if _PARTICLE.fullmatch(piece):
            return 1
        if _VERB.fullmatch(piece):
            return _SYLLABLE
    if len(piece) > 1:
        return _NEVER
    return _SYLLABLE if piece in (singles_before if start < first else singles_after) else _UNKNOWN
