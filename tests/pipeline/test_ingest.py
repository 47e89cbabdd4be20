"""From a page to the outbox: what is new is told once to each chat that asks, or nothing is."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chat import Address, Chat, ChatState, Door
from bot.domain.fetch import Read
from bot.domain.ids import ChatId, ItemId, SourceId, WatchId
from bot.domain.item import Item, Precision
from bot.domain.outbox import MessageKind, Priority
from bot.domain.plan import (
    ActiveWatch,
    Applied,
    IngestMaterial,
    IngestPlan,
    KnownItems,
    WatchChanges,
)
from bot.domain.source import FetchState
from bot.errors import StorageError
from bot.matching.engine import evaluate
from bot.matching.query import parse
from bot.matching.tokens import analyse
from bot.pipeline.ingest import Ingest, plan_ingest
from bot.pipeline.standing import Standing
from bot.rendering.plain import to_plain
from bot.sources.cadence import after_poll
from bot.stories.identity import keys_of
from storage.connection import connect
from storage.store import SqliteStore
from tests.desk import Desk, wait
from tests.pipeline.outbox import alerts, promised
from tests.samples import NOW, active, chat, item, source, state

OTHER = Address(door=Door.TELEGRAM, number=200)
HISTORY = item("Tin quotas of last year", guid="0", url="https://gazette.example/0")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that watches gallium; a second chat watches graphite."""
    opened = Desk(tmp_path)
    opened.say("/start")
    opened.watch("gallium")
    opened.say("/start", address=OTHER)
    opened.watch("graphite", address=OTHER)
    yield opened
    opened.close()


def notice(name: str, title: str, text: str = "", **changes: object) -> Item:
    """An item of its own GUID and link."""
    url = f"https://gazette.example/{name}"
    made = item(title, text=text, guid=name, url=url, canonical_url=url)
    return replace(made, **changes)  # type: ignore[arg-type]


def of(source_id: str, made: Item, **changes: object) -> Item:
    """The same words on another publisher's page, under its own GUID and link."""
    url = f"https://{source_id}.example/{made.guid}"
    there = replace(
        made,
        source_id=SourceId(source_id),
        source_name=source_id.title(),
        guid=f"{source_id}-{made.guid}",
        url=url,
        canonical_url=url,
    )
    return replace(there, **changes)  # type: ignore[arg-type]


async def take(
    desk: Desk,
    ingest: Ingest,
    *items: Item,
    source_id: str = "gazette",
    etag: str | None = '"after"',
    is_quiet: bool = False,
) -> Applied:
    """One page of a source."""
    now, from_there = desk.clock.now(), source(source_id)
    await desk.store.save_catalogue([from_there], now)
    after = after_poll(
        state(source_id), from_there, Read(items=items, etag=etag), now=now, jitter=0.5
    )
    return await ingest.take(items, after, is_quiet=is_quiet, now=now)


def dump(path: Path) -> dict[str, list[str]]:
    """Every row of every table, the index's own among them, but those of the catalogue."""
    with closing(connect(path, is_writer=False)) as db:
        tables = db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sources'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        return {
            table: sorted(repr(tuple(row)) for row in db.execute(f"SELECT * FROM {table}"))
            for (table,) in tables
        }


def states(desk: Desk) -> dict[str, FetchState]:
    return {str(each): found for each, found in wait(desk.store.fetch_states()).items()}


# The flow, over a real database


def test_the_first_page_is_stored_and_tells_nothing(desk: Desk) -> None:
    assert desk.publish(notice("1", "Gallium and graphite licences"), is_quiet=True) == 0
    assert alerts(desk.store.path) == []
    assert "Gallium and graphite licences" in desk.say("/search gallium")
    assert wait(desk.store.watch_weeks(desk.chat().chat_id, desk.clock.now())) == {}
    assert desk.publish(notice("1", "Gallium and graphite licences")) == 0, "it is history"


def test_an_item_that_is_new_on_a_later_page_is_told_once_to_each_chat_that_asks(
    desk: Desk,
) -> None:
    desk.watch("licences")
    desk.publish(HISTORY, is_quiet=True)
    both = notice("1", "Gallium and graphite licences")
    assert desk.publish(both, HISTORY) == 2
    assert desk.publish(both, HISTORY) == 0
    mine, theirs = promised(desk.store.path, MessageKind.ALERT)
    assert (mine.chat_id, theirs.chat_id) == (desk.chat().chat_id, desk.chat(OTHER).chat_id)
    assert "Watch 1 gallium" in mine.text and "Watch 2 licences" in mine.text
    assert "Watch 1 graphite" in theirs.text and "licences" not in theirs.text.split("🔔")[1]
    assert "Tin quotas" not in mine.text + theirs.text


def test_what_nobody_watches_is_stored_and_tells_nothing(desk: Desk) -> None:
    assert desk.publish(notice("1", "Copper prices rise")) == 0
    assert "Copper prices rise" in desk.say("/latest")


def test_what_was_done_is_counted(desk: Desk) -> None:
    desk.watch("licences")
    page = [notice("1", "Gallium licences"), notice("2", "Graphite news"), notice("3", "Copper")]
    applied = wait(take(desk, Ingest(desk.store), *page))
    assert applied == Applied(new_items=3, matches=3, messages=2)


def test_an_item_of_two_sources_with_one_link_is_told_once(desk: Desk) -> None:
    ingest = Ingest(desk.store)
    first = notice("1", "Gallium licences from October")
    copy = of("herald", first, url=first.url, canonical_url=first.canonical_url)

    async def pages() -> list[int]:
        one = await take(desk, ingest, first)
        two = await take(desk, ingest, copy, source_id="herald")
        again = await take(desk, ingest, copy, source_id="herald")
        return [one.messages, two.messages + two.new_items, again.messages + again.new_items]

    assert wait(pages()) == [1, 0, 0]
    assert "Gazette" in alerts(desk.store.path)[0]


def test_a_syndicated_press_story_is_told_once_and_the_official_text_beside_it_again(
    desk: Desk,
) -> None:
    ingest = Ingest(desk.store)
    story = notice("1", "China to ban all gallium exports from next Monday", is_official=False)

    async def pages() -> list[int]:
        told = []
        for source_id, made in (
            ("gazette", story),
            ("herald", of("herald", story)),
            ("ministry", of("ministry", story, is_official=True)),
        ):
            told.append((await take(desk, ingest, made, source_id=source_id)).messages)
        return told

    assert wait(pages()) == [1, 0, 1]


def test_two_pages_that_bring_one_item_at_the_same_moment_tell_it_once(desk: Desk) -> None:
    ingest = Ingest(desk.store)
    first = notice("1", "Gallium licences from October")
    names = [f"paper{n}" for n in range(8)]

    async def pages() -> list[Applied]:
        await desk.store.save_catalogue([source(name) for name in names], desk.clock.now())
        return await asyncio.gather(
            *(
                take(
                    desk,
                    ingest,
                    of(name, first, url=first.url, canonical_url=first.canonical_url),
                    source_id=name,
                )
                for name in names
            )
        )

    applied = wait(pages())
    assert sum(each.new_items for each in applied) == 1
    assert sum(each.messages for each in applied) == 1
    assert len(states(desk)) == 8, "each source keeps its own state all the same"


def test_a_changed_guid_brings_nothing_and_is_remembered(desk: Desk) -> None:
    first = notice("1", "Gallium licences from October")
    renamed = replace(first, guid="other")
    moved = replace(
        renamed,
        title="Gallium licences from October (corrected)",
        url="https://gazette.example/moved",
        canonical_url="https://gazette.example/moved",
    )
    assert [desk.publish(each) for each in (first, renamed, moved)] == [1, 0, 0]
    assert desk.say("/latest").count("Gallium licences") == 1


def test_one_guid_on_all_entries_hides_none(desk: Desk) -> None:
    page = [notice(str(n), f"Gallium notice number {n} of many", guid="same") for n in range(5)]
    for each in page:
        wait(take(desk, Ingest(desk.store), *page[: page.index(each) + 1]))
    assert len(alerts(desk.store.path)) == 5


def test_a_date_in_the_past_or_the_future_hides_nothing(desk: Desk) -> None:
    years = [timedelta(days=-3650), timedelta(days=3650), timedelta(0)]
    for number, age in enumerate(years):
        made = notice(
            str(number),
            f"Gallium notice number {number} of three",
            published_at=desk.clock.now() + age,
            precision=Precision.INSTANT,
        )
        assert desk.publish(made) == 1


def test_an_edit_is_told_to_those_for_whom_it_made_the_difference(desk: Desk) -> None:
    plain = notice("1", "Export licences", "Gallium is named.")
    assert desk.publish(plain) == 1
    assert desk.publish(replace(plain, text="Gallium and graphite are named.")) == 1
    first, second = promised(desk.store.path, MessageKind.ALERT)
    assert (first.chat_id, second.chat_id) == (desk.chat().chat_id, desk.chat(OTHER).chat_id)
    assert "Gallium and graphite are named." in second.text


def test_a_chat_that_was_told_is_not_told_of_the_edit_though_another_watch_answers_now(
    desk: Desk,
) -> None:
    desk.watch("tin")
    plain = notice("1", "Export licences", "Gallium is named.")
    assert desk.publish(plain) == 1
    applied = wait(
        take(desk, Ingest(desk.store), replace(plain, text="Gallium and tin are named."))
    )
    assert (applied.matches, applied.messages) == (1, 0), "the digest shows it, no second alert"


def test_words_that_come_go_and_come_again_are_told_once(desk: Desk) -> None:
    without = notice("1", "Export licences", "Nothing is named.")
    with_it = replace(without, text="Gallium is named.")
    assert [desk.publish(each) for each in (without, with_it, without, with_it)] == [0, 1, 0, 0]


def test_an_edit_of_what_answered_already_is_not_told_to_a_watch_that_came_later(
    desk: Desk,
) -> None:
    plain = notice("1", "Export licences", "Tin is named.")
    desk.publish(plain)
    desk.watch("tin")
    assert desk.publish(replace(plain, text="Tin is named, it says.")) == 0


def test_an_edit_of_history_is_told_where_it_brings_the_words(desk: Desk) -> None:
    plain = notice("1", "Export licences", "Nothing is named.")
    desk.publish(plain, is_quiet=True)
    assert desk.publish(replace(plain, text="Gallium is named.")) == 1


def test_an_edited_item_is_found_by_its_new_words_and_keeps_the_time_it_was_first_seen(
    desk: Desk,
) -> None:
    plain = notice("1", "Export licences", "Antimony is named.", first_seen_at=desk.clock.now())
    desk.publish(plain)
    (before,) = wait(desk.store.latest_items(5))
    later = desk.clock.advance(timedelta(hours=3))
    desk.publish(replace(plain, text="Bismuth is named.", first_seen_at=later))
    (after,) = wait(desk.store.latest_items(5))
    assert after.item.text == "Bismuth is named."
    assert after.item.first_seen_at == before.item.first_seen_at
    assert "Export licences" in desk.say("/search bismuth")
    assert "Export licences" not in desk.say("/search antimony")


def test_a_paused_chat_is_told_nothing_and_owed_nothing(desk: Desk) -> None:
    ingest = Ingest(desk.store)

    async def page(*names: str) -> int:
        made = [notice(name, f"Gallium notice number {name} of many") for name in names]
        return (await take(desk, ingest, *made)).messages

    assert wait(page("1")) == 1
    desk.say("/stop")
    assert wait(page("1", "2")) == 0
    desk.say("/start")
    assert wait(page("1", "2")) == 0
    assert wait(page("1", "2", "3")) == 1


@pytest.mark.parametrize("silent", [s for s in ChatState if s is not ChatState.ACTIVE])
def test_only_an_active_chat_is_told(desk: Desk, silent: ChatState) -> None:
    wait(desk.store.set_chat_state(desk.chat().chat_id, silent, desk.clock.now()))
    assert desk.publish(notice("1", "Gallium and graphite licences")) == 1
    (only,) = promised(desk.store.path, MessageKind.ALERT)
    assert only.chat_id == desk.chat(OTHER).chat_id


def test_watches_that_are_set_and_ended_count_from_the_next_page(desk: Desk) -> None:
    ingest = Ingest(desk.store)
    assert wait(take(desk, ingest, notice("1", "Tin prices rise"))).messages == 0
    desk.watch("tin")
    assert wait(take(desk, ingest, notice("2", "Tin prices fall"))).messages == 1
    desk.say("/unwatch 2")
    assert wait(take(desk, ingest, notice("3", "Tin prices stand still"))).messages == 0


def test_watches_are_read_again_only_where_they_have_changed(desk: Desk) -> None:
    asked: list[str] = []

    class Asked(SqliteStore):
        async def ingest(
            self, keys: Sequence[str], decide: Callable[[IngestMaterial], IngestPlan]
        ) -> Applied:
            def counted(material: IngestMaterial) -> IngestPlan:
                asked.append("page")

                def read(since: int) -> WatchChanges:
                    changes = material.read_watches(since)
                    asked.append(f"{len(changes.watches)} watches")
                    return changes

                return decide(replace(material, read_watches=read))

            return await super().ingest(keys, counted)

    store = Asked(desk.store.path)
    try:
        ingest = Ingest(store)
        for _ in range(3):
            wait(take(desk, ingest))
        desk.watch("tin")
        wait(take(desk, ingest))
    finally:
        store.close()
    assert asked == ["page", "2 watches", "page", "page", "page", "1 watches"]


def test_a_watch_that_cannot_be_read_any_more_stops_no_other(desk: Desk) -> None:
    wait(desk.store.add_watch(desk.chat().chat_id, "#dropped-concept", "Ada", desk.clock.now()))
    assert desk.publish(notice("1", "Gallium licences")) == 1


def test_the_sources_state_is_kept_with_its_page(desk: Desk) -> None:
    wait(take(desk, Ingest(desk.store), notice("1", "Gallium licences"), etag='"7"'))
    kept = states(desk)["gazette"]
    assert (kept.etag, kept.is_seeded, kept.last_outcome) == ('"7"', True, "fetched")
    assert kept.next_poll_at == desk.clock.now() + timedelta(minutes=10)


def test_an_empty_page_keeps_its_sources_state_too(desk: Desk) -> None:
    assert wait(take(desk, Ingest(desk.store), etag='"7"')) == Applied()
    assert states(desk)["gazette"].etag == '"7"'


BROKEN = {
    "items": "BEFORE INSERT ON items",
    "an edit": "BEFORE UPDATE ON items",
    "keys": "BEFORE INSERT ON item_keys WHEN (SELECT count(*) FROM items) > 2",
    "matches": "BEFORE INSERT ON matches",
    "alerts": "BEFORE INSERT ON alerts",
    "the outbox": "BEFORE INSERT ON outbox",
    "the source's state": "BEFORE UPDATE ON fetch_states",
}


@pytest.mark.parametrize("where", BROKEN.values(), ids=BROKEN.keys())
def test_a_page_is_kept_whole_or_not_at_all(desk: Desk, where: str) -> None:
    """The classic loss: seen, but not said; or a validator saved, and the items gone."""
    plain = notice("1", "Export licences", "Nothing is named.")
    page = [
        replace(plain, text="Gallium is named."),
        replace(notice("2", "Copper prices rise in the spring"), guid="other"),
        notice("3", "Gallium and graphite licences"),
        notice("4", "Tin prices rise"),
    ]
    ingest = Ingest(desk.store)
    wait(take(desk, ingest, plain, notice("2", page[1].title), etag='"before"'))
    before = dump(desk.store.path)

    def stop(db: sqlite3.Connection) -> None:
        db.execute(f"CREATE TRIGGER broken {where} BEGIN SELECT RAISE(ABORT, 'broken'); END")

    wait(desk.store._write(stop))
    with pytest.raises(sqlite3.IntegrityError, match="broken"):
        wait(take(desk, ingest, *page))
    assert dump(desk.store.path) == before
    assert states(desk)["gazette"].etag == '"before"'
    wait(desk.store._write(lambda db: db.execute("DROP TRIGGER broken")))
    applied = wait(take(desk, ingest, *page))
    assert applied == Applied(new_items=2, matches=3, messages=3)
    assert states(desk)["gazette"].etag == '"after"'
    assert wait(desk.store.check()) == []


def test_on_a_full_disk_nothing_is_kept_and_all_comes_when_there_is_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = Ingest(desk.store)
    page = notice("1", "Gallium licences")
    wait(desk.store.save_catalogue([source()], desk.clock.now()))
    before = dump(desk.store.path)
    with monkeypatch.context() as full:
        _full(full)
        with pytest.raises(StorageError, match="full"):
            wait(take(desk, ingest, page))
    assert dump(desk.store.path) == before
    assert wait(take(desk, ingest, page)).messages == 1


def _full(patch: pytest.MonkeyPatch) -> None:
    """A disk on which nothing is free."""
    usage = shutil._ntuple_diskusage(1 << 30, 1 << 30, 0)
    patch.setattr("shutil.disk_usage", lambda _path: usage)


def test_names_that_are_slow_to_resolve_hold_up_no_page(desk: Desk) -> None:
    """They are looked up in the loop's own threads, of which a bad morning takes all."""
    is_over = threading.Event()

    async def beside_slow_names() -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
        name = loop.run_in_executor(None, is_over.wait)
        try:
            async with asyncio.timeout(60):
                return (
                    await take(desk, Ingest(desk.store), notice("1", "Gallium licences"))
                ).messages
        finally:
            is_over.set()
            await name

    assert wait(beside_slow_names()) == 1


# The decision, which is pure


def known(*items: Item) -> KnownItems:
    """An archive of those items, numbered from 1."""
    by_key: dict[str, set[ItemId]] = {}
    for number, each in enumerate(items, 1):
        for key in keys_of(each):
            by_key.setdefault(key, set()).add(ItemId(number))
    return KnownItems(
        by_key={key: frozenset(ids) for key, ids in by_key.items()},
        items={ItemId(number): each for number, each in enumerate(items, 1)},
    )


def decide(
    items: Sequence[Item],
    *watches: ActiveWatch,
    archive: Sequence[Item] = (),
    alerted: frozenset[tuple[ChatId, ItemId]] = frozenset(),
    is_quiet: bool = False,
    now: datetime = NOW,
) -> IngestPlan:
    return plan_ingest(
        items=items,
        known=known(*archive),
        watches=Standing(watches),
        alerted=alerted,
        state=state(),
        is_quiet=is_quiet,
        now=now,
    )


def elsewhere(**changes: object) -> Chat:
    return replace(chat(200), chat_id=ChatId(2), **changes)  # type: ignore[arg-type]


GALLIUM = notice("1", "Gallium and graphite licences", "Gallium is named.")


def test_the_plan_names_each_match_and_one_alert_for_each_chat() -> None:
    watches = [
        active("gallium", 1),
        active("graphite", 2, elsewhere()),
        active("licences", 3),
        active("tin", 4),
    ]
    (new,) = decide([GALLIUM], *watches).new
    assert [match.watch_id for match in new.matches] == [1, 2, 3]
    assert [(alert.chat_id, alert.watch_ids) for alert in new.alerts] == [(1, (1, 3)), (2, (2,))]
    (draft,) = new.alerts[0].messages
    assert (draft.chat_id, draft.kind) == (1, MessageKind.ALERT)
    assert (draft.priority, draft.dedup_key) == (Priority.NORMAL, "alert:1:0")
    assert new.keys == keys_of(GALLIUM)


def test_the_hits_of_a_match_are_places_of_the_item() -> None:
    (new,) = decide([GALLIUM], active("gallium")).new
    (match,) = new.matches
    found = {(hit.part, getattr(GALLIUM, hit.part)[hit.start : hit.end]) for hit in match.hits}
    assert found == {("title", "Gallium"), ("text", "Gallium")}


def test_an_alert_is_dated_in_the_zone_of_its_chat() -> None:
    late = replace(
        GALLIUM,
        published_at=datetime(2026, 10, 7, 23, 30, tzinfo=UTC),
        precision=Precision.INSTANT,
    )
    watches = [active("gallium", 1), active("gallium", 2, elsewhere(zone="Asia/Tokyo"))]
    (new,) = decide([late], *watches).new
    brussels, tokyo = (to_plain(alert.messages[0].body) for alert in new.alerts)
    assert "01:30 CEST" in brussels
    assert "08:30 JST" in tokyo


def test_the_date_of_an_older_item_has_its_year() -> None:
    dated = replace(GALLIUM, published_at=NOW, precision=Precision.INSTANT)
    for now, year in ((NOW, ""), (NOW + timedelta(days=300), " 2026")):
        (new,) = decide([dated], active("gallium"), now=now).new
        assert f"Thu 8 Oct{year}, 11:00" in to_plain(new.alerts[0].messages[0].body)


def test_an_alert_that_is_too_long_is_several_messages_with_keys_of_their_own() -> None:
    many = [active(f'gallium OR "{"x" * 200} {number}"', number) for number in range(1, 60)]
    (new,) = decide([GALLIUM], *many).new
    (alert,) = new.alerts
    assert len(alert.watch_ids) == 59
    assert len(alert.messages) > 1
    keys = [draft.dedup_key for draft in alert.messages]
    assert keys == [f"alert:1:{at}" for at in range(len(keys))]
    said = "\n".join(to_plain(draft.body) for draft in alert.messages)
    assert all(f"Watch {number} " in said for number in range(1, 60))


def test_a_quiet_page_is_indexed_and_matched_with_nothing() -> None:
    edited = replace(GALLIUM, text="Gallium and tin are named.")
    other = notice("2", "Tin from Mozambique")
    loud = decide([edited, other], active("tin"), archive=[GALLIUM])
    quiet = decide([edited, other], active("tin"), archive=[GALLIUM], is_quiet=True)
    assert loud.new[0].alerts and loud.edited[0].alerts, "else this test proves nothing"
    for new in quiet.new:
        assert (new.matches, new.alerts) == ((), ())
    for edit in quiet.edited:
        assert (edit.matches, edit.alerts) == ((), ())
    assert [new.item for new in quiet.new] == [other]
    assert [edit.item for edit in quiet.edited] == [edited]


def test_a_page_that_is_known_plans_nothing_but_its_sources_state() -> None:
    plan = decide([GALLIUM], active("gallium"), archive=[GALLIUM])
    assert plan == IngestPlan(state=state(), now=NOW)


def test_an_edit_is_planned_with_what_was_and_what_is() -> None:
    later = NOW + timedelta(hours=1)
    edited = replace(GALLIUM, title="Gallium, graphite and tin licences", first_seen_at=later)
    plan = decide([edited], active("tin"), active("gallium", 2), archive=[GALLIUM], now=later)
    (edit,) = plan.edited
    assert (plan.new, plan.sightings) == ((), ())
    assert edit.item_id == 1
    assert edit.item == replace(edited, first_seen_at=GALLIUM.first_seen_at)
    assert edit.keys == keys_of(edited)
    assert [match.watch_id for match in edit.matches] == [1], "gallium stood there before"
    assert [alert.watch_ids for alert in edit.alerts] == [(1,)]


def test_who_was_told_of_an_item_is_not_told_of_its_edit() -> None:
    edited = replace(GALLIUM, title="Gallium, graphite and tin licences")
    watches = [active("tin", 1), active("tin", 2, elsewhere())]
    for told, expected in (
        (frozenset({(ChatId(1), ItemId(1))}), [2]),
        (frozenset({(ChatId(2), ItemId(1))}), [1]),
        (frozenset({(ChatId(1), ItemId(9))}), [1, 2]),
    ):
        plan = decide([edited], *watches, archive=[GALLIUM], alerted=told)
        assert [match.watch_id for match in plan.edited[0].matches] == [1, 2]
        assert [alert.chat_id for alert in plan.edited[0].alerts] == expected


def test_another_publishers_copy_is_a_sighting_with_the_keys_that_are_new() -> None:
    copy = of("herald", GALLIUM, canonical_url=GALLIUM.canonical_url, text="Shortened.")
    plan = decide([copy], active("shortened"), archive=[GALLIUM])
    assert (plan.new, plan.edited) == ((), ())
    (sighting,) = plan.sightings
    assert sighting.item_id == 1
    assert set(sighting.keys) == set(keys_of(copy)) - set(keys_of(GALLIUM))


TITLES = st.sampled_from(
    [
        "Gallium and graphite licences",
        "Export ban on tungsten and gallium",
        "关于对镓、锗相关物项实施出口管制的公告",
        "Neue Ausfuhrgenehmigungen für Graphit",
        "Steel quotas",
        "No news today",
    ]
)
ASKED = st.sampled_from(
    [
        "gallium",
        "graphite OR tungsten",
        "licen*",
        '"steel quotas"',
        "gallium -graphite",
        "rare earths",
        "出口管制",
        "graphit",
        "(gallium OR steel) -ban",
        '"not closed',
    ]
)
PAGES = st.lists(st.tuples(st.integers(0, 9), TITLES, TITLES), max_size=5).map(
    lambda page: [notice(str(n), title, text) for n, title, text in page]
)
DESKS = st.lists(st.tuples(ASKED, st.booleans()), max_size=8).map(
    lambda watches: [
        active(text, number, elsewhere() if is_elsewhere else None)
        for number, (text, is_elsewhere) in enumerate(watches, 1)
    ]
)


def answering(made: Item, watches: Sequence[ActiveWatch]) -> set[WatchId]:
    """Which of the watches an item answers, each asked by itself."""
    document = analyse(made.title, made.text, made.language)
    return {
        active.watch.watch_id
        for active in watches
        if active.watch.text != '"not closed'
        and evaluate(parse(active.watch.text), document) is not None
    }


@given(PAGES, DESKS)
def test_a_new_item_matches_the_watches_that_it_answers_and_tells_each_chat_once(
    page: list[Item], watches: list[ActiveWatch]
) -> None:
    chats = {active.watch.watch_id: active.chat.chat_id for active in watches}
    for new in decide(page, *watches).new:
        wanted = answering(new.item, watches)
        assert {match.watch_id for match in new.matches} == wanted
        assert len(new.matches) == len(wanted)
        told = [alert.chat_id for alert in new.alerts]
        assert len(told) == len(set(told))
        assert {
            (alert.chat_id, watch_id) for alert in new.alerts for watch_id in alert.watch_ids
        } == {(chats[watch_id], watch_id) for watch_id in wanted}


@given(PAGES, PAGES, DESKS)
def test_an_edit_matches_the_watches_that_the_item_answers_now_and_did_not_before(
    archive: list[Item], page: list[Item], watches: list[ActiveWatch]
) -> None:
    archive = [next(group) for _, group in groupby(archive, key=lambda each: each.guid)]
    for edit in decide(page, *watches, archive=archive).edited:
        before = archive[edit.item_id - 1]
        brought = answering(edit.item, watches) - answering(before, watches)
        assert {match.watch_id for match in edit.matches} == brought
        assert {w for alert in edit.alerts for w in alert.watch_ids} == brought
