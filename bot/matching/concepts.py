"""Concepts as data: one TOML pack each in concepts/, read once.

A concept holds where one of its `any` terms does, outside its `not` terms (homonyms), or where
all terms of a `near` group, or one of each list of choices, stand within so many words. Terms of
every language are tried on every text, each stemmed as the text is. A term that begins with =
holds only as it is written: =輸出許可 is not the simplified 输出许可, which is a signal's.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product

from bot.matching.fold import MIXED, key
from bot.matching.tokens import tokenise


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Terms that count when all stand within `words` words of each other."""

    terms: tuple[str, ...]
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One concept, as its file has it."""

    key: str
    name: str
    gloss: str
    aliases: tuple[str, ...]
    any_terms: tuple[str, ...]
    not_terms: tuple[str, ...]
    near: tuple[Near, ...]


@cache
def packs() -> dict[str, Pack]:
    """All built-in concepts by key, in order of their keys."""
    folder = resources.files("bot.matching").joinpath("concepts")
    found: dict[str, Pack] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = _pack(name, tomllib.loads(file.read_text("utf-8")))
    return found


def concept_names() -> tuple[str, ...]:
    """The keys that may stand after #."""
    return tuple(packs())


def concept_for_words(words: str) -> str | None:
    """The key of the concept that goes by exactly these words in some language, or None."""
    return _aliases().get(_signature(words))


@cache
def longest_name() -> int:
    """Words of the longest name of a concept, as they are parted by blanks."""
    return max(
        len(alias.split())
        for pack in packs().values()
        for alias in (pack.key, pack.name, *pack.aliases)
    )


def _pack(name: str, data: dict[str, object]) -> Pack:
    def terms(part: str) -> tuple[str, ...]:
        by_language = data.get(part, {})
        assert isinstance(by_language, dict), f"concept {name}: [{part}] must be a table"
        # the same word in two languages is one term
        return tuple(dict.fromkeys(t for terms in by_language.values() for t in terms))

    near = data.get("near", [])
    aliases = data.get("aliases", [])
    assert isinstance(near, list) and isinstance(aliases, list), f"concept {name}: wrong shape"
    return Pack(
        key=name,
        name=str(data["name"]),
        gloss=str(data["gloss"]),
        aliases=tuple(aliases),
        any_terms=terms("any"),
        not_terms=terms("not"),
        near=tuple(
            Near(terms=terms, words=int(group["words"]))
            for group in near
            for terms in product(*(_choices(choice) for choice in group["terms"]))
        ),
    )


def _choices(choice: str | list[str]) -> list[str]:
    return [choice] if isinstance(choice, str) else choice


@cache
def _aliases() -> dict[tuple[str, ...], str]:
    return {
        _signature(alias): pack.key
        for pack in packs().values()
        for alias in (pack.key, pack.name, *pack.aliases)
    }


def _signature(words: str) -> tuple[str, ...]:
    return tuple(key(token.text, MIXED) for token in tokenise(words))
