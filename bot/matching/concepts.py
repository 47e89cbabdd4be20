"""Concepts as data: TOML packs in concepts/, read once, and those of the desk beside them.

A concept holds where one of its `any` terms does, or where one of each list of choices of a `near`
group stand within so many words; outside its `not` terms (homonyms), longer terms of the concepts
that it yields to, and what stands beside one of its `unless` words. Terms of every language are
tried on every text, each stemmed as the text is; those of `only` in texts of their language only.

A term that begins with = holds only as it is written, but for case: =輸出許可 is not the simplified
输出许可, which is a signal's. One that ends in * is a beginning; in one that begins with *, the
word ends a longer one: *zölle is in Strafzölle. Braces hold choices: dut{y,ies} is two terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from bot.errors import ConceptError
from bot.matching.concept_file import read_concepts
from bot.matching.fold import MIXED, key
from bot.matching.forms import is_form
from bot.matching.pack import Pack
from bot.matching.tokens import tokenise, without_elision

_own: dict[str, Pack] = {}
_forget: list[Callable[[], None]] = []


@cache
def built_in() -> Mapping[str, Pack]:
    """The concepts that come with Tidewaiter by key, group by group."""
    folder = resources.files("bot.matching").joinpath("concepts")
    return {
        pack.key: pack
        for group, file in _files(folder, "")
        for pack in read_concepts(file.read_text("utf-8"), file=file.name, group=group)
    }


def _files(folder: Traversable, group: str) -> Iterator[tuple[str, Traversable]]:
    """Each file with its group, which is its folder's name, or its own at the top."""
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        title = entry.name.removesuffix(".toml").replace("-", " ").capitalize()
        if entry.is_dir():
            yield from _files(entry, title)
        elif entry.name.endswith(".toml"):
            yield group or title, entry


def forgets(clear: Callable[[], None]) -> None:
    """Have a cache of what follows from the packs cleared when the desk's own change."""
    _forget.append(clear)


def use_own(own: Mapping[str, Pack]) -> None:
    """Read a desk's own concepts beside the built-in ones, or in place of those with their keys.

    Raises:
        ConceptError: a name that is another concept's, or a concept to yield to that is none.
    """
    if not own and not _own:
        return
    before = dict(_own)
    _set_own(own)
    try:
        check(packs())
    except ConceptError:
        _set_own(before)
        raise


def _set_own(own: Mapping[str, Pack]) -> None:
    _own.clear()
    _own.update(own)
    for clear in _forget:
        clear()


def check(known: Mapping[str, Pack]) -> None:
    """Whether the packs fit together: each name is one concept's, and what is yielded to exists.

    Raises:
        ConceptError: names both concepts, or the one that is missing.
    """
    owners: dict[tuple[str, ...], Pack] = {}
    for pack in sorted(known.values(), key=lambda each: each.key in _own):
        place = f"{pack.file}: #{pack.key}"
        for alias in _names(pack):
            owner = owners.setdefault(_signature(alias), pack)
            if owner is not pack:
                raise ConceptError(
                    f"{place}: aliases: “{alias}” is already a name of #{owner.key}. Take it out, "
                    f"or name the file or table {owner.key} to put yours in its place."
                )
        for other in pack.yields_to:
            if other not in known:
                raise ConceptError(f"{place}: yields_to: there is no concept {other!r}.")


@cache
def packs() -> Mapping[str, Pack]:
    """All concepts by key: the built-in ones, then the desk's own."""
    return {**built_in(), **_own}


def own_packs() -> Mapping[str, Pack]:
    """The desk's own concepts by key."""
    return _own


def concept_names() -> tuple[str, ...]:
    """The keys that may stand after #."""
    return tuple(packs())


def concept_for_words(words: str) -> str | None:
    """The key of the concept that goes by exactly these words in some language, or None."""
    typed = [token.text for token in tokenise(without_elision(words))]
    for alias, name in _aliases().get(_signature(words), ()):
        if all(map(_is_form, alias, typed)):
            return name
    return None


def _is_form(one: str, other: str) -> bool:
    """Whether words with one stem are forms of one word: europea is no europio."""
    return is_form(one, other, MIXED, None)


@cache
def longest_name() -> int:
    """Words of the longest name of a concept, as they are parted by blanks."""
    return max(len(alias.split()) for pack in packs().values() for alias in _names(pack))


def _names(pack: Pack) -> tuple[str, ...]:
    return (pack.key, pack.name, *pack.aliases)


@cache
def _aliases() -> dict[tuple[str, ...], list[tuple[list[str], str]]]:
    """By what they are compared by, the words of each name and the key of its concept."""
    found: dict[tuple[str, ...], list[tuple[list[str], str]]] = {}
    for pack in packs().values():
        for alias in _names(pack):
            texts = [token.text for token in tokenise(without_elision(alias))]
            found.setdefault(_signature(alias), []).append((texts, pack.key))
    return found


def _signature(words: str) -> tuple[str, ...]:
    return tuple(key(token.text, MIXED) for token in tokenise(without_elision(words)))


for _cache in (packs, longest_name, _aliases):
    forgets(_cache.cache_clear)
