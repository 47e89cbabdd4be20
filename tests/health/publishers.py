"""Invented publishers, one for each kind of source and each rhythm: what stands there, when.

All words are our own. A publisher is a source, a rhythm (the times at which it publishes), and a
writer that makes the bytes of its page from the entries that stand on it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from bot.domain.ids import SourceId
from bot.domain.source import JsonShape, ListShape, Source, SourceKind

START = datetime(2026, 9, 28, tzinfo=UTC)
"""A Monday. The ninety days from here hold China's national week, Thanksgiving and Christmas."""

DAYS = 90


@dataclass(frozen=True, slots=True)
class Entry:
    """What a publisher published. An empty title, text or link is none, and so is no date."""

    number: int
    at: datetime
    title: str
    text: str
    link: str
    date: datetime | None
    guid: str


Writer = Callable[[Source, Sequence[Entry]], bytes]
Rhythm = Callable[[random.Random, ZoneInfo], Iterator[datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """`window` is how many entries its page lists at most, `span` how long an entry stays there;
    `is_issue` says that each day's entries replace the last day's. `lacks` are what its entries are
    mostly without. Without `has_validators` each poll brings the page; `churns` makes its GUIDs new
    with each."""

    source: Source
    rhythm: Rhythm
    writer: Writer
    window: int = 20
    span: timedelta | None = None
    is_issue: bool = False
    is_monthly: bool = False
    has_validators: bool = True
    churns: bool = False
    trouble: float = 0.004  # share of polls at which an hour of trouble begins
    without: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return str(self.source.source_id)

    def entries(self, until: datetime) -> list[Entry]:
        """All that it publishes from three months before START, oldest first."""
        chance = random.Random(self.name)
        zone = ZoneInfo(self.source.zone)
        made: list[Entry] = []
        for number, at in enumerate(self.rhythm(chance, zone)):
            if at >= until:
                break
            made.append(self._entry(number, at, chance))
        return made

    def page(self, published: Sequence[Entry], now: datetime) -> list[Entry]:
        """What stands on its page, newest first; `published` is in order."""
        zone = ZoneInfo(self.source.zone)
        listed = [e for e in published[-self.window :] if e.at <= now]
        if self.span is not None:
            listed = [e for e in listed if e.at > now - self.span]
        if listed and self.is_issue:
            day = listed[-1].at.astimezone(zone).date()
            listed = [e for e in listed if e.at.astimezone(zone).date() == day]
        if listed and self.is_monthly:
            month = listed[-1].at.astimezone(zone).month
            listed = [e for e in listed if e.at.astimezone(zone).month == month]
        return listed[::-1]

    def _entry(self, number: int, at: datetime, chance: random.Random) -> Entry:
        what, thing, where = chance.choice(ACTS), chance.choice(GOODS), chance.choice(PLACES)
        title = f"{what} {number + 100} on {thing} from {where}"
        has_text = "text" not in self.without and chance.random() > 0.05
        host = self.source.url.split("/")[2]
        date: datetime | None = at
        if "date" in self.without:
            date = None
        elif "past" in self.without and chance.random() < 0.3:
            date = at + timedelta(days=chance.randrange(5, 40))  # when it takes effect
        return Entry(
            number=number,
            at=at,
            title=title,
            text=f"{title}. {chance.choice(WORDS)} {thing} {chance.choice(WORDS)} {where}."
            if has_text
            else "",
            link=f"https://{host}/notices/{number + 100}",
            date=date,
            guid=f"{self.name}-{number}",
        )


ACTS = ("Notice", "Order", "Implementing decision", "Advisory", "Announcement", "Report", "Ruling")
GOODS = (
    "gallium and germanium",
    "used excavators",
    "silicon wafers",
    "dual-use software",
    "graphite electrodes",
    "solar glass",
    "vessel insurance",
    "citric acid",
)
PLACES = (
    "Nanfeng",
    "the Northern Isles",
    "Ostmark",
    "the Hangang valley",
    "Porto Verde",
    "Ruritania",
)
WORDS = (
    "The ministry sets out what exporters must show for",
    "An interim measure covers",
    "Comments are invited on",
    "The customs office explains how it classifies",
)


# Rhythms


def days() -> Iterator[datetime]:
    """Midnights from three months before START, without an end."""
    at = START - timedelta(days=90)
    while True:
        yield at
        at += timedelta(days=1)


def daily(
    least: int,
    most: int,
    *,
    weekdays: str = "1234567",
    off: Sequence[tuple[str, str]] = (),
    hours: tuple[int, int] = (7, 20),
    misses: float = 0.0,
) -> Rhythm:
    """So many a day on those days of the week (1 is Monday), but for the days `off`."""

    def rhythm(chance: random.Random, zone: ZoneInfo) -> Iterator[datetime]:
        for day in days():
            date = day.date()
            is_off = any(first <= date.isoformat() <= last for first, last in off)
            if is_off or str(date.isoweekday()) not in weekdays or chance.random() < misses:
                continue
            minutes = sorted(
                chance.randrange(hours[0] * 60, hours[1] * 60)
                for _ in range(chance.randint(least, most))
            )
            for minute in minutes:
                local = datetime.combine(date, time(minute // 60, minute % 60), zone)
                yield local.astimezone(UTC)

    return rhythm


def release(count: tuple[int, int], at: time, *, off: Sequence[tuple[str, str]] = ()) -> Rhythm:
    """All of a working day's entries at one time of the day."""

    def rhythm(chance: random.Random, zone: ZoneInfo) -> Iterator[datetime]:
        for day in days():
            date = day.date()
            if date.isoweekday() > 5 or any(a <= date.isoformat() <= b for a, b in off):
                continue
            for _ in range(chance.randint(*count)):
                yield datetime.combine(date, at, zone).astimezone(UTC)

    return rhythm


def bursts(gap: tuple[int, int], size: tuple[int, int]) -> Rhythm:
    """Nothing for some days, then several within an afternoon."""

    def rhythm(chance: random.Random, zone: ZoneInfo) -> Iterator[datetime]:
        at = START - timedelta(days=90)
        while True:
            at += timedelta(days=chance.randint(*gap))
            first = at + timedelta(hours=chance.randint(8, 15))
            yield from sorted(
                first + timedelta(minutes=chance.randrange(240))
                for _ in range(chance.randint(*size))
            )

    return rhythm


US_OFF = (("2026-11-26", "2026-11-26"), ("2026-12-24", "2026-12-25"), ("2026-10-12", "2026-10-12"))
CN_OFF = (("2026-10-01", "2026-10-07"),)
EU_OFF = (("2026-11-01", "2026-11-02"), ("2026-12-24", "2027-01-03"))
JP_OFF = (("2026-10-12", "2026-10-12"), ("2026-11-23", "2026-11-23"), ("2026-12-29", "2027-01-03"))
GB_OFF = (("2026-12-25", "2026-12-28"),)


# Writers


def rss(source: Source, entries: Sequence[Entry]) -> bytes:
    items = "".join(
        "<item>"
        + (f"<title>{escape(e.title)}</title>" if e.title else "")
        + (f"<link>{e.link}</link>" if e.link else "")
        + f'<guid isPermaLink="false">{e.guid}</guid>'
        + (f"<pubDate>{format_datetime(e.date)}</pubDate>" if e.date else "")
        + (f"<description>{escape(e.text)}</description>" if e.text else "")
        + "</item>"
        for e in entries
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{source.name}</title><link>{source.url}</link>{items}</channel></rss>"
    ).encode()


def atom(source: Source, entries: Sequence[Entry]) -> bytes:
    inside = "".join(
        f"<entry><id>tag:{e.guid}</id><title>{escape(e.title)}</title>"
        + (f'<link href="{e.link}"/>' if e.link else "")
        + (f"<updated>{e.date.isoformat()}</updated>" if e.date else "")
        + (f"<summary>{escape(e.text)}</summary>" if e.text else "")
        + "</entry>"
        for e in entries
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{source.name}</title>{inside}</feed>'
    ).encode()


def rdf(source: Source, entries: Sequence[Entry]) -> bytes:
    items = "".join(
        f'<item rdf:about="urn:{e.guid}"><title>{escape(e.title)}</title>'
        + (f"<link>{e.link}</link>" if e.link else "")
        + (f"<dc:date>{e.date.date().isoformat()}</dc:date>" if e.date else "")
        + (f"<description>{escape(e.text)}</description>" if e.text else "")
        + "</item>"
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="Shift_JIS"?>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{source.url}"><title>港の官報</title></channel>{items}</rdf:RDF>'
    ).encode("shift_jis")


def json_feed(source: Source, entries: Sequence[Entry]) -> bytes:
    items = [
        {
            "id": e.guid,
            "title": e.title,
            "url": e.link,
            "content_text": e.text,
            "date_published": e.date.isoformat() if e.date else "",
        }
        for e in entries
    ]
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": source.name, "items": items}).encode()


def federal_register(_source: Source, entries: Sequence[Entry]) -> bytes:
    results = [
        {
            "document_number": f"2026-{e.number:05}",
            "title": e.title,
            "html_url": e.link,
            "abstract": e.text or None,
            "type": "Notice" if e.text else None,
            "publication_date": e.date.date().isoformat() if e.date else None,
        }
        for e in entries
    ]
    answer: dict[str, object] = {"count": len(results), "total_pages": 1}
    if results:
        answer["results"] = results
    return json.dumps(answer).encode()


def ministry(_source: Source, entries: Sequence[Entry]) -> bytes:
    """A list page in GBK."""
    lines = "".join(
        "<li>"
        + (f'<a href="{e.link}">{escape(e.title)}</a>' if e.link else escape(e.title))
        + (f"<span>{e.date:%Y-%m-%d}</span>" if e.date else "<span></span>")
        + "</li>"
        for e in entries
    )
    return (
        '<!DOCTYPE html><html lang="zh"><head><meta charset="gbk"><title>公告</title></head>'
        f'<body><ul class="menu"><li><a href="/">首页</a></li></ul><ul class="list">{lines}</ul>'
        "</body></html>"
    ).encode("gbk")


def actions(_source: Source, entries: Sequence[Entry]) -> bytes:
    """A list page whose selector hangs on the addresses; dates in words."""
    rows = "".join(
        f'<div class="row"><a href="{e.link}">{escape(e.title)}</a>'
        + (f"<em>{e.date:%B} {e.date.day}, {e.date.year}</em>" if e.date else "")
        + "</div>"
        for e in entries
    )
    return f"<!DOCTYPE html><html><title>Actions</title><body>{rows}</body></html>".encode()


def bulletins(_source: Source, entries: Sequence[Entry]) -> bytes:
    """A list in JSON."""
    rows = [
        {
            "id": e.number,
            "subject": e.title,
            "path": e.link,
            "when": e.date.isoformat() if e.date else None,
            "body": e.text,
        }
        for e in entries
    ]
    return json.dumps({"data": {"total": len(rows), "rows": rows}}).encode()


def _source(name: str, **changes: object) -> Source:
    values: dict[str, object] = {
        "source_id": SourceId(name),
        "name": name.replace("-", " ").title(),
        "url": f"https://{name}.example/feed",
        "languages": ("en",),
        "every": timedelta(hours=2),
        "is_official": True,
        "jurisdiction": "EU",
        "zone": "Europe/Brussels",
        **changes,
    }
    return Source(**values)  # type: ignore[arg-type]


_LIST = ListShape(entry="ul.list li", date="span")
_ACTIONS = ListShape(entry="div.row", link='a[href*="/notices/"]')
_ROWS = JsonShape(
    entries="data.rows", title="subject", link="path", guid="id", date="when", text="body"
)

PUBLISHERS: tuple[Publisher, ...] = (
    Publisher(
        source=_source(
            "busy-press",
            is_official=False,
            jurisdiction="GB",
            zone="Europe/London",
            every=timedelta(hours=1),
        ),
        rhythm=daily(4, 14),
        writer=rss,
        window=25,
    ),
    Publisher(
        source=_source("weekday-press", is_official=False, jurisdiction="US", zone="UTC"),
        rhythm=daily(1, 5, weekdays="12345", off=US_OFF),
        writer=atom,
        window=30,
        trouble=0.03,
    ),
    Publisher(
        source=_source("eu-releases"),
        rhythm=daily(2, 6, weekdays="12345", off=EU_OFF, hours=(9, 18)),
        writer=atom,
        window=25,
    ),
    Publisher(
        source=_source("jp-gazette", jurisdiction="JP", zone="Asia/Tokyo", languages=("ja",)),
        rhythm=daily(1, 3, weekdays="12345", off=JP_OFF, misses=0.1),
        writer=rdf,
        window=15,
    ),
    Publisher(
        source=_source("weekly-letter", is_official=False, jurisdiction="GB"),
        rhythm=daily(1, 1, weekdays="4", off=GB_OFF, misses=0.1),
        writer=json_feed,
        window=10,
    ),
    Publisher(
        source=_source(
            "us-register",
            kind=SourceKind.FEDERAL_REGISTER,
            jurisdiction="US",
            zone="America/New_York",
        ),
        rhythm=release((6, 20), time(8, 45), off=US_OFF),
        writer=federal_register,
        window=60,
    ),
    Publisher(
        source=_source(
            "cn-ministry",
            kind=SourceKind.HTML_LIST,
            shape=_LIST,
            jurisdiction="CN",
            zone="Asia/Shanghai",
            languages=("zh",),
        ),
        rhythm=daily(1, 4, weekdays="12345", off=CN_OFF, misses=0.25),
        writer=ministry,
        without=frozenset({"text"}),
    ),
    Publisher(
        source=_source(
            "us-actions",
            kind=SourceKind.HTML_LIST,
            shape=_ACTIONS,
            jurisdiction="US",
            zone="America/New_York",
            every=timedelta(hours=4),
        ),
        rhythm=daily(1, 2, weekdays="2345", off=US_OFF, misses=0.3),
        writer=actions,
        window=10,
        without=frozenset({"text"}),
        has_validators=False,
    ),
    Publisher(
        source=_source("state-bulletins", kind=SourceKind.JSON_LIST, shape=_ROWS),
        rhythm=daily(1, 3, weekdays="12345", off=EU_OFF),
        writer=bulletins,
        window=30,
    ),
    Publisher(
        source=_source("quiet-agency", jurisdiction="GB"),
        rhythm=bursts((9, 25), (1, 2)),
        writer=rss,
        window=12,
    ),
    Publisher(
        source=_source("new-guids", is_official=False, jurisdiction="DE", every=timedelta(hours=4)),
        rhythm=daily(1, 4, weekdays="123456", off=EU_OFF),
        writer=rss,
        churns=True,
        has_validators=False,
    ),
    Publisher(
        source=_source("stumbling-press", is_official=False, jurisdiction="GB"),
        rhythm=daily(1, 5),
        writer=rss,
        window=20,
        has_validators=False,
        trouble=0.05,
    ),
    Publisher(
        source=_source("daily-issue"),
        rhythm=release((5, 30), time(6, 0), off=EU_OFF),
        writer=rss,
        window=100,
        is_issue=True,
    ),
    Publisher(
        source=_source("last-seven-days", jurisdiction="GB"),
        rhythm=daily(1, 5, weekdays="12345", off=GB_OFF),
        writer=atom,
        window=100,
        span=timedelta(days=7),
    ),
    Publisher(
        source=_source("undated-stubs", is_official=False, jurisdiction="FR"),
        rhythm=daily(1, 4),
        writer=rss,
        without=frozenset({"date", "text"}),
    ),
    Publisher(
        source=_source("effective-dates", kind=SourceKind.JSON_LIST, shape=_ROWS),
        rhythm=daily(1, 2, weekdays="12345", off=EU_OFF),
        writer=bulletins,
        window=25,
        without=frozenset({"past"}),
    ),
    Publisher(
        source=_source("bursting-court", jurisdiction="EU"),
        rhythm=bursts((4, 16), (3, 9)),
        writer=atom,
        window=20,
    ),
    Publisher(
        source=_source("month-page", kind=SourceKind.HTML_LIST, shape=_LIST, jurisdiction="IN"),
        rhythm=daily(1, 2, weekdays="123456", misses=0.2),
        writer=ministry,
        window=60,
        is_monthly=True,
        without=frozenset({"text"}),
    ),
)
