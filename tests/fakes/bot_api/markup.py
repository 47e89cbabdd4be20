"""Telegram's HTML, parsed as strictly as its server does, and its way of counting.

Source: https://core.telegram.org/bots/api#html-style
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_ENTITIES = 100
"""Further ones are dropped without a word, as Telegram drops them."""

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([a-z]+));")
_START = re.compile(r"<([A-Za-z-]+)((?:\s+[a-z-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*>")
_END = re.compile(r"</([A-Za-z-]+)\s*>")
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class MarkupError(ValueError):
    """The text is refused; says where, in bytes of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A styled run; `offset` and `length` are in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str | None = None


def units(text: str) -> int:
    """UTF-16 units of a text."""
    return len(text.encode("utf-16-le")) // 2


def trimmed(text: str, entities: list[Entity]) -> tuple[str, tuple[Entity, ...]]:
    """The text without white space around it, and its first 100 entities."""
    left = units(text) - units(text.lstrip())
    text = text.strip()
    end = units(text)
    kept: list[Entity] = []
    for each in sorted(entities, key=lambda e: (e.offset, -e.length)):
        start = max(each.offset - left, 0)
        length = min(each.offset - left + each.length, end) - start
        if length > 0:
            kept.append(Entity(type=each.type, offset=start, length=length, url=each.url))
    return text, tuple(kept[:MAX_ENTITIES])


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The characters and the entities.

    A bare & or an unknown &name; is refused too: Telegram would show it as it stands, which is
    never what a sender who asks for HTML means.

    Raises:
        MarkupError: an unsupported, unclosed or wrongly nested tag, or a bad reference.
    """
    plain = ""
    entities: list[Entity] = []
    nested: list[tuple[str, str | None, int]] = []  # tag, address, where it began
    at = 0
    while at < len(source):
        if source[at] == "&":
            text, at = _reference(source, at)
            plain += text
        elif source.startswith("</", at):
            entities.append(_close(source, at, nested, units(plain)))
            at = source.index(">", at) + 1
        elif source[at] == "<":
            found = _START.match(source, at)
            if found is None:
                raise MarkupError(f"Unclosed start tag {_where(source, at)}")
            tag = found.group(1).lower()
            if tag not in _KINDS:
                raise MarkupError(f'Unsupported start tag "{tag}" {_where(source, at)}')
            nested.append((tag, _address(tag, found.group(2)), units(plain)))
            at = found.end()
        else:
            plain += source[at]
            at += 1
    if nested:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{nested[-1][0]}"')
    return plain, [e for e in entities if e.length and (e.type != "text_link" or e.url)]


def _where(source: str, at: int) -> str:
    return f"at byte offset {len(source[:at].encode('utf-8', 'surrogatepass'))}"


def _reference(source: str, at: int) -> tuple[str, int]:
    found = _REFERENCE.match(source, at)
    if found is not None:
        decimal, hexadecimal, name = found.groups()
        if name in _NAMED:
            return _NAMED[name], found.end()
        number = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000:
            return chr(number), found.end()
    raise MarkupError(f"Unescaped or unknown character reference {_where(source, at)}")


def _close(source: str, at: int, nested: list[tuple[str, str | None, int]], end: int) -> Entity:
    found = _END.match(source, at)
    if found is None:
        raise MarkupError(f"Unclosed end tag {_where(source, at)}")
    if not nested:
        raise MarkupError(f"Unexpected end tag {_where(source, at)}")
    tag, url, start = nested.pop()
    if tag != found.group(1).lower():
        raise MarkupError(
            f'Unmatched end tag {_where(source, at)}, expected "</{tag}>", '
            f'found "</{found.group(1).lower()}>"'
        )
    return Entity(type=_KINDS[tag], offset=start, length=end - start, url=url)


def _address(tag: str, attributes: str) -> str | None:
    found = _HREF.search(attributes) if tag == "a" else None
    if found is None:
        return None
    escaped = found.group(1) if found.group(1) is not None else found.group(2)
    url = _REFERENCE.sub(lambda match: _NAMED.get(match.group(3), match.group(0)), escaped)
    return url if re.match(r"(https?|tg)://[^\s/]+", url) else None
