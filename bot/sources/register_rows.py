"""Records of a register, in whatever format, to rows: what all formats share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.source import RegisterShape
from bot.domain.version import Row, packed, unpacked
from bot.sources.plain_text import one_line

MAX_BYTES = 125_000_000
"""What a list and its entries may take in memory together."""

# bytes that an entry, or a line of one of several records, takes beside its text, as measured
# (tests/sources/test_register_memory.py holds them to it)
_ROW, _LINE = 220, 110

MAX_COLUMNS = 1_000
"""Columns of a list; the widest that we know has 58."""

MAX_KEY = 300
"""Code points of a key."""

Line = tuple[str, str]
"""A label and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRegister:
    """Packed rows with unique keys. `note` is what a person should know all the same, or "";
    `last_key` and `is_ended` are as in Version."""

    rows: Sequence[bytes]
    note: str = ""
    last_key: str = ""
    is_ended: bool = False


class Refused(Exception):  # noqa: N818 - a reason that travels out of a parser's callbacks
    """The list is not to be read any further; the text says why, as a clause."""


@dataclass(slots=True)
class _Several:
    """Several records of one entry; whichever comes first, for the order of a list says nothing."""

    names: set[str] = field(default_factory=set)
    main_names: set[str] = field(default_factory=set)
    programmes: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)

    def take(self, row: Row, *, is_main: bool) -> int:
        """One more record; how many bytes more that is."""
        lines = [line for line in row.text.split("\n") if line and line not in self.lines]
        self.lines.update(lines)
        is_new = row.name not in self.names
        self.names.add(row.name)
        if is_main:
            self.main_names.add(row.name)
        self.programmes.update(row.programme.split("] [") if row.programme else ())
        return sum(_LINE + len(line) for line in lines) + is_new * (_LINE + len(row.name))

    def row(self, key: str) -> Row:
        name = min(self.main_names or self.names)
        lines = self.lines | {f"also: {other}" for other in self.names if other != name}
        return Row(
            key=key,
            name=name,
            programme="] [".join(sorted(self.programmes)),
            text="\n".join(sorted(lines)),
        )


class Rows:
    """Collects records; those with one key become one entry."""

    def __init__(self, shape: RegisterShape, body_bytes: int) -> None:
        """`body_bytes` are those of the list, which are held all the while."""
        self._separator = shape.separator
        self._rows: dict[str, bytes | _Several] = {}
        self._mains: set[str] = set()  # entries of one record so far, which has their name
        self._room = MAX_BYTES - body_bytes
        self.skipped = 0
        self.last_key = ""

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
        """One record; all values tidied, none of them empty. Without a key it is only counted.

        Raises Refused where the list would take too much memory.
        """
        if not key:
            self.skipped += 1
            return
        row = Row(
            key=" · ".join(key)[:MAX_KEY],
            name=name or " · ".join(key),
            programme=self._programme(programmes),
            text="\n".join(sorted({f"{label}: {value}" for label, value in lines})),
        )
        self.last_key = row.key
        known = self._rows.get(row.key)
        if known is None:
            self._rows[row.key] = first = packed(row)
            self._room -= _ROW + len(first)
            if is_main:
                self._mains.add(row.key)
        else:
            if isinstance(known, bytes):
                one = unpacked(known)
                self._rows[row.key] = known = _Several()
                self._room -= known.take(one, is_main=row.key in self._mains)
            self._room -= known.take(row, is_main=is_main)
        if self._room < 0:
            raise Refused(f"reading it would take more than {MAX_BYTES // 10**6} MB of memory")

    def finish(self) -> Sequence[bytes]:
        """All entries, once; in the order in which they came."""
        rows: list[bytes] = []
        while self._rows:  # each is let go as soon as it is packed
            key, found = self._rows.popitem()
            rows.append(found if isinstance(found, bytes) else packed(found.row(key)))
        rows.reverse()
        return rows

    def _programme(self, values: Iterable[str]) -> str:
        return "] [".join(sorted(set(self._parted(values))))

    def _parted(self, values: Iterable[str]) -> Iterator[str]:
        for value in values:
            for each in value.split(self._separator) if self._separator else (value,):
                programme = each.strip(" []")
                if programme:
                    yield programme


def tidy(value: str) -> str:
    """A value on one line, without blanks around it and invisible characters."""
    value = value.strip()
    return value if value.isprintable() and "  " not in value else one_line(value)
