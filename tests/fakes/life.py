"""One life of the real Telegram service in a process of its own, with a chosen end.

Lives are forked from a server that has imported everything once, so that a hundred of them take
seconds. Nothing else is special: settings come from the environment, the service is the one that
`tidewaiter run` starts, and the end is SIGKILL.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass

STEPS = ("read", "applied", "claimed", "answered", "settled")
"""What on_step is told: after reading a source, storing it, and in the life of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Die at the `nth` time that `step` is reached; without a step, live until killed."""

    step: str | None = None
    nth: int = 1


def _live(environment: dict[str, str], end: End) -> None:
    os.environ.update(environment)
    from bot.app import assembled
    from bot.log import configure
    from bot.serve_telegram import TelegramService
    from bot.settings import load_settings
    from storage.connection import service_lock

    reached = 0

    def on_step(step: str) -> None:
        nonlocal reached
        reached += step == end.step
        if reached == end.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    async def serve() -> None:
        async with assembled(settings) as parts:
            await TelegramService(parts, on_step).run()

    settings = load_settings()
    configure(settings.log_level)
    with service_lock(settings.database):
        asyncio.run(serve())


class Nursery:
    """Starts lives with one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "PTB_TIMEDELTA": "1"}
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["bot.serve_telegram", "tests.fakes.life"])

    def start(self, end: End) -> multiprocessing.process.BaseProcess:
        """A life that has begun."""
        life = self._context.Process(target=_live, args=(self._environment, end))
        life.start()
        return life
