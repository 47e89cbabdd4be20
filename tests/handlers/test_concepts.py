"""/concepts lists what may be asked for by one name, and says what each finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.matching.concepts import built_in
from tests.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    opened.say("/start")
    yield opened
    opened.close()


def test_all_concepts_are_listed_in_their_groups(desk: Desk) -> None:
    said = desk.say("/concepts")
    for pack in built_in().values():
        assert pack.key in said
        assert f"\n{pack.group}\n" in said
    assert said.count("\nMinerals\n") == 1


@pytest.mark.parametrize("name", ["rare-earths", "#rare-earths", "Rare Earths", "稀土", "REE"])
def test_one_is_shown_by_any_of_its_names_with_its_terms_in_each_language(
    desk: Desk, name: str
) -> None:
    said = desk.say(f"/concepts {name}")
    assert said.startswith("rare earths\nRare earths as a group")
    for line in ("Chinese: 稀土", "Korean: 희토류, 희토 자석", "Japanese: レアアース", "Not: "):
        assert f"\n{line}" in said
    assert "/watch #rare-earths" in said


def test_a_long_list_of_terms_is_cut_and_counted(desk: Desk) -> None:
    assert " more\n" in desk.say("/concepts tariff")


def test_what_is_no_concept_is_refused_with_what_is_near(desk: Desk) -> None:
    assert "Did you mean " in desk.say("/concepts earth")
    assert "/concepts lists them all" in desk.say("/concepts zzzzzz")


@pytest.mark.parametrize("typed", ["#tariffs", "#Seltene-Erden", "#关税", "tariffs", "Zölle"])
def test_a_watch_understands_a_concept_by_any_of_its_names(desk: Desk, typed: str) -> None:
    assert "in ten languages" in desk.say(f"/watch {typed}")


def test_an_unknown_concept_in_a_watch_is_refused_with_the_nearest(desk: Desk) -> None:
    said = desk.say("/watch #galium")
    assert "Did you mean #gallium?" in said
    assert "/concepts lists them all" in said
