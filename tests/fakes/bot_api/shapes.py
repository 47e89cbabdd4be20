"""Telegram's nouns in Telegram's own JSON. Source: https://core.telegram.org/bots/api#available-types"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.bot_api.markup import Entity, units

Json = dict[str, Any]

ANONYMOUS_ADMIN = 1087968824
LINKED_CHANNEL = 777000
CHANNEL_BOT = 136817688

_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeUser:
    """A person or a bot."""

    id: int
    first_name: str
    username: str | None = None
    is_bot: bool = False

    def json(self) -> Json:
        """A User."""
        shape: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            shape["username"] = self.username
        return shape


@dataclass(slots=True, kw_only=True, eq=False)
class FakeChat:
    """A chat. `topics` holds the message_thread_ids of a forum."""

    id: int
    type: str
    title: str
    username: str | None = None
    topics: set[int] = field(default_factory=set)
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)
    bot_status: str = "member"
    migrated_to: int | None = None

    @property
    def is_private(self) -> bool:
        """A chat with one person."""
        return self.type == "private"

    def json(self) -> Json:
        """A Chat."""
        shape: Json = {"id": self.id, "type": self.type}
        shape["first_name" if self.is_private else "title"] = self.title
        if self.username:
            shape["username"] = self.username
        if self.is_forum:
            shape["is_forum"] = True
        return shape


Buttons = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of (label, callback data)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A message that reached its chat, whatever the bot was told of it.

    `text` is what a person reads, `raw` what the bot sent.
    """

    chat_id: int
    topic: int | None
    message_id: int
    text: str
    raw: str
    parse_mode: str | None
    entities: tuple[Entity, ...]
    buttons: Buttons
    at: datetime

    def styled(self, kind: str) -> list[str]:
        """The texts of the entities of a kind, in order."""
        wide = self.text.encode("utf-16-le")
        return [
            wide[2 * e.offset : 2 * (e.offset + e.length)].decode("utf-16-le")
            for e in self.entities
            if e.type == kind
        ]

    @property
    def button_data(self) -> list[str]:
        """The callback data of all buttons."""
        return [data for row in self.buttons for _, data in row]


def message_json(delivered: Delivered, chat: FakeChat, bot: FakeUser) -> Json:
    """The Message of what the bot sent."""
    shape: Json = {
        "message_id": delivered.message_id,
        "date": int(delivered.at.timestamp()),
        "chat": chat.json(),
        "text": delivered.text,
    }
    if chat.type == "channel":
        shape["sender_chat"] = chat.json()
    else:
        shape["from"] = bot.json()
    if delivered.topic is not None:
        shape |= {"message_thread_id": delivered.topic, "is_topic_message": True}
    if delivered.entities:
        shape["entities"] = [
            {"type": e.type, "offset": e.offset, "length": e.length}
            | ({"url": e.url} if e.url else {})
            for e in delivered.entities
        ]
    if delivered.buttons:
        shape["reply_markup"] = {
            "inline_keyboard": [
                [{"text": label, "callback_data": data} for label, data in row]
                for row in delivered.buttons
            ]
        }
    return shape


def topic_json(chat: FakeChat, topic: int, date: int) -> Json:
    """The Message that opened a forum's topic."""
    return {
        "message_id": topic,
        "message_thread_id": topic,
        "is_topic_message": True,
        "date": date,
        "chat": chat.json(),
        "forum_topic_created": {"name": "Topic", "icon_color": 7322096},
    }


def typed_json(
    chat: FakeChat, sender: FakeUser | None, text: str, message_id: int, date: int
) -> Json:
    """The Message of what a person, or a channel, posts."""
    shape: Json = {"message_id": message_id, "date": date, "chat": chat.json(), "text": text}
    if sender is None:
        shape["sender_chat"] = chat.json()
    else:
        shape["from"] = sender.json()
    if text.startswith("/"):
        length = units(text.split(maxsplit=1)[0])
        shape["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    return shape


def member_json(user: FakeUser, status: str) -> Json:
    """A ChatMember."""
    shape: Json = {"user": user.json(), "status": status}
    if status == "administrator":
        shape |= dict.fromkeys(_ADMIN_RIGHTS, False) | {"can_post_messages": True}
    elif status == "creator":
        shape["is_anonymous"] = False
    elif status == "kicked":
        shape["until_date"] = 0
    return shape
