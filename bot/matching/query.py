"""Text to Query and back: the grammar is query.lark, the bounds and the wording are here."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from bot.domain.query import And, Concept, Not, Or, Phrase, Query, Word
from bot.errors import QueryError
from bot.matching.concepts import concept_for_words, concept_names, longest_name
from bot.matching.fold import fold
from bot.matching.tokens import tokenise

MAX_LENGTH = 500
MAX_TERMS = 50
MAX_DEPTH = 10

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』＂", '"') | {"（": "(", "）": ")"})
_EXAMPLE = '"export licence" OR nexperia OR (gallium -nitride)'
_KEYWORDS = frozenset({"OR", "NOT", "AND"})


def parse(text: str) -> Query:
    """Read what a desk typed.

    Bounds: 500 characters, 50 terms, brackets 10 deep. Words that together are the name of a
    built-in concept, in any of its languages, mean the concept; in quotation marks they mean
    themselves.

    Raises:
        QueryError: says what is wrong, at which character, and shows a correct example.
    """
    if not text.strip():
        raise QueryError("The query is empty.", example=_EXAMPLE)
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"The query has {len(text):,} characters; at most {MAX_LENGTH} are read. "
            "Make two watches of it.",
            position=MAX_LENGTH,
            example=_EXAMPLE,
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
        query: Query = _Builder(text).transform(tree)
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
            example=_EXAMPLE,
        )
    if not _asks_for_something(query):
        raise QueryError(
            "The query only says what must not occur. Add what you are looking for.",
            position=0,
            example="gallium -nitride",
        )
    return query


def show(query: Query) -> str:
    """The query as text that parses to the same query."""
    return _show(query, is_top=True)


def _show(query: Query, *, is_top: bool) -> str:
    match query:
        case Word():
            bare = query.text + "*" * query.is_prefix
            return bare if _is_bare(query, bare) else f'"{bare}"'
        case Phrase():
            return '"' + " ".join(w.text + "*" * w.is_prefix for w in query.words) + '"'
        case Concept():
            return f"#{query.name}"
        case Not():
            return f"-{_show(query.part, is_top=False)}"
        case And():
            shown = " ".join(_show_parts(query.parts))
        case Or():
            shown = " OR ".join(_show(part, is_top=False) for part in query.parts)
    return shown if is_top else f"({shown})"


def _show_parts(parts: tuple[Query, ...]) -> list[str]:
    """Each part; a word that would begin a concept's name is put into quotation marks."""
    shown = [_show(part, is_top=False) for part in parts]
    bare: list[Query] = [
        _Bare(part.text, part.is_prefix)
        if isinstance(part, Word) and not text.startswith('"')
        else part
        for part, text in zip(parts, shown, strict=True)
    ]
    for at in range(len(bare)):
        while _name_at(bare, at) is not None:
            shown[at] = f'"{shown[at]}"'
            bare[at] = parts[at]
    return shown


def _is_bare(word: Word, bare: str) -> bool:
    if word.text in _KEYWORDS or concept_for_words(bare) is not None:
        return False
    if any(char.isspace() or char in '()"' for char in bare) or bare[0] in "#-":
        return False
    return _word_of(bare) == word


class _Builder(Transformer[Token, Query]):
    """Lark's tree to the domain's nouns. Method names are the grammar's rule names."""

    def __init__(self, typed: str) -> None:
        super().__init__()
        self._typed = typed

    def start(self, parts: list[Query]) -> Query:
        return _named(parts[0])

    def either(self, parts: list[Query]) -> Query:
        return Or(tuple(_flat(Or, [_named(part) for part in parts])))

    def both(self, parts: list[Query]) -> Query:
        return And(tuple(_flat(And, parts)))

    def group(self, parts: list[Query]) -> Query:
        return _named(parts[0])

    def without(self, parts: list[Query]) -> Query:
        part = _named(parts[0])
        return part.part if isinstance(part, Not) else Not(part)

    def word(self, parts: list[Token]) -> Query:
        token = parts[0]
        if token.value == "AND":
            raise QueryError(
                f"AND at character {token.start_pos + 1 if token.start_pos is not None else 1} "
                "is not needed: words side by side must all occur. Leave it out.",
                position=token.start_pos,
                example="gallium export",
            )
        # a bare word is marked so that a run of them can still turn out to be a concept's name
        return _Bare(*_parts_of(_word_of(token.value), token))

    def phrase(self, parts: list[Token]) -> Query:
        token = parts[0]
        words = tuple(
            word for piece in token.value[1:-1].split() if (word := _word_of(piece)) is not None
        )
        if not words:
            raise QueryError(
                f"The quotation marks at character {(token.start_pos or 0) + 1} hold no word.",
                position=token.start_pos,
                example='"export licence"',
            )
        return words[0] if len(words) == 1 else Phrase(words)

    def concept(self, parts: list[Token]) -> Query:
        token = parts[0]
        name = token.value[1:].casefold()
        if name not in concept_names():
            close = difflib.get_close_matches(name, concept_names(), n=1, cutoff=0.5)
            mend = f"Did you mean #{close[0]}?" if close else "See /help watch."
            known = ", ".join(f"#{known}" for known in concept_names())
            raise QueryError(
                f"There is no concept {token.value} (at character {(token.start_pos or 0) + 1}). "
                f"{mend} Known: {known}.",
                position=token.start_pos,
                example=f"#{close[0] if close else concept_names()[0]}",
            )
        return Concept(name)


class _Bare(Word):
    """A word typed without quotation marks; leaves the builder as a plain Word."""

    __slots__ = ()


def _parts_of(word: Word | None, token: Token) -> tuple[str, bool]:
    if word is None:
        at = (token.start_pos or 0) + 1
        raise QueryError(
            f"“{_shorten(token.value)}” at character {at} has no letter or digit, so it can "
            "never be found. Leave it out or write a word.",
            position=token.start_pos,
            example=_EXAMPLE,
        )
    return word.text, word.is_prefix


def _word_of(piece: str) -> Word | None:
    """A word without punctuation around it, or None where no letter or digit is left."""
    is_prefix = piece.endswith("*")
    bare = piece.strip("=.,;:!?'’*…。，；：！？、")
    if not tokenise(bare) or _invisible_only(bare):
        return None
    return Word(bare, is_prefix)


def _invisible_only(text: str) -> bool:
    return not any(fold(token.text) for token in tokenise(text))


def _named(query: Query) -> Query:
    """A run of bare words that is a concept's name is the concept; bare marks are taken off."""
    parts = query.parts if isinstance(query, And) else (query,)
    named: list[Query] = []
    at = 0
    while at < len(parts):
        found = _name_at(parts, at)
        if found is None:
            named.append(_plain(parts[at]))
            at += 1
        else:
            name, at = found
            named.append(Concept(name))
    distinct = tuple(dict.fromkeys(named)) if len(named) < len(parts) else tuple(named)
    return distinct[0] if len(distinct) == 1 else And(distinct)


def _name_at(parts: Sequence[Query], at: int) -> tuple[str, int] | None:
    """The longest concept's name that begins with the bare word at `at`, and where it ends."""
    words: list[str] = []
    found: tuple[str, int] | None = None
    for end in range(at, min(at + longest_name(), len(parts))):
        part = parts[end]
        if not isinstance(part, _Bare) or part.is_prefix:
            break
        words.append(part.text)
        name = concept_for_words(" ".join(words))
        if name is not None:
            found = name, end + 1
    return found


def _plain(query: Query) -> Query:
    match query:
        case _Bare():
            return Word(query.text, query.is_prefix)
        case And():
            return And(tuple(_plain(part) for part in query.parts))
        case Not():
            return Not(_plain(query.part))
        case _:
            return query


def _flat(kind: type[And] | type[Or], parts: list[Query]) -> list[Query]:
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else [part])
    return flat


def _count_terms(query: Query) -> int:
    match query:
        case And() | Or():
            return sum(_count_terms(part) for part in query.parts)
        case Not():
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
                    example=_EXAMPLE,
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
            example=_EXAMPLE,
        )
    found = _shorten(next(iter(plain[position:].split(maxsplit=1)), " "))
    return QueryError(
        f"“{found}” at character {position + 1} does not fit there. OR needs a word on both "
        "sides, NOT and - need a word after them, brackets must not be empty.",
        position=position,
        example=_EXAMPLE,
    )


def _shorten(text: str) -> str:
    return text if len(text) <= 20 else text[:19] + "…"


@cache
def _grammar() -> Lark:
    source = resources.files("bot.matching").joinpath("query.lark").read_text("utf-8")
    return Lark(source, parser="lalr", maybe_placeholders=False)
