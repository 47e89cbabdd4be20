"""Folding: spellings that mean the same word get the same key.

NFKC, casefold, no accents in Latin and Greek letters, traditional and Japanese characters as
simplified ones; then the
Snowball stem of the text's language; then licence = license. Japanese and Korean marks are kept:
が is not か.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources

import Stemmer

from bot.matching.recent import Recent

STEMMERS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
}
"""Snowball's name for each language that it stems. Others are compared unstemmed."""

MIXED = "?"
"""The way to stem where the language is not known: what ends plurals and cases is taken off."""

_UNSTEMMED = "-"
_MIXED_IN = frozenset({None, "zh", "ja", "ko"})  # the Latin words in these are of any language

_KEPT: dict[str, dict[str, str]] = {
    # what Snowball throws together although a trade desk must tell it apart, and the reverse
    "en": {
        **dict.fromkeys(("important", "importantly", "importance"), "important"),
        **dict.fromkeys(("international", "internationally"), "international"),
        **dict.fromkeys(("university", "universities"), "university"),
        **dict.fromkeys(("organ", "organs"), "organs"),
        **dict.fromkeys(
            ("analysis", "analyses", "analyze", "analyzes", "analyzed", "analyzing"), "analysis"
        ),
        **dict.fromkeys(("crisis", "crises", "crizes"), "crisis"),
        **dict.fromkeys(("centre", "centres", "center", "centers"), "center"),
        **dict.fromkeys(("programme", "programmes", "program", "programs"), "program"),
        **dict.fromkeys(("aluminium", "aluminum"), "aluminium"),
        **dict.fromkeys(("sulphur", "sulfur"), "sulfur"),
        **dict.fromkeys(("tyre", "tyres", "tire", "tires"), "tire"),
        **dict.fromkeys(("grey", "gray"), "gray"),
        **dict.fromkeys(("mould", "moulds", "mold", "molds"), "mold"),
        **dict.fromkeys(("jewellery", "jewelry"), "jewelry"),
        **dict.fromkeys(("catalogue", "catalogues", "catalog", "catalogs"), "catalog"),
        "customs": "customs",  # not custom-made
        "goods": "goods",
        "arms": "arms",
        "securities": "securities",
    },
    "it": dict.fromkeys(("magnete", "magneti"), "magnet"),
    "nl": {
        **dict.fromkeys(("magneet", "magneten"), "magnet"),
        **dict.fromkeys(("zeldzaam", "zeldzame"), "zeldzam"),
        **dict.fromkeys(("maatregel", "maatregelen"), "maatregel"),
        **dict.fromkeys(("wapen", "wapens"), "wapen"),
    },
}
# British to American, before the stem: authorise, analyse, fibre, labour, defence
_BRITISH = re.compile(
    r"(?<=[a-z]{3})is(?=(?:e[drs]?|ing|ers?|ations?|ational)$)"
    r"|(?<=[a-z]{2}l)(?P<lys>ys)(?=(?:e[drs]?|ing|ers?)$)"
    r"|(?<=[a-z]{2}[bt])(?P<tre>re)(?=s?$)"
    r"|(?<=[a-z]{3})(?P<our>our)(?=(?:s|ed|ing|ers?|able|ite|al)?$)"
    r"|(?<=[fp]en)(?P<ce>c)(?=es?$)"
)
_AMERICAN = {"": "iz", "lys": "yz", "tre": "er", "our": "or", "ce": "s"}
_LICENCE = re.compile(r"licen[cs](?:e[ds]?|ing)$")
# Snowball stems authorization as author and authority
_AUTHORISED = re.compile(r"(?:re|un|pre)?authori[sz]")
_ENDING = re.compile(r"(?:ern|e[nrms]|(?<=[lr])n|s|[aeio])$")
# Dutch magneet, magneten; but steel is not a stele
_DOUBLED = re.compile(r"(?<=[a-z]{4})([aeou])\1(?=[^aeiou]$)")
_LAST = {"v": "f", "z": "s"}  # Dutch bedrijven, bedrijf; prijzen, prijs

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})
INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufe00-\ufe0f\ufeff"
)
"""What may stand inside a word unseen, as the inside of a character class."""

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_SMALL_VOWELS = "ァア ィイ ゥウ ェエ ォオ"  # ウェハ is ウエハ
_POSSESSIVE = re.compile(r"['’＇]s$")
_LONGEST_WORD = 64  # letters; what is longer is no word, and stemming it would take seconds
_MAX_CACHED = 8_192  # keys a language, 1 MB; more saved no time that could be measured

_stemmers: dict[str, Stemmer.Stemmer] = {}


def fold(token: str) -> str:
    """The token without case, width, accent or invisible characters; "" if nothing is left.

    Nexperia's is folded as Nexperia, U.S. as US, 許 as 许.
    """
    if token.isascii():
        token = token.lower()
        return token if token.isalnum() else _bare(token)
    token = unicodedata.normalize("NFKC", _INVISIBLE.sub("", token)).casefold()
    decomposed = unicodedata.normalize("NFD", token)
    kept: list[str] = []
    is_european = False
    for char in decomposed:
        if unicodedata.combining(char) and 0x0300 <= ord(char) <= 0x036F:
            if not is_european:
                kept.append(char)
            continue
        is_european = ord(char) < 0x0400 or 0x1E00 <= ord(char) < 0x2000
        kept.append(char)
    token = unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)
    return _bare(token).translate(_simplified())


def _bare(token: str) -> str:
    return _POSSESSIVE.sub("", token).replace(".", "")


@cache
def _simplified() -> dict[int, str]:
    source = resources.files("bot.matching").joinpath("han.toml").read_text("utf-8")
    tables = tomllib.loads(source)
    pairs = f"{tables['pairs']} {tables['japanese']} {_SMALL_VOWELS}".split()
    return {ord(pair[0]): pair[1] for pair in pairs}


def stem_language(language: str | None) -> str:
    """The way to stem a text of that language; languages that have none share "-"."""
    if language in _MIXED_IN:
        return MIXED
    return language if language in STEMMERS else _UNSTEMMED


def key(token: str, way: str) -> str:
    """What a word is compared by, in a text that is stemmed that way (`stem_language`)."""
    return _keys(way)[token]


def keys_of(tokens: list[str], way: str) -> list[str]:
    """The key of each."""
    return list(map(_keys(way).__getitem__, tokens))


@cache
def _keys(way: str) -> Recent[str]:
    return Recent(lambda token: _stem(fold(token), way), size=_MAX_CACHED // 2)


def _stem(folded: str, way: str) -> str:
    if len(folded) > _LONGEST_WORD:
        return folded
    if way in {"en", MIXED}:
        folded = _BRITISH.sub(_american, folded)
    kept = _KEPT.get("en" if way == MIXED else way, {}).get(folded)
    if kept is not None:
        return kept
    if way == MIXED:
        folded = "licens" if _LICENCE.match(folded) else _any_stem(folded)
    elif way != _UNSTEMMED:
        if way == "es" and len(folded) > 4 and folded.endswith("ces"):
            folded = folded[:-3] + "z"  # jueces, juez
        folded = _snowball(folded, way)
    # UK noun licence, verb license; US license for both (vocabulary of trade law)
    return "licens" + folded[6:] if folded.startswith("licenc") else folded


def spelling(folded: str, way: str) -> str:
    """A folded word in the one spelling of those that mean the same: labour as labor."""
    if way in {"en", MIXED}:
        folded = _BRITISH.sub(_american, folded)
    kept = _KEPT.get("en" if way == MIXED else way, {}).get(folded)
    if kept is not None:
        return kept
    return "licens" + folded[6:] if folded.startswith("licenc") else folded


def _american(found: re.Match[str]) -> str:
    return _AMERICAN[found.lastgroup or ""]


def _snowball(folded: str, language: str) -> str:
    if language == "en" and _AUTHORISED.match(folded):
        return folded[: folded.index("author")] + "authoriz"
    stemmer = _stemmers.get(language)
    if stemmer is None:
        # maxCacheSize=0: our own cache also saves the folding
        stemmer = _stemmers[language] = Stemmer.Stemmer(STEMMERS[language], 0)
    return str(stemmer.stemWord(folded))


def _any_stem(folded: str) -> str:
    """A stem for words of any of our languages: plural and case endings, then English ones."""
    if not folded.isascii():
        return folded
    if folded.endswith("aux"):
        folded = folded[:-2] + "l"  # métaux, métal
    folded = _shorten(folded)
    kept = _KEPT["en"].get(folded)
    if kept is not None:
        return kept
    stem = _DOUBLED.sub(r"\1", _shorten(_snowball(folded, "en")))
    return stem[:-1] + _LAST.get(stem[-1], stem[-1]) if len(stem) > 3 else stem


def _shorten(word: str) -> str:
    while True:
        shorter = _ENDING.sub("", word)
        if shorter == word or len(shorter) < 4:
            return word
        word = shorter


def all_languages() -> tuple[str, ...]:
    """Every way of stemming."""
    return (MIXED, _UNSTEMMED, *STEMMERS)


@lru_cache(maxsize=4096)
def stems(token: str) -> Mapping[str, str]:
    """What a word is compared by, in every way: what a search of the archive has to try."""
    folded = fold(token)
    return {way: _stem(folded, way) for way in all_languages()}


# ASCII that compatibility folding brings forth, as in ⑴ → (1): the archive's index would cut there
_UNSAFE = {code: "·" for code in range(128) if not chr(code).isalnum()}


def safe(word: str) -> str:
    """A folded word as the archive's index holds it: one word, whatever it is made of."""
    return word if word.isalnum() else word.translate(_UNSAFE)
