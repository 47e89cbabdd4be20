"""An archive with items in it, asked as the handlers ask it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bot.domain.fetch import Read
from bot.domain.item import Item
from bot.matching.query import parse
from bot.pipeline.ingest import Ingest
from bot.sources.cadence import after_poll
from storage.store import SqliteStore
from tests.desk import wait
from tests.samples import NOW, item, source, state

GAZETTE = source("gazette", is_official=True)


def notice(number: int, title: str, days_ago: float = 0, **changes: object) -> Item:
    """An item that was published and seen so many days ago."""
    at = NOW - timedelta(days=days_ago)
    values: dict[str, object] = {
        "text": "",
        "guid": str(number),
        "url": f"https://gazette.example/{number}",
        "canonical_url": f"https://gazette.example/{number}",
        "first_seen_at": at,
        "published_at": at,
        **changes,
    }
    return item(title, **values)


def archive_of(folder: Path, items: Sequence[Item]) -> SqliteStore:
    """A database that holds the items, the first one the oldest."""
    store = SqliteStore(folder / "desk.db")
    wait(store.save_catalogue([GAZETTE], NOW))
    add(store, items)
    return store


def add(store: SqliteStore, items: Sequence[Item]) -> None:
    """Store items as a poll does, in their order."""
    settled = after_poll(state("gazette"), GAZETTE, Read(items=()), now=NOW, jitter=0.0)
    for start in range(0, len(items), 200):
        wait(Ingest(store).take(items[start : start + 200], settled, is_quiet=False, now=NOW))


def asked(typed: str) -> object:
    """The query that is typed, on the day of the tests."""
    return parse(typed, today=NOW.date())
