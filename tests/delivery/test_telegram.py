"""Every answer that Telegram may give, over real HTTP, as the outcome that it must be."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from bot.delivery.telegram import TelegramMessenger, make_bot, outcome_of
from bot.domain.chat import Address, Door
from bot.domain.outbox import (
    DeliveryOutcome,
    DoorShut,
    Migrated,
    NotSent,
    OutboxMessage,
    Refused,
    Sent,
    Throttled,
    Unknown,
    Unreachable,
)
from bot.domain.richtext import Button, Span, bold, rich, text
from bot.log import redact
from bot.rendering.split import units
from tests.fakes.bot_api import TOKEN, BotApi, FakeChat, Fault
from tests.samples import message

PATIENT = timedelta(seconds=20)
HASTY = timedelta(seconds=0.3)


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as started:
        yield started


@pytest.fixture
def chat(api: BotApi) -> FakeChat:
    return api.private(api.person())


def to(chat: FakeChat, **changes: object) -> OutboxMessage:
    address = Address(door=Door.TELEGRAM, number=chat.id)
    return message(**({"address": address} | changes))


def send(
    api: BotApi,
    message: OutboxMessage,
    *,
    timeout: timedelta = PATIENT,
    before: Callable[[], None] = lambda: None,
) -> DeliveryOutcome:
    """One message through the door; `before` happens after the bot has said who it is."""

    async def whole() -> DeliveryOutcome:
        async with make_bot(api.token, api.url, None, timeout) as bot:
            before()
            return await TelegramMessenger(bot).send(message)

    return asyncio.run(whole())


def test_a_message_arrives_formatted_and_its_number_is_known(api: BotApi, chat: FakeChat) -> None:
    body = rich(
        text(bold("Export <licences>"), " & more"),
        text(Span("gov.uk", url="https://www.gov.uk/?a=1&b=2")),
    )
    outcome = send(api, to(chat, body=body, buttons=((Button("🔔 稀土", "watch:稀土"),),)))
    (got,) = api.sent
    assert outcome == Sent(remote_id=got.message_id)
    assert got.text == "Export <licences> & more\ngov.uk"
    assert got.styled("bold") == ["Export <licences>"]
    assert got.styled("text_link") == ["gov.uk"]
    assert got.buttons == ((("🔔 稀土", "watch:稀土"),),)
    (call,) = api.calls("sendMessage")
    assert "is_disabled" in call.params["link_preview_options"], "previews would hide the alert"


def test_a_topic_is_written_to_in_its_thread(api: BotApi) -> None:
    forum = api.supergroup(topics=(7,))
    address = Address(door=Door.TELEGRAM, number=forum.id, topic_id=7)
    assert isinstance(send(api, message(address=address)), Sent)
    assert api.sent[-1].topic == 7


def test_a_possible_repeat_says_so_above_the_message(api: BotApi, chat: FakeChat) -> None:
    send(api, to(chat, repeats=1))
    assert api.texts(chat) == ["↻ Possibly a repeat: sent before, receipt unclear.\nHello"]


def test_429_says_how_long_to_wait(api: BotApi, chat: FakeChat) -> None:
    api.throttle_next(chat, 37)
    assert send(api, to(chat)) == Throttled(retry_after=timedelta(seconds=37))
    assert api.sent == []


@pytest.mark.parametrize(
    "reason",
    [
        "bot was blocked by the user",
        "user is deactivated",
        "bot was kicked from the supergroup chat",
        "bot is not a member of the channel chat",
        "bot can't initiate conversation with a user",
    ],
)
def test_403_is_unreachable(api: BotApi, chat: FakeChat, reason: str) -> None:
    api.forbid(chat, reason)
    outcome = send(api, to(chat))
    assert isinstance(outcome, Unreachable)
    assert reason in outcome.detail


def test_a_chat_that_is_not_found_is_unreachable(api: BotApi) -> None:
    nowhere = FakeChat(id=404404, type="private", title="Nobody")
    assert send(api, to(nowhere)) == Unreachable(detail="Chat not found")


@pytest.mark.parametrize(
    "reason",
    [
        "not enough rights to send text messages to the chat",
        "have no rights to send a message",
        "need administrator rights in the channel chat",
        "CHAT_WRITE_FORBIDDEN",
        "CHAT_RESTRICTED",
        "PEER_ID_INVALID",
    ],
)
def test_a_chat_that_takes_nothing_from_us_is_unreachable(
    api: BotApi, chat: FakeChat, reason: str
) -> None:
    api.refuse_next(reason, chat)
    assert isinstance(send(api, to(chat)), Unreachable)


def test_a_topic_that_is_closed_or_gone_is_unreachable_alone(api: BotApi) -> None:
    forum = api.supergroup(topics=(7,))
    gone, closed = (
        to(forum, address=Address(door=Door.TELEGRAM, number=forum.id, topic_id=topic))
        for topic in (8, 7)
    )
    assert send(api, gone) == Unreachable(detail="Message thread not found", is_topic_alone=True)
    api.refuse_next("TOPIC_CLOSED", forum)
    assert send(api, closed) == Unreachable(detail="Topic_closed", is_topic_alone=True)


def test_a_migrated_group_gives_its_new_number(api: BotApi) -> None:
    group = api.group()
    became = api.migrate(group)
    assert send(api, to(group)) == Migrated(number=became.id)


@pytest.mark.parametrize("reason", ["can't parse entities: …", "message is too long"])
def test_what_telegram_cannot_show_formatted_may_go_as_plain_text(
    api: BotApi, chat: FakeChat, reason: str
) -> None:
    api.refuse_next(reason, chat)
    outcome = send(api, to(chat))
    assert isinstance(outcome, Refused)
    assert outcome.is_markup


@pytest.mark.parametrize("reason", ["BUTTON_DATA_INVALID", "message text is empty"])
def test_any_other_400_is_final(api: BotApi, chat: FakeChat, reason: str) -> None:
    api.refuse_next(reason, chat)
    outcome = send(api, to(chat))
    assert isinstance(outcome, Refused)
    assert not outcome.is_markup
    assert reason.casefold() in outcome.detail.casefold()


def test_plain_text_goes_out_without_a_parse_mode(api: BotApi, chat: FakeChat) -> None:
    body = rich(text(bold("a < b"), " ", Span("here", url="https://x.example/")))
    assert isinstance(send(api, to(chat, body=body, is_plain=True)), Sent)
    (got,) = api.sent
    assert (got.parse_mode, got.text) == (None, "a < b here (https://x.example/)")


def test_plain_text_that_outgrows_a_message_is_cut_and_not_lost(
    api: BotApi, chat: FakeChat
) -> None:
    """Links that fit as links need more room once their addresses are written out."""
    link = Span("link", url="https://x.example/" + "a" * 180)
    body = rich(*(text("😀 item ", link) for _ in range(40)))
    assert isinstance(send(api, to(chat, body=body, is_plain=True)), Sent)
    (got,) = api.sent
    assert got.text.endswith(" …")
    assert 3_700 < units(got.text) <= 4_096


def test_the_longest_message_has_room_for_the_mark_of_a_repeat(api: BotApi, chat: FakeChat) -> None:
    body = rich("😀" * 2000)
    assert isinstance(send(api, to(chat, body=body, repeats=1)), Sent)


def test_a_revoked_token_shuts_the_door(api: BotApi, chat: FakeChat) -> None:
    assert isinstance(send(api, to(chat), before=api.revoke), DoorShut)


@pytest.mark.parametrize("status", [401, 404, 409])
def test_401_404_and_409_shut_the_door_and_condemn_no_message(status: int) -> None:
    answer = httpx.Response(
        status, json={"ok": False, "error_code": status, "description": "Not now"}
    )
    assert isinstance(send_through(lambda _request: answer), DoorShut)


@pytest.mark.parametrize("status", [401, 403, 404, 409, 500, 502])
def test_a_web_page_instead_of_an_answer_says_nothing_of_chat_or_token(status: int) -> None:
    """A gateway, a proxy or a captive portal answered, not Telegram."""
    page = httpx.Response(status, html="<html><h1>Access denied</h1></html>")
    outcome = send_through(lambda _request: page)
    assert isinstance(outcome, Unknown)
    assert len(outcome.detail) < 300


@pytest.mark.parametrize(
    "fault", [Fault.HANG_AFTER, Fault.DROP_AFTER, Fault.ERROR_AFTER], ids=lambda f: f.name
)
def test_a_message_that_arrived_without_an_answer_is_unknown(
    api: BotApi, chat: FakeChat, fault: Fault
) -> None:
    api.next_send(fault, chat)
    outcome = send(api, to(chat), timeout=HASTY if fault is Fault.HANG_AFTER else PATIENT)
    assert isinstance(outcome, Unknown)
    assert api.texts(chat) == ["Hello"], "it did arrive"


@pytest.mark.parametrize(
    "fault", [Fault.DROP_BEFORE, Fault.ERROR_BEFORE, Fault.BAD_GATEWAY], ids=lambda f: f.name
)
def test_the_same_without_delivery_looks_the_same_to_us(
    api: BotApi, chat: FakeChat, fault: Fault
) -> None:
    api.next_send(fault, chat)
    assert isinstance(send(api, to(chat)), Unknown)
    assert api.sent == []


def test_a_closed_port_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    async def whole() -> DeliveryOutcome:
        bot = make_bot(TOKEN, f"http://127.0.0.1:{port}", None, PATIENT)
        try:
            return await TelegramMessenger(bot).send(message())
        finally:
            await asyncio.gather(*(request.shutdown() for request in bot._request))

    outcome = asyncio.run(whole())
    assert outcome == NotSent(detail="Telegram cannot be reached (ConnectError)")


NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
MAY_HAVE_ARRIVED = (
    httpx.ReadTimeout,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
)


@pytest.mark.parametrize("kind", NEVER_LEFT + MAY_HAVE_ARRIVED)
def test_each_failure_of_the_transport_says_whether_it_may_have_arrived(
    kind: type[httpx.RequestError],
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(f"of https://api.example/bot{TOKEN}/sendMessage", request=request)

    outcome = send_through(fail)
    assert isinstance(outcome, NotSent if kind in NEVER_LEFT else Unknown)
    assert TOKEN not in repr(outcome)


def send_through(answer: Callable[[httpx.Request], httpx.Response]) -> DeliveryOutcome:
    """Send over a transport that a test writes, for what a server cannot do."""

    def request() -> HTTPXRequest:
        return HTTPXRequest(httpx_kwargs={"transport": httpx.MockTransport(answer)})

    async def whole() -> DeliveryOutcome:
        requests = request(), request()
        bot = Bot(TOKEN, request=requests[0], get_updates_request=requests[1])
        try:
            return await TelegramMessenger(bot).send(message())
        finally:
            await asyncio.gather(*(each.shutdown() for each in requests))

    return asyncio.run(whole())


@pytest.mark.parametrize(
    "error",
    [BadRequest(f"wrong bot{TOKEN}"), TelegramError(f"odd bot{TOKEN}")],
    ids=["BadRequest", "TelegramError"],
)
def test_no_outcome_holds_the_token(error: TelegramError) -> None:
    assert TOKEN not in repr(outcome_of(error))
    assert redact(TOKEN) in repr(outcome_of(error))


def test_the_probe_asks_whether_telegram_answers(api: BotApi) -> None:
    async def whole() -> tuple[bool, bool, bool]:
        async with make_bot(api.token, api.url, None, PATIENT) as bot:
            out = TelegramMessenger(bot)
            up = await out.probe()
            api.set_down(is_on=True)
            down = await out.probe()
            api.set_down(is_on=False)
            return up, down, await out.probe()

    assert asyncio.run(whole()) == (True, False, True)


def test_proxies_of_the_environment_are_ignored(
    api: BotApi, chat: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert isinstance(send(api, to(chat)), Sent)


def test_a_proxy_of_the_settings_is_used_and_its_absence_is_known(
    api: BotApi, chat: FakeChat
) -> None:
    async def whole() -> DeliveryOutcome:
        bot = make_bot(api.token, api.url, "http://127.0.0.1:9", PATIENT)
        try:
            return await TelegramMessenger(bot).send(to(chat))
        finally:
            await asyncio.gather(*(request.shutdown() for request in bot._request))

    assert isinstance(asyncio.run(whole()), NotSent)
    assert api.sent == []


def test_nothing_is_sent_twice_by_the_door_itself(
    api: BotApi, chat: FakeChat, caplog: pytest.LogCaptureFixture
) -> None:
    """The library must not retry behind the policy's back."""
    caplog.set_level(logging.CRITICAL)
    api.next_send(Fault.ERROR_AFTER, chat, times=5)
    send(api, to(chat))
    assert len(api.calls("sendMessage")) == 1
