"""This Item answers that Watch, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import WatchId


class Part(StrEnum):
    """The part of an item that a hit lies in."""

    TITLE = "title"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that satisfied a term: offsets in code points of the item's own title or text."""

    part: Part
    start: int
    end: int
    term: str  # the term of the query as the desk would write it
    concept: str | None = None  # the concept through which it matched

    @property
    def order(self) -> tuple[Part, int, int, str, str]:
        """By place, then by term; the word itself before the concept that it also stands for."""
        return self.part, self.start, self.end, self.term, self.concept or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One watch's answer; `hits` in order of place; none where it asks for facets alone."""

    watch_id: WatchId
    hits: tuple[Hit, ...]
