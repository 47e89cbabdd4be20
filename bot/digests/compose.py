"""What stands in a digest: each item once, under the first watch that it answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.digest import Digest, DigestEntry, DigestGroup
from bot.domain.ids import WatchId
from bot.domain.plan import MatchedItem
from bot.domain.watch import Watch


def compose(
    *,
    watches: Sequence[Watch],
    matched: Sequence[MatchedItem],
    covers_from: datetime,
    covers_until: datetime,
) -> Digest:
    """Group by watch, watches by number, items newest first; every watch has its group."""
    by_id = {watch.watch_id: watch for watch in watches}
    entries: dict[WatchId, list[DigestEntry]] = {watch.watch_id: [] for watch in watches}
    for found in sorted(matched, key=lambda each: -each.archived.item_id):
        answered = sorted(
            (match for match in found.matches if match.watch_id in by_id),
            key=lambda match: by_id[match.watch_id].number,
        )
        if not answered:
            continue  # its watch ended meanwhile
        first, *others = answered
        entries[first.watch_id].append(
            DigestEntry(
                item=found.archived.item,
                hits=first.hits,
                also=tuple(by_id[match.watch_id] for match in others),
            )
        )
    return Digest(
        covers_from=covers_from,
        covers_until=covers_until,
        groups=tuple(
            DigestGroup(watch=watch, entries=tuple(entries[watch.watch_id]))
            for watch in sorted(watches, key=lambda each: each.number)
        ),
    )
