"""What follows on an item, over real HTTP and a real database: one alert, then short updates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.outbox import MessageKind
from bot.domain.source import Source, SourceKind
from bot.pipeline.details import MAX_TEXTS, MAX_TRIES, Details
from bot.pipeline.poll import PollResult
from storage.connection import connect
from tests.fakes.feed_server import Exchange, FeedServer
from tests.pipeline.outbox import promised
from tests.pipeline.test_poll import MINUTE, House, house
from tests.samples import source
from tests.sources.test_gov_uk import atom
from tests.sources.test_press_corner import RELEASE, TEXT
from tests.sources.test_public_inspection import FILED

Steps = Callable[[House], Awaitable[None]]
INSPECTION, DOCUMENTS = 0, 1


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def live(folder: Path, steps: Steps, *sources: Source) -> None:
    async def story() -> None:
        async with house(folder, *sources) as living:
            await living.watch("gallium")
            await steps(living)

    asyncio.run(story())


async def poll(living: House, of: int = 0) -> PollResult:
    living.clock.advance(5 * MINUTE)
    result = await living.poll(of)
    assert result.outcome == "fetched", result.detail
    return result


def updates(living: House) -> list[str]:
    return [each.text for each in promised(living.store.path, MessageKind.UPDATE)]


def stored(living: House) -> list[tuple[str, str, str]]:
    with closing(connect(living.store.path, is_writer=False)) as db:
        rows = db.execute("SELECT source_id, title, text FROM items ORDER BY item_id")
        return [tuple(row) for row in rows]


# The Federal Register

OTHER = {"document_number": "2026-1", "title": "Herring", "publication_date": "2026-10-01"}
ISSUED: dict[str, Any] = {
    "document_number": "2026-9007",
    "title": "Export Controls on Certain Wafers of Gallium; Interim Final Rule",
    "type": "Rule",
    "abstract": "A licence is required.",
    "html_url": "https://fr.example/documents/2026/10/09/2026-9007/gallium",
    "publication_date": "2026-10-09",
    "citation": "91 FR 50001",
    "effective_on": "2026-10-09",
    "comments_close_on": "2026-11-09",
    "agencies": [{"name": "Tides Bureau"}],
}


def register(feeds: FeedServer) -> tuple[Source, Source]:
    common = {"zone": "America/New_York", "is_official": True}
    return (
        source(
            "inspection",
            kind=SourceKind.PUBLIC_INSPECTION,
            url=feeds.url("/current.json"),
            **common,
        ),
        source(
            "documents",
            kind=SourceKind.FEDERAL_REGISTER,
            url=feeds.url("/documents.json"),
            **common,
        ),
    )


def serve(feeds: FeedServer, path: str, *documents: dict[str, Any]) -> None:
    body = {"count": len(documents)} | ({"results": list(documents)} if documents else {})
    feeds.serve(path, json.dumps(body), "application/json")


def test_a_document_on_file_is_told_once_and_then_that_it_is_published(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        serve(feeds, "/current.json")
        serve(feeds, "/documents.json", OTHER)
        await poll(living, INSPECTION)
        await poll(living, DOCUMENTS)
        serve(feeds, "/current.json", FILED)
        await poll(living, INSPECTION)
        (alert,) = living.alerts()
        assert "Certain Gallium Wafers" in alert and "Watch 1 gallium" in alert
        serve(feeds, "/documents.json", ISSUED, OTHER)
        await poll(living, DOCUMENTS)
        (update,) = updates(living)
        assert "Update: now published" in update
        assert "Export Controls on Certain Wafers of Gallium" in update
        assert "91 FR 50001 · in the issue of Fri 9 Oct · effective Fri 9 Oct" in update
        assert "comments until Mon 9 Nov" in update
        assert "fr.example" in update
        assert len(update.splitlines()) <= 6, "an update is short"
        for _ in range(2):  # still on file, and listed in both
            await poll(living, INSPECTION)
            await poll(living, DOCUMENTS)
        assert (len(living.alerts()), len(updates(living))) == (1, 1)
        (document,) = [row for row in stored(living) if "Gallium" in row[1]]
        assert document[0] == "documents"
        assert "A licence is required." in document[2]

    live(tmp_path, steps, *register(feeds))


def test_a_document_that_is_first_seen_published_is_told_once_by_an_alert(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        serve(feeds, "/current.json")
        serve(feeds, "/documents.json", OTHER)
        await poll(living, INSPECTION)
        await poll(living, DOCUMENTS)
        serve(feeds, "/documents.json", ISSUED, OTHER)
        serve(feeds, "/current.json", FILED)
        await poll(living, DOCUMENTS)
        await poll(living, INSPECTION)
        await poll(living, DOCUMENTS)
        assert (len(living.alerts()), updates(living)) == (1, [])

    live(tmp_path, steps, *register(feeds))


def test_a_chat_that_was_not_told_gets_an_alert_when_it_is_published(
    feeds: FeedServer, tmp_path: Path
) -> None:
    """What was on file when the first page was read is history, its publication is news."""

    async def steps(living: House) -> None:
        serve(feeds, "/current.json", FILED)
        serve(feeds, "/documents.json", OTHER)
        await poll(living, INSPECTION)
        await poll(living, DOCUMENTS)
        assert living.alerts() == []
        serve(feeds, "/documents.json", ISSUED, OTHER)
        await poll(living, DOCUMENTS)
        (alert,) = living.alerts()
        assert "Export Controls on Certain Wafers of Gallium" in alert
        assert updates(living) == []

    live(tmp_path, steps, *register(feeds))


def test_a_chat_hears_of_it_even_where_the_published_words_no_longer_answer_its_watch(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        serve(feeds, "/current.json")
        serve(feeds, "/documents.json", OTHER)
        await poll(living, INSPECTION)
        await poll(living, DOCUMENTS)
        serve(feeds, "/current.json", FILED)
        await poll(living, INSPECTION)
        serve(feeds, "/documents.json", ISSUED | {"title": "Licences for wafers"}, OTHER)
        await poll(living, DOCUMENTS)
        (update,) = updates(living)
        assert "Licences for wafers" in update

    live(tmp_path, steps, *register(feeds))


# GOV.UK

FIRST, SECOND = "2026-10-07T10:30:00+01:00", "2026-10-08T10:30:00+01:00"
PATH = "/guidance/open-licence"


def site(feeds: FeedServer, name: str = "site", path: str = "/office.atom") -> Source:
    return source(
        name,
        kind=SourceKind.GOV_UK,
        url=feeds.url(path),
        zone="Europe/London",
        is_official=True,
        credit="Open Government Licence v3.0",
    )


def page_of(feeds: FeedServer, at: str, text: str, *notes: tuple[str, str]) -> None:
    """The page as the content API has it."""
    history = [{"note": note, "public_timestamp": when} for when, note in notes]
    body = {
        "base_path": PATH,
        "title": "Open licence",
        "document_type": "guidance",
        "first_published_at": FIRST,
        "public_updated_at": at,
        "details": {"body": f"<p>{text}</p>", "change_history": history},
    }
    feeds.serve(f"/api/content{PATH}", json.dumps(body), "application/json")


def list_of(
    feeds: FeedServer, at: str = "", *, path: str = "/office.atom", title: str = ""
) -> None:
    entries = [("/guidance/herring", "Herring", FIRST)]
    if at:
        entries.insert(0, (PATH, title or "Open licence", at))
    body = atom(*entries).replace("https://www.gov.example", feeds.url(""))
    feeds.serve(path, body, "application/atom+xml")


def asked(feeds: FeedServer, path: str = f"/api/content{PATH}") -> int:
    return sum(seen.path == path for seen in feeds.requests)


async def told_of_the_page(living: House, feeds: FeedServer) -> None:
    list_of(feeds)
    await poll(living)
    list_of(feeds, FIRST)
    page_of(feeds, FIRST, "For exports of gallium.", (FIRST, "First published."))
    await poll(living)
    (alert,) = living.alerts()
    assert "For exports of gallium." in alert, "the list has the title only"


def test_a_change_with_a_note_is_told_in_short_to_who_was_told_of_the_page(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        await told_of_the_page(living, feeds)
        list_of(feeds, SECOND)
        page_of(
            feeds,
            SECOND,
            "For exports of gallium and tin.",
            (SECOND, "Added tin to the licence."),
            (FIRST, "First published."),
        )
        await poll(living)
        (update,) = updates(living)
        assert "Update: Added tin to the licence." in update
        assert "Open licence" in update
        assert "Open Government Licence v3.0" in update
        await poll(living)
        assert (len(living.alerts()), len(updates(living))) == (1, 1)
        assert asked(feeds) == 2, "a page that has not moved is not asked for again"

    live(tmp_path, steps, site(feeds))


def test_a_mere_edit_is_silent(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        await told_of_the_page(living, feeds)
        list_of(feeds, FIRST, title="Open licence (gallium)")
        await poll(living)
        list_of(feeds, SECOND, title="Open licence (gallium)")
        page_of(feeds, SECOND, "For exports of gallium!", (FIRST, "First published."))
        await poll(living)
        assert (len(living.alerts()), updates(living)) == (1, [])
        (row,) = [row for row in stored(living) if "licence" in row[1]]
        assert row[1] == "Open licence (gallium)" and "gallium!" in row[2]

    live(tmp_path, steps, site(feeds))


def test_a_page_in_two_feeds_is_told_once_and_so_is_its_change(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        for path in ("/office.atom", "/trade.atom"):
            list_of(feeds, path=path)
        await poll(living, 0)
        await poll(living, 1)
        page_of(feeds, FIRST, "For exports of gallium.", (FIRST, "First published."))
        for of, path in enumerate(("/office.atom", "/trade.atom")):
            list_of(feeds, FIRST, path=path)
            await poll(living, of)
        page_of(feeds, SECOND, "For exports of gallium.", (SECOND, "Added tin."))
        for of, path in ((1, "/trade.atom"), (0, "/office.atom")):
            list_of(feeds, SECOND, path=path)
            await poll(living, of)
        await poll(living, 1)
        assert (len(living.alerts()), len(updates(living))) == (1, 1)

    live(tmp_path, steps, site(feeds), site(feeds, "trade", "/trade.atom"))


def test_a_change_of_a_page_of_history_is_news_to_who_watches_for_it(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        page_of(feeds, FIRST, "For exports of gallium.", (FIRST, "First published."))
        await poll(living)
        assert living.alerts() == []
        page_of(feeds, SECOND, "For exports of gallium.", (SECOND, "Added tin."))
        await poll(living)
        (alert,) = living.alerts()
        assert "Last change: Added tin." in stored(living)[0][2]
        assert "Open licence" in alert
        page_of(feeds, "2026-10-09T10:30:00Z", "Gallium.", ("2026-10-09T10:30:00Z", "Added zinc."))
        await poll(living)
        (update,) = updates(living)
        assert "Update: Added zinc." in update

    live(tmp_path, steps, site(feeds, path=f"/api/content{PATH}"))


def test_a_note_that_cannot_be_had_is_waited_for(feeds: FeedServer, tmp_path: Path) -> None:
    """The list is ahead of the content API, as caches have it."""

    async def steps(living: House) -> None:
        await told_of_the_page(living, feeds)
        list_of(feeds, SECOND)
        first = await poll(living)
        assert "1 of 1 texts could not be had" in first.detail
        assert "does not yet have the change" in first.detail
        assert "1 entries wait for their texts" in first.detail
        page_of(feeds, SECOND, "For gallium.", (SECOND, "Added tin."))
        assert (await poll(living)).detail == ""
        assert [text for text in updates(living) if "Added tin." in text]

    live(tmp_path, steps, site(feeds))


# The press corner


def corner(feeds: FeedServer) -> Source:
    return source(
        "corner",
        kind=SourceKind.PRESS_CORNER,
        url=feeds.url("/commission/presscorner/api/latestnews?language=en&pagesize=50"),
        zone="Europe/Brussels",
        is_official=True,
    )


def list_releases(feeds: FeedServer, *numbers: int) -> None:
    body = {
        "docuLanguageListResources": [
            RELEASE
            | {"refCode": f"IP/26/{n}", "title": f"Commission acts, no. {n}", "leadText": ""}
            for n in numbers
        ]
    }
    path = "/commission/presscorner/api/latestnews"
    feeds.serve(path, json.dumps(body), "application/json", etag=f'"{numbers}"')


def answer_texts(feeds: FeedServer, *, status: int = 200) -> None:
    body = dict(TEXT["docuLanguageResource"], htmlContent="<p>Gallium is covered.</p>")

    def answer(exchange: Exchange) -> None:
        said = json.dumps(TEXT | {"docuLanguageResource": body}).encode()
        exchange.reply(status, {"Content-Type": "application/json"}, said)

    feeds.answer("/commission/presscorner/api/documents", answer)


def texts_asked(feeds: FeedServer) -> list[str]:
    return [seen.path for seen in feeds.requests if "/documents?" in seen.path]


def test_a_release_is_matched_by_its_own_text(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        list_releases(feeds, 1)
        answer_texts(feeds)
        await poll(living)
        list_releases(feeds, 2, 1)
        await poll(living)
        (alert,) = living.alerts()
        assert "Commission acts, no. 2" in alert and "Gallium is covered." in alert
        await poll(living)
        assert len(texts_asked(feeds)) == 2
        assert "Gallium is covered." in stored(living)[0][2], "what was read stays"

    live(tmp_path, steps, corner(feeds))


def test_of_many_new_releases_ten_a_poll_get_their_texts_and_all_are_told(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        list_releases(feeds, 1)
        answer_texts(feeds)
        await poll(living)
        many = tuple(range(40, 15, -1))
        list_releases(feeds, *many, 1)
        first = await poll(living)
        assert len(texts_asked(feeds)) == 1 + MAX_TEXTS
        assert "15 entries wait for their texts until the next poll" in first.detail
        assert len(living.alerts()) == MAX_TEXTS
        state = await living.state()
        assert state.etag is None, "else the next answer were “unchanged”"
        await poll(living)
        await poll(living)
        assert len(living.alerts()) == len(many)
        assert (await living.state()).etag is not None

    live(tmp_path, steps, corner(feeds))


def test_of_the_first_page_the_newest_get_their_texts_and_none_waits(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        list_releases(feeds, *range(40, 15, -1))
        answer_texts(feeds)
        await poll(living)
        assert len(texts_asked(feeds)) == MAX_TEXTS
        assert len(stored(living)) == 25
        await poll(living)
        assert len(texts_asked(feeds)) == MAX_TEXTS, "history is not fetched for its own sake"
        assert living.alerts() == []

    live(tmp_path, steps, corner(feeds))


def test_a_release_whose_text_never_comes_is_taken_at_the_third_try(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        list_releases(feeds, 1)
        answer_texts(feeds)
        await poll(living)
        answer_texts(feeds, status=500)
        list_releases(feeds, 2, 1)
        for attempt in range(1, MAX_TRIES + 1):
            assert len(stored(living)) == 1
            result = await poll(living)
            assert "1 of 1 texts could not be had" in result.detail and "500" in result.detail
            assert ("wait for their texts" in result.detail) is (attempt < MAX_TRIES)
        assert [row[1] for row in stored(living)][1:] == ["Commission acts, no. 2"]
        await poll(living)
        assert len(texts_asked(feeds)) == 1 + MAX_TRIES

    live(tmp_path, steps, corner(feeds))


def test_one_text_that_hangs_holds_no_other(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        living.poller._details = Details(living.store, living.door, patience=timedelta(seconds=2))
        list_releases(feeds, 1)
        answer_texts(feeds)
        await poll(living)
        said = json.dumps(TEXT).replace("Dysprosium", "Gallium").encode()

        def answer(exchange: Exchange) -> None:
            if "IP/26/3" in exchange.seen.path:
                exchange.hold()
            else:
                exchange.reply(200, {"Content-Type": "application/json"}, said)

        feeds.answer("/commission/presscorner/api/documents", answer)
        list_releases(feeds, 3, 2, 1)
        result = await poll(living)
        assert "did not come in time" in result.detail
        if not living.alerts():  # a machine that is very busy
            await poll(living)
        (alert,) = living.alerts()
        assert "no. 2" in alert

    live(tmp_path, steps, corner(feeds))
