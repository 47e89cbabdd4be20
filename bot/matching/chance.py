"""Where characters of neighbouring words only happen to read like a term.

Chinese and Korean are matched character by character, so a term is also found where one word ends
in its first half and another begins in its second.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from bot.matching.fold import fold
from bot.matching.tokens import Document, Span, View

_LONGEST_HAN = 3  # characters of a word that parts two neighbours
_PARTICLES = frozenset({*"을를이가은는의에과와도로만", "으로", "에서", "에게", "부터", "까지"})


def is_chance(
    span: Span, apart: frozenset[int], count: int, view: View, document: Document
) -> bool:
    """Whether the term at a span of `count` characters is none; `apart`: where it has spaces."""
    return _is_parted(span, apart, count, document) or _is_straddling(span, view, document)


def _is_parted(span: Span, apart: frozenset[int], count: int, document: Document) -> bool:
    """Whether Korean words only happen to meet so: 수출 is not in 선수 출입.

    A space that the term does not have may part it, but then no single syllable of it belongs to
    a longer word.
    """
    first, last = span
    starts, ends = document.starts, document.ends
    if last - first + 1 != count or not _is_hangul(document, first):
        return False
    spaces = [
        at
        for at in range(first + 1, last + 1)
        if starts[at] != ends[at - 1] and at - first not in apart
    ]
    if not spaces:
        return False
    begins_inside = spaces[0] == first + 1 and _is_hangul(document, first - 1, next_to=first)
    ends_inside = spaces[-1] == last and _is_hangul(document, last + 1, next_to=last)
    return begins_inside or (ends_inside and not _is_particle(document, last + 1))


@cache
def _neighbours() -> tuple[frozenset[str], frozenset[str]]:
    """Chinese words that end before another begins, and those that begin there."""
    source = resources.files("bot.matching").joinpath("han_words.toml").read_text("utf-8")
    words = tomllib.loads(source)
    return frozenset(words["left"].split()), frozenset(words["right"].split())


def _is_straddling(span: Span, view: View, document: Document) -> bool:
    """Whether a Chinese term begins in one word and ends in the next: 国会 in 美国会晤."""
    first, last = span
    keys, positions = view.keys, document.positions
    if not "\u4e00" <= keys[first] <= "\u9fff" or last == first:
        return False
    left, right = _neighbours()
    for cut in range(first + 1, last + 1):  # where the second word begins
        if _ends_with(left, keys, positions, cut, before=first) and _begins_with(
            right, keys, positions, cut, beyond=last
        ):
            return True
    return False


def _ends_with(
    words: frozenset[str], keys: list[str], positions: list[int], cut: int, *, before: int
) -> bool:
    """Whether one of the words ends at a cut and begins before a token."""
    return any(
        "".join(keys[start:cut]) in words
        for start in range(max(0, cut - _LONGEST_HAN), before)
        if positions[cut] - positions[start] == cut - start
    )


def _begins_with(
    words: frozenset[str], keys: list[str], positions: list[int], cut: int, *, beyond: int
) -> bool:
    """Whether one of the words begins at a cut and ends beyond a token."""
    return any(
        "".join(keys[cut:end]) in words
        for end in range(beyond + 2, min(len(keys), cut + _LONGEST_HAN) + 1)
        if positions[end - 1] - positions[cut] == end - 1 - cut
    )


def _is_particle(document: Document, at: int) -> bool:
    """Whether what is left of a Korean word from a token on only says its case."""
    rest = document.raw[at]
    while _is_hangul(document, at + 1, next_to=at) and len(rest) < 3:
        at += 1
        rest += document.raw[at]
    return rest in _PARTICLES


def _is_hangul(document: Document, at: int, *, next_to: int | None = None) -> bool:
    if not 0 <= at < len(document.raw) or not "\uac00" <= fold(document.raw[at]) <= "\ud7a3":
        return False
    if next_to is None:
        return True
    first, second = sorted((at, next_to))
    return document.positions[second] - document.positions[first] == 1 and (
        document.starts[second] == document.ends[first]
    )
