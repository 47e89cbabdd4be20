"""What a body is, by its first element, and how to say so to a person. Pure."""

from __future__ import annotations

import re

from bot.sources.plain_text import html_to_text, one_line

LOOKED_AT = 16_384
"""Code points searched for the root and for an HTML page's title."""

# Comments, instructions and the DOCTYPE before the root, one at a time.
_PROLOGUE = re.compile(r"<(?:!--.*?-->|\?.*?\?>|![^<>\[]*(?:\[[^\]]*\])?[^<>]*>)", re.DOTALL)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:rss|feed|rdf:rdf)[\s>]", re.IGNORECASE)
_ENTRY_TAG = re.compile(r"<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"just a moment|attention required|access denied|are you a robot|verify you are human|"
    r"captcha|request unsuccessful|pardon our interruption",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"<input\b[^<>]{0,300}\btype\s*=\s*[\"']?password", re.IGNORECASE)


def root_name(text: str) -> str:
    """The local name of the first element, in lower case; "" where there is none.

    Text before a feed's root (a warning that a script printed) is passed over.
    """
    head = text[:LOOKED_AT]
    position = 0
    while True:
        start = head.find("<", position)
        if start == -1:
            return ""
        prologue = _PROLOGUE.match(head, start)
        if prologue:
            if prologue.group()[:14].lower() == "<!doctype html":
                return "html"
            position = prologue.end()
            continue
        element = _ELEMENT.match(head, start)
        if element is None:
            position = start + 1
            continue
        name = element.group(1).lower().rpartition(":")[2]
        # "<br /><b>Warning</b>: … on line 3" before the feed: only an HTML page says <html>.
        if name in {"br", "b", "p", "font"}:
            later = _FEED_ROOT.search(head, start)
            if later:
                return later.group()[1:-1].lower().rpartition(":")[2]
        return name


def is_cut_short(text: str) -> bool:
    """Whether XML ends before its root element does: a connection that is closed early looks like
    an end where the length was not stated."""
    root = "" if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["} else re.escape(root_name(text))
    end = re.compile(rf"</(?:[\w.-]+:)?{root}\s*>", re.IGNORECASE)
    # it is nearly always the last thing in the text, and the way there is long
    return bool(root) and not (end.search(text, len(text) - 100) or end.search(text))


def without_cut_entry(text: str) -> str:
    """A feed that was cut short, without the entry within which it ends: half an entry would be
    taken for another one than the whole that follows."""
    last: re.Match[str] | None = None
    for tag in _ENTRY_TAG.finditer(text):
        last = tag
    return text[: last.start()] if last and not last.group(1) else text


def describe(text: str) -> str:
    """What came in place of a feed: "an HTML page titled '…'"."""
    stripped = text.strip()
    if not stripped:
        return "an empty body"
    root = root_name(stripped)
    if root in {"html", "head", "body", "title", "script", "div", "p", "b", "br", "h1", "center"}:
        title = _TITLE.search(stripped[:LOOKED_AT])
        name = one_line(html_to_text(title.group(1))) if title else ""
        said = f"an HTML page titled '{name[:120]}'" if name else "an HTML page without a title"
        if _CHALLENGE.search(stripped[:LOOKED_AT]):
            said += ", which looks like a wall against bots"
        elif _LOGIN.search(stripped[:LOOKED_AT]):
            said += ", which wants a login"
        return said
    if root:
        return f"XML whose root element is <{root[:40]}>"
    start = one_line(stripped[:200])[:80]
    return f"plain text that begins '{start}'" if start else "a body without any text"
