"""The health of sources: kept with their polls, told to the operators when it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from bot.domain.chat import Chat, ChatKind, ChatState, Door
from bot.domain.fetch import FetchRequest, ReadOutcome
from bot.domain.health import Bulletin, Sighted, SourceHealth, Told, Ward
from bot.domain.ids import SourceId
from bot.domain.outbox import Draft, MessageKind, Priority
from bot.domain.source import FetchState, Source, SourceStatus
from bot.health.bulletin import GATHER, bulletin
from bot.health.observe import observe
from bot.pipeline.ingest import Mind
from bot.ports import SourceStore, Store
from bot.rendering.health import render_bulletin
from bot.rendering.split import TELEGRAM_ROOM, split


class Healths:
    """The health of all sources, read once and written through with their fetch states."""

    def __init__(self, store: SourceStore) -> None:
        self._store = store
        self._known: dict[SourceId, SourceHealth] | None = None

    async def load(self) -> None:
        """Read them, once."""
        if self._known is None:
            self._known = dict(await self._store.source_healths())

    def mind(self, source: Source, before: FetchState, now: datetime, *, is_full: bool) -> Mind:
        """How an outcome of this poll changes the source's health; None where it does not, and for
        invented sources. `is_full` says that the validators of `before` were not sent."""
        assert self._known is not None
        old = self._known.get(source.source_id) or SourceHealth(source_id=source.source_id)

        def minded(outcome: ReadOutcome, sighted: Sighted) -> SourceHealth | None:
            if source.is_sample:
                return None
            health, _verdict = observe(
                old, source, outcome, now, before=before, sighted=sighted, is_full=is_full
            )
            return None if health == old else health

        return minded

    def keep(self, health: SourceHealth | None) -> None:
        """What has been stored is known."""
        if health is not None:
            assert self._known is not None
            self._known[health.source_id] = health


def is_full(request: FetchRequest, before: FetchState) -> bool:
    """Whether validators are held, and were not sent."""
    held, sent = before.etag or before.last_modified, request.etag or request.last_modified
    return bool(held and not sent)


async def tell_of_health(
    store: Store,
    catalogue: Sequence[Source],
    admins: frozenset[int],
    now: datetime,
    *,
    gather: timedelta = GATHER,
) -> int:
    """Tell the operators what has changed, each once; returns how many messages were queued.

    `gather` is how long a change waits for others.

    Where no operator can be told, nothing is noted as told: the first one who comes hears it.
    """
    wards = await store.wards()
    if not wards:
        return 0
    chats = operators(await store.chats_in(ChatState.ACTIVE), admins)
    if not chats:
        return 0
    sources = {s.source_id: s for s in catalogue if s.status is SourceStatus.READY}
    known = [ward for ward in wards if ward.health.source_id in sources]
    said = bulletin(known, len(sources), now, gather=gather)
    # what left the catalogue while it was ailing is nobody's business any more
    gone = [
        Ward(health=ward.health)
        for ward in wards
        if ward.health.source_id not in sources and ward.told is not Told.NOTHING
    ]
    if said.is_empty and not said.told and not gone:
        return 0
    drafts = [] if said.is_empty else _drafts(said, sources, chats, now)
    return await store.tell_operators(drafts, [*said.told, *gone], now)


def operators(chats: Sequence[Chat], admins: frozenset[int]) -> tuple[Chat, ...]:
    """Where operators are told things: the local chat, and the private chats of those whom the
    settings name. In a private chat Telegram's number of the chat is that of the person."""
    return tuple(
        chat
        for chat in chats
        if chat.kind is ChatKind.LOCAL
        or (
            chat.kind is ChatKind.PRIVATE
            and chat.address.door is Door.TELEGRAM
            and chat.address.number in admins
        )
    )


def _drafts(
    said: Bulletin, sources: Mapping[SourceId, Source], chats: Sequence[Chat], now: datetime
) -> list[Draft]:
    key = _key_of(said)
    return [
        Draft(
            chat_id=chat.chat_id,
            kind=MessageKind.NOTICE,
            priority=Priority.NORMAL,
            body=part,
            dedup_key=f"health:{chat.chat_id}:{key}:{at}",
        )
        for chat in chats
        for at, part in enumerate(
            split(render_bulletin(said, sources, zone=chat.zone, now=now), limit=TELEGRAM_ROOM)
        )
    ]


def _key_of(said: Bulletin) -> str:
    """The same changes make the same message, however often they are decided upon."""
    changes = [
        f"{kind} {health.source_id} {health.ailment and health.ailment.found_at}"
        f" {health.healed_at} {health.failing_since}"
        for kind, healths in (
            ("ailing", said.ailing),
            ("healed", said.healed),
            ("outage", said.outage),
            ("over", said.outage_over),
            ("left", said.outage_left),
        )
        for health in healths
    ]
    return blake2b("\n".join(changes).encode(), digest_size=12).hexdigest()
