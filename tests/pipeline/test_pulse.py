"""The pulse is taken from the real database; pings go out only while it is well."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.chat import Door
from bot.domain.fetch import Blocked, Fetched, FetchFailed, FetchOutcome, FetchRequest
from bot.domain.outbox import MessageKind
from bot.domain.vitals import Tick
from bot.notify import notify
from bot.pipeline.upkeep import Upkeep
from bot.settings import Settings
from bot.sources.read import in_threads
from tests.desk import Desk, wait
from tests.pipeline.outbox import promised
from tests.samples import item

URL = "https://watchman.example/ping/0b1c-secret"
MINUTE = timedelta(minutes=1)


@dataclass
class Post:
    """A way out that answers as it is told."""

    outcome: FetchOutcome = field(default_factory=lambda: Fetched(body=b"OK"))
    asked: list[FetchRequest] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append(request)
        return self.outcome


class Ward:
    """An upkeep over a desk."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.desk = Desk(folder)
        self.desk.say("/start")
        self.post = Post()
        self.heard_at = self.desk.clock.monotonic()
        self.age = 0.0
        self.upkeep = Upkeep(
            self.desk.store,
            self.desk.clock,
            Settings(
                database=folder / "desk.db", admins=frozenset({100}), ping_url=URL, **settings
            ),
            door=Door.TELEGRAM,
            read_with=in_threads,
            ticks=lambda: [Tick(name="poll", age=self.age, limit=60.0)],
            heard_at=lambda: self.heard_at,
            ping_with=self.post,
        )

    def pinged(self) -> int:
        """A beat and a ping; how many pings there were so far."""
        wait(self.upkeep.beat())
        wait(self.upkeep.ping())
        return len(self.post.asked)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path)
    yield made
    made.desk.close()


def test_a_service_that_is_well_is_pinged_for(ward: Ward) -> None:
    assert ward.pinged() == 1
    assert ward.post.asked[0].source.url == URL
    assert ward.upkeep.meters.pings == {"taken": 1}


def test_before_its_first_beat_nothing_is_claimed(ward: Ward) -> None:
    """Else one that dies and starts again and again would be taken for alive."""
    wait(ward.upkeep.ping())
    assert ward.post.asked == []


def test_a_message_that_stays_due_stops_the_pings_until_it_is_sent(ward: Ward) -> None:
    ward.desk.watch("notice")
    ward.desk.publish(item())
    assert ward.pinged() == 1
    ward.desk.clock.advance(5 * MINUTE)
    ward.heard_at = ward.desk.clock.monotonic()
    assert ward.pinged() == 2
    ward.desk.clock.advance(timedelta(seconds=1))
    assert ward.pinged() == 2
    assert "stuck" in ward.upkeep.pulse.complaints()[0]
    wait(ward.desk.store.claim_messages(Door.TELEGRAM, ward.desk.clock.now(), 10))
    assert ward.pinged() == 3


def test_a_message_for_a_chat_that_is_paused_is_not_stuck(ward: Ward) -> None:
    ward.desk.watch("notice")
    ward.desk.publish(item())
    ward.desk.say("/stop")
    ward.desk.clock.advance(60 * MINUTE)
    wait(ward.upkeep.sing())
    ward.heard_at = ward.desk.clock.monotonic()
    assert ward.pinged() == 1


@pytest.mark.parametrize("sign", ["tick", "telegram", "canary", "database"])
def test_each_other_sign_of_death_stops_them_too(ward: Ward, sign: str) -> None:
    assert ward.pinged() == 1
    match sign:
        case "tick":
            ward.age = 61.0
        case "telegram":
            ward.desk.clock.advance(4 * MINUTE)
        case "canary":
            ward.desk.clock.advance(66 * MINUTE)
            ward.heard_at = ward.desk.clock.monotonic()
        case "database":
            ward.desk.store.close()
    assert ward.pinged() == 1
    (said,) = ward.upkeep.pulse.complaints()
    assert sign.capitalize() in said or sign in said or "poll" in said
    assert ward.upkeep.meters.pings == {"taken": 1, "withheld": 1}


def test_a_clock_that_is_set_back_or_forth_alone_is_no_death(ward: Ward) -> None:
    for step in (-365, 730):
        ward.desk.clock.step_to(ward.desk.clock.now() + timedelta(days=step))
        assert ward.pinged()
        assert ward.upkeep.pulse.complaints() == ()


@pytest.mark.parametrize(
    "outcome",
    [FetchFailed(kind="network", detail=f"{URL} is away"), Blocked(detail=f"{URL} says no")],
)
def test_a_ping_that_fails_is_logged_once_without_its_address_and_so_is_its_end(
    ward: Ward, outcome: FetchOutcome, caplog: pytest.LogCaptureFixture
) -> None:
    ward.post.outcome = outcome
    for _ in range(3):
        ward.pinged()
    ward.post.outcome = Fetched(body=b"")
    ward.pinged()
    assert [r.levelname for r in caplog.records] == ["WARNING", "WARNING"]
    assert "was not taken" in caplog.text and "taken again" in caplog.text
    assert "secret" not in caplog.text
    assert ward.upkeep.meters.pings == {"failed": 3, "taken": 1}


def test_a_full_disk_is_told_to_the_operators_once_and_once_when_it_is_over(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.disk_usage
    full = real(ward.desk.store.path.parent)._replace(free=0)
    ward.desk.store.path.with_name("desk.db.ballast").unlink(missing_ok=True)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _folder: full)
        for _ in range(3):
            assert ward.pinged() == 0
    (said,) = [e.text for e in promised(ward.desk.store.path, MessageKind.NOTICE)]
    assert said.startswith("⚠️ The disk is full: polling rests\n")
    assert "16 MiB" in said
    assert ward.pinged() == 1
    notices = promised(ward.desk.store.path, MessageKind.NOTICE)
    assert notices[1].text.startswith("✓ The disk has room: polling goes on")
    assert len(notices) == 2


def test_systemd_is_told_that_the_process_is_well_whatever_telegram_does(tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(10)
        ward = Ward(tmp_path, notify_socket=str(address))
        try:
            ward.desk.clock.advance(10 * MINUTE)  # Telegram has not answered
            wait(ward.upkeep.beat())
            assert systemd.recv(100) == b"WATCHDOG=1"
            ward.age = 61.0
            wait(ward.upkeep.beat())
            systemd.setblocking(False)
            with pytest.raises(BlockingIOError):
                systemd.recv(100)
        finally:
            ward.desk.close()


@pytest.mark.parametrize("address", [None, "", "relative", "/nowhere/at/all", "@nobody-listens"])
def test_where_systemd_does_not_listen_nothing_is_sent(address: str | None) -> None:
    assert not notify(address, "READY=1")
