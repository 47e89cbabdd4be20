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
    """A notion that is known by many terms, matched in every language that it is known in."""

    name: str  # its key in bot/matching/concepts/: rare-earths


@dataclass(frozen=True, slots=True)
class Near:
    """All parts within `words` words of each other, in any order.

    A part is a Word, Phrase or Concept, or an Or of these.
    """

    parts: tuple[Query, ...]
    words: int


@dataclass(frozen=True, slots=True)
class InTitle:
    """The part must hold in the title alone."""

    part: Query


@dataclass(frozen=True, slots=True)
class Code:
    """A number of a nomenclature: `system` is hs, eccn or cas; what begins with it counts."""

    system: str
    number: str  # 8505.11, 3B001.a, 7440-62-2


@dataclass(frozen=True, slots=True)
class Facet:
    """What is known of an item beside its words: lang:zh, official:yes, source:mofcom."""

    name: str
    value: str


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


Query = Word | Phrase | Concept | Near | InTitle | Code | Facet | And | Or | Not
