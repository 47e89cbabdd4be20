"""Rich text for a terminal: wrapped to its width (wide characters count twice), with colour."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wcwidth import wcswidth, wcwidth

from bot.domain.richtext import Line, RichText, Span
from bot.rendering.plain import names_host, printable

_RESET = "\x1b[0m"
_BOLD, _ITALIC, _CODE, _LINK = "1", "3", "36", "4;34"
_HANG = 2  # columns kept free for a stop, so that it need not begin a line
_SET_IN = "    "
_NO_LINE_START = frozenset("。，、；：！？）】』」…,.;:!?)]}%")


def to_terminal(body: RichText, *, width: int, colour: bool) -> str:
    """Lines of at most `width` columns (at least 20), without a sign that moves the cursor.

    The last two columns are for a closing stop, which must not begin a line. Words and addresses
    are never broken: a terminal makes an address clickable only whole.
    """
    width = max(width, 20) - _HANG
    lines: list[str] = []
    for line in body.lines:
        lines.extend(_painted(row, colour=colour) for row in _wrapped(line, width))
    return "\n".join(lines)


def fitted(text: str, *, columns: int) -> str:
    """A cell of so many columns: filled up with blanks, or cut with an ellipsis."""
    cell = printable(text)
    if _columns(cell) > columns:
        while _columns(cell) >= columns:
            cell = cell[:-1]
        cell += "…"
    return cell + " " * (columns - _columns(cell))


def hung(text: str, *, width: int) -> list[str]:
    """One line as rows of at most `width` columns (at least 20), all but the first set in by four.
    What is longer than a row is broken."""
    width = max(width, 20)
    rows: list[str] = []
    row = ""
    for word in re.findall(r"\s*\S+", printable(text).rstrip()):
        is_next = bool(row.strip()) and _columns(row + word) > width
        if is_next:
            rows.append(row)
            row = _SET_IN
        for char in word.lstrip() if is_next else word:
            if _columns(row) + _columns(char) > width:
                rows.append(row)
                row = _SET_IN
            row += char
    return [*rows, row]


def _wrapped(line: Line, width: int) -> Iterator[list[Span]]:
    row: list[Span] = []
    column = 0
    indent = " " * _indent(line)
    for atom in _atoms(line):
        size = _columns(atom.text)
        if column + size > width and row and atom.text.strip():
            may_hang = atom.text[0] in _NO_LINE_START and column + size <= width + _HANG
            # an address longer than a row is cut by the terminal wherever it begins
            is_hopeless = atom.url is not None and size > width
            if column > len(indent) and not may_hang and not is_hopeless:
                yield _without_end(row)
                row, column = ([Span(indent)] if indent else []), len(indent)
        elif column + size > width and not atom.text.strip():
            continue
        row.append(atom)
        column += size
    yield _without_end(row)


def _atoms(line: Line) -> Iterator[Span]:
    """What must stay together: words, single wide characters, whole addresses."""
    for span in line:
        text = printable(span.text)
        if span.url is not None:
            url = printable(span.url)
            if not names_host(text, url):
                yield from _words(Span(f"{text} ", bold=span.bold, italic=span.italic))
            yield Span(url, url=url)
        else:
            yield from _words(Span(text, bold=span.bold, italic=span.italic, code=span.code))


def _words(span: Span) -> Iterator[Span]:
    word = ""
    for char in span.text:
        is_wide = wcwidth(char) == 2
        if word and (char == " " or word[-1] == " " or is_wide):
            yield _like(span, word)
            word = ""
        word += char
        if is_wide:
            yield _like(span, word)
            word = ""
    if word:
        yield _like(span, word)


def _like(span: Span, text: str) -> Span:
    return Span(text, bold=span.bold, italic=span.italic, code=span.code, url=span.url)


def _indent(line: Line) -> int:
    """How far a line that goes on is set in: as far as its first word, past a bullet."""
    start = "".join(span.text for span in line)[:8]
    return len(start) - len(start.lstrip(" "))


def _columns(text: str) -> int:
    size = wcswidth(text)
    return size if size >= 0 else len(text)


def _without_end(row: list[Span]) -> list[Span]:
    while row and not row[-1].text.strip():
        row = row[:-1]
    return row


def _painted(row: list[Span], *, colour: bool) -> str:
    if not colour:
        return "".join(span.text for span in row).rstrip()
    shown: list[str] = []
    for style, text in _runs(row):
        shown.append(f"\x1b[{style}m{text}{_RESET}" if style else text)
    return "".join(shown)


def _runs(row: list[Span]) -> Iterator[tuple[str, str]]:
    """Neighbours of one style together, so that a row holds few escape sequences."""
    run, current = "", ""
    for span in row:
        style = _style(span)
        if style != current and run:
            yield current, run
            run = ""
        current = style
        run += span.text
    if run:
        yield current, run


def _style(span: Span) -> str:
    styles = (
        (_BOLD, span.bold),
        (_ITALIC, span.italic),
        (_CODE, span.code),
        (_LINK, span.url is not None),
    )
    return ";".join(style for style, is_on in styles if is_on)
