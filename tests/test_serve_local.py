"""The local chat as a service: real processes in a real terminal, and at a pipe."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.fakes.feed_server import Exchange, FeedServer
from tests.fakes.terminal import CTRL_C, CTRL_D, PATIENCE, Terminal

ROOT = Path(__file__).resolve().parents[1]
PROMPT = "tidewaiter> "
WATCHED = "Watching: rare earths, Nexperia, export licence"


def feed(*titles: str) -> str:
    items = "".join(
        f"<item><title>{title}</title><guid>{title}</guid><link>/{at}</link></item>"
        for at, title in enumerate(titles)
    )
    return f"<rss><channel><title>Gazette</title>{items}</channel></rss>"


class Desk:
    """One folder with a database and a catalogue; services that end with the test."""

    def __init__(self, folder: Path, feeds: FeedServer) -> None:
        self.folder = folder
        self.feeds = feeds
        self._piped: list[subprocess.Popen[str]] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            "TIDEWAITER_DATABASE": str(folder / "desk.db"),
            "TIDEWAITER_SOURCES": str(folder / "sources.toml"),
            "TIDEWAITER_ALLOW_HOSTS": "127.0.0.1",
        }
        feeds.serve("/gazette.xml", feed("Old news"))
        self.catalogue("/gazette.xml")

    def catalogue(self, *paths: str, every: str = "1h") -> None:
        """Read these pages of the publisher."""
        tables = [
            f'[[source]]\nid = "s{at}"\nname = "Gazette {at}"\nurl = "{self.feeds.url(path)}"\n'
            f'every = "{every}"\n'
            for at, path in enumerate(paths, 1)
        ]
        (self.folder / "sources.toml").write_text("".join(tables), encoding="utf-8")

    def terminal(self, settings: dict[str, str] | None = None, *, columns: int = 80) -> Terminal:
        """The local chat in a terminal."""
        environment = self.environment | (settings or {})
        return Terminal(self.folder, environment, "run", "--no-sample", columns=columns)

    def pipe(self, *arguments: str) -> subprocess.Popen[str]:
        """The local chat at a pipe."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--no-sample", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._piped.append(process)
        return process

    def piped(self, typed: str, *arguments: str) -> str:
        """What a service says that is typed to and must end by itself, in peace."""
        with self.pipe("--exit-on-eof", *arguments) as process:
            out, err = process.communicate(typed, timeout=PATIENCE)
        assert (process.returncode, err) == (0, ""), out
        return out

    def close(self) -> None:
        for process in self._piped:
            if process.poll() is None:
                process.kill()
            with process:
                continue


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with FeedServer() as feeds:
        made = Desk(tmp_path, feeds)
        yield made
        made.close()


class Held:
    """A page that comes when the test lets it."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        self.asked.set()
        while not self.released.is_set() and exchange.hold(0.01):
            continue
        exchange.reply(200, {"Content-Type": "application/rss+xml"}, feed("Late").encode())


def looked_around(terminal: Terminal) -> None:
    """The first look is over, and the prompt back below its report."""
    terminal.see("1 of 1 source answered.")
    terminal.see_at_prompt("Tidewaiter is watching.")


# --- at a terminal -------------------------------------------------------------------------------


def test_a_session_at_a_terminal_answers_and_ends_with_ctrl_c(desk: Desk) -> None:
    with desk.terminal() as terminal:
        looked_around(terminal)
        terminal.press("/watches\r")
        terminal.see("Watches of this chat")
        terminal.see("3. export licence")
        terminal.press("/unwatch 2\r")
        terminal.see("Watch 2")
        terminal.press("plain words\r")
        terminal.see("Commands begin with a slash")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0
        assert WATCHED in terminal.plain
        assert "Ended." not in terminal.plain, "the prompt that comes back says as much"


@pytest.mark.parametrize("typed", ["", "/wat"], ids=["nothing", "half a command"])
def test_ctrl_c_ends_it_whatever_is_being_typed(desk: Desk, typed: str) -> None:
    with desk.terminal() as terminal:
        looked_around(terminal)
        terminal.press(typed)
        terminal.see(typed)
        terminal.press(CTRL_C)
        assert terminal.ended() == 0


def test_end_of_file_at_an_empty_prompt_ends_it(desk: Desk) -> None:
    with desk.terminal() as terminal:
        looked_around(terminal)
        terminal.press(CTRL_D)
        assert terminal.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_signal_from_elsewhere_ends_it_and_gives_the_terminal_back(
    desk: Desk, number: signal.Signals
) -> None:
    with desk.terminal() as terminal:
        looked_around(terminal)
        terminal.press("/wat")
        terminal.see("/wat")
        terminal.send(number)
        assert terminal.ended() == 0


def test_ctrl_c_does_not_wait_for_a_source_that_is_silent(desk: Desk) -> None:
    """What was not applied is fetched again: there is nothing to wait for, nor to report."""
    held = Held()
    desk.feeds.answer("/held.xml", held)
    desk.catalogue("/held.xml")
    with desk.terminal() as terminal:
        assert held.asked.wait(PATIENCE)
        terminal.see_at_prompt("Asking the sources: 0 of 1 answered …")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0
        assert "source answered." not in terminal.plain


def test_the_first_look_shows_its_progress_and_then_what_came_of_it(desk: Desk) -> None:
    held = Held()
    desk.feeds.answer("/held.xml", held)
    desk.catalogue("/gazette.xml", "/held.xml", "/missing.xml")
    with desk.terminal() as terminal:
        terminal.see_at_prompt("Asking the sources: 2 of 3 answered …")
        held.released.set()
        terminal.see("2 of 3 sources answered.")
        terminal.see_at_prompt("Tidewaiter is watching. /help · /latest · /search · /status")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0
        assert "Asking 3 sources" not in terminal.plain, "that line is for pipes"


def test_who_waits_for_a_publisher_is_told_so_and_gets_the_answer(desk: Desk) -> None:
    held = Held()
    desk.feeds.answer("/held.xml", held)
    with desk.terminal() as terminal:
        terminal.see("1 of 1 source answered.")
        terminal.press(f"/addsource {desk.feeds.url('/held.xml')}\r")
        terminal.see("Asking the publisher …")
        held.released.set()
        terminal.see("/answer ")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0


def test_an_alert_that_comes_while_one_types_leaves_what_is_typed(desk: Desk) -> None:
    desk.catalogue("/gazette.xml", every="1s")
    with desk.terminal() as terminal:
        terminal.see("1 of 1 source answered.")
        terminal.press("/late")
        terminal.see("/late")
        desk.feeds.serve("/gazette.xml", feed("Licences for rare earths", "Old news"))
        terminal.see("🔔 Watch")
        terminal.see(f"{PROMPT}/late")  # drawn anew, below the alert
        terminal.press("st 1\r")
        terminal.see("The latest")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0
        assert terminal.plain.count("🔔 Watch") == 1


def test_keys_recall_what_was_typed_and_complete_what_is_begun(desk: Desk) -> None:
    with desk.terminal() as terminal:
        looked_around(terminal)
        terminal.press("/unwatch 3\r")
        terminal.see("Watch 3")
        terminal.press("\x1b[A\r")  # up
        terminal.see("This chat has no watch 3")
        terminal.press("/sea\t")
        terminal.see_at_prompt(f"{PROMPT}/search")
        terminal.press(" zirconium\r")
        terminal.see("answers “zirconium”")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0


@pytest.mark.parametrize(
    ("settings", "is_coloured"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=str,
)
def test_a_terminal_gets_colour_unless_it_is_told_not_to(
    desk: Desk, settings: dict[str, str], is_coloured: bool
) -> None:
    with desk.terminal(settings) as terminal:
        terminal.see("source answered.")
        terminal.press("/help\r")
        terminal.see("/unwatch N")
        terminal.press(CTRL_C)
        assert terminal.ended() == 0
        assert ("\x1b[1mTidewaiter\x1b[0m" in terminal.shown) is is_coloured
        assert ("\x1b[1m1 of 1 source answered.\x1b[0m" in terminal.shown) is is_coloured


@pytest.mark.parametrize("columns", [40, 60])
def test_lines_fit_the_terminal(desk: Desk, columns: int) -> None:
    with desk.terminal(columns=columns) as terminal:
        terminal.see("ends.")
        banner = terminal.plain[: terminal.plain.index("ends.")]
        terminal.press(CTRL_C)
        assert terminal.ended() == 0
    lines = banner.split("\n")
    assert len(lines) > 3
    assert max(map(wcswidth, lines)) <= columns
    assert max(map(wcswidth, lines)) > columns // 2


# --- at a pipe -----------------------------------------------------------------------------------


def test_a_piped_session_answers_line_by_line_in_the_order_of_its_lines(desk: Desk) -> None:
    out = desk.piped(
        "/unwatch 1\r\n\n   \n/watch gallium\n/answer save\n/watches\nwords\n/help watch"
    )
    places = [
        out.index(text)
        for text in (
            WATCHED,
            "Watch 1 ",
            "🔎 gallium",
            "Watch 4 is set",
            "Watches of this chat",
            "Commands begin with a slash",
            "/watch TEXT",
            "Ended.",
        )
    ]
    assert places == sorted(places)
    assert "\x1b" not in out
    assert out.endswith("\nEnded.\n")
    assert "Watching: Nexperia, export licence, gallium" in desk.piped("")


def test_a_pipe_is_told_what_is_being_asked(desk: Desk) -> None:
    assert "Asking one source …\n" in desk.piped("")
    desk.catalogue("/gazette.xml", "/missing.xml", "/gone.xml")
    out = desk.piped("")
    assert "Asking 2 sources …\n" in out, "the first was read a moment ago"
    assert "0 of 2 sources answered." in out
    assert "Asking the sources:" not in out


def test_without_a_watch_it_watches_nothing_yet(desk: Desk) -> None:
    desk.piped("/unwatch 1\n/unwatch 2\n/unwatch 3\n")
    assert "Watching: nothing yet" in desk.piped("")


def test_a_chat_that_was_stopped_says_so_at_the_next_start(desk: Desk) -> None:
    assert "Paused: nothing is told" not in desk.piped("/stop\n")
    assert "Paused: nothing is told until /start." in desk.piped("")


def test_end_of_file_waits_for_the_first_look_and_for_what_it_brings(desk: Desk) -> None:
    desk.catalogue("/gazette.xml", every="1s")
    desk.piped("")
    new = [f"Nexperia ships lot {number}" for number in range(60)]
    desk.feeds.serve("/gazette.xml", feed(*new, "Old news"))
    out = desk.piped("")
    while "60 new" not in out:  # a second has not passed since
        out = desk.piped("")
    assert out.count("🔔 Watch") == 60, "all of them, not those that were quick"
    assert "🔔 Watch" not in desk.piped("")


def test_without_the_flag_end_of_file_is_not_the_end(desk: Desk) -> None:
    desk.catalogue("/gazette.xml", every="1s")
    process = desk.pipe()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    while "answered." not in (line := process.stdout.readline()):
        assert line, "it ended"
    desk.feeds.serve("/gazette.xml", feed("Rare earths again", "Old news"))
    while "🔔 Watch" not in (line := process.stdout.readline()):
        assert line, "it ended"
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert process.stdout.read().endswith("Ended.\n")
    assert process.stderr is not None and process.stderr.read() == ""


def test_without_any_standard_input_it_serves_all_the_same(desk: Desk) -> None:
    shell = f"exec {sys.executable} -m bot run --no-sample --exit-on-eof <&-"
    done = subprocess.run(
        ["sh", "-c", shell],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 1 source answered." in done.stdout


def test_when_nobody_reads_its_answers_any_more_it_ends(desk: Desk) -> None:
    """A service that takes commands and answers none would look as though all were well."""
    process = desk.pipe()
    assert process.stdin is not None and process.stdout is not None
    while "answered." not in process.stdout.readline():
        assert process.poll() is None
    process.stdout.close()
    process.stdin.write("/help\n")
    process.stdin.close()
    assert process.wait(PATIENCE) == 1
    assert process.stderr is not None and process.stderr.read() == ""


def test_a_fault_of_ours_is_not_passed_over_in_silence(desk: Desk) -> None:
    """A chat that has gone from under us stands for what nobody has thought of."""
    process = desk.pipe()
    assert process.stdin is not None and process.stdout is not None
    while "answered." not in process.stdout.readline():
        assert process.poll() is None
    with closing(sqlite3.connect(desk.environment["TIDEWAITER_DATABASE"])) as other:
        other.execute("DELETE FROM chats")
        other.commit()
    _, err = process.communicate("/help\n", timeout=PATIENCE)
    assert process.returncode == 1
    assert "open_local_chat comes first" in err
