"""Where a list says that its older entries are. Pure.

pages = "https://ministry.example/news?page={2}"       2, 3, 4 …
pages = "https://ministry.example/news?page={1}"       1, 2, 3 … where the first page is 0
pages = "https://ministry.example/news?start={20,40}"  20, 40, 60 …
"""

from __future__ import annotations

import re

from bot.sources.links import absolute_link

MOST_PAGES = 50
"""Further pages whose addresses are known again; more are never asked for."""

_NUMBER = re.compile(r"\{(\d{1,6})(?:,(\d{1,6}))?\}")


def is_page_pattern(text: str) -> bool:
    """Whether a text is the address of further pages, with its one number in braces."""
    numbers = _NUMBER.findall(text)
    return len(numbers) == 1 and bool(absolute_link(_NUMBER.sub("2", text), ""))


def page_after(pattern: str, url: str) -> str:
    """The address of the page after the one at `url`, which is the first page or made by this."""
    found = _NUMBER.search(pattern)
    if found is None:
        return ""
    first = int(found[1])
    step = int(found[2]) - first if found[2] else 1
    addresses = [
        absolute_link(pattern[: found.start()] + str(first + n * step) + pattern[found.end() :], "")
        for n in range(MOST_PAGES + 1)
    ]
    if url not in addresses:
        return addresses[0]
    following = addresses[addresses.index(url) + 1 :]
    return following[0] if following else ""
