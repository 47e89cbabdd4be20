"""States, goods, acts, authorities and firms of a text, by names in ten languages (names/*.toml).

With the concepts of bot/matching they are the bridge between languages: where a text says 稀土,
another says rare earths. A name here is a hint, not a fact: it only helps to compare texts, so the
homonyms that concepts shut out are not looked at.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources

from bot.matching.concepts import forgets, packs
from bot.matching.fold import MIXED, fold, key
from bot.matching.pack import Pack
from bot.matching.tokens import LETTER

KINDS = ("places", "goods", "acts", "authorities", "firms")
"""What there are names of, and the files that hold them."""

_LONGEST = 32  # letters of a word that are looked at
_MAX_CACHED = 16_384
_EASTERN = re.compile("[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_APART = re.compile(r"[^\W_]+")
_TERM = re.compile(r"\*?[^\W_]+\*?")
_SPEAKS_FOR = re.compile("authorities:([A-Z]{2})-")
_WORD = re.compile(rf"(?<![A-Za-z0-9_.])(?:[A-Za-z]\.){{2,}}|[{LETTER}]+")  # U.S. is one word
_UPPER = {"us", "eu", "vs", "ue", "it", "bis", "itc", "un"}
"""Names that are words in small letters: they count in capitals only."""

_GOODS_GROUPS = frozenset({"Minerals"})
_NOT_GOODS = frozenset({"controlled-minerals", "critical-raw-materials"})
_GOODS = frozenset({"semiconductors", "permanent-magnets"})
_CALLED = {"semiconductors": "chips"}  # here


class _Names:
    """All terms, filed so that a text is read once: words and beginnings by their folded form,
    words of concepts by the stem that fits every language."""

    def __init__(self) -> None:
        self.words: dict[str, set[str]] = {}
        self.stems: dict[str, set[str]] = {}
        self.beginnings: dict[str, set[str]] = {}
        self.endings: dict[str, set[str]] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self.eastern: dict[str, list[tuple[str, str]]] = {}
        for kind in KINDS:
            file = resources.files("bot.stories").joinpath("names", f"{kind}.toml")
            for name, terms in tomllib.loads(file.read_text("utf-8")).items():
                for term in terms.split("|"):
                    self._file(term.strip(), f"{kind}:{name}", self.words)
        for pack in packs().values():
            for term in pack.all_terms:
                self._file(term.removeprefix("="), _name_of(pack), self.stems)
        self.lengths = sorted({len(each) for each in self.beginnings})
        self.tails = sorted({len(each) for each in self.endings})
        self.cache: dict[str, frozenset[str]] = {}

    def _file(self, term: str, name: str, words: dict[str, set[str]]) -> None:
        if _EASTERN.search(term):
            folded = fold(term.replace("*", "").replace(" ", ""))
            if len(folded) > 1 or words is self.words or name.startswith("goods:"):
                self.eastern.setdefault(folded[:1], []).append((folded, name))
            return
        parts = _TERM.findall(term.replace(".", ""))
        first = parts[0]
        if len(parts) > 1:
            rest = tuple(key(each.strip("*"), MIXED) for each in parts[1:])
            self.phrases.setdefault(key(first.strip("*"), MIXED), []).append((rest, name))
        elif first.startswith("*"):
            self.endings.setdefault(fold(first[1:]), set()).add(name)
        elif first.endswith("*"):
            self.beginnings.setdefault(fold(first[:-1]), set()).add(name)
        elif words is self.words:
            words.setdefault(fold(first), set()).add(name)
        else:
            words.setdefault(key(first, MIXED), set()).add(name)

    def of_word(self, word: str) -> frozenset[str]:
        """The names that a folded word has."""
        found = self.cache.get(word)
        if found is None:
            names = self.words.get(word, set()) | self.stems.get(key(word, MIXED), set())
            for length in self.lengths:
                names |= self.beginnings.get(word[:length], set())
            for length in self.tails:
                if len(word) > length:
                    names |= self.endings.get(word[-length:], set())
            if len(self.cache) >= _MAX_CACHED:
                self.cache.clear()
            found = self.cache[word] = frozenset(names)
        return found


def _name_of(pack: Pack) -> str:
    """A concept as one of our kinds: what is traded, who trades, or what is done."""
    name = _CALLED.get(pack.key, pack.key)
    if pack.key in _GOODS or (pack.group in _GOODS_GROUPS and pack.key not in _NOT_GOODS):
        return f"goods:{name}"
    return f"firms:{name}" if pack.group == "Companies" else f"acts:{name}"


@cache
def _names() -> _Names:
    return _Names()


forgets(_names.cache_clear)


def names(text: str) -> dict[str, int]:
    """The names in a text (NFKC), as kind:name, each with the place where it first stands."""
    known = _names()
    found: dict[str, int] = {}
    words = [(hit.group(), hit.start()) for hit in _WORD.finditer(text)]
    folded = [fold(word[:_LONGEST]) for word, _at in words]
    stems = [key(word, MIXED) for word in folded]
    for at, (word, start) in enumerate(words):
        each = folded[at]
        if each in _UPPER and not word.replace(".", "").isupper():
            continue
        for name in known.of_word(each):
            found.setdefault(name, start)
        for rest, name in known.phrases.get(stems[at], ()):
            if tuple(stems[at + 1 : at + 1 + len(rest)]) == rest:
                found.setdefault(name, start)
    if _EASTERN.search(text):
        for name, start in _eastern(text.translate(_TABLE), known):
            found.setdefault(name, start)
    for name, start in list(found.items()):
        spoken_for = _SPEAKS_FOR.match(name)
        if spoken_for:
            place = f"places:{spoken_for.group(1)}"
            found[place] = min(start, found.get(place, start))
    return found


def is_listed(word: str) -> bool:
    """Whether a word by itself is one of the names here."""
    return bool(_names().of_word(fold(word)))


def _eastern(text: str, known: _Names) -> Iterator[tuple[str, int]]:
    """The longest name of each kind wins: 美国商务部 is not 商务部, インドネシア not インド."""
    ends: dict[str, int] = {}
    for start, char in enumerate(text):
        longest: dict[str, tuple[int, str]] = {}
        for term, name in known.eastern.get(char, ()):
            if text.startswith(term, start):
                kind = name.partition(":")[0]
                longest[kind] = max(longest.get(kind, (0, "")), (len(term), name))
        for kind, (length, name) in longest.items():
            if start + length > ends.get(kind, 0):
                ends[kind] = start + length
                yield name, start


class _Table(dict[int, str]):
    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = fold(char) if _EASTERN.match(char) else char.lower()
        self[code] = found = folded if len(folded) == 1 else char
        return found


_TABLE = _Table()
