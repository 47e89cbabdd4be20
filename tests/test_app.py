"""A service that cannot go on ends with a reason, and takes nothing with it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.app import assembled, service
from bot.delivery.terminal import TerminalMessenger
from bot.domain.outbox import Draft, MessageKind, OutboxMessage, Priority
from bot.domain.richtext import rich
from bot.errors import ServiceEndedError
from bot.settings import Settings
from handlers.terminal import open_local_chat
from storage.store import SqliteStore
from tests.desk import wait


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
