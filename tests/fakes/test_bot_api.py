"""The stand-in is as strict as Telegram: over real HTTP, without the bot."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from tests.fakes.bot_api import BotApi, Fault, Limits, Rate
from tests.fakes.bot_api.markup import MarkupError, parse_html, units
from tests.fakes.clock import FakeClock


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(clock=FakeClock()) as started:
        yield started


def call(api: BotApi, method: str, **params: str | int) -> dict[str, Any]:
    """One call; the body of the answer, whatever its status."""
    return post(f"{api.url}/bot{api.token}/{method}", params)


def post(url: str, params: Mapping[str, str | int]) -> dict[str, Any]:
    data = urlencode(params).encode()
    try:
        with request.urlopen(request.Request(url, data, method="POST"), timeout=20) as answer:
            return dict(json.load(answer))
    except HTTPError as error:
        with error:
            return dict(json.load(error))


def send(api: BotApi, chat_id: int, text: str, **params: str | int) -> dict[str, Any]:
    return call(api, "sendMessage", chat_id=chat_id, text=text, **params)


def test_a_wrong_token_is_unauthorised_and_an_unknown_method_is_not_found(api: BotApi) -> None:
    assert post(f"{api.url}/bot123456789:wrong/getMe", {})["error_code"] == 401
    assert post(f"{api.url}/botnonsense/getMe", {})["error_code"] == 404
    assert call(api, "sendFax")["error_code"] == 404
    assert call(api, "GETME")["result"]["is_bot"] is True


def test_the_length_is_counted_in_utf16_units_after_the_tags_are_gone(api: BotApi) -> None:
    chat = api.private(api.person()).id
    assert send(api, chat, "😀" * 2048)["ok"]
    assert send(api, chat, "😀" * 2049)["description"] == "Bad Request: message is too long"
    assert send(api, chat, f"<b>{'a' * 4096}</b>", parse_mode="HTML")["ok"]
    assert not send(api, chat, f"<b>{'a' * 4097}</b>", parse_mode="HTML")["ok"]
    assert send(api, chat, "  \n ")["description"] == "Bad Request: message text is empty"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<b>open", "Can't find end tag"),
        ("<script>x</script>", 'Unsupported start tag "script" at byte offset 0'),
        ("é<b", "Unclosed start tag at byte offset 2"),
        ("a < b", "Unclosed start tag at byte offset 2"),
        ("</b>", "Unexpected end tag"),
        ("<b><i>x</b></i>", 'expected "</i>", found "</b>"'),
        ("R & D", "Unescaped or unknown character reference"),
        ("&nbsp;", "Unescaped or unknown character reference"),
        ("<a href=x>y</a>", "Unclosed start tag"),
    ],
)
def test_html_that_telegram_would_not_take_is_refused(
    api: BotApi, source: str, complaint: str
) -> None:
    with pytest.raises(MarkupError, match=complaint.replace("(", r"\(")):
        parse_html(source)
    refused = send(api, api.private(api.person()).id, source, parse_mode="HTML")
    assert refused["description"].startswith("Bad Request: can't parse entities: ")


def test_entities_are_placed_in_utf16_units_and_cut_at_a_hundred(api: BotApi) -> None:
    ada = api.person()
    chat = api.private(ada).id
    html = ' 😀<b>a &amp; b</b> <a href="https://x.example/?a=1&amp;b=2">x</a>'
    sent = send(api, chat, html, parse_mode="HTML")["result"]
    assert sent["text"] == "😀a & b x"
    assert sent["entities"] == [
        {"type": "bold", "offset": 2, "length": 5},
        {"type": "text_link", "offset": 8, "length": 1, "url": "https://x.example/?a=1&b=2"},
    ]
    assert api.sent[-1].styled("bold") == ["a & b"]
    sent = send(api, chat, "<i>a</i> " * 101, parse_mode="HTML")["result"]
    assert len(sent["entities"]) == 100
    assert units("😀") == 2


def test_callback_data_has_1_to_64_bytes(api: BotApi) -> None:
    chat = api.private(api.person()).id

    def keyboard(data: str) -> str:
        return json.dumps({"inline_keyboard": [[{"text": "Watch", "callback_data": data}]]})

    assert send(api, chat, "x", reply_markup=keyboard("é" * 32))["ok"]
    for bad in ("é" * 33, ""):
        refused = send(api, chat, "x", reply_markup=keyboard(bad))
        assert refused["description"] == "Bad Request: BUTTON_DATA_INVALID"
    assert api.sent[-1].button_data == ["é" * 32]


def test_only_known_chats_and_topics_are_written_to(api: BotApi) -> None:
    assert send(api, 42, "x")["description"] == "Bad Request: chat not found"
    forum = api.supergroup(topics=(7,))
    assert send(api, forum.id, "x", message_thread_id=7)["result"]["is_topic_message"]
    refused = send(api, forum.id, "x", message_thread_id=8)
    assert refused["description"] == "Bad Request: message thread not found"
    api.forbid(forum, "bot was kicked from the supergroup chat")
    assert send(api, forum.id, "x")["error_code"] == 403
    assert len(api.sent) == 1


def test_a_migrated_group_says_where_it_went(api: BotApi) -> None:
    group = api.group()
    became = api.migrate(group)
    refused = send(api, group.id, "x")
    assert refused["error_code"] == 400
    assert refused["parameters"] == {"migrate_to_chat_id": became.id}
    old, new = call(api, "getUpdates")["result"]
    assert old["message"]["migrate_to_chat_id"] == became.id
    assert new["message"]["migrate_from_chat_id"] == group.id


def test_who_writes_too_fast_is_told_to_wait_and_refused_until_then() -> None:
    clock = FakeClock()
    limits = Limits(private=Rate(burst=2, gap=1.0), bot=Rate(burst=3, gap=10.0))
    with BotApi(clock=clock, limits=limits) as api:
        ada, bo = (api.private(api.person(name)).id for name in ("Ada", "Bo"))
        assert send(api, ada, "1")["ok"]
        assert send(api, ada, "2")["ok"]
        refused = send(api, ada, "3")
        assert refused["error_code"] == 429
        assert refused["parameters"] == {"retry_after": 1}
        assert send(api, bo, "other chats are not held")["ok"]
        clock.advance(timedelta(seconds=0.5))
        assert send(api, ada, "3")["parameters"] == {"retry_after": 10}, "the whole bot's limit"
        clock.advance(timedelta(seconds=10))
        assert send(api, ada, "3")["ok"]
        assert len(api.calls("sendMessage")) == 6


def test_a_scripted_429_holds_until_its_time_is_over() -> None:
    clock = FakeClock()
    with BotApi(clock=clock) as api:
        chat = api.private(api.person())
        api.throttle_next(chat, 30)
        assert send(api, chat.id, "x")["parameters"] == {"retry_after": 30}
        clock.advance(timedelta(seconds=29))
        assert send(api, chat.id, "x")["parameters"] == {"retry_after": 1}
        clock.advance(timedelta(seconds=1))
        assert send(api, chat.id, "x")["ok"]


def test_faults_come_before_or_after_delivery(api: BotApi) -> None:
    chat = api.private(api.person())
    for fault in (Fault.ERROR_BEFORE, Fault.ERROR_AFTER):
        api.next_send(fault, chat)
        assert send(api, chat.id, fault.name)["error_code"] == 500
    assert api.texts(chat) == ["ERROR_AFTER"]


def test_updates_are_handed_out_until_a_higher_offset_confirms_them(api: BotApi) -> None:
    ada = api.person()
    chat = api.private(ada)
    first, second = (api.say(chat, ada, text)["update_id"] for text in ("/start", "hello"))

    def poll(**params: str | int) -> list[int]:
        return [each["update_id"] for each in call(api, "getUpdates", **params)["result"]]

    assert poll() == [first, second]
    assert poll(offset=first) == [first, second], "the offset itself is not confirmed"
    assert poll(offset=second, limit=1) == [second]
    assert poll(offset=second + 1) == []
    assert api.waiting_updates == 0
    api.say(chat, ada, "edited", is_edited=True)
    third = api.say(chat, ada, "new")["update_id"]
    assert poll(allowed_updates='["message"]') == [third]


def test_a_long_poll_returns_as_soon_as_there_is_an_update(api: BotApi) -> None:
    ada = api.person()
    chat = api.private(ada)
    answers: list[dict[str, Any]] = []
    polling = threading.Thread(
        target=lambda: answers.append(call(api, "getUpdates", timeout=50)), daemon=True
    )
    polling.start()
    api.wait_until(lambda: len(api.calls("getUpdates")) == 1)
    update = api.say(chat, ada, "/start")
    polling.join(timeout=10)
    assert answers[0]["result"] == [update]
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


def test_a_second_poller_ends_the_first(api: BotApi) -> None:
    answers: list[dict[str, Any]] = []
    polling = threading.Thread(
        target=lambda: answers.append(call(api, "getUpdates", timeout=50)), daemon=True
    )
    polling.start()
    api.wait_until(lambda: len(api.calls("getUpdates")) == 1)
    assert call(api, "getUpdates", timeout=0)["ok"]
    polling.join(timeout=10)
    assert answers[0]["error_code"] == 409


def test_an_edit_must_change_something(api: BotApi) -> None:
    chat = api.private(api.person())
    number = send(api, chat.id, "old")["result"]["message_id"]

    def edit(text: str) -> dict[str, Any]:
        return call(api, "editMessageText", chat_id=chat.id, message_id=number, text=text)

    assert "message is not modified" in edit("old")["description"]
    assert edit("new")["ok"]
    assert api.texts(chat) == ["new"]


def test_a_button_press_can_be_answered_once(api: BotApi) -> None:
    ada = api.person()
    chat = api.private(ada)
    markup = json.dumps({"inline_keyboard": [[{"text": "A", "callback_data": "a:b"}]]})
    send(api, chat.id, "x", reply_markup=markup)
    query = api.press(ada, api.sent[-1], "a:b")["callback_query"]["id"]
    assert call(api, "answerCallbackQuery", callback_query_id=query)["ok"]
    assert (
        "query is too old"
        in (call(api, "answerCallbackQuery", callback_query_id=query)["description"])
    )
    assert api.acknowledged == [query]
