"""When a source is polled next, and what is remembered of a poll. Pure.

    state, source -> request_for -> (fetch, read) -> outcome -> after_poll -> state

The caller brings the time and the chance (`jitter`, uniform in [0, 1)), so that the same inputs
always give the same plan.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.fetch import (
    OUTCOME_NAMES,
    Blocked,
    FetchFailed,
    FetchRequest,
    NotAFeed,
    Read,
    ReadOutcome,
    Unchanged,
)
from bot.domain.source import FetchState, Source

JITTER = 0.1
"""Share of `every` by which a poll may be early or late, so that sources drift apart."""

JITTER_FROM = timedelta(seconds=10)
"""Shorter intervals are kept to the letter: who asks for every second means it."""

BACK_OFF_LIMIT = timedelta(hours=1)
"""A failing source is asked again at least this often, unless it asks for more itself."""

RETRY_AFTER_LIMIT = timedelta(days=1)
"""No Retry-After is obeyed for longer than this."""

_MAX_DOUBLINGS = 20  # 1 s doubled 20 times is 12 days: far past BACK_OFF_LIMIT, far from overflow


def first_state(source: Source, now: datetime) -> FetchState:
    """The state of a source that was never polled: due now."""
    return FetchState(source_id=source.source_id, url=source.url, next_poll_at=now)


def is_due(state: FetchState, now: datetime) -> bool:
    """Whether its time has come; after a clock step back, what was polled "later" is due."""
    has_stepped = state.last_polled_at is not None and state.last_polled_at > now
    return state.next_poll_at <= now or has_stepped


def request_for(source: Source, state: FetchState) -> FetchRequest:
    """What to ask for. Validators of another address are not sent: they say nothing of this one."""
    if state.url != source.url:
        return FetchRequest(source=source)
    return FetchRequest(source=source, etag=state.etag, last_modified=state.last_modified)


def next_poll_at(
    source: Source, state: FetchState, outcome: ReadOutcome, *, now: datetime, jitter: float
) -> datetime:
    """The time of the next poll; `state` is the one before this outcome.

    After a good outcome: `every`, give or take 10 %. After a bad one: `every` doubled for each
    failure in a row, up to 25 % less by chance, at most an hour, but never sooner than `every` nor
    than the publisher's Retry-After (at most a day).
    """
    match outcome:
        case Read() | Unchanged():
            if source.every < JITTER_FROM:
                return now + source.every
            return now + source.every * (1 + JITTER * (2 * jitter - 1))
        case Blocked(retry_after=asked) | FetchFailed(retry_after=asked):
            return now + max(
                _back_off(source, state, jitter), min(asked or timedelta(0), RETRY_AFTER_LIMIT)
            )
        case NotAFeed():
            return now + _back_off(source, state, jitter)


def after_poll(
    state: FetchState, source: Source, outcome: ReadOutcome, *, now: datetime, jitter: float
) -> FetchState:
    """The state after this outcome; to be saved in one transaction with the items of a Read.

    Only a Read brings validators (or drops them, where the publisher sent none); every other
    outcome keeps those that still hold for the source's address.
    """
    is_same_address = state.url == source.url
    after = replace(
        state,
        url=source.url,
        next_poll_at=next_poll_at(source, state, outcome, now=now, jitter=jitter),
        etag=state.etag if is_same_address else None,
        last_modified=state.last_modified if is_same_address else None,
        last_polled_at=now,
        last_outcome=OUTCOME_NAMES[type(outcome)],
    )
    match outcome:
        case Read(etag=etag, last_modified=last_modified, note=note):
            return replace(
                after,
                etag=etag,
                last_modified=last_modified,
                is_seeded=True,
                failures=0,
                last_success_at=now,
                last_detail=note,
            )
        case Unchanged():
            return replace(after, failures=0, last_success_at=now, last_detail="")
        case Blocked(detail=detail) | NotAFeed(detail=detail) | FetchFailed(detail=detail):
            return replace(after, failures=state.failures + 1, last_detail=detail)


def _back_off(source: Source, state: FetchState, jitter: float) -> timedelta:
    doublings = min(state.failures + 1, _MAX_DOUBLINGS)
    longest = min(min(source.every, BACK_OFF_LIMIT) * (1 << doublings), BACK_OFF_LIMIT)
    return max(source.every, longest * (0.75 + 0.25 * jitter))
