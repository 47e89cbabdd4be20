"""A pack sets its watches in one go, says which were there, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sources.catalogue import load_catalogue
from bot.sources.packs import source_packs
from handlers.watches import MAX_WATCHES
from tests.desk import Desk, wait
from tests.samples import item

EU_CHINA = source_packs()["eu-china"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that reads the built-in catalogue."""
    opened = Desk(tmp_path, catalogue=load_catalogue(None))
    opened.say("/start")
    yield opened
    opened.close()


def watched(desk: Desk) -> list[str]:
    return [watch.text for watch in wait(desk.store.list_watches(desk.chat().chat_id))]


def test_the_list_of_packs_says_what_each_is_about(desk: Desk) -> None:
    said = desk.say("/pack")
    for pack in source_packs().values():
        assert f"/pack {pack.name} · {pack.title}\n{pack.about}\n" in said
    assert watched(desk) == []


def test_a_pack_sets_all_its_watches(desk: Desk) -> None:
    said = desk.say("/pack eu-china")
    count = len(EU_CHINA.watches)
    assert f"EU–China trade: {count} watches are set." in said
    assert "🔔 1. nexperia" in said
    assert f"All {len(EU_CHINA.sources)} of its sources are read here" in said
    assert watched(desk) == list(EU_CHINA.watches)


def test_the_watches_of_a_pack_alert(desk: Desk) -> None:
    desk.say("/pack chips")
    assert desk.publish(item("Nexperia resumes deliveries")) == 1


def test_the_undo_line_undoes_it_and_no_more(desk: Desk) -> None:
    desk.watch("gallium")
    said = desk.say("/pack eu-china")
    undo = said.partition("Undo with ")[2].split("\n")[0]
    assert undo == f"/unwatch 2-{1 + len(EU_CHINA.watches)}"
    assert desk.say(undo).count("has ended") == len(EU_CHINA.watches)
    assert watched(desk) == ["gallium"]


def test_watches_that_were_there_are_named_and_left_as_they_are(desk: Desk) -> None:
    desk.watch("Nexperia")
    desk.watch("gallium")
    said = desk.say("/pack eu-china")
    assert f"{len(EU_CHINA.watches) - 1} watches are set, 1 was there already." in said
    assert "was there: 1. Nexperia" in said
    assert watched(desk).count("nexperia") == 0
    assert "Undo with /unwatch 3-" in said


def test_asking_twice_changes_nothing(desk: Desk) -> None:
    desk.say("/pack sanctions")
    before = watched(desk)
    said = desk.say("/pack sanctions")
    assert "all its watches were there already" in said
    assert "Undo" not in said
    assert watched(desk) == before


def test_packs_that_share_a_watch_share_it(desk: Desk) -> None:
    desk.say("/pack eu-china")
    said = desk.say("/pack critical-minerals")
    assert "1 was there already" in said
    assert watched(desk).count("rare earths") == 1


def test_a_pack_that_does_not_fit_sets_nothing(desk: Desk) -> None:
    for number in range(MAX_WATCHES - 2):
        desk.watch(f"metal{number}")
    said = desk.say("/pack eu-china")
    assert desk.was_refused
    assert f"This chat has {MAX_WATCHES - 2} watches" in said
    assert len(watched(desk)) == MAX_WATCHES - 2
    assert f"For example: /unwatch 1-{len(EU_CHINA.watches) - 2}" in said
    desk.say(f"/unwatch 1-{len(EU_CHINA.watches) - 2}")
    desk.say("/pack eu-china")
    assert not desk.was_refused


@pytest.mark.parametrize("typed", ["EU-China", "eu china", " eu-china "])
def test_a_pack_goes_by_its_name_however_typed(desk: Desk, typed: str) -> None:
    desk.say(f"/pack {typed}")
    assert watched(desk) == list(EU_CHINA.watches)


@pytest.mark.parametrize(
    ("typed", "example"),
    [("chip", "/pack chips"), ("sanktions", "/pack sanctions"), ("zz", "/pack eu-china")],
)
def test_an_unknown_pack_is_guessed(desk: Desk, typed: str, example: str) -> None:
    said = desk.say(f"/pack {typed}")
    assert desk.was_refused
    assert f"For example: {example}" in said
    assert watched(desk) == []


def test_a_desk_with_a_catalogue_of_its_own_is_told_what_it_lacks(tmp_path: Path) -> None:
    chosen = [each for each in load_catalogue(None) if each.source_id in EU_CHINA.sources][:2]
    desk = Desk(tmp_path / "own", catalogue=chosen)
    desk.say("/start")
    assert f"2 of its {len(EU_CHINA.sources)} sources are read here" in desk.say("/pack eu-china")
    desk.close()


def test_a_paused_chat_is_told_that_it_is_told_nothing_yet(desk: Desk) -> None:
    desk.say("/stop")
    assert "paused: it is told nothing until /start" in desk.say("/pack chips")


def test_several_watches_end_by_one_command(desk: Desk) -> None:
    for metal in ("gallium", "germanium", "antimony", "graphite", "tungsten"):
        desk.watch(f"{metal}")
    said = desk.say("/unwatch 1, #3 4-4")
    assert said.count("has ended") == 3
    assert watched(desk) == ["germanium", "tungsten"]
    assert "no watch 8-9" in desk.say("/unwatch 2 8-9")
    assert desk.was_refused
    assert "“2-x” is not a watch's number" in desk.say("/unwatch 2-x")
    assert "no watch 5-2" in desk.say("/unwatch 5-2")
    assert watched(desk) == ["germanium", "tungsten"], "a refusal ends none"
