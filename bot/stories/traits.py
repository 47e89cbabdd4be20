"""What a text is compared by: its words, the names, figures and numbers that it holds.

    item → names, amounts, references, words → Reading (for people) → Traits (32-bit hashes)

Only the beginning of a text is read: what an event is stands there, background comes later.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.matching.fold import fold
from bot.matching.tokens import Document, analyse
from bot.stories.amounts import amounts, rounded
from bot.stories.names import KINDS, is_listed, names
from bot.stories.references import KINDS as REFERENCE_KINDS
from bot.stories.references import Reference, goods_codes, references
from bot.stories.sketch import hashed, sketch

READ = 2_400
"""Code points of a text that are read at all: facts further down are background."""

_BODY = 900  # code points that similarity looks at
_HEAD = 260  # beside the title: where an event is named
_MAX_WORDS = 64
_MAX_PAIRS = 18
_MAX_FACTS = 128
_NAMES_IN_CAPITALS = frozenset({"en", "fr", "es", "it", "nl", "pt"})
_SAME_DAY = timedelta(days=2)  # a date so near to publication is a dateline

PARTS = (
    "words",
    "title",
    "places",
    "goods",
    "acts",
    "names",
    "numbers",
    "figures",
    "refs",
    "facts",
    "pairs",
    "sketch",
)
"""The parts of Traits, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryItem:
    """An item as stories see it. `at` is its time of publication (aware); ids grow with arrival."""

    item_id: int
    title: str
    text: str
    language: str | None
    at: datetime
    source: str
    is_official: bool


@dataclass(frozen=True, slots=True)
class Traits:
    """The parts as 32-bit hashes one after the other, and how many each has: 600 bytes an item."""

    data: array[int]
    lengths: bytes

    def part(self, at: int) -> array[int]:
        """One of PARTS by its number."""
        first = sum(self.lengths[:at])
        return self.data[first : first + self.lengths[at]]


WORDS, TITLE, PLACES, GOODS, ACTS, NAMES, NUMBERS, FIGURES, REFS, FACTS, PAIRS, SKETCH = range(
    len(PARTS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read in one item. `facts` are those by which an update is known, each with the
    values by which it is known elsewhere; `traits` what stays in the window."""

    facts: tuple[tuple[str, tuple[int, ...]], ...]
    traits: Traits


def read(item: StoryItem) -> Reading:
    """Take an item apart."""
    title = unicodedata.normalize("NFKC", item.title)
    text = unicodedata.normalize("NFKC", item.text[:READ])
    whole = f"{title}\n{text}"
    body = len(title) + 1 + _BODY
    head = len(title) + 1 + _HEAD
    document = analyse(title, text[:_BODY], item.language)
    marks = names(whole)
    refs = references(whole, item.at.year)
    blank = whole
    for ref in refs:
        blank = blank[: ref.start] + "·" * (ref.end - ref.start) + blank[ref.end :]
    figures = [
        each for each in amounts(blank, item.language) if not _is_dateline(each.value, item.at)
    ]
    by_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for name, at in sorted(marks.items(), key=lambda pair: (pair[1], pair[0])):
        if at < (head if name.startswith(("places", "acts")) else body):
            by_kind[name.partition(":")[0]].append(name)
    codes = sorted(set(goods_codes(blank)))
    spelled = [f"name:{word}" for word in _spelled(document)]
    numbers = [value for each in figures if each.start < body for value in rounded(each.value)]
    in_headline = [
        value
        for each in figures
        if each.start < len(title) and not each.value.startswith("date:")
        for value in rounded(each.value)
    ]
    binding = [ref.number for ref in refs if _binds(ref.number, item.at.year)]
    primary = [each for each in dict.fromkeys(binding) if _is_primary(each, refs, head)]
    words = _words(document)
    facts = _facts(
        [each.value for each in figures if each.start < body],
        [ref.number for ref in refs] + codes,
        [
            *(name for name, at in marks.items() if at < head and name.startswith("firms:")),
            *(name for name, at in marks.items() if at < len(title) and name.startswith("goods:")),
            *(name for name in by_kind["places"][1:] if marks[name] < len(title)),
            *_proper_names(document, item.language),
        ],
    )
    known = {
        *(hashed(value) for each in figures for value in _values(each.value)),
        *(hashed(name) for name in (*_goods(marks), *codes, *(ref.number for ref in refs))),
        *(hashed(each) for each in spelled),
    }
    language = item.language or ""
    stems = [hashed(f"{language}:{word}") for word in dict.fromkeys(words)]
    in_title = [hashed(f"{language}:{word}") for word in dict.fromkeys(_title_words(document))]
    parts: tuple[Iterable[int], ...] = (
        stems[:_MAX_WORDS],
        in_title[:_MAX_WORDS],
        map(hashed, by_kind["places"][:8]),
        map(hashed, [*by_kind["goods"][:8], *codes[:4]]),
        map(hashed, by_kind["acts"][:8]),
        map(
            hashed,
            dict.fromkeys([*by_kind["firms"][:8], *by_kind["authorities"][:4], *spelled[:24]]),
        ),
        map(hashed, dict.fromkeys(numbers[:24])),
        map(hashed, dict.fromkeys(in_headline[:24])),
        map(_reference, list(dict.fromkeys(primary))[:16]),
        sorted(known)[:_MAX_FACTS],
        map(hashed, _pairs(by_kind, numbers)),
        sketch(words),
    )
    return Reading(facts=facts, traits=_packed(parts))


_KIND_BITS = 5


def _reference(number: str) -> int:
    """A number's hash, whose last bits say of what kind it is."""
    kind = REFERENCE_KINDS.index(number.partition(":")[0])
    return hashed(number) >> _KIND_BITS << _KIND_BITS | kind


def kind_of(reference: int) -> int:
    """The kind of a hash in REFS."""
    return reference & ((1 << _KIND_BITS) - 1)


def _packed(parts: Sequence[Iterable[int]]) -> Traits:
    data, lengths = array("I"), bytearray()
    for part in parts:
        before = len(data)
        data.extend(part)
        lengths.append(len(data) - before)
    return Traits(data, bytes(lengths))


def _is_dateline(value: str, at: datetime) -> bool:
    if not value.startswith("date:"):
        return False
    month, day = int(value[5:7]), int(value[8:10])
    return any(
        (each.month, each.day) == (month, day)
        for each in (at + timedelta(days=n) for n in range(-_SAME_DAY.days, 2))
    )


def _binds(number: str, year: int) -> bool:
    """Whether a number is of the day: an act of years ago is cited by many that follow on it."""
    said = re.search(r"(?:^|\D)((?:19|20)\d\d)(?=[/-])", number)
    return (
        said is None or int(said.group(1)) >= year - 1 or not number.startswith(("eu:", "notice:"))
    )


def _is_primary(number: str, refs: Sequence[Reference], head: int) -> bool:
    """Whether a text is about this number and does not only cite it: the first of its kind, or one
    that stands at the head."""
    kind = number.partition(":")[0]
    of_kind = [ref for ref in refs if ref.number.partition(":")[0] == kind]
    return of_kind[0].number == number or any(
        ref.number == number and ref.start < head for ref in of_kind
    )


def _values(value: str) -> list[str]:
    """A figure as it is known elsewhere: whatever its unit is called there."""
    unit, _, number = value.partition(":")
    if unit == "date":
        return [value]
    return [number, *(each.partition(":")[2] + "~" for each in rounded(value)[1:])]


def _facts(
    figures: Iterable[str], numbers: Iterable[str], marks: Iterable[str]
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    found: dict[str, tuple[int, ...]] = {}
    for value in figures:
        found[value] = tuple(hashed(each) for each in _values(value))
    for name in (*numbers, *marks):
        found[name] = (hashed(name),)
    return tuple(found.items())


def _pairs(by_kind: dict[str, list[str]], numbers: Sequence[str]) -> list[str]:
    """Two names together are rarer than each: by these an item finds those in other languages."""
    goods, places = by_kind["goods"][:3], by_kind["places"][:3]
    bodies = [*by_kind["firms"][:3], *by_kind["authorities"][:1]]
    figures = [n for n in numbers if not n.startswith("n:")][:3]
    pairs = [f"{a}&{b}" for a in goods for b in figures]
    pairs += [f"{a}&{b}" for a in bodies for b in (*goods[:2], *figures[:2])]
    pairs += [f"{a}&{b}" for a in goods[:2] for b in places]
    pairs += [f"{a}&{b}" for a in places[:2] for b in figures[:2]]
    return list(dict.fromkeys(pairs))[:_MAX_PAIRS]


def _words(document: Document) -> list[str]:
    """The stems in order; Chinese, Japanese and Korean as pairs of characters."""
    keys = document.views[0].keys
    cjk, positions = document.cjk, document.positions
    words: list[str] = []
    for at, key in enumerate(keys):
        if not cjk[at]:
            words.append(key)
        elif at + 1 < len(keys) and cjk[at + 1] and positions[at + 1] == positions[at] + 1:
            words.append(key + keys[at + 1])
    return [word for word in words if len(word) > 1]


def _title_words(document: Document) -> list[str]:
    keys, cjk = document.views[0].keys[: document.title_tokens], document.cjk
    return [
        keys[at] + keys[at + 1] if cjk[at] else keys[at]
        for at in range(len(keys))
        if not cjk[at] or (at + 1 < len(keys) and cjk[at + 1])
    ]


_BROADER = {"cars": ("ev", "trucks"), "chips": ("ai-chips", "servers"), "steel": ("wire", "rebar")}
"""A word for more than what is known already is nothing new."""


def _goods(names: Iterable[str]) -> set[str]:
    """What a text makes known: with cars of a kind, cars."""
    known = set(names)
    for broad, kinds in _BROADER.items():
        if any(f"goods:{kind}" in known for kind in kinds):
            known.add(f"goods:{broad}")
    return known


def _proper_names(document: Document, language: str | None) -> list[str]:
    """Names that stand in the title and, not at the start of a sentence, in the text; where a
    capital letter means a name."""
    if language not in _NAMES_IN_CAPITALS:
        return []
    at_title = {word for word in document.raw[: document.title_tokens] if _is_name(word)}
    found: dict[str, None] = {}
    first = document.title_tokens
    for at in range(first + 1, len(document.raw)):
        word = document.raw[at]
        if word in at_title and document.positions[at] == document.positions[at - 1] + 1:
            found[f"name:{fold(word)}"] = None
    return list(found)


def _is_name(word: str) -> bool:
    return len(word) > 3 and word[0].isupper() and not word.isupper() and not is_listed(word)


def _spelled(document: Document) -> list[str]:
    """Words in capitals or with digits, as any language in Latin letters writes them."""
    found: dict[str, None] = {}
    for at, word in enumerate(document.raw):
        if document.cjk[at] or len(word) < 3 or word.isdigit():
            continue
        if word[0].isupper() or not word.isalpha():
            found[fold(word)] = None
    return list(found)
