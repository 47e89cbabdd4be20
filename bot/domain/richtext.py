"""Formatted text that knows no medium: lines of spans. Rendering turns it into each medium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style. `url` makes it a link."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    url: str | None = None


Line = tuple[Span, ...]
"""One line; the empty tuple is a blank line."""


@dataclass(frozen=True, slots=True)
class RichText:
    """Lines of spans. No span's text holds a line break."""

    lines: tuple[Line, ...]

    @property
    def plain(self) -> str:
        """The bare characters, lines joined by a line feed."""
        return "\n".join("".join(span.text for span in line) for line in self.lines)

    def to_json(self) -> list[list[list[Any]]]:
        """For the outbox: [[ [text, flags, url], … ], …]; flags are letters of "bic"."""
        return [
            [
                [
                    span.text,
                    "b" * span.bold + "i" * span.italic + "c" * span.code,
                    span.url,
                ]
                for span in line
            ]
            for line in self.lines
        ]

    @classmethod
    def from_json(cls, data: list[list[list[Any]]]) -> RichText:
        """The inverse of to_json."""
        return cls(
            tuple(
                tuple(
                    Span(text, bold="b" in flags, italic="i" in flags, code="c" in flags, url=url)
                    for text, flags, url in line
                )
                for line in data
            )
        )


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message. `data` comes back when it is pressed: 1 to 64 bytes."""

    label: str
    data: str


def text(*parts: str | Span) -> Line:
    """A line of spans and plain strings."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts if part)


def bold(value: str) -> Span:
    """A bold span."""
    return Span(value, bold=True)


def italic(value: str) -> Span:
    """An italic span."""
    return Span(value, italic=True)


def code(value: str) -> Span:
    """A span to be typed as it stands."""
    return Span(value, code=True)


def rich(*lines: str | Span | Line) -> RichText:
    """A RichText from lines; a string with line feeds becomes several lines."""
    result: list[Line] = []
    for line in lines:
        if isinstance(line, str):
            result.extend(text(part) for part in line.split("\n"))
        elif isinstance(line, Span):
            result.append((line,))
        else:
            result.append(line)
    return RichText(tuple(result))
