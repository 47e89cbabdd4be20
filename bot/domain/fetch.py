"""A request to a source and its outcomes, as values: expected failures are not exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.item import Item
from bot.domain.source import Source
from bot.domain.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What to read, with the validators of the last good answer; complete without a database.

    `is_article` says that the source's url is, for this once, a page that is meant for people.
    `since` is when all that the source lists was last read: further pages are read back to it.
    """

    source: Source
    etag: str | None = None
    last_modified: str | None = None
    is_article: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """200 with a body. `content_type` is the header as sent; `final_url` is after redirects;
    `fresh_for` is how long the answer holds by its own headers, None where they do not say. `links`
    is the Link header, as sent."""

    body: bytes
    content_type: str = ""
    final_url: str = ""
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None
    links: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """304: the validators still hold, and the answer for as long as `fresh_for` again."""

    fresh_for: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The publisher (or a wall before it) turned us away: 401, 403, 429, a challenge page, 202; or
    its robots.txt did. `status` is that of the answer, 0 where there was none."""

    detail: str
    retry_after: timedelta | None = None
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAFeed:
    """Not what the source's kind promises: an HTML page, an error text, nothing."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable answer: `kind` is one of address, network, timeout, status, size, redirect,
    encoding, hostile, doubted (a list that lost too much at once), fault (of ours); `status` is
    that of the answer, 0 where there was none."""

    kind: str
    detail: str
    retry_after: timedelta | None = None
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What a list of entries looked like, in numbers: to tell one that is not as usual.

    `untitled` and `unlinked` count entries without one of their own, `in_future` those dated so far
    ahead that no zone explains it. `title_chars` is the length of all titles together. `newest_at`
    is the newest date that is not in the future. `host` answered, after redirects, without "www.".
    `is_cut` says that the page ends before its root element does.
    """

    entries: int
    untitled: int = 0
    unlinked: int = 0
    undated: int = 0
    textless: int = 0
    in_future: int = 0
    title_chars: int = 0
    newest_at: datetime | None = None
    host: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What further pages brought where nothing on the first was known: `entries` from so many
    `pages`. It is closed where they reach back to what was read before; pending where one of them
    could not be read, and all are asked for again."""

    pages: int
    entries: int
    is_closed: bool = False
    is_pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A page that was fetched, parsed and normalised.

    Of a list or page that changes it is the `version` that was read, and no items: those are made
    when it is compared with the version on record. `next_page` and `parts` are addresses where the
    rest of the list lies, on the same host. Where not `is_whole`, some of it could not be had, and
    is asked for again.
    """

    items: tuple[Item, ...]
    version: Version | None = None
    etag: str | None = None
    last_modified: str | None = None
    note: str = (
        ""  # what a person should know though it was read: "moved to …", "2 entries skipped"
    )
    fresh_for: timedelta | None = None  # how long it holds, by its headers or its own word
    facts: PageFacts | None = None  # None where the page is no list of entries
    next_page: str = ""
    parts: tuple[str, ...] = ()
    is_whole: bool = True
    fill: Fill | None = None


FetchOutcome = Fetched | Unchanged | Blocked | NotAFeed | FetchFailed
"""What the fetch door says."""

ReadOutcome = Read | Unchanged | Blocked | NotAFeed | FetchFailed
"""What the sources room says: fetched pages have been read, or found not to be a feed."""

OUTCOME_NAMES: dict[type, str] = {
    Read: "fetched",
    Unchanged: "unchanged",
    Blocked: "blocked",
    NotAFeed: "not-a-feed",
    FetchFailed: "failed",
}
"""The one word for each outcome, in the database, `poll --json` and messages."""
