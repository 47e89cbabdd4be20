"""The same language for the archive: what the full-text index holds, and what to ask of it.

The index narrows; the engine decides. So the index may offer too much, but never too little.
Chinese, Japanese and Korean are indexed as pairs of neighbours (稀土 出口 → 稀土 土出 出口 口), the
long vowel left out; the words of other scripts one by one, as a phrase may be written together.
"""

from __future__ import annotations

from itertools import pairwise

from bot.domain.query import And, Concept, Not, Or, Phrase, Query, Word
from bot.matching.concepts import packs
from bot.matching.engine import term_of
from bot.matching.fold import all_languages
from bot.matching.occurrences import Sequence, sequence_for
from bot.matching.tokens import LONG_VOWEL, Document

INDEX_VERSION = 3
"""Grows whenever folding or tokenising changes: the index must then be built anew."""


def index_columns(document: Document) -> tuple[str, str]:
    """What the index stores: the keys in order, and other forms by which a word is found."""
    first = document.views[0]
    positions, cjk = document.positions, document.cjk
    kept = [at for at, key in enumerate(first.keys) if key != LONG_VOWEL]
    keys: list[str] = []
    for at, following in pairwise([*kept, -1]):
        is_pair = (
            following != -1
            and cjk[at]
            and cjk[following]
            and positions[following] - positions[at] == following - at
        )
        keys.append(first.keys[at] + first.keys[following] if is_pair else first.keys[at])
    words = {first.keys[at] for at in kept if not cjk[at]}
    forms = {form for form, spans in document.forms.items() if not cjk[spans[0][0]]}
    for view in document.views:
        forms.update(key for key, spans in view.places.items() if not cjk[spans[0][0]])
    return " ".join(keys), " ".join(sorted(forms - words))


def index_query(query: Query) -> str:
    """An FTS5 expression that every document answering the query answers too.

    Terms are quoted and hold letters and digits only, so no typed text reaches FTS5's syntax.
    """
    return _compile(query) or ""


def _compile(query: Query) -> str | None:
    match query:
        case Word():
            return _term(term_of((query,)))
        case Phrase():
            return _term(term_of(query.words))
        case Concept():
            pack = packs()[query.name]
            parts = [_term(term, is_listed=True) for term in pack.any_terms]
            for near in pack.near:
                both = (_term(term, is_listed=True) for term in near.terms)
                parts.append(f"({' AND '.join(both)})")
            return _either(parts)
        case And():
            needed = [part for p in query.parts if (part := _compile(p)) is not None]
            return f"({' AND '.join(needed)})" if needed else None
        case Or():
            return _either([_compile(part) or "" for part in query.parts])
        case Not():
            return None  # the engine takes these out


def _either(parts: list[str]) -> str:
    distinct = list(dict.fromkeys(parts))
    return f"({' OR '.join(distinct)})" if len(distinct) > 1 else distinct[0]


def _term(term: str, *, is_listed: bool = False) -> str:
    return _either([_variant(sequence_for(term, way, is_listed)) for way in all_languages()])


def _variant(sequence: Sequence) -> str:
    """One way of stemming: runs of CJK as neighbours, and each other word or its joined forms."""
    pieces: list[str] = []
    at = 0
    while at < len(sequence.keys):
        if sequence.cjk[at]:
            end = _run_end(sequence, at)
            pieces.append(_run([k for k in sequence.keys[at:end] if k != LONG_VOWEL]))
        else:
            end = _glued_end(sequence, at)
            pieces.append(_words(sequence, at, end))
        at = end
    distinct = list(dict.fromkeys(pieces))
    return f"({' AND '.join(distinct)})" if len(distinct) > 1 else distinct[0]


def _run_end(sequence: Sequence, start: int) -> int:
    """The end of the run of CJK that the index keeps adjacent."""
    end = start + 1
    while (
        end < len(sequence.keys)
        and sequence.cjk[end]
        and sequence.offsets[end] == sequence.offsets[end - 1] + 1
    ):
        end += 1
    return end


def _run(keys: list[str]) -> str:
    if len(keys) == 1:
        return f'"{keys[0]}"*'  # every pair begins with its first character
    return '"' + " ".join(a + b for a, b in pairwise(keys)) + '"'


def _glued_end(sequence: Sequence, start: int) -> int:
    """Past the words that may be written together with the one at `start`."""
    end = start + 1
    at = start
    while at < end:
        end = max([end, *(last + 1 for last, _whole in sequence.joins[at])])
        at += 1
    return end


def _words(sequence: Sequence, start: int, end: int) -> str:
    """All of the words, or in their place any word that some of them are written together as."""
    apart = [_word(sequence, at) for at in range(start, end)]
    alone = f"({' AND '.join(dict.fromkeys(apart))})" if len(apart) > 1 else apart[0]
    return _either(
        [alone, *(f'"{whole}"' for at in range(start, end) for _last, whole in sequence.joins[at])]
    )


def _word(sequence: Sequence, at: int) -> str:
    word = f'"{sequence.keys[at]}"' + "*" * sequence.prefixes[at]
    compound = sequence.compounds[at]
    return f'({word} OR "{compound}"*)' if compound else word
