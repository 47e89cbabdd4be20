"""A service that cannot go on ends with a reason, and takes nothing with it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.app import assembled, jobs, service
from bot.delivery.terminal import TerminalMessenger
from bot.domain.chat import Door
from bot.domain.outbox import Draft, MessageKind, OutboxMessage, Priority
from bot.domain.richtext import rich
from bot.errors import ServiceEndedError
from bot.pipeline.upkeep import Upkeep
from bot.settings import Settings
from handlers.terminal import open_local_chat
from storage.store import SqliteStore
from tests.desk import wait
from tests.fakes.clock import FakeClock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    catalogue = tmp_path / "sources.toml"
    catalogue.write_text('[[source]]\nid = "gazette"\nurl = "https://gazette.example/a.xml"\n')
    return Settings(database=tmp_path / "data" / "desk.db", sources=catalogue)


async def run_until_it_ends(settings: Settings, *, hurt: str | None = None) -> str:
    """Serve the local chat, whose outbox holds one message; the reason of the end."""
    ended: asyncio.Future[ServiceEndedError] = asyncio.get_running_loop().create_future()

    def end(reason: ServiceEndedError) -> None:
        if not ended.done():
            ended.set_result(reason)

    def show(_message: OutboxMessage) -> None:
        return

    async with assembled(settings) as parts:
        chat = await open_local_chat(parts.context, is_served=True)
        now = parts.clock.now()
        draft = Draft(
            chat_id=chat.chat_id,
            kind=MessageKind.REPLY,
            priority=Priority.REPLY,
            body=rich("Good morning."),
            dedup_key="a",
        )
        await parts.store.enqueue([draft], now)
        if hurt is None:
            with closing(sqlite3.connect(settings.database)) as db:
                db.execute("UPDATE outbox SET body = '{'")
                db.commit()
        elif hurt == "removed":
            settings.database.unlink()
        elif hurt == "replaced":
            settings.database.unlink()
            settings.database.write_bytes(b"")
        else:
            shutil.rmtree(settings.database.parent)
        async with service(parts, TerminalMessenger(show), end):
            return str(await asyncio.wait_for(ended, 30))


@pytest.mark.parametrize("hurt", ["removed", "replaced", "folder removed"])
def test_what_a_database_held_that_is_removed_in_use_is_saved_beside_it(
    settings: Settings, hurt: str
) -> None:
    reason = wait(run_until_it_ends(settings, hurt=hurt))
    saved = settings.database.with_name("desk.db.rescued")
    assert "was removed or replaced" in reason
    assert str(saved) in reason
    saved.replace(settings.database)
    store = SqliteStore(settings.database)
    try:
        assert wait(store.check()) == []
        assert [each.watch.text for each in wait(store.active_watches())][:1] == ["rare earths"]
    finally:
        store.close()


def test_a_delivery_loop_that_has_died_ends_the_service(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Else items were read and matched for ever, and nobody told."""
    assert "Delivering met a fault" in wait(run_until_it_ends(settings))
    assert "delivering met a fault" in caplog.text


def test_the_timed_jobs_end_silences(settings: Settings) -> None:
    async def run() -> list[str]:
        async with assembled(settings, FakeClock()) as parts:
            chat = await open_local_chat(parts.context, is_served=True)
            now = parts.clock.now()
            await parts.store.mute_watch(chat.chat_id, 1, now)
            upkeep = Upkeep(
                parts.store,
                parts.clock,
                settings,
                door=Door.TERMINAL,
                read_with=parts.readers.read,
                ticks=lambda: (),
                heard_at=lambda: None,
            )
            (job,) = (
                each
                for each in jobs(parts, parts.poller(), upkeep, lambda _reason: None)
                if each.name == "digests"
            )
            await job.run()
            return [
                each.text
                for each in await parts.store.list_watches(chat.chat_id)
                if each.muted_until is not None
            ]

    assert wait(run()) == []
