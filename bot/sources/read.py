"""From a request to items: fetch | decode | parse by kind | normalise.

    request -> Fetcher.fetch -> Fetched -> read_body -> Read | NotAFeed | FetchFailed

Nothing here touches storage or the clock, so that reading may run on any worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

from bot.domain.fetch import (
    Fetched,
    FetchFailed,
    FetchOutcome,
    FetchRequest,
    NotAFeed,
    PageFacts,
    Read,
    ReadOutcome,
)
from bot.domain.item import Item
from bot.domain.source import (
    JsonShape,
    ListShape,
    PageShape,
    RegisterShape,
    Source,
    SourceKind,
)
from bot.domain.version import Version
from bot.sources.body import BodyError
from bot.sources.charset import decode_body
from bot.sources.federal_register import parse_documents, parse_inspection
from bot.sources.feeds import parse_feed_text
from bot.sources.follow import Seen, with_rest
from bot.sources.freshness import longer, stated_ttl
from bot.sources.gov_uk import parse_gov_uk
from bot.sources.hostile import find_hostility
from bot.sources.html_list import parse_list_text
from bot.sources.json_list import parse_json_list
from bot.sources.links import absolute_link
from bot.sources.normalise import normalise
from bot.sources.page import Moved, ParsedPage, joined_notes, skipped_note
from bot.sources.page_facts import host_of, page_facts
from bot.sources.paging import page_after
from bot.sources.press_corner import parse_press_corner
from bot.sources.registers import read_page, read_register
from bot.sources.sitemap import parse_sitemap, unpacked
from bot.sources.sniff import is_cut_short, without_cut_entry

_P = ParamSpec("_P")
_T = TypeVar("_T")

_NO_SHAPE = "the catalogue gives no [source.shape] for this {kind} source, for instance {example}"

_BY_TIME = frozenset({SourceKind.FEDERAL_REGISTER, SourceKind.PRESS_CORNER, SourceKind.GOV_UK})

THREADS = 2
"""Bodies that are read at once; more would only fight for the interpreter."""

MAX_SITEMAP_BYTES = 20_000_000
"""Of a sitemap in a gzip file, unpacked."""

_READERS = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="read")
"""Threads of our own: in the loop's default ones, names that are slow to resolve would hold up the
reading of answers that have long come."""


class FetchDoor(Protocol):
    """What `read` needs of a Fetcher."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """One answer, or why there is none."""
        ...


async def in_threads(source: Source, fetched: Fetched, now: datetime) -> ReadOutcome:
    """read_body in a thread: it holds no lock of ours, and the loop stays free to send."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_READERS, read_body, source, fetched, now)


async def in_reader_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Other reading of bodies that are small, in the same threads."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_READERS, partial(work, *args, **kwargs))


BodyReader = Callable[[Source, Fetched, datetime], Awaitable[ReadOutcome]]
"""read_body, not on the loop: `in_threads`, or a Readers' `read`."""


async def read(
    request: FetchRequest,
    fetcher: FetchDoor,
    *,
    now: datetime,
    read_with: BodyReader = in_threads,
    seen: Seen | None = None,
) -> ReadOutcome:
    """Fetch a source and read the answer, with the rest of its list where it is in parts. `now` is
    the items' `first_seen_at`, aware UTC. `seen` says what was read before; without it only lists
    in order of time are paged back."""

    async def ask(further: FetchRequest) -> ReadOutcome:
        outcome = await fetcher.fetch(further)
        if isinstance(outcome, Fetched):
            return await read_with(further.source, outcome, now)
        return outcome

    async def ask_at(url: str) -> ReadOutcome:
        return await ask(FetchRequest(source=replace(request.source, url=url)))

    first = await ask(request)
    if not isinstance(first, Read):
        return first
    is_by_time = request.source.kind in _BY_TIME
    return await with_rest(first, request.since, ask_at, seen=seen, is_by_time=is_by_time)


def read_body(source: Source, fetched: Fetched, now: datetime) -> ReadOutcome:
    """Read an answer that is at hand; needs no network. Never raises for anything in the body."""
    url = fetched.final_url or source.url
    if isinstance(source.shape, RegisterShape):
        # which never becomes one text: it may be longer than any other answer
        content_type = fetched.content_type
        return _version(source, fetched, read_register(fetched.body, content_type, source.shape))
    is_sitemap = source.kind is SourceKind.SITEMAP
    try:
        body = unpacked(fetched.body, MAX_SITEMAP_BYTES) if is_sitemap else fetched.body
    except BodyError as error:
        return FetchFailed(kind=error.kind, detail=f"{source.source_id}: {error}.")
    decoded = decode_body(body, fetched.content_type)
    reason = find_hostility(decoded.text, is_streamed=is_sitemap)
    if reason:
        return FetchFailed(
            kind="hostile",
            detail=f"{source.source_id}: the answer was refused before parsing: {reason}.",
        )
    if isinstance(source.shape, PageShape):
        return _version(source, fetched, read_page(decoded.text, source.shape), decoded.note)
    fetched = replace(fetched, fresh_for=longer(fetched.fresh_for, stated_ttl(decoded.text)))
    is_cut = _is_xml(source) and is_cut_short(decoded.text)
    page = _parse(source, without_cut_entry(decoded.text) if is_cut else decoded.text, url)
    if isinstance(page, NotAFeed):
        elsewhere = host_of(url) if host_of(url) != host_of(source.url) else ""
        whence = f" (from {elsewhere}, to which it redirects)" if elsewhere else ""
        return NotAFeed(detail=f"{source.source_id}: {page.detail}{whence}")
    items, skipped = _normalised(source, page, url, now)
    notes = [decoded.note, page.note, skipped_note(skipped, "unreadable content")]
    if is_cut and not items:
        return NotAFeed(detail=f"{source.source_id}: a feed that ends before its first entry does")
    if is_cut:
        # its validators would make the next answer "unchanged", and the missing half be missed
        fetched = replace(fetched, etag=None, last_modified=None, fresh_for=None)
        notes.append("it ends in the middle and is asked for again in full")
    facts = page_facts(page.items, items, url, now, is_cut=is_cut)
    found = _read(fetched, *notes, items=items, facts=facts)
    next_page = page.next_page or _page_after(source)
    if not (next_page or page.parts):
        return found
    here = [_on_site(each, url) for each in (next_page, *page.parts)]
    return replace(found, next_page=here[0], parts=tuple(filter(None, here[1:])))


def _page_after(source: Source) -> str:
    shape = source.shape
    if isinstance(shape, ListShape | JsonShape) and shape.pages is not None:
        return page_after(shape.pages, source.url)
    return ""


def _is_xml(source: Source) -> bool:
    kind = source.kind
    return kind is SourceKind.FEED or kind is SourceKind.GOV_UK or kind is SourceKind.SITEMAP


def _on_site(link: str, url: str) -> str:
    """The address of a further page or part; "" of one on another host, which no list may send us
    to."""
    there = absolute_link(link, url) if link else ""
    return there if host_of(there) == host_of(url) else ""


def _version(
    source: Source, fetched: Fetched, found: tuple[Version, str] | NotAFeed, *notes: str
) -> ReadOutcome:
    """What a list or page that changes holds; what changed in it, the pipeline finds."""
    if isinstance(found, NotAFeed):
        return NotAFeed(detail=f"{source.source_id}: {found.detail}")
    version, note = found
    return _read(fetched, *notes, note, version=version)


def _read(
    fetched: Fetched,
    *notes: str,
    items: tuple[Item, ...] = (),
    version: Version | None = None,
    facts: PageFacts | None = None,
) -> Read:
    moved = f"moved to {fetched.moved_to}" if isinstance(fetched, Moved) else ""
    return Read(
        items=items,
        version=version,
        facts=facts,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        fresh_for=fetched.fresh_for,
        note=joined_notes(moved, *notes),
    )


def _parse(source: Source, text: str, url: str) -> ParsedPage | NotAFeed:
    match source.kind:
        case SourceKind.FEED:
            return parse_feed_text(text, url)
        case SourceKind.FEDERAL_REGISTER:
            return parse_documents(text)
        case SourceKind.PUBLIC_INSPECTION:
            return parse_inspection(text)
        case SourceKind.PRESS_CORNER:
            return parse_press_corner(text, url)
        case SourceKind.GOV_UK:
            return parse_gov_uk(text, url)
        case SourceKind.SITEMAP:
            return parse_sitemap(text)
        case SourceKind.HTML_LIST:
            if not isinstance(source.shape, ListShape):
                return NotAFeed(
                    detail=_NO_SHAPE.format(kind="html-list", example='entry = "ul.news li"')
                )
            return parse_list_text(text, source.shape, url)
        case SourceKind.JSON_LIST:
            if not isinstance(source.shape, JsonShape):
                return NotAFeed(
                    detail=_NO_SHAPE.format(kind="json-list", example='entries = "items[]"')
                )
            return parse_json_list(text, source.shape)
        case SourceKind.REGISTER | SourceKind.PAGE:  # whose shape was met before
            return NotAFeed(
                detail=_NO_SHAPE.format(kind=source.kind, example="as docs/sources.md has it")
            )


def _normalised(
    source: Source, page: ParsedPage, url: str, now: datetime
) -> tuple[tuple[Item, ...], int]:
    items: list[Item] = []
    skipped = 0
    for raw in page.items:
        try:
            item = normalise(raw, source, page_url=url, page_language=page.language, now=now)
        except Exception:  # noqa: BLE001
            # The guard of docs/architecture.md: what one entry holds must never hide the others
            # (0x111/telegram-rss-bot #1). It is counted in the note that the operator reads.
            skipped += 1
            continue
        if item is None:
            skipped += 1
        else:
            items.append(item)
    return tuple(items), skipped
