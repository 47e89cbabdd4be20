"""/status, doctor and sources show at a glance what is not as usual."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.app import Parts
from bot.doctor import source_json, source_line
from bot.domain.health import Ailment, Complaint, Gap, SourceHealth
from bot.domain.ids import SourceId
from tests.desk import Desk, wait
from tests.fakes.clock import START
from tests.samples import source, state
from tests.test_doctor import Surgery

HOUR = timedelta(hours=1)


def ill(name: str, complaint: Complaint = Complaint.SILENT) -> SourceHealth:
    ailment = Ailment(
        complaint=complaint,
        detail="nothing new for 12 days, where 4 had been the longest",
        since=START - HOUR,
        found_at=START,
    )
    gap = Gap(after=START - 2 * HOUR, until=START - HOUR, entries=20)
    return SourceHealth(source_id=SourceId(name), ailment=ailment, gap=gap)


def test_a_source_that_answers_and_is_odd_is_told_apart(tmp_path: Path) -> None:
    desk = Desk(tmp_path, catalogue=[source("gazette"), source("herald")])
    desk.say("/start")
    for name, health in (("gazette", ill("gazette")), ("herald", None)):
        polled = state(name, last_outcome="fetched", last_polled_at=START)
        wait(desk.store.save_fetch_state(polled, health))
    told = desk.say("/status")
    assert "Sources: 2 of 2 answer, 1 of them not as usual" in told
    assert "⚠ Gazette has fallen silent: nothing new for 12 days" in told
    assert "since Thu 8 Oct, 07:45 CEST" in told
    assert "Herald" not in told
    desk.close()


def test_a_source_that_flaps_is_not_trusted_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, catalogue=[source("gazette")])
    desk.say("/start")
    polled = state(last_outcome="fetched", last_polled_at=START)
    wait(desk.store.save_fetch_state(polled, ill("gazette", Complaint.UNREACHABLE)))
    assert "⚠ Gazette had not answered since" in desk.say("/status")
    desk.close()


def test_the_doctor_warns_of_what_is_not_as_usual_and_is_content(tmp_path: Path) -> None:
    surgery = Surgery(tmp_path)
    assert (surgery.said("health").mark, surgery.said("health").is_good) == ("✓", True)

    async def fall_ill(parts: Parts) -> None:
        await parts.store.save_fetch_state(state("a", last_outcome="fetched"), ill("a"))

    surgery.within(fall_ill)
    found = surgery.said("health")
    assert (found.mark, found.is_good) == ("⚠", True)
    assert "1 source not as usual: a has fallen silent" in found.text


def test_a_line_of_sources_has_its_mark_and_its_reason() -> None:
    polled = state(last_outcome="fetched", last_polled_at=START)
    line = source_line(source(), polled, START, ill("gazette"))
    assert line.startswith("⚠ gazette")
    assert line.endswith("where 4 had been the longest (for 1h)")
    assert source_line(source(), polled, START).startswith("✓ gazette")
    down = state(last_outcome="failed", last_polled_at=START)
    assert source_line(source(), down, START, ill("gazette")).startswith("✗ gazette")


def test_the_json_of_a_source_has_its_ailment_and_its_last_gap() -> None:
    told = source_json(source(), state(), ill("gazette"))
    assert told["ailment"]["complaint"] == "silent"
    assert told["ailment"]["since"] == "2026-10-08T05:45:00+00:00"
    assert told["last_gap"]["entries"] == 20
