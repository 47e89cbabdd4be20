"""One hostile source never takes more than 150 MB: measured in a process of its own.

Bodies are made as large as the checks before parsing let them be, for each of the things that a
parser or a tree makes much of.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.source import SourceKind
from bot.sources.fetch import FetchLimits
from bot.sources.hostile import find_hostility
from tests.fakes.feed_server import Exchange, FeedServer

MOST = 150_000_000
ROOT = Path(__file__).parents[2]
LONGEST = FetchLimits().max_body_bytes

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="memory is measured by Linux's /proc"
)

RSS, END = b"<rss version='2.0'><channel>", b"</channel></rss>"
IN_ITEM = RSS + b"<item><title>x</title>"
HTML = b"<html><body><ul>"
JSON_FEED = b'{"version":"https://jsonfeed.org/version/1.1","items":['
ITEM = (
    b"<item><title>a</title><link>http://a/</link><guid>a</guid><description>a</description>"
    b"<pubDate>a</pubDate></item>"
)
TEN = b" a='' b='' c='' d='' e='' f='' g='' h='' i='' j=''"

BODIES: dict[str, tuple[SourceKind, bytes, bytes, bytes]] = {
    "one long title": (SourceKind.FEED, RSS + b"<item><title>", b"x", b"</title></item>" + END),
    "one emoji": (
        SourceKind.FEED,
        RSS + "<item><title>\U0001f600".encode(),
        b"x",
        b"</title></item>" + END,
    ),
    "empty entries": (SourceKind.FEED, RSS, b"<item/>", END),
    "whole entries": (SourceKind.FEED, RSS, ITEM, END),
    "attributes of entries": (SourceKind.FEED, RSS, b"<item" + TEN + b"/>", END),
    "attributes of others": (SourceKind.FEED, RSS, b"<a" + TEN + b"/>", END),
    "comments": (SourceKind.FEED, RSS, b"<!---->", END),
    "entries that are not closed": (SourceKind.FEED, RSS, ITEM, b"</o>"),
    "enclosures": (SourceKind.FEED, IN_ITEM, b"<enclosure url='a'/>", b"</o>"),
    "list entries": (SourceKind.HTML_LIST, HTML, b"<li><a href=x>t</a>", b""),
    "bare attributes": (SourceKind.HTML_LIST, HTML, b"<p a b c d e f g h i j k>", b""),
    "attributes that slashes part": (SourceKind.HTML_LIST, HTML, b"<p/a/b/c/d/e/f/g/h/i>", b""),
    "one long text": (SourceKind.PAGE, HTML, b"x\n", b""),
    "many short texts": (SourceKind.PAGE, HTML, b"x<br>", b""),
    "JSON entries": (SourceKind.JSON_LIST, b'{"items":[', b'{"title":"a"},', b"{}]}"),
    "JSON lists": (SourceKind.JSON_LIST, b'{"items":[', b"[[]],", b"{}]}"),
    "JSON feed": (SourceKind.FEED, JSON_FEED, b'{"id":"a"},', b"{}]}"),
    "JSON strings": (SourceKind.FEDERAL_REGISTER, b'{"results":["', b"x", b'"]}'),
    "documents": (SourceKind.FEDERAL_REGISTER, b'{"results":[', b'{"title":"a"},', b"{}]}"),
}


def largest(head: bytes, unit: bytes, tail: bytes) -> bytes:
    """The longest body of that unit that may be fetched and is let through to a parser."""

    def made(count: int) -> bytes:
        return head + unit * count + tail

    low, high = 1, (LONGEST - len(head) - len(tail)) // len(unit)
    if find_hostility(made(high).decode()) is None:
        return made(high)
    while high - low > max(low // 50, 1):
        middle = (low + high) // 2
        if find_hostility(made(middle).decode()) is None:
            low = middle
        else:
            high = middle
    return made(low)


def measure(*arguments: str, body: bytes = b"") -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.sources.measured", *arguments],
        input=body,
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("kind", "head", "unit", "tail"), BODIES.values(), ids=BODIES.keys())
def test_the_reading_of_no_body_takes_more_than_150_mb(
    kind: SourceKind, head: bytes, unit: bytes, tail: bytes
) -> None:
    body = largest(head, unit, tail)
    assert len(body) > 100_000, "the checks before parsing must let sane feeds through"
    found = measure("read", kind.value, body=body)
    assert found["peak"] - found["base"] < MOST
    assert "refused before parsing" not in found["outcomes"][0][1]


# Fetching


def packed_bomb(size: int) -> bytes:
    """`size` zeros, packed without ever being unpacked here: a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    piece = bytes(10_000_000)
    parts = [packer.compress(piece) for _ in range(size // len(piece))]
    return b"".join([*parts, packer.flush()])


def never_ends(exchange: Exchange, head: bytes, piece: bytes) -> None:
    exchange.send(head)
    while not exchange.closing.is_set():
        exchange.send(piece * (65_536 // len(piece)))


def floods(head: bytes, piece: bytes) -> Callable[[Exchange], None]:
    return lambda exchange: never_ends(exchange, head, piece)


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

FLOODS: dict[str, tuple[Callable[[Exchange], None], str]] = {
    "a body without end": (floods(OK + b"\r\n", b"x"), "longer than 20,000,000 bytes"),
    "chunks without end": (floods(CHUNKED, b"1\r\nx\r\n"), ""),
    "a header without end": (floods(OK + b"X: ", b"x"), "proper HTTP"),
    "headers without end": (floods(OK, b"X: y\r\n"), "proper HTTP"),
    "a status line without end": (floods(b"HTTP/1.1 200 ", b"x"), "proper HTTP"),
    "interim answers without end": (floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), ""),
    "interim answers with headers": (
        floods(b"", b"HTTP/1.1 103 Early Hints\r\n" + b"Link: <a>\r\n" * 50 + b"\r\n"),
        "",
    ),
    "a chunk extension without end": (floods(CHUNKED + b"1;", b"x"), ""),
    "trailers without end": (floods(CHUNKED + b"0\r\n", b"X: y\r\n"), ""),
}


@pytest.mark.parametrize(("habit", "said"), FLOODS.values(), ids=FLOODS.keys())
def test_no_flood_takes_more_than_150_mb_nor_holds_up_another_source(
    habit: Callable[[Exchange], None], said: str
) -> None:
    with FeedServer() as feeds, FeedServer() as other:
        feeds.answer("/flood", habit)
        other.serve("/feed", b"<rss/>")
        found = measure("fetch", "3", other.url("/feed"), feeds.url("/flood"))
    quick, flood = found["outcomes"]
    assert quick[0] == "Fetched"
    assert flood[0] == "FetchFailed"
    assert said in flood[1]
    assert found["peak"] - found["base"] < MOST


def test_a_bomb_of_a_gigabyte_takes_no_more_than_its_share() -> None:
    bomb = packed_bomb(1_000_000_000)
    assert len(bomb) < 2_000_000
    with FeedServer() as feeds:
        feeds.serve("/feed", b"<rss/>")
        feeds.serve("/bomb", bomb, encoding="x-gzip")
        feeds.serve("/twice", gzip.compress(bomb), encoding="gzip, gzip")
        feeds.serve("/error", bomb, encoding="x-gzip", status=503)
        urls = [feeds.url(path) for path in ("/feed", "/bomb", "/twice", "/error")]
        found = measure("fetch", "20", *urls)
    assert [name for name, _ in found["outcomes"]] == ["Fetched", *["FetchFailed"] * 3]
    assert found["peak"] - found["base"] < MOST
