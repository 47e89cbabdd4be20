"""The rest of a list: older pages back to the last reading, or the sitemaps of an index.

    first answer -> next_page … until an entry is older than `since`      at most MAX_PAGES
                 -> parts, side by side                                   as many as the parser gave

Where a part of it cannot be had, what was read is handed on, without validators and not whole: so
the next poll asks for all of it again, back to the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.fetch import Blocked, FetchFailed, NotAFeed, PageFacts, Read, ReadOutcome
from bot.domain.item import Item, Precision
from bot.sources.page import joined_notes

MAX_PAGES = 10
"""Further pages of one poll."""

DAY_MARGIN = timedelta(days=1)
"""A day without a time says nothing of what came first on it: the day before is read, too."""

TIME_MARGIN = timedelta(hours=1)
"""Entries are not listed at the very time that they state."""

Ask = Callable[[str], Awaitable[ReadOutcome]]
"""Fetch and read what is at an address, in the manner of the source."""


async def with_rest(first: Read, since: datetime | None, ask: Ask) -> ReadOutcome:
    """The first answer with what it says is elsewhere. `since` is when all that was listed was
    last read; None where nothing was: then older pages are history."""
    if first.parts:
        return await _with_parts(first, ask)
    read, pages = first, 1
    while since is not None and read.next_page and _is_later(read.items, since):
        if pages > MAX_PAGES:
            note = f"{pages} pages were read, and what is older since the last reading was not"
            return replace(read, next_page="", note=joined_notes(read.note, note))
        further = await ask(read.next_page)
        pages += 1
        if not isinstance(further, Read):
            return _in_part(read, f"its page {pages} could not be read: {_detail(further)}")
        if not further.items:
            break
        read = replace(read, items=read.items + further.items, next_page=further.next_page)
    if pages == 1:
        return first
    return replace(read, note=joined_notes(read.note, f"{pages} pages were read"))


async def _with_parts(first: Read, ask: Ask) -> ReadOutcome:
    found = await asyncio.gather(*(ask(url) for url in first.parts))
    read = [each for each in found if isinstance(each, Read)]
    failures = [each for each in found if not isinstance(each, Read)]
    if not read:
        return failures[0]
    # never "unchanged": an index may stand still while what it points to moves
    whole = replace(
        first,
        items=tuple(item for each in read for item in each.items),
        facts=_together([each.facts for each in read if each.facts is not None]),
        note=joined_notes(first.note, *dict.fromkeys(each.note for each in read)),
        etag=None,
        last_modified=None,
        parts=(),
    )
    if not failures:
        return whole
    said = f"{len(failures)} of {len(found)} sitemaps could not be read: {_detail(failures[0])}"
    return _in_part(whole, said)


def _is_later(items: tuple[Item, ...], since: datetime) -> bool:
    """Whether even the oldest entry may have come after `since`. Entries without a date cannot
    say."""
    dated = [item for item in items if item.published_at is not None]
    if not dated:
        return False
    oldest = min(dated, key=_published)
    margin = DAY_MARGIN if oldest.precision is Precision.DAY else TIME_MARGIN
    return _published(oldest) > since - margin


def _published(item: Item) -> datetime:
    assert item.published_at is not None
    return item.published_at


def _in_part(read: Read, note: str) -> Read:
    return replace(
        read,
        etag=None,
        last_modified=None,
        fresh_for=None,
        next_page="",
        is_whole=False,
        note=joined_notes(read.note, note),
    )


def _detail(outcome: ReadOutcome) -> str:
    match outcome:
        case Blocked(detail=detail) | NotAFeed(detail=detail) | FetchFailed(detail=detail):
            return detail
        case _:
            return "it answered that nothing has changed"


def _together(facts: list[PageFacts]) -> PageFacts | None:
    if not facts:
        return None
    newest = [each.newest_at for each in facts if each.newest_at is not None]
    return PageFacts(
        entries=sum(each.entries for each in facts),
        untitled=sum(each.untitled for each in facts),
        unlinked=sum(each.unlinked for each in facts),
        undated=sum(each.undated for each in facts),
        textless=sum(each.textless for each in facts),
        in_future=sum(each.in_future for each in facts),
        title_chars=sum(each.title_chars for each in facts),
        newest_at=max(newest, default=None),
        host=facts[0].host,
    )
