"""Lists that are cut short on their way, over real HTTP: what they lack is not told as removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.domain.fetch import FetchFailed
from tests.fakes.feed_server import Exchange, FeedServer
from tests.pipeline.test_poll import House
from tests.pipeline.test_versions import many, poll, register, rows_on_record, run, titles
from tests.sources.asking import fetch

LISTED = range(1, 41)


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def csv(rows: Sequence[str]) -> bytes:
    return "".join(f"{row}\r\n" for row in rows).encode()


def send(feeds: FeedServer, rows: Sequence[str]) -> None:
    """An answer of no stated length, which ends when its connection does."""
    body = csv(rows)

    def answer(exchange: Exchange) -> None:
        head = (
            b'HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nETag: "x"\r\nConnection: close\r\n\r\n'
        )
        exchange.send(head + body)

    feeds.answer("/list.csv", answer)


def without(*numbers: int) -> list[str]:
    return many(*(n for n in LISTED if n not in numbers))


@pytest.mark.parametrize("lost", [1, 5, 11])
def test_a_list_that_is_cut_at_the_end_of_a_row_tells_of_no_removal(
    feeds: FeedServer, tmp_path: Path, lost: int
) -> None:
    async def steps(living: House) -> None:
        send(feeds, many(*LISTED))
        await living.poll()
        send(feeds, many(*LISTED)[:-lost])
        cut = await poll(living)
        assert (cut.outcome, cut.items) == ("fetched", 0)
        assert (
            f"{lost} entr" in cut.detail and "told if the next reading says the same" in cut.detail
        )
        assert feeds.requests[-1].headers.get("if-none-match") == '"x"'
        send(feeds, many(*LISTED))
        whole = await poll(living)
        assert "if-none-match" not in feeds.requests[-1].headers
        assert (whole.items, whole.detail, titles(living)) == (0, "", [])
        assert len(rows_on_record(living)) == len(LISTED)

    run(tmp_path, register(feeds), steps)


def test_a_list_that_is_cut_each_time_elsewhere_tells_of_nothing(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        send(feeds, many(*LISTED))
        await living.poll()
        for lost in (3, 5, 2, 4):
            send(feeds, many(*LISTED)[:-lost])
            assert (await poll(living)).items == 0
        assert titles(living) == []

    run(tmp_path, register(feeds), steps)


def test_removals_that_are_confirmed_are_told_once(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        await living.watch("TIN-EO1")
        send(feeds, many(*LISTED))
        await living.poll()
        send(feeds, without(7, 39, 40))
        assert (await poll(living)).items == 0
        assert living.alerts() == []
        assert (await poll(living)).items == 1
        (alert,) = living.alerts()
        assert "3 removed" in alert
        for _ in range(2):
            assert (await poll(living)).items == 0
        assert (len(living.alerts()), len(rows_on_record(living))) == (1, 37)

    run(tmp_path, register(feeds), steps)


def test_what_a_cut_list_added_and_changed_is_told_at_once_and_its_removals_later(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        await living.watch("TIN-EO1")
        send(feeds, many(*LISTED))
        await living.poll()
        new = many(99) + without(38, 39, 40)
        send(feeds, new)
        assert (await poll(living)).items == 1
        assert "1 added" in living.alerts()[0] and "removed" not in living.alerts()[0]
        assert (await poll(living)).items == 1
        assert "3 removed" in living.alerts()[1] and "added" not in living.alerts()[1]
        assert (await poll(living)).items == 0
        assert len(living.alerts()) == 2

    run(tmp_path, register(feeds), steps)


@pytest.mark.parametrize(
    "after",
    [
        without(7, 20),
        [*without(40), *many(41)],
        [row.replace("PARTY 40", "P40") for row in without()],
    ],
    ids=["elsewhere", "the last one replaced", "the last one renamed"],
)
def test_changes_that_no_cut_can_make_are_told_at_once(
    feeds: FeedServer, tmp_path: Path, after: list[str]
) -> None:
    async def steps(living: House) -> None:
        send(feeds, many(*LISTED))
        await living.poll()
        send(feeds, after)
        assert (await poll(living)).items == 1

    run(tmp_path, register(feeds), steps)


def test_a_list_that_ends_with_a_mark_is_whole(feeds: FeedServer, tmp_path: Path) -> None:
    async def steps(living: House) -> None:
        send(feeds, [*many(*LISTED), "\x1a"])
        await living.poll()
        send(feeds, [*many(*LISTED)[:-2], "\x1a"])
        assert (await poll(living)).items == 1
        send(feeds, many(*LISTED)[:-4])
        assert (await poll(living)).items == 0, "and without its mark it is not"

    run(tmp_path, register(feeds), steps)


def test_a_cut_among_the_records_of_the_last_entry_is_no_change_of_it(
    feeds: FeedServer, tmp_path: Path
) -> None:
    async def steps(living: House) -> None:
        alias = '40,"ALSO PARTY 40",-0- ,"TIN-EO1",-0- ,"Alias."'
        send(feeds, [*many(*LISTED), alias])
        await living.poll()
        send(feeds, many(*LISTED))
        cut = await poll(living)
        assert (cut.items, titles(living)) == (0, [])
        assert "a part of the last entry" in cut.detail
        send(feeds, [*many(*LISTED), alias])
        assert (await poll(living)).items == 0
        send(feeds, many(*LISTED))
        assert [(await poll(living)).items for _ in range(3)] == [0, 1, 0]

    run(tmp_path, register(feeds), steps)


def test_a_restart_between_two_readings_confirms_as_well(feeds: FeedServer, tmp_path: Path) -> None:
    async def before(living: House) -> None:
        send(feeds, many(*LISTED))
        await living.poll()
        send(feeds, without(40))
        await poll(living)

    async def after(living: House) -> None:
        assert (await poll(living)).items == 1

    run(tmp_path, register(feeds), before)
    run(tmp_path, register(feeds), after)


@pytest.mark.parametrize("how", ["chunk", "between chunks", "length"])
def test_an_answer_that_ends_before_it_says_that_it_does_is_an_error(
    feeds: FeedServer, how: str
) -> None:
    body = csv(many(*LISTED))

    def answer(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n"
        if how == "length":
            exchange.send(head + b"Content-Length: %d\r\n\r\n" % (len(body) + 50) + body)
            return
        size = len(body) + 10 * (how == "chunk")
        end = b"\r\n" if how == "between chunks" else b""
        exchange.send(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size + body + end)

    feeds.answer("/list.csv", answer)
    outcome = fetch(feeds.url("/list.csv"))
    assert isinstance(outcome, FetchFailed), outcome
    assert outcome.kind == "network"
