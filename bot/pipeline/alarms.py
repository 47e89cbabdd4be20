"""Alarms about the service itself: to each operator once when it begins, once when it is over."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.domain.alarm import AlarmTopic, Trouble
from bot.domain.chat import Chat, ChatState
from bot.domain.outbox import Draft, MessageKind, Priority
from bot.domain.richtext import RichText
from bot.errors import StorageError
from bot.pipeline.health import operators
from bot.ports import Store
from bot.rendering.alarm import render_alarm, render_alarm_over

log = logging.getLogger(__name__)


class Alarms:
    """What the operators were told; it lies in the database, so that a restart repeats nothing."""

    def __init__(self, store: Store, admins: frozenset[int]) -> None:
        self._store = store
        self._admins = admins

    async def settle(self, topic: AlarmTopic, trouble: Trouble | None, now: datetime) -> int:
        """Tell how it stands with a topic: None is well. Call it as often as you like; returns how
        many messages were queued.

        An operator who comes while it lasts is told then. What cannot be stored is told by a later
        call.
        """
        try:
            return await self._settle(topic, trouble, now)
        except StorageError as error:
            log.warning("an alarm about the %s waits to be stored: %s", topic, error)
            return 0

    async def _settle(self, topic: AlarmTopic, trouble: Trouble | None, now: datetime) -> int:
        name = fact_of(topic)
        known = await self._store.fact(name)
        if trouble is None and not known:
            return 0
        since = datetime.fromisoformat(known) if known else now
        if not known:
            await self._store.set_fact(name, now.isoformat())
        chats = operators(await self._store.chats_in(ChatState.ACTIVE), self._admins)
        if trouble is not None:
            drafts = [
                _draft(chat, topic, since, render_alarm(trouble, since, zone=chat.zone, now=now))
                for chat in chats
            ]
            return await self._store.enqueue(drafts, now)
        drafts = [
            _draft(
                chat,
                topic,
                since,
                render_alarm_over(topic, since, zone=chat.zone, now=now),
                end=":over",
            )
            for chat in chats
            if await self._store.is_promised(_key(chat, topic, since))
        ]
        queued = await self._store.enqueue(drafts, now)
        await self._store.set_fact(name, "")
        return queued


def fact_of(topic: AlarmTopic) -> str:
    """The fact that says since when there is trouble; none or "" where all is well."""
    return f"alarm:{topic}"


def _key(chat: Chat, topic: AlarmTopic, since: datetime) -> str:
    return f"alarm:{chat.chat_id}:{topic}:{since.isoformat()}"


def _draft(chat: Chat, topic: AlarmTopic, since: datetime, body: RichText, end: str = "") -> Draft:
    return Draft(
        chat_id=chat.chat_id,
        kind=MessageKind.NOTICE,
        priority=Priority.URGENT,
        body=body,
        dedup_key=_key(chat, topic, since) + end,
    )
