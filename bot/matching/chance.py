"""Where characters of neighbouring words only happen to read like a term.

Chinese, Japanese and Korean are matched character by character, so a term is also found where one
word ends in its first half and another begins in its second, and inside longer words.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.matching import han_borders, hangul_borders, kana_borders
from bot.matching.fold import fold
from bot.matching.tokens import Document, Span

_AROUND = 12  # characters looked at on each side
_PARTICLES = frozenset({*"을를이가은는의에과와도로만", "으로", "에서", "에게", "부터", "까지"})


def is_chance(span: Span, apart: frozenset[int], count: int, document: Document) -> bool:
    """Whether the term at a span of `count` characters is none; `apart`: where it has spaces."""
    if document.cjk[span[0]] and _is_parted(span, apart, count, document):
        return True
    return _is_between(span, document)


def _is_between(span: Span, document: Document) -> bool:
    """Whether its neighbours of the same script make another word of it."""
    first, last = span
    term = "".join(map(fold, document.raw[first : last + 1]))
    head, tail = term[0], term[-1]
    if _is_han(head) and _is_han(tail):
        if all(map(_is_han, term)):
            before, after = _around(span, document, _is_han, is_spaced=True)
            return bool(before or after) and han_borders.is_crossed(before, term, after)
        return False
    if kana_borders.is_katakana(head) or kana_borders.is_katakana(tail):
        before, after = _around(span, document, kana_borders.is_katakana, is_spaced=False)
        return bool(before or after) and kana_borders.is_inside(
            before if kana_borders.is_katakana(head) else "",
            term,
            after if kana_borders.is_katakana(tail) else "",
        )
    if hangul_borders.is_hangul(head) and hangul_borders.is_hangul(tail):
        before, after = _around(span, document, hangul_borders.is_hangul, is_spaced=False)
        return bool(before or after) and hangul_borders.is_inside(before, term, after)
    return False


def _is_han(char: str) -> bool:
    return "\u4e00" <= char[:1] <= "\u9fff"


def _around(
    span: Span, document: Document, is_of: Callable[[str], bool], *, is_spaced: bool
) -> tuple[str, str]:
    """The folded characters of one script next to a place, before and after it."""
    raw, starts, ends, positions = document.raw, document.starts, document.ends, document.positions
    first, last = span
    before: list[str] = []
    at = first - 1
    while at >= 0 and len(before) < _AROUND and positions[at + 1] - positions[at] == 1:
        if not (is_spaced or starts[at + 1] == ends[at]) or not is_of(char := fold(raw[at])):
            break
        before.append(char)
        at -= 1
    after: list[str] = []
    at = last + 1
    while at < len(raw) and len(after) < _AROUND and positions[at] - positions[at - 1] == 1:
        if not (is_spaced or starts[at] == ends[at - 1]) or not is_of(char := fold(raw[at])):
            break
        after.append(char)
        at += 1
    return "".join(reversed(before)), "".join(after)


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


def _is_particle(document: Document, at: int) -> bool:
    """Whether what is left of a Korean word from a token on only says its case."""
    rest = document.raw[at]
    while _is_hangul(document, at + 1, next_to=at) and len(rest) < 3:
        at += 1
        rest += document.raw[at]
    return rest in _PARTICLES


def _is_hangul(document: Document, at: int, *, next_to: int | None = None) -> bool:
    if not 0 <= at < len(document.raw) or not hangul_borders.is_hangul(fold(document.raw[at])):
        return False
    if next_to is None:
        return True
    first, second = sorted((at, next_to))
    return document.positions[second] - document.positions[first] == 1 and (
        document.starts[second] == document.ends[first]
    )
