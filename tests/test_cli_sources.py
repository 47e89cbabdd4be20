"""`tidewaiter sources`: fits the terminal, takes lists of feeds in, and hands them out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from wcwidth import wcswidth

from tests.fakes.feed_server import FeedServer
from tests.sources.feed_texts import rss
from tests.sources.test_guard_connections import SPELLINGS
from tests.test_cli import Cli

WORDS = "Notices on the control of dual-use items and what follows from them"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    made = Cli(tmp_path)
    made.catalogue(
        {"id": "gazette", "url": "http://127.0.0.1:9/feed.xml", "name": f"商务部 {WORDS} {WORDS}"},
        {"id": "a-long-id-that-some-desk-has-chosen-for-it", "url": "http://127.0.0.1:9/two"},
    )
    return made


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def opml(folder: Path, *feeds: tuple[str, str]) -> str:
    outlines = "".join(f'<outline text="{name}" xmlUrl="{url}"/>' for name, url in feeds)
    file = folder / "list.opml"
    file.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', "utf-8")
    return str(file)


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_no_line_is_wider_than_the_terminal(cli: Cli, columns: int) -> None:
    out, _ = cli.run("sources", COLUMNS=str(columns))
    assert max(wcswidth(line) for line in out.splitlines()) <= columns
    whole = "".join(out.split())
    assert "".join(WORDS.split()) in whole and "a-long-id-that-some-desk" in whole
    assert all(wcswidth(line) <= 80 for line in cli.run("sources")[0].splitlines())


def test_a_list_is_imported_with_a_line_for_each_feed_and_a_sum(cli: Cli) -> None:
    file = opml(
        cli.folder,
        ("Trade news", "https://news.example/feed"),
        ("Again", "http://news.example/feed/"),
        ("Gazette", "http://127.0.0.1:9/feed.xml"),
        ("内网", "http://10.0.0.1/feed"),
    )
    out, err = cli.run("sources", "import", file, code=1)
    assert out.splitlines() == [
        "✓ Trade news                     as trade-news",
        "· Again                          already there as trade-news",
        "· Gazette                        already there as gazette",
        "✗ 内网                           refused: 10.0.0.1/feed: 10.0.0.1 is a private",
        "    network",
        "1 added, 2 already there, 1 refused.",
        "A running service reads them within seconds, the first time quietly.",
    ]
    assert err == ""
    assert "Added by import in list.opml" in cli.run("ask", "/source trade-news")[0]
    cli.run("sources", "import", opml(cli.folder, ("x", "https://news.example/feed")))
    assert cli.run("sources")[0].count("trade-news") == 1


def test_what_is_imported_is_polled_like_any_source(cli: Cli, site: FeedServer) -> None:
    site.serve("/feed", rss("<title>Notice on gallium</title><link>https://n.example/1</link>"))
    cli.run("sources", "import", opml(cli.folder, ("Trade news", site.url("/feed"))))
    (line,) = cli.run("poll", "--json", "trade-news")[0].splitlines()
    assert (json.loads(line)["outcome"], json.loads(line)["new"]) == ("fetched", 1)
    assert "📄 Notice on gallium" in cli.run("ask", "/latest")[0]


def test_no_hostile_address_of_a_list_is_kept(cli: Cli) -> None:
    feeds = [(str(n), f"http://{host}/f") for n, host in enumerate(SPELLINGS) if host.isalnum()]
    cli.environment["TIDEWAITER_ALLOW_HOSTS"] = ""
    out, _ = cli.run("sources", "import", opml(cli.folder, *feeds), code=1)
    assert f"0 added, 0 already there, {len(feeds)} refused." in out
    with closing(sqlite3.connect(cli.folder / "data" / "desk.db")) as db:
        assert db.execute("SELECT count(*) FROM desk_sources").fetchone() == (0,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html/>", "where OPML should be"),
        ('<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "declares entities"),
        ("<opml><body/></opml>", "lists no feed"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_one_line(cli: Cli, text: str, said: str) -> None:
    file = cli.folder / "list.opml"
    file.write_text(text, "utf-8")
    out, err = cli.run("sources", "import", str(file), code=2)
    assert out == "" and len(err.splitlines()) == 1
    assert "was not imported" in err and said in err
    assert "cannot be read" in cli.run("sources", "import", "nowhere.opml", code=2)[1]


def test_what_is_exported_can_be_imported_elsewhere(cli: Cli, tmp_path: Path) -> None:
    cli.run("sources", "import", opml(cli.folder, ("Müller & Söhne", "https://n.example/f?a=1")))
    out, err = cli.run("sources", "export")
    root = ElementTree.fromstring(out.encode())
    feeds = {each.get("xmlUrl") for each in root.iter("outline") if each.get("type") == "rss"}
    assert feeds == {
        "http://127.0.0.1:9/feed.xml", "http://127.0.0.1:9/two", "https://n.example/f?a=1",
    }  # fmt: skip
    assert err == "3 feeds.\n"
    assert cli.run("sources", "export", "out.opml") == ("3 feeds in out.opml.\n", "")
    (tmp_path / "other").mkdir()
    other = Cli(tmp_path / "other")
    other.catalogue({"id": "own", "url": "https://own.example/"})
    taken, _ = other.run("sources", "import", str(cli.folder / "out.opml"))
    assert "3 added, 0 already there, 0 refused." in taken
    assert "cannot be written" in cli.run("sources", "export", "no/such/folder.opml", code=2)[1]
