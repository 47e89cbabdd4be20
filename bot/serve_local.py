"""The local chat as a service: sample day, first look at the sources, commands, alerts."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from bot.app import Parts, on_signals, service
from bot.delivery.terminal import TerminalMessenger
from bot.delivery.worker import DeliveryWorker
from bot.domain.chat import ChatState, Door
from bot.domain.outbox import OutboxMessage
from bot.domain.richtext import bold, italic, rich, text
from bot.pipeline.poll import Poller
from bot.pipeline.report import describe_pass
from bot.pipeline.sample import play_sample_day
from handlers.model import Reply
from handlers.terminal import Screen, answer, open_local_chat, switch_local_chat, typed_lines

_FIRST_PASS_GRACE = 20.0  # seconds that end-of-file waits for the first look at the sources
_MOMENT = 2.0  # seconds that a command may take without a word
_SAMPLE_FACT = "sample_day"


class LocalService:
    """One run of the local chat."""

    def __init__(
        self, parts: Parts, *, has_sample: bool, is_exit_on_eof: bool, is_terminal: bool
    ) -> None:
        self._parts = parts
        self._has_sample = has_sample
        self._is_exit_on_eof = is_exit_on_eof
        self._screen = Screen(
            is_terminal=is_terminal, has_colour=is_terminal and parts.settings.has_colour
        )
        self._progress = ""
        self._ended = asyncio.Event()
        self._fault: BaseException | None = None

    async def run(self) -> None:
        """Until end-of-file (where asked), Ctrl-C, Ctrl-D or SIGTERM.

        Raises:
            BrokenPipeError: nobody reads standard output any more.
            ServiceEndedError: it cannot go on.
        """
        parts, screen = self._parts, self._screen
        on_signals(self._ended.set)
        chat = await open_local_chat(parts.context, is_served=True)
        await switch_local_chat(parts.store, chat, is_served=True)
        is_paused = ChatState.PAUSED in await parts.store.states_at(chat.address)
        watches = await parts.store.list_watches(chat.chat_id)
        screen.show(
            rich(
                text(
                    bold("Tidewaiter"), " · local chat. Set TELEGRAM_BOT_TOKEN to serve Telegram."
                ),
                text("Watching: ", ", ".join(watch.text for watch in watches) or "nothing yet"),
                *([text(bold("Paused"), ": nothing is told until /start.")] if is_paused else []),
                text(italic("/help lists the commands, /watch adds a watch, Ctrl-C ends.")),
            )
        )
        out = TerminalMessenger(self._show)
        if self._has_sample:
            await self._play_sample(out)
        async with service(parts, out, self._end) as poller:
            looking = asyncio.create_task(self._look_around(poller), name="first look")
            typing = asyncio.create_task(self._listen(looking), name="local chat")
            for task in (typing, looking):
                task.add_done_callback(self._notice)
            await self._ended.wait()
            for task in (typing, looking):
                task.cancel()
            await asyncio.gather(typing, looking, return_exceptions=True)
        if self._fault is not None:
            raise self._fault
        if not screen.is_terminal:
            screen.line("Ended.")

    def _notice(self, task: asyncio.Task[None]) -> None:
        """A chat that nobody answers any more must not go on as though all were well."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._end(fault)

    def _end(self, fault: BaseException) -> None:
        self._fault = self._fault or fault
        self._ended.set()

    def _show(self, message: OutboxMessage) -> None:
        self._screen.show(message.body, message.buttons)

    async def _play_sample(self, out: TerminalMessenger) -> None:
        """Once a database: a second time every item would be known, and nothing be said."""
        parts, screen = self._parts, self._screen
        if await parts.store.fact(_SAMPLE_FACT):
            return
        screen.line("First a sample day: invented items through the real pipeline.\n")
        await play_sample_day(parts.store, parts.clock)
        worker = DeliveryWorker(parts.store, out, parts.clock)
        await worker.drain()
        await parts.store.set_fact(_SAMPLE_FACT, parts.clock.now().isoformat())
        screen.line(
            f"That was the sample day ({worker.counts.sent} alerts, all marked SAMPLE). "
            "Now the real sources.\n"
        )

    async def _look_around(self, poller: Poller) -> None:
        """The first pass over the catalogue, with progress, and what came of it."""
        due = await poller.due()
        if not due:
            return
        if not self._screen.is_terminal:
            self._screen.line(
                "Asking one source …" if len(due) == 1 else f"Asking {len(due)} sources …"
            )
        polls = [poller.launch(source) for source in due]
        waiting = set(polls)
        while waiting:
            answered = len(polls) - len(waiting)
            self._progress = f"Asking the sources: {answered} of {len(polls)} answered …"
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        self._progress = ""
        # the poller logs a poll that met a fault
        self._screen.show(
            describe_pass([poll.result() for poll in polls if poll.exception() is None])
        )

    async def _listen(self, looking: asyncio.Task[None]) -> None:
        async with aclosing(typed_lines(self._screen, self._toolbar)) as lines:
            async for line in lines:
                reply = await self._answer(line)
                if reply is not None:
                    self._screen.show(reply.body, reply.buttons)
        if self._screen.is_terminal:
            self._ended.set()
        elif self._is_exit_on_eof:
            await asyncio.wait([looking], timeout=_FIRST_PASS_GRACE)
            await self._settle()
            self._ended.set()

    async def _answer(self, line: str) -> Reply | None:
        """The reply; who waits at a terminal for longer than a moment is told that it goes on."""
        answering = asyncio.create_task(answer(self._parts.context, line), name="answer")
        try:
            await asyncio.wait([answering], timeout=_MOMENT)
            if not answering.done() and self._screen.is_terminal:
                self._screen.line("Asking the publisher …")
            return await answering
        finally:
            answering.cancel()

    async def _settle(self) -> None:
        """Let what is queued be said before the end."""
        counts = await self._parts.store.outbox_counts()
        while counts.sending or await self._parts.store.next_due_at(Door.TERMINAL) is not None:
            if self._parts.worker is not None:
                self._parts.worker.wake()
            await asyncio.sleep(0.01)
            counts = await self._parts.store.outbox_counts()

    def _toolbar(self) -> str:
        return self._progress or "Tidewaiter is watching. /help · /latest · /search · /status"
