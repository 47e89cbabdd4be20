"""/sources and /source tell what is read, how it answers, and why something is not read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.domain.ids import SourceId
from bot.domain.source import FetchState, PollReason, Source, SourceKind, SourceStatus
from bot.rendering.split import TELEGRAM_ROOM
from bot.sources.catalogue import load_catalogue
from handlers.sources import JURISDICTIONS
from tests.desk import Desk, wait
from tests.samples import item, source, state

GAZETTE = source(
    jurisdiction="EU",
    is_official=True,
    publisher="The Gazette of the Union",
    every=timedelta(minutes=5),
    zone="Europe/Brussels",
    release_times=(time(8, 45), time(16, 15)),
    terms="CC BY 4.0 of the Union",
    credit="© The Union",
    evidence="V",
    note="the latest ten only",
)
CATALOGUE = (
    GAZETTE,
    source("herald", jurisdiction="CN", name="商务部"),
    source("wall", jurisdiction="CN", status=SourceStatus.NEEDS_BROWSER, note="a challenge",
           replaced_by=SourceId("herald")),
    source("own", kind=SourceKind.JSON_LIST, form="page=1"),
)  # fmt: skip


def open_desk(folder: Path, catalogue: tuple[Source, ...] = CATALOGUE) -> Desk:
    desk = Desk(folder, catalogue=catalogue)
    desk.say("/start")
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    yield opened
    opened.close()


def polled(desk: Desk, *states: FetchState) -> None:
    async def save() -> None:
        for each in states:
            await desk.store.save_fetch_state(each)

    asyncio.run(save())


def good(source_id: str, desk: Desk) -> FetchState:
    now = desk.clock.now()
    return state(source_id, last_outcome="fetched", last_polled_at=now, last_success_at=now)


def test_the_overview_counts_by_jurisdiction_what_answers_and_what_does_not(desk: Desk) -> None:
    polled(desk, good("gazette", desk), state("herald", last_outcome="blocked", last_detail="403"))
    lines = desk.say("/sources").split("\n")
    assert lines[0] == "Sources: 3 read, 1 not read but listed with the reason"
    assert "EU European Union  ✓ 1" in lines
    assert "CN China  ✗ 1  – 1" in lines
    assert "others   · 1" in lines


def test_the_overview_of_the_built_in_catalogue_is_one_short_message(tmp_path: Path) -> None:
    desk = open_desk(tmp_path, load_catalogue(None))
    said = desk.say("/sources")
    assert len(said.split("\n")) <= 24
    assert "US United States  · " in said
    desk.close()


def test_one_jurisdiction_lists_its_sources_with_reasons(desk: Desk) -> None:
    polled(desk, state("herald", last_outcome="blocked", last_detail="herald.example said 403"))
    said = desk.say("/sources CN")
    assert "✗ herald 商务部" in said
    assert "blocked: herald.example said 403" in said
    assert "– wall Wall" in said
    assert "needs-browser: a challenge → herald" in said
    assert "gazette" not in said


@pytest.mark.parametrize("typed", ["cn", "China", "CHINA", " CN "])
def test_a_jurisdiction_goes_by_its_code_and_its_name(desk: Desk, typed: str) -> None:
    assert "China: 2 sources" in desk.say(f"/sources {typed}")


def test_sources_without_a_jurisdiction_are_the_others(desk: Desk) -> None:
    assert "own" in desk.say("/sources others")


def test_what_is_no_jurisdiction_may_be_a_source(desk: Desk) -> None:
    assert "Publisher: The Gazette of the Union" in desk.say("/sources gazette")
    assert "No source tells of “Atlantis”" in desk.say("/sources Atlantis")
    assert desk.was_refused


def test_one_source_is_told_in_full(desk: Desk) -> None:
    desk.publish(item("Gallium prices", first_seen_at=desk.clock.now()))
    wait(desk.store.save_catalogue(CATALOGUE, desk.clock.now()))
    now = desk.clock.now()
    polled(
        desk,
        replace(
            good("gazette", desk),
            last_detail="moved to https://gazette.example/new",
            next_poll_at=now + timedelta(minutes=5),
            next_reason=PollReason.RELEASE_TIME,
        ),
    )
    assert desk.say("/source gazette").split("\n") == [
        "Gazette · gazette",
        "official · European Union · English",
        "Publisher: The Gazette of the Union",
        "Address: https://gazette.example/feed.xml, read as a feed",
        "Rhythm: asked every 5 minutes; publishes at 08:45, 16:15 on working days; its clock is "
        "that of Europe/Brussels",
        "Terms: CC BY 4.0 of the Union",
        "Credit: © The Union",
        "Evidence: its address was seen answering in a dated public note",
        "Note: the latest ten only",
        "✓ Last answer: fetched, Thu 8 Oct, 08:45 CEST: moved to https://gazette.example/new",
        "Newest item: Gallium prices · seen Thu 8 Oct, 08:45 CEST · https://gazette.example/1",
        "Next poll: Thu 8 Oct, 08:50 CEST, for it publishes at 08:45, 16:15 (Europe/Brussels) on "
        "working days, and is asked every minute for ten minutes then",
    ]


def test_failures_in_a_row_are_counted_with_the_last_good_answer(desk: Desk) -> None:
    now = desk.clock.now()
    bad = state(
        "herald",
        last_outcome="failed",
        last_detail="herald.example had not finished answering",
        last_polled_at=now,
        last_success_at=now - timedelta(days=1),
        failures=3,
        next_reason=PollReason.BACK_OFF,
    )
    polled(desk, bad, replace(bad, source_id=SourceId("own"), last_success_at=None))
    said = desk.say("/source herald")
    assert "✗ Last answer: failed" in said
    assert "Failures in a row: 3, the last good answer Wed 7 Oct, 08:45 CEST" in said
    assert "Nothing of it is in the archive." in said
    assert "the last 3 polls failed, and each failure doubles the wait" in said
    assert "no good answer so far" in desk.say("/source own")
    assert "asked by POST" in desk.say("/source own")


def test_a_source_that_is_not_read_names_what_is_read_instead(desk: Desk) -> None:
    said = desk.say("/source wall")
    assert said.endswith("– It is not read: needs-browser; in its place: /source herald")
    assert "Last answer" not in said


def test_a_source_that_was_never_asked_says_so(desk: Desk) -> None:
    assert desk.say("/source herald").endswith("· It was not asked yet.")


@pytest.mark.parametrize("typed", ["HERALD", "商务部", "heral", "Gazette"])
def test_a_source_goes_by_its_id_its_name_or_a_part_that_is_its_alone(
    desk: Desk, typed: str
) -> None:
    assert "Address: https://" in desk.say(f"/source {typed}")


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ("/source", "/source gazette"),
        ("/source harald", "/source herald"),
        ("/source zzzzzz", "/source gazette"),
        ("/sources Atlantis", "/sources EU"),
    ],
)
def test_a_refusal_shows_a_correct_example(desk: Desk, line: str, example: str) -> None:
    said = desk.say(line)
    assert desk.was_refused
    assert f"For example: {example}" in said
    desk.say(example)
    assert not desk.was_refused


def test_the_newest_item_is_the_sources_own(desk: Desk) -> None:
    desk.publish(item("First", guid="1", url="https://gazette.example/1"))
    desk.publish(item("Second", guid="2", url="https://gazette.example/2"))
    newest = wait(desk.store.newest_item_of(SourceId("gazette")))
    assert newest is not None and newest.item.title == "Second"
    assert wait(desk.store.newest_item_of(SourceId("herald"))) is None


def test_every_built_in_source_and_jurisdiction_can_be_shown(tmp_path: Path) -> None:
    catalogue = load_catalogue(None)
    desk = open_desk(tmp_path, catalogue)
    for each in catalogue:
        said = desk.say(f"/source {each.source_id}")
        assert not desk.was_refused
        assert each.name in said and len(said) < TELEGRAM_ROOM, each.source_id
    for jurisdiction in {each.jurisdiction for each in catalogue}:
        assert jurisdiction in JURISDICTIONS
        assert JURISDICTIONS[jurisdiction] in desk.say(f"/sources {jurisdiction}")
    desk.close()


def test_a_part_that_several_names_share_names_them_all(desk: Desk) -> None:
    said = desk.say("/source a")
    assert "“a” fits 3 sources: gazette, herald, wall." in said
    assert "For example: /source gazette" in said
