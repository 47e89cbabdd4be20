"""robots.txt over real HTTP: who is subject to it, what it says, how often it is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from bot.domain.fetch import Blocked, Fetched, FetchFailed, FetchOutcome, FetchRequest
from bot.domain.source import ListShape, RegisterFormat, RegisterShape, SourceKind
from bot.sources.fetch import Fetcher, FetchLimits
from bot.sources.robots import (
    KEEP,
    KEEP_UNREACHABLE,
    MAX_CRAWL_DELAY,
    MAX_HOSTS,
    MAX_LINES,
    Robots,
    Rules,
    concerning_us,
    is_subject,
    rules_of,
)
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import Exchange, FeedServer
from tests.fakes.names import Names
from tests.samples import source
from tests.sources.asking import failed, fetcher, run

PATIENCE = 60.0
NOBODY = "User-agent: *\nDisallow: /\n"


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.serve("/list", b"<ul></ul>", "text/html")
        yield server


class Door:
    """A fetch door whose clock is the test's; it never waits, but notes for how long it would."""

    def __init__(self, **changes: Any) -> None:
        self.clock = FakeClock()
        self.pauses: list[float] = []
        self.fetcher: Fetcher = fetcher(
            monotonic=self.clock.monotonic, pause=self._pause, **changes
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    async def ask(self, url: str, kind: SourceKind = SourceKind.HTML_LIST) -> FetchOutcome:
        """Fetch an address as a source of that kind."""
        return await self.fetcher.fetch(FetchRequest(source=source(url=url, kind=kind)))


@asynccontextmanager
async def door(**changes: Any) -> Any:
    made = Door(**changes)
    try:
        yield made
    finally:
        await made.fetcher.aclose()


def ask(feeds: FeedServer, path: str = "/list", **how: Any) -> FetchOutcome:
    async def once() -> FetchOutcome:
        async with door() as at:
            outcome: FetchOutcome = await at.ask(feeds.url(path), **how)
            return outcome

    return run(once())


def asked(feeds: FeedServer, path: str = "/robots.txt") -> int:
    return [seen.path for seen in feeds.requests].count(path)


# Who is subject

TABLE = RegisterShape(format=RegisterFormat.HTML_TABLE, key=("id",), name=("name",))
FILE = RegisterShape(format=RegisterFormat.CSV, key=("id",), name=("name",))


@pytest.mark.parametrize(
    ("kind", "shape", "expected"),
    [
        (SourceKind.FEED, None, False),
        (SourceKind.FEDERAL_REGISTER, None, False),
        (SourceKind.JSON_LIST, None, False),
        (SourceKind.REGISTER, FILE, False),
        (SourceKind.REGISTER, TABLE, True),
        (SourceKind.HTML_LIST, ListShape(entry="li"), True),
        (SourceKind.PAGE, None, True),
        (SourceKind.SITEMAP, None, True),
        (SourceKind.PUBLIC_INSPECTION, None, False),
        (SourceKind.PRESS_CORNER, None, False),
        (SourceKind.GOV_UK, None, False),
    ],
)
def test_what_is_made_for_people_is_subject_and_what_is_offered_to_machines_is_not(
    kind: SourceKind, shape: Any, expected: bool
) -> None:
    request = FetchRequest(source=source(kind=kind, shape=shape))
    assert is_subject(request) is expected
    assert is_subject(replace(request, is_article=True)), "an article is always for people"


@pytest.mark.parametrize("kind", [SourceKind.FEED, SourceKind.JSON_LIST])
def test_a_feed_is_read_without_a_look_at_robots_txt(feeds: FeedServer, kind: SourceKind) -> None:
    feeds.serve("/robots.txt", NOBODY, "text/plain")
    assert isinstance(ask(feeds, kind=kind), Fetched)
    assert asked(feeds) == 0


def test_a_page_that_is_not_to_be_read_is_not_asked_for_and_the_outcome_says_why(
    feeds: FeedServer,
) -> None:
    feeds.serve("/robots.txt", NOBODY, "text/plain")
    outcome = ask(feeds, "/list?key=secret")
    assert isinstance(outcome, Blocked)
    assert f"127.0.0.1:{feeds.port} asks robots not to read /list (its robots.txt)" in (
        outcome.detail
    )
    assert "secret" not in outcome.detail
    assert [seen.path for seen in feeds.requests] == ["/robots.txt"]
    assert feeds.requests[0].headers["user-agent"] == "Tidewaiter/test"


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("", True),
        ("<!DOCTYPE html><title>No such page</title>", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /li", False),
        ("\ufeffUser-agent: *\r\nDisallow: /li", False),
        ("User-agent: *\nDisallow: /\nAllow: /list", True),
        ("User-agent: *\nDisallow: /*.pdf$", True),
        ("User-agent: googlebot\nDisallow: /", True),
        ("User-agent: googlebot\nUser-agent: *\nDisallow: /", False),
        ("User-agent: tidewaiter\nDisallow: /", False),
        ("user-agent: TideWaiter/0.1 # ours\nDisallow: /", False),
        ("User-agent: Tide\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Tidewaiter\nDisallow: /other", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: Tidewaiter\nDisallow: /list", False),
        ("User-agent: a\nDisallow: /\nSitemap: https://a.example/x\nUser-agent: b", True),
    ],
)
def test_the_group_that_names_us_counts_else_the_one_for_everybody(
    feeds: FeedServer, text: str, is_read: bool
) -> None:
    feeds.serve("/robots.txt", text, "text/plain")
    assert isinstance(ask(feeds), Fetched if is_read else Blocked)


# What became of asking for it


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 451])
def test_without_a_robots_txt_there_are_no_rules(feeds: FeedServer, status: int) -> None:
    feeds.serve("/robots.txt", NOBODY, "text/plain", status=status)
    assert isinstance(ask(feeds), Fetched)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_while_it_cannot_be_had_nothing_is_read(feeds: FeedServer, status: int) -> None:
    feeds.serve("/robots.txt", b"", "text/plain", status=status)
    outcome = failed(ask(feeds), "status")
    assert "robots.txt cannot be had" in outcome.detail
    assert str(status) in outcome.detail
    assert asked(feeds, "/list") == 0


def hang_up(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser")


def say_nothing(exchange: Exchange) -> None:
    exchange.hold()


@pytest.mark.parametrize(("habit", "kind"), [(hang_up, "network"), (say_nothing, "timeout")])
def test_a_robots_txt_that_never_comes_holds_its_page_up_for_a_bounded_time(
    feeds: FeedServer, habit: Any, kind: str
) -> None:
    feeds.answer("/robots.txt", habit)

    async def once() -> FetchOutcome:
        limits = FetchLimits(robots=timedelta(seconds=0.3), total=timedelta(seconds=60))
        async with door(limits=limits) as at:
            async with asyncio.timeout(PATIENCE / 2):
                outcome: FetchOutcome = await at.ask(feeds.url("/list"))
            return outcome

    assert "robots.txt cannot be had" in failed(run(once()), kind).detail
    assert asked(feeds, "/list") == 0


def test_redirects_of_a_robots_txt_are_followed_and_of_too_many_it_is_as_if_there_were_none(
    feeds: FeedServer,
) -> None:
    feeds.redirect("/robots.txt", "/moved.txt")
    feeds.serve("/moved.txt", NOBODY, "text/plain")
    assert isinstance(ask(feeds), Blocked)
    for number in range(9):
        feeds.redirect(f"/{number}", f"/{number + 1}")
    feeds.redirect("/robots.txt", "/0")
    assert isinstance(ask(feeds), Fetched)


def test_a_robots_txt_that_redirects_into_a_forbidden_network_opens_nothing(
    feeds: FeedServer,
) -> None:
    feeds.redirect("/robots.txt", "http://169.254.169.254/latest/meta-data")
    outcome = failed(ask(feeds), "address")
    assert "where clouds keep their secrets" in outcome.detail


def test_a_page_that_redirects_is_judged_by_the_rules_of_each_host(feeds: FeedServer) -> None:
    with FeedServer() as other:
        feeds.redirect("/list", other.url("/there"))
        other.serve("/robots.txt", NOBODY, "text/plain")
        other.serve("/there", b"x")
        outcome = ask(feeds)
        assert isinstance(outcome, Blocked)
        assert f"127.0.0.1:{other.port} asks robots not to read /there" in outcome.detail
        assert asked(other, "/there") == 0


# How often


def test_it_is_looked_at_once_a_day_however_many_pages_are_read(feeds: FeedServer) -> None:
    feeds.serve("/robots.txt", "User-agent: *\nDisallow: /other", "text/plain")

    async def story() -> None:
        async with door() as at:
            pages = [at.ask(feeds.url(f"/list?{number}")) for number in range(6)]
            outcomes = await asyncio.gather(*pages)
            assert all(isinstance(outcome, Fetched) for outcome in outcomes)
            assert asked(feeds) == 1
            for hour in range(24):
                await at.ask(feeds.url("/list"))
                assert asked(feeds) == 1, hour
                at.clock.advance(timedelta(hours=1))
            feeds.serve("/robots.txt", NOBODY, "text/plain")
            assert isinstance(await at.ask(feeds.url("/list")), Blocked)
            assert asked(feeds) == 2

    assert timedelta(hours=24) == KEEP
    run(story())


def test_one_that_could_not_be_had_is_asked_for_again_after_an_hour(feeds: FeedServer) -> None:
    feeds.serve("/robots.txt", b"", status=503)

    async def story() -> None:
        async with door() as at:
            for _ in range(5):
                failed(await at.ask(feeds.url("/list")), "status")
            assert asked(feeds) == 1
            at.clock.advance(KEEP_UNREACHABLE)
            feeds.serve("/robots.txt", "", "text/plain")
            assert isinstance(await at.ask(feeds.url("/list")), Fetched)
            assert asked(feeds) == 2

    run(story())


def test_one_that_was_had_goes_on_to_be_believed_while_it_cannot_be_had(feeds: FeedServer) -> None:
    feeds.serve("/robots.txt", "User-agent: *\nDisallow: /other", "text/plain")

    async def story() -> None:
        async with door() as at:
            await at.ask(feeds.url("/list"))
            at.clock.advance(KEEP)
            feeds.serve("/robots.txt", b"", status=500)
            assert isinstance(await at.ask(feeds.url("/list")), Fetched)
            assert isinstance(await at.ask(feeds.url("/other")), Blocked)
            assert asked(feeds) == 2
            at.clock.advance(KEEP_UNREACHABLE)
            await at.ask(feeds.url("/list"))
            assert asked(feeds) == 3

    run(story())


def test_http_and_https_of_a_host_have_one_robots_txt() -> None:
    looked: list[str] = []

    async def ask(url: str) -> FetchOutcome:
        looked.append(url)
        return Fetched(body=b"User-agent: *\nDisallow: /x")

    async def story() -> None:
        robots = Robots(ask, monotonic=lambda: 0.0, pause=asyncio.sleep)
        assert await robots.objection("http://a.example/x")
        assert await robots.objection("https://a.example/x")
        assert not await robots.objection("https://a.example:8443/y")
        assert not await robots.objection("https://b.example/y")

    run(story())
    assert looked == [
        "http://a.example/robots.txt",
        "https://a.example:8443/robots.txt",
        "https://b.example/robots.txt",
    ]


def test_the_rules_of_a_bounded_number_of_hosts_are_remembered() -> None:
    async def ask(_url: str) -> FetchOutcome:
        return FetchFailed(kind="status", detail="x", status=404)

    async def story() -> None:
        clock = FakeClock()
        robots = Robots(ask, monotonic=clock.monotonic, pause=asyncio.sleep)
        for number in range(MAX_HOSTS + 5):
            assert await robots.objection(f"http://{number}.example/") is None
            clock.advance(timedelta(seconds=1))
        assert len(robots._hosts) == MAX_HOSTS
        assert "0.example" not in robots._hosts

    run(story())


# Crawl-delay


def test_pages_of_a_host_are_asked_for_with_its_crawl_delay_between_them(
    feeds: FeedServer,
) -> None:
    feeds.serve("/robots.txt", "User-agent: *\nCrawl-delay: 180", "text/plain")

    async def story() -> None:
        async with door() as at:
            began = at.clock.now()
            for _ in range(3):
                assert isinstance(await at.ask(feeds.url("/list")), Fetched)
            assert at.pauses == [180, 180]
            assert at.clock.now() - began == timedelta(minutes=6)
            at.clock.advance(timedelta(minutes=3))
            await at.ask(feeds.url("/list"))
            assert at.pauses == [180, 180], "who comes late enough need not wait"

    run(story())


def test_a_crawl_delay_is_waited_for_outside_the_deadline_and_holds_up_no_other_host(
    feeds: FeedServer,
) -> None:
    feeds.serve("/robots.txt", "User-agent: *\nCrawl-delay: 180", "text/plain")
    is_waiting = asyncio.Event()
    release = asyncio.Event()

    async def pause(_seconds: float) -> None:
        is_waiting.set()
        await release.wait()

    async def story() -> None:
        made = fetcher(
            monotonic=FakeClock().monotonic,
            pause=pause,
            limits=FetchLimits(overall=1, total=timedelta(seconds=5)),
            resolver=Names({"other.example": [["127.0.0.1"]]}),
        )
        page = FetchRequest(source=source(url=feeds.url("/list"), kind=SourceKind.HTML_LIST))
        other = source(url=f"http://other.example:{feeds.port}/list")
        assert isinstance(await made.fetch(page), Fetched)
        second = asyncio.create_task(made.fetch(page))
        async with asyncio.timeout(PATIENCE):
            await is_waiting.wait()
            assert isinstance(await made.fetch(FetchRequest(source=other)), Fetched)
            assert not second.done()
            release.set()
            assert isinstance(await second, Fetched)
        await made.aclose()

    run(story())


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("10", 10), ("0.5", 0.5), ("0", 0), ("-5", 0), ("soon", 0), ("inf", 0), ("1e300", 300),
     ("86400", 300)],
)  # fmt: skip
def test_a_crawl_delay_is_bounded(said: str, seconds: float) -> None:
    rules = rules_of(Fetched(body=f"User-agent: *\nCrawl-delay: {said}".encode()))
    assert rules.crawl_delay == timedelta(seconds=seconds) <= MAX_CRAWL_DELAY
    assert Rules().crawl_delay == timedelta(0)


# Hostile files


def test_a_file_of_thousands_of_names_and_rules_stays_small() -> None:
    """The parser gives each rule to each name of its group: 19,000 times 20,000 of them."""
    names = "".join(f"User-agent: bot-{number}\n" for number in range(12_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(12_000))
    body = f"{names}User-agent: *\n{rules}".encode()
    kept = concerning_us(body.decode())
    assert len(kept.splitlines()) == MAX_LINES
    found = rules_of(Fetched(body=body))
    assert not found.allows("https://a.example/17")
    assert found.allows("https://a.example/x")


LINES = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.builds(
            "{}{}{}".format,
            st.sampled_from(
                ["User-agent", "useragent", "Disallow", "Allow", "Crawl-delay", "Host"]
            ),
            st.sampled_from([":", ": ", " "]),
            st.sampled_from(["*", "Tidewaiter", "other", "/", "/a", "/*b$", "", "#x", "1"]),
        ),
    ),
    max_size=12,
)


@given(LINES)
def test_no_file_makes_it_raise(lines: list[str]) -> None:
    found = rules_of(Fetched(body="\n".join(lines).encode("utf-8", "surrogatepass")))
    found.allows("https://a.example/a/b?c")
    assert timedelta(0) <= found.crawl_delay <= MAX_CRAWL_DELAY


TIDY = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["*", "Tidewaiter", "other", "third"]), min_size=1, max_size=3),
        st.lists(
            st.tuples(
                st.sampled_from(["Disallow", "Allow"]), st.sampled_from(["/", "/a", "/a/b", "/*c"])
            ),
            min_size=1,
            max_size=3,
        ),
    ),
    max_size=4,
)


@given(TIDY, st.sampled_from(["/", "/a", "/a/b/c", "/abc", "/x"]))
def test_leaving_out_the_groups_of_others_changes_nothing_for_us(
    groups: list[tuple[list[str], list[tuple[str, str]]]], path: str
) -> None:
    text = "\n\n".join(
        "\n".join([*(f"User-agent: {n}" for n in names), *(f"{k}: {v}" for k, v in rules)])
        for names, rules in groups
    )
    url = f"https://a.example{path}"
    assert rules_of(Fetched(body=text.encode())).allows(url) == Protego.parse(text).can_fetch(
        url, "Tidewaiter"
    )
