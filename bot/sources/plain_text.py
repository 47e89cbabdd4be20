"""HTML, or what publishers take for it, to plain text. Pure and total.

Nothing that could be invisible, reorder the line or break a database survives: control
characters, lone surrogates, directional overrides, zero-width characters and soft hyphens.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser

MAX_TITLE = 500
MAX_TEXT = 100_000
"""Code points kept of a title and a text."""

MAX_HTML = 1_000_000
"""Code points of markup looked at: ten times the longest text; the rest is script and style."""

MAX_DEPTH = 2_000
"""Open elements in one entry's markup; deeper trees, for which the time to read them grows with the
square of the depth, are read as if their tags were not there."""

# C0 and C1 controls but for white space, surrogates, soft hyphen, bidi and zero-width characters,
# variation of nothing (U+2060 ff.), byte order mark, interlinear marks, tags, non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)

_BLOCK = (
    "address|article|aside|blockquote|br|caption|center|dd|details|dir|div|dl|dt|fieldset|"
    "figcaption|figure|footer|form|h[1-6]|header|hr|legend|li|main|menu|nav|ol|option|p|pre|"
    "section|summary|table|tbody|tfoot|thead|tr|ul"
)
# Only the "<" of the tag: a replacement without groups is twice as quick.
_BLOCK_TAG = re.compile(rf"<(?=/?(?:{_BLOCK})[\s/>])", re.IGNORECASE)
_CELL_TAG = re.compile(r"<(?=/?t[dh][\s/>])", re.IGNORECASE)
_DROPPED = [
    "script", "style", "noscript", "template", "iframe", "object", "svg", "math", "head", "title",
    "textarea", "select", "audio", "video", "canvas",
]  # fmt: skip

# A tag that a writer of HTML would write; "a < b" and "<stdin>" are no tags.
_KNOWN_TAGS = (
    f"{_BLOCK}|a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|"
    "small|span|strike|strong|sub|sup|td|th|time|tt|u|var|wbr|script|style|iframe|noscript|svg|"
    "object|video|audio|button|input|label|html|head|body|title|link|meta"
)
_TAG = re.compile(rf"<(?:/?(?:{_KNOWN_TAGS})(?=[\s/>])[^<>]*>|!--)", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?:{_KNOWN_TAGS})(?=[\s/>])[^<>]*+>", re.IGNORECASE)
# Entities of entities ("&amp;amp;#8217;") unwind in one step, so that depth costs nothing.
_NESTED_AMPERSAND = re.compile(r"&(?:(?:amp|#0{0,5}38|#[xX]0{0,5}26);)++(?=[a-zA-Z#])")


def clean(text: str) -> str:
    """Without invisible characters; white space collapsed, line ends kept as single line feeds."""
    if not text.isascii() or not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return "\n".join([line for each in text.splitlines() if (line := " ".join(each.split()))])


def one_line(text: str) -> str:
    """Cleaned, on one line."""
    return " ".join(clean(text).split())


def is_html(text: str) -> bool:
    """Whether the text holds a tag that HTML knows, or a comment."""
    return "<" in text and _TAG.search(text) is not None


def html_to_text(markup: str) -> str:
    """What a reader would see: each block on its own line, entities decoded, scripts gone.

    Text that is no HTML is only cleaned. Markup that was escaped twice is unwrapped once more.
    """
    markup = markup[:MAX_HTML]
    if not is_html(markup):
        text = html.unescape(markup) if "&" in markup else markup
        if not ("<" in text and text != markup and is_html(text)):
            return clean(text)[:MAX_TEXT].rstrip()
        markup = text
    text = _rendered(markup)
    if is_html(text):
        text = _rendered(text)
    return clean(text)[:MAX_TEXT].rstrip()


def title_text(title: str, *, is_html_title: bool = False) -> str:
    """A title as one line: inline tags and entities gone however often they were escaped.

    Plain titles may hold "<" ("PM10 < 5"), so only tags that HTML knows are taken for tags, unless
    the feed says that the title is HTML.
    """
    text = title[: MAX_TITLE * 10]
    if is_html_title and "<" in text:
        text = _rendered(text)
    # To the fixed point, so that normalising twice changes nothing; every round is shorter.
    while True:
        before = text
        if "&" in text:
            text = html.unescape(_NESTED_AMPERSAND.sub("&", text))
        if "<" in text:
            text = _INLINE_TAG.sub(" " if _BLOCK_TAG.search(text) else "", text)
        text = one_line(text)
        if text == before:
            break
    return capped(text, MAX_TITLE)


def capped(text: str, limit: int) -> str:
    """At most `limit` code points, the last an ellipsis where something was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…"


def _rendered(markup: str) -> str:
    # White space in the source means nothing; the line feeds that are put in before blocks do.
    source = " ".join(markup.split())
    if source.count("<") > MAX_DEPTH and _depth_bound(source) > MAX_DEPTH:
        source = _INLINE_TAG.sub(" ", source)
    source = _CELL_TAG.sub(" <", _BLOCK_TAG.sub("\n<", source))
    tree = LexborHTMLParser(source)
    tree.strip_tags(_DROPPED)
    body = tree.body
    return body.text(separator="") if body is not None else ""


def _depth_bound(source: str) -> int:
    """The deepest that unclosed tags could nest, void elements apart."""
    depth = deepest = 0
    for match in re.finditer(r"<(/?)([a-zA-Z]\w*)", source):
        if match.group(1):
            depth = max(0, depth - 1)
        elif match.group(2).lower() not in {"br", "hr", "img", "input", "wbr", "p", "li"}:
            depth += 1
            deepest = max(deepest, depth)
    return deepest
