"""A person at a terminal: a real pty, a real process in it, keys and what they bring about.

    with Terminal(folder, environment, "run", "--no-sample") as terminal:
        terminal.see("tidewaiter>")
        terminal.press("/watches\\r")
        terminal.see("rare earths")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0

The terminal answers when it is asked where the cursor stands, as real ones do.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CTRL_C, CTRL_D = "\x03", "\x04"
PATIENCE = 60.0
"""Seconds after which what was awaited has failed; nothing takes as long."""

_PROMPT = "tidewaiter>"
_WHERE, _HERE = "\x1b[6n", b"\x1b[1;1R"
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>])")
# Opening the terminal in a new session makes it the one whose Ctrl-C sends SIGINT.
_AS_LEADER = (
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)


class Terminal:
    """`tidewaiter` in a terminal of its own; where it is left, the process has ended."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], *arguments: str, columns: int = 80
    ) -> None:
        self._keys, self._screen = os.openpty()
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._modes = self.modes()
        self._shown = ""
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AS_LEADER, "-m", "bot", *arguments],
            cwd=folder,
            env={"TERM": "xterm-256color", **environment},
            stdin=self._screen,
            stdout=self._screen,
            stderr=self._screen,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()
        self._has_ended = False
        threading.Thread(target=self._await_end, name="end of a process", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._screen)
        self._reader.join()  # nobody has the screen open any more: its reading ends
        os.close(self._keys)
        if error is not None:
            print(self.shown)

    @property
    def shown(self) -> str:
        """All that was written so far, with its escape sequences."""
        with self._news:
            return self._shown

    @property
    def plain(self) -> str:
        """What was written, without escape sequences."""
        return _ESCAPES.sub("", self.shown).replace("\r", "")

    def modes(self) -> list[Any]:
        """How the terminal treats keys: echo, signals, lines."""
        return termios.tcgetattr(self._screen)

    def see(self, text: str, times: int = 1) -> None:
        """Wait until a text stands in what was written, so many times."""
        with self._news:
            self._news.wait_for(lambda: self._count(text) >= times or self._has_ended, PATIENCE)
            assert self._count(text) >= times, f"{text!r} was not shown {times} times"

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._keys, keys.encode())

    def see_at_prompt(self, text: str) -> None:
        """Wait until a text stands in what is drawn around the prompt, or in what is typed there.

        Only what changes there is written, so it is drawn anew (Ctrl-L) until the text is whole.
        """
        while True:
            drawn = self.plain.count(_PROMPT)
            self.press("\x0c")
            self.see(_PROMPT, times=drawn + 1)
            if text in self.plain:
                return

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal from elsewhere."""
        self._process.send_signal(number)

    def ended(self) -> int:
        """The exit code, when it has ended by itself and left the terminal as it was."""
        code = self._process.wait(PATIENCE)
        assert self.modes() == self._modes, "the terminal is left in another state"
        assert "Traceback" not in self.shown
        return code

    def _count(self, text: str) -> int:
        return _ESCAPES.sub("", self._shown).count(text)

    def _await_end(self) -> None:
        self._process.wait()
        with self._news:
            self._has_ended = True
            self._news.notify_all()

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            try:
                raw = os.read(self._keys, 65_536)
            except OSError:
                return  # all have closed the screen
            text = decoder.decode(raw)
            for _ in range(text.count(_WHERE)):
                os.write(self._keys, _HERE)
            with self._news:
                self._shown += text
                self._news.notify_all()
