"""Ninety healthy days alarm nobody; what then befalls a source is noticed at once.

The pages are bytes in each publisher's own format, read by the real parsers.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.health.damages import DAMAGES, FROZEN_304, WINDOW_GAP, Found, befall
from tests.health.publishers import PUBLISHERS, START, Publisher
from tests.health.replay import Replay, live

DAYS = 90
NAMES = (*DAMAGES, WINDOW_GAP, FROZEN_304)
MOMENTS = (START + timedelta(days=44, hours=10), START + timedelta(days=80))  # of the damage
ENOUGH = 0.95  # of the damages, found within two polls

_lives: dict[str, tuple[Replay, list[Replay]]] = {}


def life(publisher: Publisher) -> tuple[Replay, list[Replay]]:
    """The whole of its healthy days, and its state at the moments."""
    if publisher.name not in _lives:
        _lives[publisher.name] = live(publisher, DAYS, MOMENTS)
    return _lives[publisher.name]


@pytest.mark.parametrize("publisher", PUBLISHERS, ids=lambda each: each.name)
def test_ninety_healthy_days_alarm_nobody(publisher: Publisher) -> None:
    replay, _ = life(publisher)
    assert replay.polls > 100
    assert replay.found == []


def test_nearly_every_damage_is_found_within_two_polls(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a frozen 304 those polls count that could tell: full ones, since which there is news."""
    results: dict[tuple[str, str, int], Found] = {}
    for publisher in PUBLISHERS:
        for at, branch in enumerate(life(publisher)[1]):
            assert branch.health.ailment is None
            for name in NAMES:
                found = befall(branch.branch(), name)
                if found is not None:
                    results[name, publisher.name, at] = found
    late = {key: each.polls for key, each in results.items() if not 1 <= each.polls <= 2}
    share = 1 - len(late) / len(results)
    with capsys.disabled():
        print(f"\n{len(results)} damages, {share:.1%} found within 2 polls")
        for name in NAMES:
            all_of = [key for key in results if key[0] == name]
            missed = [key for key in late if key[0] == name]
            where = ", ".join(sorted({publisher for _, publisher, _ in missed}))
            print(f"  {name:<15} {len(all_of) - len(missed):>3} of {len(all_of):>3}  {where}")
    assert len({name for name, _, _ in results}) >= 10
    assert share >= ENOUGH, late
