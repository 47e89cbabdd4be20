"""The local chat: who is served, what a line is answered with, and how it is shown."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from wcwidth import wcswidth

from bot.domain.chat import LOCAL_ADDRESS, Chat, ChatKind, ChatState
from bot.domain.richtext import Button, RichText, Span, bold, rich, text
from handlers.terminal import (
    Screen,
    answer,
    open_local_chat,
    switch_local_chat,
    typed_lines,
)
from tests.desk import Desk, wait

PIPE = Screen(is_terminal=False, has_colour=False)
GREY = Screen(is_terminal=True, has_colour=False)
COLOURED = Screen(is_terminal=True, has_colour=True)
URL = "https://gazette.example/1"


# --- who is served -------------------------------------------------------------------------------


@pytest.fixture
def house(stranger: Desk) -> Desk:
    """A database without any chat."""
    return stranger


def begin(house: Desk, *, is_served: bool) -> Chat:
    """A service starts, with or without a token; the chat as it stands then."""

    async def start() -> Chat:
        chat = await open_local_chat(house.context, is_served=is_served)
        await switch_local_chat(house.store, chat, is_served=is_served)
        found = await house.store.find_chat(LOCAL_ADDRESS)
        assert found is not None
        return found

    return wait(start())


def watches(house: Desk, chat: Chat) -> list[str]:
    return [watch.text for watch in wait(house.store.list_watches(chat.chat_id))]


def type_in(house: Desk, line: str) -> str:
    reply = wait(answer(house.context, line))
    return reply.body.plain if reply is not None else ""


def test_the_first_run_makes_a_chat_that_is_told_and_has_three_watches(house: Desk) -> None:
    chat = begin(house, is_served=True)
    assert (chat.kind, chat.state) == (ChatKind.LOCAL, ChatState.ACTIVE)
    assert watches(house, chat) == ["rare earths", "Nexperia", "export licence"]


def test_a_watch_that_was_ended_does_not_come_back_at_the_next_run(house: Desk) -> None:
    chat = begin(house, is_served=True)
    type_in(house, "/unwatch 2")
    assert watches(house, begin(house, is_served=True)) == ["rare earths", "export licence"]
    assert watches(house, chat) == ["rare earths", "export licence"]


def test_beside_telegram_the_local_chat_rests_and_wakes_when_the_token_goes(house: Desk) -> None:
    """Nothing queues up for nobody; and who tries Telegram and comes back is told again."""
    assert begin(house, is_served=True).state is ChatState.ACTIVE
    assert begin(house, is_served=False).state is ChatState.PAUSED
    assert begin(house, is_served=False).state is ChatState.PAUSED
    assert begin(house, is_served=True).state is ChatState.ACTIVE


def test_a_chat_that_was_made_beside_telegram_wakes_too(house: Desk) -> None:
    assert begin(house, is_served=False).state is ChatState.PAUSED
    assert begin(house, is_served=True).state is ChatState.ACTIVE
    assert watches(house, begin(house, is_served=True)) != []


def test_a_question_beside_telegram_opens_a_chat_that_rests(house: Desk) -> None:
    """`tidewaiter ask` opens only; nothing may queue up for nobody then either."""
    assert wait(open_local_chat(house.context, is_served=False)).state is ChatState.PAUSED


def test_what_stop_paused_stays_paused(house: Desk) -> None:
    begin(house, is_served=True)
    type_in(house, "/stop")
    for is_served in (True, False, True):
        assert begin(house, is_served=is_served).state is ChatState.PAUSED
    type_in(house, "/start")
    assert begin(house, is_served=True).state is ChatState.ACTIVE


def test_a_pause_for_telegram_is_forgotten_when_it_is_over(house: Desk) -> None:
    """Or else /stop would be undone by the next start."""
    begin(house, is_served=False)
    begin(house, is_served=True)
    type_in(house, "/stop")
    assert begin(house, is_served=True).state is ChatState.PAUSED


def test_opening_alone_changes_no_chat_that_there_is(house: Desk) -> None:
    """`tidewaiter ask` opens the chat beside a service, whose business its state is."""
    begin(house, is_served=True)
    wait(open_local_chat(house.context, is_served=False))
    found = wait(house.store.find_chat(LOCAL_ADDRESS))
    assert found is not None and found.state is ChatState.ACTIVE


# --- what a line is answered with ----------------------------------------------------------------


@pytest.mark.parametrize("line", ["", "  ", "\t", "\u3000"])
def test_an_empty_line_is_answered_with_silence(house: Desk, line: str) -> None:
    begin(house, is_served=True)
    assert wait(answer(house.context, line)) is None


@pytest.mark.parametrize("line", ["rare earths", "/", "稀土", "watch gallium"])
def test_plain_words_are_answered_with_a_hint(house: Desk, line: str) -> None:
    begin(house, is_served=True)
    reply = wait(answer(house.context, line))
    assert reply is not None and reply.is_error
    assert reply.body.plain.startswith("Commands begin with a slash")


def test_a_command_is_answered_as_in_any_chat(house: Desk) -> None:
    chat = begin(house, is_served=True)
    assert "gallium" in type_in(house, "  /WATCH   gallium ")
    assert "is set" in type_in(house, "/answer save")
    assert watches(house, chat)[-1] == "gallium"
    (watch,) = (w for w in wait(house.store.list_watches(chat.chat_id)) if w.text == "gallium")
    assert (watch.created_by, watch.created_at) == ("local", house.clock.now())
    reply = wait(answer(house.context, "/watch"))
    assert reply is not None and reply.is_error


# --- how it is shown -----------------------------------------------------------------------------

MESSAGE = rich(bold("Duties on 稀土"), text("🔗 ", Span("gazette.example", url=URL)))


def test_a_pipe_gets_plain_lines_whatever_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    long = "word " * 40
    assert PIPE.render(MESSAGE) == f"Duties on 稀土\n🔗 {URL}"
    assert PIPE.render(rich(long.strip())) == long.strip()


def test_a_terminal_gets_styles_where_colour_is_welcome() -> None:
    assert COLOURED.render(rich(bold("Digest"))) == "\x1b[1mDigest\x1b[0m"
    assert GREY.render(rich(bold("Digest"))) == "Digest"
    assert "\x1b" not in GREY.render(MESSAGE)
    assert f"\x1b[4;34m{URL}\x1b[0m" in COLOURED.render(MESSAGE)


@pytest.mark.parametrize("columns", [30, 80, 100, 240])
def test_lines_fit_the_terminal_and_a_reading_eye(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for words in ("rare earths " * 60, "商务部公布稀土出口管制公告" * 30, "a 稀土 " * 90):
        lines = GREY.render(rich(words.strip())).split("\n")
        widest = max(map(wcswidth, lines))
        assert widest <= min(columns, 100)
        assert widest > min(columns, 100) - 15, "the room is used"


def test_the_width_is_asked_for_at_each_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window is made wider while we run."""
    monkeypatch.setenv("COLUMNS", "30")
    narrow = GREY.render(rich("word " * 15))
    monkeypatch.setenv("COLUMNS", "90")
    assert len(GREY.render(rich("word " * 15)).split("\n")) < len(narrow.split("\n"))


@pytest.mark.parametrize("screen", [PIPE, GREY, COLOURED])
def test_nothing_that_a_source_wrote_moves_the_cursor(screen: Screen) -> None:
    shown = screen.render(rich("a\x1b[2Jb\x07c\u202ed\x9be\rf"))
    for sign in ("\x1b[2J", "\x07", "\u202e", "\x9b", "\r"):
        assert sign not in shown


@pytest.mark.parametrize("screen", [PIPE, GREY])
def test_buttons_are_shown_as_the_commands_that_they_stand_for(screen: Screen) -> None:
    buttons = (
        (Button("🔔 rare earths", "watch:rare earths"), Button("Off", "digest:off")),
        (Button("No command", "nothing"),),
        (Button("稀土", "watch:稀土"),),
    )
    assert screen.render(rich("Choose"), buttons) == (
        "Choose\n"
        "  [🔔 rare earths]  /watch rare earths\n"
        "  [Off]  /digest off\n"
        "  [稀土]  /watch 稀土"
    )


def test_a_message_is_followed_by_a_blank_line_and_a_line_of_ours_by_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    PIPE.show(rich("one", "two"), ((Button("Go", "watch:x"),),))
    PIPE.line("Ended.")
    assert capsys.readouterr().out == "one\ntwo\n  [Go]  /watch x\n\nEnded.\n"


class Slow(io.StringIO):
    """Standard output that tells whether it was flushed."""

    flushed = 0

    def flush(self) -> None:
        self.flushed = self.tell()


def test_what_is_said_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe is buffered otherwise, and an alert would wait for its neighbours."""
    out = Slow()
    monkeypatch.setattr(sys, "stdout", out)
    PIPE.show(rich("Alert"))
    assert out.flushed == out.tell() > 0
    PIPE.line("Ended.")
    assert out.flushed == out.tell()


def test_an_output_that_has_gone_is_told_to_whoever_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delivery must learn that its message may not have been read."""
    reader, writer = os.pipe()
    os.close(reader)
    # closing it fails too: what could not be written is tried once more
    with pytest.raises(BrokenPipeError), os.fdopen(writer, "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(BrokenPipeError):
            PIPE.show(RichText(((Span("Alert"),),)))


# --- what is typed at a pipe ---------------------------------------------------------------------


class Typist:
    """Standard input as a pipe, and what is read from it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reader, self.writer = os.pipe()
        self.stdin = os.fdopen(self.reader, "r", encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", self.stdin)

    def type(self, raw: bytes) -> None:
        os.write(self.writer, raw)

    def end(self) -> None:
        """End-of-file."""
        os.close(self.writer)


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typist]:
    made = Typist(monkeypatch)
    yield made
    made.stdin.close()


async def all_lines() -> list[str]:
    async with asyncio.timeout(60), aclosing(typed_lines(PIPE, lambda: "")) as lines:
        return [line async for line in lines]


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", []),
        (b"/help\n", ["/help"]),
        (b"/help\r\n/status\r\n", ["/help", "/status"]),
        (b"/help\n\n/status", ["/help", "", "/status"]),
        ("/watch 稀土\n".encode(), ["/watch 稀土"]),
        (b"/watch \xff\xe7\xa8\n/help\n", ["/watch \ufffd\ufffd", "/help"]),
        (b"\x00\n", ["\x00"]),
        (b" /help \n", [" /help "]),
    ],
)
def test_lines_come_as_they_are_typed_until_end_of_file(
    typist: Typist, raw: bytes, lines: list[str]
) -> None:
    typist.type(raw)
    typist.end()
    assert wait(all_lines()) == lines


def test_a_line_is_there_before_the_next_one_is_typed(typist: Typist) -> None:
    async def talk() -> list[str]:
        heard = []
        async with aclosing(typed_lines(PIPE, lambda: "")) as lines:
            for each in ("/one", "/two"):
                typist.type(f"{each}\n".encode())
                heard.append(await anext(lines))
            typist.end()
            heard += [line async for line in lines]
        return heard

    assert wait(talk()) == ["/one", "/two"]


def test_the_loop_goes_on_while_nobody_types(typist: Typist) -> None:
    async def other_work() -> str:
        async with aclosing(typed_lines(PIPE, lambda: "")) as lines:
            typing = asyncio.ensure_future(anext(lines))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not typing.done()
            typist.type(b"/late\n")
            return await typing

    assert wait(other_work()) == "/late"
    typist.end()


def test_a_standard_input_that_is_none_or_closed_has_ended(
    monkeypatch: pytest.MonkeyPatch, typist: Typist
) -> None:
    typist.end()
    typist.stdin.close()
    assert wait(all_lines()) == []
    monkeypatch.setattr(sys, "stdin", None)
    assert wait(all_lines()) == []


def test_a_terminal_that_hangs_up_is_as_good_as_end_of_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reading then fails with EIO; `run > log &` before a logout brings it about."""
    ours, theirs = os.openpty()
    os.close(theirs)
    with os.fdopen(ours, "r", encoding="utf-8") as stdin:
        with pytest.raises(OSError, match="Input/output error"):
            os.read(ours, 1)
        monkeypatch.setattr(sys, "stdin", stdin)
        assert wait(all_lines()) == []
