"""What operators decided, and the questions before: kept whole, answered once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.domain.chat import Address, ChatKind, ChatState, Door
from bot.domain.desk import DeskChange, DeskSource
from bot.domain.fetch import Read
from bot.domain.ids import ChatId, SourceId
from bot.domain.question import KEPT, Question, Topic
from bot.domain.source import ListShape, Source, SourceKind
from bot.pipeline.ingest import Ingest
from bot.sources.cadence import after_poll
from storage.store import SqliteStore
from tests.desk import wait
from tests.samples import NOW, SECOND, item, source, state

SHAPE = ListShape(entry="ul.n li", link="a.t", title="h3", date="time[datetime]")
OWN = source("own", is_official=None, languages=())
NOTHING = DeskChange()


def decided(source_id: str, made: Source | None, at: int = 0) -> DeskSource:
    return DeskSource(
        source_id=SourceId(source_id), source=made, by="Ada", where="Desk", at=NOW + at * SECOND
    )


def put(store: SqliteStore, *decisions: DeskSource) -> None:
    wait(store.change_desk(DeskChange(put=decisions), NOW))


def question(chat_id: ChatId, code: str = "abc") -> Question:
    return Question(
        code=code,
        chat_id=chat_id,
        topic=Topic.ADD_SOURCE,
        about='{"a": "稀土"}',
        asked_by="Ada",
        asked_at=NOW,
    )


def chat_of(store: SqliteStore) -> ChatId:
    address = Address(door=Door.TELEGRAM, number=1)
    made = store.ensure_chat(address, ChatKind.PRIVATE, "Desk", ChatState.ACTIVE, NOW)
    return wait(made).chat_id


def test_decisions_come_back_as_they_were(store: SqliteStore) -> None:
    page = replace(OWN, source_id=SourceId("page"), kind=SourceKind.HTML_LIST, shape=SHAPE)
    decisions = [decided("own", OWN), decided("page", page, 1), decided("off", None, 2)]
    put(store, *decisions)
    assert list(wait(store.desk_sources())[1]) == decisions


def test_every_change_and_no_reading_gives_the_catalogue_another_number(store: SqliteStore) -> None:
    numbers = [wait(store.catalogue_revision())]
    for change in (
        DeskChange(put=(decided("own", OWN),)),
        DeskChange(put=(decided("own", None),)),
        DeskChange(forget=(SourceId("own"),)),
    ):
        wait(store.change_desk(change, NOW))
        numbers.append(wait(store.catalogue_revision()))
        assert wait(store.desk_sources())[0] == numbers[-1]
    assert len(set(numbers)) == 4


def test_a_source_that_is_added_is_due_at_once_and_its_class_unknown(store: SqliteStore) -> None:
    put(store, decided("own", OWN))
    known = wait(store.fetch_states())[OWN.source_id]
    assert (known.url, known.next_poll_at, known.is_seeded) == (OWN.url, NOW, False)
    notice = item(source_id=OWN.source_id, is_official=None)
    after = after_poll(known, OWN, Read(items=(notice,)), now=NOW, jitter=0.5)
    wait(Ingest(store).take((notice,), after, is_quiet=True, now=NOW))
    (kept,) = wait(store.latest_items(5))
    assert kept.item.is_official is None


def test_another_publication_under_an_old_id_is_read_quietly_anew(store: SqliteStore) -> None:
    put(store, decided("own", OWN))
    wait(store.save_fetch_state(state("own", last_outcome="fetched", last_polled_at=NOW)))
    put(store, decided("own", OWN, 1))
    assert wait(store.fetch_states())[OWN.source_id].is_seeded
    put(store, decided("own", replace(OWN, url="https://other.example/feed"), 2))
    known = wait(store.fetch_states())[OWN.source_id]
    assert (known.is_seeded, known.last_outcome, known.last_polled_at) == (False, "", None)


def test_what_a_removed_source_published_stays(store: SqliteStore) -> None:
    put(store, decided("own", OWN))
    notice = item(source_id=OWN.source_id)
    after = after_poll(state("own"), OWN, Read(items=(notice,)), now=NOW, jitter=0.5)
    wait(Ingest(store).take((notice,), after, is_quiet=True, now=NOW))
    wait(store.change_desk(DeskChange(forget=(OWN.source_id,)), NOW))
    assert wait(store.desk_sources())[1] == []
    assert len(wait(store.latest_items(5))) == 1


def test_a_question_survives_a_restart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db")
    asked = question(chat_of(store))
    wait(store.ask(asked))
    store.close()
    again = SqliteStore(tmp_path / "a.db")
    assert wait(again.find_question("abc")) == asked
    assert wait(again.find_question("abd")) is None
    again.close()


def test_a_question_is_answered_once_however_many_press(store: SqliteStore) -> None:
    wait(store.ask(question(chat_of(store))))
    change = DeskChange(put=(decided("own", OWN),))

    async def all_at_once() -> list[bool]:
        return await asyncio.gather(
            *(store.answer("abc", "add", f"person {n}", NOW, change) for n in range(8))
        )

    assert wait(all_at_once()).count(True) == 1
    answered = wait(store.find_question("abc"))
    assert answered is not None
    assert (answered.answer, answered.answered_at) == ("add", NOW)
    assert len(wait(store.desk_sources())[1]) == 1


def test_a_second_answer_changes_nothing(store: SqliteStore) -> None:
    wait(store.ask(question(chat_of(store))))
    assert wait(store.answer("abc", "cancel", "Ada", NOW, NOTHING))
    later = DeskChange(put=(decided("own", OWN),))
    assert not wait(store.answer("abc", "add", "Sam", NOW, later))
    assert not wait(store.answer("none", "add", "Sam", NOW, later))
    assert wait(store.desk_sources())[1] == []


def test_what_was_decided_on_another_catalogue_is_not_applied_and_leaves_its_question_open(
    store: SqliteStore,
) -> None:
    wait(store.ask(question(chat_of(store))))
    on = wait(store.catalogue_revision())
    mine, theirs = replace(OWN, url="https://mine.example/"), replace(OWN, name="Theirs")
    assert wait(store.change_desk(DeskChange(put=(decided("own", theirs),), on=on), NOW))
    change = DeskChange(put=(decided("own", mine),), on=on)
    assert not wait(store.change_desk(change, NOW))
    assert not wait(store.answer("abc", "add", "Ada", NOW, change))
    asked = wait(store.find_question("abc"))
    assert asked is not None and not asked.answer
    assert wait(store.desk_sources())[1] == [decided("own", theirs)]


def test_questions_are_forgotten_when_they_are_too_old(store: SqliteStore) -> None:
    wait(store.ask(question(chat_of(store))))
    assert wait(store.forget_questions(NOW + KEPT)) == 0
    assert wait(store.forget_questions(NOW + KEPT + timedelta(microseconds=1))) == 1
    assert wait(store.find_question("abc")) is None
