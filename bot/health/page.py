"""A page against its source's normal: what is missing, what is too many, where it came from. Pure.

Extremes are learned rather than means: what a healthy page has shown once, it may show again. They
fade slowly, a step a day, so that a source may change its ways without ever being odd.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.fetch import PageFacts
from bot.domain.health import FIELDS, Complaint, Norm, Sighted

MIN_PAGES = 2
"""Pages after which fields, host and dates have a normal: one could be the odd one."""

MIN_DAYS = 14
"""Days after which the number of entries has one: two of the source's own weeks."""

A_WEEK = 7
"""Days after which a page without any entry is odd, if there was none yet."""

LEVEL = 0.6
"""A page with at most this share of the fewest entries ever seen has lost some. Half a page, which
is what a selector that misses every other line leaves, lies below; one entry of three does not."""

STEEP = 0.4
"""A page from which this share has vanished since the last reading may have lost it …"""

STEEPER = 0.25
"""… if no healthy page ever lost a share that is not smaller by this."""

FEW = 4
"""Pages with fewer entries halve by chance."""

LACK = 0.3
"""The share of entries without a field (without a link, say) may exceed the largest share ever seen
by this. A source that reaches 0.7 now and then has no dependable normal for the field."""

LEAST_LACKING = 3
"""So many entries must lack it, or all of a shorter page: one entry is a slip of its editor."""

SHORT_TITLES = 0.4
"""Titles of this share of the shortest mean length ever seen are no titles: a list page from which
they are gone shows its dates in their place, 10 characters of some 60."""

SLACK = timedelta(days=3)
"""A page's newest date may go back by as much, as when the newest entry is withdrawn, or by one and
a half times the longest silence known of the source: then the one before it is that much older."""

TURNOVER = 0.25
"""Where a quarter of the pages with news share nothing with the page before, pages are issues, each
of which replaces the last: no gap there."""

MIN_NEWS_PAGES = 3
"""Pages with news after which that share means something."""

LEAST_GAP = 2
"""A page of one entry always changes as a whole."""

MAX_AGE = timedelta(days=365)
"""No publication in use is silent for a year: one whose newest entry is older was given up."""

_FADE = 0.03  # of the way to today's value, a day: a month or two until an extreme is forgotten
_TURNOVER_MEMORY = 20  # pages with news

Suspicion = tuple[Complaint, str]


def judge_page(
    norm: Norm, facts: PageFacts, sighted: Sighted, entries_before: int, now: datetime
) -> Suspicion | None:
    """What is odd about a page, the most telling first; None of a page that is as usual."""
    entries = facts.entries
    if norm.pages >= MIN_PAGES:
        if norm.host and facts.host and facts.host != norm.host:
            return (
                Complaint.OTHER_HOST,
                f"the answer comes from {facts.host} instead of {norm.host}",
            )
        if facts.is_cut and not norm.is_cut:
            return Complaint.CUT, f"it ends in the middle, after {entries} entries"
        if not entries and norm.lowest >= 1 and norm.days >= A_WEEK:
            return Complaint.EMPTY, f"no entry, where there were at least {norm.lowest:.0f}"
        lacking = _judge_fields(norm, facts)
        if lacking is not None:
            return lacking
        if _went_back(norm, facts):
            assert facts.newest_at is not None
            assert norm.newest_at is not None
            return (
                Complaint.OLDER,
                f"the newest entry is of {_day(facts.newest_at)}, though one of "
                f"{_day(norm.newest_at)} has been read",
            )
    if norm.days >= MIN_DAYS and sighted.known:  # else it is a new issue, which may be short
        fewer = _judge_number(norm, entries, entries_before)
        if fewer is not None:
            return fewer
    if facts.newest_at is not None and not norm.news_pages and now - facts.newest_at > MAX_AGE:
        return Complaint.SILENT, f"the newest entry is of {_day(facts.newest_at)}"
    return None


def is_gap(norm: Norm, facts: PageFacts, sighted: Sighted) -> bool:
    """Whether the page shares nothing with what was read before, though this source's pages do.

    A page that is shorter than any before has not run over: it begins anew, as each month does.
    """
    return (
        not sighted.known
        and sighted.fresh >= LEAST_GAP
        and facts.entries >= norm.lowest
        and norm.news_pages >= MIN_NEWS_PAGES
        and norm.turnover < TURNOVER
    )


def learn_page(norm: Norm, facts: PageFacts, sighted: Sighted, entries_before: int) -> Norm:
    """The normal after a healthy page."""
    entries = facts.entries
    shares = _shares(facts)
    mean_title = facts.title_chars / entries if entries else 0.0
    news_pages, turnover = norm.news_pages, norm.turnover
    if norm.pages and sighted.fresh:
        news_pages = min(news_pages + 1, _TURNOVER_MEMORY)
        turnover += ((not sighted.known) - turnover) / news_pages
    newest = [at for at in (norm.newest_at, facts.newest_at) if at is not None]
    return replace(
        norm,
        pages=min(norm.pages + 1, MIN_PAGES),
        news_pages=news_pages,
        turnover=round(turnover, 4),
        lowest=min(norm.lowest, entries) if norm.pages else entries,
        steepest=max(norm.steepest, _vanished(entries, entries_before) * (sighted.known > 0)),
        lacking=tuple(map(max, norm.lacking, shares)) if entries else norm.lacking,
        title_chars=min(filter(None, (norm.title_chars, mean_title)), default=0.0),
        host=facts.host or norm.host,
        newest_at=max(newest, default=None),
        is_cut=facts.is_cut,
    )


def accept_page(norm: Norm, facts: PageFacts) -> Norm:
    """The normal of a source that has changed for good: this page is its first."""
    fresh = Norm(
        days=norm.days,
        week=norm.week,
        weeks=norm.weeks,
        longest_quiet=norm.longest_quiet,
        news_pages=norm.news_pages,
        turnover=norm.turnover,
    )
    return replace(
        learn_page(fresh, facts, Sighted(known=facts.entries), facts.entries), pages=MIN_PAGES
    )


def fade(norm: Norm, entries: int) -> Norm:
    """The extremes after one more day, a step nearer to the middle."""
    return replace(
        norm,
        lowest=norm.lowest + max(0.0, entries - norm.lowest) * _FADE,
        steepest=norm.steepest * (1 - _FADE),
        lacking=tuple(share * (1 - _FADE) for share in norm.lacking),
    )


def _judge_fields(norm: Norm, facts: PageFacts) -> Suspicion | None:
    entries = facts.entries
    if not entries:
        return None
    counts = _counts(facts)
    for complaint, count, share, usual in zip(
        FIELDS, counts, _shares(facts), norm.lacking, strict=True
    ):
        if share >= usual + LACK and count >= min(LEAST_LACKING, entries):
            return (
                complaint,
                f"{_LACKS[complaint]} in {count} of {entries} entries, usually in {_usual(usual)}",
            )
    mean = facts.title_chars / entries
    if entries >= LEAST_LACKING and mean < SHORT_TITLES * norm.title_chars:
        return (
            Complaint.UNTITLED,
            f"the titles are {mean:.0f} characters long, where the shortest were "
            f"{norm.title_chars:.0f}",
        )
    return None


def _judge_number(norm: Norm, entries: int, entries_before: int) -> Suspicion | None:
    if norm.lowest >= FEW and entries <= LEVEL * norm.lowest:
        return Complaint.FEWER, f"{entries} entries, where there were at least {norm.lowest:.0f}"
    vanished = _vanished(entries, entries_before)
    if entries_before >= FEW and vanished >= max(STEEP, norm.steepest + STEEPER):
        return Complaint.FEWER, f"{entries} entries, where there had just been {entries_before}"
    return None


def _vanished(entries: int, entries_before: int) -> float:
    return max(0.0, 1 - entries / entries_before) if entries_before else 0.0


def _went_back(norm: Norm, facts: PageFacts) -> bool:
    if facts.newest_at is None or norm.newest_at is None:
        return False
    slack = max(SLACK, timedelta(days=1.5 * norm.longest_quiet))
    return facts.newest_at < norm.newest_at - slack


_LACKS = {
    Complaint.UNTITLED: "no title of its own",
    Complaint.UNLINKED: "no link of its own",
    Complaint.UNDATED: "no date that can be read",
    Complaint.TEXTLESS: "no text",
    Complaint.FUTURE: "a date in the future",
}


def _counts(facts: PageFacts) -> tuple[int, ...]:
    return (facts.untitled, facts.unlinked, facts.undated, facts.textless, facts.in_future)


def _shares(facts: PageFacts) -> tuple[float, ...]:
    return (
        tuple(min(1.0, count / facts.entries) for count in _counts(facts)) if facts.entries else ()
    )


def _usual(share: float) -> str:
    return f"at most {share:.0%}" if share >= 0.005 else "none"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"
