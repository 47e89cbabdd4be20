"""Text that is refused before any parser sees it. Pure; one pass, linear in its length.

Parsers slow down quadratically on tags with many attributes (from about 8,000) and recurse on
deep nesting; entity declarations expand exponentially (XML bombs) or read files (XXE). And 13 MB of
"<item/>" became 1.8 GB of trees and lists, 20 MB of bare attributes 2.1 GB: what a text may grow to
is reckoned before.
"""

from __future__ import annotations

import re
import sys

from bot.sources.sniff import root_name

MAX_CHARACTERS = 20_000_000
"""Longer answers are refused: the largest sane feed is a tenth of it."""

MAX_ATTRIBUTES = 2_000
"""In one tag. Real tags have a few dozen; parsers suffer from 8,000."""

MAX_DEPTH = 256
"""Open elements. libxml2's own limit; hand-written feeds stay below 40."""

MAX_TAGS = 2_000_000
"""In a whole text that is read as it streams by, without a tree."""

MAX_BYTES = 130_000_000
"""What the reading of a text may take. The largest of some hundred real feeds and pages is reckoned
at 14 MB."""

# Of which, as measured in processes of their own (tests/sources/test_memory.py holds them to it):
_COPIES = 7  # of the text: body, decoded, encoded anew, in a tree, in an item, cleaned
_MARK = 1_000  # an entry with nothing in it; other tags, comments and ends 15 to 700
_ATTRIBUTE = 270
_VALUE = 200  # of a JSON text, by its commas and opening brackets

# A start tag with its quoted values. Possessive, and never past the next "<" (which no value may
# hold): every character is looked at once, whatever the quotes.
_TAG = re.compile(r"""<(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""")
# An element of text, as most of a feed are: what it opens it closes.
_LEAF = re.compile(r"<([A-Za-z_][\w:.-]{0,29})>[^<]*+</\1>")
_QUOTED = re.compile(r""""[^"<]*+"|'[^'<]*+'""")
_DECLARATION = re.compile(r"<!DOCTYPE", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY|%[\w.-]+;", re.IGNORECASE)
# The declarations within a DOCTYPE, up to the "]" that is in no quotation, comment or instruction.
_SUBSET = re.compile(
    r"""\[(?:[^]"'<]++|"[^"]*+"|'[^']*+'|<!--(?:[^-]++|-(?!->))*+(?:-->|\Z)"""
    r"""|<\?(?:[^?]++|\?(?!>))*+(?:\?>|\Z)|<)*+\]"""
)  # what is never closed goes on to the end, so that it is looked at once
# What stands in these HTML elements is no markup, though "a<b" in a script looks like it.
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}

# HTML elements that have no end tag: they do not nest, so they do not count as depth.
_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "basefont", "frame", "p", "li", "dt", "dd", "td", "tr", "th", "option",
}  # fmt: skip
_NAME = re.compile(r"[^\s/>]{1,30}")
_IN_FOREIGN = frozenset({"svg", "SVG", "math", "MATH"})  # where a script is an element like others


def find_hostility(text: str, *, is_streamed: bool = False) -> str | None:
    """Why this text must not be parsed, in words; None where it may. `is_streamed`: no tree is made
    of it, so that its tags may be many."""
    if len(text) > MAX_CHARACTERS:
        return f"it is longer than {MAX_CHARACTERS:,} characters"
    if text[:200].lstrip().startswith(("{", "[")):
        return _hostile_json(text)
    position = 0
    left = MAX_BYTES - _COPIES * sys.getsizeof(text)
    of_mark = 0 if is_streamed else _MARK
    opened: list[str] = []
    is_html = root_name(text) == "html"
    while (start := text.find("<", position)) != -1:
        leaf = _LEAF.match(text, start)
        if leaf and len(opened) < MAX_DEPTH:
            left -= 2 * _MARK
            if left < 0:
                return _TOO_MUCH
            position = leaf.end()
            continue
        mark = text[start + 1 : start + 2]
        position = start + 1
        left -= of_mark
        if left < 0:
            return _TOO_MUCH
        if mark == "/":
            _close(opened, _NAME.match(text, start + 2))
        elif mark == "!":
            after = _end_of_declaration(text, start)
            if after is None:
                return "its DOCTYPE declares entities"
            position = after
        elif mark == "?":
            position = _after(text, "?>", start)
        elif mark.isalpha() or mark in {"_", ":"}:
            match = _TAG.match(text, start)
            # Without a proper end, all up to the next tag is what a lenient parser takes for it.
            end = match.end() if match else _next_tag(text, start)
            position = end if match else start + 1
            name = _NAME.match(text, start + 1)
            if name is None or end - name.end() > 2:
                attributes = _attributes(text[start:end])
                if attributes > MAX_ATTRIBUTES:
                    return f"one of its tags has more than {MAX_ATTRIBUTES:,} attributes"
                left -= attributes * _ATTRIBUTE
            if text[end - 2] != "/":
                if name is None or name.group().lower() in _VOID:
                    continue
                raw_end = _RAW_END.get(name.group().lower())
                if raw_end is not None and is_html and not _IN_FOREIGN.intersection(opened):
                    close = raw_end.search(text, end)
                    position = close.end() if close else len(text)
                    continue
                opened.append(name.group())
                if len(opened) > MAX_DEPTH:
                    return f"its elements are nested more than {MAX_DEPTH} deep"
    return None


def _close(opened: list[str], name: re.Match[str] | None) -> None:
    """Close the innermost element of that name, and with it those within that were left open: a
    feed that forgets every </title> is careless, not deep."""
    if name is None or not opened:
        return
    if opened[-1] == name.group():
        opened.pop()
    elif name.group() in opened:
        while opened.pop() != name.group():
            continue


def _end_of_declaration(text: str, start: int) -> int | None:
    """Where a comment, CDATA section or DOCTYPE ends; None for one that declares entities."""
    if text.startswith("<!--", start):
        return _after(text, "-->", start + 4)
    if text.startswith("<![CDATA[", start):
        return _after(text, "]]>", start + 9)
    if not _DECLARATION.match(text, start):
        return start + 2
    subset = text.find("[", start)
    end = text.find(">", start)
    if subset == -1 or (end != -1 and end < subset):
        return len(text) if end == -1 else end + 1
    found = _SUBSET.match(text, subset)
    after = found.end() if found else len(text)
    return None if _ENTITY.search(text, subset, after) else after


def _after(text: str, closing: str, start: int) -> int:
    """Past the closing mark; the end of the text where there is none, so that no scan repeats."""
    end = text.find(closing, start)
    return len(text) if end == -1 else end + len(closing)


def _next_tag(text: str, start: int) -> int:
    end = text.find("<", start + 1)
    return len(text) if end == -1 else end


def _attributes(tag: str) -> int:
    """An upper bound: words (which slashes part too) and equals signs outside quoted values,
    whichever are more."""
    bare = _QUOTED.sub(" ", tag)
    return max(bare.count("="), len(bare.split()) - 1 + bare.count("/"))


def _hostile_json(text: str) -> str | None:
    """Depth of brackets, strings apart. Python's decoder recurses, and raises, near 1,000."""
    values = text.count(",") + text.count("[") + text.count("{")
    if _COPIES * sys.getsizeof(text) + values * _VALUE > MAX_BYTES:
        return _TOO_MUCH
    depth = 0
    for match in _JSON_TOKEN.finditer(text):
        token = match.group()
        if token in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                return f"its JSON is nested more than {MAX_DEPTH} deep"
        elif token in "}]":
            depth -= 1
    return None


_TOO_MUCH = f"reading it could take more than {MAX_BYTES // 10**6} MB of memory"
_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[][{}]', re.DOTALL)
