"""A message as parts that Telegram takes, each complete in itself.

Telegram counts UTF-16 units after its tags are gone (at most 4,096) and entities (at most 100;
further ones are dropped without a word). Cutting rich text instead of HTML cannot break a tag.
Source: https://core.telegram.org/bots/api#sendmessage
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.richtext import Line, RichText, Span

TELEGRAM_ROOM = 4000
"""UTF-16 units a message may have: Telegram's 4,096 less the line that marks a repeat."""
MAX_ENTITIES = 100
_JOINERS = frozenset("\u200d\ufe0e\ufe0f\u20e3")
_LONGEST_JOINED = 16  # code points of the longest sign that people write; more is noise


def split(body: RichText, *, limit: int) -> tuple[RichText, ...]:
    """Parts of at most `limit` UTF-16 units and 100 entities, cut at line ends, else at words.

    `limit` is at least 32. Blank lines at a cut are dropped; nothing else is.
    """
    parts: list[list[Line]] = [[]]
    room, entities = limit, MAX_ENTITIES
    for whole in body.lines:
        for line in _pieces(whole, limit):
            size = sum(units(span.text) for span in line)
            marks = sum(_entities(span) for span in line)
            if parts[-1] and (size + 1 > room or marks > entities):
                parts.append([])
                room, entities = limit, MAX_ENTITIES
            if not parts[-1] and not any(span.text.strip() for span in line):
                continue
            room -= size + bool(parts[-1])
            entities -= marks
            parts[-1].append(line)
    return tuple(RichText(tuple(_without_end(part))) for part in parts if part) or (body,)


def units(text: str) -> int:
    """UTF-16 units of a text."""
    return len(text) + sum(char > "\uffff" for char in text)


def _entities(span: Span) -> int:
    return span.code or span.bold + span.italic + (span.url is not None)


def _pieces(line: Line, limit: int) -> Iterator[Line]:
    """The line itself, or its runs where it is too long for one message."""
    piece: list[Span] = []
    room, entities = limit - 1, MAX_ENTITIES
    for span in line:
        rest = span.text
        while rest:
            if entities < _entities(span):
                head = 0
            elif units(rest) <= room:
                head = len(rest)
            else:
                head = _cut(rest, room)
            if head == 0 and not piece:
                head = max(1, _fitting(rest, room))
            if head:
                piece.append(replace(span, text=rest[:head]))
                room -= units(rest[:head])
                entities -= _entities(span)
                rest = rest[head:]
            if rest:
                yield tuple(piece)
                piece, room, entities = [], limit - 1, MAX_ENTITIES
                rest = rest.lstrip(" ")
    yield tuple(piece)


def _cut(text: str, room: int) -> int:
    """The last word end that fits, where that leaves no more than half the room empty."""
    fits = _fitting(text, room)
    space = text.rfind(" ", fits // 2, fits + 1)
    return fits if space == -1 else space


def _fitting(text: str, room: int) -> int:
    """How many code points fit into `room` units, without parting a joined sign (👩‍🔬)."""
    at = used = 0
    while at < len(text) and used + 1 + (text[at] > "\uffff") <= room:
        used += 1 + (text[at] > "\uffff")
        at += 1
    back = at
    while max(0, at - _LONGEST_JOINED) < back < len(text) and (
        text[back] in _JOINERS or text[back - 1] == "\u200d"
    ):
        back -= 1
    return back if back > at - _LONGEST_JOINED else at


def _without_end(lines: list[Line]) -> list[Line]:
    while len(lines) > 1 and not any(span.text.strip() for span in lines[-1]):
        lines.pop()
    return lines
