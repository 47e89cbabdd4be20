"""No log line, traceback or message holds a token, at any level, whoever wrote it."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import timedelta

import httpx
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import InvalidToken

from bot import log
from bot.delivery.telegram import TelegramMessenger, make_bot
from tests.fakes.bot_api import TOKEN, BotApi, Fault
from tests.samples import message

SECRET = TOKEN.partition(":")[2]


@contextmanager
def logging_at(level: str) -> Iterator[io.StringIO]:
    """What a process that logs at a level writes to standard error."""
    root = logging.getLogger()
    before = root.level, root.handlers[:], sys.excepthook
    levels = {
        name: logging.getLogger(name).level
        for name in ("httpx", "httpcore", "apscheduler", "telegram")
    }
    root.handlers.clear()  # pytest's own would be closed
    try:
        with redirect_stderr(io.StringIO()) as stream:
            log.configure(level)
            yield stream
    finally:
        root.setLevel(before[0])
        root.handlers[:], sys.excepthook = before[1:]
        for name, old in levels.items():
            logging.getLogger(name).setLevel(old)


def test_the_libraries_leak_the_token_and_the_formatter_stops_it() -> None:
    """Sending, failing, polling and being refused, all at DEBUG."""
    raw: list[str] = []

    class Raw(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raw.append(record.getMessage())

    async def use(api: BotApi) -> None:
        async with make_bot(api.token, api.url, None, timedelta(seconds=20)) as bot:
            logging.getLogger("test").warning("the bot is %r", bot)
            out = TelegramMessenger(bot)
            api.private(api.person(user_id=100))
            for fault in (Fault.DROP_AFTER, Fault.ERROR_BEFORE, Fault.BAD_GATEWAY):
                api.next_send(fault)
                await out.send(message())
            await bot.get_updates(timeout=timedelta(0))
            api.revoke()
            await out.send(message())
        bot = make_bot(api.token, api.url, None, timedelta(seconds=20))
        try:
            await bot.initialize()
        except InvalidToken:
            logging.getLogger("test").exception("refused")
        finally:
            await bot.shutdown()

    with logging_at("DEBUG") as written, BotApi() as api:
        logging.getLogger().addHandler(Raw())
        asyncio.run(use(api))
    assert any(SECRET in line for line in raw), "else this test proves nothing"
    assert "***token***" in written.getvalue()
    assert "Traceback" in written.getvalue()
    assert SECRET not in written.getvalue()


def test_a_logged_http_error_shows_no_token() -> None:
    asked = httpx.Request("POST", f"https://api.telegram.org/bot{TOKEN}/getMe")
    with logging_at("WARNING") as written:
        try:
            httpx.Response(500, request=asked).raise_for_status()
        except httpx.HTTPStatusError as error:
            assert SECRET in str(error)
            logging.getLogger("any").exception("failed at %s", asked.url)
    assert written.getvalue().count("***token***") == 2
    assert SECRET not in written.getvalue()


def test_a_log_call_that_is_wrong_itself_shows_where_but_not_what() -> None:
    """The standard library would print the arguments as they are."""
    with logging_at("WARNING") as written:
        logging.getLogger("careless").warning("%d updates", f"bot{TOKEN}")
    assert "a log line of careless (" in written.getvalue()
    assert "TypeError" in written.getvalue()
    assert SECRET not in written.getvalue()


def test_a_fault_that_ends_the_process_shows_no_token() -> None:
    with logging_at("WARNING") as written:
        try:
            raise RuntimeError(f"at https://api.telegram.org/bot{TOKEN}/sendMessage")
        except RuntimeError as fault:
            sys.excepthook(RuntimeError, fault, fault.__traceback__)
    assert "RuntimeError: at https://api.telegram.org/bot***token***/send" in written.getvalue()


def test_below_debug_the_libraries_are_silent_about_each_request() -> None:
    with logging_at("INFO") as written:
        logging.getLogger("httpx").info("HTTP Request: POST")
        logging.getLogger("bot.app").info("started")
    assert "HTTP Request" not in written.getvalue()
    assert "started" in written.getvalue()


def test_passwords_of_proxies_are_redacted() -> None:
    line = "via socks5://desk:pass@word@proxy.example:1080 and http://plain.example/@x"
    assert log.redact(line) == "via socks5://***@proxy.example:1080 and http://plain.example/@x"


def test_keys_in_addresses_are_redacted() -> None:
    line = "GET https://api.example/v1?page=2&api_key=abc%2F1&subscription-Key=d&q=monkey HTTP/1.1"
    assert log.redact(line) == (
        "GET https://api.example/v1?page=2&api_key=***&subscription-Key=***&q=monkey HTTP/1.1"
    )


tokens = st.from_regex(r"[0-9]{6,12}:[A-Za-z0-9_-]{30,40}", fullmatch=True)


@given(token=tokens, before=st.text(), after=st.text())
def test_a_token_is_found_whatever_stands_around_it(token: str, before: str, after: str) -> None:
    assert token not in log.redact(f"{before}{token}{after}")
    assert token not in log.redact(f"https://api.telegram.org/bot{token}/getMe")


@given(text=st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = log.redact(text)
    assert log.redact(once) == once
