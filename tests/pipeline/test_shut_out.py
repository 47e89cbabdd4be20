"""What a NOT shuts out is no alert and no match, and is counted by watch and day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.chat import Address, Door
from tests.archive.desk import notice
from tests.desk import Desk, wait
from tests.samples import NOW

DAY = timedelta(days=1)
OTHER = Address(door=Door.TELEGRAM, number=200)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that watches gallium without opinions."""
    opened = Desk(tmp_path)
    opened.clock.step_to(NOW)
    opened.say("/start")
    opened.watch("gallium -opinion")
    yield opened
    opened.close()


def test_it_is_counted_beside_the_matches(desk: Desk) -> None:
    assert desk.publish(notice(1, "Gallium: an opinion"), notice(2, "Gallium prices")) == 1
    assert "1 match · 1 shut out by -opinion in 7 days" in desk.say("/watches")


def test_what_would_not_answer_anyhow_is_not_counted(desk: Desk) -> None:
    desk.publish(notice(1, "Steel: an opinion"), notice(2, "Steel"), notice(3, "Opinion"))
    assert "shut out" not in desk.say("/watches")


def test_history_is_not_counted(desk: Desk) -> None:
    desk.publish(notice(1, "Gallium: an opinion"), is_quiet=True)
    assert "shut out" not in desk.say("/watches")


def test_the_same_publication_is_counted_once_however_often_it_is_read_and_edited(
    desk: Desk,
) -> None:
    first = notice(1, "Gallium: an opinion")
    for made in (first, first, replace(first, text="Revised."), replace(first, text="Again.")):
        desk.publish(made)
    assert "1 shut out by -opinion" in desk.say("/watches")


def test_an_edit_that_brings_what_is_shut_out_counts(desk: Desk) -> None:
    first = notice(1, "A notice", text="On metals.")
    desk.publish(first)
    desk.publish(replace(first, text="An opinion on gallium."))
    assert "1 shut out by -opinion" in desk.say("/watches")


def test_a_week_later_it_is_forgotten(desk: Desk) -> None:
    desk.publish(notice(1, "Gallium: an opinion"))
    desk.clock.advance(6 * DAY)
    desk.publish(notice(2, "Gallium: another opinion"))
    assert "2 shut out" in desk.say("/watches")
    desk.clock.advance(DAY)
    assert "1 shut out" in desk.say("/watches")
    desk.clock.advance(7 * DAY)
    wait(desk.store.forget_shut_out(desk.clock.now()))
    assert "shut out" not in desk.say("/watches")


def test_each_chat_counts_its_own_watches(desk: Desk) -> None:
    desk.say("/start", address=OTHER)
    desk.watch("gallium -opinion -blog", address=OTHER)
    desk.watch("gallium", address=OTHER)
    desk.publish(notice(1, "Gallium: an opinion"))
    said = desk.say("/watches", address=OTHER)
    assert "no match · 1 shut out by -opinion or -blog in 7 days" in said
    assert "1 match in 7 days" in said
    assert "1 shut out by -opinion in" in desk.say("/watches")
