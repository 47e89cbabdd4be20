"""A query in words: how a watch is understood."""

from __future__ import annotations

from bot.domain.query import (
    And,
    Code,
    Concept,
    Facet,
    InTitle,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
)
from bot.matching.concepts import packs


def understood(query: Query) -> str:
    """The query in words."""
    match query:
        case Word(is_prefix=True):
            return f"words beginning with “{query.text}”"
        case Word():
            return f"“{query.text}” in any form"
        case Phrase():
            words = " ".join(w.text + "*" * w.is_prefix for w in query.words)
            return f"the phrase “{words}”"
        case Concept():
            return f"{packs()[query.name].name} in ten languages"
        case Near():
            said = ", ".join(_inner(part) for part in query.parts)
            return f"{said} within {query.words} words"
        case InTitle():
            return f"in the title {_inner(query.part)}"
        case Code():
            return f"{query.system.upper()} {query.number} or what begins with it"
        case Facet():
            return f"{query.name} {query.value}"
        case And():
            wanted = " and ".join(_inner(p) for p in query.parts if not isinstance(p, Not))
            left_out = " or ".join(_inner(p.part) for p in query.parts if isinstance(p, Not))
            return ", but not ".join(each for each in (wanted, left_out) if each)
        case Or():
            return " or ".join(_inner(part) for part in query.parts)
        case Not():
            return f"not {_inner(query.part)}"


def _inner(query: Query) -> str:
    said = understood(query)
    return f"({said})" if isinstance(query, And | Or | Near) else said
