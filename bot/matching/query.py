"""Text to Query: the grammar is query.lark, the bounds and the wording are here."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources

from lark import Lark
from lark.exceptions import UnexpectedInput, VisitError

from bot.domain.query import (
    And,
    Facet,
    InTitle,
    Near,
    Not,
    Or,
    Phrase,
    Query,
)
from bot.errors import QueryError
from bot.matching.builder import EXAMPLE, Builder, shorten

MAX_LENGTH = 500
MAX_TERMS = 50
MAX_DEPTH = 10

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』＂", '"') | {"（": "(", "）": ")"})


def parse(text: str, *, today: date | None = None) -> Query:
    """Read what a desk typed.

    Bounds: 500 characters, 50 terms, brackets 10 deep. Words that together are the name of a
    concept, in any of its languages, mean the concept; in quotation marks they mean themselves.
    `today` is given for a search: only there may since: and before: be asked.

    Raises:
        QueryError: says what is wrong, at which character, and shows a correct example.
    """
    if not text.strip():
        raise QueryError("The query is empty.", example=EXAMPLE)
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"The query has {len(text):,} characters; at most {MAX_LENGTH} are read. "
            "Make two watches of it.",
            position=MAX_LENGTH,
            example=EXAMPLE,
        )
    plain = text.translate(_QUOTES)
    _check_brackets(plain)
    if plain.count('"') % 2:
        position = plain.rindex('"')
        raise QueryError(
            f'The quotation mark at character {position + 1} is not closed. Add a " after the '
            "phrase.",
            position=position,
            example='"export licence"',
        )
    try:
        tree = _grammar().parse(plain)
        query: Query = Builder(text, today).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise _explain(error, plain) from None
    terms = _count_terms(query)
    if terms > MAX_TERMS:
        raise QueryError(
            f"The query has {terms} terms; at most {MAX_TERMS} are read. Make two watches of it.",
            example=EXAMPLE,
        )
    if not _asks_for_something(query):
        raise QueryError(
            "The query only says what must not occur. Add what you are looking for.",
            position=0,
            example="gallium -nitride",
        )
    _check_min(query)
    return query


def _count_terms(query: Query) -> int:
    match query:
        case And() | Or():
            return sum(_count_terms(part) for part in query.parts)
        case Not():
            return _count_terms(query.part)
        case Near():
            return sum(map(_count_terms, query.parts))
        case InTitle():
            return _count_terms(query.part)
        case Phrase():
            return len(query.words)
        case _:
            return 1


def _asks_for_something(query: Query) -> bool:
    match query:
        case Not():
            return False
        case And():
            return any(_asks_for_something(part) for part in query.parts)
        case Or():
            return all(_asks_for_something(part) for part in query.parts)
        case _:
            return True


def _check_min(query: Query, *, is_beside: bool = False) -> None:
    """Refuse a min: that has nothing beside it to weigh. Raises QueryError."""
    match query:
        case Facet(name="min") if not is_beside:
            raise QueryError(
                f"min:{query.value} weighs the words beside it, and there are none.",
                example="gallium min:5",
            )
        case And():
            has_words = any(not isinstance(part, Facet | Not) for part in query.parts)
            for part in query.parts:
                _check_min(part, is_beside=has_words)
        case Or():
            for part in query.parts:
                _check_min(part)
        case Not():
            _check_min(query.part)
        case _:
            pass


def _check_brackets(plain: str) -> None:
    open_at: list[int] = []
    is_quoted = False
    for position, char in enumerate(plain):
        if char == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            continue
        elif char == "(":
            open_at.append(position)
            if len(open_at) > MAX_DEPTH:
                raise QueryError(
                    f"Brackets are more than {MAX_DEPTH} deep at character {position + 1}. "
                    "Make two watches of it.",
                    position=position,
                    example=EXAMPLE,
                )
        elif char == ")":
            if not open_at:
                raise QueryError(
                    f"The bracket ) at character {position + 1} closes nothing. Take it out.",
                    position=position,
                    example="(gallium OR germanium) export",
                )
            open_at.pop()
    if open_at:
        raise QueryError(
            f"The bracket ( at character {open_at[-1] + 1} is not closed. Add a ) .",
            position=open_at[-1],
            example="(gallium OR germanium) export",
        )


def _explain(error: UnexpectedInput, plain: str) -> QueryError:
    position = getattr(error, "pos_in_stream", None)
    if not isinstance(position, int) or position >= len(plain) or position < 0:
        return QueryError(
            "The query ends where a word is still expected. Write what should follow.",
            position=len(plain),
            example=EXAMPLE,
        )
    found = shorten(next(iter(plain[position:].split(maxsplit=1)), " "))
    return QueryError(
        f"“{found}” at character {position + 1} does not fit there. OR needs a word on both "
        "sides, NOT and - need a word after them, brackets must not be empty.",
        position=position,
        example=EXAMPLE,
    )


@cache
def _grammar() -> Lark:
    source = resources.files("bot.matching").joinpath("query.lark").read_text("utf-8")
    return Lark(source, parser="lalr", maybe_placeholders=False)
