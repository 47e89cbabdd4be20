"""The door to the publishers, over real HTTP on loopback; only names are resolved by a fake."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest

from bot.domain.fetch import (
    Blocked,
    Fetched,
    FetchFailed,
    Unchanged,
)
from bot.sources.page import Moved
from tests.fakes.feed_server import FeedServer
from tests.fakes.names import Names
from tests.sources.asking import failed, fetch, fetcher, request, run


def test_an_answer_brings_its_body_type_address_and_validators() -> None:
    with FeedServer() as feeds:
        feeds.serve(
            "/a.xml", b"<rss/>", etag='W/"7"', last_modified="Thu, 08 Oct 2026 06:00:00 GMT"
        )
        outcome = fetch(feeds.url("/a.xml?x[]=1&y=%20#part"))
        assert outcome == Fetched(
            body=b"<rss/>",
            content_type="application/rss+xml",
            final_url=feeds.url("/a.xml?x[]=1&y=%20"),
            etag='W/"7"',
            last_modified="Thu, 08 Oct 2026 06:00:00 GMT",
        )
        (seen,) = feeds.requests
        assert seen.path in {"/a.xml?x[]=1&y=%20", "/a.xml?x%5B%5D=1&y=%20"}
        assert seen.headers["user-agent"] == "Tidewaiter/test"
        assert seen.headers["accept-encoding"] == "gzip"
        assert "application/atom+xml" in seen.headers["accept"]
        assert not {"if-none-match", "if-modified-since", "cookie"} & seen.headers.keys()


def test_validators_are_sent_and_304_means_unchanged() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x", etag='"1"', last_modified="Thu, 08 Oct 2026 06:00:00 GMT")
        assert fetch(feeds.url("/a"), etag='"1"') == Unchanged()
        assert fetch(feeds.url("/a"), last_modified="Thu, 08 Oct 2026 06:00:00 GMT") == Unchanged()
        assert isinstance(fetch(feeds.url("/a"), etag='"2"'), Fetched)
        assert [seen.headers.get("if-none-match") for seen in feeds.requests] == [
            '"1"',
            None,
            '"2"',
        ]


def test_a_304_to_an_unconditional_request_is_a_failure() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"", status=304)
        assert "304" in failed(fetch(feeds.url("/a")), "status").detail


def test_validators_that_could_break_a_header_are_neither_kept_nor_sent() -> None:
    with FeedServer() as feeds:
        feeds.answer(
            "/a",
            lambda exchange: exchange.send(
                b'HTTP/1.1 200 OK\r\nETag: "\xff\x01"\r\nContent-Length: 1\r\n\r\nx'
            ),
        )
        outcome = fetch(feeds.url("/a"), etag='"1"\r\nX-Injected: 1')
        assert isinstance(outcome, Fetched)
        assert outcome.etag is None
        assert "x-injected" not in feeds.requests[0].headers
        assert "if-none-match" not in feeds.requests[0].headers


@pytest.mark.parametrize("chunked", [False, True])
def test_gzip_is_unpacked_whether_chunked_or_not(chunked: bool) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x" * 100_000, encoding="gzip", chunked=chunked)
        outcome = fetch(feeds.url("/a"))
        assert isinstance(outcome, Fetched)
        assert outcome.body == b"x" * 100_000


def test_no_cookie_is_kept_from_one_poll_to_the_next() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x", headers={"Set-Cookie": "id=1; Path=/"})
        feeds.serve("/b", b"", status=302, headers={"Location": "/a", "Set-Cookie": "id=2; Path=/"})

        async def twice() -> None:
            door = fetcher()
            for path in ("/a", "/b", "/a"):
                assert isinstance(await door.fetch(request(feeds.url(path))), Fetched)
            await door.aclose()

        run(twice())
        assert len(feeds.requests) == 4
        assert all("cookie" not in seen.headers for seen in feeds.requests)


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with FeedServer() as feeds:
        feeds.serve("/a", b"x")
        assert isinstance(fetch(feeds.url("/a")), Fetched)


@pytest.mark.parametrize(("first", "second", "is_moved"), [
    (301, 308, True), (308, 301, True), (301, 302, False), (307, 308, False), (303, 303, False),
])  # fmt: skip
def test_redirects_are_followed_and_permanent_ones_are_told(
    first: int, second: int, is_moved: bool
) -> None:
    with FeedServer() as feeds:
        feeds.redirect("/old", "/dir/middle", first)
        feeds.redirect("/dir/middle", "new?x=1#part", second)
        feeds.serve("/dir/new", b"x")
        outcome = fetch(feeds.url("/old"))
        assert isinstance(outcome, Fetched)
        assert outcome.final_url == feeds.url("/dir/new?x=1")
        assert isinstance(outcome, Moved) is is_moved
        if isinstance(outcome, Moved):
            assert outcome.moved_to == outcome.final_url


def test_a_circle_of_redirects_ends_at_the_first_repetition() -> None:
    with FeedServer() as feeds:
        feeds.redirect("/feed", "/feed/", 301)
        feeds.redirect("/feed/", "/feed?secret=1", 301)
        feeds.redirect("/feed?secret=1", "/feed", 301)
        outcome = failed(fetch(feeds.url("/feed")), "redirect")
        assert "in a circle" in outcome.detail
        assert "secret" not in outcome.detail
        assert len(feeds.requests) == 3


def test_an_endless_chain_of_redirects_is_given_up() -> None:
    with FeedServer() as feeds:
        for number in range(20):
            feeds.redirect(f"/{number}", f"/{number + 1}")
        assert "more than 5 times" in failed(fetch(feeds.url("/0")), "redirect").detail
        assert len(feeds.requests) == 6


@pytest.mark.parametrize(
    "location", ["", "http://[::1", "file:///etc/passwd", "http://ada:pw@127.0.0.1/"]
)
def test_a_redirect_to_nowhere_is_a_failure(location: str) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"", status=302, headers={"Location": location} if location else {})
        assert isinstance(fetch(feeds.url("/a")), FetchFailed)


@pytest.mark.parametrize("host", ["127.0.0.2", "2130706434", "[::1]", "localhost", "evil.example"])
def test_a_redirect_to_an_address_that_is_not_read_is_not_followed(host: str) -> None:
    """Neither a literal nor a name, however spelt; and the refusal says who sent us there."""
    with FeedServer() as feeds:
        feeds.redirect("/a", f"http://{host}:{feeds.port}/secret", 302)
        names = Names({"localhost": [["127.0.0.3"]], "evil.example": [["169.254.169.254"]]})
        outcome = failed(fetch(feeds.url("/a"), resolver=names), "address")
        assert f"to which 127.0.0.1:{feeds.port} redirected" in outcome.detail
        assert [seen.path for seen in feeds.requests] == ["/a"]


@pytest.mark.parametrize("status", [401, 402, 403, 407, 429, 451])
def test_being_turned_away_is_blocked_and_retry_after_is_read(status: int) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"no", status=status, headers={"Retry-After": "120"})
        outcome = fetch(feeds.url("/a"))
        assert isinstance(outcome, Blocked)
        assert str(status) in outcome.detail
        assert outcome.retry_after == timedelta(seconds=120)


def test_an_empty_202_is_a_wall_and_no_empty_feed() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"", status=202, headers={"x-amzn-waf-action": "challenge"})
        feeds.serve("/b", b"", status=202)
        for path in ("/a", "/b"):
            assert isinstance(fetch(feeds.url(path)), Blocked)


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_503_is_trouble_unless_its_page_is_a_challenge(encoding: str | None) -> None:
    with FeedServer() as feeds:
        feeds.serve("/down", b"<p>Maintenance", status=503, encoding=encoding,
                    headers={"Retry-After": "Thu, 08 Oct 2026 07:00:00 GMT",
                             "Date": "Thu, 08 Oct 2026 06:58:00 GMT"})  # fmt: skip
        page = b"<title>Just a moment...</title>" + b" " * 50_000
        feeds.serve("/wall", page, status=503, encoding=encoding)
        down = failed(fetch(feeds.url("/down")), "status")
        assert down.retry_after == timedelta(minutes=2)
        wall = fetch(feeds.url("/wall"))
        assert isinstance(wall, Blocked)
        assert "challenge" in wall.detail


def test_a_challenge_page_that_is_a_bomb_is_not_unpacked() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", gzip.compress(b"\0" * 30_000_000), status=503, encoding="x-gzip")
        failed(fetch(feeds.url("/a")), "status")


@pytest.mark.parametrize("status", [204, 206, 300, 400, 404, 410, 418, 500, 502, 599])
def test_any_other_status_is_a_failure_that_names_it(status: int) -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"<rss/>", status=status)
        outcome = failed(fetch(feeds.url("/a")), "status")
        assert str(status) in outcome.detail
        assert outcome.detail.startswith(f"127.0.0.1:{feeds.port}")
