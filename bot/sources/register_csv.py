"""Lists in CSV, record by record. Pure.

The text is decoded piece by piece, so that a list of 50 MB is held once, as its bytes.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.domain.fetch import NotAFeed
from bot.domain.source import RegisterShape
from bot.sources.charset import decode_body
from bot.sources.page import joined_notes, skipped_note
from bot.sources.register_rows import MAX_COLUMNS, ParsedRegister, Refused, Rows, tidy
from bot.sources.sniff import describe

MAX_RECORD = 1_000_000
"""Code points of one record, its line ends included."""

MAX_LINES = 1_000_000
"""Of one file; the longest that we know has 150,000."""

HEADER_WITHIN = 10
"""Records among which the names of the columns are looked for: some lists begin with a date."""

_PIECE = 1 << 20
_SAMPLE = 100_000  # bytes on each side of what is not UTF-8, by which the encoding is judged
_END_OF_FILE = "\x1a"  # DOS's mark, with which OFAC ends its files


def parse_csv(body: bytes, content_type: str, shape: RegisterShape) -> ParsedRegister | NotAFeed:
    """The entries of a CSV file, by its declared or its own column names.

    A file that ends within a record is refused whole: what is missing was not taken off the list.
    """
    start = decode_body(body[:_PIECE], content_type).text.lstrip()
    if not start or start.startswith(("<", "{")):
        return NotAFeed(detail=f"{describe(start)}, where a CSV file should be")
    encoding, note = encoding_of(body, content_type)
    lines = _Lines(io.TextIOWrapper(io.BytesIO(body), encoding, errors="replace", newline=""))
    rows = Rows(shape, len(body))
    before: Sequence[str] = ()
    last: Sequence[str] = ()
    try:
        records = _records(lines, shape.delimiter)
        names = shape.columns or _header(records, shape)
        if not names:
            return NotAFeed(detail=f"a CSV file without the column {shape.key[0]!r} in its head")
        columns = Columns(names, shape)
        if columns.missing:
            return NotAFeed(
                detail=f"a CSV file without the column {columns.missing!r}; it has "
                f"{', '.join(names)[:300]}"
            )
        for record in records:
            columns.add(rows, record)
            before, last = last or names, record
    except csv.Error as error:
        return NotAFeed(detail=f"a CSV file that cannot be read after line {lines.count} ({error})")
    except Refused as reason:
        return NotAFeed(detail=f"a CSV file that was refused: {reason}")
    is_open = bool(last) and lines.quotes % 2 and last[-1].endswith(("\n", "\r"))
    is_short = len(last) < len(before) or lines.quotes % 2
    if any(last) and (is_open or (not lines.is_ended and is_short)):
        return NotAFeed(detail=f"a CSV file that breaks off within line {lines.count}")
    if not len(rows):
        return NotAFeed(detail="a CSV file without a single entry")
    return ParsedRegister(
        rows=rows.finish(),
        note=joined_notes(note, skipped_note(rows.skipped, "without a key")),
        last_key=rows.last_key,
        is_ended=lines.is_marked,
    )


class Columns:
    """Which column is what."""

    def __init__(self, names: Sequence[str], shape: RegisterShape) -> None:
        """`missing` names a column without which nothing can be read, or is "".

        Raises Refused where there are too many.
        """
        _check_width(names)
        at = {name: number for number, name in reversed(list(enumerate(names)))}
        self._shape = shape
        self._key = [at[name] for name in shape.key if name in at]
        self._name = [at[name] for name in shape.name if name in at]
        self._programme = [at[name] for name in shape.programme if name in at]
        main, _equals, self._main_value = shape.main.casefold().partition("=")
        self._main = next((n for name, n in at.items() if name.casefold() == main.strip()), None)
        apart = {*self._key, *self._name, *self._programme}
        left_out = set(shape.leave_out)
        self._labels = [
            "" if number in apart or name in left_out else name or f"column {number + 1}"
            for number, name in enumerate(names)
        ]
        lacking = (shape.key[0] if not self._key else "") or (
            shape.name[0] if not self._name else ""
        )
        if not lacking and shape.programme and not self._programme:
            lacking = shape.programme[0]
        self.missing = lacking

    def add(self, rows: Rows, record: Sequence[str]) -> None:
        """One record; blank ones are nothing."""
        _check_width(record)
        null = self._shape.null
        values = ["" if (value := tidy(cell)) == null else value for cell in record]
        if not any(values):
            return
        labels = self._labels
        if len(values) > len(labels):
            labels = [*labels, *(f"column {n + 1}" for n in range(len(labels), len(values)))]
        rows.add(
            self._of(self._key, values),
            " ".join(self._of(self._name, values)),
            self._of(self._programme, values),
            [
                (label, value)
                for label, value in zip(labels, values, strict=False)
                if label and value
            ],
            is_main=self._main is not None
            and self._main < len(values)
            and values[self._main].casefold() == self._main_value.strip(),
        )

    @staticmethod
    def _of(numbers: Sequence[int], values: Sequence[str]) -> list[str]:
        return [values[n] for n in numbers if n < len(values) and values[n]]


def _check_width(cells: Sequence[str]) -> None:
    if len(cells) > MAX_COLUMNS:
        raise Refused(f"it has more than {MAX_COLUMNS:,} columns")


def encoding_of(body: bytes, content_type: str) -> tuple[str, str]:
    """The encoding of a long text, and what to note of it; without decoding it as a whole.

    A text is mostly ASCII, so it is judged by what lies around the first byte that is not UTF-8.
    """
    bad = _first_invalid(body)
    if bad is None:
        if body.startswith((codecs.BOM_UTF8, b"\xff\xfe", b"\xfe\xff")) or b"\0" in body[:8]:
            found = decode_body(body[:_SAMPLE], content_type).encoding
            return ("utf-8-sig" if found == "utf-8" else found), ""
        return "utf-8", ""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", ""
    decoded = decode_body(body[max(0, bad - _SAMPLE) : bad + _SAMPLE], content_type)
    return decoded.encoding, decoded.note


def _first_invalid(body: bytes) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        try:
            decoder.decode(view[start : start + _PIECE], final=start + _PIECE >= len(body))
        except UnicodeDecodeError as error:
            return max(0, start + error.start - 4)
    return None


class _Lines:
    """The lines of a text, counted; too long a record is refused."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._length = 0
        self.count = 0
        self.quotes = 0
        self.is_ended = True  # whether the last line had its end
        self.is_marked = False  # whether it was the end of the file, too

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_RECORD + 1):
            self.count += 1
            self._length += len(line)
            if self.count > MAX_LINES:
                raise Refused(f"it has more than {MAX_LINES:,} lines")
            if self._length > MAX_RECORD:
                raise Refused(f"record {self.count} is longer than {MAX_RECORD:,} characters")
            self.quotes += line.count('"')
            self.is_ended = line.endswith(("\n", "\r", _END_OF_FILE))
            self.is_marked = line.rstrip("\r\n").endswith(_END_OF_FILE)
            yield line

    def next_record(self) -> None:
        """A record has ended."""
        self._length = 0


def _records(lines: _Lines, delimiter: str) -> Iterator[list[str]]:
    for record in csv.reader(iter(lines), delimiter=delimiter):
        lines.next_record()
        yield record


def _header(records: Iterator[list[str]], shape: RegisterShape) -> tuple[str, ...]:
    """The names of the columns: the first record that has one of the key; () where none does."""
    for record in islice(records, HEADER_WITHIN):
        names = tuple(map(tidy, record))
        if any(key in names for key in shape.key):
            return names
    return ()
