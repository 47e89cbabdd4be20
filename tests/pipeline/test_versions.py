"""Lists and pages that change, over real HTTP and a real database: what is told, and to whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.source import (
    PageShape,
    RegisterFormat,
    RegisterShape,
    Source,
    SourceKind,
)
from bot.pipeline.poll import PollResult
from bot.registers.compare import SEEN_AGAIN
from storage.connection import connect
from tests.fakes.feed_server import Exchange, FeedServer
from tests.pipeline.test_poll import HOUR, House, house
from tests.samples import source

COLUMNS = ("number", "name", "type", "program", "remarks")
SHAPE = RegisterShape(
    format=RegisterFormat.CSV,
    columns=COLUMNS,
    key=("number",),
    name=("name",),
    programme=("program",),
    separator="] [",
    null="-0-",
    page="https://lists.example/search",
)
HARBOUR = '101,"HARBOUR, Ada","individual","TIN-EO1",-0- ,"DOB 1970; POB Oslo."'
QUAY = '102,"QUAY TRADING LTD.",-0- ,"TIN-EO1",-0- ,"Tax ID 55 (Norway)."'
LOCK = '103,"LOCK SHIPPING",-0- ,"ZINC] [TIN-EO1",-0- ,-0- '
NEW = '104,"SLUICE MARITIME CO",-0- ,"TIN-EO1",-0- ,"Linked To: HARBOUR."'


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def register(feeds: FeedServer, **changes: object) -> Source:
    made = {
        "name": "Restricted parties",
        "url": feeds.url("/list.csv"),
        "kind": SourceKind.REGISTER,
        "every": HOUR,
        "shape": SHAPE,
        **changes,
    }
    return source("parties", **made)


def publish(feeds: FeedServer, *rows: str) -> None:
    # six columns, though the shape names five: what a publisher appends is compared, too
    feeds.serve("/list.csv", "\r\n".join(rows) + "\r\n\x1a", "text/csv")


def many(*numbers: int) -> list[str]:
    return [f'{n},"PARTY {n}",-0- ,"TIN-EO1",-0- ,-0- ' for n in numbers]


def run(tmp_path: Path, listed: Source, steps: object) -> None:
    """Live in a house with one list and a chat that watches."""

    async def live() -> None:
        async with house(tmp_path, listed) as living:
            await steps(living)  # type: ignore[operator]

    asyncio.run(live())


async def poll(living: House) -> PollResult:
    living.clock.advance(HOUR)
    return await living.poll()


def rows_on_record(living: House) -> list[tuple[str, str]]:
    with closing(connect(living.store.path, is_writer=False)) as db:
        return [tuple(row) for row in db.execute("SELECT key, name FROM version_rows")]


def titles(living: House) -> list[str]:
    with closing(connect(living.store.path, is_writer=False)) as db:
        return [row["title"] for row in db.execute("SELECT title FROM items ORDER BY item_id")]


@pytest.mark.parametrize("watch", ["sluice", "harbour", "TIN-EO1", '"quay trading"'])
def test_what_was_added_removed_and_changed_is_told_once_to_a_watch_of_a_name_or_programme(
    feeds: FeedServer, tmp_path: Path, watch: str
) -> None:
    async def steps(living: House) -> None:
        await living.watch(watch)
        publish(feeds, HARBOUR, QUAY, LOCK.replace("ZINC] [", ""))
        first = await living.poll()
        assert (first.outcome, first.items, living.alerts()) == ("fetched", 0, [])
        assert "first version of 3 entries" in first.detail
        publish(feeds, NEW, HARBOUR.replace("Oslo", "Bergen"), LOCK.replace("ZINC] [", ""))
        second = await poll(living)
        assert (second.outcome, second.items, second.detail) == ("fetched", 1, "")
        (alert,) = living.alerts()
        assert "Restricted parties: 1 added, 1 removed, 1 changed under [TIN-EO1]" in alert
        for name in ("HARBOUR, Ada", "QUAY TRADING LTD.", "SLUICE MARITIME CO"):
            assert name in alert
        assert "LOCK" not in alert
        third = await poll(living)
        assert (third.outcome, third.items) == ("fetched", 0)
        assert len(living.alerts()) == 1

    run(tmp_path, register(feeds), steps)


def test_an_item_says_what_changed_in_an_entry_and_links_to_where_people_read_it(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        await living.watch("bergen")
        publish(feeds, HARBOUR, QUAY)
        await living.poll()
        publish(feeds, HARBOUR.replace("Oslo", "Bergen"), QUAY)
        await poll(living)
        (alert,) = living.alerts()
        assert "HARBOUR, Ada (" in alert
        assert "now column 6: POB Bergen; no longer column 6: POB Oslo" in alert
        assert "DOB 1970" not in alert, "that has not changed"
        assert "lists.example" in alert

    run(tmp_path, register(feeds), steps)


def test_each_programme_is_told_by_itself(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        await living.watch("ZINC")
        publish(feeds, HARBOUR)
        await living.poll()
        publish(feeds, HARBOUR, QUAY, NEW, LOCK)
        await poll(living)
        (alert,) = living.alerts()
        assert "1 added under [TIN-EO1] [ZINC]: LOCK SHIPPING" in alert
        assert titles(living) == [
            "Restricted parties: 2 added under [TIN-EO1]: QUAY TRADING LTD.; SLUICE MARITIME CO",
            "Restricted parties: 1 added under [TIN-EO1] [ZINC]: LOCK SHIPPING",
        ]

    run(tmp_path, register(feeds), steps)


def test_an_entry_that_goes_and_comes_back_is_told_each_time(
    feeds: FeedServer, tmp_path: Path
) -> None:
    """Though headline, text and day are the same: it is no edit of the item before."""

    async def steps(living: House) -> None:
        await living.watch("quay")
        for rows in ((HARBOUR,), (HARBOUR, QUAY), (HARBOUR,), (HARBOUR, QUAY)):
            publish(feeds, *rows)
            await poll(living)
        said = [alert.split(":")[1].split(" under")[0].strip() for alert in living.alerts()]
        assert said == ["1 added", "1 removed", "1 added"]

    run(tmp_path, register(feeds), steps)


def test_a_list_that_breaks_off_within_an_entry_is_no_reading(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        await living.watch("removed OR TIN-EO1")
        publish(feeds, HARBOUR, QUAY, LOCK)
        await living.poll()
        feeds.serve("/list.csv", f"{HARBOUR}\r\n{QUAY[:40]}", "text/csv")
        broken = await poll(living)
        assert broken.outcome == "not-a-feed"
        assert "breaks off within line 2" in broken.detail
        assert (living.alerts(), len(rows_on_record(living))) == ([], 3)

    run(tmp_path, register(feeds), steps)


def test_an_answer_that_is_shorter_than_it_says_is_no_reading(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        await living.watch("TIN-EO1")
        publish(feeds, HARBOUR, QUAY, LOCK)
        await living.poll()

        def broken_off(exchange: Exchange) -> None:
            said = f"{HARBOUR}\r\n".encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {3 * len(said)}\r\n\r\n"
            exchange.send(head.encode() + said)

        feeds.answer("/list.csv", broken_off)
        assert (await poll(living)).outcome == "failed"
        assert (living.alerts(), len(rows_on_record(living))) == ([], 3)

    run(tmp_path, register(feeds), steps)


def test_a_list_that_lost_too_much_is_believed_when_it_has_been_read_often_enough(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        await living.watch('"PARTY 17"')
        publish(feeds, *many(*range(40)))
        await living.poll()
        publish(feeds, *many(*range(10)))
        for time in range(1, SEEN_AGAIN):
            doubted = await poll(living)
            assert doubted.outcome == "failed"
            assert "30 of 40 entries are gone at once (10 came)" in doubted.detail
            assert f"this was time {time}" in doubted.detail
            assert (await living.state()).failures == time
            assert len(rows_on_record(living)) == 40
            assert living.alerts() == []
        believed = await poll(living)
        assert (believed.outcome, believed.items) == ("fetched", 1)
        assert "is believed" in believed.detail
        assert len(rows_on_record(living)) == 10
        (alert,) = living.alerts()
        assert "30 removed under [TIN-EO1]" in alert

    run(tmp_path, register(feeds), steps)


def test_a_list_that_was_cut_short_and_is_whole_again_tells_nothing(
    feeds: FeedServer, tmp_path: Path
) -> None:
    """However often: the doubts of one outage do not add up with those of the next."""

    async def steps(living: House) -> None:
        await living.watch("TIN-EO1")
        publish(feeds, *many(*range(40)))
        await living.poll()
        for _ in range(SEEN_AGAIN):
            publish(feeds, *many(*range(10)))
            for _ in range(SEEN_AGAIN - 1):
                assert (await poll(living)).outcome == "failed"
            publish(feeds, *many(*range(40)))
            whole = await poll(living)
            assert (whole.outcome, whole.items, whole.detail) == ("fetched", 0, "")
            assert (await living.state()).failures == 0
        assert living.alerts() == []

    run(tmp_path, register(feeds), steps)


def test_doubts_do_not_add_up_across_an_answer_that_nothing_has_changed(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        whole, cut = "\n".join(many(*range(40))) + "\n", "\n".join(many(*range(10))) + "\n"
        feeds.serve("/list.csv", whole, "text/csv", etag='"1"')
        await living.poll()
        for _ in range(SEEN_AGAIN + 1):
            feeds.serve("/list.csv", cut, "text/csv", etag='"2"')
            assert (await living.poll()).outcome == "failed"
            feeds.serve("/list.csv", whole, "text/csv", etag='"1"')
            unchanged = await living.poll()
            assert unchanged.outcome == "unchanged", "its validators are those of what was taken"
        assert len(rows_on_record(living)) == 40

    run(tmp_path, register(feeds), steps)


@pytest.mark.parametrize("body", ["", "<html><title>Sorry</title>", "\r\n\r\n", '{"error": 1}'])
def test_an_empty_list_or_another_page_is_never_believed(
    feeds: FeedServer, tmp_path: Path, body: str
) -> None:
    async def steps(living: House) -> None:
        publish(feeds, HARBOUR, QUAY, LOCK)
        await living.poll()
        feeds.serve("/list.csv", body, "text/csv")
        for _ in range(SEEN_AGAIN + 1):
            assert (await poll(living)).outcome == "not-a-feed"
        assert len(rows_on_record(living)) == 3

    run(tmp_path, register(feeds), steps)


def test_a_list_in_another_form_is_stored_anew_and_tells_nothing(
    feeds: FeedServer, tmp_path: Path
) -> None:
    publish(feeds, HARBOUR, QUAY)

    async def before(living: House) -> None:
        await living.watch("TIN-EO1 OR harbour OR individual")
        await living.poll()

    async def after(living: House) -> None:
        read = await poll(living)
        assert (read.outcome, read.items, living.alerts()) == ("fetched", 0, [])
        assert "in another form now" in read.detail
        publish(feeds, HARBOUR, QUAY, NEW)
        assert (await poll(living)).items == 1
        assert len(living.alerts()) == 1

    run(tmp_path, register(feeds), before)
    changed = RegisterShape(
        format=RegisterFormat.CSV, columns=("id", *COLUMNS[1:]), key=("id",), name=("name",),
        programme=("program",), leave_out=("type",),
    )  # fmt: skip
    run(tmp_path, register(feeds, shape=changed), after)


def test_a_restart_between_two_versions_loses_nothing(feeds: FeedServer, tmp_path: Path) -> None:
    async def before(living: House) -> None:
        await living.watch("sluice")
        await living.poll()

    async def after(living: House) -> None:
        publish(feeds, HARBOUR, NEW)
        await poll(living)
        assert len(living.alerts()) == 1

    publish(feeds, HARBOUR)
    run(tmp_path, register(feeds), before)
    run(tmp_path, register(feeds), after)


def test_a_version_that_could_not_be_stored_is_compared_again(
    feeds: FeedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(living: House) -> None:
        await living.watch("sluice")
        publish(feeds, HARBOUR)
        await living.poll()
        publish(feeds, HARBOUR, NEW)
        await living.store.check()
        with monkeypatch.context() as full:
            full.setattr("storage.room.shutil.disk_usage", lambda _path: (0, 0, 0))
            living.store._ballast.give_up()
            assert (await poll(living)).outcome == "failed"
        assert living.alerts() == []
        living.store._ballast._is_short = False
        assert (await poll(living)).outcome == "fetched"
        assert len(living.alerts()) == 1
        assert len(rows_on_record(living)) == 2

    run(tmp_path, register(feeds), steps)


# Pages

GUIDE = """<!DOCTYPE html><title>Guide</title><body><nav>Home</nav><main>
<h1>Licences for gallium</h1>
{body}
<aside>Visited {visits} times</aside>
</main><footer>© Ministry</footer>"""
WAIT = "<p>An application takes thirty days to decide.</p>"
FORM = "<p>Use form 12 for each consignment.</p>"
FEE = "<p>The fee is 200 crowns an application.</p>"


def guide(feeds: FeedServer, *blocks: str, visits: int = 1) -> None:
    feeds.serve("/guide", GUIDE.format(body="".join(blocks), visits=visits), "text/html")


def page(feeds: FeedServer) -> Source:
    return source(
        "guide",
        name="Guide to licences",
        url=feeds.url("/guide"),
        kind=SourceKind.PAGE,
        every=HOUR,
        shape=PageShape(selector="main", leave_out=("aside",)),
    )


@pytest.mark.parametrize("watch", ["consignment", "crowns", "sixty"])
def test_what_changed_on_a_page_is_told_once(feeds: FeedServer, tmp_path: Path, watch: str) -> None:
    async def steps(living: House) -> None:
        await living.watch(watch)
        guide(feeds, WAIT, FORM)
        first = await living.poll()
        assert (first.outcome, living.alerts()) == ("fetched", [])
        guide(feeds, WAIT.replace("thirty", "sixty"), FEE, visits=2)
        assert (await poll(living)).items == 1
        (alert,) = living.alerts()
        assert "Guide to licences: 1 passage added, 1 removed, 1 changed" in alert
        guide(feeds, WAIT.replace("thirty", "sixty"), FEE, visits=3)
        assert (await poll(living)).items == 0

    run(tmp_path, page(feeds), steps)


def test_the_text_of_a_page_s_item_is_its_readable_difference(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        guide(feeds, WAIT, FORM)
        await living.poll()
        guide(feeds, WAIT.replace("thirty", "sixty"), FEE)
        await poll(living)
        (archived,) = await living.store.latest_items(10)
        assert archived.item.text.splitlines() == [
            "The page has changed: 1 passage added, 1 removed, 1 changed.",
            "Changed: An application takes sixty days to decide. "
            "(was: An application takes thirty days to decide.)",
            "Removed: Use form 12 for each consignment.",
            "Added: The fee is 200 crowns an application.",
        ]

    run(tmp_path, page(feeds), steps)


def test_a_page_whose_text_only_moves_tells_nothing(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        for blocks in ((WAIT, FORM, FEE), (FEE, WAIT, FORM), (FORM, WAIT, FEE)):
            guide(feeds, *blocks)
            assert (await poll(living)).items == 0
        assert titles(living) == []

    run(tmp_path, page(feeds), steps)


def test_a_wall_in_place_of_a_page_is_no_change_of_it(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        guide(feeds, WAIT, FORM, FEE)
        await living.poll()
        feeds.serve("/guide", "<!DOCTYPE html><title>Sorry</title><p>Are you human?", "text/html")
        assert (await poll(living)).outcome == "not-a-feed"
        feeds.serve("/guide", "<main><p>We will be back soon.</main>", "text/html")
        doubted = await poll(living)
        assert doubted.outcome == "failed"
        assert "4 of 4 entries are gone" in doubted.detail
        guide(feeds, WAIT, FORM, FEE)
        assert (await poll(living)).items == 0
        assert titles(living) == []

    run(tmp_path, page(feeds), steps)


def names(rows: Sequence[tuple[str, str]]) -> set[str]:
    return {name for _key, name in rows}


def test_the_next_version_is_on_record_row_by_row(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        publish(feeds, HARBOUR, QUAY, LOCK)
        await living.poll()
        publish(feeds, LOCK, HARBOUR.replace("Ada", "Bo"), NEW)
        await poll(living)
        on_record = rows_on_record(living)
        assert names(on_record) == {"HARBOUR, Bo", "LOCK SHIPPING", "SLUICE MARITIME CO"}
        assert len(on_record) == 3

    run(tmp_path, register(feeds), steps)
