"""The canary: an item that must arrive every hour, so that silence means that nothing happened.

    text of a feed → read → recognise → match → render → outbox and index → taken back

Of its own it is an invented item that goes through the real parser, the real decision and the real
database, in a transaction that is taken back when it was seen to arrive: nobody else ever sees it.
Or it is a source of the catalogue that is known to publish every hour.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.utils import format_datetime

from bot.domain.alarm import AlarmTopic, Trouble
from bot.domain.fetch import Fetched, FetchOutcome, FetchRequest, Read
from bot.domain.ids import SourceId
from bot.domain.plan import IngestMaterial, IngestPlan
from bot.domain.source import Source
from bot.errors import StorageError
from bot.matching.condition import condition_of, expression
from bot.matching.query import parse
from bot.pipeline.alarms import Alarms
from bot.pipeline.ingest import plan_ingest
from bot.pipeline.standing import Standing
from bot.ports import Clock, Store
from bot.sources.cadence import after_poll, first_state
from bot.sources.read import BodyReader, read
from bot.stories.identity import keys_of
from bot.upkeep.judge import CANARY_LIMIT

log = logging.getLogger(__name__)

_WATCH = '"tidewaiter canary"'
_OWN = Source(
    source_id=SourceId("tidewaiter-canary"),
    name="Canary",
    url="https://canary.example/feed.xml",
    languages=("en",),
    is_sample=True,
)


class _Cage:
    """A door that answers with a feed of one item."""

    def __init__(self, now: datetime) -> None:
        self._body = (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>Canary</title><item><title>Tidewaiter canary of {now.isoformat()}</title>"
            f"<guid>canary-{now.isoformat()}</guid><link>https://canary.example/1</link>"
            "<description>An invented item that nobody is told of.</description>"
            f"<pubDate>{format_datetime(now)}</pubDate></item></channel></rss>"
        ).encode()

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        return Fetched(
            body=self._body, content_type="application/rss+xml", final_url=request.source.url
        )


async def sing(store: Store, read_with: BodyReader, now: datetime) -> str:
    """Send the invented item through; "" where it arrived, else where it was lost.

    Raises:
        StorageError: the database refused.
    """
    state = first_state(_OWN, now)
    outcome = await read(FetchRequest(source=_OWN), _Cage(now), now=now, read_with=read_with)
    if not isinstance(outcome, Read) or len(outcome.items) != 1:
        return "its feed could not be read"
    items = outcome.items
    after = after_poll(state, _OWN, outcome, now=now, jitter=0.5)

    def decide(material: IngestMaterial) -> IngestPlan:
        return plan_ingest(
            items=items,
            known=material.known,
            watches=Standing(material.read_watches(0).watches),
            alerted=material.alerted,
            state=after,
            is_quiet=False,
            now=now,
        )

    question = expression(condition_of(parse(_WATCH)))
    came = await store.rehearse(_OWN, _WATCH, keys_of(items[0]), question, decide, now)
    if came.applied.new_items != 1:
        return "it was not stored as new"
    if came.applied.matches != 1:
        return "its watch did not match"
    if came.queued != 1:
        return "its alert did not reach the outbox"
    return "" if came.is_found else "a search did not find it"


class Canary:
    """Whether it arrives; `source_id` is the catalogue's source that is it, None for our own."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        alarms: Alarms,
        *,
        read_with: BodyReader,
        source_id: SourceId | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._alarms = alarms
        self._read_with = read_with
        self._source_id = source_id
        self._arrived_at = clock.monotonic()  # the first hour counts from the start
        self._lost = ""

    @property
    def age(self) -> float:
        """Seconds since it last arrived, or since the start."""
        return self._clock.monotonic() - self._arrived_at

    async def run(self) -> bool:
        """Look for it, and settle its alarm; whether it is there."""
        now = self._clock.now()
        try:
            arrived_at = await self._look(now)
        except StorageError as error:
            self._lost, arrived_at = str(error), None
        if arrived_at is not None:
            self._arrived_at = arrived_at
            self._lost = ""
        is_late = self.age > CANARY_LIMIT
        if self._lost:
            log.warning("the canary did not arrive: %s", self._lost)
        trouble = Trouble(topic=AlarmTopic.CANARY, detail=self._said()) if is_late else None
        await self._alarms.settle(AlarmTopic.CANARY, trouble, now)
        return arrived_at is not None and not is_late

    async def _look(self, now: datetime) -> float | None:
        if self._source_id is None:
            self._lost = await sing(self._store, self._read_with, now)
            return None if self._lost else self._clock.monotonic()
        newest = await self._store.newest_item_of(self._source_id)
        if newest is None:
            return None
        # as an age: the wall clock may step
        age = max((now - newest.item.first_seen_at).total_seconds(), 0.0)
        return max(self._clock.monotonic() - age, self._arrived_at)

    def _said(self) -> str:
        minutes = timedelta(seconds=self.age) // timedelta(minutes=1)
        if self._source_id is not None:
            return (
                f"The source {self._source_id} should bring an item every hour, and has brought "
                f"none for {minutes} minutes. Ask for /source {self._source_id}; if others are "
                "silent too, look at the network."
            )
        return (
            f"An invented item should go through reading, matching and the outbox every hour, and "
            f"has not for {minutes} minutes: {self._lost}. Alerts may be missing. On the machine, "
            "tidewaiter doctor and the log tell more."
        )
