"""The door to Telegram: one message out, one outcome back. The only sender of messages."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.domain.chat import Door
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
from bot.domain.richtext import RichText, italic, rich, text
from bot.log import redact
from bot.rendering.plain import to_plain
from bot.rendering.split import split, units
from bot.rendering.telegram_html import to_telegram_html

log = logging.getLogger(__name__)

_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
"""httpx's errors before the request left; every other may have come after delivery."""

_PLAIN_MAY_DO = ("can't parse entities", "unsupported start tag", "entity", "message is too long")
_GONE = (
    "chat not found",
    "user is deactivated",
    "peer_id_invalid",
    "have no rights",
    "not enough rights",
    "need administrator rights",
    "chat_admin_required",
    "chat_write_forbidden",
    "chat_restricted",
    "channel_private",
)
"""In a 400's description: it is the chat that takes nothing, not this message."""
_TOPIC_GONE = ("message thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
"""The same of a topic of a forum: the other topics go on."""

_MAX_UNITS = 4096  # https://core.telegram.org/bots/api#sendmessage


def make_bot(token: str, api_url: str, proxy: str | None, timeout: timedelta) -> Bot:
    """A bot that talks to `api_url` only, takes no proxy from the environment, never retries."""
    seconds = timeout.total_seconds()

    def request(kind: type[HTTPXRequest], pool: int) -> HTTPXRequest:
        return kind(
            connection_pool_size=pool,
            proxy=proxy,
            connect_timeout=min(seconds, 10.0),
            read_timeout=seconds,
            write_timeout=seconds,
            pool_timeout=min(seconds, 10.0),
            httpx_kwargs={"trust_env": False},
        )

    return Bot(
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=request(HTTPXRequest, 64),
        get_updates_request=request(_UpdatesRequest, 2),
    )


class _UpdatesRequest(HTTPXRequest):
    """Asks for updates. One that python-telegram-bot cannot read comes out empty: it would else
    hide all others, and come again after each restart."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer, its updates readable."""
        answer = HTTPXRequest.parse_json_payload(payload)
        updates = answer.get("result")
        if isinstance(updates, list):
            answer["result"] = [_readable(update) for update in updates]
        return answer


def _readable(update: dict[str, Any]) -> dict[str, Any]:
    try:
        Update.de_json(update, None)
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        number = update["update_id"]
        log.error(  # noqa: TRY400 - its traceback would show what somebody wrote
            "update %s cannot be read (%s) and is passed over", number, type(error).__name__
        )
        return {"update_id": number}
    return update


class TelegramMessenger:
    """Sends outbox messages with the bot it is given, which must be initialised."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    @property
    def door(self) -> Door:
        """Telegram."""
        return Door.TELEGRAM

    async def send(self, message: OutboxMessage) -> DeliveryOutcome:
        """Send once; the outcome says what is known of it."""
        body = mark_repeat(message)
        try:
            sent = await self._bot.send_message(
                chat_id=message.address.number,
                message_thread_id=message.address.topic_id,
                text=_plain(body) if message.is_plain else to_telegram_html(body),
                parse_mode=None if message.is_plain else ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=_keyboard(message),
            )
        except TelegramError as error:
            return outcome_of(error)
        return Sent(remote_id=sent.message_id)

    async def probe(self) -> bool:
        """Whether the Bot API answers us."""
        try:
            await self._bot.get_me()
        except TelegramError:
            return False
        return True


def mark_repeat(message: OutboxMessage) -> RichText:
    """The body, headed by a line that says so where the message may have arrived before."""
    if not message.repeats:
        return message.body
    return RichText(
        (text(italic("↻ Possibly a repeat: sent before, receipt unclear.")), *message.body.lines)
    )


def _plain(body: RichText) -> str:
    """Plain text that Telegram takes: addresses in full may need more room than links did."""
    whole = to_plain(body)
    if units(whole) <= _MAX_UNITS:
        return whole
    return to_plain(split(rich(whole), limit=_MAX_UNITS - 2)[0]) + " …"


def _keyboard(message: OutboxMessage) -> InlineKeyboardMarkup | None:
    if not message.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(b.label, callback_data=b.data) for b in row]
            for row in message.buttons
        ]
    )


def outcome_of(error: TelegramError) -> DeliveryOutcome:
    """python-telegram-bot's exceptions as outcomes. Order matters: BadRequest is a NetworkError."""
    detail = redact(error.message)
    if isinstance(error.__cause__, TelegramError):
        # the body was not the Bot API's: a gateway or proxy on the way spoke, whatever its status
        return Unknown(detail=f"no answer of Telegram's ({detail[:200]})")
    match error:
        case RetryAfter():
            wait = error.retry_after
            return Throttled(
                retry_after=wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            )
        case ChatMigrated():
            return Migrated(number=error.new_chat_id)
        case InvalidToken():
            return DoorShut(detail="Telegram refuses the token: make a new one with BotFather")
        case Forbidden():
            return Unreachable(detail=detail)
        case BadRequest():
            lower = detail.lower()
            if any(gone in lower for gone in _GONE):
                return Unreachable(detail=detail)
            if any(gone in lower for gone in _TOPIC_GONE):
                return Unreachable(detail=detail, is_topic_alone=True)
            return Refused(detail=detail, is_markup=any(f in lower for f in _PLAIN_MAY_DO))
        case NetworkError():
            cause = type(error.__cause__).__name__
            if cause in _NEVER_SENT:
                return NotSent(detail=f"Telegram cannot be reached ({cause})")
            return Unknown(detail=f"no clear answer from Telegram ({detail[:200]})")
        case Conflict():
            return DoorShut(detail="another program uses Telegram with this token")
        case _:
            return Unknown(detail=f"no clear answer from Telegram ({detail[:200]})")
