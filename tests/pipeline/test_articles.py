"""Articles of which the feed has a stub, over real HTTP to the chat: each told once, none lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.source import Source
from bot.pipeline.late_texts import GIVEN_UP
from bot.pipeline.poll import PollResult
from bot.sources.text_reader import TextReader
from storage.connection import connect
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer
from tests.pipeline.outbox import alerts
from tests.pipeline.test_poll import MINUTE, House, house
from tests.samples import source
from tests.sources.test_article import page

Steps = Callable[[House], Awaitable[None]]
TEXT = "The decree covers exports of gallium, by whomever and whereto they are made."


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def gazette(feeds: FeedServer, **changes: Any) -> Source:
    return source(url=feeds.url("/feed.xml"), has_full_text=True, every=10 * MINUTE, **changes)


def publish(feeds: FeedServer, *titles: str, text: str = "", etag: str | None = None) -> None:
    """A feed of stubs; the newest entry comes first."""
    entries = "".join(
        f"<item><guid>{title}</guid><title>{title}</title><description>{text}</description>"
        f"<link>{feeds.url(path(title))}</link></item>"
        for title in titles
    )
    body = f'<rss version="2.0"><channel><title>G</title>{entries}</channel></rss>'
    feeds.serve("/feed.xml", body, etag=etag)


def path(title: str) -> str:
    return f"/{title.lower().replace(' ', '-')}"


def write(feeds: FeedServer, title: str, text: str = TEXT, **how: Any) -> None:
    """The article's own page."""
    feeds.serve(path(title), page(text, title=title, heading=title), "text/html", **how)


def asked(feeds: FeedServer, title: str) -> int:
    return sum(seen.path == path(title) for seen in feeds.requests)


def live(folder: Path, steps: Steps, *sources: Source, clock: FakeClock | None = None) -> None:
    async def story() -> None:
        async with house(folder, *sources, clock=clock) as living:
            await living.watch("gallium")
            await steps(living)

    asyncio.run(story())


async def poll(living: House, after: timedelta = 10 * MINUTE) -> PollResult:
    living.clock.advance(after)
    result = await living.poll()
    assert result.outcome in {"fetched", "unchanged"}, result.detail
    return result


def stored(living: House, title: str) -> str:
    db = connect(living.store.path, is_writer=False)
    try:
        (row,) = db.execute("SELECT text FROM items WHERE title = ?", (title,))
        return str(row[0])
    finally:
        db.close()


OLD, DECREE, NOTICE = "Herring quotas of old", "Decree number twelve", "Notice about gallium ores"


def test_an_article_is_matched_by_its_page_and_shown_in_a_sentence(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD)
        await poll(living)
        publish(feeds, DECREE, OLD)
        write(feeds, DECREE, f"{TEXT}</p><p>" + "Nothing else is said of it. " * 200)
        await poll(living)
        (alert,) = living.alerts()
        assert "The decree covers exports of gallium" in alert
        assert len(alert) < 900, "a quote, never the whole text"
        assert len(stored(living, DECREE)) > 5_000
        assert (await living.store.search_candidates("gallium", 5))[0].item.title == DECREE
        await poll(living)
        assert (len(living.alerts()), asked(feeds, DECREE)) == (1, 1)

    live(tmp_path, steps, gazette(feeds))


def test_a_page_that_fails_delays_no_alert_and_its_text_brings_no_second(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD, etag='"1"')
        await poll(living)
        publish(feeds, NOTICE, OLD, etag='"2"')
        feeds.serve(path(NOTICE), "sorry", "text/plain", status=503)
        first = await poll(living)
        assert len(living.alerts()) == 1, "the stub answers, and is told at once"
        assert "1 of 1 texts could not be had" in first.detail and "503" in first.detail
        write(feeds, NOTICE, f"{TEXT} It is about ores.")
        await poll(living, 20 * MINUTE)
        assert "about ores" in stored(living, NOTICE)
        for _ in range(3):
            await poll(living)
        assert (len(living.alerts()), asked(feeds, NOTICE)) == (1, 2)

    live(tmp_path, steps, gazette(feeds))


@pytest.mark.parametrize("restarts", [False, True])
def test_a_text_that_comes_late_is_matched_when_it_comes_and_told_once(
    feeds: FeedServer, tmp_path: Path, restarts: bool
) -> None:
    """Though the feed itself says that nothing is new, and though the service was started anew."""
    clock = FakeClock()

    async def before(living: House) -> None:
        publish(feeds, OLD, etag='"1"')
        await poll(living)
        publish(feeds, DECREE, OLD, etag='"2"')
        await poll(living)  # 404: there is no page yet
        assert living.alerts() == []
        assert (await poll(living, 5 * MINUTE)).outcome == "unchanged", "it is not due again yet"
        if not restarts:
            await after(living)

    async def after(living: House) -> None:
        write(feeds, DECREE)
        await poll(living, 20 * MINUTE)
        (alert,) = living.alerts()
        assert "The decree covers exports of gallium" in alert
        for _ in range(3):
            await poll(living)
        assert len(living.alerts()) == 1
        assert (await poll(living)).outcome == "unchanged", "nothing is awaited any more"

    live(tmp_path, before, gazette(feeds), clock=clock)
    if restarts:
        live(tmp_path, after, gazette(feeds), clock=clock)
        assert len(alerts(tmp_path / "desk.db")) == 1


def test_a_text_that_never_comes_is_given_up_within_a_day(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD)
        await poll(living)
        publish(feeds, DECREE, OLD)
        for _ in range(200):
            await poll(living)
        assert asked(feeds, DECREE) < 10
        write(feeds, DECREE)
        await poll(living, GIVEN_UP)
        assert (living.alerts(), stored(living, DECREE)) == ([], "")

    live(tmp_path, steps, gazette(feeds))


def test_history_is_never_told_however_late_its_texts_come(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        publish(feeds, DECREE, OLD)
        await poll(living)
        write(feeds, DECREE)
        for _ in range(5):
            await poll(living, 30 * MINUTE)
        assert living.alerts() == []

    live(tmp_path, steps, gazette(feeds))


def test_of_many_articles_all_are_told_though_ten_a_poll_get_their_texts(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD)
        await poll(living)
        decrees = [f"Decree number {word}" for word in "abcdefghijklmnopqrstuvwx"]
        for decree in decrees:
            write(feeds, decree, f"Under {decree} exports of gallium need a licence.")
        publish(feeds, *decrees, OLD)
        counts = []
        for _ in range(4):
            await poll(living)
            counts.append(len(living.alerts()))
        assert counts == [10, 20, 24, 24]

    live(tmp_path, steps, gazette(feeds))


def test_the_page_that_is_the_same_for_every_article_is_no_text(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD)
        await poll(living)
        decrees = [f"Decree number {n} on ores" for n in ("one", "two", "six")]
        wall = "To read each decree number on ores and gallium, renew your membership by post."
        for decree in decrees:
            write(feeds, decree, wall)
        publish(feeds, decrees[0], decrees[1], OLD)
        first = await poll(living)
        assert "the same page came for several entries" in first.detail
        publish(feeds, *decrees, OLD)
        await poll(living)
        assert living.alerts() == []
        assert [stored(living, decree) for decree in decrees] == ["", "", ""]

    live(tmp_path, steps, gazette(feeds))


def test_a_stub_that_its_publisher_changes_is_read_again(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD)
        await poll(living)
        write(feeds, DECREE, "It is about tin.")
        publish(feeds, DECREE, OLD)
        await poll(living)
        publish(feeds, DECREE, OLD)
        await poll(living)
        assert (living.alerts(), asked(feeds, DECREE)) == ([], 1)
        write(feeds, DECREE, TEXT)
        publish(feeds, DECREE, OLD, text="Corrected: on another metal.")
        await poll(living)
        assert len(living.alerts()) == 1
        await poll(living)
        assert (len(living.alerts()), asked(feeds, DECREE)) == (1, 2)

    live(tmp_path, steps, gazette(feeds))


def test_robots_txt_and_refusals_are_final(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        feeds.serve("/robots.txt", f"User-agent: *\nDisallow: {path(DECREE)}\n", "text/plain")
        publish(feeds, OLD)
        await poll(living)
        publish(feeds, DECREE, NOTICE, OLD)
        write(feeds, DECREE)
        feeds.serve(path(NOTICE), "no", "text/plain", status=403)
        for _ in range(10):
            await poll(living)
        assert (asked(feeds, DECREE), asked(feeds, NOTICE)) == (0, 1)
        assert len(living.alerts()) == 1, "the notice, by its stub"

    live(tmp_path, steps, gazette(feeds))


def test_a_document_that_is_no_page_is_asked_for_once(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD)
        await poll(living)
        publish(feeds, NOTICE, DECREE, OLD)
        feeds.serve(path(NOTICE), b"%PDF-1.7 <p>gallium", "application/pdf")
        feeds.serve(path(DECREE), b"%PDF-1.7 <p>gallium", "text/html")
        first = await poll(living)
        assert "2 of 2 texts could not be had (no page but" in first.detail
        for _ in range(5):
            await poll(living, 30 * MINUTE)
        assert (asked(feeds, NOTICE), asked(feeds, DECREE)) == (1, 1)
        assert len(living.alerts()) == 1

    live(tmp_path, steps, gazette(feeds))


def test_without_leave_no_article_is_asked_for(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        publish(feeds, OLD)
        await poll(living)
        write(feeds, DECREE)
        publish(feeds, DECREE, OLD)
        await poll(living)
        assert (asked(feeds, DECREE), living.alerts()) == (0, [])

    live(tmp_path, steps, source(url=feeds.url("/feed.xml")))


def test_articles_are_read_in_a_process_of_their_own(feeds: FeedServer, tmp_path: Path) -> None:
    async def story() -> None:
        texts = TextReader()
        try:
            async with house(tmp_path, gazette(feeds), read_text=texts.read) as living:
                await living.watch("gallium")
                publish(feeds, OLD)
                await poll(living)
                publish(feeds, DECREE, OLD)
                write(feeds, DECREE)
                await poll(living)
                assert len(living.alerts()) == 1
        finally:
            await texts.aclose()

    asyncio.run(story())


def test_articles_of_entries_that_a_gap_brought_are_read(feeds: FeedServer, tmp_path: Path) -> None:
    """They are listed on no first page again."""

    def serve(newest: int) -> None:
        for page_number, first in enumerate(range(newest, 0, -4), start=1):
            numbers = range(first, max(first - 4, 0), -1)
            rows = "".join(
                f"<item><title>Decree number {n}</title>"
                f"<link>{feeds.url(path(f'Decree number {n}'))}</link></item>"
                for n in numbers
            )
            older = feeds.url(f"/feed.xml?page={page_number + 1}")
            link = f'<atom:link rel="next" href="{older}"/>' if numbers[-1] > 1 else ""
            where = "/feed.xml" if page_number == 1 else f"/feed.xml?page={page_number}"
            namespace = 'xmlns:atom="http://www.w3.org/2005/Atom"'
            feeds.serve(
                where, f'<rss version="2.0" {namespace}><channel>{link}{rows}</channel></rss>'
            )

    async def steps(living: House) -> None:
        serve(8)
        await poll(living)
        for n in range(9, 31):
            write(feeds, f"Decree number {n}", f"By decree number {n} gallium needs a licence.")
        serve(30)
        filled = await poll(living)
        assert filled.detail == "gap filled: 18 entries from 5 further pages"
        assert len(living.alerts()) == 22

    live(tmp_path, steps, gazette(feeds))
