"""SQL of items, their identity keys, the full-text index, matches and alerts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.domain.ids import ChatId, ItemId, WatchId
from bot.domain.item import ArchivedItem, Item
from bot.domain.match import Match
from bot.domain.outbox import Alert
from bot.domain.plan import (
    Applied,
    EditedItem,
    IngestMaterial,
    IngestPlan,
    KnownItems,
    MatchedItem,
    NewItem,
)
from storage.chats import watch_changes
from storage.health import save_health
from storage.outbox import insert_drafts
from storage.rows import (
    ITEM_COLUMNS,
    archived_of,
    day_stamp,
    facts_text,
    hits_of,
    hits_text,
    item_of,
    stamp,
    stamp_or_none,
)
from storage.sources import save_fetch_state
from storage.versions import apply_change, stored_version

_CHUNK = 500  # parameters a statement, far below SQLite's bound
_T = TypeVar("_T")


def ingest_material(db: sqlite3.Connection, keys: Sequence[str]) -> IngestMaterial:
    """All that deciding about a page needs; the watches only when they are asked for."""
    known = known_items(db, keys)
    return IngestMaterial(
        known=known,
        alerted=alerted_chats(db, list(known.items)),
        revision=db.execute("SELECT number FROM watch_revision").fetchone()[0],
        read_watches=lambda since: watch_changes(db, since),
        read_version=lambda source_id: stored_version(db, source_id),
    )


def known_items(db: sqlite3.Connection, keys: Sequence[str]) -> KnownItems:
    """Which archived items the keys name, and those items."""
    by_key: dict[str, set[ItemId]] = {}
    for chunk in _chunks(keys):
        marks = ", ".join("?" * len(chunk))
        for row in db.execute(f"SELECT key, item_id FROM item_keys WHERE key IN ({marks})", chunk):
            by_key.setdefault(row["key"], set()).add(ItemId(row["item_id"]))
    ids = sorted({item_id for named in by_key.values() for item_id in named})
    items: dict[ItemId, Item] = {}
    for id_chunk in _chunks(ids):
        marks = ", ".join("?" * len(id_chunk))
        rows = db.execute(
            f"SELECT {ITEM_COLUMNS} FROM items JOIN sources USING (source_id)"
            f" WHERE item_id IN ({marks})",
            id_chunk,
        )
        items.update((ItemId(row["item_id"]), item_of(row)) for row in rows)
    return KnownItems(by_key={k: frozenset(v) for k, v in by_key.items()}, items=items)


def apply_ingest(db: sqlite3.Connection, plan: IngestPlan) -> Applied:
    """Items, keys, index, matches, alerts, outbox rows and the source's own state, together."""
    matches = messages = 0
    for new in plan.new:
        item_id = _insert_item(db, new)
        matches += _insert_matches(db, item_id, new.matches, plan.now)
        messages += _insert_alerts(db, item_id, new.alerts, plan.now)
    for edited in plan.edited:
        _update_item(db, edited, plan.now)
        matches += _insert_matches(db, edited.item_id, edited.matches, plan.now)
        messages += _insert_alerts(db, edited.item_id, edited.alerts, plan.now)
        messages += insert_drafts(db, edited.updates, plan.now, about=edited.item_id)
    count_shut_out(
        db,
        (each for page in (plan.new, plan.edited) for new in page for each in new.shut_out),
        plan.now,
    )
    for sighting in plan.sightings:
        _insert_keys(db, sighting.item_id, sighting.keys)
    if plan.version is not None:
        apply_change(db, plan.version)
    save_fetch_state(db, plan.state)
    if plan.health is not None:
        save_health(db, plan.health)
    return Applied(new_items=len(plan.new), matches=matches, messages=messages, health=plan.health)


def _insert_item(db: sqlite3.Connection, new: NewItem) -> ItemId:
    item = new.item
    row = db.execute(
        """
        INSERT INTO items (source_id, title, text, url, guid, canonical_url, language,
                           published_at, precision, zone, facts, first_seen_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            item.source_id,
            item.title,
            item.text,
            item.url,
            item.guid,
            item.canonical_url,
            item.language,
            stamp_or_none(item.published_at),
            item.precision,
            item.zone,
            facts_text(item.facts),
            stamp(item.first_seen_at),
        ),
    )
    assert row.lastrowid is not None
    item_id = ItemId(row.lastrowid)
    _insert_keys(db, item_id, new.keys)
    db.execute(
        "INSERT INTO items_index (rowid, words) VALUES (?, ?)",
        (item_id, " ".join(new.index_words)),
    )
    return item_id


def _update_item(db: sqlite3.Connection, edited: EditedItem, now: datetime) -> None:
    item = edited.item
    db.execute(
        """
        UPDATE items SET source_id = ?, title = ?, text = ?, url = ?, guid = ?, canonical_url = ?,
                         language = ?, published_at = ?, precision = ?, zone = ?, facts = ?,
                         edited_at = ?
        WHERE item_id = ?
        """,
        (
            item.source_id,
            item.title,
            item.text,
            item.url,
            item.guid,
            item.canonical_url,
            item.language,
            stamp_or_none(item.published_at),
            item.precision,
            item.zone,
            facts_text(item.facts),
            stamp(now),
            edited.item_id,
        ),
    )
    _insert_keys(db, edited.item_id, edited.keys)
    # a contentless index forgets a row only when told exactly what it held
    db.execute(
        "INSERT INTO items_index (items_index, rowid, words) VALUES ('delete', ?, ?)",
        (edited.item_id, " ".join(edited.old_index_words)),
    )
    db.execute(
        "INSERT INTO items_index (rowid, words) VALUES (?, ?)",
        (edited.item_id, " ".join(edited.index_words)),
    )


def _insert_keys(db: sqlite3.Connection, item_id: ItemId, keys: Iterable[str]) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO item_keys (key, item_id) VALUES (?, ?)",
        [(key, item_id) for key in keys],
    )


def _insert_matches(
    db: sqlite3.Connection, item_id: ItemId, matches: Sequence[Match], now: datetime
) -> int:
    # the watch may have been removed by another process since the plan was made
    return sum(
        db.execute(
            """
            INSERT OR IGNORE INTO matches (watch_id, item_id, hits, created_at)
            SELECT watch_id, ?, ?, ? FROM watches WHERE watch_id = ? AND removed_at IS NULL
            """,
            (item_id, hits_text(match.hits), stamp(now), match.watch_id),
        ).rowcount
        for match in matches
    )


def _insert_alerts(
    db: sqlite3.Connection, item_id: ItemId, alerts: Sequence[Alert], now: datetime
) -> int:
    inserted = 0
    for alert in alerts:
        chat_id = _asking_chat(db, alert)
        if chat_id is None:
            continue
        row = db.execute(
            "INSERT OR IGNORE INTO alerts (chat_id, item_id, created_at) VALUES (?, ?, ?)",
            (chat_id, item_id, stamp(now)),
        )
        if row.rowcount:
            drafts = [replace(draft, chat_id=chat_id) for draft in alert.messages]
            inserted += insert_drafts(db, drafts, now, about=item_id)
    return inserted


def _asking_chat(db: sqlite3.Connection, alert: Alert) -> ChatId | None:
    """Whose the alert's watches are by now: they may have been removed, or moved to a supergroup's
    chat, since the plan was made. None where nobody asks any more."""
    marks = ", ".join("?" * len(alert.watch_ids))
    row = db.execute(
        f"SELECT chat_id FROM watches WHERE watch_id IN ({marks}) AND removed_at IS NULL",
        alert.watch_ids,
    ).fetchone()
    return None if row is None else ChatId(row["chat_id"])


def alerted_chats(
    db: sqlite3.Connection, item_ids: Sequence[ItemId]
) -> frozenset[tuple[ChatId, ItemId]]:
    """Which chats have been told of which of these items."""
    found: set[tuple[ChatId, ItemId]] = set()
    for chunk in _chunks(item_ids):
        marks = ", ".join("?" * len(chunk))
        rows = db.execute(f"SELECT chat_id, item_id FROM alerts WHERE item_id IN ({marks})", chunk)
        found.update((ChatId(row["chat_id"]), ItemId(row["item_id"])) for row in rows)
    return frozenset(found)


def matched_items(
    db: sqlite3.Connection,
    chat_id: ChatId,
    *,
    after: int,
    since: datetime | None,
    untold_of: WatchId | None = None,
) -> tuple[MatchedItem, ...]:
    """Items that answered the chat's present watches, newest first.

    Only matches with a number above `after`, and made later than `since` where that is given; with
    `untold_of` those of that watch, of items that no alert told the chat of.
    """
    rows = db.execute(
        f"""
        SELECT {ITEM_COLUMNS}, matches.watch_id, matches.hits
        FROM matches
        JOIN watches USING (watch_id)
        JOIN items USING (item_id)
        JOIN sources USING (source_id)
        WHERE watches.chat_id = ? AND watches.removed_at IS NULL
          AND match_id > ? AND matches.created_at > ?
          AND (? IS NULL OR watches.watch_id = ? AND NOT EXISTS (
              SELECT 1 FROM alerts
              WHERE alerts.chat_id = watches.chat_id AND alerts.item_id = items.item_id
          ))
        ORDER BY item_id DESC, watch_id
        """,
        (chat_id, after, "" if since is None else stamp(since), untold_of, untold_of),
    )
    grouped: dict[ItemId, tuple[ArchivedItem, list[Match]]] = {}
    for row in rows:
        _, matches = grouped.setdefault(ItemId(row["item_id"]), (archived_of(row), []))
        matches.append(Match(watch_id=WatchId(row["watch_id"]), hits=hits_of(row["hits"])))
    return tuple(
        MatchedItem(archived=archived, matches=tuple(matches))
        for archived, matches in grouped.values()
    )


def count_shut_out(db: sqlite3.Connection, watch_ids: Iterable[WatchId], now: datetime) -> None:
    """One more item each, of the day (UTC), that a NOT of these watches shut out."""
    db.executemany(
        """
        INSERT INTO shut_out (watch_id, day, items)
        SELECT watch_id, ?, 1 FROM watches WHERE watch_id = ?
        ON CONFLICT (watch_id, day) DO UPDATE SET items = items + 1
        """,
        [(day_stamp(now), watch_id) for watch_id in watch_ids],
    )


def match_counts(db: sqlite3.Connection, chat_id: ChatId, since: datetime) -> dict[WatchId, int]:
    """How often each of the chat's watches has matched since then."""
    rows = db.execute(
        """
        SELECT watch_id, count(*) AS n FROM matches JOIN watches USING (watch_id)
        WHERE chat_id = ? AND matches.created_at > ? GROUP BY watch_id
        """,
        (chat_id, stamp(since)),
    )
    return {WatchId(row["watch_id"]): row["n"] for row in rows}


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
