"""Flat records in XML (the entries of a sitemap, the dates of an Atom feed), as expat reads them;
no tree is ever built. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from xml.parsers import expat

from bot.sources.hostile import MAX_ATTRIBUTES, MAX_TAGS

MAX_DEPTH = 32
"""Open elements; records are five deep at most."""

MAX_FIELD = 5_000
"""Code points of one value."""

MAX_RECORDS = 50_000
"""What a sitemap may hold (sitemaps.org)."""

MAX_NAMES = 1_000
"""Different names of elements and attributes: expat keeps each for good."""

MAX_TOKEN = 1_000_000
"""Bytes of one tag; expat looks at an unfinished one from its beginning with each piece."""

_PIECE = 1 << 16

Naming = Callable[[str, str], str]
"""From an element's namespace ("" for none) and its name there to the name of a field or record;
"" for elements that mean nothing."""


@dataclass(slots=True)
class Records:
    """What was found: each record's name and its fields, the first of each name. `root` is the
    name of the root element; `broken` says why the rest cannot be read, or is ""."""

    root: str = ""
    records: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    broken: str = ""


def xml_records(text: str, names: Collection[str], naming: Naming) -> Records:
    """The records of these names, up to where the text breaks off. Never raises for the text."""
    reader = _Reader(frozenset(names), naming)
    try:
        reader.read(text.encode("utf-8", "replace"))
    except _Refused as reason:
        reader.found.broken = str(reason)
    except expat.ExpatError as error:
        reader.found.broken = f"it is no well-formed XML from line {error.lineno} on"
    return reader.found


class _Refused(Exception):  # noqa: N818
    """Leaves expat. The text says why."""


class _Reader:
    def __init__(self, names: frozenset[str], naming: Naming) -> None:
        self.found = Records()
        self._names = names
        self._naming = naming
        self._path: list[str] = []
        self._tags = 0
        self._record: dict[str, str] | None = None
        self._record_depth = 0
        self._said: list[str] = []
        self._size = 0

    def read(self, body: bytes) -> None:
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = _entity
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        for at in range(0, len(body), _PIECE):
            parser.Parse(body[at : at + _PIECE], False)
            if at + _PIECE - parser.CurrentByteIndex > MAX_TOKEN:
                raise _Refused(f"one of its tags is longer than {MAX_TOKEN:,} bytes")
            if len(parser.intern) > MAX_NAMES:
                raise _Refused(f"it has more than {MAX_NAMES:,} different names")
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._tags += 1
        if self._tags > MAX_TAGS:
            raise _Refused(f"it has more than {MAX_TAGS:,} tags")
        if len(self._path) >= MAX_DEPTH:
            raise _Refused(f"its elements are nested more than {MAX_DEPTH} deep")
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            raise _Refused(f"one of its tags has more than {MAX_ATTRIBUTES:,} attributes")
        namespace, _, local = name.rpartition(" ")
        said = self._naming(namespace, local)
        if not self._path:
            self.found.root = said or local
        self._path.append(said)
        if self._record is None and said in self._names:
            if len(self.found.records) >= MAX_RECORDS:
                raise _Refused(f"it has more than {MAX_RECORDS:,} entries")
            self._record, self._record_depth = {}, len(self._path)
            self.found.records.append((said, self._record))
        self._said.clear()
        self._size = 0

    def _characters(self, data: str) -> None:
        if self._record is not None and self._size < MAX_FIELD:
            self._said.append(data[: MAX_FIELD - self._size])
            self._size += len(data)

    def _end(self, _name: str) -> None:
        said = self._path.pop()
        if self._record is None:
            return
        if len(self._path) < self._record_depth:
            self._record = None
        elif said and (value := "".join(self._said).strip()):
            self._record.setdefault(said, value)
        self._said.clear()


def _entity(*_: object) -> None:
    raise _Refused("it declares entities")
