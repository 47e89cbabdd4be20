"""A page goes through the whole database, and nothing of it stays: the canary's way."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.chat import Address, ChatKind, ChatState, Door
from bot.domain.plan import ActiveWatch, IngestMaterial, IngestPlan, Rehearsed, WatchChanges
from bot.domain.source import Source
from storage.archive import search_candidates
from storage.chats import add_watch, ensure_chat
from storage.items import apply_ingest, ingest_material
from storage.sources import save_catalogue

_ADDRESS = Address(door=Door.TERMINAL, number=-1)


def rehearse(
    db: sqlite3.Connection,
    source: Source,
    watch_text: str,
    keys: Sequence[str],
    index_query: str,
    decide: Callable[[IngestMaterial], IngestPlan],
    now: datetime,
) -> Rehearsed:
    """Store what was read from `source`, for a chat that watches for `watch_text` and sees no other
    watch; look at what came of it, and take all of it back.

    It happens within a savepoint of the writer's transaction, so that nobody else ever sees it.
    """
    db.execute("SAVEPOINT rehearsal")
    try:
        chat = ensure_chat(db, _ADDRESS, ChatKind.LOCAL, "canary", ChatState.ACTIVE, now)
        watch, _is_new = add_watch(db, chat.chat_id, watch_text, "canary", now)
        save_catalogue(db, [source], now)
        asking = WatchChanges(watches=[ActiveWatch(watch=watch, chat=chat)])
        material = replace(ingest_material(db, keys), read_watches=lambda _since: asking)
        applied = apply_ingest(db, decide(material))
        queued = db.execute(
            "SELECT count(*) FROM outbox WHERE chat_id = ? AND state = 'queued'", (chat.chat_id,)
        ).fetchone()[0]
        found = search_candidates(db, index_query, 1, None)
        is_found = any(each.item.source_id == source.source_id for each in found)
        return Rehearsed(applied=applied, queued=queued, is_found=is_found)
    finally:
        db.execute("ROLLBACK TO rehearsal")
        db.execute("RELEASE rehearsal")
