"""Is a source as it always was? What its polls have shown, what ails it, what its normal is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.domain.ids import SourceId


class Complaint(StrEnum):
    """What is wrong with a source, by its one word in the database and in JSON."""

    # nothing that can be read comes
    UNREACHABLE = "unreachable"  # no connection, time-outs, errors of the server
    REFUSED = "refused"  # we are turned away
    NOT_A_FEED = "not-a-feed"  # a page, a login or a wall in its place
    UNUSABLE = "unusable"  # gone, hostile, too long, an address that is not to be asked
    # a page comes, and is not as it was
    OTHER_HOST = "other-host"
    CUT = "cut-short"
    EMPTY = "empty"
    FEWER = "fewer-entries"
    UNTITLED = "untitled"
    UNLINKED = "unlinked"
    UNDATED = "undated"
    TEXTLESS = "textless"
    FUTURE = "future-dates"
    OLDER = "older"
    # pages come as they should, and news does not
    FROZEN = "frozen"  # "unchanged", though there was news
    SILENT = "silent"
    GAP = "gap"  # nothing on the page was known: some may have passed unseen


NO_ANSWER = frozenset(
    {Complaint.UNREACHABLE, Complaint.REFUSED, Complaint.NOT_A_FEED, Complaint.UNUSABLE}
)
"""Complaints of a source of which nothing can be read: a fault of the network looks like these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """What ails a source: since the first poll that showed it, found when it was sure.

    `detail` is a clause for a person, with figures: "20 of 20 entries have no title".
    """

    complaint: Complaint
    detail: str
    since: datetime
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A window gap: between two readings all `entries` of the page changed, so that items which
    came and went in that time may have been missed. Times are aware UTC.

    `filled` are the entries that `pages` further pages brought. Where it `is_filled` they reach
    back to the reading before; where it `is_pending` they may yet, at the next poll.
    """

    after: datetime
    until: datetime
    entries: int
    filled: int = 0
    pages: int = 0
    is_filled: bool = False
    is_pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """What recognition said of a page's entries: `fresh` were never seen, `known` were; `lively` of
    the known are a sign of life all the same: edited, or told by another source first."""

    fresh: int = 0
    known: int = 0
    lively: int = 0


FIELDS = (
    Complaint.UNTITLED,
    Complaint.UNLINKED,
    Complaint.UNDATED,
    Complaint.TEXTLESS,
    Complaint.FUTURE,
)
"""What entries may lack (or have wrong), in the order of Norm.lacking."""

_NEVER = (0.0,) * 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """A source's normal, learned from its own healthy polls; of constant size.

    `days` were observed, `pages` read, `news_pages` brought something new. `lowest` is the least
    number of entries, `steepest` the largest part of a page that vanished from one reading to the
    next, `lacking` the largest share of entries without each of FIELDS: extremes, which fade
    slowly. `title_chars` is the least mean length of titles. `turnover` is the share of pages with
    news on which nothing was known. `week` is the share of days with news from Monday on, of
    `weeks` such days. `longest_quiet` is in days. `is_cut` is a page that never ends properly.
    """

    days: int = 0
    pages: int = 0
    news_pages: int = 0
    lowest: float = 0.0
    steepest: float = 0.0
    lacking: tuple[float, ...] = (0.0,) * len(FIELDS)
    title_chars: float = 0.0
    turnover: float = 0.0
    week: tuple[float, ...] = _NEVER
    weeks: tuple[int, ...] = (0,) * 7
    longest_quiet: float = 0.0
    host: str = ""
    newest_at: datetime | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """What we know of one source's health; saved in the same transaction as its FetchState.

    `url` is the address of which `norm` was learned. `day` is the local day that is being lived
    through; `quiet_days` were lived through since the last news, and `surprise` is how unlikely
    that is, in nats. `entries` is the length of the last healthy page. `page_complaint` is what the
    last page showed: a 304 leaves it as it is.
    The numbers of polls count those in a row and stop where they no longer matter: `settled_polls`
    are the bad ones that time alone will not mend. `unchanged` counts 304s in a row, `lies` the
    signs that they were none. `past` is the last ailment that ended, at `healed_at`; `is_accepted`
    says that it lasted until it was taken for the new normal. `relapses` counts ailments that
    followed each other closely.
    """

    source_id: SourceId
    url: str = ""
    norm: Norm = field(default_factory=Norm)
    day: date | None = None
    has_news_today: bool = False
    quiet_days: int = 0
    surprise: float = 0.0
    is_silent: bool = False
    entries: int = 0
    page_complaint: Complaint | None = None
    page_detail: str = ""
    bad_polls: int = 0
    settled_polls: int = 0
    good_polls: int = 0
    bad_since: datetime | None = None
    failing_since: datetime | None = None
    well_since: datetime | None = None
    unchanged: int = 0
    lies: int = 0
    gap: Gap | None = None
    ailment: Ailment | None = None
    past: Ailment | None = None
    healed_at: datetime | None = None
    is_accepted: bool = False
    relapses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one poll came to: what ails the source, if anything, and the gap that this very poll
    showed, for whoever can fill it."""

    ailment: Ailment | None = None
    gap: Gap | None = None


class Told(StrEnum):
    """What the operators know of a source's ailment."""

    NOTHING = ""
    OWN = "own"  # told by name
    COMMON = "common"  # told as part of an outage of many


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """A source whose health is not plainly good, or was not when the operators last heard of it.

    `told_of` is the `found_at` of the ailment that they were told of last.
    """

    health: SourceHealth
    told: Told = Told.NOTHING
    told_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What the operators are to be told at once; what they then know of each source.

    `ailing` are new and named one by one, `healed` were told by name and are well. `outage` are the
    sources that stopped answering together, in a catalogue of `total`; `outage_over` those of an
    outage that answer again, `outage_left` those that still do not.
    """

    ailing: tuple[SourceHealth, ...] = ()
    healed: tuple[SourceHealth, ...] = ()
    outage: tuple[SourceHealth, ...] = ()
    outage_over: tuple[SourceHealth, ...] = ()
    outage_left: tuple[SourceHealth, ...] = ()
    total: int = 0
    told: tuple[Ward, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (
            self.ailing or self.healed or self.outage or self.outage_over or self.outage_left
        )
