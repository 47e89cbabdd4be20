"""Small ready-made nouns for tests: each function says only what its test cares about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door
from bot.domain.ids import ChatId, MessageId, SourceId, WatchId
from bot.domain.item import Item
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.plan import ActiveWatch
from bot.domain.richtext import rich
from bot.domain.source import FetchState, Source
from bot.domain.watch import Watch

NOW = datetime(2026, 10, 8, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def source(source_id: str = "gazette", **changes: Any) -> Source:
    made = Source(
        source_id=SourceId(source_id),
        name=source_id.title(),
        url=f"https://{source_id}.example/feed.xml",
        languages=("en",),
    )
    return replace(made, **changes)


def state(source_id: str = "gazette", **changes: Any) -> FetchState:
    made = FetchState(
        source_id=SourceId(source_id),
        url=f"https://{source_id}.example/feed.xml",
        next_poll_at=NOW,
        is_seeded=True,
    )
    return replace(made, **changes)


def item(title: str = "Notice on export licences", **changes: Any) -> Item:
    made = Item(
        source_id=SourceId("gazette"),
        source_name="Gazette",
        publisher="The Gazette",
        is_official=True,
        title=title,
        text="The ministry published a notice.",
        url="https://gazette.example/1",
        canonical_url="https://gazette.example/1",
        guid="1",
        language="en",
        first_seen_at=NOW,
    )
    return replace(made, **changes)


def chat(number: int = 100, **changes: Any) -> Chat:
    made = Chat(
        chat_id=ChatId(1),
        address=Address(door=Door.TELEGRAM, number=number),
        kind=ChatKind.PRIVATE,
        title="Desk",
        state=ChatState.ACTIVE,
        zone="Europe/Brussels",
        digest_at=time(8, 0),
        digest_set_at=NOW,
        created_at=NOW,
    )
    return replace(made, **changes)


def active(text: str, number: int = 1, in_chat: Chat | None = None) -> ActiveWatch:
    chosen = in_chat or chat()
    return ActiveWatch(
        watch=Watch(
            watch_id=WatchId(number),
            chat_id=chosen.chat_id,
            number=number,
            text=text,
            created_at=NOW,
            created_by="Ada",
        ),
        chat=chosen,
    )


def message(**changes: Any) -> OutboxMessage:
    made = OutboxMessage(
        message_id=MessageId(1),
        chat_id=ChatId(1),
        address=Address(door=Door.TELEGRAM, number=100),
        kind=MessageKind.ALERT,
        body=rich("Hello"),
        buttons=(),
        created_at=NOW,
        attempts=1,
        repeats=0,
        is_plain=False,
    )
    return replace(made, **changes)
