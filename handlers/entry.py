"""Typed text to a Command: the same for every door."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MAX_TYPED = 4096  # Telegram's own bound on a message


@dataclass(frozen=True, slots=True)
class Typed:
    """`/name@addressee args`."""

    name: str
    addressee: str
    args: str


def read_typed(text: str) -> Typed | None:
    """The command that a text is, or None for plain words."""
    stripped = _visible(text[: MAX_TYPED * 2]).strip()[:MAX_TYPED]
    if not stripped.startswith("/") or len(stripped) == 1:
        return None
    head, *rest = stripped[1:].split(maxsplit=1)
    name, _, addressee = head.partition("@")
    args = rest[0] if rest else ""
    return Typed(name.casefold(), addressee.casefold(), " ".join(args.split()))


def _visible(text: str) -> str:
    """Without control and format characters, which come along when text is copied and make another
    watch of the same words; without lone surrogates, which cannot be stored."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char
        for char in text
        if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
    )


def read_button(data: str) -> Typed | None:
    """The command that a button's data stands for: `watch:rare earths`."""
    name, colon, args = data.partition(":")
    return Typed(name, "", args) if colon and name.isalpha() else None
