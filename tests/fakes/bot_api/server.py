"""The stand-in over real HTTP: `{url}/bot<token>/<method>`, in a thread with its own loop."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from aiohttp import web

from tests.fakes.bot_api.methods import METHODS, take_updates
from tests.fakes.bot_api.state import Call, Fault, RefusalError, State


class Server:
    """Listens on an ephemeral port of 127.0.0.1 from `start` to `stop`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="bot api", daemon=True)
        self._is_up = threading.Event()
        self._ended = asyncio.Event()
        self._news = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None
        self._server: web.Server | None = None
        self.port = 0

    def start(self) -> None:
        """Listen."""
        self._state.on_update = self._on_update
        self._thread.start()
        self._is_up.wait()

    def stop(self) -> None:
        """Cut all connections and end the thread."""
        self._state.on_update = lambda: None
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def wait_until_deserted(self, timeout: float) -> None:
        """Until nobody is connected: what dead clients had sent has been handled then.

        Raises:
            TimeoutError: somebody still was after `timeout` seconds.
        """

        async def watch() -> None:
            # aiohttp tells nobody of a connection's end
            while self._server is not None and self._server.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.002)

        asyncio.run_coroutine_threadsafe(watch(), self._loop).result(timeout)

    def _on_update(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await runner.setup()
        self._server = runner.server
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self._is_up.set()
        await self._ended.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        try:
            bot, _, method = request.match_info["path"].partition("/")
            method = method.lower()
            params = await _params(request)
            with state.changed:
                state.calls.append(Call(method=method, params=params))
                state.changed.notify_all()
                self._check(bot)
            if method == "getupdates":
                return _good(await self._updates(params))
            with state.changed:
                known = METHODS.get(method)
                if known is None:
                    raise RefusalError(404, "Not Found: method not found")
                try:
                    answer = known(state, params)
                finally:
                    state.changed.notify_all()
        except RefusalError as refusal:
            return web.json_response(refusal.json(), status=refusal.code)
        if answer.fault is not None:
            return await self._play(answer.fault, request)
        return _good(answer.result)

    def _check(self, bot: str) -> None:
        """Whether the token is ours and Telegram is up.

        Raises:
            RefusalError: otherwise.
        """
        if self._state.is_down:
            raise RefusalError(502, "Bad Gateway")
        if ":" not in bot or not bot.startswith("bot"):
            raise RefusalError(404, "Not Found")
        if self._state.is_revoked or bot != f"bot{self._state.token}":
            raise RefusalError(401, "Unauthorized")

    async def _updates(self, params: dict[str, str]) -> list[dict[str, Any]]:
        """Wait for updates as Telegram does; the newest of two pollers ends the older one."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        mine = self._poll = self._loop.create_future()
        ends_at = self._loop.time() + min(float(params.get("timeout", "0")), 50.0)
        while True:
            self._news.clear()
            with self._state.changed:
                if self._state.is_conflicting or mine.done():
                    raise RefusalError(
                        409,
                        "Conflict: terminated by other getUpdates request; make sure that only "
                        "one bot instance is running",
                    )
                if self._state.is_revoked:
                    raise RefusalError(401, "Unauthorized")
                found = take_updates(self._state, params)
                self._state.changed.notify_all()
            left = ends_at - self._loop.time()
            if found or left <= 0:
                return found
            news = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait([news, mine], timeout=left, return_when="FIRST_COMPLETED")
            finally:
                news.cancel()

    async def _play(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        if fault is Fault.HANG_AFTER:
            await self._ended.wait()  # or until the client goes, which cancels this
        if fault in {Fault.DROP_AFTER, Fault.DROP_BEFORE}:
            assert request.transport is not None
            request.transport.abort()
        if fault is Fault.BAD_GATEWAY:
            page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
            return web.Response(status=502, text=page, content_type="text/html")
        return web.json_response(RefusalError(500, "Internal Server Error").json(), status=500)


async def _params(request: web.Request) -> dict[str, str]:
    """From the query, a form or JSON, as Telegram takes them."""
    params = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        params |= {k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}
    elif request.can_read_body:
        params |= {name: str(value) for name, value in (await request.post()).items()}
    return params


def _good(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})
