"""Why a query holds for a document, or does not: every part of it with its own answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.match import Hit, Part
from bot.domain.query import And, InTitle, Near, Not, Or, Query
from bot.matching.engine import evaluate
from bot.matching.show import show
from bot.matching.tokens import Document

_MAX_NAMED = 6  # spellings, or missing parts, that one sentence names


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of a query, whether it holds by itself, where, and the same of its own parts.

    `found` are the distinct spellings at its hits, in order of place.
    """

    query: Query
    holds: bool
    hits: tuple[Hit, ...]
    found: tuple[str, ...]
    parts: tuple[Reason, ...] = ()


def explain(query: Query, document: Document, *, in_title: bool = False) -> Reason:
    """The whole tree. A part of a NEAR holds where it occurs at all, near to the others or not."""
    hits = evaluate(query, document, in_title=in_title)
    match query:
        case And() | Or() | Near():
            parts = tuple(explain(part, document, in_title=in_title) for part in query.parts)
        case Not():
            parts = (explain(query.part, document, in_title=in_title),)
        case InTitle():
            parts = (explain(query.part, document, in_title=True),)
        case _:
            parts = ()
    found = dict.fromkeys(_spelling(hit, document) for hit in hits or ())
    return Reason(query, hits is not None, hits or (), tuple(found), parts)


def because(reason: Reason) -> str:
    """The reason in one sentence, without a full stop: what was found, or what is missing."""
    if reason.holds:
        said = [_found(part) for part in _leaves(reason) if part.holds and part.hits]
        without = [show(part.query) for part in _shut_out(reason)]
        if without:
            said.append(f"no {_listed(without)}")
        return "; ".join(said) or f"{show(reason.query)} holds"
    return "; ".join(_missing(reason))


def _leaves(reason: Reason) -> Iterator[Reason]:
    """The parts that say what must occur, each once."""
    if isinstance(reason.query, Not):
        return
    if isinstance(reason.query, And | Or | InTitle):
        for part in reason.parts:
            yield from _leaves(part)
    else:
        yield reason


def _shut_out(reason: Reason) -> Iterator[Reason]:
    if isinstance(reason.query, Not):
        yield from reason.parts
    elif isinstance(reason.query, And):
        for part in reason.parts:
            yield from _shut_out(part)


def _found(reason: Reason) -> str:
    named = _listed([f"“{spelling}”" for spelling in reason.found])
    return f"{show(reason.query)}: {named}"


def _missing(reason: Reason) -> Iterator[str]:
    """What keeps a query from holding."""
    query = reason.query
    match query:
        case And():
            for part in reason.parts:
                if not part.holds:
                    yield from _missing(part)
        case Or():
            yield f"none of {_listed([show(part.query) for part in reason.parts])}"
        case Near():
            absent = [show(part.query) for part in reason.parts if not part.holds]
            if absent:
                yield f"no {_listed(absent)}"
            else:
                named = _listed([show(part.query) for part in reason.parts])
                yield f"{named} are never within {query.words} words of each other"
        case Not():
            (part,) = reason.parts
            yield f"{show(part.query)} is there: {_listed([f'“{each}”' for each in part.found])}"
        case InTitle():
            yield f"not in the title: {show(query.part)}"
        case _:
            yield f"no {show(query)}"


def _listed(named: list[str]) -> str:
    shown = list(dict.fromkeys(named))
    more = f" and {len(shown) - _MAX_NAMED} more" if len(shown) > _MAX_NAMED else ""
    return ", ".join(shown[:_MAX_NAMED]) + more


def _spelling(hit: Hit, document: Document) -> str:
    text = document.title if hit.part is Part.TITLE else document.text
    return " ".join(text[hit.start : hit.end].split())
