"""What an address offers to be read as a source: fetched by the door of all sources, and no other.

    address -> fetch -> see -> feed, sitemap                          -> read -> Found
                            -> page -> each feed that it names, fetch -> read -> Found
                                    -> the list that is on it                -> Found
                            -> anything else                                 -> NothingFound

Whoever types an address may be mistaken or deceived: the guard, robots.txt and all bounds hold as
for any poll. A page is asked for as one that is made for people; what is called a feed is not.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.domain.fetch import (
    Blocked,
    Fetched,
    FetchFailed,
    FetchOutcome,
    FetchRequest,
    NotAFeed,
    Read,
    ReadOutcome,
)
from bot.domain.ids import SourceId
from bot.domain.item import Item
from bot.domain.source import ListShape, Source, SourceKind
from bot.sources.discover import Candidate, Named, looks_like_feed
from bot.sources.page import Moved
from bot.sources.read import BodyReader, FetchDoor, in_reader_thread, in_threads
from bot.sources.sight import Sight, see

MAX_FEEDS = 4
"""Feeds that a page names of which so many are tried, the likeliest first."""

DEADLINE = timedelta(seconds=75)
"""For all of a look: a person waits for it."""

_LOOKED_AT = SourceId("new-source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A source that could be read, named as it names itself, with what it lists now; its id is yet
    to be chosen. `others` are the page's other feeds."""

    source: Source
    items: tuple[Item, ...]
    others: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingFound:
    """Why an address offers nothing to be read: whole sentences, with what to do."""

    detail: str


async def look_at(
    url: str,
    fetcher: FetchDoor,
    *,
    now: datetime,
    read_with: BodyReader = in_threads,
    deadline: timedelta = DEADLINE,
) -> Found | NothingFound:
    """Find out what is at an address; `now` is aware UTC. Stores nothing."""
    look = _Look(fetcher, now, read_with)
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            return await look.at(url)
    except TimeoutError:
        return NothingFound(
            detail=f"It had not been looked at in full after {deadline.total_seconds():g} s. "
            "Try again later, or give the address of its feed."
        )


class _Look:
    def __init__(self, fetcher: FetchDoor, now: datetime, read_with: BodyReader) -> None:
        self._fetcher = fetcher
        self._now = now
        self._read_with = read_with
        self._left = MAX_FEEDS
        self._failures: list[str] = []

    async def at(self, url: str) -> Found | NothingFound:
        is_for_people = not looks_like_feed(url)
        outcome = await self._ask(url, is_for_people=is_for_people)
        sight = await self._see(outcome)
        if sight is not None and sight.is_page and not is_for_people:
            outcome = await self._ask(url, is_for_people=True)
            sight = await self._see(outcome)
        if sight is None or not isinstance(outcome, Fetched):
            return NothingFound(detail=_detail(outcome))
        there = outcome.moved_to if isinstance(outcome, Moved) else url
        if sight.kind is not None:
            return await self._read(there, outcome, sight.kind, sight.title)
        if sight.is_closed or not sight.is_page:
            return NothingFound(detail=_no_source(url, sight))
        return await self._on_page(there, outcome, sight)

    async def _on_page(self, url: str, fetched: Fetched, sight: Sight) -> Found | NothingFound:
        found = await self._feed_of(sight)
        if found is not None and found.items:
            return found
        if sight.shape is not None:
            listed = await self._read(url, fetched, SourceKind.HTML_LIST, sight.title, sight.shape)
            if isinstance(listed, Found) and listed.items:
                return listed
        if found is not None:
            return found  # a feed that lists nothing today may tomorrow
        return NothingFound(detail=_no_source(url, sight, self._failures))

    async def _feed_of(self, sight: Sight, *, may_follow: bool = True) -> Found | None:
        """The first feed that a page names and that can be read, one with entries before one
        without; a page of feeds that it leads to is looked at as well."""
        empty: Found | None = None
        for at, candidate in enumerate(sight.feeds):
            if not self._left:
                break
            self._left -= 1
            is_for_people = candidate.named is Named.ANCHOR and not looks_like_feed(candidate.url)
            outcome = await self._ask(candidate.url, is_for_people=is_for_people)
            seen = await self._see(outcome)
            if seen is None or not isinstance(outcome, Fetched):
                self._failures.append(_detail(outcome))
                continue
            if seen.kind is SourceKind.FEED:
                there = outcome.moved_to if isinstance(outcome, Moved) else candidate.url
                found = await self._read(there, outcome, seen.kind, seen.title or sight.title)
                if isinstance(found, NothingFound):
                    self._failures.append(found.detail)
                    continue
                others = tuple(each for each in sight.feeds if each is not candidate)
                found = replace(found, others=others)
                if found.items:
                    return found
                empty = empty or found
            elif seen.is_page and may_follow and candidate.named is Named.ANCHOR and not at:
                found_there = await self._feed_of(seen, may_follow=False)
                if found_there is not None and found_there.items:
                    return found_there
        return empty

    async def _ask(self, url: str, *, is_for_people: bool) -> FetchOutcome:
        source = _source(url, SourceKind.FEED)
        return await self._fetcher.fetch(FetchRequest(source=source, is_article=is_for_people))

    async def _see(self, outcome: FetchOutcome) -> Sight | None:
        return await in_reader_thread(see, outcome) if isinstance(outcome, Fetched) else None

    async def _read(
        self,
        url: str,
        fetched: Fetched,
        kind: SourceKind,
        title: str,
        shape: ListShape | None = None,
    ) -> Found | NothingFound:
        """By the very reader that will read it at each poll."""
        name = title or (urlsplit(url).hostname or url).removeprefix("www.")
        source = replace(_source(url, kind), name=name, shape=shape)
        outcome = await self._read_with(source, fetched, self._now)
        if isinstance(outcome, Read):
            return Found(source=source, items=outcome.items)
        return NothingFound(detail=_sentence(_detail(outcome)))


def _source(url: str, kind: SourceKind) -> Source:
    return Source(
        source_id=_LOOKED_AT,
        name=_LOOKED_AT,
        url=url,
        kind=kind,
        is_official=None,
    )


def _detail(outcome: FetchOutcome | ReadOutcome) -> str:
    match outcome:
        case Blocked(detail=detail) | NotAFeed(detail=detail) | FetchFailed(detail=detail):
            return detail
        case _:
            return "It answered that nothing has changed, though nothing was known of it."


def _sentence(words: str) -> str:
    words = words.removeprefix(f"{_LOOKED_AT}: ").strip()
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _no_source(url: str, sight: Sight, failures: list[str] | None = None) -> str:
    host = urlsplit(url).hostname or url
    if sight.is_closed or not sight.is_page:
        what = "Give the address of a feed (RSS, Atom, JSON Feed), a sitemap or a list page."
        return f"{host} sent {sight.said}. {what}"
    tried = f" What it calls a feed is none: {failures[0].rstrip('.')}." if failures else ""
    return (
        f"{host} sent {sight.said}. It names no feed that can be read, and no list of links stands "
        f"on it.{tried} Give the address of its feed, or of the page that lists its news."
    )
