"""What `doctor` and `sources` say, over a real database: every line, good and bad."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.app import Parts, assembled
from bot.delivery.policy import settle
from bot.doctor import Finding, examine, source_json, source_line
from bot.domain.alarm import AlarmTopic, Trouble
from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door
from bot.domain.outbox import (
    DeliveryOutcome,
    MessageKind,
    NotSent,
    OutboxMessage,
    Priority,
    Refused,
    Sent,
    Unreachable,
)
from bot.domain.source import SourceStatus
from bot.pipeline.alarms import Alarms
from bot.settings import Settings
from bot.sources.article import can_read_articles
from storage.connection import is_served, service_lock
from storage.items import apply_ingest
from storage.store import SqliteStore
from tests.fakes.bot_api import TOKEN
from tests.fakes.clock import START, FakeClock
from tests.samples import source, state
from tests.storage.nouns import add_sources, draft, new_item, plan

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
GOOD, BAD = True, False


class Surgery:
    """An installation in a folder of its own, with three sources."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.catalogue = folder / "sources.toml"
        self.settings: dict[str, Any] = {
            "database": folder / "data" / "desk.db",
            "sources": self.catalogue,
        }
        self.sources("a", "b", "c")

    @property
    def database(self) -> Path:
        """Where the database is, or will be."""
        path: Path = self.settings["database"]
        return path

    def sources(self, *ids: str, **more: str) -> None:
        """Read these sources, and others by their status."""
        tables = [f'id = "{each}"\nurl = "https://{each}.example/feed"\n' for each in ids]
        tables += [
            f'id = "{each}"\nurl = "https://{each}.example/feed"\nstatus = "{status}"\n'
            for each, status in more.items()
        ]
        self.catalogue.write_text("".join(f"[[source]]\n{each}\n" for each in tables), "utf-8")

    def within(self, work: Callable[[Parts], Awaitable[T]]) -> T:
        """Do something with the parts put together."""

        async def whole() -> T:
            async with assembled(Settings(**self.settings), self.clock) as parts:
                return await work(parts)

        return asyncio.run(whole())

    def polled(self, **outcomes: str) -> None:
        """How each source answered last."""

        async def save(parts: Parts) -> None:
            for source_id, outcome in outcomes.items():
                await parts.store.save_fetch_state(state(source_id, last_outcome=outcome))

        self.within(save)

    def findings(self) -> list[Finding]:
        """All that the doctor says."""
        is_running = is_served(self.database)
        return self.within(lambda parts: examine(parts, is_running=is_running))

    def said(self, subject: str) -> Finding:
        """The one line on a subject."""
        (found,) = [each for each in self.findings() if each.text.startswith(subject)]
        return found


@pytest.fixture
def surgery(tmp_path: Path) -> Surgery:
    return Surgery(tmp_path)


def test_a_sound_installation_is_well_in_every_line(surgery: Surgery) -> None:
    findings = surgery.findings()
    assert [finding.text.partition(":")[0] for finding in findings] == [
        "settings",
        f"database {surgery.database}",
        "disk",
        "service",
        "backups",
        "sources",
        "concepts",
        "health",
        "watches",
        "outbox",
    ]
    assert all(finding.is_good for finding in findings)


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_missing_reader_of_articles_is_told_where_a_source_wants_it(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    def find(name: str) -> object:
        assert name == "trafilatura"
        return object() if is_installed else None

    monkeypatch.setattr("bot.sources.article.find_spec", find)
    can_read_articles.cache_clear()
    try:
        table = '[[source]]\nid = "a"\nurl = "https://a.example/feed"\nfull_text = true\n'
        surgery.catalogue.write_text(table, "utf-8")
        found = [each for each in surgery.findings() if each.text.startswith("articles: ")]
        assert [(each.is_good, each.mark) for each in found] == [(True, "⚠")] * (not is_installed)
        assert all("1 source may be read" in each.text for each in found)
        assert all("pip install 'trafilatura" in each.text for each in found)
    finally:
        monkeypatch.undo()
        can_read_articles.cache_clear()


# Settings


def test_without_a_token_the_local_chat_is_served(surgery: Surgery) -> None:
    found = surgery.said("settings")
    assert found == Finding(GOOD, "settings: no TELEGRAM_BOT_TOKEN, so the local chat is served")


def test_a_bot_without_operators_is_of_use_to_nobody(surgery: Surgery) -> None:
    surgery.settings |= {"telegram_token": TOKEN}
    found = surgery.said("settings")
    assert not found.is_good
    assert "TIDEWAITER_ADMINS is empty" in found.text and "/start" in found.text
    assert TOKEN.partition(":")[2] not in found.text


def test_a_bot_with_operators_says_where_telegram_is(surgery: Surgery) -> None:
    surgery.settings |= {
        "telegram_token": TOKEN,
        "admins": frozenset({1}),
        "telegram_api_url": "https://bots.example",
    }
    assert surgery.said("settings") == Finding(GOOD, "settings: Telegram at https://bots.example")


# The file, its disk, its service


def test_a_sound_database_says_its_size_with_what_was_written_last(surgery: Surgery) -> None:
    async def look(parts: Parts) -> tuple[list[Finding], list[int]]:
        files = [surgery.database, surgery.database.with_name("desk.db-wal")]
        return await examine(parts), [file.stat().st_size for file in files]

    findings, sizes = surgery.within(look)
    assert all(sizes), "else this test proves nothing"
    assert findings[1] == Finding(GOOD, f"database {surgery.database}: sound, {sum(sizes):,} bytes")


def test_a_database_with_missing_rows_names_them(surgery: Surgery) -> None:
    def publish(db: sqlite3.Connection) -> None:
        add_sources(db, "gazette")
        apply_ingest(db, plan(new_item("1")))

    surgery.within(lambda parts: parts.store._write(publish))
    with closing(sqlite3.connect(surgery.database)) as db, db:
        db.execute("DELETE FROM sources WHERE source_id = 'gazette'")
    found = surgery.said("database")
    assert not found.is_good
    assert str(surgery.database) in found.text
    assert "of items refers to a missing row of sources" in found.text
    assert found.text.endswith(". Restore a backup.")


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (200 * 2**20 - 1, Finding(BAD, "disk: only 199 MiB free. Make room.")),
        (200 * 2**20, Finding(GOOD, "disk: 0.2 GiB free")),
        (12 * 2**30, Finding(GOOD, "disk: 12.0 GiB free")),
    ],
)
def test_a_disk_that_fills_up_is_told_in_time(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch, free: int, expected: Finding
) -> None:
    asked: list[Path] = []
    real = shutil.disk_usage(surgery.catalogue.parent)

    def usage(folder: Path) -> Any:
        asked.append(folder)
        return real._replace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert surgery.said("disk") == expected
    assert asked == [surgery.database.parent], "the disk of the database, and no other"


def test_it_says_whether_a_service_runs_and_is_well_either_way(surgery: Surgery) -> None:
    assert surgery.said("service") == Finding(GOOD, "service: none is running with this database")
    with service_lock(surgery.database):
        assert surgery.said("service") == Finding(GOOD, "service: running")
    with service_lock(surgery.database):
        pass  # looking has not kept the lock


# Backups and alarms


def test_backups_are_told_by_the_newest(surgery: Surgery) -> None:
    folder = surgery.database.with_name("backups")
    assert surgery.said("backups") == Finding(
        GOOD, f"backups: none yet; the service makes one at 03:00 UTC, in {folder}"
    )
    folder.mkdir()
    today = surgery.clock.now().date()
    for name in (f"desk-{today - timedelta(days=2)}.db", "desk-2020-01-01.db", "notes.txt"):
        (folder / name).touch()
    newest = today - timedelta(days=2)
    assert surgery.said("backups") == Finding(
        GOOD, f"backups: the newest is of {newest}, in {folder}"
    )
    surgery.clock.advance(timedelta(days=1))
    assert surgery.said("backups").mark == "⚠"
    surgery.settings["backups"] = "off"
    assert surgery.said("backups").mark == "⚠"


def test_an_alarm_that_lasts_is_shown_until_it_is_over(surgery: Surgery) -> None:
    trouble = Trouble(topic=AlarmTopic.BACKUP, detail="The folder is gone.")
    for now, expected in ((trouble, 1), (None, 0)):

        async def settle(parts: Parts, now: Trouble | None = now) -> None:
            await Alarms(parts.store, frozenset()).settle(AlarmTopic.BACKUP, now, START)

        surgery.within(settle)
        found = [each for each in surgery.findings() if each.text.startswith("alarm")]
        assert len(found) == expected
        assert all(
            each.text.startswith("alarm: The nightly backup failed, since") for each in found
        )


# Sources


def test_sources_that_were_never_asked_are_no_trouble(surgery: Surgery) -> None:
    assert surgery.said("sources") == Finding(
        GOOD, "sources: 3 (3 new); tidewaiter sources tells more"
    )


@pytest.mark.parametrize(
    ("outcomes", "is_good", "said"),
    [
        (("fetched", "failed", "blocked"), GOOD, "1 blocked, 1 failed, 1 fetched"),
        (("failed", "unchanged", "failed"), GOOD, "2 failed, 1 unchanged"),
        (("failed", "blocked", "not-a-feed"), BAD, "1 blocked, 1 failed, 1 not-a-feed"),
        (("failed", "failed", ""), GOOD, "2 failed, 1 new"),
    ],
)
def test_sources_are_well_unless_all_were_asked_and_none_answered(
    surgery: Surgery, outcomes: tuple[str, str, str], is_good: bool, said: str
) -> None:
    surgery.polled(**dict(zip("abc", outcomes, strict=True)))
    assert surgery.said("sources") == Finding(
        is_good, f"sources: 3 ({said}); tidewaiter sources tells more"
    )


def test_sources_that_no_plain_client_can_read_do_not_count(surgery: Surgery) -> None:
    surgery.sources("a", b="retired", c="needs-browser")
    surgery.polled(a="failed", b="fetched")
    assert surgery.said("sources") == Finding(
        BAD, "sources: 1 (1 failed); tidewaiter sources tells more"
    )
    surgery.sources(b="retired")
    assert surgery.said("sources") == Finding(GOOD, "sources: 0 (); tidewaiter sources tells more")


# Watches


async def chat(
    store: SqliteStore, number: int = 100, chat_state: ChatState = ChatState.ACTIVE
) -> Chat:
    address = Address(door=Door.TELEGRAM, number=number)
    return await store.ensure_chat(address, ChatKind.PRIVATE, "Desk", chat_state, START)


def watching(surgery: Surgery, *texts: str, chat_state: ChatState = ChatState.ACTIVE) -> None:
    async def add(parts: Parts) -> None:
        made = await chat(parts.store, chat_state=chat_state)
        for text in texts:
            await parts.store.add_watch(made.chat_id, text, "Ada", START)

    surgery.within(add)


def test_watches_of_active_chats_are_counted(surgery: Surgery) -> None:
    watching(surgery, "gallium", '"export licence" OR tin')
    assert surgery.said("watches") == Finding(GOOD, "watches: 2 in active chats")


def test_watches_of_paused_chats_are_not(surgery: Surgery) -> None:
    watching(surgery, "gallium", "#dropped-concept", chat_state=ChatState.PAUSED)
    assert surgery.said("watches") == Finding(GOOD, "watches: 0 in active chats")


def test_watches_that_cannot_be_read_any_more_are_named(surgery: Surgery) -> None:
    watching(surgery, "gallium", *(f"#dropped-{number}" for number in range(7)))
    found = surgery.said("watches")
    assert found == Finding(
        BAD,
        "watches: cannot be read any more: “#dropped-0”; “#dropped-1”; “#dropped-2”; "
        "“#dropped-3”; “#dropped-4”. Set them anew.",
    )


def test_the_words_of_a_chat_move_no_cursor_of_the_operator(surgery: Surgery) -> None:
    watching(surgery, "#dropped \x1b]0;owned\x07\x9b2J\u202e")
    found = surgery.said("watches")
    assert found.text.isprintable() and "owned" in found.text


# Outbox


def queue(
    surgery: Surgery,
    kind: MessageKind = MessageKind.ALERT,
    chat_state: ChatState = ChatState.ACTIVE,
) -> None:
    """One message for a chat, which then is in that state."""

    async def add(parts: Parts) -> None:
        made = await chat(parts.store)
        message = draft(made.chat_id, kind, kind=kind, priority=Priority.NORMAL)
        await parts.store.enqueue([message], surgery.clock.now())
        await parts.store.set_chat_state(made.chat_id, chat_state, surgery.clock.now())

    surgery.within(add)


def test_an_outbox_says_what_became_of_its_messages(surgery: Surgery) -> None:
    outcomes: list[DeliveryOutcome | None] = [
        Sent(remote_id=1),
        Sent(remote_id=2),
        Refused(detail="too long", is_markup=False),
        NotSent(detail="no connection"),
        None,
    ]

    async def send(parts: Parts) -> None:
        now = surgery.clock.now()
        for number in range(len(outcomes)):
            made = await chat(parts.store, 100 + number)
            await parts.store.enqueue([draft(made.chat_id, str(number))], now)
        claimed: list[OutboxMessage] = []
        for _ in outcomes:
            claimed += await parts.store.claim_messages(Door.TELEGRAM, now, 30)
            now = surgery.clock.advance(MINUTE)
        assert len(claimed) == len(outcomes)
        for message, outcome in zip(claimed, outcomes, strict=True):
            if outcome is not None:
                await parts.store.settle(message, settle(message, outcome, now), now)

    surgery.within(send)
    assert surgery.said("outbox") == Finding(
        GOOD, "outbox: 2 waiting, 2 sent, 1 refused, 0 unclear"
    )


def test_a_message_that_waits_for_long_asks_for_the_service(surgery: Surgery) -> None:
    queue(surgery)
    surgery.clock.advance(10 * MINUTE)
    assert surgery.said("outbox") == Finding(
        GOOD, "outbox: 1 waiting, 0 sent, 0 refused, 0 unclear"
    )
    surgery.clock.advance(timedelta(seconds=1))
    assert surgery.said("outbox") == Finding(
        BAD,
        "outbox: 1 waiting, 0 sent, 0 refused, 0 unclear. The oldest waits for more than 10 "
        "minutes: is the service running?",
    )


@pytest.mark.parametrize(
    ("kind", "chat_state", "is_good"),
    [
        (MessageKind.ALERT, ChatState.PAUSED, GOOD),
        (MessageKind.DIGEST, ChatState.SUSPENDED, GOOD),
        (MessageKind.REPLY, ChatState.SUSPENDED, GOOD),
        (MessageKind.REPLY, ChatState.PAUSED, BAD),
        (MessageKind.REPLY, ChatState.STRANGER, BAD),
        (MessageKind.ALERT, ChatState.ACTIVE, BAD),
    ],
)
def test_what_is_kept_for_a_chat_that_wants_nothing_now_is_no_trouble(
    surgery: Surgery, kind: MessageKind, chat_state: ChatState, is_good: bool
) -> None:
    queue(surgery, kind, chat_state)
    surgery.clock.advance(timedelta(days=30))
    found = surgery.said("outbox")
    assert found.text.startswith("outbox: 1 waiting")
    assert found.is_good == is_good


def test_a_chat_that_cannot_be_reached_is_no_trouble_of_the_outbox(surgery: Surgery) -> None:
    """Its alerts are kept until it writes again: that may be never."""
    queue(surgery)

    async def fail(parts: Parts) -> None:
        now = surgery.clock.now()
        (message,) = await parts.store.claim_messages(Door.TELEGRAM, now, 1)
        await parts.store.settle(message, settle(message, Unreachable(detail="403"), now), now)

    surgery.within(fail)
    surgery.clock.advance(timedelta(days=30))
    assert surgery.said("outbox").is_good


# Proxy


def test_a_proxy_is_said_to_look_names_up_itself_and_its_password_is_not_shown(
    surgery: Surgery,
) -> None:
    surgery.settings |= {"proxy": "http://desk:secret@127.0.0.1:3128"}
    found = surgery.said("proxy")
    assert found.is_good and "looks up their names itself" in found.text
    assert not any("secret" in each.text for each in surgery.findings())


# One source


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, "· gazette                      press       10m  Gazette: not asked yet"),
        ({}, "· gazette                      press       10m  Gazette: not asked yet"),
        (
            {"last_outcome": "fetched", "last_polled_at": START - 90 * MINUTE},
            "✓ gazette                      press       10m  Gazette: fetched 1h ago",
        ),
        (
            {"last_outcome": "unchanged", "last_polled_at": START - timedelta(seconds=59)},
            "✓ gazette                      press       10m  Gazette: unchanged 59s ago",
        ),
        (
            {
                "last_outcome": "fetched",
                "last_polled_at": START - 3 * MINUTE,
                "last_detail": "moved to https://new.example/",
            },
            "✓ gazette                      press       10m  Gazette: fetched 3m ago (moved to "
            "https://new.example/)",
        ),
        (
            {
                "last_outcome": "blocked",
                "last_polled_at": START - timedelta(days=2),
                "last_detail": "gazette.example answered 403",
            },
            "✗ gazette                      press       10m  Gazette: blocked 2d ago "
            "(gazette.example answered 403)",
        ),
        (
            {"last_outcome": "failed", "last_polled_at": START + MINUTE},
            "✗ gazette                      press       10m  Gazette: failed 0s ago",
        ),
    ],
)
def test_a_line_says_how_a_source_answered(known: Mapping[str, Any] | None, expected: str) -> None:
    remembered = None if known is None else state(**known)
    assert source_line(source(), remembered, START) == expected


def test_a_line_says_why_a_source_is_not_read(tmp_path: Path) -> None:
    closed = source(
        status=SourceStatus.NEEDS_KEY,
        note="ask the ministry",
        is_official=True,
        every=timedelta(days=1),
    )
    polled = state(last_outcome="fetched", last_polled_at=START)
    for known in (None, polled):
        assert source_line(closed, known, START) == (
            "- gazette                      official     1d  needs-key: ask the ministry"
        )


def test_the_json_of_a_source_says_all_that_is_known() -> None:
    made = source(
        publisher="The Gazette",
        is_official=True,
        jurisdiction="EU",
        languages=("en", "fr"),
        evidence="D",
    )
    polled = state(
        last_outcome="failed", last_detail="404", failures=3, last_success_at=START - MINUTE
    )
    told = json.loads(json.dumps(source_json(made, polled)))
    assert told == {
        "source": "gazette",
        "name": "Gazette",
        "publisher": "The Gazette",
        "url": "https://gazette.example/feed.xml",
        "kind": "feed",
        "official": True,
        "jurisdiction": "EU",
        "languages": ["en", "fr"],
        "every_seconds": 600.0,
        "evidence": "D",
        "status": "ready",
        "reads_articles": False,
        "outcome": "failed",
        "detail": "404",
        "failures": 3,
        "last_success_at": "2026-10-08T06:44:00+00:00",
        "ailment": None,
        "last_gap": None,
    }
    fresh = source_json(made, None)
    assert (fresh["outcome"], fresh["detail"], fresh["failures"]) == ("", "", 0)
    assert fresh["last_success_at"] is None and source_json(made, state())["outcome"] == ""
