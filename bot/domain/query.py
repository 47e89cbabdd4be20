"""What a watch asks, parsed. Text becomes a Query in bot/matching/query.py, and back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word, matched by its stem; text without word boundaries (稀土) matches anywhere."""

    text: str
    is_prefix: bool = False  # semicond*


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other, each matched by its stem."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """A built-in notion, matched in every language it is known in."""

    name: str  # its key in bot/matching/concepts/: rare-earths


@dataclass(frozen=True, slots=True)
class And:
    """All must hold, anywhere in title and text."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one must hold."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Must not hold. Never alone: a query says what it wants."""

    part: Query


Query = Word | Phrase | Concept | And | Or | Not
