"""From a request to items: one answer becomes one of five outcomes, and never an exception."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import (
    Blocked,
    Fetched,
    FetchFailed,
    FetchOutcome,
    FetchRequest,
    NotAFeed,
    PageFacts,
    Read,
    ReadOutcome,
    Unchanged,
)
from bot.domain.item import Precision
from bot.domain.source import ListShape, Source, SourceKind
from bot.sources import read as reading
from bot.sources.page import Moved
from bot.sources.read import read, read_body
from tests.fakes.feed_server import FeedServer
from tests.samples import NOW, source
from tests.sources.asking import fetcher, run

RSS = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Gazette</title>'
    "<language>en-GB</language><item><guid>g-1</guid><title>Duties on gallium</title>"
    "<link>/notices/1</link><description>&lt;p&gt;They rise.&lt;/p&gt;</description>"
    "<pubDate>Thu, 08 Oct 2026 09:00:00 +0800</pubDate></item></channel></rss>"
)
DOCUMENTS = json.dumps(
    {
        "count": 1,
        "results": [
            {
                "document_number": "2026-19001",
                "title": "Export Controls on Gallium ",
                "html_url": "https://fr.example/d/2026-19001",
                "publication_date": "2026-10-08",
            }
        ],
    }
)
LIST = '<ul><li><a href="art/1.html">Notice No. 61</a> <span>2026-10-08</span></li></ul>'
SHAPE = ListShape(entry="li", date="span")


def answer(body: str | bytes, **changes: Any) -> Fetched:
    raw = body.encode() if isinstance(body, str) else body
    return Fetched(body=raw, **changes)


def page(outcome: ReadOutcome) -> Read:
    assert isinstance(outcome, Read), outcome
    return outcome


class Door:
    """A fetcher whose answer is at hand."""

    def __init__(self, outcome: FetchOutcome) -> None:
        self.outcome = outcome
        self.asked: list[FetchRequest] = []

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append(request)
        return self.outcome


def test_an_answer_becomes_items_with_all_that_the_source_and_the_page_say() -> None:
    gazette = source(publisher="The Gazette", is_official=True, zone="Asia/Shanghai")
    found = page(read_body(gazette, answer(RSS, etag='"1"', last_modified="Thu"), NOW))
    (item,) = found.items
    assert (item.source_id, item.source_name) == ("gazette", "Gazette")
    assert (item.publisher, item.is_official, item.zone) == ("The Gazette", True, "Asia/Shanghai")
    assert (item.guid, item.title, item.text) == ("g-1", "Duties on gallium", "They rise.")
    assert item.language == "en"
    assert item.published_at == datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
    assert item.precision is Precision.INSTANT
    assert item.first_seen_at == NOW
    assert (found.etag, found.last_modified, found.note) == ('"1"', "Thu", "")


def test_the_validators_of_an_answer_that_ends_in_the_middle_are_not_kept() -> None:
    """Else the next answer were "unchanged", and what was cut off never read."""
    cut = RSS[: RSS.index("</item>")] + "</item><item><title>Export ban on ger"
    found = page(read_body(source(), answer(cut, etag='"1"', last_modified="Thu"), NOW))
    assert [item.title for item in found.items] == ["Duties on gallium"]
    assert (found.etag, found.last_modified) == (None, None)
    assert "ends in the middle" in found.note


@pytest.mark.parametrize("end", ["<item>", "<title>", "</title>", "<guid>", "</guid>"])
def test_half_an_entry_at_the_end_of_an_answer_is_not_taken_for_one(end: str) -> None:
    """It would be told, and the whole one after it once more."""
    whole = RSS.replace("</channel>", "<item><title>Two</title><guid>g-2</guid></item></channel>")
    cut = whole[: whole.rindex(end) + len(end)]
    found = page(read_body(source(), answer(cut), NOW))
    assert [item.guid for item in found.items] == ["g-1"]
    assert found.facts is not None and found.facts.is_cut


def test_a_feed_without_its_last_end_tags_keeps_all_entries() -> None:
    found = page(read_body(source(), answer(RSS.replace("</channel></rss>", "")), NOW))
    assert [item.guid for item in found.items] == ["g-1"]


def test_an_answer_that_ends_within_its_first_entry_is_no_first_page() -> None:
    """An empty one would be stored as history, and all that follows be told as news."""
    found = read_body(source(), answer(RSS[: RSS.index("</item>")], etag='"1"'), NOW)
    assert isinstance(found, NotAFeed)
    assert "ends before its first entry" in found.detail


def test_links_hang_on_the_address_that_answered_and_else_on_the_catalogues() -> None:
    moved = page(read_body(source(), answer(RSS, final_url="https://new.example/a/f.xml"), NOW))
    assert moved.items[0].url == "https://new.example/notices/1"
    stayed = page(read_body(source(), answer(RSS), NOW))
    assert stayed.items[0].url == "https://gazette.example/notices/1"


@pytest.mark.parametrize(
    ("kind", "shape", "body", "title", "url"),
    [
        (SourceKind.FEED, None, RSS, "Duties on gallium", "https://gazette.example/notices/1"),
        (
            SourceKind.FEDERAL_REGISTER,
            None,
            DOCUMENTS,
            "Export Controls on Gallium",
            "https://fr.example/d/2026-19001",
        ),
        (SourceKind.HTML_LIST, SHAPE, LIST, "Notice No. 61", "https://gazette.example/art/1.html"),
    ],
)
def test_each_kind_of_source_has_its_own_reader(
    kind: SourceKind, shape: ListShape | None, body: str, title: str, url: str
) -> None:
    found = page(read_body(source(kind=kind, shape=shape), answer(body), NOW))
    assert [(item.title, item.url) for item in found.items] == [(title, url)]


@pytest.mark.parametrize(
    ("kind", "shape", "body"),
    [
        (SourceKind.FEED, None, DOCUMENTS),
        (SourceKind.FEED, None, LIST),
        (SourceKind.FEDERAL_REGISTER, None, RSS),
        (SourceKind.FEDERAL_REGISTER, None, LIST),
        (SourceKind.HTML_LIST, SHAPE, RSS),
        (SourceKind.HTML_LIST, SHAPE, DOCUMENTS),
        (SourceKind.HTML_LIST, SHAPE, ""),
    ],
)
def test_what_another_reader_would_read_is_no_feed_and_the_source_is_named(
    kind: SourceKind, shape: ListShape | None, body: str
) -> None:
    outcome = read_body(source(kind=kind, shape=shape), answer(body), NOW)
    assert isinstance(outcome, NotAFeed)
    assert outcome.detail.startswith("gazette: ")


def test_a_list_without_a_shape_is_told_what_the_catalogue_lacks() -> None:
    outcome = read_body(source(kind=SourceKind.HTML_LIST), answer(LIST), NOW)
    assert isinstance(outcome, NotAFeed)
    assert "no [source.shape]" in outcome.detail and 'entry = "ul.news li"' in outcome.detail


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<!DOCTYPE rss [<!ENTITY a "aa">]><rss><channel/></rss>', "declares entities"),
        ("<rss>" + "<a>" * 300, "nested more than 256 deep"),
        ('{"a":' * 300, "JSON is nested"),
    ],
)
def test_a_hostile_answer_is_refused_before_any_parser_sees_it(body: str, reason: str) -> None:
    for kind in SourceKind:
        outcome = read_body(source(kind=kind, shape=SHAPE), answer(body), NOW)
        assert isinstance(outcome, FetchFailed)
        assert outcome.kind == "hostile"
        assert outcome.detail.startswith("gazette: the answer was refused before parsing: ")
        assert reason in outcome.detail


def test_the_encoding_is_mended_before_any_reader_and_that_is_noted() -> None:
    body = RSS.replace("Duties on gallium", "关于镓出口管制的公告").encode("gb18030")
    found = page(read_body(source(languages=("zh",)), answer(body), NOW))
    assert found.items[0].title == "关于镓出口管制的公告"
    assert found.note != ""
    stated = answer(
        LIST.replace("Notice", "公告").encode("gbk"), content_type="text/html; charset=gbk"
    )
    listed = page(read_body(source(kind=SourceKind.HTML_LIST, shape=SHAPE), stated, NOW))
    assert listed.items[0].title == "公告 No. 61"


def test_entries_without_anything_to_read_are_left_out_and_counted() -> None:
    body = RSS.replace("</item>", "</item><item><guid>only-an-id</guid></item><item/>")
    found = page(read_body(source(), answer(body), NOW))
    assert [item.guid for item in found.items] == ["g-1"]
    assert found.note == "2 entries skipped (unreadable content)"


class Faulty(tuple[str, ...]):
    """Languages at which normalising meets a fault, the first time that it looks."""

    looks = 0

    def __len__(self) -> int:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("a fault of ours")
        return super().__len__()


def test_an_entry_at_which_we_meet_a_fault_hides_no_other() -> None:
    """No text is known that brings one about, so the source's languages do."""
    body = RSS.replace("</item>", "</item><item><title>Second</title></item>")
    found = page(read_body(source(languages=Faulty(["en"])), answer(body), NOW))
    assert [item.title for item in found.items] == ["Second"]
    assert found.note == "1 entry skipped (unreadable content)"


def test_all_that_a_person_should_know_stands_in_the_note() -> None:
    body = RSS.replace("</item>", "</item><item/>").replace("gallium", "Gürtel").encode("cp1252")
    moved = Moved(
        body=body,
        content_type="text/xml; charset=utf-8",
        final_url="https://new.example/f.xml",
        moved_to="https://new.example/f.xml",
    )
    note = page(read_body(source(), moved, NOW)).note
    told, *encoding, skipped = note.split("; ")
    assert told == "moved to https://new.example/f.xml"
    assert encoding
    assert skipped == "1 entry skipped (unreadable content)"


def test_an_empty_feed_is_read_and_has_no_items() -> None:
    empty = '<rss version="2.0"><channel><title>Gazette</title></channel></rss>'
    facts = PageFacts(entries=0, host="gazette.example")
    found = read_body(source(), answer(empty, etag='"2"'), NOW)
    assert found == Read(items=(), etag='"2"', facts=facts)


@pytest.mark.parametrize(
    "outcome",
    [
        Unchanged(),
        Blocked(detail="403"),
        NotAFeed(detail="x"),
        FetchFailed(kind="timeout", detail="x"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_what_was_not_fetched_is_handed_on_as_it_is(outcome: FetchOutcome) -> None:
    door = Door(outcome)
    request = FetchRequest(source=source(), etag='"1"')
    assert run(read(request, door, now=NOW)) is outcome
    assert door.asked == [request]


def test_a_source_is_read_over_http_and_then_known_to_be_unchanged() -> None:
    with FeedServer() as feeds:
        feeds.serve("/f.xml", RSS, etag='"7"', last_modified="Thu, 08 Oct 2026 01:00:00 GMT")

        async def twice() -> tuple[ReadOutcome, ReadOutcome]:
            door = fetcher()
            try:
                asked = FetchRequest(source=source(url=feeds.url("/f.xml")))
                first = page(await read(asked, door, now=NOW))
                again = FetchRequest(
                    source=asked.source, etag=first.etag, last_modified=first.last_modified
                )
                return first, await read(again, door, now=NOW)
            finally:
                await door.aclose()

        first, second = run(twice())
        assert [item.url for item in page(first).items] == [feeds.url("/notices/1")]
        assert second == Unchanged()


def test_reading_leaves_the_loop_free() -> None:
    """Parsing waits for a reader thread of ours; the loop, which also sends, does not wait."""

    async def while_readers_are_busy() -> bool:
        release = threading.Event()
        busy = [reading._READERS.submit(release.wait) for _ in range(reading._READERS._max_workers)]
        task = asyncio.create_task(read(FetchRequest(source=source()), Door(answer(RSS)), now=NOW))
        try:
            for _ in range(20):
                await asyncio.sleep(0)
            was_done = task.done()
        finally:
            release.set()
        assert page(await task).items
        assert all(each.result() for each in busy)
        return was_done

    assert run(while_readers_are_busy()) is False


def test_slow_names_do_not_hold_up_the_reading() -> None:
    """The loop's default threads resolve names; all of them may be busy with a dead name server."""

    async def while_names_are_slow() -> ReadOutcome:
        release = threading.Event()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
        name = loop.run_in_executor(None, release.wait)
        try:
            async with asyncio.timeout(60):
                return await read(FetchRequest(source=source()), Door(answer(RSS)), now=NOW)
        finally:
            release.set()
            await name

    assert page(run(while_names_are_slow())).items


def _sources() -> st.SearchStrategy[Source]:
    shapes = st.sampled_from([SHAPE, ListShape(entry="a"), ListShape(entry="li", json_path="a.0")])
    return st.builds(
        lambda kind, shape: source(kind=kind, shape=shape), st.sampled_from(SourceKind), shapes
    )


PIECES = st.sampled_from(
    [
        b"<rss>", b"<channel>", b"<item>", b"</item>", b"<title>", b"</title>", b"<link>", b"<li>",
        b"<a href='", b"'>", b"</a>", b"<span>2026-10-08</span>", b"<![CDATA[", b"]]>", b"&#x0;",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<entry>", b"http://[", b"\xff\xfe",
        b'{"count": 1, "results": [', b'{"title": "', b'"}', b"]}", b'{"a": ["', b"\\ud800", b"&",
        b"<?xml version='1.0' encoding='utf-7'?>", b"<!--", b"xml:base='http://[x'", b"\xe7\xa8",
    ]
)  # fmt: skip


@given(_sources(), st.lists(PIECES | st.binary(max_size=8), max_size=24).map(b"".join))
def test_no_answer_at_all_raises(asked: Source, body: bytes) -> None:
    outcome = read_body(asked, answer(body), NOW)
    assert isinstance(outcome, Read | NotAFeed | FetchFailed)
    for item in outcome.items if isinstance(outcome, Read) else ():
        f"{item.title}{item.text}{item.url}{item.guid}".encode()
        assert item.url == "" or item.url.startswith(("http://", "https://"))
