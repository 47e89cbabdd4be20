"""The status tells what is well and what is not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from bot.domain.source import SourceStatus
from tests.desk import Desk, wait
from tests.samples import item, source, state


def test_an_empty_installation_is_said_to_be_empty(desk: Desk) -> None:
    said = desk.say("/status")
    assert "Nothing has been read yet" in said
    assert "0 refused" in said


def test_a_silent_source_is_named_with_its_reason(tmp_path: Path) -> None:
    catalogue = [
        source("gazette"),
        source("herald"),
        source("tribune"),
        source("old", status=SourceStatus.RETIRED),
    ]
    desk = Desk(tmp_path, catalogue=catalogue)
    desk.say("/start")
    now = desk.clock.now()

    async def polled() -> None:
        for source_id, outcome, detail in (
            ("gazette", "fetched", ""),
            ("herald", "blocked", "herald.example answered 403"),
        ):
            await desk.store.save_fetch_state(
                state(source_id, last_outcome=outcome, last_detail=detail, last_polled_at=now)
            )

    asyncio.run(polled())
    said = desk.say("/status")
    assert "Sources: 1 of 3 answer, 1 not asked yet" in said
    assert "✗ Herald · blocked: herald.example answered 403" in said
    assert "Old" not in said
    desk.close()


def test_a_stuck_outbox_is_named(desk: Desk) -> None:
    desk.watch("gallium")
    desk.publish(item("Gallium prices"))
    assert "Outbox: 1 waiting" in desk.say("/status")
    desk.clock.advance(timedelta(minutes=10))
    assert "✗ the oldest has been waiting since" in desk.say("/status")


def test_trouble_of_the_door_is_named(desk: Desk) -> None:
    desk.trouble = "Telegram cannot be reached (ConnectError)"
    assert "✗ Telegram cannot be reached" in desk.say("/status")


def test_the_newest_publication_is_dated(desk: Desk) -> None:
    desk.publish(item("Gallium prices", first_seen_at=desk.clock.now()))
    assert "Newest publication read: Thu 8 Oct, 08:45 CEST" in desk.say("/status")
    assert wait(desk.store.outbox_counts()).queued == 0


def test_an_invented_publication_is_not_passed_off_as_a_real_one(desk: Desk) -> None:
    desk.publish(item("Gallium prices", first_seen_at=desk.clock.now()))
    assert "of the sample day" not in desk.say("/status")
    wait(desk.store.save_catalogue([source(is_sample=True)], desk.clock.now()))
    assert "CEST, of the sample day" in desk.say("/status")


def test_a_paused_chat_is_said_to_be_paused(desk: Desk) -> None:
    assert "paused" not in desk.say("/status")
    desk.say("/stop")
    assert "This chat is paused; /start resumes" in desk.say("/status")


def test_sources_with_one_reason_share_a_line_and_are_all_named(tmp_path: Path) -> None:
    names = [f"paper{number}" for number in range(30)]
    desk = Desk(tmp_path, catalogue=[source(name) for name in names])
    desk.say("/start")

    async def polled() -> None:
        for name in names:
            detail = f"{name}.example was not found by name; check the source's url."
            await desk.store.save_fetch_state(
                state(name, last_outcome="failed", last_detail=detail)
            )

    asyncio.run(polled())
    said = desk.say("/status")
    assert "✗ 30 sources · failed: the host was not found by name" in said
    assert all(name.capitalize() in said for name in names)
    desk.close()
