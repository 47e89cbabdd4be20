"""What a list or a page held at one reading, row by row; the next reading is compared with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The rows in order of their keys, which are unique.

    `digest` tells versions apart without their rows. `form` is the way in which they were read:
    rows of two forms cannot be compared.
    """

    rows: tuple[Row, ...]
    digest: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """The version that is on record, as of one instant; its rows are read only when asked for.

    `doubted` is the digest of a version that was not believed, read `doubts` times in a row.
    """

    digest: str
    form: str
    count: int
    doubted: str = ""
    doubts: int = 0
    read_rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """What makes the version on record the next one; other fields as in StoredVersion."""

    source_id: SourceId
    digest: str
    form: str
    count: int
    doubted: str = ""
    doubts: int = 0
    put: Sequence[Row] = ()
    drop: Sequence[str] = ()
    is_anew: bool = False  # the rows on record are of another form, and go first


def version_of(rows: Iterable[Row], form: str) -> Version:
    """A version of rows with unique keys, in whatever order."""
    ordered = sorted(rows, key=attrgetter("key"))
    digest = blake2b(digest_size=16)
    for row in ordered:
        said = f"{row.key}\x1f{row.place}\x1f{row.name}\x1f{row.programme}\x1f{row.text}\x1e"
        digest.update(said.encode())
    return Version(rows=tuple(ordered), digest=digest.hexdigest(), form=form)
