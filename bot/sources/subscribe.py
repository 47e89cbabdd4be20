"""Which feeds of a list are added to a desk's sources, and why the others are not. Pure.

    subscriptions, what is there -> (how each is spelled -> is it there -> an id) -> Verdicts

No feed is asked and no name resolved: an address that may not be read is told by its spelling, and
the others are vetted again at each poll, as those of all sources are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bot.domain.source import Source
from bot.sources.guard import AllowList, Refused, vet_url
from bot.sources.opml import Subscription
from bot.sources.own import address_key, address_of, free_id, shown_address


class Verdict(StrEnum):
    """What becomes of one feed of a list."""

    ADDED = "added"
    THERE = "already there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One feed of a list. `source` is set where it is added; `detail` is its id, that of the source
    that is there, or why it was refused."""

    name: str
    verdict: Verdict
    detail: str
    source: Source | None = None


def judge(
    subscriptions: Sequence[Subscription],
    listed: Sequence[Source],
    switched_off: Sequence[Source],
    allow: AllowList,
    *,
    is_resolved_here: bool = True,
) -> Iterator[Judged]:
    """Each feed in its order. One that the list has twice is added once."""
    there = {address_key(each.url): f"as {each.source_id}" for each in listed if not each.form}
    for off in switched_off:
        there[address_key(off.url)] = f"as {off.source_id}, which is switched off"
    taken = {str(each.source_id) for each in (*listed, *switched_off)}
    for each in subscriptions:
        url = address_of(each.url) or each.url
        shown = each.name or shown_address(url)
        vetted = vet_url(url, allow, is_resolved_here=is_resolved_here)
        if isinstance(vetted, Refused):
            reason = f"{shown_address(url)}: {vetted.reason}"
            yield Judged(name=shown, verdict=Verdict.REFUSED, detail=reason)
            continue
        key = address_key(vetted.url)
        if key in there:
            yield Judged(name=shown, verdict=Verdict.THERE, detail=there[key])
            continue
        name = each.name or (urlsplit(vetted.url).hostname or "").removeprefix("www.")
        source = Source(source_id=free_id(name, vetted.url, taken), name=name, url=vetted.url,
                        is_official=None)  # fmt: skip
        there[key] = f"as {source.source_id}"
        taken.add(source.source_id)
        yield Judged(name=name, verdict=Verdict.ADDED, detail=str(source.source_id), source=source)
