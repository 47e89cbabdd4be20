"""Ninety days of polling one publisher, by the real cadence, parsers, recognition and health.

Only the wire and the database are left out: the bytes of a page are handed over, and what is known
of items is kept in memory.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.fetch import (
    Blocked,
    Fetched,
    FetchFailed,
    FetchRequest,
    Read,
    ReadOutcome,
    Unchanged,
)
from bot.domain.health import Ailment, SourceHealth, Verdict
from bot.domain.ids import ItemId
from bot.domain.item import Item
from bot.domain.plan import IngestPlan, KnownItems
from bot.domain.source import FetchState
from bot.health.observe import observe
from bot.pipeline.health import is_full
from bot.pipeline.ingest import plan_ingest
from bot.pipeline.standing import Standing
from bot.sources.cadence import after_poll, first_state, request_for
from bot.sources.read import read_body
from bot.sources.rhythm import with_news
from bot.stories.identity import keys_of
from tests.health.publishers import START, Entry, Publisher

HTML = b"<!DOCTYPE html><html><head><title>%s</title></head><body><p>%s</p></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says to a request without validators."""

    body: bytes
    etag: str | None
    url: str
    content_type: str = ""


Serve = Callable[[list[Entry], datetime], Answer]


@dataclass(slots=True)
class Replay:
    """One publisher, polled from START on."""

    publisher: Publisher
    published: list[Entry]
    state: FetchState
    health: SourceHealth
    chance: random.Random
    items: dict[ItemId, Item] = field(default_factory=dict)
    by_key: dict[str, set[ItemId]] = field(default_factory=dict)
    found: list[Ailment] = field(default_factory=list)
    polls: int = 0
    trouble: ReadOutcome | None = None
    trouble_until: datetime = START

    @classmethod
    def of(cls, publisher: Publisher, until: datetime) -> Replay:
        """Before the first poll."""
        source = publisher.source
        return cls(
            publisher=publisher,
            published=publisher.entries(until),
            state=first_state(source, START),
            health=SourceHealth(source_id=source.source_id),
            chance=random.Random(f"polls of {publisher.name}"),
        )

    def branch(self) -> Replay:
        """A copy that can be damaged; what it learns stays with it."""
        made = copy.copy(self)
        made.items = dict(self.items)
        made.by_key = {key: set(ids) for key, ids in self.by_key.items()}
        made.found, made.trouble = [], None
        made.chance = random.Random(0)
        return made

    @property
    def now(self) -> datetime:
        """When the next poll is."""
        return self.state.next_poll_at

    def page(self, now: datetime) -> list[Entry]:
        """What stands on the page."""
        standing = [entry for entry in self.published if entry.at <= now]
        return self.publisher.page(standing, now)

    def serve(self, page: Sequence[Entry], now: datetime) -> Answer:
        """The healthy answer."""
        publisher = self.publisher
        if publisher.churns:
            page = [replace(entry, guid=f"{entry.guid}?{now:%d%H%M%S}") for entry in page]
        body = publisher.writer(publisher.source, page)
        # as servers do, of the words and not of the bytes
        etag = f'"{hash(body)}"' if publisher.has_validators else None
        return Answer(body=body, etag=etag, url=publisher.source.url)

    def ask(self, answer: Answer, request: FetchRequest) -> ReadOutcome:
        """What the sources room makes of an honest server's answer."""
        if request.etag is not None and request.etag == answer.etag:
            return Unchanged()
        fetched = Fetched(
            body=answer.body,
            content_type=answer.content_type,
            final_url=answer.url,
            etag=answer.etag,
        )
        return read_body(self.publisher.source, fetched, self.now)

    def healthy_poll(self, *, stumbles: bool = True) -> Verdict:
        """The next poll; now and then the server stumbles, for an hour and a half at most."""
        now = self.now
        is_over = now >= self.trouble_until + timedelta(hours=6)
        if stumbles and is_over and self.chance.random() < self.publisher.trouble:
            self.trouble = self._stumble()
            self.trouble_until = now + timedelta(minutes=self.chance.randrange(1, 90))
        request = request_for(self.publisher.source, self.state, now)
        if self.trouble is not None and now < self.trouble_until:
            outcome = self.trouble
        else:
            outcome = self.ask(self.serve(self.page(now), now), request)
        return self.take(outcome, request)

    def _stumble(self) -> ReadOutcome:
        host = "gazette.example"
        down = FetchFailed(kind="status", detail=f"{host} answered 503", status=503)
        late = FetchFailed(kind="timeout", detail=f"{host} had not finished answering after 30 s")
        lost = FetchFailed(kind="network", detail=f"{host} was not found by name")
        busy = Blocked(detail=f"{host} answered 429", status=429, retry_after=timedelta(minutes=30))
        troubles: list[ReadOutcome] = [down, late, lost, busy]
        return self.chance.choice(troubles)

    def take(self, outcome: ReadOutcome, request: FetchRequest) -> Verdict:
        """What the pipeline does with an outcome."""
        source, before, now = self.publisher.source, self.state, self.now
        plan: IngestPlan | None = None
        if isinstance(outcome, Read):
            plan = self._ingest(outcome.items, now)
        after = after_poll(before, source, outcome, now=now, jitter=self.chance.random())
        had = self.health.ailment
        self.health, verdict = observe(
            self.health,
            source,
            outcome,
            now,
            before=before,
            sighted=plan.sighted if plan else None,
            is_full=is_full(request, before),
        )
        if plan and plan.new and before.is_seeded:
            after = with_news(after, source, now)
        self.state = after
        self.polls += 1
        if verdict.ailment and (had is None or had.found_at != verdict.ailment.found_at):
            self.found.append(verdict.ailment)
        return verdict

    def _ingest(self, page: Sequence[Item], now: datetime) -> IngestPlan:
        keys = {key for each in page for key in keys_of(each)} & self.by_key.keys()
        named = {key: frozenset(self.by_key[key]) for key in keys}
        ids = frozenset[ItemId]().union(*named.values())
        plan = plan_ingest(
            items=page,
            known=KnownItems(by_key=named, items={each: self.items[each] for each in ids}),
            watches=Standing(),
            alerted=frozenset(),
            state=self.state,
            is_quiet=True,
            now=now,
        )
        for new in plan.new:
            item_id = ItemId(len(self.items) + 1)
            self.items[item_id] = new.item
            for key in new.keys:
                self.by_key.setdefault(key, set()).add(item_id)
        for edited in plan.edited:
            self.items[edited.item_id] = edited.item
            for key in edited.keys:
                self.by_key.setdefault(key, set()).add(edited.item_id)
        for sighting in plan.sightings:
            for key in sighting.keys:
                self.by_key.setdefault(key, set()).add(sighting.item_id)
        return plan


def live(
    publisher: Publisher, days: int, moments: Sequence[datetime]
) -> tuple[Replay, list[Replay]]:
    """So many healthy days, and a branch at each of those moments, in order."""
    end = START + timedelta(days=days)
    replay = Replay.of(publisher, end + timedelta(days=40))
    branches: list[Replay] = []
    while replay.now < end:
        if len(branches) < len(moments) and replay.now >= moments[len(branches)]:
            branches.append(replay.branch())
        replay.healthy_poll()
    return replay, branches
