"""The methods of the Bot API that the stand-in knows, each as strict as Telegram's own.

Descriptions of refusals are Telegram's, word for word: the bot under test reads them.
Source: https://core.telegram.org/bots/api#available-methods
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.bot_api.markup import Entity, MarkupError, parse_html, trimmed, units
from tests.fakes.bot_api.shapes import Buttons, Delivered, FakeUser, Json, member_json, message_json
from tests.fakes.bot_api.state import Fault, RefusalError, State, bad_request, too_many

MAX_UNITS = 4096
MAX_DATA_BYTES = 64
MAX_BUTTONS = 100

Params = dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """The result, and the fault that comes between it and the bot."""

    result: Any
    fault: Fault | None = None


Method = Callable[[State, Params], Answer]


def get_me(state: State, _params: Params) -> Answer:
    """Who the bot is."""
    return Answer(
        state.me.json()
        | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
    )


def set_my_commands(state: State, params: Params) -> Answer:
    """The menu; names are 1-32 of a-z, 0-9 and _, descriptions 1-256 characters."""
    commands = json.loads(params.get("commands", "[]"))
    for each in commands:
        name, what = each["command"], each["description"]
        is_name = 1 <= len(name) <= 32 and name.isascii() and name.replace("_", "a").isalnum()
        if not is_name or name != name.lower():
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(what) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    state.menu = commands
    return Answer(True)


def delete_webhook(_state: State, _params: Params) -> Answer:
    """There never is one here."""
    return Answer(True)


def send_message(state: State, params: Params) -> Answer:
    """Deliver a text, or refuse it, or play what is scripted."""
    chat = state.chat(params.get("chat_id", ""))
    now = state.clock.monotonic()
    fault = state.next_fault(chat.id)
    if isinstance(fault, RefusalError):
        if fault.code == 429:
            bucket = state.buckets.of(chat.id, is_private=chat.is_private)
            bucket.shut(now, fault.parameters["retry_after"])
        raise fault
    wait = state.buckets.charge(chat.id, now, is_private=chat.is_private)
    if wait:
        raise too_many(wait)
    topic = int(params["message_thread_id"]) if "message_thread_id" in params else None
    if topic is not None and topic not in chat.topics:
        raise bad_request("message thread not found")
    text, entities = _body(params)
    delivered = Delivered(
        chat_id=chat.id,
        topic=topic,
        message_id=next(state.message_ids),
        text=text,
        raw=params["text"],
        parse_mode=params.get("parse_mode"),
        entities=entities,
        buttons=_buttons(params),
        at=state.clock.now(),
    )
    if fault is None or fault.delivers:
        state.sent.append(delivered)
    return Answer(message_json(delivered, chat, state.me), fault)


def edit_message_text(state: State, params: Params) -> Answer:
    """Change a text that the bot sent."""
    chat = state.chat(params.get("chat_id", ""))
    wanted = params.get("message_id", "")
    for at, old in enumerate(state.sent):
        if old.chat_id == chat.id and str(old.message_id) == wanted:
            text, entities = _body(params)
            new = replace(
                old,
                text=text,
                raw=params["text"],
                parse_mode=params.get("parse_mode"),
                entities=entities,
                buttons=_buttons(params),
            )
            if (new.text, new.entities, new.buttons) == (old.text, old.entities, old.buttons):
                raise bad_request(
                    "message is not modified: specified new message content and reply markup are "
                    "exactly the same as a current content and reply markup of the message"
                )
            state.sent[at] = new
            return Answer(message_json(new, chat, state.me) | {"edit_date": state.date()})
    raise bad_request("message to edit not found")


def answer_callback_query(state: State, params: Params) -> Answer:
    """Stop a button's waiting sign, once."""
    query = params.get("callback_query_id", "")
    if query not in state.open_queries:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(params.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    state.open_queries.discard(query)
    state.acknowledged.append(query)
    return Answer(True)


def get_chat_member(state: State, params: Params) -> Answer:
    """What someone is in a chat."""
    chat = state.chat(params.get("chat_id", ""))
    user_id = int(params.get("user_id", "0"))
    if user_id == state.me.id:
        return Answer(member_json(state.me, chat.bot_status))
    if user_id not in chat.members:
        raise bad_request("user not found")
    user = FakeUser(id=user_id, first_name=f"User {user_id}")
    return Answer(member_json(user, chat.members[user_id]))


def get_chat_administrators(state: State, params: Params) -> Answer:
    """Who runs a group or channel."""
    chat = state.chat(params.get("chat_id", ""))
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    return Answer(
        [
            member_json(FakeUser(id=user_id, first_name=f"User {user_id}"), status)
            for user_id, status in chat.members.items()
            if status in {"creator", "administrator"}
        ]
    )


def take_updates(state: State, params: Params) -> list[Json]:
    """Confirm what lies before `offset`, and hand out what lies behind it.

    A negative offset counts from the end and forgets what lies before.
    """
    offset = int(params.get("offset", "0"))
    limit = min(max(int(params.get("limit", "100")), 1), 100)
    if offset < 0:
        state.updates = state.updates[offset:]
    elif offset:
        state.updates = [each for each in state.updates if each["update_id"] >= offset]
    wanted = json.loads(params.get("allowed_updates") or "[]")
    if wanted:
        state.updates = [each for each in state.updates if set(each) & set(wanted)]
    return state.updates[:limit]


def _body(params: Params) -> tuple[str, tuple[Entity, ...]]:
    raw, mode = params.get("text", ""), params.get("parse_mode")
    if len(raw.encode("utf-8", "surrogatepass")) > 8 * MAX_UNITS:
        raise bad_request("message is too long")
    if mode not in {None, "HTML"}:
        raise bad_request("unsupported parse_mode")
    try:
        parsed = parse_html(raw) if mode == "HTML" else (raw, [])
    except MarkupError as error:
        raise bad_request(f"can't parse entities: {error}") from None
    text, entities = trimmed(*parsed)
    if not text:
        raise bad_request("message text is empty")
    if units(text) > MAX_UNITS:
        raise bad_request("message is too long")
    return text, entities


def _buttons(params: Params) -> Buttons:
    markup = json.loads(params.get("reply_markup") or "{}")
    rows = markup.get("inline_keyboard", [])
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    for each in (button for row in rows for button in row):
        if not each.get("text"):
            raise bad_request("inline keyboard button text must be non-empty")
        if "callback_data" not in each:
            raise bad_request(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline "
                "keyboard"
            )
        if not 1 <= len(each["callback_data"].encode()) <= MAX_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    return tuple(tuple((b["text"], b["callback_data"]) for b in row) for row in rows)


METHODS: dict[str, Method] = {
    "getme": get_me,
    "setmycommands": set_my_commands,
    "deletewebhook": delete_webhook,
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "answercallbackquery": answer_callback_query,
    "getchatmember": get_chat_member,
    "getchatadministrators": get_chat_administrators,
}
"""By name in lower case: Telegram's names know no case. getUpdates waits, so the server has it."""
