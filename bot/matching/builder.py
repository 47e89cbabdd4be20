"""Lark's tree to a Query: what stands beside what, and which words are a concept's name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import date

from lark import Token, Transformer

from bot.domain.query import And, Concept, Facet, InTitle, Near, Not, Or, Phrase, Query, Word
from bot.errors import QueryError
from bot.matching import fields
from bot.matching.concepts import concept_for_words, concept_names, longest_name
from bot.matching.fold import fold
from bot.matching.tokens import tokenise

MAX_NEAR = 50
LOOSE_WORDS = 6
"""Words within which those of ~"…" must stand, and those around NEAR without a number: of 57
labelled cases it finds 93 % (docs/adr/0002-dependencies.md)."""
EXAMPLE = '"export licence" OR nexperia OR (gallium -nitride)'


class Builder(Transformer[Token, Query]):
    """Lark's tree to the domain's nouns. Method names are the grammar's rule names."""

    def __init__(self, typed: str, today: date | None) -> None:
        super().__init__()
        self._typed = typed
        self._today = today

    def start(self, parts: list[Query]) -> Query:
        return parts[0]

    def either(self, parts: list[Query]) -> Query:
        return Or(tuple(_flat(Or, parts)))

    def both(self, parts: list[Query | Token]) -> Query:
        """Name the concepts among bare words first: NEAR then joins what stands beside it."""
        return _joined(_named(parts))

    def group(self, parts: list[Query]) -> Query:
        return parts[0]

    def without(self, parts: list[Query]) -> Query:
        part = _alone(parts[0])
        return part.part if isinstance(part, Not) else Not(part)

    def loose(self, parts: list[Token]) -> Query:
        token = parts[0]
        quoted = self.phrase([token.update(value=token.value[1:].lstrip())])
        return Near(quoted.words, LOOSE_WORDS) if isinstance(quoted, Phrase) else quoted

    def field(self, parts: list[Token | Query]) -> Query:
        token, part = parts
        assert isinstance(token, Token) and not isinstance(part, Token)
        name = token.value[:-1].casefold()
        at = token.start_pos or 0
        if name == "title":
            _check_title(part, at)
            return InTitle(_alone(part))
        match part:
            case Word():
                value = part.text
            case Phrase():
                value = " ".join(word.text for word in part.words)
            case _:
                raise QueryError(
                    f"After {name}: at character {at + 1} one word or phrase must stand.",
                    position=at,
                    example=fields.EXAMPLES[name],
                )
        return fields.field(name, value, position=at, today=self._today)

    def word(self, parts: list[Token]) -> Query:
        token = parts[0]
        if token.value == "AND":
            raise QueryError(
                f"AND at character {token.start_pos + 1 if token.start_pos is not None else 1} "
                "is not needed: words side by side must all occur. Leave it out.",
                position=token.start_pos,
                example="gallium export",
            )
        _check_colon(token)
        # a bare word is marked so that a run of them can still turn out to be a concept's name
        return _Bare(*_parts_of(word_of(token.value), token))

    def phrase(self, parts: list[Token]) -> Query:
        token = parts[0]
        words = tuple(
            word for piece in token.value[1:-1].split() if (word := word_of(piece)) is not None
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
            # a name in another language or number: #tariffs, #Seltene-Erden, #稀土
            name = concept_for_words(name.replace("-", " ")) or name
        if name not in concept_names():
            close = difflib.get_close_matches(name, concept_names(), n=1, cutoff=0.5)
            mend = f"Did you mean #{close[0]}? " if close else ""
            raise QueryError(
                f"There is no concept {token.value} (at character {(token.start_pos or 0) + 1}). "
                f"{mend}/concepts lists them all.",
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
            f"“{shorten(token.value)}” at character {at} has no letter or digit, so it can "
            "never be found. Leave it out or write a word.",
            position=token.start_pos,
            example=EXAMPLE,
        )
    return word.text, word.is_prefix


def word_of(piece: str) -> Word | None:
    """A word without punctuation around it, or None where no letter or digit is left."""
    is_prefix = piece.endswith("*")
    bare = piece.strip("=.,;:!?'’*…。，；：！？、")
    if not tokenise(bare) or _invisible_only(bare):
        return None
    return Word(bare, is_prefix)


def _invisible_only(text: str) -> bool:
    return not any(fold(token.text) for token in tokenise(text))


def _named(parts: Sequence[Query | Token]) -> list[Query | Token]:
    """Runs of bare words that are a concept's name are the concept; bare marks are taken off."""
    named: list[Query | Token] = []
    at = 0
    while at < len(parts):
        found = _name_at(parts, at)
        if found is None:
            part = parts[at]
            named.append(part if isinstance(part, Token) else _alone(part))
            at += 1
        else:
            name, at = found
            named.append(Concept(name))
    return named


def _joined(parts: list[Query | Token]) -> Query:
    """What stands around NEAR as one part, then all as an And."""
    found: list[Query] = []
    waiting: Token | None = None
    for part in parts:
        if isinstance(part, Token):
            if waiting is not None or not found:
                raise _lonely(part)
            waiting = part
        elif waiting is None:
            found.append(part)
        else:
            found.append(_near(found.pop(), waiting, part))
            waiting = None
    if waiting is not None:
        raise _lonely(waiting)
    flat = _flat(And, found)
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def _lonely(token: Token) -> QueryError:
    at = token.start_pos or 0
    return QueryError(
        f"{token.value} at character {at + 1} needs a word, a phrase or a concept on both sides.",
        position=at,
        example="gallium NEAR/5 export",
    )


def _near(one: Query, token: Token, other: Query) -> Near:
    at = token.start_pos or 0
    words = int(token.value.partition("/")[2] or LOOSE_WORDS)
    if not 1 <= words <= MAX_NEAR:
        raise QueryError(
            f"{token.value[:20]} at character {at + 1}: words can be near within 1 to {MAX_NEAR} "
            "words.",
            position=at,
            example="gallium NEAR/5 export",
        )
    # a NEAR/5 b NEAR/5 c: all three within five words
    before = one.parts if isinstance(one, Near) and one.words == words else (one,)
    if isinstance(one, Near) and one.words != words:
        raise QueryError(
            f"{token.value} at character {at + 1}: the NEARs of one chain must ask for the same "
            "number of words.",
            position=at,
            example="gallium NEAR/5 export NEAR/5 licence",
        )
    for part in (*before, other):
        if not _has_place(part):
            raise QueryError(
                f"{token.value} at character {at + 1} can join words, phrases, concepts, and "
                "brackets of these with OR; nothing else has a place in the text.",
                position=at,
                example="(gallium OR germanium) NEAR/5 export",
            )
    return Near((*before, other), words)


def _has_place(query: Query) -> bool:
    match query:
        case Word() | Phrase() | Concept():
            return True
        case Or():
            return all(_has_place(part) for part in query.parts)
        case _:
            return False


def _check_title(part: Query, at: int) -> None:
    match part:
        case Facet() | InTitle():
            raise QueryError(
                f"title: at character {at + 1} looks for words in the title; "
                "a field can't stand in it.",
                position=at,
                example="title:(gallium OR germanium) official:yes",
            )
        case And() | Or() | Near():
            for each in part.parts:
                _check_title(each, at)
        case Not():
            _check_title(part.part, at)
        case _:
            pass


def _check_colon(token: Token) -> None:
    """Refuse a field that is misspelt, or has a space after its colon: as a word it is never
    found."""
    name, colon, value = token.value.partition(":")
    if not colon or not name.isalpha():
        return
    at = token.start_pos or 0
    known = difflib.get_close_matches(name.casefold(), fields.EXAMPLES, n=1, cutoff=0.75)
    if known:
        wrong = f"has a space after it at character {at + 1}" if not value else "is no field"
        raise QueryError(
            f"“{name}:” {wrong}. Did you mean {fields.EXAMPLES[known[0]]}?",
            position=at,
            example=fields.EXAMPLES[known[0]],
        )


def _alone(part: Query) -> Query:
    """A part that no others stand beside, as a plain one."""
    if isinstance(part, _Bare):
        name = None if part.is_prefix else concept_for_words(part.text)
        return Word(part.text, part.is_prefix) if name is None else Concept(name)
    return part


def _name_at(parts: Sequence[Query | Token], at: int) -> tuple[str, int] | None:
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


def _flat(kind: type[And] | type[Or], parts: list[Query]) -> list[Query]:
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else [part])
    return flat


def shorten(text: str) -> str:
    """The start of what was typed, for a message."""
    return text if len(text) <= 20 else text[:19] + "…"
