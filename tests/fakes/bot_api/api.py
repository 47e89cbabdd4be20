"""The stand-in as tests see it: make chats, put updates, script faults, read the transcript."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bot.clock import SystemClock
from bot.ports import Clock
from tests.fakes.bot_api import shapes
from tests.fakes.bot_api.limits import UNLIMITED, Limits
from tests.fakes.bot_api.server import Server
from tests.fakes.bot_api.shapes import Delivered, FakeChat, FakeUser, Json
from tests.fakes.bot_api.state import WAIT, Call, Fault, RefusalError, State, bad_request, too_many

TOKEN = "123456789:TEST-only-token-of-the-stand-in-0123456789"
BOT = FakeUser(id=123456789, first_name="Tidewaiter", username="tidewaiter_bot", is_bot=True)


class BotApi:
    """A Bot API server that lasts as long as the `with` block.

    `clock` dates messages and drives the token buckets. Without `limits` there are none.
    """

    def __init__(
        self, *, token: str = TOKEN, clock: Clock | None = None, limits: Limits = UNLIMITED
    ) -> None:
        self.token = token
        self._state = State(token, clock or SystemClock(), limits, BOT)
        self._server = Server(self._state)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """What TELEGRAM_API_URL should say."""
        return f"http://127.0.0.1:{self._server.port}"

    # Chats

    def person(self, name: str = "Ada", user_id: int | None = None) -> FakeUser:
        """Somebody."""
        return FakeUser(id=user_id or next(self._state.numbers), first_name=name)

    def private(self, user: FakeUser) -> FakeChat:
        """The chat with somebody; it has the person's number."""
        return self._open(FakeChat(id=user.id, type="private", title=user.first_name))

    def group(self, title: str = "Desk") -> FakeChat:
        """A small group."""
        return self._open(FakeChat(id=-next(self._state.numbers), type="group", title=title))

    def supergroup(self, title: str = "Desk", topics: tuple[int, ...] = ()) -> FakeChat:
        """A supergroup; with topics, a forum."""
        return self._open(
            FakeChat(
                id=_long(next(self._state.numbers)),
                type="supergroup",
                title=title,
                topics=set(topics),
                is_forum=bool(topics),
            )
        )

    def channel(self, title: str = "News") -> FakeChat:
        """A channel in which the bot may post."""
        return self._open(
            FakeChat(
                id=_long(next(self._state.numbers)),
                type="channel",
                title=title,
                bot_status="administrator",
            )
        )

    def _open(self, chat: FakeChat) -> FakeChat:
        with self._state.changed:
            return self._state.chats.setdefault(chat.id, chat)

    # Updates; each method returns the update as the bot will see it

    def say(
        self,
        chat: FakeChat,
        user: FakeUser | None,
        text: str,
        *,
        topic: int | None = None,
        reply_thread: int | None = None,
        reply_to: Delivered | None = None,
        is_forwarded: bool = False,
        is_edited: bool = False,
        is_via_bot: bool = False,
    ) -> Json:
        """Somebody writes; without a user it is a channel's own post.

        `topic` is the forum topic; `reply_thread` is the thread of a reply outside of forums;
        `reply_to` is the bot's message that it replies to.
        """
        state = self._state
        with state.changed:
            message = self._typed(chat, user, text)
            if topic is not None:
                assert topic in chat.topics, f"{chat.title} has no topic {topic}"
                message |= {"message_thread_id": topic, "is_topic_message": True}
            elif reply_thread is not None:
                message["message_thread_id"] = reply_thread
            if reply_to is not None:
                message["reply_to_message"] = shapes.message_json(reply_to, chat, state.me)
            elif topic is not None:  # what opened the topic, for Telegram
                message["reply_to_message"] = shapes.topic_json(chat, topic, state.date())
            if is_forwarded:
                origin = FakeUser(id=99, first_name="Origin")
                message["forward_origin"] = {
                    "type": "user",
                    "sender_user": origin.json(),
                    "date": state.date(),
                }
            if is_via_bot:
                message["via_bot"] = FakeUser(id=98, first_name="Via", is_bot=True).json()
            kind = "channel_post" if chat.type == "channel" else "message"
            if is_edited:
                message["edit_date"] = state.date()
                kind = f"edited_{kind}"
            return state.put(kind, message)

    def say_anonymously(self, chat: FakeChat, text: str) -> Json:
        """An administrator writes on behalf of the group."""
        sender = FakeUser(
            id=shapes.ANONYMOUS_ADMIN,
            first_name="Group",
            username="GroupAnonymousBot",
            is_bot=True,
        )
        return self._on_behalf(chat, sender, chat, text)

    def say_as_channel(self, chat: FakeChat, channel: FakeChat, text: str) -> Json:
        """Somebody writes in a group in the name of a channel."""
        sender = FakeUser(id=shapes.CHANNEL_BOT, first_name="Channel", is_bot=True)
        return self._on_behalf(chat, sender, channel, text)

    def relay(self, chat: FakeChat, channel: FakeChat, text: str) -> Json:
        """A post of the linked channel appears in its discussion group."""
        sender = FakeUser(id=shapes.LINKED_CHANNEL, first_name="Telegram")
        return self._on_behalf(
            chat,
            sender,
            channel,
            text,
            is_automatic_forward=True,
            forward_origin={
                "type": "channel",
                "chat": channel.json(),
                "message_id": 7,
                "date": self._state.date(),
            },
        )

    def _on_behalf(
        self, chat: FakeChat, sender: FakeUser, behalf: FakeChat, text: str, **more: object
    ) -> Json:
        with self._state.changed:
            message = self._typed(chat, sender, text)
            message |= {"sender_chat": behalf.json(), **more}
            return self._state.put("message", message)

    def _typed(self, chat: FakeChat, user: FakeUser | None, text: str) -> Json:
        if user is not None and not chat.is_private:
            chat.members.setdefault(user.id, "member")
        state = self._state
        return shapes.typed_json(chat, user, text, next(state.message_ids), state.date())

    def press(self, user: FakeUser, message: Delivered, data: str) -> Json:
        """Somebody presses a button that the message has."""
        assert data in message.button_data, f"no button {data!r} in {message.button_data}"
        state = self._state
        with state.changed:
            query = f"{next(state.numbers)}"
            state.open_queries.add(query)
            chat = state.chats[message.chat_id]
            return state.put(
                "callback_query",
                {
                    "id": query,
                    "from": user.json(),
                    "message": shapes.message_json(message, chat, state.me),
                    "chat_instance": "1",
                    "data": data,
                },
            )

    def member(self, chat: FakeChat, by: FakeUser, status: str) -> Json:
        """Somebody makes the bot member, administrator, left or kicked (blocked)."""
        state = self._state
        with state.changed:
            old, chat.bot_status = chat.bot_status, status
            return state.put(
                "my_chat_member",
                {
                    "chat": chat.json(),
                    "from": by.json(),
                    "date": state.date(),
                    "old_chat_member": shapes.member_json(state.me, old),
                    "new_chat_member": shapes.member_json(state.me, status),
                },
            )

    def migrate(self, group: FakeChat, *, is_announced: bool = True) -> FakeChat:
        """The group becomes a supergroup; `is_announced` puts both service messages."""
        became = self.supergroup(group.title)
        state = self._state
        with state.changed:
            group.migrated_to = became.id
            became.members = dict(group.members)
            if is_announced:
                user = FakeUser(id=97, first_name="Owner")
                for chat, key, other in (
                    (group, "migrate_to_chat_id", became),
                    (became, "migrate_from_chat_id", group),
                ):
                    message = self._typed(chat, user, "") | {key: other.id}
                    del message["text"]
                    state.put("message", message)
        return became

    def repeat(self, update: Json) -> None:
        """Hand out an update that was confirmed already."""
        with self._state.changed:
            self._state.updates.append(update)
            self._state.on_update()

    # Faults

    def forbid(self, chat: FakeChat, reason: str = "bot was blocked by the user") -> None:
        """Answer 403 from now on."""
        with self._state.changed:
            self._state.forbidden[chat.id] = reason

    def allow(self, chat: FakeChat) -> None:
        """No more 403."""
        with self._state.changed:
            self._state.forbidden.pop(chat.id, None)

    def next_send(self, fault: Fault, chat: FakeChat | None = None, times: int = 1) -> None:
        """Play a fault with the next message to the chat, or to any."""
        self._script(chat, [fault] * times)

    def throttle_next(self, chat: FakeChat | None, retry_after: int) -> None:
        """Answer the next message with 429; sooner ones than it says are refused too."""
        self._script(chat, [too_many(retry_after)])

    def refuse_next(self, reason: str, chat: FakeChat | None = None) -> None:
        """Answer the next message with 400 and this reason."""
        self._script(chat, [bad_request(reason)])

    def _script(self, chat: FakeChat | None, what: list[Fault] | list[RefusalError]) -> None:
        with self._state.changed:
            key = None if chat is None else chat.id
            self._state.script.setdefault(key, deque()).extend(what)

    def set_conflict(self, *, is_on: bool) -> None:
        """Whether getUpdates answers 409, as if another instance polled."""
        with self._state.changed:
            self._state.is_conflicting = is_on
            self._state.on_update()

    def set_down(self, *, is_on: bool) -> None:
        """Whether every call is answered with 502."""
        with self._state.changed:
            self._state.is_down = is_on

    def revoke(self) -> None:
        """The token is valid no more: 401 from now on."""
        with self._state.changed:
            self._state.is_revoked = True
            self._state.on_update()

    # What happened

    @property
    def sent(self) -> list[Delivered]:
        """What reached its chat so far, in order; a copy."""
        with self._state.changed:
            return list(self._state.sent)

    def texts(self, chat: FakeChat) -> list[str]:
        """What a chat has read."""
        return [each.text for each in self.sent if each.chat_id == chat.id]

    @property
    def menu(self) -> list[Json]:
        """The commands that were set."""
        with self._state.changed:
            return list(self._state.menu)

    @property
    def acknowledged(self) -> list[str]:
        """The button presses that were answered."""
        with self._state.changed:
            return list(self._state.acknowledged)

    def calls(self, method: str) -> list[Call]:
        """The calls of a method, refused ones too. Case does not matter."""
        with self._state.changed:
            return [call for call in self._state.calls if call.method == method.lower()]

    @property
    def waiting_updates(self) -> int:
        """How many updates are not confirmed."""
        with self._state.changed:
            return len(self._state.updates)

    def wait_for(
        self, predicate: Callable[[Delivered], bool], *, timeout: float = WAIT
    ) -> Delivered:
        """The first message that fits, now or later.

        Raises:
            AssertionError: none came within `timeout` seconds; shows what did.
        """
        self.wait_until(lambda: any(map(predicate, self._state.sent)), timeout=timeout)
        return next(filter(predicate, self.sent))

    def wait_until(self, condition: Callable[[], bool], *, timeout: float = WAIT) -> None:
        """Until a condition on this server holds; it is looked at after each call of the bot.

        Raises:
            AssertionError: it did not within `timeout` seconds.
        """
        with self._state.changed:
            if not self._state.changed.wait_for(condition, timeout):
                shown = "\n".join(f"  {m.chat_id}: {m.text!r}" for m in self._state.sent)
                raise AssertionError(f"waited {timeout} s in vain; delivered so far:\n{shown}")

    def wait_until_deserted(self) -> None:
        """Until no connection is open: what bots that were killed had sent has been handled.

        Raises:
            TimeoutError: one still was after `WAIT` seconds.
        """
        self._server.wait_until_deserted(WAIT)


def _long(number: int) -> int:
    """A supergroup's or channel's number."""
    return -1_000_000_000_000 - number
