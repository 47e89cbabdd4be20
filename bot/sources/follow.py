"""The rest of a list: older pages back to the last reading, or the sitemaps of an index.

    first answer -> next_page … until an entry is older than `since`,     at most MAX_PAGES
                                or was read before
                 -> parts, side by side                                   as many as the parser gave

APIs that list by time are read back by time. Of all others a further page is asked for only where
nothing on the pages so far was read before: that is a gap (docs/adr/0016-articles-and-gaps.md).

Where a part of it cannot be had, what was read is handed on, without validators and not whole: so
the next poll asks for all of it again, back to the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.fetch import Blocked, FetchFailed, Fill, NotAFeed, PageFacts, Read, ReadOutcome
from bot.domain.item import Item, Precision
from bot.sources.page import joined_notes

MAX_PAGES = 10
"""Further pages of one poll."""

MAX_FILLED = 2_000
"""Entries of further pages."""

DAY_MARGIN = timedelta(days=1)
"""A day without a time says nothing of what came first on it: the day before is read, too."""

TIME_MARGIN = timedelta(hours=1)
"""Entries are not listed at the very time that they state."""

Ask = Callable[[str], Awaitable[ReadOutcome]]
"""Fetch and read what is at an address, in the manner of the source."""


Seen = Callable[[Sequence[Item]], Awaitable[Sequence[bool]]]
"""Whether each of these entries was read before."""


async def with_rest(
    first: Read,
    since: datetime | None,
    ask: Ask,
    *,
    seen: Seen | None = None,
    is_by_time: bool = True,
) -> ReadOutcome:
    """The first answer with what it says is elsewhere. `since` is when all that was listed was
    last read; None where nothing was: then older pages are history. `is_by_time` says that the list
    is in order of its dates."""
    if first.parts:
        return await _with_parts(first, ask)
    if since is None or not first.next_page:
        return first
    return await _Paging(first, since, ask, seen, is_by_time=is_by_time).read()


class _Paging:
    """One reading of a list, back to the one before."""

    def __init__(
        self, first: Read, since: datetime, ask: Ask, seen: Seen | None, *, is_by_time: bool
    ) -> None:
        self._whole, self._since, self._ask = first, since, ask
        self._seen, self._is_by_time = seen, is_by_time
        self._is_gap = False
        self._pages = 1
        self._filled = 0
        self._names = set(map(_name, first.items))

    async def read(self) -> ReadOutcome:
        page = self._whole.items
        flags = await self._known(page)
        self._is_gap = bool(page) and self._seen is not None and not any(flags)
        asked: set[str] = set()
        while self._whole.next_page not in {"", *asked} and self._goes_on(page, flags):
            if self._pages > MAX_PAGES or self._filled >= MAX_FILLED:
                return self._ended(is_open=True)
            asked.add(self._whole.next_page)
            further = await self._ask(self._whole.next_page)
            self._pages += 1
            if not isinstance(further, Read):
                return self._broken(further)
            if self._names.issuperset(map(_name, further.items)):
                break  # beyond its end: nothing, or the first page once more
            page, flags = further.items, await self._known(further.items)
            kept = self._later(page, flags) if self._seen is not None else page
            seen = {_name(item) for item, is_seen in zip(page, flags, strict=True) if is_seen}
            self._filled += len({_name(item) for item in kept} - self._names - seen)
            self._names.update(map(_name, page))
            self._whole = replace(
                self._whole, items=self._whole.items + kept, next_page=further.next_page
            )
        return self._ended(is_open=False)

    async def _known(self, page: Sequence[Item]) -> Sequence[bool]:
        return await self._seen(page) if self._seen is not None else [False] * len(page)

    def _goes_on(self, page: Sequence[Item], flags: Sequence[bool]) -> bool:
        if self._is_by_time and any(item.published_at is not None for item in page):
            return _is_later(page, self._since)
        if self._seen is None or any(flags):
            return False
        return bool(self._later(page, flags))

    def _later(self, page: Sequence[Item], flags: Sequence[bool]) -> tuple[Item, ...]:
        """Of a further page what was read before, and what came since: entries that are listed
        before those, or are dated later. The others are history, which was never read. A page whose
        dates all lie before the last reading is history as a whole."""
        dated = [item for item in page if item.published_at is not None]
        if not any(flags) and dated and not any(_came_after(each, self._since) for each in dated):
            return ()
        first_known = next((place for place, is_seen in enumerate(flags) if is_seen), len(page))
        return tuple(
            item
            for place, (item, is_seen) in enumerate(zip(page, flags, strict=True))
            if is_seen or place < first_known or _came_after(item, self._since)
        )

    def _ended(self, *, is_open: bool) -> Read:
        more = self._pages - 1
        if not more:
            return self._whole
        note = f"{self._pages} pages were read"
        fill = None
        if self._is_gap:
            fill = Fill(pages=more, entries=self._filled, is_closed=not is_open)
            note = _filled_note(fill)
        if is_open:
            note += ", and what is older since the last reading was not"
        whole = replace(self._whole, fill=fill, note=joined_notes(self._whole.note, note))
        return replace(whole, next_page="") if is_open else whole

    def _broken(self, reason: ReadOutcome) -> Read:
        note = f"its page {self._pages} could not be read: {_detail(reason)}"
        fill = None
        if self._is_gap:
            fill = Fill(pages=self._pages - 2, entries=self._filled, is_pending=True)
            note = f"{_filled_note(fill)}, and {note}"
        return replace(_in_part(self._whole, note), fill=fill)


def _name(item: Item) -> str:
    return item.guid or item.url or item.title


def _filled_note(fill: Fill) -> str:
    entries = "1 entry" if fill.entries == 1 else f"{fill.entries} entries"
    pages = "1 further page" if fill.pages == 1 else f"{fill.pages} further pages"
    return f"gap {'filled' if fill.is_closed else 'filled in part'}: {entries} from {pages}"


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


def _is_later(items: Sequence[Item], since: datetime) -> bool:
    """Whether even the oldest entry may have come after `since`. Entries without a date cannot
    say."""
    dated = [item for item in items if item.published_at is not None]
    return bool(dated) and _came_after(min(dated, key=_published), since)


def _came_after(item: Item, since: datetime) -> bool:
    """Whether an entry may have come after `since`, by its own date."""
    margin = DAY_MARGIN if item.precision is Precision.DAY else TIME_MARGIN
    return item.published_at is not None and item.published_at > since - margin


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
