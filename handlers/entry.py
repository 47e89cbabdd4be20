"""Typed text to a Command: the same for every door."""

from __future__ import annotations

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
    stripped = text.strip()[:MAX_TYPED]
    if not stripped.startswith("/") or len(stripped) == 1:
        return None
    head, *rest = stripped[1:].split(maxsplit=1)
    name, _, addressee = head.partition("@")
    # lone surrogates cannot be stored; they are no letters in any language
    args = (rest[0] if rest else "").encode("utf-8", "ignore").decode("utf-8")
    return Typed(name.casefold(), addressee.casefold(), " ".join(args.split()))


def read_button(data: str) -> Typed | None:
    """The command that a button's data stands for: `watch:rare earths`."""
    name, colon, args = data.partition(":")
    return Typed(name, "", args) if colon and name.isalpha() else None
