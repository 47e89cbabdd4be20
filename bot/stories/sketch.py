"""Near duplicates: MinHash of one hash function, the bottom-k sketch (Broder 1997).

The k smallest hashes of a text's shingles are a fair sample of them: the share of common ones among
the k smallest of both texts' union estimates how much the texts have in common. The first few of
the sample are keys of an index: copies meet there, others hardly ever do.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from zlib import crc32

SIZE = 32
"""Hashes that are kept of a text."""

KEYS = 8
"""Of these, the keys of the index: two texts with half in common meet with 99.6 %."""

_WORDS = 2  # of a shingle
_MIX = 0x9E3779B1  # Knuth's multiplicative hash: CRC alone keeps likeness


def hashed(text: str) -> int:
    """32 bits of a text, the same in every run."""
    mixed = (crc32(text.encode()) * _MIX) & 0xFFFFFFFF
    return mixed ^ (mixed >> 15)


def sketch(words: Sequence[str]) -> array[int]:
    """The sketch of a text by its words in order, smallest first."""
    shingles = {hashed(" ".join(words[at : at + _WORDS])) for at in range(len(words) - _WORDS + 1)}
    return array("I", sorted(shingles)[:SIZE])


def resemblance(one: Sequence[int], other: Sequence[int]) -> float:
    """The estimated Jaccard likeness of two texts, 0 to 1."""
    if not one or not other:
        return 0.0
    size = min(SIZE, max(len(one), len(other)))
    both = set(one) & set(other)
    smallest = sorted({*one, *other})[:size]
    return sum(each in both for each in smallest) / len(smallest)


def containment(one: Sequence[int], other: Sequence[int]) -> float:
    """How much of the smaller sample is in the other as far as both reach, 0 to 1: a text that was
    cut short is contained in the whole."""
    if not one or not other:
        return 0.0
    reach = min(
        one[-1] if len(one) == SIZE else 1 << 32, other[-1] if len(other) == SIZE else 1 << 32
    )
    left = {each for each in one if each <= reach}
    right = {each for each in other if each <= reach}
    smaller = min(len(left), len(right))
    return len(left & right) / smaller if smaller >= 3 else 0.0
