"""The composition root: the only file that knows every part and puts them together."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus

from bot import VERSION
from bot.clock import SystemClock
from bot.delivery.worker import DeliveryWorker
from bot.domain.chat import Door
from bot.domain.vitals import Tick
from bot.errors import ServiceEndedError, SettingError, StorageError
from bot.matching.concept_file import load_concepts
from bot.matching.concepts import use_own
from bot.notify import notify
from bot.pipeline.catalogue import LiveCatalogue
from bot.pipeline.catch_up import catch_up
from bot.pipeline.digest import enqueue_due_digests, gather_since_last
from bot.pipeline.health import tell_of_health
from bot.pipeline.poll import Poller, PollResult
from bot.pipeline.upkeep import Upkeep
from bot.ports import Clock, Messenger
from bot.scheduler import Job, Scheduler
from bot.settings import Settings
from bot.sources.catalogue import load_catalogue
from bot.sources.fetch import Fetcher, FetchLimits
from bot.sources.guard import AllowList
from bot.sources.readers import Readers
from bot.sources.text_reader import TextReader
from bot.upkeep.exposition import CONTENT_TYPE, exposition
from bot.vitals_port import Answer, health_answer, listening
from handlers.model import Context
from storage.store import SqliteStore

log = logging.getLogger(__name__)

_PULSE = timedelta(seconds=15)
_PING_TOTAL = timedelta(seconds=20)
_KEEP_SENT = timedelta(days=90)
Steps = Callable[[str], None]
Ends = Callable[[ServiceEndedError], None]


@dataclass(slots=True, kw_only=True)
class Parts:
    """What every command works with."""

    settings: Settings
    clock: Clock
    store: SqliteStore
    catalogue: LiveCatalogue
    allow: AllowList
    fetcher: Fetcher
    readers: Readers
    texts: TextReader
    context: Context
    worker: DeliveryWorker | None = None
    heard_at: float | None = None
    """When Telegram last answered a question for updates, on the monotonic clock."""

    @property
    def is_local(self) -> bool:
        """Whether there is no token: the local chat is served."""
        return self.settings.telegram_token is None

    def poller(
        self,
        on_step: Steps = lambda _label: None,
        on_polled: Callable[[PollResult], None] = lambda _result: None,
    ) -> Poller:
        """A poller over the catalogue that wakes the worker when there is something to send."""
        poller = Poller(
            self.store,
            self.fetcher,
            self.clock,
            self.catalogue.sources,
            on_step=on_step,
            on_polled=on_polled,
            on_applied=lambda: self.worker.wake() if self.worker else None,
            read_with=self.readers.read,
            read_text=self.texts.read,
        )
        self.catalogue.listen(poller.take)
        return poller


@asynccontextmanager
async def assembled(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Parts]:
    """Open the database, read the catalogue and the own concepts, and put the parts together.

    Raises:
        TidewaiterError: a setting, the catalogue, a concept or the database cannot be used.
    """
    clock = clock or SystemClock()
    allow = _allow_list(settings)
    file = load_catalogue(settings.sources)
    use_own(load_concepts(settings.concepts))
    store = SqliteStore(settings.database)
    catalogue = LiveCatalogue(file, store)
    fetcher = Fetcher(
        user_agent=user_agent(settings.contact),
        allow=allow,
        proxy=settings.proxy,
    )
    readers, texts = Readers(), TextReader()
    parts = Parts(
        settings=settings,
        clock=clock,
        store=store,
        catalogue=catalogue,
        allow=allow,
        fetcher=fetcher,
        readers=readers,
        texts=texts,
        context=Context(
            store=store,
            clock=clock,
            catalogue=catalogue,
            admins=settings.admins,
            fetcher=fetcher,
            read_with=readers.read,
            gather_digest=partial(gather_since_last, store),
            trouble=lambda: parts.worker.last_trouble if parts.worker else "",
        ),
    )
    try:
        await catalogue.refresh()
        await store.save_catalogue(catalogue.sources, clock.now())
        yield parts
    finally:
        await readers.aclose()
        await texts.aclose()
        await fetcher.aclose()
        store.close()


def _allow_list(settings: Settings) -> AllowList:
    """The exempt hosts as the guard reads them: stricter than their mere form."""
    written = ", ".join(settings.allow_hosts)
    try:
        return AllowList.parse(written)
    except ValueError as error:
        expected = f"host names, addresses or networks; {error}"
        raise SettingError("TIDEWAITER_ALLOW_HOSTS", written, expected) from None


def user_agent(contact: str) -> str:
    """Who we are, honestly; with the operator's contact where the settings have one."""
    return f"Tidewaiter/{VERSION} (trade-policy alerts{'; ' + contact if contact else ''})"


@asynccontextmanager
async def messenger(parts: Parts, show: Callable[..., None]) -> AsyncIterator[Messenger]:
    """The door out that the settings ask for: Telegram with a token, else the terminal.

    Raises:
        ServiceEndedError: Telegram refuses the token.
    """
    if parts.is_local:
        from bot.delivery.terminal import TerminalMessenger

        yield TerminalMessenger(show)
        return
    from telegram.error import InvalidToken, TelegramError

    from bot.delivery.telegram import TelegramMessenger, make_bot

    settings = parts.settings
    assert settings.telegram_token is not None
    bot = make_bot(
        settings.telegram_token,
        settings.telegram_api_url,
        settings.telegram_proxy,
        settings.telegram_timeout,
    )
    try:
        try:
            await bot.initialize()
        except InvalidToken:
            raise refused_token(settings) from None
        except TelegramError as error:
            raise ServiceEndedError(
                f"Telegram cannot be reached at {settings.telegram_api_url} ({error.message}). "
                "Check the network, TELEGRAM_API_URL and TELEGRAM_PROXY. Nothing was lost; the "
                "queue is kept."
            ) from None
        yield TelegramMessenger(bot)
    finally:
        await bot.shutdown()


def refused_token(settings: Settings) -> ServiceEndedError:
    """What to say of a token that is not valid (without showing it)."""
    return ServiceEndedError(
        f"{settings.telegram_api_url} refuses the bot token. Ask @BotFather for a new one and put "
        "it into TELEGRAM_BOT_TOKEN. Nothing was lost; the queue is kept."
    )


def jobs(parts: Parts, poller: Poller, upkeep: Upkeep, on_end: Ends) -> list[Job]:
    """The timed work of a service; `on_end` is told why it cannot go on."""

    async def digests() -> None:
        now = parts.clock.now()
        caught_up = await catch_up(parts.store, now)
        if await enqueue_due_digests(parts.store, now) + caught_up and parts.worker:
            parts.worker.wake()

    async def health() -> None:
        sources, admins = parts.catalogue.sources, parts.settings.admins
        now = parts.clock.now()
        if await tell_of_health(parts.store, sources, admins, now) and parts.worker:
            parts.worker.wake()

    async def file() -> None:
        if parts.store.is_in_place():
            return
        try:
            saved = await parts.store.rescue()
        except StorageError as error:
            # it lives on as long as we do: alerts go out, and the next try may succeed
            log.error("the database file was removed, and is not saved yet: %s", error)  # noqa: TRY400
            return
        on_end(
            ServiceEndedError(
                f"The database file {parts.store.path} was removed or replaced while it was in "
                f"use. All that it held is saved as {saved}. Give that its name, and start again."
            )
        )

    async def housekeeping() -> None:
        await parts.store.forget_settled(parts.clock.now(), _KEEP_SENT)
        await parts.store.forget_questions(parts.clock.now())
        await parts.store.forget_shut_out(parts.clock.now())

    return [
        # often, so that a source of every second is not asked only every other one
        Job(name="poll", every=timedelta(seconds=0.25), run=poller.launch_due),
        Job(name="catalogue", every=timedelta(seconds=2), run=parts.catalogue.refresh),
        Job(name="digests", every=timedelta(seconds=15), run=digests),
        Job(name="health", every=timedelta(seconds=30), run=health),
        Job(name="file", every=timedelta(seconds=5), run=file),
        Job(name="housekeeping", every=timedelta(hours=6), run=housekeeping),
        Job(name="pulse", every=min(_PULSE, parts.settings.ping_every), run=upkeep.beat),
        Job(name="ping", every=parts.settings.ping_every, run=upkeep.ping),
        # must arrive hourly: four tries an hour
        Job(name="canary", every=timedelta(minutes=15), run=upkeep.sing),
        Job(
            name="backup",
            every=timedelta(minutes=1),
            run=upkeep.back_up,
            may_take=timedelta(hours=2),  # a large database on a slow disk
        ),
    ]


def on_signals(stop: Callable[[], None]) -> None:
    """SIGTERM and Ctrl-C end the service cleanly; a second one ends it at once."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
        stop()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, first)


@asynccontextmanager
async def service(
    parts: Parts, out: Messenger, on_end: Ends, on_step: Steps = lambda _label: None
) -> AsyncIterator[Poller]:
    """A running service: recovery, the delivery loop, the timed jobs; all ended at the exit.

    `on_end` is told when it cannot go on, and why; whoever runs the service leaves it then.
    """

    def delivered(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("delivering met a fault", exc_info=fault)
            on_end(ServiceEndedError(f"Delivering met a fault of ours ({type(fault).__name__})."))

    async with _upkeep(parts, out.door, lambda: (*scheduler.ticks(), worker.tick)) as upkeep:
        worker = parts.worker = DeliveryWorker(
            parts.store, out, parts.clock, on_step=on_step, on_settled=upkeep.settled
        )
        interrupted = await worker.recover()
        if interrupted:
            log.warning("%d messages were being sent when the last run ended", interrupted)
        poller = parts.poller(on_step, upkeep.polled)
        scheduler = Scheduler(jobs(parts, poller, upkeep, on_end), parts.clock)
        delivering = asyncio.create_task(worker.run(), name="delivery")
        delivering.add_done_callback(delivered)
        try:
            scheduler.start()
            async with _health_port(parts, upkeep, worker):
                notify(parts.settings.notify_socket, "READY=1")
                yield poller
                notify(parts.settings.notify_socket, "STOPPING=1")
        finally:
            await scheduler.stop()
            await poller.stop()
            worker.stop()
            await asyncio.gather(delivering, return_exceptions=True)


@asynccontextmanager
async def _upkeep(
    parts: Parts, door: Door, ticks: Callable[[], Sequence[Tick]]
) -> AsyncIterator[Upkeep]:
    settings = parts.settings
    known = {source.source_id for source in parts.catalogue.sources}
    if settings.canary not in {"on", "off", *known}:
        raise SettingError(
            "TIDEWAITER_CANARY",
            settings.canary,
            "on, off, or the id of a source (tidewaiter sources lists them)",
        )
    # of its own: a ping waits for no source
    fetcher = (
        Fetcher(
            user_agent=user_agent(settings.contact),
            allow=parts.allow,
            proxy=settings.proxy,
            limits=FetchLimits(total=_PING_TOTAL),
        )
        if settings.ping_url
        else None
    )
    parts.heard_at = parts.clock.monotonic() if door is Door.TELEGRAM else None
    try:
        yield Upkeep(
            parts.store,
            parts.clock,
            settings,
            door=door,
            read_with=parts.readers.read,
            ticks=ticks,
            heard_at=lambda: parts.heard_at,
            ping_with=fetcher,
            on_queued=lambda: parts.worker.wake() if parts.worker else None,
        )
    finally:
        if fetcher is not None:
            await fetcher.aclose()


@asynccontextmanager
async def _health_port(parts: Parts, upkeep: Upkeep, worker: DeliveryWorker) -> AsyncIterator[None]:
    """/healthz and /metrics, where the settings ask for them."""
    address = parts.settings.health_port
    if address is None:
        yield
        return

    async def healthz() -> Answer:
        return health_answer(upkeep.pulse.complaints())

    async def metrics() -> Answer:
        upkeep.meters.throttled = worker.counts.throttled
        nightly = upkeep.nightly
        made_at = nightly.made_at if nightly else None
        body = exposition(
            upkeep.meters,
            upkeep.pulse.vitals(),
            await upkeep.census(),
            version=VERSION,
            is_well=not upkeep.pulse.complaints(),
            backup_at=made_at.timestamp() if made_at else None,
        )
        return Answer(status=HTTPStatus.OK, body=body, content_type=CONTENT_TYPE)

    pages = {"/healthz": healthz, "/metrics": metrics}
    async with listening(address, pages, parts.settings.health_hosts):
        yield


async def deliver_due(parts: Parts, out: Messenger, worker: DeliveryWorker) -> None:
    """Send what is due, then return."""
    parts.worker = worker
    assert out.door in {Door.TELEGRAM, Door.TERMINAL}
    await worker.recover()
    on_signals(worker.stop)
    await worker.drain()
