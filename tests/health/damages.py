"""What befalls publishers: each damage is done to entries, bytes or answers, never to facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.fetch import Fetched, ReadOutcome, Unchanged
from bot.sources.cadence import request_for
from bot.sources.read import read_body
from tests.health.publishers import PUBLISHERS, Entry
from tests.health.replay import HTML, Answer, Replay

Page = list[Entry]
Damaged = Callable[[Replay, datetime], Answer]


def _of_entries(change: Callable[[Page], Page]) -> Damaged:
    """The page with its entries changed, written by the publisher's own writer."""

    def damaged(replay: Replay, now: datetime) -> Answer:
        return replay.serve(change(replay.page(now)), now)

    return damaged


def _instead(body: bytes, content_type: str = "text/html") -> Damaged:
    """Something else at the same address."""

    def damaged(replay: Replay, _now: datetime) -> Answer:
        return Answer(body, None, replay.publisher.source.url, content_type)

    return damaged


def _later(entry: Entry) -> Entry:
    return replace(entry, date=entry.date + timedelta(days=3650) if entry.date else None)


def _of_another(replay: Replay, now: datetime) -> Answer:
    """Redirected to another publisher's page, of the same form."""
    own, other = replay.publisher, OTHERS[replay.publisher.name]
    entries = [each for each in other.entries(now) if each.at <= now]
    body = own.writer(own.source, other.page(entries, now))
    return Answer(body, '"other"', "https://parked.example/index")


def _of_old(replay: Replay, now: datetime) -> Answer:
    """A cache that shows the page of seven weeks ago."""
    return replay.serve(replay.page(now - timedelta(days=49)), now)


def _cut_short(replay: Replay, now: datetime) -> Answer:
    whole = replay.serve(replay.page(now), now)
    body = whole.body[: len(whole.body) * 6 // 10]
    return replace(whole, body=body, etag=f'"{hash(body)}"' if whole.etag else None)


OTHERS = {each.name: PUBLISHERS[at - 1] for at, each in enumerate(PUBLISHERS)}

CHALLENGE = (HTML % (b"Just a moment...", b"Enable JavaScript and cookies to continue")).replace(
    b"<body>", b"<body><script>window._cf_chl_opt={};</script>"
)
LOGIN = HTML % (
    b"Sign in",
    b'<form action="/session"><input name="user"><input type="password" name="word"></form>',
)
LANDING = HTML % (
    b"Welcome to our new website",
    b'<ul class="menu"><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul>',
)

DAMAGES: dict[str, Damaged] = {
    "empty page": _of_entries(lambda page: []),
    "HTML instead": _instead(LANDING),
    "challenge page": _instead(CHALLENGE),
    "login page": _instead(LOGIN),
    "titles gone": _of_entries(lambda page: [replace(e, title="") for e in page]),
    "links gone": _of_entries(lambda page: [replace(e, link="") for e in page]),
    "dates gone": _of_entries(lambda page: [replace(e, date=None) for e in page]),
    "texts gone": _of_entries(lambda page: [replace(e, text="") for e in page]),
    "half is found": _of_entries(lambda page: page[::2]),
    "future dates": _of_entries(lambda page: list(map(_later, page))),
    "another host": _of_another,
    "an old page": _of_old,
    "cut short": _cut_short,
}
"""But for the two below, which are no matter of one answer."""

WINDOW_GAP, FROZEN_304 = "window gap", "frozen 304"


@dataclass(frozen=True, slots=True)
class Found:
    """After how many polls which complaint was made; `polls` is 0 where none was."""

    polls: int
    complaint: str = ""


PATIENCE = 6  # polls


def befall(replay: Replay, name: str) -> Found | None:
    """Do the damage and poll on; None where it would change nothing of this publisher's page."""
    if name == FROZEN_304:
        return _freeze(replay)
    if name == WINDOW_GAP:
        return _overrun(replay)
    damaged = DAMAGES[name]
    now = replay.now
    whole = replay.serve(replay.page(now), now)
    if damaged(replay, now).body == whole.body:
        return None
    for poll in range(1, PATIENCE + 1):
        now = replay.now
        request = request_for(replay.publisher.source, replay.state, now)
        outcome = replay.ask(damaged(replay, now), request)
        verdict = replay.take(outcome, request)
        if verdict.ailment is not None:
            return Found(poll, verdict.ailment.complaint)
    return Found(0)


def _overrun(replay: Replay) -> Found | None:
    """More is published between two polls than the page can show."""
    publisher = replay.publisher
    if publisher.is_issue or publisher.span is not None:
        return None  # all of it stands there
    last = replay.published[-1]
    at = replay.now - timedelta(seconds=1)
    known = [entry for entry in replay.published if entry.at <= at]
    burst = [
        replace(
            last,
            number=90_000 + n,
            at=at,
            date=at if last.date else None,
            title=f"Ordinance {n} of the emergency session",
            text="" if "text" in publisher.without else "It takes effect at midnight.",
            link=f"{last.link}-{n}",
            guid=f"burst-{n}",
        )
        for n in range(publisher.window + 3)
    ]
    replay.published = known + burst
    for poll in range(1, PATIENCE + 1):
        verdict = replay.healthy_poll(stumbles=False)
        if verdict.gap is not None and verdict.ailment is not None:
            return Found(poll, verdict.ailment.complaint)
    return Found(0)


def _freeze(replay: Replay) -> Found | None:
    """Every conditional request is answered 304 from now on, whatever is published.

    Only a full request, every six hours, can tell; what counts are those for which there was news.
    """
    if not replay.publisher.has_validators:
        return None
    source = replay.publisher.source
    etag = replay.state.etag
    end = replay.now + timedelta(days=30)
    tellable = 0
    read = replay.page(replay.state.last_polled_at or replay.now)
    seen = read[0].number if read else None
    while replay.now < end:
        now = replay.now
        request = request_for(source, replay.state, now)
        outcome: ReadOutcome
        if request.etag is not None:
            outcome = Unchanged()
        else:
            page = replay.page(now)
            tellable += bool(page) and page[0].number != seen
            seen = page[0].number if page else seen
            answer = replay.serve(page, now)
            outcome = read_body(
                source, Fetched(body=answer.body, final_url=answer.url, etag=etag), now
            )
        verdict = replay.take(outcome, request)
        if verdict.ailment is not None:
            return Found(tellable, verdict.ailment.complaint)
    return Found(0)
