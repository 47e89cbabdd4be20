"""Lists in XML, entry by entry, as expat reads them; no tree is ever built. Pure.

    <sdnEntry><uid>36</uid><programList><program>CUBA</program></programList>…  ->  one row

What stands in an entry is compared by its children: each is a line with all that it holds, and
each part of a child that only lists parts (<akaList><aka>…</aka><aka>…</aka></akaList>) likewise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from bot.domain.fetch import NotAFeed
from bot.domain.source import RegisterShape
from bot.sources.charset import decode_body
from bot.sources.hostile import MAX_ATTRIBUTES, MAX_DEPTH, MAX_TAGS
from bot.sources.page import skipped_note
from bot.sources.register_rows import Line, ParsedRegister, Refused, Rows, tidy
from bot.sources.sniff import describe

MAX_ENTRY = 1_000_000
"""Code points of one entry, tags apart."""

MAX_ELEMENTS = 10_000
"""Of one entry."""

MAX_NAMES = 5_000
"""Different names of elements and attributes: expat keeps each for good."""

MAX_TOKEN = 2_000_000
"""Bytes of one tag; expat looks at an unfinished one from its beginning with each piece."""

_PIECE = 1 << 18
_HEAD_BYTES = 4_096


def parse_xml(body: bytes, shape: RegisterShape) -> ParsedRegister | NotAFeed:
    """The entries of an XML file. One that breaks off, or is ill-formed, is refused whole."""
    start = decode_body(body[:_HEAD_BYTES]).text
    if not start.lstrip().startswith("<"):
        return NotAFeed(detail=f"{describe(start)}, where an XML file should be")
    reader = _Reader(shape, len(body))
    try:
        reader.read(body)
    except Refused as reason:
        return NotAFeed(detail=f"an XML file that was refused: {reason}")
    except (expat.ExpatError, ValueError, LookupError) as error:
        # ValueError, LookupError: what Python says to an encoding that expat cannot read
        return NotAFeed(detail=f"{describe(start)}, which cannot be read to its end ({error})")
    if not len(reader.rows):
        return NotAFeed(detail=f"{describe(start)}, without a single {shape.entry}")
    return ParsedRegister(
        rows=reader.rows.finish(), note=skipped_note(reader.rows.skipped, "without a key")
    )


@dataclass(slots=True)
class _Part:
    """A child of an entry, or a part of one: what it says, and its own parts."""

    name: str
    said: list[str] = field(default_factory=list)
    own: bool = False  # whether it says anything outside its parts
    parts: list[_Part] = field(default_factory=list)


class _Reader:
    """The state between expat's calls."""

    def __init__(self, shape: RegisterShape, body_bytes: int) -> None:
        self.rows = Rows(shape, body_bytes)
        self._shape = shape
        self._entries = frozenset(each.strip() for each in shape.entry.split(","))
        self._wanted = frozenset((*shape.key, *shape.name, *shape.programme))
        self._left_out = frozenset(shape.leave_out)
        self._depth = 0
        self._elements = 0
        self._path: list[str] = []  # below the entry
        self._is_within = False
        self._skipping = 0  # how deep within what is left out
        self._size = 0
        self._count = 0
        self._text: list[str] = []
        self._found: dict[str, list[str]] = {}
        self._parts: list[_Part] = []
        self._open: list[_Part] = []

    def read(self, body: bytes) -> None:
        """Read all. Raises Refused, and what expat raises."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = _entity
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        view = memoryview(body)
        for at in range(0, len(body), _PIECE):
            parser.Parse(view[at : at + _PIECE], False)
            if at + _PIECE - parser.CurrentByteIndex > MAX_TOKEN:
                raise Refused(f"one of its tags is longer than {MAX_TOKEN:,} bytes")
            if len(parser.intern) > MAX_NAMES:
                raise Refused(f"it has more than {MAX_NAMES:,} different names")
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise Refused(f"it is nested more than {MAX_DEPTH} deep")
        if self._elements > MAX_TAGS:
            raise Refused(f"it has more than {MAX_TAGS:,} tags")
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            raise Refused(f"one of its tags has more than {MAX_ATTRIBUTES:,} attributes")
        local = name.rpartition(":")[2]
        if not self._is_within:
            if local in self._entries:
                self._begin()
                self._take_attributes(attributes)
            return
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise Refused(f"one of its entries has more than {MAX_ELEMENTS:,} elements")
        if self._skipping or self._is_left_out(local, local):
            self._skipping += 1
            return
        self._take_text()
        self._path.append(local)
        part = _Part(local)
        if len(self._path) == 1:
            self._parts.append(part)
        elif len(self._path) == 2:
            self._open[-1].parts.append(part)
        else:
            part = self._open[-1]  # deeper parts belong to the one that is open
        self._open.append(part)
        self._take_attributes(attributes)

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if not self._is_within:
            return
        if self._skipping:
            self._skipping -= 1
            return
        self._take_text()
        if self._path:
            self._path.pop()
            self._open.pop()
        else:
            self._finish()

    def _is_left_out(self, local: str, step: str) -> bool:
        """Whether something below where we are is not compared, nor one of the fields."""
        return local in self._left_out and "/".join((*self._path, step)) not in self._wanted

    def _characters(self, text: str) -> None:
        if self._is_within and not self._skipping:
            self._size += len(text)
            if self._size > MAX_ENTRY:
                raise Refused(f"one of its entries is longer than {MAX_ENTRY:,} characters")
            self._text.append(text)

    def _take_text(self) -> None:
        if self._text:
            value = tidy("".join(self._text))
            self._text = []
            if value:
                self._take("/".join(self._path), value)

    def _take_attributes(self, attributes: list[str]) -> None:
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            local = name.rpartition(":")[2]
            if self._is_left_out(local, f"@{local}") or name.startswith("xmlns"):
                continue
            self._size += len(value)
            if self._size > MAX_ENTRY:
                raise Refused(f"one of its entries is longer than {MAX_ENTRY:,} characters")
            said = tidy(value)
            if said:
                self._take("/".join((*self._path, f"@{local}")), said)

    def _take(self, path: str, value: str) -> None:
        """A value: of a field that has a meaning, or else to be compared where it stands."""
        if value == self._shape.null:
            return
        if path in self._wanted:
            self._found.setdefault(path, []).append(value)
            return
        label = path.rpartition("/")[2].lstrip("@")
        if value in {"true", "false"}:
            value = f"{label}={value}"
        if self._open:
            part = self._open[-1]
            part.said.append(value)
            part.own = True
        else:
            self._parts.append(_Part(label or "text", [value], own=True))

    def _begin(self) -> None:
        self._is_within = True
        self._size = self._count = 0
        self._found, self._parts, self._open, self._path, self._text = {}, [], [], [], []

    def _finish(self) -> None:
        self._is_within = False
        found, shape = self._found, self._shape
        names = [found[path] for path in shape.name if path in found]
        lines = [line for part in self._parts for line in _lines(part)]
        if len(names) == 1:
            lines += [("also", other) for other in names[0][1:] if other != names[0][0]]
        self.rows.add(
            [found[path][0] for path in shape.key if path in found],
            " ".join(each[0] for each in names),
            [value for path in shape.programme for value in found.get(path, [])],
            lines,
        )


def _lines(part: _Part) -> list[Line]:
    """A child of an entry as lines: one, or one for each part of a mere list of parts."""
    label = part.name.removesuffix("List")
    kinds = {each.name for each in part.parts}
    if not part.own and len(kinds) == 1:
        return [(label, ", ".join(each.said)) for each in part.parts if each.said]
    said = [*part.said, *(value for each in part.parts for value in each.said)]
    return [(label, ", ".join(said))] if said else []


def _entity(*_declared: object) -> None:
    raise Refused("its DOCTYPE declares entities")
