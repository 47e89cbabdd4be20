"""A publication that we poll, and what we remember of polling it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.domain.ids import SourceId


class SourceKind(StrEnum):
    """How a source's answer is read: one parser each, in bot/sources/."""

    FEED = "feed"  # RSS 0.9-2.0, RDF, Atom, JSON Feed
    FEDERAL_REGISTER = "federal-register"  # documents.json of the Federal Register API
    PUBLIC_INSPECTION = "public-inspection"  # what it will publish: on file for public inspection
    PRESS_CORNER = "press-corner"  # the European Commission's press releases, RSS or JSON
    GOV_UK = "gov-uk"  # GOV.UK: Atom, search API or content API
    SITEMAP = "sitemap"  # sitemap.xml, with or without news entries, or an index of them
    HTML_LIST = "html-list"  # a list page, or JSON that holds one, by CSS selectors
    JSON_LIST = "json-list"  # a list in a JSON answer, by JMESPath expressions
    REGISTER = "register"  # a list that changes: what its new version changed is the item
    PAGE = "page"  # any page: what changed in its text is the item


class SourceStatus(StrEnum):
    """Whether a plain client can read the source today."""

    READY = "ready"
    NEEDS_KEY = "needs-key"
    NEEDS_BROWSER = "needs-browser"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShape:
    """Where an html-list source keeps its entries: CSS selectors, relative to `entry`.

    `title` is for lists whose link says no more than "Download": all places that it finds, joined.
    `next` is the link to older entries on the whole page, `pages` the addresses of further pages
    (bot/sources/paging.py).
    """

    entry: str
    link: str = "a"
    title: str | None = None
    date: str | None = None
    json_path: str | None = None  # dotted path to the HTML inside a JSON answer: "data.html"
    next: str | None = None
    pages: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonShape:
    """Where a json-list source keeps its entries: JMESPath expressions, relative to an entry but
    for `entries` itself and `next`, the address of older ones. `pages` is as in ListShape."""

    entries: str
    title: str
    link: str | None = None
    guid: str | None = None
    date: str | None = None
    text: str | None = None
    next: str | None = None
    pages: str | None = None


class RegisterFormat(StrEnum):
    """How a list that changes is written."""

    CSV = "csv"
    XML = "xml"
    HTML_TABLE = "html-table"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterShape:
    """Where a register keeps what is said of its entries.

    A field is a column, by its name; in XML a path below the entry ("programList/program",
    "@euReferenceNumber", "regulation/@programme"). Values of several fields are joined by a blank.
    `key` is what stays when all else changes; rows with one key are one entry. `columns` are the
    names where the file gives none, and `entry` the elements (XML) or the selector of the rows
    (html-table). `separator` parts several programmes in one value, `null` is what stands for
    nothing. `leave_out` are columns, elements and attributes that are not compared.
    `main` ("Name type=Primary Name") marks the row whose name is the entry's. `page` is where a
    person reads the list.
    """

    format: RegisterFormat
    key: tuple[str, ...]
    name: tuple[str, ...]
    programme: tuple[str, ...] = ()
    entry: str = ""
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    separator: str = ""
    null: str = ""
    leave_out: tuple[str, ...] = ()
    main: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageShape:
    """Which parts of a page are read: CSS selectors; what lies in `leave_out` changes by itself."""

    selector: str
    leave_out: tuple[str, ...] = ()


Shape = ListShape | JsonShape | RegisterShape | PageShape
"""How the answers of a kind are taken apart, where that is the source's own affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One publication, as the catalogue has it.

    `is_official` is false for the press and others, and None where nothing is claimed.
    `every` is the wished interval between polls (at least one second); `zone` is the IANA zone in
    which its dates without one are meant; `languages` are primary subtags (en, zh, de).
    `form` is the body of a POST request, where the publisher answers only those. `release_times`
    are the times of working days, in `zone`, at which it publishes. `credit` is the line that its
    terms ask for. `has_full_text` allows reading the article's own page where the feed has a stub.
    `replaced_by` names the source to read instead of one that is not ready. `is_official` is None
    where nobody has said whether it is official or press.
    `evidence` says how well the address is attested: D official documentation, V seen fetched in a
    dated public note, U stands in public code, K general knowledge, - one's own.
    """

    source_id: SourceId
    name: str
    url: str
    publisher: str = ""
    kind: SourceKind = SourceKind.FEED
    is_official: bool | None = False
    jurisdiction: str = ""
    languages: tuple[str, ...] = ()
    every: timedelta = timedelta(minutes=10)
    zone: str = "UTC"
    terms: str = ""
    evidence: str = "-"
    status: SourceStatus = SourceStatus.READY
    note: str = ""
    shape: Shape | None = None
    form: str = ""
    release_times: tuple[time, ...] = ()
    credit: str = ""
    has_full_text: bool = False
    replaced_by: SourceId | None = None
    is_sample: bool = False


class PollReason(StrEnum):
    """Why the next poll of a source is when it is."""

    NEW = "new"  # never asked, or under another address
    EVERY = "every"  # the interval of the catalogue
    BUSY_HOUR = "busy-hour"  # an hour of the week in which it usually publishes
    RELEASE_TIME = "release-time"  # it publishes at this time of working days
    FRESH = "fresh"  # the publisher says how long its answer holds
    BACK_OFF = "back-off"  # the last polls failed
    RETRY_AFTER = "retry-after"  # the publisher asked for more time


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What we remember of polling one source; saved in the same transaction as its items.

    `url` is the address for which the validators hold: a changed catalogue drops them.
    `is_seeded` is false until the first good answer: that one is stored quietly.
    `failures` counts bad outcomes in a row.
    `last_full_at` is when a whole page last came, rather than word that nothing is new. `fresh_for`
    is for how long the publisher said that its last answer holds. `rhythm` are 168 bytes, one for
    each hour of the source's own week: how much news it brought lately, last aged at `rhythm_at`;
    nothing was learned while it is empty. `next_reason` says why `next_poll_at` is when it is.
    """

    source_id: SourceId
    url: str
    next_poll_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    is_seeded: bool = False
    failures: int = 0
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_outcome: str = ""
    last_detail: str = ""
    last_full_at: datetime | None = None
    fresh_for: timedelta | None = None
    rhythm: bytes = b""
    rhythm_at: datetime | None = None
    next_reason: PollReason = PollReason.NEW
