"""The labelled set: sentences in ten languages, and whether a query finds them.

One file a language in tests/data/labelled/tuned and …/held, a case a line: `query`, `lang`, `text`,
`matches`, `why`; `concept` where the query is a concept's name in plain words. What is in `held` is
looked at to mend a label only, never to tune by.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.domain.query import And, Concept, InTitle, Near, Not, Or, Query
from bot.errors import QueryError
from bot.match_command import answers
from bot.matching.query import parse

FOLDER = Path(__file__).parents[1] / "data" / "labelled"
PARTS = ("tuned", "held")
LANGUAGES = ("en", "zh-hans", "zh-hant", "de", "fr", "nl", "ja", "ko", "es", "it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sentence and one query; `file` is its language, simplified and traditional told apart."""

    file: str
    query: str
    lang: str
    text: str
    matches: bool
    why: str
    concept: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the concepts that it asks for exist."""
        return not self.names_a_concept or _knows(self.query)

    @property
    def names_a_concept(self) -> bool:
        """Whether it asks for a concept, by # or by name."""
        return self.concept or "#" in self.query

    def line(self) -> bytes:
        """As `tidewaiter match --batch` reads it."""
        asked = {"query": self.query, "text": self.text, "lang": self.lang}
        return json.dumps(asked, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Answered:
    """A case, and what the product said: found or not, and why."""

    case: Case
    matched: bool
    reason: str

    @property
    def is_right(self) -> bool:
        """Whether it said what the label says."""
        return self.matched == self.case.matches


def cases(part: str) -> tuple[Case, ...]:
    """All cases of `tuned` or `held`, language by language."""
    return tuple(_read(part))


def _read(part: str) -> Iterator[Case]:
    for file in LANGUAGES:
        for line in (FOLDER / part / f"{file}.jsonl").read_text("utf-8").splitlines():
            yield Case(file=file, **json.loads(line))


def ask(asked: tuple[Case, ...]) -> tuple[Answered, ...]:
    """What `tidewaiter match --batch` says to the cases whose concepts are known."""
    known = tuple(case for case in asked if case.is_known)
    found = tuple(answers(case.line() for case in known))
    refused = [
        f"{case.query}: {each['error']}"
        for case, each in zip(known, found, strict=True)
        if "error" in each
    ]
    assert not refused, "\n".join(refused)
    return tuple(
        Answered(case, each["matched"], each["reason"])
        for case, each in zip(known, found, strict=True)
    )


def _knows(query: str) -> bool:
    try:
        return _has_concept(parse(query))
    except QueryError as error:
        if "There is no concept" not in str(error):
            raise
        return False


def _has_concept(query: Query) -> bool:
    match query:
        case Concept():
            return True
        case And() | Or() | Near():
            return any(map(_has_concept, query.parts))
        case Not() | InTitle():
            return _has_concept(query.part)
        case _:
            return False
