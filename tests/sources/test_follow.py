"""The rest of a list, over real HTTP: read back to the last reading, in bounds, or again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.fetch import FetchFailed, FetchRequest, NotAFeed, Read, ReadOutcome
from bot.domain.source import Source, SourceKind
from bot.sources.cadence import after_poll, request_for
from bot.sources.follow import MAX_PAGES
from bot.sources.read import read
from tests.fakes.feed_server import FeedServer
from tests.samples import source, state
from tests.sources.asking import fetcher
from tests.sources.test_sitemap import index, news, urlset

NOW = datetime(2026, 10, 8, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def register(feeds: FeedServer) -> Source:
    return source(
        kind=SourceKind.FEDERAL_REGISTER,
        url=feeds.url("/documents.json?page=1"),
        zone="America/New_York",
    )


def ask(where: Source, since: datetime | None) -> ReadOutcome:
    async def once() -> ReadOutcome:
        door = fetcher()
        try:
            return await read(FetchRequest(source=where, since=since), door, now=NOW)
        finally:
            await door.aclose()

    return asyncio.run(once())


def whole(outcome: ReadOutcome) -> Read:
    assert isinstance(outcome, Read), outcome
    return outcome


def publish(feeds: FeedServer, pages: int, *, to: Any = None) -> None:
    """Pages of two documents each, a day a page, from today back."""
    for page in range(1, pages + 1):
        day = (NOW - (page - 1) * DAY).date().isoformat()
        documents = [
            {
                "document_number": f"2026-{page}{n}",
                "title": f"Rule {page}{n}",
                "publication_date": day,
            }
            for n in range(2)
        ]
        following = (to or feeds.url)(f"/documents.json?page={page + 1}") if page < pages else None
        body = {"count": 999, "results": documents, "next_page_url": following}
        feeds.serve(
            f"/documents.json?page={page}", json.dumps(body), "application/json", etag=f'"{page}"'
        )


def asked(feeds: FeedServer) -> int:
    return len(feeds.requests)


def test_pages_are_read_back_to_the_last_reading(feeds: FeedServer) -> None:
    publish(feeds, 8)
    found = whole(ask(register(feeds), NOW - 3 * DAY))
    assert asked(feeds) == 5
    assert len(found.items) == 10
    assert found.note == "5 pages were read"
    assert (found.is_whole, found.etag) == (True, '"1"')


def test_a_page_that_reaches_back_is_all_that_is_asked_for(feeds: FeedServer) -> None:
    publish(feeds, 8)
    assert len(whole(ask(register(feeds), NOW + DAY)).items) == 2
    assert asked(feeds) == 1


def test_of_a_source_that_was_never_read_older_pages_are_history(feeds: FeedServer) -> None:
    publish(feeds, 8)
    assert len(whole(ask(register(feeds), None)).items) == 2
    assert asked(feeds) == 1


def test_a_long_pause_has_a_bound_and_that_is_told(feeds: FeedServer) -> None:
    publish(feeds, 30)
    found = whole(ask(register(feeds), NOW - 300 * DAY))
    assert asked(feeds) == 1 + MAX_PAGES
    assert found.is_whole
    assert "11 pages were read, and what is older since the last reading was not" in found.note


def test_a_list_that_is_at_its_end_is_read_to_its_end(feeds: FeedServer) -> None:
    publish(feeds, 3)
    assert len(whole(ask(register(feeds), NOW - 300 * DAY)).items) == 6


def test_a_list_that_goes_round_in_a_circle_is_left(feeds: FeedServer) -> None:
    publish(feeds, 2, to=lambda _path: feeds.url("/documents.json?page=1"))
    whole(ask(register(feeds), NOW - 300 * DAY))
    assert asked(feeds) <= 1 + MAX_PAGES


def test_a_list_sends_us_to_no_other_host(feeds: FeedServer) -> None:
    publish(feeds, 8, to=lambda path: f"http://localhost:{feeds.port}{path}")
    assert len(whole(ask(register(feeds), NOW - 300 * DAY)).items) == 2
    assert asked(feeds) == 1


def test_a_page_that_fails_makes_the_reading_partial_and_the_next_goes_back_as_far(
    feeds: FeedServer,
) -> None:
    publish(feeds, 8)
    feeds.serve("/documents.json?page=3", "sorry", "text/plain", status=503)
    where = register(feeds)
    before = state(url=where.url, last_success_at=NOW - 5 * DAY, etag='"0"')
    outcome = whole(ask(where, before.last_success_at))
    assert len(outcome.items) == 4, "what could be read is news"
    assert (outcome.is_whole, outcome.etag) == (False, None)
    assert "its page 3 could not be read" in outcome.note and "503" in outcome.note
    after = after_poll(before, where, outcome, now=NOW, jitter=0.5)
    assert after.last_success_at == before.last_success_at
    assert after.failures == 0
    again = request_for(where, after, NOW + timedelta(minutes=5))
    assert (again.since, again.etag) == (before.last_success_at, None)
    publish(feeds, 8)
    healed = whole(ask(where, again.since))
    assert healed.is_whole and len(healed.items) > 10
    assert after_poll(after, where, healed, now=NOW, jitter=0.5).last_success_at == NOW


def test_a_request_says_since_when_but_not_of_a_source_that_is_new_or_has_moved() -> None:
    where = source()
    seen = state(last_success_at=NOW - DAY)
    assert request_for(where, seen, NOW).since == NOW - DAY
    assert request_for(where, state(is_seeded=False, last_success_at=None), NOW).since is None
    assert request_for(source(url="https://new.example/"), seen, NOW).since is None


# An index


def sitemap(feeds: FeedServer) -> Source:
    return source(kind=SourceKind.SITEMAP, url=feeds.url("/sitemap.xml"))


def index_of(feeds: FeedServer, *names: str) -> None:
    feeds.serve(
        "/sitemap.xml", index(*((feeds.url(name), "") for name in names)), "text/xml", etag='"i"'
    )


def test_the_sitemaps_of_an_index_are_read_as_one_list(feeds: FeedServer) -> None:
    index_of(feeds, "/1.xml", "/2.xml")
    feeds.serve("/1.xml", urlset(news("/a", "Duties on tin")), "text/xml", etag='"1"')
    feeds.serve("/2.xml", urlset(news("/b", "Duties on zinc")), "text/xml")
    found = whole(ask(sitemap(feeds), None))
    assert [item.title for item in found.items] == ["Duties on tin", "Duties on zinc"]
    assert found.facts is not None
    assert (found.facts.entries, found.facts.untitled) == (2, 0)
    assert found.etag is None, "an index stands still while what it points to moves"


def test_an_index_within_an_index_is_not_followed(feeds: FeedServer) -> None:
    index_of(feeds, "/1.xml")
    feeds.serve("/1.xml", index((feeds.url("/2.xml"), "")), "text/xml")
    assert whole(ask(sitemap(feeds), None)).items == ()
    assert not [seen for seen in feeds.requests if seen.path == "/2.xml"]


def test_a_sitemap_that_fails_hides_no_other_and_is_told(feeds: FeedServer) -> None:
    index_of(feeds, "/1.xml", "/gone.xml")
    feeds.serve("/1.xml", urlset(news()), "text/xml")
    found = whole(ask(sitemap(feeds), None))
    assert len(found.items) == 1
    assert not found.is_whole
    assert "1 of 2 sitemaps could not be read" in found.note


def test_where_all_fail_the_reading_failed(feeds: FeedServer) -> None:
    index_of(feeds, "/gone.xml")
    assert isinstance(ask(sitemap(feeds), None), FetchFailed)
    feeds.serve("/gone.xml", "<html>", "text/html")
    assert isinstance(ask(sitemap(feeds), None), NotAFeed)
