"""The door in from Telegram: updates to Commands; replies go through the outbox like all else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User
from telegram import Chat as TelegramChat
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.domain.chat import Address, Chat, ChatKind, ChatState, Door, Person
from bot.domain.outbox import Draft, MessageKind, Priority
from bot.errors import StorageError
from bot.rendering.split import TELEGRAM_ROOM, split
from handlers.commands import COMMANDS, dispatch, is_slow, no_command
from handlers.entry import Typed, read_button, read_typed
from handlers.model import Command, Context, Reply

log = logging.getLogger(__name__)

ANONYMOUS_ADMIN = 1087968824
LINKED_CHANNEL = 777000
_STRANGER_REPLIES = 5  # answers a stranger gets in an hour, so that nobody can fill the outbox

App = Application[Any, Any, Any, Any, Any, Any]


def menu() -> list[tuple[str, str]]:
    """Telegram's command menu, from the one table."""
    return [(spec.name, spec.summary) for spec in COMMANDS if spec.is_listed]


class TelegramIn:
    """Hands updates to the commands and queues the replies."""

    def __init__(self, context: Context, wake: Callable[[], None]) -> None:
        self._context = context
        self._wake = wake
        self._slow: set[asyncio.Task[None]] = set()
        self.unstored: StorageError | None = None
        """Why the last update could not be stored: it must be handled again. Whoever hands updates
        in clears it."""

    def register(self, app: App) -> None:
        """Subscribe to what can be a command and to what happens to the bot's membership."""
        fresh = filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST
        app.add_handler(MessageHandler(fresh, self._on_message))
        app.add_handler(CallbackQueryHandler(self._on_button))
        app.add_handler(ChatMemberHandler(self._on_membership, ChatMemberHandler.MY_CHAT_MEMBER))
        app.add_error_handler(self._on_error)

    async def _on_error(self, _update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        if isinstance(context.error, StorageError):
            self.unstored = context.error
            return
        log.error("an update met a fault: %s", context.error, exc_info=context.error)

    async def _on_message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None:
            return
        if message.migrate_to_chat_id is not None:
            await self._context.store.migrate_chat(
                _address(message.chat, None), message.migrate_to_chat_id
            )
            return
        if message.forum_topic_reopened is not None:
            await self._chat(message.chat, _topic(message))  # reachable again
            return
        if message.text is None or not _is_own_words(message):
            return
        typed = read_typed(message.text)
        if typed is not None and typed.addressee not in {"", context.bot.username.casefold()}:
            return
        if typed is None and message.chat.type != TelegramChat.PRIVATE:
            return
        chat = await self._chat(message.chat, _topic(message))
        answering = self._answer(
            chat, _person(message), typed, f"u{update.update_id}", reply_to=_replied_to(message)
        )
        if typed is not None and is_slow(typed.name):
            task = asyncio.create_task(answering, name=f"/{typed.name}")
            self._slow.add(task)
            task.add_done_callback(self._answered)
        else:
            await answering

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._slow.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("%s stays without an answer: %s", task.get_name(), fault, exc_info=fault)

    async def settle(self) -> None:
        """Until all commands are answered, those too that ask publishers."""
        await asyncio.gather(*self._slow, return_exceptions=True)

    async def stop(self) -> None:
        """Give up the commands that ask publishers: they have changed nothing yet."""
        for task in self._slow:
            task.cancel()
        await self.settle()

    async def _on_button(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query is None:
            return
        typed = read_button(query.data or "")
        message = query.message
        if typed is not None and message is not None:
            topic = _topic(message) if isinstance(message, Message) else None
            chat = await self._chat(message.chat, topic)
            await self._answer(chat, _someone(query.from_user), typed, f"u{update.update_id}")
        await _acknowledge(query)

    async def _answer(
        self,
        chat: Chat,
        person: Person,
        typed: Typed | None,
        origin: str,
        *,
        reply_to: int | None = None,
    ) -> None:
        store, now = self._context.store, self._context.clock.now()
        key = f"reply:{chat.chat_id}:{origin}"
        if await store.is_promised(f"{key}:0"):
            return  # Telegram hands an update out again that it was not told of: done already
        if chat.state is ChatState.STRANGER and not self._context.is_operator(person):
            given = await store.reply_count(chat.chat_id, now - timedelta(hours=1))
            if given >= _STRANGER_REPLIES:
                return
        reply: Reply | None
        if typed is None:
            reply = no_command(chat.kind)
        else:
            reply = await dispatch(
                self._context,
                Command(
                    name=typed.name,
                    args=typed.args,
                    chat=chat,
                    person=person,
                    now=now,
                    reply_to=reply_to,
                ),
            )
        if reply is None:
            return
        parts = split(reply.body, limit=TELEGRAM_ROOM)
        await store.enqueue(
            [
                Draft(
                    chat_id=chat.chat_id,
                    kind=MessageKind.REPLY,
                    priority=Priority.REPLY,
                    body=part,
                    dedup_key=f"{key}:{at}",
                    buttons=reply.buttons if at == len(parts) - 1 else (),
                )
                for at, part in enumerate(parts)
            ],
            now,
        )
        self._wake()

    async def _chat(self, chat: TelegramChat, topic: int | None) -> Chat:
        """The chat; one that was unreachable and writes again is reachable again."""
        store, now = self._context.store, self._context.clock.now()
        address = _address(chat, topic)
        found = await store.ensure_chat(
            address, ChatKind(chat.type), _title(chat), ChatState.STRANGER, now
        )
        if found.state is ChatState.SUSPENDED:
            await store.set_states_at(address, ChatState.ACTIVE, only_from=ChatState.SUSPENDED)
            self._wake()
            found = await store.find_chat(address) or found
        return found

    async def _on_membership(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        change = update.my_chat_member
        if change is None:
            return
        store, now = self._context.store, self._context.clock.now()
        address = _address(change.chat, None)
        if _is_out(change):
            await store.set_states_at(address, ChatState.SUSPENDED, only_from=ChatState.ACTIVE)
            await store.set_states_at(address, ChatState.STRANGER, only_from=ChatState.ADMITTED)
            return
        chat = await self._chat(change.chat, None)
        person = _someone(change.from_user)
        if chat.state is ChatState.STRANGER and self._context.is_operator(person):
            await store.set_chat_state(chat.chat_id, ChatState.ADMITTED, now)


def _is_own_words(message: Message) -> bool:
    """Typed here, by someone: not forwarded, not through a bot, not from a linked channel."""
    sender = message.from_user
    return not (
        message.forward_origin is not None
        or message.via_bot is not None
        or message.is_automatic_forward
        or (sender is not None and (sender.id == LINKED_CHANNEL or _is_other_bot(sender)))
    )


def _is_other_bot(sender: User) -> bool:
    return sender.is_bot and sender.id != ANONYMOUS_ADMIN


def _person(message: Message) -> Person:
    sender = message.from_user
    if sender is None or sender.id == ANONYMOUS_ADMIN or message.sender_chat is not None:
        on_behalf = message.sender_chat or message.chat
        return Person(user_id=None, name=_name(on_behalf.title or "anonymous administrator"))
    return _someone(sender)


def _someone(user: User) -> Person:
    return Person(user_id=user.id, name=_name(user.full_name))


def _topic(message: Message) -> int | None:
    return message.message_thread_id if message.is_topic_message else None


def _replied_to(message: Message) -> int | None:
    """The number of the message that it replies to. All that is written in a forum's topic replies
    to the message that opened it, unless to another."""
    replied = message.reply_to_message
    if replied is None or (message.is_topic_message and replied.forum_topic_created is not None):
        return None
    return replied.message_id


def _address(chat: TelegramChat, topic: int | None) -> Address:
    return Address(door=Door.TELEGRAM, number=chat.id, topic_id=topic)


def _title(chat: TelegramChat) -> str:
    return _name(chat.title or chat.full_name or chat.username or str(chat.id))


def _name(given: str) -> str:
    """A name as it can be stored: without halves of signs (lone surrogates)."""
    return given.encode("utf-8", "ignore").decode("utf-8")


def _is_out(change: ChatMemberUpdated) -> bool:
    return change.new_chat_member.status in {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}


async def _acknowledge(query: CallbackQuery) -> None:
    """Stop the button's waiting sign; too late for that is no harm."""
    try:
        await query.answer()
    except TelegramError as error:
        log.info("a button press could not be acknowledged: %s", error.message)
