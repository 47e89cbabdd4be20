"""Telegram as a service: long polling in, the outbox out, until a signal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from telegram import BotCommand, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ApplicationBuilder

from bot.app import Parts, Steps, on_signals, refused_token, service
from bot.delivery.telegram import TelegramMessenger, make_bot
from bot.domain.source import SourceStatus
from bot.errors import ServiceEndedError
from bot.rendering.silent import number_of
from handlers.telegram import App, TelegramIn, menu
from handlers.terminal import open_local_chat, switch_local_chat

T = TypeVar("T")
log = logging.getLogger(__name__)

_LONG_POLL = timedelta(seconds=30)  # a call that Telegram holds open until there is an update
_FIRST_WAIT = timedelta(seconds=1)  # after a call that failed; doubled up to the longest
_LONGEST_WAIT = timedelta(minutes=1)
_UPDATES = ["message", "channel_post", "callback_query", "my_chat_member"]


class TelegramService:
    """One run of the service."""

    def __init__(self, parts: Parts, on_step: Steps = lambda _label: None) -> None:
        self._parts = parts
        self._on_step = on_step
        settings = parts.settings
        assert settings.telegram_token is not None
        self._bot = make_bot(
            settings.telegram_token,
            settings.telegram_api_url,
            settings.telegram_proxy,
            settings.telegram_timeout,
        )
        self._incoming = TelegramIn(parts.context, self._wake)
        self._app: App = ApplicationBuilder().bot(self._bot).updater(None).build()
        self._ended: asyncio.Future[ServiceEndedError | None]

    async def run(self) -> None:
        """Serve until a signal.

        Raises:
            ServiceEndedError: the token is refused, or another program polls with it.
        """
        parts = self._parts
        self._ended = asyncio.get_running_loop().create_future()
        local = await open_local_chat(parts.context, is_served=False)
        await switch_local_chat(parts.store, local, is_served=False)
        self._incoming.register(self._app)
        on_signals(self._end)
        async with service(parts, TelegramMessenger(self._bot), self._end, self._on_step):
            listening = asyncio.create_task(self._listen(), name="listen")
            listening.add_done_callback(self._listened)
            error = await self._ended
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self._incoming.stop()
        await self._app.shutdown()
        await self._bot.shutdown()  # where the application never got ready
        if error is not None:
            raise error

    def _wake(self) -> None:
        if self._parts.worker is not None:
            self._parts.worker.wake()

    def _end(self, error: ServiceEndedError | None = None) -> None:
        if not self._ended.done():
            self._ended.set_result(error)

    def _listened(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (fault := task.exception()) is None:
            return
        if isinstance(fault, ServiceEndedError):
            self._end(fault)
        else:
            log.error("listening to Telegram failed", exc_info=fault)
            self._end(ServiceEndedError(f"Listening to Telegram failed ({type(fault).__name__})."))

    async def _listen(self) -> None:
        """Until Telegram answers, then poll; the sources are read meanwhile.

        Raises:
            ServiceEndedError: see run.
        """
        await self._answered(self._app.initialize)
        await self._answered(self._bot.delete_webhook)  # Telegram serves either, not both
        try:
            await self._bot.set_my_commands([BotCommand(name, what) for name, what in menu()])
        except TelegramError as error:
            log.warning("the command menu could not be set: %s", error.message)
        settings = self._parts.settings
        readable = sum(s.status is SourceStatus.READY for s in self._parts.catalogue.sources)
        print(
            f"Serving Telegram as @{self._bot.username}: "
            f"{number_of(readable, 'source')}, "
            f"database {settings.database}. Ctrl-C ends.",
            flush=True,
        )
        if not settings.admins:
            print(
                "TIDEWAITER_ADMINS is empty, so nobody can subscribe a chat yet: send /start to "
                f"@{self._bot.username}, put the number that it answers there, and start again.",
                flush=True,
            )
        offset: int | None = None
        while True:
            ask = partial(
                self._bot.get_updates,
                offset=offset,
                timeout=_LONG_POLL,
                allowed_updates=_UPDATES,
            )
            for update in await self._answered(ask):
                await self._handle(update)
                # confirmed by the next call, so after it was handled: a crash loses no command
                offset = update.update_id + 1

    async def _handle(self, update: Update) -> None:
        """Until its effects are stored: a full disk makes commands late, and loses none."""
        wait = _FIRST_WAIT
        while True:
            self._incoming.unstored = None
            await self._app.process_update(update)
            if self._incoming.unstored is None:
                return
            log.warning("an update waits to be stored: %s", self._incoming.unstored)
            await asyncio.sleep(wait.total_seconds())
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _answered(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask Telegram until it answers."""
        wait = _FIRST_WAIT
        while True:
            try:
                answer = await ask()
            except InvalidToken:
                raise refused_token(self._parts.settings) from None
            except Conflict:
                raise ServiceEndedError(
                    "Another program polls Telegram with this token. Stop it, or use a token of "
                    "its own for each. Nothing was lost."
                ) from None
            except TelegramError as error:
                if isinstance(error, RetryAfter) and isinstance(error.retry_after, timedelta):
                    wait = error.retry_after
                log.warning(
                    "Telegram at %s: %s", self._parts.settings.telegram_api_url, error.message
                )
            else:
                self._parts.heard_at = self._parts.clock.monotonic()
                return answer
            await asyncio.sleep(wait.total_seconds())
            wait = min(wait * 2, _LONGEST_WAIT)
