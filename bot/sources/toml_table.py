"""One table of a TOML file that people write: every mistake is named, with what would fit."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NoReturn

from bot.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class TomlTable:
    """One table of the file, with what messages about it begin with."""

    values: dict[str, Any]
    place: str
    examples: dict[str, str]

    def fail(self, key: str, wrong: str, example: str | None = None) -> NoReturn:
        """Raise CatalogueError: the place, the key, what is wrong with it, and what would fit."""
        shown = example or self.examples[key]
        raise CatalogueError(f"{self.place}: {key}: {wrong}. Example: {shown}")

    def check_keys(self) -> None:
        for key in self.values:
            if key not in self.examples:
                raise CatalogueError(
                    f"{self.place}: {key}: this key is unknown."
                    f"{meant(key, list(self.examples), '{}')} "
                    f"Known keys: {', '.join(self.examples)}."
                )

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            self.fail(key, f"it must be text, not {type_name(value)}")
        return value.strip()

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, f"it must be true or false, not {type_name(value)}")
        return value

    def choice(self, key: str, choices: type[StrEnum], default: StrEnum) -> str:
        value = self.text(key, default.value)
        known = [each.value for each in choices]
        if value not in known:
            self.fail(
                key,
                f"{value!r} is none of {', '.join(known)}{meant(value, known, '{}').rstrip('?')}",
            )
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or a single one; none of them empty."""
        value = self.values.get(key, [])
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
            self.fail(key, "it must be a text, or a list of texts")
        return tuple(text.strip() for text in texts if text.strip())

    def expression(self, key: str) -> str | None:
        """A text, or None where there is none."""
        return self.text(key) or None


def meant(word: str, known: list[str], form: str) -> str:
    """ " Did you mean …?", or "" where nothing known is near."""
    close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f" Did you mean {form.format(close[0])}?" if close else ""


def type_name(value: object) -> str:
    """What TOML calls it, in words."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "text"}
    return names.get(type(value)) or ("a list" if isinstance(value, list) else "a table or a date")
