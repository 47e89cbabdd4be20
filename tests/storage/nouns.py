"""What storage is given, ready-made: each function says only what its test cares about."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door
from bot.domain.ids import ChatId, WatchId
from bot.domain.match import Hit, Match, Part
from bot.domain.outbox import Alert, Draft, MessageKind, Priority
from bot.domain.plan import Applied, IngestPlan, NewItem
from bot.domain.richtext import rich
from bot.domain.watch import Watch
from bot.matching.index_words import index_words
from bot.stories.identity import keys_of
from storage import chats, sources
from storage.store import SqliteStore
from tests.samples import NOW, item, source, state


def draft(chat_id: int, key: str = "a", **changes: Any) -> Draft:
    """A message to queue; `key` is its dedup_key."""
    values: dict[str, Any] = {
        "chat_id": ChatId(chat_id),
        "kind": MessageKind.ALERT,
        "priority": Priority.NORMAL,
        "body": rich(f"Message {key}"),
        "dedup_key": key,
        **changes,
    }
    return Draft(**values)


def reply(chat_id: int, key: str) -> Draft:
    """An answer to a command."""
    return draft(chat_id, key, kind=MessageKind.REPLY, priority=Priority.REPLY)


def match(watch_id: int) -> Match:
    """An answer to that watch, by the title's first word."""
    return Match(watch_id=WatchId(watch_id), hits=(Hit(Part.TITLE, 0, 6, "notice"),))


def new_item(name: str = "1", watches: Sequence[Watch] = (), **changes: Any) -> NewItem:
    """An item that is to be archived; it answers those watches, whose chats are told."""
    values: dict[str, Any] = {
        "title": f"Notice {name} on export licences",
        "guid": name,
        "url": f"https://gazette.example/{name}",
        "canonical_url": f"https://gazette.example/{name}",
        **changes,
    }
    made = item(**values)
    by_chat: dict[ChatId, list[WatchId]] = {}
    for watch in watches:
        by_chat.setdefault(watch.chat_id, []).append(watch.watch_id)
    return NewItem(
        item=made,
        keys=keys_of(made),
        index_words=index_words(made.title, made.text, made.language).words,
        matches=tuple(match(watch.watch_id) for watch in watches),
        alerts=tuple(
            Alert(
                chat_id=chat_id,
                watch_ids=tuple(ids),
                messages=(draft(chat_id, f"alert:{chat_id}:0"),),
            )
            for chat_id, ids in by_chat.items()
        ),
    )


def plan(*new: NewItem, now: datetime = NOW, **changes: Any) -> IngestPlan:
    """A page of those items."""
    values: dict[str, Any] = {"state": state(etag='"after"'), "now": now, "new": new, **changes}
    return IngestPlan(**values)


async def keep(store: SqliteStore, page: IngestPlan) -> Applied:
    """Apply a page that was decided on without looking."""
    return await store.ingest([], lambda _material: page)


def telegram(number: int, topic_id: int | None = None) -> Address:
    """A Telegram chat, or a topic of it."""
    return Address(door=Door.TELEGRAM, number=number, topic_id=topic_id)


def add_chat(
    db: sqlite3.Connection,
    number: int = 100,
    topic_id: int | None = None,
    kind: ChatKind = ChatKind.PRIVATE,
    chat_state: ChatState = ChatState.ACTIVE,
) -> Chat:
    """A chat in the database."""
    return chats.ensure_chat(db, telegram(number, topic_id), kind, "Desk", chat_state, NOW)


def add_watch(db: sqlite3.Connection, chat: Chat, text: str = "export licence") -> Watch:
    """A watch in the database."""
    return chats.add_watch(db, chat.chat_id, text, "Ada", NOW)[0]


def add_sources(db: sqlite3.Connection, *names: str) -> None:
    """Sources in the database; at first `gazette`, which items and states name."""
    sources.save_catalogue(db, [source(name) for name in names or ("gazette",)], NOW)


def column(db: sqlite3.Connection, sql: str, *values: Any) -> list[Any]:
    """The first column of the answer."""
    return [row[0] for row in db.execute(sql, values)]


def scans(db: sqlite3.Connection, sql: str, values: Any) -> list[str]:
    """The steps of SQLite's plan that read a whole table of the archive or the outbox."""
    return [
        row["detail"]
        for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        if row["detail"].startswith("SCAN ")
    ]
