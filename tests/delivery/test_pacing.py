"""Pacing is arithmetic over one instant: bursts are bounded, and the long run keeps the gap."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.pacing import TELEGRAM, UNPACED, Pace
from bot.domain.chat import ChatKind
from tests.samples import NOW

paces = st.builds(
    Pace,
    gap=st.timedeltas(timedelta(milliseconds=1), timedelta(seconds=10)),
    burst=st.integers(1, 10),
)
pauses = st.lists(st.timedeltas(timedelta(0), timedelta(seconds=30)), min_size=1, max_size=40)


def send_times(pace: Pace, pauses: list[timedelta]) -> list[datetime]:
    """When messages go out of a chat that always has more to say, after these extra pauses."""
    free_at, now = None, NOW
    times = []
    for pause in pauses:
        now = max(now, free_at or now) + pause
        times.append(now)
        free_at = pace.next_free(free_at, now)
    return times


def test_a_new_chat_may_take_its_burst_at_once_and_then_one_a_gap() -> None:
    pace = Pace(gap=timedelta(seconds=2), burst=3)
    times = send_times(pace, [timedelta(0)] * 6)
    assert [(at - NOW).total_seconds() for at in times] == [0, 0, 0, 2, 4, 6]


def test_a_rest_earns_the_burst_again_but_no_more() -> None:
    pace = Pace(gap=timedelta(seconds=2), burst=2)
    pauses = [timedelta(0), timedelta(0), timedelta(hours=1), timedelta(0), timedelta(0)]
    times = send_times(pace, pauses)
    assert times[3] == times[2]
    assert times[4] - times[3] == timedelta(seconds=2)


@given(pace=paces, pauses=pauses)
def test_no_window_ever_holds_more_than_the_burst_and_its_share(
    pace: Pace, pauses: list[timedelta]
) -> None:
    times = send_times(pace, pauses)
    for first in range(len(times)):
        for last in range(first, len(times)):
            sent = last - first + 1
            assert times[last] - times[first] >= pace.gap * (sent - pace.burst)


def test_telegrams_paces_stay_below_what_its_faq_calls_safe() -> None:
    second, minute = timedelta(seconds=1), timedelta(minutes=1)
    assert TELEGRAM.of(ChatKind.PRIVATE).gap > second
    for kind in (ChatKind.GROUP, ChatKind.SUPERGROUP, ChatKind.CHANNEL):
        pace = TELEGRAM.of(kind)
        in_a_minute = pace.burst + int(minute / pace.gap)
        assert in_a_minute <= 20
    assert second / TELEGRAM.door.gap < 30


def test_a_terminal_is_not_paced() -> None:
    times = send_times(UNPACED.of(ChatKind.LOCAL), [timedelta(0)] * 100)
    assert times == [NOW] * 100
