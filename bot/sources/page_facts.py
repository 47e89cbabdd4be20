"""A page in numbers, for the health of its source; counting is all that is done. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.domain.fetch import PageFacts
from bot.domain.item import Item, RawItem

AHEAD = timedelta(days=2)
"""A date may be so far ahead: a day that has begun in the Pacific, the next issue of a journal."""

_LETTER = re.compile(r"[^\W\d_]")


def page_facts(
    raws: Sequence[RawItem],
    items: Sequence[Item],
    url: str,
    now: datetime,
    *,
    is_cut: bool = False,
) -> PageFacts:
    """The facts of a page: its entries as they were written, and the items that were made of them.

    Titles are counted as they were written: an item takes its text's first sentence for one. A
    title without a letter is none. `url` is where the page came from, after redirects.
    """
    titles = {raw.title for raw in raws if _LETTER.search(raw.title)}
    links: set[str] = set()
    undated = textless = in_future = 0
    newest: datetime | None = None
    horizon = now + AHEAD
    for item in items:
        links.add(item.url)
        textless += not item.text
        at = item.published_at
        if at is None:
            undated += 1
        elif at > horizon:
            in_future += 1
        elif newest is None or at > newest:
            newest = at
    links.discard("")
    return PageFacts(
        entries=len(items),
        untitled=max(0, len(items) - len(titles)),
        unlinked=len(items) - len(links),
        undated=undated,
        textless=textless,
        in_future=in_future,
        title_chars=sum(len(raw.title) for raw in raws),
        newest_at=newest,
        host=host_of(url),
        is_cut=is_cut,
    )


def host_of(url: str) -> str:
    """The host of an address, without the "www." that comes and goes."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
