"""One poll into a source's health. Pure.

    health, outcome, what was sighted -> what is odd -> is it sure? is it over? -> health, verdict

A single odd poll is nobody's business: servers stumble. What is odd at two polls in a row is told,
or at four over two hours where it looks like a fault that mends itself (errors of the server, no
connection). Recovery takes two good polls, and longer each time that the ailment comes back, so
that a flapping source is told of a few times and then once a day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.fetch import (
    Blocked,
    FetchFailed,
    Fill,
    NotAFeed,
    PageFacts,
    Read,
    ReadOutcome,
    Unchanged,
)
from bot.domain.health import (
    NO_ANSWER,
    Ailment,
    Complaint,
    Gap,
    Norm,
    Sighted,
    SourceHealth,
    Verdict,
)
from bot.domain.source import FetchState, Source
from bot.health.page import Suspicion, accept_page, is_gap, judge_page, learn_page
from bot.health.week import live_through, silence, with_news

SURE_POLLS = 2
"""Odd polls in a row that make an ailment."""

PASSING_POLLS = 4
"""The same for faults that mostly pass by themselves …"""

PASSING_SPAN = timedelta(hours=2)
"""… which must also have lasted: a restart or a night's maintenance is over by then."""

WELL_POLLS = 2
"""Good polls in a row that end an ailment."""

FIRST_RELAPSE = timedelta(hours=1)
"""How long a source must be well after its second ailment in a row; four times as long each time
that follows, up to MAX_RELAPSE."""

MAX_RELAPSE = timedelta(days=1)

RELAPSE_WINDOW = timedelta(days=3)
"""Ailments that follow the last recovery within this are relapses."""

GAP_HOLD = timedelta(days=1)
"""A window gap is shown for a day. Further ones within it are not told again."""

ACCEPTED_AFTER = timedelta(days=14)
"""A page that has been different for so long will stay so: it becomes the normal."""

LYING_ROUNDS = 4
"""Times in a row that a full request found news after conditional ones had only met 304s. By chance
that happens once in 15 times at most after five of them: here once in 50,000."""

_WITNESSES = 5  # 304s in a row that make a round of it

_PASSING = frozenset({"network", "timeout", "status"})
_GONE = frozenset({404, 410})
_ACCEPTABLE = frozenset(
    {
        Complaint.OTHER_HOST,
        Complaint.FEWER,
        Complaint.UNDATED,
        Complaint.TEXTLESS,
        Complaint.FUTURE,
        Complaint.OLDER,
    }
)
"""What a publisher may do for good. Titles, links and entries are never rightly gone."""


def observe(
    health: SourceHealth,
    source: Source,
    outcome: ReadOutcome,
    now: datetime,
    *,
    before: FetchState,
    sighted: Sighted | None = None,
    is_full: bool = False,
) -> tuple[SourceHealth, Verdict]:
    """The health after a poll, and what it came to; an equal health where nothing changed.

    `before` is the source's state before the poll. `sighted` belongs to a Read. `is_full` says that
    the request was sent without the validators that `before` holds.
    """
    if health.url != source.url:  # a corrected address: what was learned of the other says nothing
        health = replace(
            health, url=source.url, norm=Norm(), entries=0, page_complaint=None, lies=0
        )
    gap: Gap | None = None
    match outcome:
        case Read(facts=facts):
            health = live_through(health, source, now)
            sighted = sighted or Sighted()
            health = _count_lies(health, outcome, before, sighted, is_full=is_full)
            if facts is not None:
                health, gap = _look_at(health, facts, sighted, before, now, outcome.fill)
            elif before.is_seeded and (sighted.fresh or sighted.lively):
                health = with_news(health)
            suspicion = _standing_suspicion(health, now)
        case Unchanged():
            health = live_through(health, source, now)
            health = replace(health, unchanged=min(health.unchanged + 1, _WITNESSES))
            suspicion = _standing_suspicion(health, now)
        case Blocked(detail=detail, retry_after=retry_after):
            suspicion = (Complaint.REFUSED, detail)
            health = _failing(health, now, is_passing=retry_after is not None)
        case NotAFeed(detail=detail):
            suspicion = (Complaint.NOT_A_FEED, detail)
            health = _failing(health, now, is_passing=False)
        case FetchFailed(kind=kind, detail=detail, status=status):
            is_passing = kind in _PASSING and status not in _GONE
            complaint = Complaint.UNREACHABLE if is_passing else Complaint.UNUSABLE
            suspicion = (complaint, detail)
            health = _failing(health, now, is_passing=is_passing)
    if isinstance(outcome, Read | Unchanged) and health.failing_since is not None:
        health = replace(health, failing_since=None)
    health = _weigh(health, suspicion, now)
    return health, Verdict(ailment=health.ailment, gap=gap)


def _failing(health: SourceHealth, now: datetime, *, is_passing: bool) -> SourceHealth:
    return replace(
        health,
        failing_since=health.failing_since or now,
        settled_polls=health.settled_polls if is_passing else min(health.settled_polls + 1, 2),
    )


# What a page shows


def _look_at(
    health: SourceHealth,
    facts: PageFacts,
    sighted: Sighted,
    before: FetchState,
    now: datetime,
    fill: Fill | None = None,
) -> tuple[SourceHealth, Gap | None]:
    norm = health.norm
    is_first = not norm.pages or not before.is_seeded
    if fill is not None:  # what was known stood on further pages
        sighted = replace(sighted, known=0)
    suspicion = judge_page(norm, facts, sighted, health.entries, now)
    if suspicion is not None and _has_lasted(health, suspicion, now):
        health = replace(health, norm=accept_page(norm, facts), entries=facts.entries)
        return replace(health, page_complaint=None, page_detail="", is_accepted=True), None
    gap = (
        None if is_first else _gap(health, facts, sighted, before.last_success_at or now, now, fill)
    )
    if gap is not None:
        health = replace(health, gap=gap)
    if suspicion is None:
        norm = learn_page(norm, facts, sighted, health.entries)
        health = replace(
            health, norm=norm, entries=facts.entries, page_complaint=None, page_detail=""
        )
        if (sighted.fresh or sighted.lively) and not is_first:
            health = with_news(health)
    else:
        health = replace(health, page_complaint=suspicion[0], page_detail=suspicion[1])
    return health, gap


def _gap(
    health: SourceHealth,
    facts: PageFacts,
    sighted: Sighted,
    after: datetime,
    now: datetime,
    fill: Fill | None,
) -> Gap | None:
    """The gap that a page shows, with what further pages brought; one of which a page could not be
    read is pending, once."""
    if fill is None:
        is_one = is_gap(health.norm, facts, sighted)
        return Gap(after=after, until=now, entries=facts.entries) if is_one else None
    is_again = health.gap is not None and health.gap.after == after
    if not (fill.is_closed or is_again or is_gap(health.norm, facts, sighted)):
        return None
    return Gap(
        after=after,
        until=now,
        entries=facts.entries,
        filled=fill.entries,
        pages=fill.pages,
        is_filled=fill.is_closed,
        is_pending=fill.is_pending and not is_again,
    )


def _has_lasted(health: SourceHealth, suspicion: Suspicion, now: datetime) -> bool:
    ailment = health.ailment
    return (
        ailment is not None
        and suspicion[0] is ailment.complaint
        and ailment.complaint in _ACCEPTABLE
        and now - ailment.since >= ACCEPTED_AFTER
    )


def _count_lies(
    health: SourceHealth, read: Read, before: FetchState, sighted: Sighted, *, is_full: bool
) -> SourceHealth:
    """Whether the 304s before this page were true.

    A full answer with news, but with the validators that we hold, is a proof: sent along, they
    would have brought a 304. Full answers that always bring news after nothing but 304s are one
    when it happens again and again. A conditional request that brings news clears the server.
    """
    lies = health.lies
    held = (before.etag, before.last_modified)
    if sighted.fresh and not is_full:
        lies = 0
    elif sighted.fresh and health.unchanged:
        if any(held) and held == (read.etag, read.last_modified):
            lies = LYING_ROUNDS
        elif health.unchanged >= _WITNESSES:
            lies = min(lies + 1, LYING_ROUNDS)
    return replace(health, lies=lies, unchanged=0)


def _standing_suspicion(health: SourceHealth, now: datetime) -> Suspicion | None:
    """What is odd about a source that answers: its last page, its 304s, its silence, a gap."""
    if health.page_complaint is not None:
        return health.page_complaint, health.page_detail
    if health.lies >= LYING_ROUNDS:
        return (
            Complaint.FROZEN,
            "it says “unchanged” (304) though there is news: what it publishes is seen late",
        )
    if health.is_silent:
        return Complaint.SILENT, silence(health)
    gap = health.gap
    is_open = gap is not None and not gap.is_filled and not gap.is_pending
    if gap is not None and is_open and now - gap.until < GAP_HOLD:
        return Complaint.GAP, _missing(gap)
    return None


def _missing(gap: Gap) -> str:
    said = f"all {gap.entries} entries of its page were new at once"
    if not gap.pages:
        return f"{said}: others that came since the reading before may have been missed"
    entries = "1 entry" if gap.filled == 1 else f"{gap.filled} entries"
    pages = "1 further page" if gap.pages == 1 else f"{gap.pages} further pages"
    return (
        f"{said}. Filled in: {entries} from {pages}; what came before them, since the reading "
        "before, may have been missed"
    )


# Is it sure, is it over


def _weigh(health: SourceHealth, suspicion: Suspicion | None, now: datetime) -> SourceHealth:
    if suspicion is None:
        return _without_suspicion(health, now)
    complaint, detail = suspicion
    if complaint not in NO_ANSWER:
        health = replace(health, settled_polls=min(health.settled_polls + 1, SURE_POLLS))
    bad_since = health.bad_since or now
    health = replace(
        health,
        bad_polls=min(health.bad_polls + 1, PASSING_POLLS),
        bad_since=bad_since,
        good_polls=0,
        well_since=None,
    )
    ailment = health.ailment
    if ailment is not None and (
        complaint is ailment.complaint or ailment.complaint is not Complaint.GAP
    ):
        if (ailment.complaint, ailment.detail) != suspicion:
            ailment = replace(ailment, complaint=complaint, detail=detail)
            health = replace(health, ailment=ailment)
        return health
    # well until now, or with a gap, which hides nothing that is worse
    is_sure = (
        complaint in {Complaint.FROZEN, Complaint.SILENT, Complaint.GAP}
        or health.settled_polls >= SURE_POLLS
        or (health.bad_polls >= PASSING_POLLS and now - bad_since >= PASSING_SPAN)
    )
    if not is_sure:
        return health
    is_relapse = health.healed_at is not None and now - health.healed_at < RELAPSE_WINDOW
    return replace(
        health,
        ailment=Ailment(complaint=complaint, detail=detail, since=bad_since, found_at=now),
        relapses=min(health.relapses + 1, 9) if is_relapse else 0,
        is_accepted=False,
    )


def _without_suspicion(health: SourceHealth, now: datetime) -> SourceHealth:
    ailment = health.ailment
    good_polls = min(health.good_polls + 1, WELL_POLLS)
    if ailment is None:
        if health.good_polls == good_polls and not health.bad_polls:
            return health
        return replace(health, bad_polls=0, settled_polls=0, bad_since=None, good_polls=good_polls)
    well_since = health.well_since or now
    health = replace(
        health,
        bad_polls=0,
        settled_polls=0,
        bad_since=None,
        good_polls=good_polls,
        well_since=well_since,
    )
    if good_polls < WELL_POLLS or now - well_since < _convalescence(health):
        return health
    return replace(health, ailment=None, past=ailment, healed_at=now, well_since=None)


def _convalescence(health: SourceHealth) -> timedelta:
    if not health.relapses:
        return timedelta(0)
    return min(FIRST_RELAPSE * (1 << 2 * (health.relapses - 1)), MAX_RELAPSE)
