"""A source that answers POST requests only: its form goes to its own host, as what it is."""

from __future__ import annotations

import pytest

from bot.domain.fetch import (
    Blocked,
    Fetched,
    FetchFailed,
    FetchOutcome,
    FetchRequest,
    Read,
    ReadOutcome,
)
from bot.domain.item import Precision
from bot.domain.source import JsonShape, SourceKind
from bot.sources.page import Moved
from bot.sources.read import read
from tests import samples
from tests.fakes.feed_server import FeedServer
from tests.fakes.names import Names
from tests.sources.asking import failed, fetcher, run

FORM = "pageNumber=1&columnID=13"


def post(url: str, form: str = FORM, *, etag: str | None = None, **changes: object) -> FetchOutcome:
    """One POST by a fetcher of its own."""
    asked = FetchRequest(source=samples.source(url=url, form=form), etag=etag)

    async def once() -> FetchOutcome:
        door = fetcher(**changes)
        try:
            return await door.fetch(asked)
        finally:
            await door.aclose()

    return run(once())


def test_a_form_is_the_body_of_a_post_request() -> None:
    with FeedServer() as feeds:
        feeds.serve("/list", b'{"rows": []}', "application/json")
        outcome = post(feeds.url("/list?lang=zh"))
        assert isinstance(outcome, Fetched)
        assert outcome.body == b'{"rows": []}'
        (seen,) = feeds.requests
        assert (seen.method, seen.path, seen.body) == ("POST", "/list?lang=zh", FORM.encode())
        assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
        assert seen.headers["user-agent"] == "Tidewaiter/test"


@pytest.mark.parametrize("form", ['{"page": 1}', '[{"q": "稀土"}]'])
def test_a_form_that_is_json_says_so(form: str) -> None:
    with FeedServer() as feeds:
        feeds.serve("/list", b"[]")
        assert isinstance(post(feeds.url("/list"), form), Fetched)
        assert feeds.requests[0].headers["content-type"] == "application/json"
        assert feeds.requests[0].body == form.encode()


def test_a_post_is_never_conditional() -> None:
    """Validators say nothing of what a POST asks: 304 would hide what is new."""
    with FeedServer() as feeds:
        feeds.serve("/list", b"[]", etag='"1"', last_modified="Thu, 08 Oct 2026 06:00:00 GMT")
        feeds.serve("/frozen", b"", status=304)
        assert isinstance(post(feeds.url("/list"), etag='"1"'), Fetched)
        assert "if-none-match" not in feeds.requests[0].headers
        assert "304" in failed(post(feeds.url("/frozen"), etag='"1"'), "status").detail


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_form_is_sent_again_where_its_own_host_sends_it(status: int) -> None:
    with FeedServer() as feeds:
        feeds.redirect("/old", "/new", status)
        feeds.serve("/new", b"[]")
        outcome = post(feeds.url("/old"))
        assert isinstance(outcome, Fetched)
        assert isinstance(outcome, Moved) is (status in {301, 308})
        assert [(seen.method, seen.path, seen.body) for seen in feeds.requests] == [
            ("POST", "/old", FORM.encode()),
            ("POST", "/new", FORM.encode()),
        ]


def test_see_other_is_fetched_as_a_page_without_the_form() -> None:
    """303: the answer to the question lies elsewhere, at the same address even."""
    with FeedServer() as feeds:
        feeds.answer(
            "/list",
            lambda exchange: (
                exchange.reply(303, {"Location": "/list"})
                if exchange.seen.method == "POST"
                else exchange.reply(200, {"Content-Type": "application/json"}, b"[]")
            ),
        )
        assert isinstance(post(feeds.url("/list")), Fetched)
        assert [(seen.method, seen.body) for seen in feeds.requests] == [
            ("POST", FORM.encode()),
            ("GET", b""),
        ]
        assert "content-type" not in feeds.requests[1].headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_form_goes_to_no_other_host(status: int) -> None:
    with FeedServer() as feeds:
        feeds.redirect("/list", f"http://other.example:{feeds.port}/take", status)
        names = Names({"other.example": [["127.0.0.1"]]})
        outcome = failed(post(feeds.url("/list"), resolver=names), "redirect")
        assert f"other.example:{feeds.port}" in outcome.detail
        assert "correct its url" in outcome.detail
        assert [seen.path for seen in feeds.requests] == ["/list"]


@pytest.mark.parametrize("status", [303, 307])
def test_a_redirect_of_a_form_passes_the_guard_like_any_other(status: int) -> None:
    with FeedServer() as feeds:
        feeds.redirect("/list", f"http://127.0.0.2:{feeds.port}/secret", status)
        assert isinstance(post(feeds.url("/list")), FetchFailed)
        feeds.redirect("/odd", "http://[::1", status)
        assert isinstance(post(feeds.url("/odd")), FetchFailed)
        assert [seen.path for seen in feeds.requests] == ["/list", "/odd"]


def test_a_circle_of_redirects_ends_for_a_form_too() -> None:
    with FeedServer() as feeds:
        feeds.redirect("/a", "/b", 307)
        feeds.redirect("/b", "/a", 307)
        assert "in a circle" in failed(post(feeds.url("/a")), "redirect").detail
        assert len(feeds.requests) == 2


def test_the_address_of_a_form_is_vetted_before_anything_is_sent() -> None:
    with FeedServer() as feeds:
        outcome = failed(post(f"http://127.0.0.2:{feeds.port}/list"), "address")
        assert "was not asked" in outcome.detail
        assert not feeds.requests


def test_a_wall_before_a_form_is_blocked() -> None:
    with FeedServer() as feeds:
        feeds.serve("/list", b"no", status=403)
        assert isinstance(post(feeds.url("/list")), Blocked)


def test_a_list_behind_a_form_is_read_to_items() -> None:
    """In the form of the Chinese export-control network's answers."""
    answer = (
        '{"pageInfo": {"rows": [{"id": 7, "title": "商务部公告2026年第61号", '
        '"url": "/article/zcfg/202610/61.html", "publishTimeStr": "2026-10-08 00:00:00"}]}}'
    )
    with FeedServer() as feeds:
        feeds.answer(
            "/list",
            lambda exchange: exchange.reply(
                200 if exchange.seen.body == FORM.encode() else 400,
                {"Content-Type": "text/html"},  # as it says of its JSON
                answer.encode(),
            ),
        )
        ministry = samples.source(
            url=feeds.url("/list"),
            form=FORM,
            kind=SourceKind.JSON_LIST,
            shape=JsonShape(
                entries="pageInfo.rows", title="title", link="url", date="publishTimeStr"
            ),
            zone="Asia/Shanghai",
            languages=("zh",),
        )

        async def once() -> ReadOutcome:
            door = fetcher()
            try:
                return await read(FetchRequest(source=ministry), door, now=samples.NOW)
            finally:
                await door.aclose()

        outcome = run(once())
        assert isinstance(outcome, Read), outcome
        (found,) = outcome.items
        assert found.title == "商务部公告2026年第61号"
        assert found.url == feeds.url("/article/zcfg/202610/61.html")
        assert found.precision is Precision.DAY
