"""When a source is asked again, and what is remembered: pure, so checked over all inputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Blocked, FetchFailed, NotAFeed, Read, ReadOutcome, Unchanged
from bot.domain.source import FetchState, PollReason, Source, SourceKind
from bot.sources.cadence import (
    BACK_OFF_LIMIT,
    FULL_EVERY,
    JITTER_FROM,
    OFFICIAL_FLOOR,
    PRESS_FLOOR,
    REGISTER_FLOOR,
    RETRY_AFTER_LIMIT,
    NextPoll,
    after_poll,
    first_state,
    floor_of,
    plan_next,
    request_for,
    shown_span,
    why_next,
)
from bot.sources.rhythm import WEEK, with_news
from tests import samples

READ = Read(items=(), etag='"2"', last_modified="Thu, 08 Oct 2026 06:00:00 GMT", note="moved")
FAILED = FetchFailed(kind="network", detail="down")
MINUTE = timedelta(minutes=1)

SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=7))
WAITS = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=400)))
JITTERS = st.floats(0, 1, exclude_max=True)
ZONES = st.sampled_from(
    ["UTC", "America/New_York", "Asia/Shanghai", "Asia/Kolkata", "Australia/Lord_Howe"]
)
MOMENTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - Hypothesis wants it naive and adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
RHYTHMS = st.one_of(st.just(b""), st.binary(min_size=168, max_size=168))
BAD = st.one_of(
    WAITS.map(lambda wait: Blocked(detail="x", retry_after=wait)),
    WAITS.map(lambda wait: FetchFailed(kind="status", detail="x", retry_after=wait)),
    st.just(NotAFeed(detail="x")),
)
GOOD = st.sampled_from([READ, Unchanged()])
CLASSES = st.sampled_from(
    [
        {"is_official": True},
        {"is_official": False},
        {"is_official": True, "kind": SourceKind.REGISTER},
    ]
)


def gazette(every: timedelta = timedelta(minutes=10), **changes: Any) -> Source:
    return samples.source(every=every, **changes)


def state(source: Source, **changes: Any) -> FetchState:
    return replace(first_state(source, samples.NOW), **changes)


def plan(
    source: Source,
    known: FetchState,
    outcome: ReadOutcome = READ,
    jitter: float = 0.5,
    now: datetime = samples.NOW,
) -> NextPoll:
    return plan_next(source, known, outcome, now=now, jitter=jitter)


def wait(
    source: Source, known: FetchState, outcome: ReadOutcome = READ, jitter: float = 0.5
) -> timedelta:
    return plan(source, known, outcome, jitter).at - samples.NOW


# Steady


@given(SPANS, GOOD, JITTERS, st.integers(0, 50))
def test_after_a_good_answer_the_wait_is_the_wished_interval_give_or_take_a_tenth(
    every: timedelta, outcome: ReadOutcome, jitter: float, failures: int
) -> None:
    source = gazette(every)
    span = wait(source, state(source, failures=failures), outcome, jitter)
    assert 0.9 * every - samples.SECOND / 1000 <= span <= 1.1 * every
    if every < JITTER_FROM:
        assert span == every


@given(CLASSES, SPANS, RHYTHMS, MOMENTS, WAITS, JITTERS)
def test_neither_history_nor_caches_make_a_source_wait_beyond_its_wish_and_its_floor(
    of: dict[str, Any],
    every: timedelta,
    rhythm: bytes,
    now: datetime,
    fresh: timedelta | None,
    jitter: float,
) -> None:
    source = gazette(every, **of)
    known = state(source, rhythm=rhythm, rhythm_at=now - 3 * WEEK, fresh_for=fresh)
    span = plan(source, known, READ, jitter, now).at - now
    assert span > timedelta(0)
    if every <= floor_of(source):
        assert span <= floor_of(source)
        if fresh is None:
            assert span <= 1.1 * every
    else:
        assert span <= 1.1 * every


@pytest.mark.parametrize(
    ("changes", "floor"),
    [
        ({"is_official": True}, timedelta(minutes=5)),
        ({"is_official": False}, timedelta(minutes=10)),
        ({"is_official": True, "kind": SourceKind.REGISTER}, timedelta(hours=1)),
    ],
)
def test_each_class_has_its_floor(changes: dict[str, Any], floor: timedelta) -> None:
    assert floor_of(gazette(**changes)) == floor


# Freshness


@given(CLASSES, SPANS, st.timedeltas(samples.SECOND, timedelta(days=1)), JITTERS)
def test_an_answer_that_holds_is_not_asked_for_again_before_it_may_be_stale(
    of: dict[str, Any], every: timedelta, fresh: timedelta, jitter: float
) -> None:
    source = gazette(every, **of)
    span = wait(source, state(source, fresh_for=fresh), READ, jitter)
    if every < JITTER_FROM:
        assert span == every, "who asks for every second means it"
    else:
        assert span >= min(fresh, floor_of(source))


def test_what_holds_for_longer_than_the_wished_interval_is_the_reason_of_the_wait() -> None:
    source = gazette(2 * MINUTE, is_official=True)
    assert plan(source, state(source)).reason is PollReason.EVERY
    for fresh, minutes in ((MINUTE, 2), (4 * MINUTE, 4), (timedelta(days=1), 5)):
        found = plan(source, state(source, fresh_for=fresh), jitter=0.0)
        assert found.at - samples.NOW == pytest.approx(minutes * MINUTE, abs=0.2 * MINUTE)
        assert (found.reason is PollReason.FRESH) == (minutes > 2)


def test_how_long_an_answer_holds_is_kept_until_an_answer_says_otherwise() -> None:
    source = gazette()
    known = state(source)

    def after(outcome: ReadOutcome) -> timedelta | None:
        return after_poll(known, source, outcome, now=samples.NOW, jitter=0.5).fresh_for

    known = replace(known, fresh_for=9 * MINUTE)
    assert after(Unchanged()) == after(FAILED) == 9 * MINUTE
    assert after(Unchanged(fresh_for=MINUTE)) == MINUTE
    assert after(replace(READ, fresh_for=2 * MINUTE)) == 2 * MINUTE
    assert after(READ) is None
    known = replace(known, url="https://old.example/")
    assert after(Unchanged()) is None


# Rhythm


def learned(source: Source, *moments: datetime) -> FetchState:
    known = state(source)
    for moment in moments:
        known = with_news(known, source, moment)
    return known


def test_in_an_hour_in_which_it_usually_publishes_a_source_is_asked_twice_as_often() -> None:
    source = gazette(PRESS_FLOOR)
    known = learned(source, samples.NOW - WEEK, samples.NOW)
    assert plan(source, known) == NextPoll(samples.NOW + PRESS_FLOOR / 2, PollReason.BUSY_HOUR)
    later = samples.NOW + timedelta(hours=3)
    assert plan(source, known, now=later) == NextPoll(later + PRESS_FLOOR, PollReason.EVERY)


def test_in_such_an_hour_even_a_source_that_is_rarely_asked_is_asked_as_its_class_demands() -> None:
    source = gazette(timedelta(hours=12))
    known = learned(source, samples.NOW - WEEK, samples.NOW)
    assert wait(source, known) == PRESS_FLOOR
    # and does not sleep through the hour
    early = samples.NOW - timedelta(hours=5, minutes=20)
    assert plan(source, known, now=early) == NextPoll(samples.NOW, PollReason.BUSY_HOUR)
    shortly = samples.NOW - MINUTE
    assert plan(source, known, now=shortly).at == shortly + PRESS_FLOOR


@given(st.timedeltas(samples.SECOND, PRESS_FLOOR - samples.SECOND), RHYTHMS, MOMENTS)
def test_an_interval_below_the_floor_is_never_changed_by_what_was_learned(
    every: timedelta, rhythm: bytes, now: datetime
) -> None:
    source = gazette(every)
    known = state(source, rhythm=rhythm, rhythm_at=now)
    assert plan(source, known, now=now) == plan(source, state(source), now=now)


@given(CLASSES, SPANS, RHYTHMS, MOMENTS, ZONES, JITTERS)
def test_what_was_learned_never_makes_a_wait_longer(
    of: dict[str, Any], every: timedelta, rhythm: bytes, now: datetime, zone: str, jitter: float
) -> None:
    source = gazette(every, zone=zone, **of)
    known = state(source, rhythm=rhythm, rhythm_at=now)
    with_it = plan(source, known, READ, jitter, now)
    without = plan(source, state(source), READ, jitter, now)
    assert with_it.at <= without.at


# Release times

NEW_YORK = ZoneInfo("America/New_York")
INSPECTION = gazette(
    OFFICIAL_FLOOR, is_official=True, zone="America/New_York", release_times=(time(8, 45),)
)


def polls(source: Source, start: datetime, end: datetime, outcome: ReadOutcome) -> list[datetime]:
    """The times of all polls, each of which has this outcome and takes 3 seconds."""
    known, found, now = state(source), [], start
    while now < end:
        found.append(now)
        done = now + 3 * samples.SECOND
        known = after_poll(known, source, outcome, now=done, jitter=len(found) * 0.37 % 1)
        now = known.next_poll_at
    return found


@pytest.mark.parametrize(
    "day",
    [
        (2026, 10, 8),
        (2026, 11, 2),  # summer time ended the day before
        (2027, 3, 15),  # and began
    ],
)
@pytest.mark.parametrize("every", [OFFICIAL_FLOOR, timedelta(hours=7), timedelta(seconds=7)])
def test_from_a_release_time_a_source_is_asked_at_least_every_minute_for_ten_minutes(
    day: tuple[int, int, int], every: timedelta
) -> None:
    source = replace(INSPECTION, every=every)
    release = datetime(*day, 8, 45, tzinfo=NEW_YORK).astimezone(UTC)
    found = polls(source, release - timedelta(days=1), release + timedelta(hours=2), Unchanged())
    seen = [at for at in found if release <= at < release + 11 * MINUTE]
    assert seen[0] - release <= 7 * samples.SECOND
    gaps = [b - a for a, b in pairwise(seen)]
    assert max(gap for gap, at in zip(gaps, seen, strict=False) if at < release + 9 * MINUTE) <= (
        MINUTE
    )
    assert len([at for at in seen if at < release + 10 * MINUTE]) >= 10


def test_before_and_after_a_release_and_at_weekends_a_source_is_asked_as_ever() -> None:
    friday = datetime(2026, 10, 9, 9, 30, tzinfo=NEW_YORK).astimezone(UTC)
    found = polls(INSPECTION, friday, friday + timedelta(days=2, hours=20), Unchanged())
    gaps = [b - a for a, b in pairwise(found)]
    assert min(gaps) > 0.85 * OFFICIAL_FLOOR
    assert max(gaps) <= OFFICIAL_FLOOR + 3 * samples.SECOND


def test_a_failing_source_is_asked_at_its_release_time_all_the_same() -> None:
    release = datetime(2026, 10, 8, 8, 45, tzinfo=NEW_YORK).astimezone(UTC)
    known = state(INSPECTION, failures=9)
    early = release - 20 * MINUTE
    assert plan(INSPECTION, known, FAILED, 0.0, early) == NextPoll(release, PollReason.RELEASE_TIME)
    # at the door it backs off as anybody, but from a minute on
    first = plan(INSPECTION, state(INSPECTION), FAILED, 0.5, release)
    assert first.at - release < 2 * MINUTE
    assert plan(INSPECTION, known, FAILED, 0.5, release).at - release > 45 * MINUTE


def test_a_publisher_that_asks_for_time_is_not_asked_at_its_release_time() -> None:
    release = datetime(2026, 10, 8, 8, 45, tzinfo=NEW_YORK).astimezone(UTC)
    asked = Blocked(detail="x", retry_after=timedelta(hours=1))
    found = plan(INSPECTION, state(INSPECTION), asked, 0.5, release - 20 * MINUTE)
    assert found == NextPoll(release + 40 * MINUTE, PollReason.RETRY_AFTER)


# Backing off


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


# Validators


def test_a_source_that_was_never_polled_is_due_now_and_asked_without_validators() -> None:
    source = gazette()
    fresh = first_state(source, samples.NOW)
    assert fresh.next_poll_at == samples.NOW
    assert not fresh.is_seeded
    request = request_for(source, fresh, samples.NOW)
    assert (request.source, request.etag, request.last_modified) == (source, None, None)


def test_validators_of_another_address_are_neither_sent_nor_kept() -> None:
    source = gazette()
    old = state(
        source,
        url="https://old.example/",
        etag='"1"',
        last_modified="x",
        is_seeded=True,
        last_full_at=samples.NOW,
    )
    assert request_for(source, old, samples.NOW).etag is None
    assert request_for(source, old, samples.NOW).last_modified is None
    for outcome in (FAILED, Unchanged(), NotAFeed(detail="x")):
        after = after_poll(old, source, outcome, now=samples.NOW, jitter=0.5)
        assert (after.url, after.etag, after.last_modified) == (source.url, None, None)
        assert after.is_seeded, "what was stored quietly once need not be again"


@pytest.mark.parametrize(
    ("age", "is_conditional"),
    [
        (timedelta(0), True),
        (FULL_EVERY - samples.SECOND, True),
        (FULL_EVERY, False),
        (-samples.SECOND, False),  # the clock has stepped back: nobody knows how long ago it was
    ],
)
def test_six_hours_after_the_last_whole_page_one_is_asked_for_again(
    age: timedelta, is_conditional: bool
) -> None:
    source = gazette()
    known = state(source, etag='"1"', last_full_at=samples.NOW - age)
    assert (request_for(source, known, samples.NOW).etag is not None) is is_conditional


@pytest.mark.parametrize("etag", ["", '"1"'])
def test_after_a_clock_was_set_back_lists_are_read_back_by_a_day(etag: str) -> None:
    """A last reading in the future would make all that a gap holds look like history."""
    asked = samples.source()
    polled = after_poll(
        first_state(asked, samples.NOW), asked, replace(READ, etag=etag), now=samples.NOW, jitter=0
    )
    for early, since in ((0, 0), (1, 24 + 1), (9_999, 24 + 9_999)):
        now = samples.NOW - timedelta(hours=early)
        found = request_for(asked, polled, now).since
        assert found == samples.NOW - timedelta(hours=since)


def test_word_that_nothing_is_new_is_no_whole_page() -> None:
    source = gazette()
    known = state(source, etag='"1"', last_full_at=samples.NOW - timedelta(hours=5))
    for outcome in (Unchanged(), FAILED):
        after = after_poll(known, source, outcome, now=samples.NOW, jitter=0.5)
        assert after.last_full_at == known.last_full_at
    assert after_poll(known, source, READ, now=samples.NOW, jitter=0.5).last_full_at == samples.NOW


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


# Why


def test_each_reason_is_told_in_words_and_with_its_figures() -> None:
    source = replace(INSPECTION, every=timedelta(minutes=30), release_times=(time(8, 45), time(16)))
    told = {
        reason: why_next(
            source, state(source, next_reason=reason, failures=3, fresh_for=timedelta(minutes=90))
        )
        for reason in PollReason
    }
    assert len(set(told.values())) == len(PollReason)
    assert "every 30 min" in told[PollReason.EVERY]
    assert "America/New_York" in told[PollReason.BUSY_HOUR]
    assert "every 5 min then, else every 30 min" in told[PollReason.BUSY_HOUR]
    assert "08:45, 16:00 (America/New_York)" in told[PollReason.RELEASE_TIME]
    assert "1 h 30 min; 5 min are waited at most" in told[PollReason.FRESH]
    assert told[PollReason.BACK_OFF].startswith("the last 3 polls failed")
    assert "Retry-After" in told[PollReason.RETRY_AFTER]
    one = state(source, next_reason=PollReason.BACK_OFF, failures=1)
    assert why_next(source, one).startswith("the last poll failed")


@given(st.one_of(GOOD, BAD), SPANS, WAITS, RHYTHMS, MOMENTS, JITTERS)
def test_whatever_comes_of_a_poll_its_reason_is_kept_and_can_be_told(
    outcome: ReadOutcome,
    every: timedelta,
    fresh: timedelta | None,
    rhythm: bytes,
    now: datetime,
    jitter: float,
) -> None:
    source = replace(INSPECTION, every=every)
    known = state(source, fresh_for=fresh, rhythm=rhythm, rhythm_at=now)
    after = after_poll(known, source, outcome, now=now, jitter=jitter)
    assert after.next_reason is not PollReason.NEW
    assert why_next(source, after)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"), (1, "1 s"), (60, "1 min"), (90, "90 s"), (120, "2 min"), (300, "5 min"),
        (3600, "1 h"), (5400, "1 h 30 min"), (86400, "24 h"), (172800, "2 days"),
    ],
)  # fmt: skip
def test_spans_are_shown_in_their_largest_fitting_units(seconds: int, shown: str) -> None:
    assert shown_span(timedelta(seconds=seconds)) == shown


def test_a_register_is_asked_once_an_hour_at_least() -> None:
    source = gazette(REGISTER_FLOOR, is_official=True, kind=SourceKind.REGISTER)
    assert wait(source, state(source, fresh_for=timedelta(days=1))) == REGISTER_FLOOR
