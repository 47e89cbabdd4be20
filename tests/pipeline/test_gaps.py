"""Window gaps, over real HTTP to the chat: what ran over between two polls is told once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.domain.source import JsonShape, ListShape, Source, SourceKind
from bot.pipeline.poll import PollResult
from bot.sources.follow import MAX_PAGES
from tests.desk import Desk, wait
from tests.fakes.feed_server import FeedServer
from tests.pipeline.test_health import notices, subscribe, tell
from tests.pipeline.test_poll import MINUTE, House, house
from tests.samples import source

Steps = Callable[[House], Awaitable[None]]
LONG = 4  # entries of a page


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def live(folder: Path, steps: Steps, where: Source) -> None:
    async def story() -> None:
        async with house(folder, where) as living:
            await living.watch("gallium")
            await subscribe(living)
            await steps(living)

    asyncio.run(story())


async def poll(living: House, after: timedelta = 10 * MINUTE) -> PollResult:
    living.clock.advance(after)
    result = await living.poll()
    assert result.outcome in {"fetched", "unchanged"}, result.detail
    await tell(living)
    return result


def address(number: int) -> str:
    return "/list" if number == 1 else f"/list?page={number}"


Write = Callable[[FeedServer, int, Sequence[int], bool], None]


def _rows(numbers: Sequence[int]) -> list[tuple[str, str]]:
    return [(f"Gallium notice number {n}", f"/notice/{n}") for n in numbers]


def atom_next(feeds: FeedServer, page: int, numbers: Sequence[int], has_more: bool) -> None:
    atom(feeds, page, numbers, has_more, "next")


def atom_archive(feeds: FeedServer, page: int, numbers: Sequence[int], has_more: bool) -> None:
    atom(feeds, page, numbers, has_more, "prev-archive")


def atom(
    feeds: FeedServer, page: int, numbers: Sequence[int], has_more: bool, relation: str
) -> None:
    more = f'<link rel="{relation}" href="{address(page + 1)}"/>' if has_more else ""
    entries = "".join(
        f'<entry><id>{link}</id><title>{title}</title><link href="{link}"/></entry>'
        for title, link in _rows(numbers)
    )
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><title>G</title>'
    feeds.serve(address(page), f"{feed}{more}{entries}</feed>", "application/atom+xml")


def rss(feeds: FeedServer, page: int, numbers: Sequence[int], has_more: bool) -> None:
    more = f'<atom:link rel="next" href="{feeds.url(address(page + 1))}"/>' if has_more else ""
    entries = "".join(
        f"<item><title>{title}</title><link>{feeds.url(link)}</link></item>"
        for title, link in _rows(numbers)
    )
    feeds.serve(
        address(page),
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>G</title>'
        f"{more}{entries}</channel></rss>",
    )


def json_feed(feeds: FeedServer, page: int, numbers: Sequence[int], has_more: bool) -> None:
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": link, "url": feeds.url(link), "title": t} for t, link in _rows(numbers)],
    }
    if has_more:
        body["next_url"] = feeds.url(address(page + 1))
    feeds.serve(address(page), json.dumps(body), "application/feed+json")


def json_list(feeds: FeedServer, page: int, numbers: Sequence[int], has_more: bool) -> None:
    body = {
        "rows": [{"t": title, "u": feeds.url(link)} for title, link in _rows(numbers)],
        "links": {"next": address(page + 1)} if has_more else {},
    }
    feeds.serve(address(page), json.dumps(body), "application/json")


def html_list(feeds: FeedServer, page: int, numbers: Sequence[int], has_more: bool) -> None:
    rows = "".join(f'<li><a href="{link}">{title}</a></li>' for title, link in _rows(numbers))
    more = f'<a class="older" href="{address(page + 1)}">Older</a>' if has_more else ""
    feeds.serve(address(page), f"<!DOCTYPE html><ul>{rows}</ul>{more}", "text/html")


KINDS: dict[str, tuple[Write, SourceKind, dict[str, str] | None]] = {
    "atom, next": (atom_next, SourceKind.FEED, None),
    "atom, archive": (atom_archive, SourceKind.FEED, None),
    "rss": (rss, SourceKind.FEED, None),
    "json feed": (json_feed, SourceKind.FEED, None),
    "json list": (json_list, SourceKind.JSON_LIST, {"next": "links.next"}),
    "json pages": (json_list, SourceKind.JSON_LIST, {"pages": "/list?page={2}"}),
    "html list": (html_list, SourceKind.HTML_LIST, {"next": "a.older"}),
    "html pages": (html_list, SourceKind.HTML_LIST, {"pages": "/list?page={2}"}),
}


def made(feeds: FeedServer, kind: str) -> tuple[Write, Source]:
    write, of_kind, paging = KINDS[kind]
    shape: JsonShape | ListShape | None = None
    if paging is not None:
        paging = {
            name: feeds.url(value) if name == "pages" else value for name, value in paging.items()
        }
        if of_kind is SourceKind.JSON_LIST:
            shape = JsonShape(entries="rows", title="t", link="u", **paging)
        else:
            shape = ListShape(entry="li", **paging)
    return write, source(url=feeds.url("/list"), kind=of_kind, shape=shape, every=10 * MINUTE)


def publish(feeds: FeedServer, write: Write, newest: int, *, oldest: int = 1) -> int:
    """All that was ever published, the newest first, page by page; how many pages."""
    numbers = list(range(newest, oldest - 1, -1))
    pages = [numbers[at : at + LONG] for at in range(0, len(numbers), LONG)]
    for place, page in enumerate(pages, start=1):
        write(feeds, place, page, place < len(pages))
    return len(pages)


def asked(feeds: FeedServer) -> int:
    return sum(seen.path.startswith("/list") for seen in feeds.requests)


@pytest.mark.parametrize("kind", KINDS)
def test_what_ran_over_is_read_back_to_what_was_known_and_told_once(
    feeds: FeedServer, tmp_path: Path, kind: str
) -> None:
    write, where = made(feeds, kind)

    async def steps(living: House) -> None:
        publish(feeds, write, 20)
        await poll(living)
        assert asked(feeds) == 1, "of a source that was never read older pages are history"
        publish(feeds, write, 22)
        await poll(living)
        assert (len(living.alerts()), asked(feeds)) == (2, 2), "no gap: no further page"
        publish(feeds, write, 33)
        filled = await poll(living)
        assert filled.detail == "gap filled: 7 entries from 2 further pages"
        assert asked(feeds) == 5
        told = [
            alert for n in range(21, 34) for alert in living.alerts() if f"number {n}\n" in alert
        ]
        assert len(told) == len(living.alerts()) == 13, "each once, and nothing that is older"
        assert (await poll(living)).applied.new_items == 0
        assert (len(living.alerts()), asked(feeds)) == (13, 6)
        assert not notices(living), "a gap that was filled alarms nobody"
        assert filled.gap is not None
        assert (filled.gap.is_filled, filled.gap.filled, filled.gap.pages) == (True, 7, 2)

    live(tmp_path, steps, where)


def test_a_page_that_fails_is_asked_for_again_back_to_the_same_entry(
    feeds: FeedServer, tmp_path: Path
) -> None:
    write, where = made(feeds, "rss")

    async def steps(living: House) -> None:
        publish(feeds, write, 8)
        await poll(living)
        publish(feeds, write, 21)
        feeds.serve(address(3), "sorry", "text/plain", status=503)
        partly = await poll(living)
        assert "gap filled in part: 4 entries from 1 further page" in partly.detail
        assert "its page 3 could not be read" in partly.detail
        assert len(living.alerts()) == 8, "what could be read is told"
        publish(feeds, write, 22)
        whole = await poll(living)
        assert whole.detail.startswith("gap filled: ")
        assert len(living.alerts()) == 14
        assert (await poll(living)).detail == ""
        assert not notices(living)

    live(tmp_path, steps, where)


def test_a_gap_beyond_the_bound_stays_open_and_is_told_to_the_operators(
    feeds: FeedServer, tmp_path: Path
) -> None:
    write, where = made(feeds, "rss")

    async def steps(living: House) -> None:
        for newest in (8, 9, 10, 11, 12):
            publish(feeds, write, newest)
            await poll(living)
        publish(feeds, write, 100)
        before = asked(feeds)
        result = await poll(living)
        assert asked(feeds) - before == 1 + MAX_PAGES
        assert "gap filled in part: 40 entries from 10 further pages" in result.detail
        assert "what is older since the last reading was not" in result.detail
        assert result.gap is not None and not result.gap.is_filled
        (alarm,) = notices(living)
        assert "Gazette was read with a gap" in alarm
        assert "Filled in: 40 entries from 10 further pages" in alarm
        assert (await poll(living)).gap is None, "it is not paged back again"
        for _ in range(200):
            await poll(living)
        assert len(notices(living)) == 2
        assert "read without a gap" in notices(living)[1]

    live(tmp_path, steps, where)


def test_a_page_that_fails_twice_is_told_and_its_filling_too(
    feeds: FeedServer, tmp_path: Path
) -> None:
    write, where = made(feeds, "rss")

    async def steps(living: House) -> None:
        for newest in (8, 9, 10, 11, 12):
            publish(feeds, write, newest)
            await poll(living)
        publish(feeds, write, 30)
        feeds.serve(address(3), "sorry", "text/plain", status=503)
        await poll(living)
        assert not notices(living), "it may be there in ten minutes"
        await poll(living)
        (alarm,) = notices(living)
        assert "Filled in: 4 entries from 1 further page" in alarm
        publish(feeds, write, 30)
        await poll(living)
        for _ in range(3):
            await poll(living)
        assert len(notices(living)) == 2
        assert "is filled: 14 entries from 4 further pages" in notices(living)[1]
        assert len(living.alerts()) == 22

    live(tmp_path, steps, where)


def test_history_beyond_what_was_ever_read_is_not_told(feeds: FeedServer, tmp_path: Path) -> None:
    """The last page that is read back to holds entries that are older than the first reading."""
    write, where = made(feeds, "atom, archive")

    async def steps(living: House) -> None:
        publish(feeds, write, 20)  # of which 17 to 20 are read
        await poll(living)
        publish(feeds, write, 25)
        await poll(living)
        assert len(living.alerts()) == 5
        assert not any("number 16" in alert for alert in living.alerts())

    live(tmp_path, steps, where)


def test_a_list_that_answers_with_its_first_page_for_ever_is_left_at_once(
    feeds: FeedServer, tmp_path: Path
) -> None:
    """As many do for a page beyond the last."""
    write, where = made(feeds, "html pages")

    async def steps(living: House) -> None:
        write(feeds, 1, [4, 3, 2, 1], False)
        await poll(living)
        feeds.serve("/list", "gone", status=404)
        for number in range(1, MAX_PAGES + 3):
            write(feeds, number, [14, 13, 12, 11], False)
        before = asked(feeds)
        await poll(living)
        assert (asked(feeds) - before, len(living.alerts())) == (2, 4)

    live(tmp_path, steps, where)


def test_the_federal_register_is_read_back_over_a_pause_and_no_further(
    feeds: FeedServer, tmp_path: Path
) -> None:
    where = source(
        kind=SourceKind.FEDERAL_REGISTER, url=feeds.url("/list"), zone="America/New_York"
    )

    def issue(first: date, days: int) -> None:
        """A page a day, from the newest back, each of two documents."""
        for page in range(1, days + 1):
            day = first - timedelta(days=page - 1)
            documents = [
                {
                    "document_number": f"{day}-{n}",
                    "title": f"Gallium rule of {day}, part {n}",
                    "publication_date": day.isoformat(),
                }
                for n in (2, 1)
            ]
            following = feeds.url(address(page + 1)) if page < days else None
            body = {"count": 99, "results": documents, "next_page_url": following}
            feeds.serve(address(page), json.dumps(body), "application/json")

    async def steps(living: House) -> None:
        today = living.clock.now().date()
        issue(today, 9)
        await poll(living)
        issue(today + timedelta(days=5), 14)
        filled = await poll(living, timedelta(days=5))
        assert "gap filled: " in filled.detail
        told = sorted(f"{today + timedelta(days=n)}" for n in range(1, 6) for _part in (1, 2))
        assert len(living.alerts()) == 10
        assert all(any(day in alert for alert in living.alerts()) for day in told)

    live(tmp_path, steps, where)


def test_the_source_s_page_in_the_chat_says_what_was_filled(
    feeds: FeedServer, tmp_path: Path
) -> None:
    write, where = made(feeds, "rss")

    async def steps(living: House) -> None:
        publish(feeds, write, 8)
        await poll(living)
        publish(feeds, write, 14)
        await poll(living)

    live(tmp_path, steps, where)
    desk = Desk(tmp_path, catalogue=[where])
    try:
        wait(desk.store.source_healths())
        said = desk.say("/source gazette")
        assert "is filled: 2 entries from 1 further page" in said, said
    finally:
        desk.close()
