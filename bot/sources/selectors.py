"""CSS selectors that tell the kinds of a page's elements apart, and last. Pure."""

from __future__ import annotations

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_NAMED = 50_000
_NAMELESS = frozenset({"div", "span", "a", "section"})
_CONTAINERS = frozenset({"main", "article", "table", "ul", "ol", "dl"})
# Classes that say how an element is, rather than what; and names that a build makes anew
_PASSING = re.compile(
    r"^(?:odd|even|first|last|active|current|selected|open|new|hot|top|alt|on|"
    r"(?:views?-row|row|item)-(?:odd|even|first|last)|(?:css|sc|jsx|svelte)-\w+)$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_CLASS_NAME = re.compile(r"-?[A-Za-z_][\w-]*")


class Names:
    """Which class names tell kinds of elements apart, on one page. Names that only number their
    elements (post-17, row_3) do not."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._exact: Counter[str] = Counter()
        self._stems: Counter[str] = Counter()
        for node in tree.css("[class]")[:_MAX_NAMED]:
            for name in set((node.attributes.get("class") or "").split()):
                self._exact[name] += 1
                self._stems[_DIGITS.sub("#", name)] += 1

    def lasting(self, node: LexborNode, *, least: int = 1) -> list[str]:
        """Up to two of an element's classes, each of at least so many elements."""
        return [
            name
            for name in (node.attributes.get("class") or "").split()
            if _CLASS_NAME.fullmatch(name)
            and not _PASSING.match(name)
            and self._exact[name] >= least
            and self._exact[name] * 2 > self._stems[_DIGITS.sub("#", name)]
        ][:2]

    def step(self, node: LexborNode, *, least: int = 1) -> str:
        """An element's tag and classes."""
        return f"{node.tag}{''.join(f'.{name}' for name in self.lasting(node, least=least))}"

    def selector(self, node: LexborNode) -> str:
        """The kind of an element: its step, below the next ones around it that have a name. What
        has none itself goes by its place: "div > div"."""
        steps = [self.step(node, least=2)]  # what names one alone names no kind
        joint = " > " if "." not in steps[0] and node.tag in _NAMELESS else " "
        around = node.parent
        while around is not None and around.tag not in {"html", "-undef"} and len(steps) < 4:
            step = self.step(around)
            name = around.attributes.get("id") or ""
            if _CLASS_NAME.fullmatch(name) and not _DIGITS.search(name):
                return joint.join([f"{around.tag}#{name}", *steps])
            if joint == " > " or "." in step or around.tag in _CONTAINERS:
                steps.insert(0, step)
            if around.tag == "body" or (joint == " " and len(steps) == 3):
                break
            around = around.parent
        return joint.join(steps)

    def part(self, node: LexborNode) -> str:
        """A part of an entry: a cell by its number, all else by its step."""
        if node.tag in {"td", "dt", "dd"}:
            return f"{node.tag}:nth-child({number_of(node)})"
        return self.step(node)


def number_of(node: LexborNode) -> int:
    """Which child of its parent an element is, from 1."""
    number, before = 1, node.prev
    while before is not None:
        number += before.tag not in {"-text", "-comment"}
        before = before.prev
    return number
