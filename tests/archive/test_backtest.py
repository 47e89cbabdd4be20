"""Before a watch is saved the desk sees what it would have told, and what would change that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.archive.backtest import Backtest, Turn, backtest
from bot.domain.item import Item
from bot.matching.query import parse
from bot.matching.show import show
from tests.archive.desk import archive_of, notice
from tests.desk import wait
from tests.samples import NOW


def outcome(folder: Path, items: Sequence[Item], typed: str) -> Backtest:
    store = archive_of(folder, items)
    try:
        return wait(backtest(store, parse(typed), now=NOW))
    finally:
        store.close()


def spread(title: str, count: int, days: float, start: int = 0) -> list[Item]:
    """So many items, evenly over the last days, the oldest first."""
    return [
        notice(start + n, f"{title} {start + n}", days * (count - n) / (count + 1))
        for n in range(count)
    ]


def test_items_count_by_the_day_of_their_publication(tmp_path: Path) -> None:
    items = [
        notice(1, "Feldspar old", 120),
        notice(2, "Feldspar of last quarter", 60),
        notice(3, "Feldspar of last month", 10),
        # read today for the first time: its source's first page is history
        notice(4, "Feldspar of history", 80, first_seen_at=NOW),
        notice(5, "Feldspar without a date", published_at=None),
    ]
    found = outcome(tmp_path, items, "feldspar")
    assert (found.tally.month, found.tally.quarter, found.tally.is_estimate) == (2, 4, False)
    assert found.days == 90
    assert found.a_week == pytest.approx(2 * 7 / 30)


def test_a_young_archive_says_its_age_and_counts_by_it(tmp_path: Path) -> None:
    found = outcome(tmp_path, spread("Feldspar", 10, 9), "feldspar")
    assert found.days == pytest.approx(9 * 10 / 11)
    assert found.a_week == pytest.approx(10 * 7 / found.days)


def test_an_empty_archive_has_nothing_to_say(tmp_path: Path) -> None:
    found = outcome(tmp_path, [], "feldspar tin")
    assert (found.days, found.latest, found.hints, found.a_week) == (0, (), (), 0)


def test_the_three_latest_are_shown_newest_first(tmp_path: Path) -> None:
    found = outcome(tmp_path, spread("Feldspar", 5, 20), "feldspar")
    assert [each.archived.item.title for each in found.latest] == [
        "Feldspar 4", "Feldspar 3", "Feldspar 2",
    ]  # fmt: skip
    assert found.latest[0].hits


def test_many_candidates_are_estimated_and_come_near(tmp_path: Path) -> None:
    items = spread("Feldspar", 1500, 89)
    found = outcome(tmp_path, items, "feldspar")
    assert found.tally.is_estimate
    assert found.tally.quarter == pytest.approx(1500, rel=0.05)
    assert found.tally.month == pytest.approx(1500 * 30 / 89, rel=0.1)


def test_what_keeps_a_narrow_watch_quiet_is_named(tmp_path: Path) -> None:
    items = [*spread("Feldspar licences", 12, 80), notice(90, "Feldspar licences for Nexperia")]
    found = outcome(tmp_path, items, "feldspar licence nexperia -steel")
    assert found.tally.quarter == 1
    (hint,) = found.hints
    assert (hint.turn, show(hint.part)) == (Turn.WITHOUT, "#nexperia")
    assert show(hint.query) == "feldspar licence -steel"
    assert hint.tally.quarter == 13


def test_no_part_is_blamed_where_none_costs_much(tmp_path: Path) -> None:
    found = outcome(tmp_path, spread("Feldspar licences", 12, 80), "feldspar licence")
    assert found.hints == ()


def test_a_concept_that_would_find_more_is_proposed(tmp_path: Path) -> None:
    items = [*spread("Rare earths", 3, 80), *spread("稀土出口", 4, 80, start=50)]
    found = outcome(tmp_path, items, '"rare earths"')
    assert found.tally.quarter == 3
    (hint,) = found.hints
    assert (hint.turn, show(hint.query), hint.tally.quarter) == (Turn.CONCEPT, "#rare-earths", 7)


def test_a_broad_watch_is_shown_what_would_make_it_quieter(tmp_path: Path) -> None:
    items = [
        notice(n, "Feldspar" if n % 4 == 0 else "Notice", (200 - n) / 10, text="On feldspar.")
        for n in range(200)
    ]
    found = outcome(tmp_path, items, "feldspar")
    assert found.a_week > 20
    hints = {hint.turn: hint for hint in found.hints}
    assert show(hints[Turn.TITLE].query) == "title:feldspar"
    assert hints[Turn.TITLE].tally.quarter == pytest.approx(50, rel=0.2)
    assert Turn.OFFICIAL not in hints  # all of them are official: it would change nothing


def test_history_that_was_read_at_once_is_spread_over_its_own_days(tmp_path: Path) -> None:
    items = [notice(n, f"Feldspar {n}", (12 - n), first_seen_at=NOW) for n in range(12)]
    found = outcome(tmp_path, items, "feldspar")
    assert found.days == pytest.approx(12)
    assert found.a_week == pytest.approx(7)
