"""When a source is asked again, and what is remembered: pure, so checked over all inputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Blocked, FetchFailed, NotAFeed, Read, ReadOutcome, Unchanged
from bot.domain.source import FetchState, Source
from bot.sources.cadence import (
    BACK_OFF_LIMIT,
    JITTER_FROM,
    RETRY_AFTER_LIMIT,
    after_poll,
    first_state,
    next_poll_at,
    request_for,
)
from tests import samples

READ = Read(items=(), etag='"2"', last_modified="Thu, 08 Oct 2026 06:00:00 GMT", note="moved")
FAILED = FetchFailed(kind="network", detail="down")

SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=7))
WAITS = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=400)))
JITTERS = st.floats(0, 1, exclude_max=True)
BAD = st.one_of(
    WAITS.map(lambda wait: Blocked(detail="x", retry_after=wait)),
    WAITS.map(lambda wait: FetchFailed(kind="status", detail="x", retry_after=wait)),
    st.just(NotAFeed(detail="x")),
)
GOOD = st.sampled_from([READ, Unchanged()])


def gazette(every: timedelta = timedelta(minutes=10)) -> Source:
    return samples.source(every=every)


def state(source: Source, **changes: object) -> FetchState:
    return replace(first_state(source, samples.NOW), **changes)  # type: ignore[arg-type]


def wait(source: Source, known: FetchState, outcome: ReadOutcome, jitter: float) -> timedelta:
    return next_poll_at(source, known, outcome, now=samples.NOW, jitter=jitter) - samples.NOW


@given(SPANS, GOOD, JITTERS, st.integers(0, 50))
def test_after_a_good_answer_the_wait_is_the_wished_interval_give_or_take_a_tenth(
    every: timedelta, outcome: ReadOutcome, jitter: float, failures: int
) -> None:
    source = gazette(every)
    span = wait(source, state(source, failures=failures), outcome, jitter)
    assert 0.9 * every - samples.SECOND / 1000 <= span <= 1.1 * every
    if every < JITTER_FROM:
        assert span == every


@given(SPANS, BAD, JITTERS, st.integers(0, 10_000))
def test_after_a_bad_answer_the_wait_is_never_shorter_than_wished_nor_than_asked_for(
    every: timedelta, outcome: ReadOutcome, jitter: float, failures: int
) -> None:
    source = gazette(every)
    span = wait(source, state(source, failures=failures), outcome, jitter)
    asked = getattr(outcome, "retry_after", None) or timedelta(0)
    assert span >= every
    assert span >= min(asked, RETRY_AFTER_LIMIT)
    assert span <= max(every, BACK_OFF_LIMIT, min(asked, RETRY_AFTER_LIMIT))


@given(SPANS, JITTERS, st.integers(0, 30))
def test_each_failure_in_a_row_makes_the_wait_no_shorter(
    every: timedelta, jitter: float, failures: int
) -> None:
    source = gazette(every)
    waits = [wait(source, state(source, failures=failures + n), FAILED, jitter) for n in (0, 1)]
    assert waits[0] <= waits[1]


@pytest.mark.parametrize(
    ("every", "failures", "minutes"),
    [(10, 0, 20), (10, 1, 40), (10, 2, 60), (10, 99, 60), (120, 5, 120), (1, 0, 2)],
)
def test_the_back_off_doubles_up_to_an_hour(every: int, failures: int, minutes: int) -> None:
    source = gazette(timedelta(minutes=every))
    span = wait(source, state(source, failures=failures), FAILED, jitter=0.999999)
    assert span == pytest.approx(timedelta(minutes=minutes), abs=samples.SECOND)


def test_a_source_of_every_second_backs_off_too() -> None:
    source = gazette(timedelta(seconds=1))
    assert wait(source, state(source, failures=20), FAILED, 0.5) > timedelta(minutes=50)
    assert wait(source, state(source), READ, 0.5) == timedelta(seconds=1)


def test_a_source_that_was_never_polled_is_due_now_and_asked_without_validators() -> None:
    source = gazette()
    fresh = first_state(source, samples.NOW)
    assert fresh.next_poll_at == samples.NOW
    assert not fresh.is_seeded
    request = request_for(source, fresh)
    assert (request.source, request.etag, request.last_modified) == (source, None, None)


def test_validators_of_another_address_are_neither_sent_nor_kept() -> None:
    source = gazette()
    old = state(source, url="https://old.example/", etag='"1"', last_modified="x", is_seeded=True)
    assert request_for(source, old).etag is None
    assert request_for(source, old).last_modified is None
    for outcome in (FAILED, Unchanged(), NotAFeed(detail="x")):
        after = after_poll(old, source, outcome, now=samples.NOW, jitter=0.5)
        assert (after.url, after.etag, after.last_modified) == (source.url, None, None)
        assert after.is_seeded, "what was stored quietly once need not be again"


def test_only_a_read_answer_brings_validators() -> None:
    source = gazette()
    known = state(source, etag='"1"', last_modified="x", failures=3, last_detail="down")
    after = after_poll(known, source, READ, now=samples.NOW, jitter=0.5)
    assert (after.etag, after.last_modified) == (READ.etag, READ.last_modified)
    assert (after.is_seeded, after.failures, after.last_detail) == (True, 0, "moved")
    assert after.last_success_at == samples.NOW
    bare = after_poll(known, source, Read(items=()), now=samples.NOW, jitter=0.5)
    assert (bare.etag, bare.last_modified) == (None, None)


@given(st.one_of(GOOD, BAD), JITTERS, st.integers(0, 9))
def test_a_poll_always_leaves_a_state_for_the_next(
    outcome: ReadOutcome, jitter: float, failures: int
) -> None:
    source = gazette()
    known = state(source, etag='"1"', failures=failures)
    after = after_poll(known, source, outcome, now=samples.NOW, jitter=jitter)
    assert after.last_polled_at == samples.NOW
    assert after.next_poll_at > samples.NOW
    assert after.last_outcome in {"fetched", "unchanged", "blocked", "not-a-feed", "failed"}
    is_good = isinstance(outcome, Read | Unchanged)
    assert after.failures == (0 if is_good else failures + 1)
    assert (after.last_success_at == samples.NOW) is is_good
    assert after.is_seeded is isinstance(outcome, Read)
    if not isinstance(outcome, Read):
        assert after.etag == '"1"'
    if not is_good:
        assert after.last_detail
