"""Where Chinese characters of neighbouring words only happen to read like a term.

国会 is no word in 美国会晤: 美国 and 会晤 are. What stands around a place is cut into words once
freely and once so that the term is a word of it; the cheaper cut, by how frequent its words are,
is the one that was meant. The lists are our own: a few hundred words of trade news.
"""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import resources

from bot.matching.fold import fold

_AROUND = 4  # characters looked at on each side
_LONGEST = 5  # characters of a word of the lists
_UNKNOWN = 30  # what a character costs that is not in the list
_ASKED = 25  # what a term costs at most: somebody asks for it, so it is no rare word
_WORD = 21  # what a word of the list costs
_CHARACTER = 14  # what a character that is mostly a word by itself costs: 的, 在, 对
_MARGIN = 2  # the term is let go only where the other cut is clearly cheaper


@cache
def _costs() -> dict[str, int]:
    """What the words of our lists cost."""
    costs = dict.fromkeys(_listed("words") | _listed("others"), _WORD)
    return costs | dict.fromkeys(_listed("characters"), _CHARACTER)


@cache
def _listed(name: str) -> frozenset[str]:
    source = resources.files("bot.matching").joinpath("han_words.toml").read_text("utf-8")
    return frozenset("".join(map(fold, word)) for word in tomllib.loads(source)[name].split())


@lru_cache(maxsize=16384)
def is_crossed(before: str, term: str, after: str) -> bool:
    """Whether a term is none between these characters, all folded."""
    before, after = before[-_AROUND:], after[:_AROUND]
    text, first, end = before + term + after, len(before), len(before) + len(term)
    if len(term) == 1:
        return _is_syllable(text, first)
    if _is_held(text, first, end):
        return True
    crossing = any(
        _crosses(text, start, stop, first, end)
        for start in range(max(0, first - _LONGEST + 1), min(end, len(text)))
        for stop in range(start + 2, min(start + _LONGEST, len(text)) + 1)
        if text[start:stop] in _costs()
    )
    if not crossing:
        return False
    asked = min(_ASKED, _costs().get(term, _ASKED))
    free = _cheapest(text, None)
    return free + _MARGIN < _cheapest(text, (first, end), asked)


def _crosses(text: str, start: int, stop: int, first: int, end: int) -> bool:
    """Whether a word has one part in the term and one beside it, and is no longer form of it, as
    许可证 is after 出口, or 进出口 before 许可."""
    if start < first < stop < end:
        return stop - first == 1 or text[first:stop] not in _costs()
    if first < start < end < stop:
        return end - start == 1 or text[start:end] not in _costs()
    return False


def _cheapest(text: str, kept: tuple[int, int] | None, asked: int = 0) -> int:
    """What the cheapest cut of a text costs; with `kept` one in which no word crosses its ends."""
    costs = _costs()
    best = [0]
    for stop in range(1, len(text) + 1):
        found: int | None = None
        for start in range(max(0, stop - _LONGEST), stop):
            if kept is not None and _crosses(text, start, stop, *kept):
                continue
            cost = costs.get(text[start:stop])
            if cost is None:
                if stop - start > 1:
                    continue
                cost = _UNKNOWN
            found = best[start] + cost if found is None else min(found, best[start] + cost)
        if kept is not None and stop == kept[1]:
            whole = best[kept[0]] + asked
            found = whole if found is None else min(found, whole)
        best.append(found if found is not None else best[-1] + _UNKNOWN)
    return best[-1]


def _is_held(text: str, first: int, end: int) -> bool:
    """Whether the term is a part of a name of something else: 印度 in 印度尼西亚."""
    return any(
        text[start:stop] in _listed("others")
        for start in range(max(0, end - _LONGEST), first + 1)
        for stop in range(end, min(start + _LONGEST, len(text)) + 1)
    )


def _is_syllable(text: str, at: int) -> bool:
    """Whether a lone character belongs to a word that means something else: 金 in 资金."""
    around = (text[max(0, at - 2) : at + 1], text[max(0, at - 1) : at + 1], text[at : at + 2])
    return not _listed("others").isdisjoint(around)
