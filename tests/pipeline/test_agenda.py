"""What is due is found without a look at all sources, and is what a look at all would find."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import SourceId
from bot.domain.source import FetchState
from bot.pipeline.agenda import Agenda
from bot.sources.cadence import is_due
from tests.samples import state

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
NAMES = tuple(f"s{number}" for number in range(5))
SECONDS = st.integers(-90, 90).map(lambda seconds: timedelta(seconds=seconds))


def at(name: str, seconds: int, polled: datetime | None = None) -> FetchState:
    return state(name, next_poll_at=START + timedelta(seconds=seconds), last_polled_at=polled)


def agenda(*states: FetchState) -> Agenda:
    return Agenda({each.source_id: each for each in states}, [each.source_id for each in states])


def test_the_longest_due_comes_first_and_equals_in_the_order_of_the_catalogue() -> None:
    known = agenda(at("later", 9), at("b", 2), at("a", 2), at("c", 1))
    assert known.due(START) == []
    assert known.due(START + timedelta(seconds=2)) == ["c", "b", "a"]


def test_what_is_due_stays_so_until_it_was_asked() -> None:
    known = agenda(at("a", 0), at("b", 0))
    assert known.due(START) == known.due(START) == ["a", "b"]
    known.keep(at("a", 60, START))
    assert known.due(START) == ["b"]
    assert known.due(START + timedelta(seconds=60)) == ["b", "a"]


def test_what_is_not_asked_is_never_due_and_yet_remembered() -> None:
    ready, retired = at("ready", 0), at("retired", 0)
    known = Agenda({each.source_id: each for each in (ready, retired)}, [ready.source_id])
    known.keep(retired)
    assert known.due(START) == ["ready"]
    assert known[retired.source_id] is retired


def test_a_clock_that_was_set_back_makes_due_what_was_asked_later() -> None:
    known = agenda(at("a", 0), at("b", 0))
    assert known.due(START) == ["a", "b"]
    known.keep(at("a", 600, START))
    known.keep(at("b", 600, START))
    assert known.due(START - timedelta(seconds=1)) == ["a", "b"]


@given(
    st.lists(
        st.one_of(SECONDS, st.tuples(st.sampled_from(NAMES), SECONDS)),
        max_size=40,
    )
)
def test_whatever_happens_it_finds_what_a_look_at_all_would_find(
    steps: list[timedelta | tuple[str, timedelta]],
) -> None:
    """The clock moves, forwards and back, and sources are asked, due or not. What once was due
    stays so until it was asked, though the clock may go back again."""
    now = START
    found: set[SourceId] = set()
    states = {SourceId(name): at(name, place) for place, name in enumerate(NAMES)}
    known = agenda(*states.values())
    for step in steps:
        if isinstance(step, timedelta):
            now += step
        else:
            name, wait = step
            after = state(name, next_poll_at=now + wait, last_polled_at=now)
            states[after.source_id] = after
            known.keep(after)
            found.discard(after.source_id)
        found |= {each.source_id for each in states.values() if is_due(each, now)}
        expected = sorted(
            (each for each in states.values() if each.source_id in found),
            key=lambda each: each.next_poll_at,
        )
        assert known.due(now) == [each.source_id for each in expected]
