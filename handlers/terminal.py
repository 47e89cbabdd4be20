"""The local chat: the same commands, alerts and digests as in Telegram, in the terminal.

At a terminal: a prompt with history, completion and colour. Otherwise: commands line by line from
standard input, plain lines on standard output.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from shutil import get_terminal_size

from bot.domain.chat import LOCAL_ADDRESS, Chat, ChatKind, ChatState, Person
from bot.domain.richtext import Button, RichText
from bot.ports import Store
from bot.rendering.plain import to_plain
from bot.rendering.terminal import to_terminal
from handlers.chats import READY_WATCHES
from handlers.commands import COMMANDS, dispatch, no_command
from handlers.entry import read_button, read_typed
from handlers.model import Command, Context, Reply

LOCAL_PERSON = Person(user_id=None, name="local")
_MAX_WIDTH = 100
_LONGEST_LINE = 65_536  # bytes; a command has at most 4,096 characters
_PAUSER, _FOR_TELEGRAM = "local_chat", "paused for Telegram"


async def open_local_chat(context: Context, *, is_served: bool) -> Chat:
    """The local chat, made with the three ready watches at the first run.

    `is_served`: whether this installation speaks to the terminal (it has no token). Where it
    speaks to Telegram, the local chat is paused, so that nothing queues up for nobody.
    """
    store, now = context.store, context.clock.now()
    is_new = await store.find_chat(LOCAL_ADDRESS) is None
    chat = await store.ensure_chat(
        LOCAL_ADDRESS,
        ChatKind.LOCAL,
        "local chat",
        ChatState.ACTIVE if is_served else ChatState.PAUSED,
        now,
    )
    if is_new:
        for text in READY_WATCHES:
            await store.add_watch(chat.chat_id, text, LOCAL_PERSON.name, now)
        if not is_served:
            await store.set_fact(_PAUSER, _FOR_TELEGRAM)
    return chat


async def switch_local_chat(store: Store, chat: Chat, *, is_served: bool) -> None:
    """At a service's start: the local chat is told of things only where a terminal is served.

    What /stop paused stays paused: the fact remembers who paused it.
    """
    if not is_served and chat.state is ChatState.ACTIVE:
        await store.set_states_at(LOCAL_ADDRESS, ChatState.PAUSED, only_from=ChatState.ACTIVE)
        await store.set_fact(_PAUSER, _FOR_TELEGRAM)
    elif is_served and await store.fact(_PAUSER) == _FOR_TELEGRAM:
        await store.set_states_at(LOCAL_ADDRESS, ChatState.ACTIVE, only_from=ChatState.PAUSED)
        await store.set_fact(_PAUSER, "")


async def answer(context: Context, line: str) -> Reply | None:
    """The reply to a line typed in the local chat; None for an empty line."""
    if not line.strip():
        return None
    chat = await context.store.find_chat(LOCAL_ADDRESS)
    assert chat is not None, "open_local_chat comes first"
    typed = read_typed(line)
    if typed is None:
        return no_command(chat.kind)
    return await dispatch(
        context,
        Command(
            name=typed.name,
            args=typed.args,
            chat=chat,
            person=LOCAL_PERSON,
            now=context.clock.now(),
        ),
    )


class Screen:
    """Where the local chat is shown: knows whether it is a terminal, its width, and colour."""

    def __init__(self, *, is_terminal: bool, has_colour: bool) -> None:
        self.is_terminal = is_terminal
        self._has_colour = has_colour

    def show(self, body: RichText, buttons: tuple[tuple[Button, ...], ...] = ()) -> None:
        """Print a message and a blank line after it, at once.

        Raises:
            OSError: standard output cannot be written.
        """
        print(self.render(body, buttons), end="\n\n", flush=True)

    def render(self, body: RichText, buttons: tuple[tuple[Button, ...], ...] = ()) -> str:
        """The text of a message; its buttons as the commands that they stand for."""
        if self.is_terminal:
            width = min(get_terminal_size().columns, _MAX_WIDTH)
            shown = to_terminal(body, width=width, colour=self._has_colour)
        else:
            shown = to_plain(body)
        commands = [
            f"  [{button.label}]  /{typed.name} {typed.args}"
            for row in buttons
            for button in row
            if (typed := read_button(button.data)) is not None
        ]
        return "\n".join([shown, *commands])

    def line(self, text: str) -> None:
        """Print a line of our own."""
        print(text, flush=True)


def typed_lines(screen: Screen, toolbar: Callable[[], str]) -> AsyncGenerator[str, None]:
    """What is typed, line by line, until end-of-file (or Ctrl-C at a terminal).

    Close it: at a terminal it holds standard output, so that what is printed stands above what is
    being typed.
    """
    return _prompted(toolbar) if screen.is_terminal else _piped()


async def _prompted(toolbar: Callable[[], str]) -> AsyncGenerator[str, None]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.patch_stdout import patch_stdout

    words = WordCompleter(
        [f"/{spec.name}" for spec in COMMANDS],
        meta_dict={f"/{spec.name}": spec.summary for spec in COMMANDS},
        sentence=True,
    )
    session: PromptSession[str] = PromptSession(
        "tidewaiter> ",
        completer=words,
        complete_while_typing=False,
        bottom_toolbar=toolbar,
        refresh_interval=0.5,
    )
    with patch_stdout(raw=True):
        while True:
            try:
                # SIGINT stays ours: prompt_toolkit would take our handler away. What Ctrl-C sends
                # at the prompt is a key, and it reads that.
                yield await session.prompt_async(handle_sigint=False)
            except (EOFError, KeyboardInterrupt):
                return


async def _piped() -> AsyncGenerator[str, None]:
    """Standard input in a thread: a pipe, a file, /dev/null and none at all (<&-) work."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def pump() -> None:
        with suppress(RuntimeError):  # the loop was closed while we waited
            with suppress(OSError, ValueError):  # hung up, or closed: as good as end-of-file
                for raw in () if sys.stdin is None else _raw_lines(sys.stdin.fileno()):
                    loop.call_soon_threadsafe(lines.put_nowait, raw.decode("utf-8", "replace"))
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=pump, name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line.rstrip("\r\n")


def _raw_lines(descriptor: int) -> Iterator[bytes]:
    """The lines of a file, read past Python's buffer: its lock, held by a thread that waits for
    input, aborts the interpreter when it ends. What exceeds _LONGEST_LINE bytes is dropped."""
    held = b""
    while piece := os.read(descriptor, _LONGEST_LINE):
        *whole, held = (held + piece).split(b"\n")
        yield from whole
        held = held[:_LONGEST_LINE]
    if held:
        yield held
