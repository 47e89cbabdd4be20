"""Query to text: what is shown parses to the same query."""

from __future__ import annotations

import re

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
from bot.matching.builder import word_of
from bot.matching.concepts import concept_for_words, longest_name

_KEYWORD = re.compile(r"OR|NOT|AND|NEAR(?:/\d+)?")


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
        case Near():
            shown = f" NEAR/{query.words} ".join(_show(p, is_top=False) for p in query.parts)
        case InTitle():
            return f"title:{_show(query.part, is_top=False)}"
        case Code():
            return f"{query.system}:{query.number}"
        case Facet():
            return f"{query.name}:{_value(query.value)}"
        case Not():
            return f"-{_show(query.part, is_top=False)}"
        case And():
            shown = " ".join(_show_parts(query.parts))
        case Or():
            shown = " OR ".join(_show(part, is_top=False) for part in query.parts)
    return shown if is_top else f"({shown})"


def _value(text: str) -> str:
    is_bare = not any(char.isspace() or char in '()"' for char in text) and text[0] not in "#-~"
    return text if is_bare else f'"{text}"'


def _show_parts(parts: tuple[Query, ...]) -> list[str]:
    """Each part; a word that would begin a concept's name is put into quotation marks."""
    shown = [_show(part, is_top=False) for part in parts]
    bare = [
        part.text if isinstance(part, Word) and text == part.text else None
        for part, text in zip(parts, shown, strict=True)
    ]
    for at in range(len(bare)):
        if _begins_name(bare, at):
            shown[at] = f'"{shown[at]}"'
            bare[at] = None
    return shown


def _begins_name(bare: list[str | None], at: int) -> bool:
    words: list[str] = []
    for word in bare[at : at + longest_name()]:
        if word is None:
            return False
        words.append(word)
        if concept_for_words(" ".join(words)) is not None:
            return True
    return False


def _is_bare(word: Word, bare: str) -> bool:
    if _KEYWORD.fullmatch(word.text) or concept_for_words(bare) is not None:
        return False
    if any(char.isspace() or char in '()":' for char in bare) or bare[0] in "#-~":
        return False
    return word_of(bare) == word
