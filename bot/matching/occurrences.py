"""Where a term stands in a document: whole words by stem, CJK as a substring, phrases in order.

Spellings that differ only in how they are joined are the same: anti-dumping, anti dumping and
antidumping; 수출 통제 and 수출통제; エンティティー・リスト and エンティティリスト.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from bot.matching.chance import is_chance
from bot.matching.fold import fold, key
from bot.matching.forms import is_form, is_shouted, is_written_so
from bot.matching.tokens import (
    COMPOUNDING,
    LONG_VOWEL,
    Document,
    Span,
    View,
    ends_in,
    joined,
    tokenise,
    without_elision,
)

_BEGINNING = frozenset({"de", "nl"})  # Exportlizenz begins Exportlizenzvergabe
_LONG_WORD, _LONG_STEM = 10, 8  # letters; Zoll also begins Zollstock
_BEFORE_HEAD = "handels"
_HEAD_WORD, _HEAD_STEM = 7, 5  # Genehmigung ends Ausfuhrgenehmigung; Recht also ends Strafrecht
_NOWHERE: frozenset[int] = frozenset()
_MAX_ONES = 10_000  # shapes that terms share
_MAX_STEPS = 200_000  # tokens compared for one phrase; only a text made to be slow needs more


@dataclass(frozen=True, slots=True)
class Sequence:
    """A term made ready for one way of stemming: keys (or prefixes) at relative positions.

    `joins` has, for each word, what it is when written together with the next ones; `compounds`
    how German or Dutch words begin that it begins, or ""; `heads` how those end that it ends, or
    ""; `is_ending` that a lone word must end a longer one; `needed` the keys without which there is
    no place. `verbatim` is the text that a hit must show as it is written but for case, or "".
    """

    term: str
    texts: tuple[str, ...]
    keys: tuple[str, ...]
    offsets: tuple[int, ...]
    prefixes: tuple[bool, ...]
    cjk: tuple[bool, ...]
    joins: tuple[tuple[tuple[int, str], ...], ...]
    compounds: tuple[str, ...]
    heads: tuple[str, ...]
    is_ending: bool
    is_listed: bool
    needed: tuple[str, ...]
    apart: frozenset[int]
    verbatim: str

    @property
    def second(self) -> str:
        """The key that must follow the first word, or "" where other things may."""
        if len(self.keys) < 2 or self.prefixes[1] or self.joins[1] or self.compounds[1]:
            return ""
        if self.heads[1]:
            return ""
        return "" if self.keys[1] == LONG_VOWEL else self.keys[1]

    def firsts(self) -> Iterator[str]:
        """The keys that a place of the term can begin with, where it begins with no prefix."""
        yield self.keys[0]
        for _last, whole in self.joins[0]:
            yield whole


@lru_cache(maxsize=65536)
def sequence_for(term: str, way: str, is_listed: bool = False) -> Sequence:
    """A term made ready: each word's key in that way; = before all makes it verbatim.

    A * after a word makes it a beginning, one before a lone word an ending. `is_listed` terms
    begin and end no compounds else: their list says which do.
    """
    is_ending = term.startswith("*")
    plain = without_elision(term.removeprefix("=").removeprefix("*"))
    tokens = tokenise(plain)
    starred = {i for i, char in enumerate(plain) if char == "*"}
    keys: list[str] = []
    prefixes: list[bool] = []
    cursor = 0
    for token in tokens:
        cursor = plain.index(token.text, cursor) + len(token.text)
        is_prefix = cursor in starred and not token.is_cjk
        keys.append(fold(token.text) if is_prefix else key(token.text, way))
        prefixes.append(is_prefix)
    texts = [token.text for token in tokens]
    glued = {at for at, token in enumerate(tokens) if token.is_glued}
    joins = tuple(
        tuple(
            (last, key(whole, way))
            for last, whole in joined(texts, glued, first)
            if not any(prefixes[first : last + 1])
        )
        for first in range(len(tokens))
    )
    compounds = tuple(
        "" if is_listed or is_prefix else compound_of(token.text, key, way)
        for token, key, is_prefix in zip(tokens, keys, prefixes, strict=True)
    )
    heads = tuple(
        ""
        if is_prefix or token.is_cjk or (is_listed and not is_ending)
        else head_of(token.text, way, is_ending)
        for token, is_prefix in zip(tokens, prefixes, strict=True)
    )
    in_joins = {
        at for first, ends in enumerate(joins) for last, _ in ends for at in range(first, last + 1)
    }
    needed = {
        key
        for at, key in enumerate(keys)
        if not (prefixes[at] or compounds[at] or heads[at])
        and not (at in in_joins or key == LONG_VOWEL)
    }
    return Sequence(
        term=plain,
        texts=tuple(texts),
        keys=tuple(keys),
        offsets=_one(tuple(token.position for token in tokens)),
        prefixes=_one(tuple(prefixes)),
        cjk=_one(tuple(token.is_cjk for token in tokens)),
        joins=_one(joins),
        compounds=_one(compounds),
        heads=_one(heads),
        is_ending=is_ending,
        is_listed=is_listed,
        needed=tuple(keys) if len(needed) == len(keys) else tuple(needed),
        apart=_one(frozenset(at for at, token in enumerate(tokens) if token.is_apart and at)),
        verbatim=_exact(texts) if term.startswith("=") else "",
    )


_ones: dict[Hashable, Any] = {}
_T = TypeVar("_T", bound=Hashable)


def _one(value: _T) -> _T:
    """The same object for equal values: most terms have nothing joined, starred or compound."""
    if len(_ones) > _MAX_ONES:
        _ones.clear()
    one: _T = _ones.setdefault(value, value)
    return one


def compound_of(text: str, stem: str, way: str) -> str:
    """The stem of a word so long that what begins with it is a compound of it, or ""."""
    is_long = way in _BEGINNING and len(fold(text)) >= _LONG_WORD and len(stem) >= _LONG_STEM
    return stem if is_long else ""


def head_of(text: str, way: str, is_ending: bool) -> str:
    """How the stem of a compound ends that ends in this word, where it is long enough; or ""."""
    if way not in COMPOUNDING or not (is_ending or len(fold(text)) >= _HEAD_WORD):
        return ""
    # a stem depends on what is before it: that of Strafzoll may be strafzol
    head = key(_BEFORE_HEAD + fold(text), way)[len(_BEFORE_HEAD) :]
    return head if is_ending or len(head) >= _HEAD_STEM else ""


def _exact(texts: Iterable[str]) -> str:
    return unicodedata.normalize("NFC", "".join(texts)).casefold()


def occurrences(term: str, document: Document, *, is_listed: bool = False) -> list[Span]:
    """Every place of the term, in order; remembered by the document.

    `is_listed`: the term is one of a list that names each form, so no second guess at the
    language is needed.
    """
    memo = (term, is_listed)
    found = document.spans.get(memo)
    if found is None:
        spans: set[Span] = set()
        for view in document.views[:1] if is_listed else document.views:
            spans.update(_in_view(sequence_for(term, view.way, is_listed), view, document))
        found = document.spans[memo] = sorted(spans)
    return found


def _in_view(sequence: Sequence, view: View, document: Document) -> Iterator[Span]:
    if len(sequence.keys) == 1:
        found = (span for _after, span in _beginnings(sequence, view, document))
        if sequence.cjk[0]:
            found = (span for span in found if not is_chance(span, _NOWHERE, 1, document))
        if is_shouted(sequence.texts[0]):
            found = (span for span in found if _is_acronym(span, document))
        if sequence.verbatim:
            return (span for span in found if _is_verbatim(sequence, span, document))
        return found
    return _phrases(sequence, view, document)


def _phrases(sequence: Sequence, view: View, document: Document) -> Iterator[Span]:
    last_key = len(sequence.keys) - 1
    second, keys, glued = sequence.second, view.keys, document.glued
    if not all(key in view.places or key in view.parts for key in sequence.needed):
        return
    left = _MAX_STEPS
    for after, span in _beginnings(sequence, view, document):
        if second and after == 1:
            # most places of a first word end here
            following = span[1] + 1
            if following == len(keys) or (
                keys[following] not in {second, LONG_VOWEL}
                and following not in glued
                and second not in view.parts
            ):
                continue
        last: int | None = span[1]
        if after <= last_key:
            last, steps = _end(sequence, after, span[1], view, document)
            left -= steps
            if left < 0:
                return
        if last is None:
            continue
        whole = (span[0], last)
        if sequence.verbatim and not _is_verbatim(sequence, whole, document):
            continue
        if (sequence.cjk[0] or sequence.cjk[-1]) and is_chance(
            whole, sequence.apart, len(sequence.keys), document
        ):
            continue
        yield whole


def _beginnings(sequence: Sequence, view: View, document: Document) -> Iterator[tuple[int, Span]]:
    """Places of the first word, each with the number of the word that must follow."""
    if sequence.prefixes[0]:
        for span in _with_prefix(sequence.keys[0], document):
            yield 1, span
        return
    if sequence.heads[0]:
        for span in view.ending_in(sequence.heads[0]):
            yield 1, span
    if sequence.is_ending:
        return
    for span in view.places.get(sequence.keys[0], ()):
        if sequence.cjk[0] or _is_form(sequence, 0, span, view, document):
            yield 1, span
    if not sequence.is_listed:
        for span in view.parts.get(sequence.keys[0], ()):
            yield 1, span
    if sequence.compounds[0]:
        for span in _with_prefix(sequence.compounds[0], document):
            yield 1, span
    for last, whole in sequence.joins[0]:
        for span in view.places.get(whole, ()):
            yield last + 1, span


def _is_form(sequence: Sequence, at: int, span: Span, view: View, document: Document) -> bool:
    """Whether what stands there is a form of the term's word `at`, not another of its stem."""
    first, last = span
    text = document.raw[first]
    if text == sequence.texts[at] and text.isascii() and first == last:
        return True
    if last != first:
        text = "".join(document.raw[first : last + 1])
    return is_form(sequence.texts[at], text, view.way, document.language)


def _is_acronym(span: Span, document: Document) -> bool:
    """Whether what stands there is written as an acronym, where its text has small letters."""
    return is_written_so(document.raw[span[0]]) or not document.has_small_letters(span[0])


def _with_prefix(prefix: str, document: Document) -> Iterator[Span]:
    forms = document.sorted_forms
    for at in range(bisect_left(forms, prefix), len(forms)):
        if not forms[at].startswith(prefix):
            break
        yield from document.forms[forms[at]]


def _end(
    sequence: Sequence, at: int, last: int, view: View, document: Document
) -> tuple[int | None, int]:
    """The last token of the first way in which words `at` and on follow token `last`, or None;
    and the steps that it took."""
    keys, offsets = sequence.keys, sequence.offsets
    positions = document.positions
    count = len(positions)
    waiting = [(at, last)]
    tried: set[tuple[int, int]] = set()
    steps_taken = 0
    while waiting:
        at, last = waiting.pop()
        steps_taken += 1
        if at == len(keys):
            return last, steps_taken
        following = last + 1
        if sequence.cjk[at] and keys[at] == LONG_VOWEL and _is_soft_in(sequence, at):
            # at the end of a Japanese word the long vowel is written or not
            waiting.append((at + 1, last))
        if following >= count:
            continue
        gap = positions[following] - positions[last]
        if view.keys[following] == LONG_VOWEL and gap == 1 and _is_soft(document, following):
            waiting.append((at, following))
        if gap != offsets[at] - offsets[at - 1]:
            continue
        steps: list[tuple[int, int]] = []
        for end, whole in sequence.joins[at]:
            if view.keys[following] == whole:
                steps.append((end + 1, following))
        for end, whole in document.glued.get(following, ()):
            if _fits(sequence, at, whole, key(whole, view.way), view.way, document.language):
                steps.append((at + 1, end))
        text, text_key = document.raw[following], view.keys[following]
        is_part = not sequence.is_listed and (following, following) in view.parts.get(
            sequence.keys[at], ()
        )
        if is_part or _fits(sequence, at, text, text_key, view.way, document.language):
            steps.append((at + 1, following))
        for step in steps:
            if step not in tried:
                tried.add(step)
                waiting.append(step)
    return None, steps_taken


def _fits(
    sequence: Sequence, at: int, text: str, text_key: str, way: str, language: str | None
) -> bool:
    if sequence.prefixes[at]:
        return fold(text).startswith(sequence.keys[at])
    if text_key == sequence.keys[at] and (
        sequence.cjk[at] or is_form(sequence.texts[at], text, way, language)
    ):
        return True
    compound = sequence.compounds[at]
    if compound and fold(text).startswith(compound):
        return True
    head = sequence.heads[at]
    return bool(head) and ends_in(text_key, head)


def _is_soft_in(sequence: Sequence, at: int) -> bool:
    return (
        at + 1 == len(sequence.keys)
        or at + 1 in sequence.apart
        or not _is_katakana(sequence.keys[at + 1])
    )


def _is_soft(document: Document, at: int) -> bool:
    return (
        at + 1 == len(document.raw)
        or document.starts[at + 1] != document.ends[at]
        or not _is_katakana(fold(document.raw[at + 1]))
    )


def _is_katakana(text: str) -> bool:
    return "\u30a1" <= text[:1] <= "\u30ff"


def _is_verbatim(sequence: Sequence, span: Span, document: Document) -> bool:
    return _exact(document.raw[span[0] : span[1] + 1]) == sequence.verbatim
