"""A service that has died, in whichever way, is noticed from outside; one that lives says so.

Real processes at sixty times the usual speed: a ping a second, and an alarm after four seconds of
silence, as four minutes of it are in life.
"""

from __future__ import annotations

import http.client
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import _PULSE
from bot.settings import Settings
from tests.fakes.bot_api import BotApi
from tests.fakes.feed_server import FeedServer
from tests.fakes.watchman import SECRET, Watchman, Wire
from tests.test_end_to_end import Town
from tests.upkeep.test_exposition import read

GRACE = timedelta(minutes=3)
"""Beyond the interval of the pings, as docs/operations.md advises."""

SPEED = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class WatchedTown(Town):
    """A town with a watchman outside it."""

    def __init__(self, folder: Path, feeds: FeedServer, api: BotApi, watchman: Watchman) -> None:
        super().__init__(folder, feeds, api)
        self.watchman = watchman
        self.port = free_port()
        self.environment |= {
            "TIDEWAITER_PING_URL": watchman.url,
            "TIDEWAITER_PING_EVERY": "1",
            "TIDEWAITER_STUCK_AFTER": "5",
            "TIDEWAITER_HEALTH_PORT": str(self.port),
        }

    def ask(self, path: str) -> tuple[int, str]:
        """The health port's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def wait_until_well(self) -> None:
        """Until it serves and has been pinging."""
        self.watchman.wait_for_pings(2)
        assert self.ask("/healthz") == (200, '{"ok": true, "complaints": []}\n')


@pytest.fixture
def town(tmp_path: Path) -> Iterator[WatchedTown]:
    with ExitStack() as stack:
        feeds = stack.enter_context(FeedServer())
        api = stack.enter_context(BotApi())
        watchman = stack.enter_context(Watchman((60 + GRACE.total_seconds()) / SPEED))
        yield WatchedTown(tmp_path, feeds, api, watchman)
        for file in tmp_path.rglob("*"):
            if file.is_file():
                assert SECRET.encode() not in file.read_bytes(), f"{file.name} holds the secret"


def tell(cause: str, silence: float) -> None:
    print(f"{cause}: alarm after {silence * SPEED / 60:.1f} minutes of silence, at {SPEED:g} times")


def test_a_killed_service_is_noticed(town: WatchedTown) -> None:
    with town.run() as service:
        town.wait_until_well()
        service.kill()
        tell("SIGKILL", town.watchman.wait_for_alarm())


def test_a_service_that_stands_still_is_noticed_and_so_is_its_coming_back(
    town: WatchedTown,
) -> None:
    with town.run() as service:
        town.wait_until_well()
        service.signal(signal.SIGSTOP)
        tell("SIGSTOP", town.watchman.wait_for_alarm())
        service.signal(signal.SIGCONT)
        town.watchman.wait_for_pings()
        assert service.terminate() == 0


def test_a_lost_network_is_noticed_and_holds_up_nothing(town: WatchedTown) -> None:
    with Wire(town.watchman.server.port) as wire:
        address = f"http://127.0.0.1:{wire.port}/ping/{SECRET}"
        # at DEBUG asyncio shows the traceback of each connection that is cut
        with town.run(TIDEWAITER_PING_URL=address, TIDEWAITER_LOG_LEVEL="WARNING") as service:
            town.wait_until_well()
            wire.cut()
            tell("no network", town.watchman.wait_for_alarm())
            town.tell(town.chat, town.admin, "/start", "subscribed")
            assert town.ask("/healthz")[0] == 200
            wire.mend()
            town.watchman.wait_for_pings()
            assert service.terminate() == 0


def test_a_stuck_queue_is_noticed_though_the_process_lives(town: WatchedTown) -> None:
    with town.run() as service:
        town.subscribe(town.chat, town.admin)
        town.publisher.wait_until_known()
        town.wait_until_well()
        town.api.set_down(is_on=True)
        town.publisher.publish("Court rules on Nexperia supplies")
        tell("stuck queue", town.watchman.wait_for_alarm())
        status, said = town.ask("/healthz")
        assert status == 503
        assert any("The outbox is stuck" in each for each in json.loads(said)["complaints"])
        figures = read(town.ask("/metrics")[1])
        assert figures["up_and_well", ""] == 0
        assert figures["pings_total", "withheld"] >= 1
        assert figures["outbox_due_age_seconds", ""] > 5
        town.api.set_down(is_on=False)
        town.watchman.wait_for_pings()
        town.wait_for(lambda m: "Court rules on Nexperia" in m.text)
        assert service.terminate() == 0


def test_a_watchman_who_refuses_is_logged_without_his_address(town: WatchedTown) -> None:
    town.watchman.answer_with(404)
    with town.run() as service:
        town.watchman.wait_for_pings(2)
        assert service.terminate() == 0
    (shown,) = (path.read_text("utf-8") for path in town.folder.glob("run*/stderr"))
    assert shown.count("was not taken (status)") == 1
    assert SECRET not in shown


def test_the_figures_of_a_service_are_shown_while_it_works(town: WatchedTown) -> None:
    with town.run() as service:
        town.subscribe(town.chat, town.admin)
        town.publisher.wait_until_known()
        town.publisher.publish("Court rules on Nexperia supplies")
        town.wait_for(lambda m: "Court rules on Nexperia" in m.text)
        town.wait_until_well()
        status, body = town.ask("/metrics")
        assert status == 200
        figures = read(body)
        assert figures["up_and_well", ""] == 1
        assert figures["polls_total", "fetched"] >= 2
        assert figures["items_total", ""] == figures["alerts_total", ""] == 1
        assert figures["settled_total", "sent"] >= 3
        assert figures["pings_total", "taken"] >= 1
        assert figures["canaries_total", "ok"] == 1
        assert figures["sources", "fetched"] == 1
        assert 0 <= figures["tick_age_seconds", "poll"] < 60
        assert service.terminate() == 0


def test_each_way_to_die_raises_the_alarm_within_ten_minutes() -> None:
    """By the settings as they are delivered, and the grace that the documents advise."""
    settings = Settings()
    silence = settings.ping_every + GRACE
    assert silence <= timedelta(minutes=10)
    # the message falls due, a pulse finds it, and the ping that was just sent was the last
    assert settings.stuck_after + min(_PULSE, settings.ping_every) + silence <= timedelta(
        minutes=10
    )


def test_a_canary_that_is_no_source_is_a_settings_mistake(town: WatchedTown) -> None:
    with town.run(TIDEWAITER_CANARY="no-such-source") as service:
        assert service.ended() == 2
        (line,) = service.complaints
        assert "TIDEWAITER_CANARY is 'no-such-source'" in line


def test_a_port_that_is_taken_is_said_in_one_line(town: WatchedTown) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        town.run(TIDEWAITER_HEALTH_PORT=str(taken.getsockname()[1])) as service,
    ):
        assert service.ended() == 2
        (line,) = service.complaints
        assert "TIDEWAITER_HEALTH_PORT" in line
