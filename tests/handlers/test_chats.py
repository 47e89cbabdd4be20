"""Only operators let a chat in; what is paused loses nothing."""

from __future__ import annotations

from pathlib import Path

from bot.domain.chat import Address, ChatKind, ChatState, Door
from tests.desk import ADMIN, PRIVATE, STRANGER, Desk, wait
from tests.samples import item

GROUP = Address(door=Door.TELEGRAM, number=-200)
TOPIC = Address(door=Door.TELEGRAM, number=-200, topic_id=7)


def state(desk: Desk, address: Address = PRIVATE) -> ChatState:
    chat = wait(desk.store.find_chat(address))
    assert chat is not None
    return chat.state


def test_an_operator_subscribes_a_chat_in_four_lines_and_three_buttons(stranger: Desk) -> None:
    said = stranger.say("/start")
    assert state(stranger) is ChatState.ACTIVE
    assert len(said.split("\n")) == 4
    assert stranger.last is not None
    assert [button.data for (button,) in stranger.last.buttons] == [
        "watch:rare earths",
        "watch:Nexperia",
        "watch:export licence",
    ]


def test_a_stranger_is_refused_politely_and_told_the_own_number(stranger: Desk) -> None:
    said = stranger.say("/start", person=STRANGER)
    assert stranger.was_refused
    assert state(stranger) is ChatState.STRANGER
    assert "Your user number is 2." in said
    assert "Ask the desk that runs this bot" in said


def test_where_no_operator_is_named_the_refusal_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path, admins=frozenset())
    assert "TIDEWAITER_ADMINS" in desk.say("/start")
    desk.close()


def test_a_stranger_may_ask_for_help_only(stranger: Desk) -> None:
    assert "/watch TEXT" in stranger.say("/help", person=STRANGER)
    for line in ("/watch gallium", "/search gallium", "/latest", "/status", "/digest", "/stop"):
        assert "not subscribed" in stranger.say(line, person=STRANGER)


def test_a_member_may_start_where_an_operator_let_the_bot_in(stranger: Desk) -> None:
    chat = stranger.chat(GROUP, ChatKind.GROUP)
    wait(stranger.store.set_chat_state(chat.chat_id, ChatState.ADMITTED, stranger.clock.now()))
    stranger.say("/start", person=STRANGER, address=TOPIC, kind=ChatKind.SUPERGROUP)
    assert state(stranger, TOPIC) is ChatState.ACTIVE


def test_stop_pauses_and_keeps_the_watches(desk: Desk) -> None:
    desk.watch("gallium")
    assert "Your watch is kept" in desk.say("/stop")
    assert state(desk) is ChatState.PAUSED
    assert desk.publish(item("Gallium prices")) == 0
    desk.say("/start", person=STRANGER)
    assert state(desk) is ChatState.ACTIVE
    assert "gallium" in desk.say("/watches")


def test_start_and_stop_may_be_said_twice(desk: Desk) -> None:
    assert "subscribed already" in desk.say("/start")
    desk.say("/stop")
    assert "paused already" in desk.say("/stop")
    assert not desk.was_refused


def test_a_ready_watch_that_is_set_is_not_offered(desk: Desk) -> None:
    desk.watch("nexperia")
    desk.say("/start", person=ADMIN)
    assert desk.last is not None
    assert "watch:Nexperia" not in [button.data for (button,) in desk.last.buttons]
