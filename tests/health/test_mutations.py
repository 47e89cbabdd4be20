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
ENOUGH = 0.95  # of the damages, found within two polls

_lives: dict[str, tuple[Replay, Replay]] = {}


def life(publisher: Publisher) -> tuple[Replay, Replay]:
    """The whole of its healthy days, and the state after eighty of them."""
    if publisher.name not in _lives:
        replay, branches = live(publisher, DAYS, [START + timedelta(days=80)])
        _lives[publisher.name] = replay, branches[0]
    return _lives[publisher.name]


@pytest.mark.parametrize("publisher", PUBLISHERS, ids=lambda each: each.name)
def test_ninety_healthy_days_alarm_nobody(publisher: Publisher) -> None:
    replay, _ = life(publisher)
    assert replay.polls > 100
    assert replay.found == []


def test_nearly_every_damage_is_found_within_two_polls(capsys: pytest.CaptureFixture[str]) -> None:
    results: dict[tuple[str, str], Found] = {}
    for publisher in PUBLISHERS:
        _, branch = life(publisher)
        for name in NAMES:
            found = befall(branch.branch(), name)
            if found is not None:
                results[publisher.name, name] = found
    late = {key: each.polls for key, each in results.items() if not 1 <= each.polls <= 2}
    share = 1 - len(late) / len(results)
    with capsys.disabled():
        print(f"\n{len(results)} damages, {share:.1%} found within 2 polls; not so: {late}")
    assert len({name for _, name in results}) >= 10
    assert share >= ENOUGH, late
