"""Words for invented publications: the common ones of nine languages, and syllables for the rest.

A text of few words would flatter every cache. So half of what is written is common words, and the
other half is drawn, by Zipf's law, from thousands of invented ones of each language's sound.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

RARE_WORDS = 20_000
"""Invented words a language: with their law of frequency, about what a month of news holds."""


@dataclass(frozen=True, slots=True)
class Language:
    """A vocabulary with its cumulative frequencies. `is_spaced`: spaces stand between words."""

    code: str
    words: tuple[str, ...]
    weights: tuple[float, ...]
    is_spaced: bool

    def draw(self, chance: random.Random, count: int) -> list[str]:
        """Words as they come in running text."""
        return chance.choices(self.words, cum_weights=self.weights, k=count)


def language(code: str) -> Language:
    """The vocabulary of a language; the same at every call."""
    sounds = _sounds()[code]
    chance = random.Random(f"words:{code}")
    common = sounds["common"].split()
    rare = list(dict.fromkeys(_invent(sounds, chance) for _ in range(RARE_WORDS)))
    weights = [1 / (rank + 5) for rank in range(len(common))]
    tail = [1 / (rank + 50) for rank in range(len(rare))]
    scale = sum(weights) / sum(tail)  # half of a text is rare words
    return Language(
        code=code,
        words=(*common, *rare),
        weights=tuple(accumulate([*weights, *(weight * scale for weight in tail)])),
        is_spaced="onsets" in sounds,
    )


@cache
def _sounds() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


def _invent(sounds: dict[str, str], chance: random.Random) -> str:
    if "characters" in sounds:
        characters = "".join(sounds["characters"].split())
        return "".join(chance.choices(characters, k=chance.choice((1, 2, 2, 2, 3, 4))))
    onsets, vowels, codas, endings = (
        sounds[name].split() for name in ("onsets", "vowels", "codas", "endings")
    )
    stem = "".join(
        chance.choice(onsets) + chance.choice(vowels) + chance.choice(["", *codas])
        for _ in range(chance.choice((1, 2, 2, 3)))
    )
    word = stem + chance.choice(["", "", *endings])
    return word.capitalize() if chance.random() < 0.08 else word
