"""One to three sentences of a text: the lead, and those that hold the match. Pure.

Lead plus matching sentences beat the lead alone and the graph methods (ROUGE-2 15.8 against 14.7
and 11.7; docs/adr/0006-sentences.md). A long sentence is shown around its match, cut where a
clause or a word ends.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.domain.match import Hit, Part
from bot.summaries.sentences import sentences

MAX_SENTENCES = 3
MAX_CHARACTERS = 420
"""Of all pieces together; a wide character (稀) takes the room of two."""

_LONGEST = 240  # of one sentence, likewise; longer ones are cut around the match
_LOOKED_AT = 400  # sentences of a text; what a hit lies in is found beyond them too
_CLAUSE = re.compile(r"[,;:—–，；：、]\s*")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of the text to show; the marks say that the sentence goes on beyond it."""

    start: int
    end: int
    is_cut_before: bool = False
    is_cut_after: bool = False


def extract(title: str, text: str, hits: Sequence[Hit]) -> tuple[Piece, ...]:
    """The pieces to show, in order of place; none where the text says no more than the title."""
    found = sorted({(hit.start, hit.end) for hit in hits if hit.part is Part.TEXT})
    said = _bare(title)
    places: list[tuple[int, int, tuple[int, int] | None]] = []
    lead: tuple[int, int] | None = None
    for start, end in islice(_unbroken(sentences(text), found), _LOOKED_AT):
        if _bare(text[start:end]) == said or not _WORD.search(text, start, end):
            continue  # the title once more, or a line of dashes
        if lead is None:
            lead = (start, end)
        hit = next((h for h in found if start <= h[0] < end), None)
        if hit is not None:
            places.append((start, end, hit))
            if len(places) == MAX_SENTENCES:
                break
    if lead is None:
        return ()
    if not places or (len(places) < MAX_SENTENCES and places[0][0] != lead[0]):
        places.insert(0, (*lead, None))
    return _within_room(text, places)


def _unbroken(
    spans: Iterable[tuple[int, int]], found: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """The sentences, those that one match runs across as one: lines of a text may be wrapped."""
    held: tuple[int, int] | None = None
    for start, end in spans:
        if held is not None and any(h[0] < held[1] and start < h[1] for h in found):
            held = (held[0], end)
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held


def _within_room(
    text: str, places: Sequence[tuple[int, int, tuple[int, int] | None]]
) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    room = MAX_CHARACTERS
    # the sentences that hold the match come before the lead, where there is not room for all
    for place in sorted(places, key=lambda each: each[2] is None):
        piece = _piece(text, *place, room=min(room, _LONGEST))
        width = _width(text[piece.start : piece.end])
        if pieces and width > room:
            continue
        pieces.append(piece)
        room -= width
        if room < _LONGEST // 4:
            break
    return tuple(sorted(pieces, key=lambda piece: piece.start))


def _piece(text: str, start: int, end: int, hit: tuple[int, int] | None, *, room: int) -> Piece:
    """The sentence, or as much of it as there is room for, around the match."""
    if _width(text[start:end]) <= room:
        return Piece(start=start, end=end)
    first, last = start, end
    if hit is not None and _width(text[start : min(hit[1], end)]) > room * 2 // 3:
        first = _cut_before(text, max(start, _back(text, hit[0], room // 3)), hit[0])
    last = _cut_after(text, first, min(end, _forward(text, first, room)), hit)
    return Piece(start=first, end=last, is_cut_before=first > start, is_cut_after=last < end)


def _cut_before(text: str, at: int, limit: int) -> int:
    """The beginning of a clause, else of a word, at or after `at` and not after `limit`."""
    clause = _CLAUSE.search(text, at, limit)
    if clause is not None and clause.end() <= limit:
        return clause.end()
    space = text.find(" ", at, limit)
    return at if space == -1 else space + 1


def _cut_after(text: str, start: int, at: int, hit: tuple[int, int] | None) -> int:
    """The end of a clause, else of a word, at or before `at`, past the match and half the room."""
    floor = max((start + at) // 2, hit[1] if hit is not None else 0)
    if floor >= at:
        return at
    clauses = [each.start() for each in _CLAUSE.finditer(text, floor, at)]
    if clauses:
        return clauses[-1]
    space = text.rfind(" ", floor, at)
    return at if space == -1 else space


def _back(text: str, at: int, room: int) -> int:
    while at > 0 and room > 0:
        at -= 1
        room -= _width(text[at])
    return at


def _forward(text: str, at: int, room: int) -> int:
    while at < len(text) and (room := room - _width(text[at])) >= 0:
        at += 1
    return at


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _bare(text: str) -> str:
    return "".join(_WORD.findall(text.casefold()))
