"""The command line, as an operator and a newcomer type it: real processes, exit codes, one line."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot import VERSION
from tests.fakes.feed_server import FeedServer

ROOT = Path(__file__).resolve().parents[1]
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>公告</title><language>zh-cn</language>
<item><guid>a-1</guid><title>关于对部分稀土物项实施出口管制的公告</title>
<link>https://gazette.example/1</link><description>自公布之日起实施。</description>
<pubDate>Thu, 08 Oct 2026 09:00:00 +0800</pubDate></item>
<item><guid>a-2</guid><title>关于钢铁统计的通知</title><link>https://gazette.example/2</link></item>
</channel></rss>"""


class Cli:
    """Runs `tidewaiter` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            "TIDEWAITER_DATABASE": str(folder / "data" / "desk.db"),
            "TIDEWAITER_ALLOW_HOSTS": "127.0.0.1",
        }

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.folder,
            env=self.environment | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(
        self, *arguments: str, typed: str = "", code: int = 0, **settings: str
    ) -> tuple[str, str]:
        """Standard output and error of a command that must end with `code`."""
        process = self.start(*arguments, **settings)
        out, err = process.communicate(typed, timeout=60)
        assert process.returncode == code, f"exit {process.returncode}\n{out}\n{err}"
        return out, err

    def catalogue(self, *sources: Mapping[str, str]) -> None:
        """Read these sources, each due every second, instead of the built-in ones."""
        tables = [
            "[[source]]\n" + "".join(f'{key} = "{value}"\n' for key, value in each.items())
            for each in sources
        ]
        file = self.folder / "sources.toml"
        file.write_text("\n".join(tables), encoding="utf-8")
        self.environment["TIDEWAITER_SOURCES"] = str(file)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def test_a_polled_chinese_notice_is_found_by_two_characters(cli: Cli, feeds: FeedServer) -> None:
    feeds.serve("/a.xml", RSS.encode(), etag='"1"')
    feeds.serve("/page", b"<!DOCTYPE html><title>Checking your browser</title>", "text/html")
    cli.catalogue(
        {"id": "gazette", "url": feeds.url("/a.xml"), "name": "Gazette", "every": "1s"},
        {"id": "wall", "url": feeds.url("/page"), "every": "1s"},
        {"id": "gone", "url": feeds.url("/nothing-here"), "every": "1s"},
    )
    out, _ = cli.run("poll", "--all", "--json")
    answers = {line["source"]: line for line in map(json.loads, out.splitlines())}
    assert answers["gazette"]["outcome"] == "fetched"
    assert (answers["gazette"]["items"], answers["gazette"]["new"]) == (2, 2)
    assert answers["wall"]["outcome"] == "not-a-feed" and answers["wall"]["detail"]
    assert answers["gone"]["outcome"] == "failed" and "404" in answers["gone"]["detail"]
    found, _ = cli.run("ask", "/search 稀土")
    assert "稀土物项" in found and "钢铁" not in found
    again, _ = cli.run("poll", "gazette", "--json")
    assert json.loads(again)["outcome"] == "unchanged"


def test_new_items_wait_in_the_outbox_until_they_are_delivered_once(
    cli: Cli, feeds: FeedServer
) -> None:
    feeds.serve("/a.xml", RSS.replace("稀土", "钢材").encode(), etag='"1"')
    cli.catalogue({"id": "gazette", "url": feeds.url("/a.xml"), "every": "1s"})
    cli.run("poll", "--all")
    feeds.serve("/a.xml", RSS.replace("a-1", "a-3").replace("/1<", "/3<").encode(), etag='"2"')
    assert "1 alert" in cli.run("poll", "--all")[0]
    assert "1 waiting" in cli.run("ask", "/status")[0]
    out, _ = cli.run("deliver")
    assert "稀土物项" in out and "1 sent" in out
    assert "0 sent" in cli.run("deliver")[0]


def test_delivery_as_json_is_one_object_a_message(cli: Cli, feeds: FeedServer) -> None:
    feeds.serve("/a.xml", b"<rss><channel><title>x</title></channel></rss>")
    cli.catalogue({"id": "gazette", "url": feeds.url("/a.xml"), "every": "1s"})
    cli.run("poll", "--all")
    feeds.serve("/a.xml", RSS.encode())
    cli.run("poll", "--all")
    out, _ = cli.run("deliver", "--json")
    (message,) = map(json.loads, out.splitlines())
    assert (message["state"], message["kind"]) == ("sent", "alert")
    assert "稀土" in message["text"]


def test_a_pass_in_which_no_source_answers_exits_1(cli: Cli, feeds: FeedServer) -> None:
    cli.catalogue({"id": "gone", "url": feeds.url("/nothing-here"), "every": "1s"})
    assert "404" in cli.run("poll", "--all", code=1)[0]


def test_an_unknown_source_is_guessed(cli: Cli) -> None:
    cli.catalogue({"id": "gazette", "url": "https://gazette.example/a.xml"})
    _, err = cli.run("poll", "gazete", code=2)
    assert "Did you mean gazette?" in err and err.count("\n") == 1


def test_ask_exits_1_where_the_reply_is_an_error(cli: Cli) -> None:
    assert "/unwatch N" in cli.run("ask", "/help")[0]
    assert "For example" in cli.run("ask", "/watch", code=1)[0]
    assert "slash" in cli.run("ask", "rare earths", code=1)[0]


def test_the_local_chat_begins_with_three_watches(cli: Cli) -> None:
    out, _ = cli.run("ask", "/watches")
    assert all(text in out for text in ("1. rare earths", "2. Nexperia", "3. export licence"))


@pytest.mark.parametrize(
    ("query", "text", "code"),
    [
        ("rare earths", "商务部关于稀土出口的公告", 0),
        ("export licence", "Die Ausfuhrgenehmigung wurde erteilt.", 0),
        ("nexperia -strike", "Nexperia workers on strike", 1),
        ('"rare', "x", 2),
    ],
)
def test_match_says_whether_where_and_why(cli: Cli, query: str, text: str, code: int) -> None:
    out, err = cli.run("match", query, typed=text, code=code)
    if code == 0:
        assert "Match for" in out
        shown = json.loads(cli.run("match", query, "--json", typed=text)[0])
        (first, *_) = shown["hits"]
        assert text[first["start"] : first["end"]] == first["text"]
    elif code == 1:
        assert "No match" in out
    else:
        assert "character 1" in err and err.splitlines()[-1].strip() == "^"


def test_match_answers_line_by_line(cli: Cli) -> None:
    line = json.dumps({"query": "rare earths", "text": "稀土", "lang": "zh"})
    out, _err = cli.run("match", "--batch", typed=f"{line}\n{line}\n")
    assert [json.loads(each)["matched"] for each in out.splitlines()] == [True, True]
    out, _err = cli.run("match", "--batch", typed=f"nothing\n{line}\n", code=2)
    assert [json.loads(each)["matched"] for each in out.splitlines()] == [None, True]
    assert "say what to look for" in cli.run("match", code=2)[1]


def test_sources_lists_the_catalogue_and_how_it_answers(cli: Cli, feeds: FeedServer) -> None:
    feeds.serve("/a.xml", RSS.encode())
    cli.catalogue({"id": "gazette", "url": feeds.url("/a.xml"), "every": "1s"})
    assert "not asked yet" in cli.run("sources")[0]
    cli.run("poll", "--all")
    assert "fetched" in cli.run("sources")[0]
    (answer,) = map(json.loads, cli.run("sources", "--json")[0].splitlines())
    assert answer["outcome"] == "fetched" and answer["every_seconds"] == 1.0


def test_the_doctor_checks_and_exits_0_where_all_is_well(cli: Cli) -> None:
    cli.run("ask", "/watches")
    out, _ = cli.run("doctor")
    assert all(line.startswith("✓") for line in out.splitlines())
    assert "sound" in out


@pytest.mark.parametrize("command", [("doctor",), ("backup", "copy.db")])
def test_in_a_wrong_folder_no_database_is_made_and_the_path_is_named(
    cli: Cli, command: tuple[str, ...]
) -> None:
    for setting, looked_at in (
        ("", cli.folder / "data" / "tidewaiter.db"),
        ("elsewhere/desk.db", cli.folder / "elsewhere" / "desk.db"),
    ):
        out, err = cli.run(*command, code=1, TIDEWAITER_DATABASE=setting)
        assert out == ""
        assert f"no database at {looked_at}." in err and err.count("\n") == 1
    assert list(cli.folder.iterdir()) == []


def test_a_command_needs_no_quotes(cli: Cli) -> None:
    for words in (("/watch", "steel", "-scrap"), ("/watch steel -tinplate",)):
        assert "“steel” in any form, but not" in cli.run("ask", *words)[0]
        assert "is set" in cli.run("ask", "/answer", "save")[0]
    shown = cli.run("ask", "/watches")[0]
    assert "steel -scrap" in shown and "steel -tinplate" in shown
    assert cli.run("ask", "/latest", "2")[0] == cli.run("ask", "/latest 2")[0]
    assert "usage: tidewaiter ask" in cli.run("ask", "--help")[0]
    assert "nothing was asked" in cli.run("ask", code=1)[1]


def test_it_says_which_version_it_is(cli: Cli) -> None:
    assert cli.run("--version")[0] == f"Tidewaiter {VERSION}\n"


def test_a_damaged_database_is_named_and_nothing_is_overwritten(cli: Cli) -> None:
    file = cli.folder / "data" / "desk.db"
    file.parent.mkdir()
    file.write_bytes(b"this is not a database, but somebody's letter" * 100)
    _, err = cli.run("doctor", code=2)
    assert str(file) in err and "Restore a backup" in err
    assert file.read_bytes().startswith(b"this is not")


def test_a_backup_is_a_database_and_never_overwrites(cli: Cli) -> None:
    cli.run("ask", "/watch gallium")
    cli.run("ask", "/answer save")
    target = cli.folder / "copy.db"
    assert "verified" in cli.run("backup", str(target))[0]
    with sqlite3.connect(target) as copy:
        (texts,) = copy.execute("SELECT group_concat(text) FROM watches").fetchone()
    copy.close()
    assert "gallium" in texts
    assert "exists already" in cli.run("backup", str(target), code=2)[1]


def test_a_typo_in_the_catalogue_names_file_source_key_and_mend(cli: Cli) -> None:
    cli.catalogue({"id": "gazette", "urll": "https://gazette.example/a.xml"})
    _, err = cli.run("poll", "--all", code=2)
    assert "sources.toml" in err and "'gazette'" in err and "Did you mean url?" in err


def test_a_wrong_setting_exits_2_and_names_setting_value_and_form(cli: Cli) -> None:
    _, err = cli.run("doctor", code=2, TIDEWAITER_LOG_LEVEL="LOUD")
    assert err.startswith("tidewaiter: TIDEWAITER_LOG_LEVEL is 'LOUD'")
    assert "DEBUG" in err and err.count("\n") == 1


@pytest.mark.parametrize("command", [("run",), ("poll", "--all"), ("deliver",)])
def test_a_second_service_is_refused_in_one_line(cli: Cli, command: tuple[str, ...]) -> None:
    cli.catalogue({"id": "gazette", "url": "http://127.0.0.1:9/a.xml", "every": "1h"})
    first = cli.start("run", "--no-sample")
    try:
        assert first.stdout is not None
        assert "local chat" in first.stdout.readline()
        said: list[str] = []
        for line in first.stdout:
            said.append(line)
            if "are asked again" in line:
                break
        assert any("gazette · failed" in line for line in said)
        _, err = cli.run(*command, code=2)
        assert f"process {first.pid}" in err and err.count("\n") == 1
        assert "rare earths" in cli.run("ask", "/watches")[0]
        assert "service: running" in cli.run("doctor", code=1)[0]  # its one source fails
    finally:
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=20)
    assert first.returncode == 0, err
    assert "Ended." in out


def test_a_newcomer_sees_marked_samples_and_then_an_honest_report(
    cli: Cli, feeds: FeedServer
) -> None:
    feeds.serve("/a.xml", RSS.encode())
    cli.catalogue(
        {"id": "gazette", "url": feeds.url("/a.xml"), "name": "Gazette", "every": "1h"},
        {"id": "gone", "url": feeds.url("/x"), "name": "Gone Herald", "every": "1h"},
    )
    typed = "/watches\nplain words\n/search nexperia\n"
    out, err = cli.run("run", "--exit-on-eof", typed=typed)
    assert err == ""
    messages = out.split("\n\n")
    alerts = [message for message in messages if "🔔 Watch" in message]
    assert len(alerts) >= 20
    assert all(message.lstrip().startswith("SAMPLE") for message in alerts)
    assert "1 of 2 sources answered." in out
    assert "✗ Gone Herald · failed:" in out
    assert "1. rare earths" in out and "Search “nexperia”" in out
    assert "\x1b" not in out, "a pipe gets plain lines"
    second, _ = cli.run("run", "--exit-on-eof")
    assert "🔔 Watch" not in second, "the sample day is played once"


def test_no_sample_skips_it(cli: Cli) -> None:
    cli.catalogue({"id": "gazette", "url": "http://127.0.0.1:9/a.xml", "every": "1h"})
    out, _ = cli.run("run", "--no-sample", "--exit-on-eof")
    assert "SAMPLE" not in out and "0 of 1 source answered." in out


def test_ctrl_c_ends_cleanly(cli: Cli) -> None:
    cli.catalogue({"id": "gazette", "url": "http://127.0.0.1:9/a.xml", "every": "1h"})
    process = cli.start("run", "--no-sample")
    assert process.stdout is not None
    assert "local chat" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_signal_ends_it_cleanly_while_standard_input_stays_open(
    cli: Cli, number: signal.Signals
) -> None:
    cli.catalogue({"id": "gazette", "url": "http://127.0.0.1:9/a.xml", "every": "1h"})
    with cli.start("run", "--no-sample") as process:
        assert process.stdin is not None
        assert process.stdout is not None and process.stderr is not None
        process.stdin.write("/help\n")
        process.stdin.flush()
        assert any("/unwatch" in line for line in process.stdout)
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_a_line_without_end_is_cut_and_the_next_is_read(cli: Cli) -> None:
    cli.catalogue({"id": "gazette", "url": "http://127.0.0.1:9/a.xml", "every": "1h"})
    typed = f"/search {'x' * 300_000}\n/help watch"
    out, _ = cli.run("run", "--no-sample", "--exit-on-eof", typed=typed)
    assert "at most 500 are read" in out
    assert "/watch TEXT" in out


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_streams_that_are_closed_are_no_fault(cli: Cli, closed: str) -> None:
    cli.catalogue({"id": "gazette", "url": "http://127.0.0.1:9/a.xml", "every": "1h"})
    for command in ("run --no-sample --exit-on-eof", "ask /help", "match gallium"):
        ended = subprocess.run(
            ["sh", "-c", f'exec "$0" -m bot {command} {closed}', sys.executable],
            cwd=cli.folder,
            env=cli.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == (1 if command.startswith("match") else 0), ended.stderr
        assert ended.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
@pytest.mark.parametrize("command", [("ask", "/help"), ("run", "--no-sample"), ("sources",)])
def test_an_output_without_room_is_said_in_one_line(cli: Cli, command: tuple[str, ...]) -> None:
    cli.catalogue({"id": "gazette", "url": "http://127.0.0.1:9/a.xml", "every": "1h"})
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "bot", *command],
            cwd=cli.folder,
            env=cli.environment,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    assert "output cannot be written" in ended.stderr and ended.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_fault(cli: Cli) -> None:
    with cli.start("sources") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_help_names_every_command(cli: Cli) -> None:
    out, _ = cli.run("--help")
    for command in ("run", "ask", "poll", "deliver", "match", "sources", "doctor", "backup"):
        assert command in out
