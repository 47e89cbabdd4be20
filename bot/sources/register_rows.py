"""Records of a register, in whatever format, to rows: what all formats share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.source import RegisterShape
from bot.domain.version import Row, packed, unpacked
from bot.sources.plain_text import one_line

MAX_ROWS = 250_000
"""Entries of one list; the longest that we know has 60,000 lines. More is refused: memory."""

MAX_COLUMNS = 1_000
"""Columns of a list; the widest that we know has 58."""

MAX_KEY = 300
"""Code points of a key."""

Line = tuple[str, str]
"""A label and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRegister:
    """Packed rows with unique keys. `note` is what a person should know all the same, or ""."""

    rows: Sequence[bytes]
    note: str = ""


class Refused(Exception):  # noqa: N818 - a reason that travels out of a parser's callbacks
    """The list is not to be read any further; the text says why, as a clause."""


class Rows:
    """Collects records; those with one key become one entry."""

    def __init__(self, shape: RegisterShape) -> None:
        self._shape = shape
        self._rows: dict[str, bytes] = {}
        self._have_main: set[str] = set()
        self._programmes: dict[tuple[str, ...], str] = {}
        self.skipped = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        key: Sequence[str],
        name: str,
        programmes: Iterable[str],
        lines: Iterable[Line],
        *,
        is_main: bool = False,
    ) -> None:
        """One record; all values tidied, none of them empty. Without a key it is only counted."""
        if not key:
            self.skipped += 1
            return
        row = Row(
            key=" · ".join(key)[:MAX_KEY],
            name=name or " · ".join(key),
            programme=self._programme(programmes),
            text="\n".join(sorted({f"{label}: {value}" for label, value in lines})),
        )
        known = self._rows.get(row.key)
        if known is not None:
            row = self._merged(unpacked(known), row, is_main=is_main)
        elif len(self._rows) == MAX_ROWS:
            raise Refused(f"it has more than {MAX_ROWS:,} entries")
        if is_main:
            self._have_main.add(row.key)
        self._rows[row.key] = packed(row)

    def finish(self) -> Sequence[bytes]:
        """All entries, once."""
        rows = list(self._rows.values())
        self._rows.clear()
        return rows

    def _programme(self, values: Iterable[str]) -> str:
        found = tuple(self._parted(values))
        # few and often the same: each is kept once
        return self._programmes.setdefault(found, "] [".join(sorted(set(found))))

    def _parted(self, values: Iterable[str]) -> Iterator[str]:
        separator = self._shape.separator
        for value in values:
            for each in value.split(separator) if separator else (value,):
                programme = each.strip(" []")
                if programme:
                    yield programme

    def _merged(self, known: Row, new: Row, *, is_main: bool) -> Row:
        """Both records as one, whichever came first: the order of a list says nothing."""
        had_main = known.key in self._have_main
        if is_main != had_main:
            name = new.name if is_main else known.name
        else:
            name = min(known.name, new.name)
        lines = {*known.text.split("\n"), *new.text.split("\n")}
        lines |= {f"also: {each}" for each in (known.name, new.name)}
        lines -= {"", f"also: {name}"}
        return replace(
            known,
            name=name,
            programme=self._programme(
                each for row in (known, new) for each in row.programme.split("] [") if each
            ),
            text="\n".join(sorted(lines)),
        )


def tidy(value: str) -> str:
    """A value on one line, without blanks around it and invisible characters."""
    value = value.strip()
    return value if value.isprintable() and "  " not in value else one_line(value)
