"""Text to tokens with their places.

A token is a run of letters and digits; Chinese, Japanese and Korean characters are one token
each, so that a phrase of them is a substring and spaces between them do not matter. Nexperia's
and U.S. are one token each. Positions count tokens; a stop, comma, bracket or blank line leaves a
gap, so that no phrase crosses it. A single line end does not: texts are wrapped.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from bot.domain.match import Hit, Part
from bot.matching.compounds import SHORTEST_COMPOUND, parts_of
from bot.matching.fold import INVISIBLE, MIXED, STEMMERS, fold, key, keys_of, stem_language

COMPOUNDING = frozenset({"de", "nl", MIXED})
"""The ways of stemming in which a word may end a longer one: Strafzölle, exportvergunning."""

_HEADED = 7  # letters of a compound that are worth looking at from behind
_BEFORE = 3  # letters that stand before its head

Span = tuple[int, int]
"""First and last token of a place."""

LONG_VOWEL = "ー"

_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff"
_HALF_KANA = "\uff66-\uff6f\uff71-\uff9d"
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\uac00-\ud7a3"
ASIAN = rf"{_KANA}{_HALF_KANA}{_HAN}{_HANGUL}\u1100-\u11ff\u30fc\uff70"
"""Characters of scripts without them, and their parts, as the inside of a character class."""

LETTER = rf"^\W_{ASIAN}"
"""Letters and digits of scripts with blanks between words, as the inside of a character class."""
# accents written apart (decomposed text) belong to their letter
_MARKS = f"\u0300-\u036f\u3099\u309a{INVISIBLE}"
CJK = (
    # \w: what Unicode has not yet assigned is no letter to Python, and no token
    rf"(?=\w)[{_HAN}{_HANGUL}]|[{_KANA}][\u3099\u309a]?|[{_HALF_KANA}][\uff9e\uff9f]?"
    rf"|(?<=[{_KANA}{_HALF_KANA}\u3099\u309a\uff9e\uff9f])[\u30fc\uff70]"
    r"|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"
)
"""One Chinese, Japanese or Korean character, as a regular expression."""

GAP = r"[.,;:!?()\[\]{}|…。，；：！？、（）【】]+|(?:\r?\n[^\S\n]*){2,}"
"""What no phrase crosses, as a regular expression."""

_TOKEN = re.compile(
    r"(?P<acronym>(?<![\w.])[A-Za-z](?:\.[A-Za-z])+\b\.?)"
    rf"|(?P<word>[{LETTER}]+(?:[{_MARKS}]+[{LETTER}]*)*(?:['’＇][sS]\b)?)"
    rf"|(?P<cjk>{CJK})|(?P<gap>{GAP})"
)
_HYPHENS = frozenset("-‐‑–－﹣")
# "anti dumping" is anti-dumping
BOUND = frozenset({"anti", "counter", "non", "re", "semi", "multi", "cyber", "super", "sub", "pre"})
_ELISION = re.compile(
    r"^(?:(?:[cdjlmnstv]|(?:jus|lors|puis|quoi|quel|pres)?qu|un|d?all|[dn]ell|sull|coll|quest|"
    r"quell)['’‘＇ʼ])+(?=\w)",
    re.IGNORECASE,
)
MAX_GLUED = 4  # tokens that may be one word written together
FEW_WORDS = 8  # of these no language can be told for sure
_PART_GAP = 1_000_000  # between title and text: further than any phrase or NEAR reaches


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a query term: its text, its place relative to the first, whether CJK.

    `is_glued`: nothing but a hyphen, or a stop between digits, stands between it and the one
    before. `is_apart`: a space does.
    """

    text: str
    position: int
    is_cjk: bool
    is_glued: bool = False
    is_apart: bool = False


def tokenise(text: str) -> tuple[Token, ...]:
    """The tokens of a short text, positions from 0."""
    tokens: list[Token] = []
    position = 0
    end = 0
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "gap":
            position += bool(tokens)
            continue
        last = tokens[-1].text if tokens else ""
        tokens.append(
            Token(
                found.group(),
                position,
                kind == "cjk",
                bool(last) and _is_glue(text[end : found.start()], last),
                end < found.start(),
            )
        )
        position += 1
        end = found.end()
    return tuple(tokens)


def without_elision(text: str) -> str:
    """A term without what its first word swallowed of the one before: l'export is export."""
    return _ELISION.sub("", text)


def joined(texts: list[str], glued: Container[int], first: int) -> list[tuple[int, str]]:
    """What the tokens from `first` on are when written together: (last token, text) each. `glued`
    has the numbers of those that nothing but a hyphen or the like parts from the one before.

    anti-dumping is antidumping and 8505.11 is 850511, but 30-1 is not 301.
    """
    found: list[tuple[int, str]] = []
    whole = texts[first]
    for last in range(first + 1, min(first + MAX_GLUED, len(texts))):
        if last not in glued:
            break
        whole += texts[last]
        if not (whole.isdecimal() and len(texts[first]) < 4):
            found.append((last, whole))
    return found


def ending(stem: str) -> str:
    """The stem from behind, where it is long enough to be a compound's; or ""."""
    return stem[::-1] if len(stem) >= _HEADED and stem.isalpha() else ""


def ends_in(stem: str, head: str) -> bool:
    """Whether a stem is that of a compound which ends in this head."""
    return len(stem) >= max(_HEADED, len(head) + _BEFORE) and stem.endswith(head) and stem.isalpha()


def _is_glue(between: str, before: str) -> bool:
    if between in _HYPHENS:
        return True
    if between == ".":
        return len(before) >= 4 and before[-1].isdecimal()  # 3B001.a, not 1.5bn
    return between == " " and before.lower() in BOUND


@dataclass(frozen=True, slots=True)
class Found:
    """A place of a term, and the concept through which it was looked for."""

    span: Span
    term: str
    concept: str | None


@dataclass(slots=True)
class View:
    """A document's words in one way of stemming: a key for each token, and the places of each.

    `compounds` has the places of words that may be compounds, by how they are written.
    """

    way: str
    keys: list[str]
    places: dict[str, list[Span]]
    compounds: dict[str, list[Span]] = field(default_factory=dict)
    _parts: dict[str, list[Span]] | None = None
    _endings: list[str] | None = None

    @property
    def parts(self) -> dict[str, list[Span]]:
        """Places by the keys of what is a part of a German or Dutch compound there."""
        if self._parts is None:
            parts: dict[str, list[Span]] = {}
            for text, spans in self.compounds.items():
                for part in part_keys(text, self.way):
                    parts.setdefault(part, []).extend(spans)
            self._parts = parts
        return self._parts

    def ending_in(self, head: str) -> Iterator[Span]:
        """Places of the compounds that end in this stem: zoll ends strafzoll."""
        if self.way not in COMPOUNDING:
            return
        if self._endings is None:
            self._endings = sorted(e for each in self.places if (e := ending(each)))
        wanted = head[::-1]
        for at in range(bisect_left(self._endings, wanted), len(self._endings)):
            if not self._endings[at].startswith(wanted):
                break
            if ends_in(stem := self._endings[at][::-1], head):
                yield from self.places[stem]


@dataclass(slots=True)
class Document:
    """A title and text, tokenised once for any number of queries.

    Parallel lists, one entry a token: `raw`, `starts` and `ends` (code points in its own part),
    `positions`, `cjk`. `glued` has the words written together that begin at a token. `views` has
    one view, and a second for texts so short that their language is a guess. `memo` and `spans`
    hold what concepts and terms answered, since watches share them. `facets` and `day` are what is
    known beside the words (bot/matching/fields.py).
    """

    title: str
    text: str
    language: str | None
    raw: list[str]
    starts: list[int]
    ends: list[int]
    positions: list[int]
    cjk: list[bool]
    title_tokens: int
    glued: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    views: tuple[View, ...] = ()
    facets: frozenset[str] = frozenset()
    day: date | None = None
    memo: dict[str, tuple[Found, ...]] = field(default_factory=dict)
    spans: dict[tuple[str, bool], list[Span]] = field(default_factory=dict)
    _forms: dict[str, list[Span]] | None = None
    _sorted: list[str] | None = None

    @property
    def forms(self) -> dict[str, list[Span]]:
        """Places by unstemmed form, for prefixes."""
        if self._forms is None:
            forms: dict[str, list[Span]] = {}
            for index, raw in enumerate(self.raw):
                forms.setdefault(fold(raw), []).append((index, index))
            for first, wholes in self.glued.items():
                for last, whole in wholes:
                    forms.setdefault(fold(whole), []).append((first, last))
            self._forms = forms
        return self._forms

    @property
    def sorted_forms(self) -> list[str]:
        """The unstemmed forms in order: a prefix's forms are neighbours."""
        if self._sorted is None:
            self._sorted = sorted(self.forms)
        return self._sorted

    def has_small_letters(self, token: int) -> bool:
        """Whether the part that a token stands in is not written in capitals, or has no case."""
        part = self.title if token < self.title_tokens else self.text
        return part != part.upper()

    def hit(self, span: Span, term: str, concept: str | None) -> Hit:
        """The place as a hit."""
        first, last = span
        part = Part.TITLE if first < self.title_tokens else Part.TEXT
        return Hit(part, self.starts[first], self.ends[last], term, concept)


def analyse(
    title: str,
    text: str,
    language: str | None,
    *,
    facets: frozenset[str] = frozenset(),
    day: date | None = None,
) -> Document:
    """Tokenise a title and a text of a language (a primary subtag, or None for unknown)."""
    # Each list in one go: a loop over the tokens takes twice as long
    in_title, in_text = [*_TOKEN.finditer(title)], [*_TOKEN.finditer(text)]
    tokens, positions = _without_gaps(in_title, 0)
    title_tokens = len(tokens)
    more_tokens, more_positions = _without_gaps(in_text, len(in_title) + _PART_GAP)
    tokens += more_tokens
    positions += more_positions
    raw = [each.group() for each in tokens]
    spans = [each.span() for each in tokens]
    document = Document(
        title=title,
        text=text,
        language=language,
        raw=raw,
        starts=[start for start, _end in spans],
        ends=[end for _start, end in spans],
        positions=positions,
        cjk=[each.lastgroup == "cjk" for each in tokens],
        title_tokens=title_tokens,
        facets=facets,
        day=day,
    )
    document.glued.update(_glued(document))
    way = stem_language(language)
    ways = [way]
    if way in STEMMERS and len(raw) - sum(document.cjk) <= FEW_WORDS:
        ways.append(MIXED)
    document.views = tuple(_view(document, each) for each in ways)
    return document


def _without_gaps(found: list[re.Match[str]], begins: int) -> tuple[list[re.Match[str]], list[int]]:
    """The tokens, and the position of each where the first thing has position `begins`."""
    kept = [(each, at) for at, each in enumerate(found, begins) if each.lastgroup != "gap"]
    return [each for each, _at in kept], [at for _each, at in kept]


def _glued(document: Document) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    """The words that are one when written together, by the token that they begin at."""
    raw, starts, ends = document.raw, document.starts, document.ends
    bound = {word for word in set(raw) if word.lower() in BOUND}
    glued: set[int] = set()
    for part, first, last in (
        (document.title, 0, document.title_tokens),
        (document.text, document.title_tokens, len(raw)),
    ):
        ending = ends[first:last]
        for at, (start, before) in enumerate(zip(starts[first + 1 : last], ending, strict=False)):
            if (
                start - before == 1
                and (part[before] != " " or raw[first + at] in bound)
                and _is_glue(part[before], raw[first + at])
            ):
                glued.add(first + at + 1)
    for at in sorted(glued):
        if wholes := joined(raw, glued, at - 1):
            yield at - 1, wholes


def _view(document: Document, way: str) -> View:
    keys = keys_of(document.raw, way)
    places: dict[str, list[Span]] = {}
    for at, each in enumerate(keys):
        if each in places:
            places[each].append((at, at))
        else:
            places[each] = [(at, at)]
    for first, wholes in document.glued.items():
        for last, whole in wholes:
            places.setdefault(key(whole, way), []).append((first, last))
    return View(way=way, keys=keys, places=places, compounds=_compounds(document, way))


def _compounds(document: Document, way: str) -> dict[str, list[Span]]:
    """Places of the long words of a text that is or may be German or Dutch."""
    if way not in COMPOUNDING or (way == MIXED and document.language is not None):
        return {}
    found: dict[str, list[Span]] = {}
    for at, text in enumerate(document.raw):
        if len(text) >= SHORTEST_COMPOUND:
            found.setdefault(text, []).append((at, at))
    return found


@lru_cache(maxsize=8192)
def part_keys(text: str, way: str) -> tuple[str, ...]:
    """What the parts of a compound are compared by, in a text that is stemmed that way."""
    return tuple(dict.fromkeys(key(part, way) for part in parts_of(fold(text), way)))
