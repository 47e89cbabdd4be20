"""Row to dataclass and back; times and hits as text."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, time, timedelta

from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door
from bot.domain.ids import ChatId, ItemId, MessageId, SourceId, WatchId
from bot.domain.item import ArchivedItem, Facts, Item, Precision
from bot.domain.match import Hit, Part
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.richtext import Button, RichText
from bot.domain.source import FetchState, PollReason
from bot.domain.watch import Loudness, Watch

ITEM_COLUMNS = """
    items.*, sources.name AS source_name, sources.publisher, sources.jurisdiction, sources.credit,
    sources.is_official, sources.is_class_known, sources.is_sample
"""
"""What item_of needs, from items JOIN sources."""


def stamp(at: datetime) -> str:
    """Fixed-width UTC text: isoformat() drops zero microseconds and would break comparison."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def day_stamp(at: datetime) -> str:
    """The day of a time, in UTC."""
    return stamp(at)[:10]


def stamp_or_none(at: datetime | None) -> str | None:
    """stamp, or None for None."""
    return None if at is None else stamp(at)


def moment(text: str) -> datetime:
    """The inverse of stamp."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """moment, or None for None."""
    return None if text is None else moment(text)


def item_of(row: sqlite3.Row) -> Item:
    """An Item from ITEM_COLUMNS."""
    return Item(
        source_id=SourceId(row["source_id"]),
        source_name=row["source_name"],
        publisher=row["publisher"],
        is_official=bool(row["is_official"]) if row["is_class_known"] else None,
        is_sample=bool(row["is_sample"]),
        jurisdiction=row["jurisdiction"],
        credit=row["credit"],
        title=row["title"],
        text=row["text"],
        url=row["url"],
        guid=row["guid"],
        canonical_url=row["canonical_url"],
        language=row["language"],
        published_at=moment_or_none(row["published_at"]),
        precision=Precision(row["precision"]),
        zone=row["zone"],
        first_seen_at=moment(row["first_seen_at"]),
        facts=facts_of(row["facts"]),
    )


def facts_text(facts: Facts) -> str:
    """An item's facts as JSON."""
    return json.dumps(facts, ensure_ascii=False) if facts else "[]"


def facts_of(text: str) -> Facts:
    """The inverse of facts_text."""
    return () if text == "[]" else tuple((name, value) for name, value in json.loads(text))


def archived_of(row: sqlite3.Row) -> ArchivedItem:
    """An ArchivedItem from ITEM_COLUMNS."""
    return ArchivedItem(item_id=ItemId(row["item_id"]), item=item_of(row))


def fetch_state_of(row: sqlite3.Row) -> FetchState:
    """A row of fetch_states."""
    return FetchState(
        source_id=SourceId(row["source_id"]),
        url=row["url"],
        next_poll_at=moment(row["next_poll_at"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        is_seeded=bool(row["is_seeded"]),
        failures=row["failures"],
        last_polled_at=moment_or_none(row["last_polled_at"]),
        last_success_at=moment_or_none(row["last_success_at"]),
        last_outcome=row["last_outcome"],
        last_detail=row["last_detail"],
        last_full_at=moment_or_none(row["last_full_at"]),
        fresh_for=None if row["fresh_seconds"] is None else timedelta(seconds=row["fresh_seconds"]),
        rhythm=row["rhythm"],
        rhythm_at=moment_or_none(row["rhythm_at"]),
        next_reason=PollReason(row["next_reason"]),
    )


def address_of(row: sqlite3.Row) -> Address:
    """The address columns of chats."""
    return Address(door=Door(row["door"]), number=row["number"], topic_id=row["topic_id"] or None)


def chat_of(row: sqlite3.Row) -> Chat:
    """A row of chats."""
    return Chat(
        chat_id=ChatId(row["chat_id"]),
        address=address_of(row),
        kind=ChatKind(row["kind"]),
        title=row["title"],
        state=ChatState(row["state"]),
        zone=row["zone"],
        digest_at=None if row["digest_at"] is None else time.fromisoformat(row["digest_at"]),
        digest_set_at=moment(row["digest_set_at"]),
        created_at=moment(row["created_at"]),
    )


def watch_of(row: sqlite3.Row) -> Watch:
    """A row of watches."""
    return Watch(
        watch_id=WatchId(row["watch_id"]),
        chat_id=ChatId(row["chat_id"]),
        number=row["number"],
        text=row["text"],
        created_at=moment(row["created_at"]),
        created_by=row["created_by"],
        name=row["name"],
        priority=Loudness(row["priority"]),
        changed_at=moment_or_none(row["changed_at"]),
        changed_by=row["changed_by"],
        muted_until=moment_or_none(row["muted_until"]),
    )


def message_of(row: sqlite3.Row) -> OutboxMessage:
    """A row of outbox joined with its chat's address."""
    return OutboxMessage(
        message_id=MessageId(row["message_id"]),
        chat_id=ChatId(row["chat_id"]),
        address=address_of(row),
        kind=MessageKind(row["kind"]),
        body=RichText.from_json(json.loads(row["body"])),
        buttons=tuple(
            tuple(Button(label, data) for label, data in line)
            for line in json.loads(row["buttons"])
        ),
        created_at=moment(row["created_at"]),
        attempts=row["attempts"],
        repeats=row["repeats"],
        is_plain=bool(row["is_plain"]),
    )


def buttons_text(buttons: tuple[tuple[Button, ...], ...]) -> str:
    """Buttons as JSON: [[[label, data], …], …]."""
    return json.dumps([[[b.label, b.data] for b in line] for line in buttons], ensure_ascii=False)


def hits_text(hits: tuple[Hit, ...]) -> str:
    """Hits as JSON: [[part, start, end, term, concept], …]."""
    return json.dumps(
        [[h.part, h.start, h.end, h.term, h.concept] for h in hits], ensure_ascii=False
    )


def hits_of(text: str) -> tuple[Hit, ...]:
    """The inverse of hits_text."""
    return tuple(
        Hit(Part(part), start, end, term, concept)
        for part, start, end, term, concept in json.loads(text)
    )
