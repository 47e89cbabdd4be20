"""What a German or Dutch compound is made of: Erdgaspreise is Erd, gas and preise.

Cut by lists of frequent parts (compounds.toml). One part may be unknown, where it is long and what
is known is no short word that ends many others: Rohstoff and allianz, but Herz holds no Erz.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from bot.matching.fold import MIXED, fold

SHORTEST_COMPOUND = 6
"""Letters of a word that is worth cutting."""

_LONGEST_COMPOUND = 48
_SHORTEST, _LONGEST = 2, 16  # letters of a part of the lists
_UNKNOWN = 5  # letters of a part that is in no list
_SURE = 4  # letters of a known part beside an unknown one


@dataclass(frozen=True, slots=True, eq=False)  # caches go by identity
class _Parts:
    words: frozenset[str]
    links: tuple[str, ...]
    endings: tuple[str, ...]
    silent: frozenset[str]
    whole: tuple[str, ...]


@cache
def _languages() -> dict[str, _Parts]:
    source = resources.files("bot.matching").joinpath("compounds.toml").read_text("utf-8")
    return {
        code: _Parts(
            words=frozenset(map(fold, each["words"].split())),
            links=("", *each["links"].split()),
            endings=("", *each["endings"].split()),
            silent=frozenset(map(fold, each["silent"].split())),
            whole=tuple(map(fold, each["whole"].split())),
        )
        for code, each in tomllib.loads(source).items()
    }


@lru_cache(maxsize=16384)
def parts_of(word: str, way: str) -> tuple[str, ...]:
    """The parts of a folded word in texts that are stemmed that way; none where it is one word."""
    if not SHORTEST_COMPOUND <= len(word) <= _LONGEST_COMPOUND or not word.isalpha():
        return ()
    known = _languages()
    languages = known.values() if way == MIXED else [known[way]] if way in known else []
    found: dict[str, None] = {}
    for language in languages:
        if not word.startswith(language.whole):
            found.update(
                dict.fromkeys(each for each in _cut(word, language) if each not in language.silent)
            )
    return tuple(found)


def _cut(word: str, language: _Parts) -> list[str]:
    forward = _from_the_start(word, language)
    whole = forward.get(len(word))
    if whole is not None:
        return whole if len(whole) > 1 else []
    # from the longest known beginning on, what is left is a part of its own
    for at in sorted(forward, reverse=True):
        known = forward[at]
        if known and len(word) - at >= _UNKNOWN and len(known[-1]) >= _SURE:
            return [*known, word[at:]]
    for at in range(_UNKNOWN, len(word) - _SURE + 1):
        known = _from_the_start(word[at:], language).get(len(word) - at, [])
        if known and len(known[0]) >= _SURE:
            before = word[:at]
            return [before, *([before[:-1]] if before[-1] in "sn" else []), *known]
    return []


def _from_the_start(word: str, language: _Parts) -> dict[int, list[str]]:
    """The fewest known parts of a word up to each place where one may end."""
    reached: dict[int, list[str]] = {0: []}
    for at in range(len(word)):
        before = reached.get(at)
        if before is None:
            continue
        for end in range(at + _SHORTEST, min(len(word), at + _LONGEST) + 1):
            part = word[at:end]
            if part not in language.words:
                continue
            for link in language.links if end < len(word) else ("",):
                stop = end + len(link)
                if word.startswith(link, end) and _is_better(reached, stop, before):
                    reached[stop] = [*before, part]
            for ending in language.endings:
                if word[end:] == ending and _is_better(reached, len(word), before):
                    reached[len(word)] = [*before, part]
    return reached


def _is_better(reached: dict[int, list[str]], stop: int, before: list[str]) -> bool:
    return stop not in reached or len(reached[stop]) >= len(before) + 1
