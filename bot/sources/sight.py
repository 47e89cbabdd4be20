"""What an answer is, at first sight, when nobody has said how it is to be read. Pure.

Fetched -> see -> a feed | a sitemap | a page with feeds or a list | nothing of these, in words
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.fetch import Fetched, NotAFeed
from bot.domain.source import ListShape, SourceKind
from bot.sources.charset import decode_body
from bot.sources.discover import Candidate, feeds_of
from bot.sources.hostile import find_hostility
from bot.sources.json_feed import describe_json, load_json
from bot.sources.plain_text import html_to_text, one_line
from bot.sources.propose import propose
from bot.sources.sitemap import GZIP
from bot.sources.sniff import describe, root_name

MAX_NAME = 80
"""Code points of a name that a publication gives itself."""

_FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})
_SITEMAP_ROOTS = frozenset({"urlset", "sitemapindex"})
_NO_HTML = re.compile(
    r"^(?!html$|head$|body$|title$|script$|div$|p$|b$|br$|h1$|center$|table$|ul$)."
)
_LOOKED_AT = 65_536
_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_TITLE = re.compile(
    r"<(?:[\w.-]+:)?title(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))", re.I | re.S
)
_LOGIN = "which wants a login"
_WALL = "which looks like a wall against bots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen. `kind` is None for what is neither feed nor sitemap; `said` then tells what it
    is. `feeds` are those that a page names, `shape` where a page without any has its list."""

    kind: SourceKind | None = None
    title: str = ""
    said: str = ""
    is_page: bool = False
    is_closed: bool = False  # a login, or a wall: looking further would find its menus
    feeds: tuple[Candidate, ...] = ()
    shape: ListShape | None = None


def see(fetched: Fetched) -> Sight:
    """Look at an answer. Never raises for anything in it."""
    if fetched.body.startswith(GZIP):
        return Sight(kind=SourceKind.SITEMAP)  # the only thing that is read packed
    text = decode_body(fetched.body, fetched.content_type).text
    reason = find_hostility(text)
    if reason:
        return Sight(said=f"an answer that was refused before parsing: {reason}", is_closed=True)
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith(("{", "[")):
        return _see_json(start)
    root = root_name(text)
    if root in _FEED_ROOTS:
        return Sight(kind=SourceKind.FEED, title=stated_title(text))
    if root in _SITEMAP_ROOTS:
        return Sight(kind=SourceKind.SITEMAP)
    said = describe(text)
    if not root or _NO_HTML.match(root):
        return Sight(said=said)
    feeds = feeds_of(text, fetched.final_url, fetched.links)
    best = next(iter(propose(text, fetched.final_url)), None)
    # a page of news may have a box for members, and a login page links to its help
    if (_LOGIN in said or _WALL in said) and not feeds and not (best and best.dated):
        return Sight(said=said, is_page=True, is_closed=True)
    return Sight(
        said=said,
        title=stated_title(text),
        is_page=True,
        feeds=feeds,
        shape=best.shape if best else None,
    )


def _see_json(text: str) -> Sight:
    data = load_json(text)
    if isinstance(data, NotAFeed):
        return Sight(said=data.detail)
    if isinstance(data, dict) and "jsonfeed.org/version/" in str(data.get("version", "")):
        title = data.get("title")
        return Sight(kind=SourceKind.FEED, title=_named(title if isinstance(title, str) else ""))
    return Sight(said=describe_json(data))


def stated_title(text: str) -> str:
    """The name that a feed or page gives itself, on one line; "" where it gives none."""
    head = text[:_LOOKED_AT]
    entry = _ENTRY.search(head)
    found = _TITLE.search(head, 0, entry.start() if entry else len(head))
    return _named(html_to_text(found[1] or found[2] or "")) if found else ""


def _named(title: str) -> str:
    name = one_line(title)
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1].rstrip()}…"
