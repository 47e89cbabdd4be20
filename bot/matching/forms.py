"""Whether two words with one stem are forms of one word.

A stem throws together what a desk must tell apart: police and policy, licenza and licenziato,
Stahl and stahlen. Forms differ by an ending of inflection only (forms.toml), and short nouns have
all their forms listed. Languages without a list go by the stem alone.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from bot.matching.fold import MIXED, fold, key, spelling

_SHORTEST = 3  # letters before an ending
_ACRONYM = 3  # letters of one that is also a word: US, IT, EU
_DOUBLED = frozenset("bdfgklmnprst")  # English and Dutch: planned, gassen
_UMLAUT = re.compile(r"(?<![aeq])([aou])e")  # Behoerde
_SHORT_NOUN = 5  # letters of a German one that reads like a verb without its capital
_SHORT_E = 4  # letters of a French noun that is no adjective: port, porte


@dataclass(frozen=True, slots=True, eq=False)  # caches go by identity
class _Language:
    endings: tuple[str, ...]
    acts: tuple[str, ...]
    derived: tuple[tuple[str, ...], ...]
    only: dict[str, frozenset[str]]


@cache
def _languages() -> dict[str, _Language]:
    source = resources.files("bot.matching").joinpath("forms.toml").read_text("utf-8")
    return {
        code: _Language(
            endings=_longest_first(
                f"{each['endings']} {each['acts']} {each['derived'].replace('|', ' ')}"
            ),
            acts=tuple(each["acts"].split()),
            derived=tuple(tuple(group.split()) for group in each["derived"].split("|")),
            only=_only(each["only"]),
        )
        for code, each in tomllib.loads(source).items()
    }


def _longest_first(words: str) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(map(_plain, words.split())), key=len, reverse=True))


def _only(lists: str) -> dict[str, frozenset[str]]:
    """By each form its word's forms; a form of two words has those of both."""
    found: dict[str, frozenset[str]] = {}
    for line in lists.strip().splitlines():
        for word in line.split("|"):
            forms = frozenset(word.split())
            for form in forms:
                found[form] = found.get(form, frozenset()) | forms
    return found


def _plain(word: str) -> str:
    return fold(word) or word


def _written(word: str) -> str:
    """In small letters, accents kept."""
    return unicodedata.normalize("NFC", word).casefold().removesuffix("'s").removesuffix("’s")


@lru_cache(maxsize=65536)
def is_form(asked: str, found: str, way: str, language: str | None) -> bool:
    """Whether a word of a text, of a language or unknown, is a form of the one that is asked for,
    where their stems are the same in that way of stemming."""
    one, other = _written(asked), _written(found)
    if one == other:
        is_noun = language == "de" and asked.istitle() and one in _languages()["de"].only
        return not (is_noun and found.islower())  # Er stahl, sie waren
    folded, its = spelling(fold(asked), way), spelling(fold(found), way)
    if folded == its:
        return not _is_other_letter(one, other, language)
    known = _languages()
    if way == MIXED:
        ways = tuple(known)
        if language in known and key(asked, str(language)) == key(found, str(language)):
            ways = (str(language),)
    else:
        ways = (way,)
    return any(
        each not in known or _is_form_in(known[each], each, asked, found, folded, its)
        for each in ways
    )


def _is_other_letter(one: str, other: str, language: str | None) -> bool:
    """Whether an accent makes another word: año is not ano, nor marché marche. Longer words may
    have lost theirs."""
    if language == "fr" and one.endswith("é") and other.endswith("e"):
        return True
    return ("ñ" in one) != ("ñ" in other) and len(one) <= _SHORT_E


def _is_form_in(
    language: _Language, code: str, asked: str, found: str, folded: str, its: str
) -> bool:
    one, other = _written(asked), _written(found)
    is_noun = code == "de" and (len(asked) <= _SHORT_NOUN or one in language.only)
    if is_noun and asked.istitle() and found.islower():
        return False  # a noun is no verb: Stahl, stahlen
    only = language.only.get(one) or language.only.get(folded)
    if only is not None:
        # German umlauts tell forms apart, and are written ae where they are lost
        plain = {fold(each) for each in only if code != "de" or each.isascii()}
        return other in only or its in plain
    if other in language.only and one not in language.only[other]:
        return False
    if code == "de":
        folded, its = _UMLAUT.sub(r"\1", folded), _UMLAUT.sub(r"\1", its)
    if code == "en" and (folded + "e" == its or its + "e" == folded):
        return False  # steel, Steele
    if code == "fr" and min(len(folded), len(its)) <= _SHORT_E and _differ_by_e(folded, its):
        return False
    if folded != fold(asked) or its != fold(found):
        one, other = folded, its  # licence is licens
    if _derivation(language, one) != _derivation(language, other):
        return False
    return not _bases(language, folded).isdisjoint(_bases(language, its))


def _differ_by_e(one: str, other: str) -> bool:
    first, second = sorted((one.removesuffix("s"), other.removesuffix("s")), key=len)
    return first + "e" == second


@lru_cache(maxsize=16384)
def _derivation(language: _Language, word: str) -> int:
    """The group of the longest ending that makes another word of it, or -1."""
    longest, group = "", -1
    for at, endings in enumerate((language.acts, *language.derived), start=-1):
        for ending in endings:
            if (
                len(ending) > len(longest)
                and word.endswith(ending)
                and len(word) - len(ending) >= _SHORTEST
            ):
                longest, group = ending, at
    return group


@lru_cache(maxsize=16384)
def _bases(language: _Language, word: str) -> frozenset[str]:
    """What is left of a word without each ending that it may have."""
    bases = {word}
    for ending in language.endings:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            base = word[: -len(ending)]
            bases.add(base)
            if len(base) > _SHORTEST and base[-1] == base[-2] and base[-1] in _DOUBLED:
                bases.add(base[:-1])
    for base in tuple(bases):
        if base and base[-1] in "vz":
            bases.add(base[:-1] + {"v": "f", "z": "s"}[base[-1]])
        if base and base[-1] in "cg":
            bases.add(base + "h")
        if "ies" in language.endings and base[-1:] in {"y", "e", "i"}:
            bases.add(base[:-1])  # English: dut(y), dut(i)es
        if base and len(base) > _SHORTEST and base[-2] == base[-3]:
            bases.add(base[:-2] + base[-1])  # Dutch prijs, but magneet, magneten
    return frozenset(base for base in bases if len(base) >= _SHORTEST)


def is_shouted(asked: str) -> bool:
    """Whether a word is a short acronym that may be another word in small letters: US, IT."""
    letters = asked.replace(".", "")
    return (
        1 < len(letters) <= _ACRONYM
        and letters.isalpha()
        and letters.isascii()
        and letters.isupper()
    )


def is_written_so(found: str) -> bool:
    """Whether a word of a text with small letters is such an acronym, and not us or it."""
    return found[:1].isupper() and not found[1:].islower()
