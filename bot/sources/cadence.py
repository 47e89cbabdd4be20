"""When a source is polled next and why, and what is remembered of a poll. Pure.

    state, source -> request_for -> (fetch, read) -> outcome -> after_poll -> state

A source is asked at its `every`, and twice as often, at least as often as its class demands, in an
hour of its week in which it usually publishes. For ten minutes from each of its release times it is
asked every minute. History only ever shortens a wait, so that a quiet past delays no alert; what a
publisher says of how long an answer holds lengthens it up to the floor of the class
(docs/adr/0014-cadence.md).

The caller brings the time and the chance (`jitter`, uniform in [0, 1)), so that the same inputs
always give the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from bot.domain.source import FetchState, PollReason, Source, SourceKind
from bot.sources.rhythm import is_busy, next_busy_hour, release_window

OFFICIAL_FLOOR = timedelta(minutes=5)
PRESS_FLOOR = timedelta(minutes=10)
REGISTER_FLOOR = timedelta(hours=1)
"""The floors under how often a class is asked: no history and no word of a publisher's caches makes
us wait for longer. Registers are files of megabytes, which change once a day."""

RELEASE_EVERY = timedelta(seconds=50)
"""From the end of one poll to the next in the ten minutes from a release time: with the time that
an answer takes, the source is asked at least every minute."""

FULL_EVERY = timedelta(hours=6)
"""After so long without a whole page one is asked for without validators: some servers answer 304
for ever."""

JITTER = 0.1
"""Share of a wait by which a poll may be early or late, so that sources drift apart."""

JITTER_FROM = timedelta(seconds=10)
"""A shorter `every` is kept to the letter: who asks for every second means it."""

RELEASE_JITTER = timedelta(seconds=5)
"""By at most this a poll comes after the release time: not all desks ask in the same second."""

BACK_OFF_LIMIT = timedelta(hours=1)
"""A failing source is asked again at least this often, unless it asks for more itself."""

RETRY_AFTER_LIMIT = timedelta(days=1)
"""No Retry-After is obeyed for longer than this."""

CLOCK_DOUBT = timedelta(days=1)
"""How far lists are read back where the clock was set back since the last reading."""

_MAX_DOUBLINGS = 20  # 1 s doubled 20 times is 12 days: far past BACK_OFF_LIMIT, far from overflow


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When, and why then."""

    at: datetime
    reason: PollReason


def floor_of(source: Source) -> timedelta:
    """The longest wait that history or a publisher's caches may lead to for a source's class."""
    if source.kind is SourceKind.REGISTER:
        return REGISTER_FLOOR
    return OFFICIAL_FLOOR if source.is_official else PRESS_FLOOR


def first_state(source: Source, now: datetime) -> FetchState:
    """The state of a source that was never polled: due now."""
    return FetchState(source_id=source.source_id, url=source.url, next_poll_at=now)


def is_due(state: FetchState, now: datetime) -> bool:
    """Whether its time has come; after a clock step back, what was polled "later" is due."""
    has_stepped = state.last_polled_at is not None and state.last_polled_at > now
    return state.next_poll_at <= now or has_stepped


def request_for(source: Source, state: FetchState, now: datetime) -> FetchRequest:
    """What to ask for. Validators of another address are not sent, for they say nothing of this
    one, nor any where no whole page has come for six hours."""
    full_at = state.last_full_at
    is_full_due = full_at is None or not timedelta(0) <= now - full_at < FULL_EVERY
    if state.url != source.url or is_full_due:
        since = _since(state, now) if state.url == source.url else None
        return FetchRequest(source=source, since=since)
    return FetchRequest(
        source=source,
        etag=state.etag,
        last_modified=state.last_modified,
        since=_since(state, now),
    )


def _since(state: FetchState, now: datetime) -> datetime | None:
    """When all that was listed was last read; a day ago where that would be in the future, for a
    clock that was set back does not know, and what came meanwhile must not pass for history."""
    at = state.last_success_at if state.is_seeded else None
    return at if at is None or at <= now else now - CLOCK_DOUBT


def plan_next(
    source: Source, state: FetchState, outcome: ReadOutcome, *, now: datetime, jitter: float
) -> NextPoll:
    """The next poll; `state` is the one before this outcome, but for the `fresh_for` of this one.

    After a bad outcome: `every` doubled for each failure in a row, up to 25 % less by chance, at
    most an hour, but never sooner than `every` nor than the publisher's Retry-After (at most a
    day). A release time interrupts the first, not the second.
    """
    match outcome:
        case Read() | Unchanged():
            plan = _steady(source, state, now, jitter)
            return _at_release(source, plan, now, jitter)
        case Blocked() | FetchFailed() | NotAFeed():
            asked = None if isinstance(outcome, NotAFeed) else outcome.retry_after
            until = now + min(asked or timedelta(0), RETRY_AFTER_LIMIT)
            plan = NextPoll(now + _back_off(source, state, now, jitter), PollReason.BACK_OFF)
            if not is_in_release(source, now):
                plan = _at_release(source, plan, now, jitter)
            return NextPoll(until, PollReason.RETRY_AFTER) if until > plan.at else plan


def after_poll(
    state: FetchState, source: Source, outcome: ReadOutcome, *, now: datetime, jitter: float
) -> FetchState:
    """The state after this outcome; to be saved in one transaction with the items of a Read.

    Only a Read brings validators (or drops them, where the publisher sent none); every other
    outcome keeps those that still hold for the source's address. One that is not whole is no
    success: the next request goes back to the last that was.
    """
    if state.url != source.url:
        state = replace(
            state, url=source.url, etag=None, last_modified=None, last_full_at=None, fresh_for=None
        )
    match outcome:
        case Read(fresh_for=fresh_for):
            state = replace(state, fresh_for=fresh_for)
        case Unchanged(fresh_for=fresh_for) if fresh_for is not None:
            state = replace(state, fresh_for=fresh_for)
    plan = plan_next(source, state, outcome, now=now, jitter=jitter)
    after = replace(
        state,
        next_poll_at=plan.at,
        next_reason=plan.reason,
        last_polled_at=now,
        last_outcome=OUTCOME_NAMES[type(outcome)],
    )
    match outcome:
        case Read(etag=etag, last_modified=last_modified, note=note, is_whole=is_whole):
            return replace(
                after,
                etag=etag,
                last_modified=last_modified,
                is_seeded=True,
                failures=0,
                last_success_at=now if is_whole or not state.is_seeded else state.last_success_at,
                last_full_at=now,
                last_detail=note,
            )
        case Unchanged():
            return replace(after, failures=0, last_success_at=now, last_detail="")
        case Blocked(detail=detail) | NotAFeed(detail=detail) | FetchFailed(detail=detail):
            return replace(after, failures=state.failures + 1, last_detail=detail)


def why_next(source: Source, state: FetchState) -> str:
    """Why the next poll is when it is: a clause for a person, without a full stop."""
    every, floor = shown_span(source.every), shown_span(floor_of(source))
    match state.next_reason:
        case PollReason.NEW:
            return "it has not been asked at this address yet"
        case PollReason.EVERY:
            return f"it is asked every {every}"
        case PollReason.BUSY_HOUR:
            return (
                f"it usually publishes in this hour of its week ({source.zone}), and is asked "
                f"every {shown_span(_busy_wait(source))} then, else every {every}"
            )
        case PollReason.RELEASE_TIME:
            times = ", ".join(f"{at:%H:%M}" for at in source.release_times)
            return (
                f"it publishes at {times} ({source.zone}) on working days, and is asked every "
                "minute for ten minutes then"
            )
        case PollReason.FRESH:
            said = shown_span(state.fresh_for or timedelta(0))
            return f"its publisher says that an answer holds for {said}; {floor} are waited at most"
        case PollReason.BACK_OFF:
            failed = "the last poll" if state.failures == 1 else f"the last {state.failures} polls"
            return f"{failed} failed, and each failure doubles the wait, up to an hour"
        case PollReason.RETRY_AFTER:
            return "its publisher asked for more time (Retry-After)"


def shown_span(span: timedelta) -> str:
    """A duration in its largest fitting units: "5 min", "90 s", "2 h", "1 h 30 min"."""
    seconds = round(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s" if seconds % 60 or not seconds else f"{seconds // 60} min"
    minutes = round(seconds / 60)
    if minutes < 60 or seconds % 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours >= 48 and not minutes and not hours % 24:
        return f"{hours // 24} days"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def is_in_release(source: Source, now: datetime) -> bool:
    """Whether a release time of the source was less than ten minutes ago."""
    return release_window(source, now, now) is not None


def _steady(source: Source, state: FetchState, now: datetime, jitter: float) -> NextPoll:
    """After a good outcome, release times apart."""
    every, floor = source.every, floor_of(source)
    if every < JITTER_FROM:
        return NextPoll(now + every, PollReason.EVERY)
    wait, reason = every, PollReason.EVERY
    # a shorter `every` is somebody's wish, and is neither stretched nor shortened by what we learn
    if every >= floor and is_busy(state, source, now):
        wait, reason = _busy_wait(source), PollReason.BUSY_HOUR
    jittered = wait * (1 + JITTER * (2 * jitter - 1))
    if wait <= floor:
        jittered = min(jittered, floor)
    fresh = min(state.fresh_for or timedelta(0), floor)
    if fresh > jittered:
        return NextPoll(now + min(fresh * (1 + JITTER * jitter), floor), PollReason.FRESH)
    if every >= floor and reason is PollReason.EVERY:
        busy = next_busy_hour(state, source, now, now + jittered)
        # not sooner than it would be asked in that hour, however near its beginning is
        if busy is not None:
            start = max(busy, now + max(_busy_wait(source), fresh))
            if start < now + jittered:
                return NextPoll(start, PollReason.BUSY_HOUR)
    return NextPoll(now + jittered, reason)


def _busy_wait(source: Source) -> timedelta:
    return min(source.every / 2, floor_of(source))


def _at_release(source: Source, plan: NextPoll, now: datetime, jitter: float) -> NextPoll:
    """The plan, or a poll before it that a release time asks for."""
    start = release_window(source, now, plan.at)
    if start is None:
        return plan
    if start <= now:
        at = now + RELEASE_EVERY * (1 - JITTER * jitter)
    else:
        at = start + RELEASE_JITTER * jitter
    return NextPoll(at, PollReason.RELEASE_TIME) if at < plan.at else plan


def _back_off(source: Source, state: FetchState, now: datetime, jitter: float) -> timedelta:
    every = source.every
    if is_in_release(source, now):
        every = min(every, RELEASE_EVERY)  # a crowd at the door is no reason to miss the release
    doublings = min(state.failures + 1, _MAX_DOUBLINGS)
    longest = min(min(every, BACK_OFF_LIMIT) * (1 << doublings), BACK_OFF_LIMIT)
    return max(every, longest * (0.75 + 0.25 * jitter))
