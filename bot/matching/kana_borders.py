"""Where a katakana term only happens to stand inside another word: タイ in タイヤ, スズ in スズキ.

What is left of a run of katakana before and after the term must be words, too: ネクスペリアグループ
is Nexperia's, インドネシア is not India.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

from bot.matching.fold import fold
from bot.matching.tokens import LONG_VOWEL

_LONG_TERM, _LONG_REST = 5, 3  # characters by which a name unknown to the list may be joined
_LONGEST = 12  # characters of a word of the list


def is_katakana(char: str) -> bool:
    """Whether a folded character is katakana or the long vowel."""
    return "\u30a1" <= char[:1] <= "\u30ff" and char != "・"


@cache
def _words() -> frozenset[str]:
    source = resources.files("bot.matching").joinpath("kana_words.txt").read_text("utf-8")
    lines = (line for line in source.splitlines() if not line.startswith("#"))
    words = ("".join(map(fold, word)).rstrip(LONG_VOWEL) for line in lines for word in line.split())
    return frozenset(words)


@lru_cache(maxsize=8192)
def is_inside(before: str, term: str, after: str) -> bool:
    """Whether the term is no word between these characters of its run of katakana, all folded."""
    after = after.removeprefix(LONG_VOWEL)
    return not (_is_apart(before, term) and _is_apart(after, term))


def _is_apart(rest: str, term: str) -> bool:
    if not rest or _are_words(rest):
        return True
    return len(term) >= _LONG_TERM and len(rest) >= _LONG_REST


def _are_words(rest: str) -> bool:
    """Whether the characters are words of the list one after the other."""
    ends = {0}
    for stop in range(1, len(rest) + 1):
        if any(
            start in ends and rest[start:stop].rstrip(LONG_VOWEL) in _words()
            for start in range(max(0, stop - _LONGEST), stop)
        ):
            ends.add(stop)
    return len(rest) in ends
