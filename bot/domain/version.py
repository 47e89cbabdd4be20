"""What a list or a page held at one reading, row by row; the next reading is compared with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from bot.domain.ids import SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a list, or one block of a page's text.

    `key` is what stays when the rest changes. `name` is what people call it, `programme` under
    which it is listed ("SDGT] [IFSR": OFAC's way of writing several), `text` all else that is
    compared, a line "label: value" each, in order of the alphabet. `place` counts the blocks of a
    page; it is 0 in lists, whose order says nothing.
    """

    key: str
    name: str
    programme: str = ""
    text: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Rows, each as one run of bytes: they take a third of the memory, and are unpacked one by one.

    In order of their keys, which are unique.
    """

    packed: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.packed)

    def __iter__(self) -> Iterator[Row]:
        return map(unpacked, self.packed)


NO_ROWS = PackedRows()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The rows of one reading.

    `digest` tells versions apart without their rows. `form` is the way in which they were read:
    rows of two forms cannot be compared. `last_key` is the entry that the list ends with, "" where
    a list that breaks off could not be read at all; `is_ended` says that it ends with a mark.
    """

    rows: PackedRows
    digest: str
    form: str
    last_key: str = ""
    is_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """The version that is on record, as of one instant.

    Its rows are read only when asked for: one by one, packed, in order of their keys.
    `doubted` is the digest of a version that was not believed, read `doubts` times in a row, or of
    removals that are held back. `last_key` is as in Version.
    """

    digest: str
    form: str
    count: int
    last_key: str = ""
    doubted: str = ""
    doubts: int = 0
    read_rows: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """What makes the version on record the next one; other fields as in StoredVersion."""

    source_id: SourceId
    digest: str
    form: str
    count: int
    last_key: str = ""
    doubted: str = ""
    doubts: int = 0
    put: PackedRows = NO_ROWS
    drop: PackedRows = NO_ROWS
    is_anew: bool = False  # the rows on record are of another form, and go first


def packed(row: Row) -> bytes:
    """A row as bytes whose order is that of the keys. No field may hold a control character but
    the line feeds of the text."""
    return "\x1f".join((row.key, row.name, row.programme, row.text, str(row.place))).encode()


def unpacked(row: bytes) -> Row:
    """The inverse of packed."""
    key, name, programme, text, place = row.decode().split("\x1f")
    return Row(key=key, name=name, programme=programme, text=text, place=int(place))


def key_of(row: bytes) -> bytes:
    """The key of a packed row."""
    return row.partition(b"\x1f")[0]


def said_of(row: bytes) -> bytes:
    """What a packed row says, whatever its key and place."""
    return row.partition(b"\x1f")[2].rpartition(b"\x1f")[0]


def version_of(
    rows: Iterable[bytes], form: str, *, last_key: str = "", is_ended: bool = False
) -> Version:
    """A version of packed rows with unique keys, in whatever order."""
    ordered = sorted(rows)
    digest = blake2b(digest_size=16)
    for row in ordered:
        digest.update(row + b"\x1e")
    return Version(
        rows=PackedRows(tuple(ordered)),
        digest=digest.hexdigest(),
        form=form,
        last_key=last_key,
        is_ended=is_ended,
    )
