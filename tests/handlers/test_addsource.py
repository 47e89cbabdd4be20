"""/addsource and /removesource: look, show, ask, and keep the answer; operators only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.chat import Address, ChatKind, Door, Person
from bot.domain.desk import DeskChange, DeskSource
from bot.domain.fetch import Fetched, FetchFailed, FetchOutcome, FetchRequest
from bot.domain.ids import SourceId
from bot.domain.question import KEPT
from bot.domain.source import ListShape, SourceKind, SourceStatus
from tests.desk import ADMIN, STRANGER, Desk, wait
from tests.samples import source
from tests.sources.feed_texts import rss
from tests.sources.list_pages import PAGES

FILE = (
    source("gazette", jurisdiction="EU"),
    source("herald"),
    source("wall", status=SourceStatus.NEEDS_BROWSER, note="a challenge"),
)
NEWS = "https://news.example/feed"
GROUP = Address(door=Door.TELEGRAM, number=-7)


class Publishers:
    """Pages by address; any other is not there."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, str]] = {}
        self.asked: list[str] = []

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        url = request.source.url
        self.asked.append(url)
        if url not in self.pages:
            return FetchFailed(kind="status", detail=f"{url} answered 404.", status=404)
        body, kind = self.pages[url]
        return Fetched(body=body.encode(), content_type=kind, final_url=url)


def feed(*titles: str) -> str:
    return rss(
        *(
            f"<title>{title}</title><link>https://news.example/{at}</link>"
            f"<pubDate>{at + 1:02d} Oct 2026 09:00 GMT</pubDate>"
            for at, title in enumerate(titles)
        )
    )


@pytest.fixture
def publishers() -> Publishers:
    made = Publishers()
    made.pages[NEWS] = (feed("First", "Second", "Third", "Fourth"), "application/rss+xml")
    return made


@pytest.fixture
def desk(tmp_path: Path, publishers: Publishers) -> Iterator[Desk]:
    opened = Desk(tmp_path, catalogue=FILE, fetcher=publishers)
    wait(opened.live.refresh())
    opened.say("/start")
    yield opened
    opened.close()


def listed(desk: Desk) -> list[str]:
    return [each.source_id for each in desk.live.sources]


# Looking and asking


def test_the_answer_shows_what_would_be_read_and_adds_nothing(desk: Desk) -> None:
    assert desk.say(f"/addsource {NEWS}").split("\n") == [
        "🔎 Gazette · gazette-2",
        f"{NEWS} · a feed · 4 entries now",
        "",
        "The newest that it would read:",
        "• Sun 4 Oct, 11:00 CEST — Fourth (https://news.example/3)",
        "• Sat 3 Oct, 11:00 CEST — Third (https://news.example/2)",
        "• Fri 2 Oct, 11:00 CEST — Second (https://news.example/1)",
        "",
        "Add it? It is asked every 10 min, for all chats. What it lists now is not told.",
    ]
    assert desk.last is not None
    assert [button.label for row in desk.last.buttons for button in row] == ["✅ Add", "✖ Cancel"]
    assert all(len(b.data.encode()) <= 64 for row in desk.last.buttons for b in row)
    assert listed(desk) == ["gazette", "herald", "wall"]


def test_a_list_page_shows_its_entries_and_keeps_its_shape(
    desk: Desk, publishers: Publishers
) -> None:
    publishers.pages["https://ministry.example/notices"] = (PAGES["table"], "text/html")
    said = desk.say("/addsource ministry.example/notices Notices of the ministry")
    assert "🔎 Notices of the ministry · notices-of-the-ministry" in said
    assert "a list page, read by its structure · 6 entries now" in said
    assert "• Tue 6 Oct — Ministry opens review 5" in said
    desk.press("add")
    made = desk.live.sources[-1]
    assert (made.kind, made.url) == (SourceKind.HTML_LIST, "https://ministry.example/notices")
    assert isinstance(made.shape, ListShape) and made.shape.date is not None


def test_other_feeds_of_the_page_are_named(desk: Desk, publishers: Publishers) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{name}" title="{name}">'
        for name in ("feed", "rulings")
    )
    publishers.pages["https://news.example/"] = (f"<html>{links}</html>", "text/html")
    said = desk.say("/addsource https://news.example/")
    assert "/addsource https://news.example/rulings rulings" in said


# Answering


def test_an_added_source_is_listed_at_once_with_who_added_it(desk: Desk) -> None:
    desk.say(f"/addsource {NEWS} Trade news")
    assert desk.press("add").startswith("✅ Trade news is added.")
    assert listed(desk)[-1] == "trade-news"
    assert "1 of these was added by operators" in desk.say("/sources")
    assert "trade-news Trade news · added by Ada" in desk.say("/sources others")
    told = desk.say("/source trade-news").split("\n")
    assert told[1] == f"Address: {NEWS}, read as a feed"  # neither official nor press
    assert "Added by Ada in Desk, Thu 8 Oct" in told


def test_a_button_works_once_and_says_by_whom(desk: Desk) -> None:
    desk.say(f"/addsource {NEWS}")
    asked = desk.last
    desk.press("add")
    for word in ("add", "cancel"):
        desk.last = asked
        said = desk.press(word)
        assert desk.was_refused
        assert "answered already: “add”, by Ada, Thu 8 Oct" in said
    assert len(desk.live.desk) == 1


def test_cancelling_adds_nothing_and_ends_the_question(desk: Desk) -> None:
    desk.say(f"/addsource {NEWS}")
    asked = desk.last
    assert desk.press("cancel") == "✖ Cancelled. Nothing was changed."
    desk.last = asked
    assert "answered already: “cancel”" in desk.press("add")
    assert listed(desk) == ["gazette", "herald", "wall"]


def test_a_question_can_be_answered_after_a_restart(tmp_path: Path, publishers: Publishers) -> None:
    first = Desk(tmp_path, catalogue=FILE, fetcher=publishers)
    first.say("/start")
    first.say(f"/addsource {NEWS} Trade news")
    asked = first.last
    first.close()
    second = Desk(tmp_path, catalogue=FILE, fetcher=publishers)
    second.last = asked
    assert "Trade news is added" in second.press("add")
    assert "trade-news" in listed(second)
    second.close()


@pytest.mark.parametrize(
    ("person", "said"),
    [(STRANGER, "Your user number is 2."), (Person(user_id=None, name="Group"), "anonymous")],
)
def test_only_operators_may_ask_or_press(desk: Desk, person: Person, said: str) -> None:
    desk.say(f"/addsource {NEWS}")
    asked = desk.last
    for line in (f"/addsource {NEWS}", "/removesource gazette"):
        assert said in desk.say(line, person=person)
        assert desk.was_refused
    desk.last = asked
    assert said in desk.press("add", person=person)
    assert listed(desk) == ["gazette", "herald", "wall"]
    desk.last = asked  # and the question is open still
    assert "is added" in desk.press("add", person=ADMIN)


def test_a_question_is_answered_in_its_own_chat_only(desk: Desk) -> None:
    group: dict[str, Any] = {"address": GROUP, "kind": ChatKind.GROUP}
    desk.say("/start", **group)
    desk.say(f"/addsource {NEWS}")
    asked = desk.last
    assert "There is no question" in desk.press("add", **group)
    assert listed(desk) == ["gazette", "herald", "wall"]
    desk.last = asked
    assert "is added" in desk.press("add")


def test_a_question_that_is_too_old_asks_to_be_sent_again(desk: Desk) -> None:
    desk.say(f"/addsource {NEWS}")
    wait(desk.store.forget_questions(desk.clock.advance(2 * KEPT)))
    assert "There is no question" in desk.press("add")


@pytest.mark.parametrize(
    "typed", ["/answer", "/answer abc", "/answer zzz add", "/answer ' OR 1 add"]
)
def test_an_answer_to_nothing_is_refused(desk: Desk, typed: str) -> None:
    desk.say(typed)
    assert desk.was_refused


def test_another_word_leaves_the_question_open(desk: Desk) -> None:
    desk.say(f"/addsource {NEWS}")
    asked = desk.last
    assert asked is not None
    code = asked.buttons[0][0].data.partition(":")[2].split()[0]
    assert "say add or cancel" in desk.say(f"/answer {code} perhaps")
    assert "is added" in desk.say(f"/answer {code.upper()} ADD")


# What cannot be added


@pytest.mark.parametrize(
    "typed",
    ["https://gazette.example/feed.xml", "http://GAZETTE.example/feed.xml?utm_source=a#x",
     "gazette.example/feed.xml", "feed://gazette.example/feed.xml"],
)  # fmt: skip
def test_what_is_there_is_named_and_not_asked(
    desk: Desk, publishers: Publishers, typed: str
) -> None:
    said = desk.say(f"/addsource {typed}")
    assert desk.was_refused
    assert "is there already, as Gazette." in said and "/source gazette" in said
    assert publishers.asked == []


def test_what_is_listed_and_not_read_may_be_added(desk: Desk, publishers: Publishers) -> None:
    publishers.pages[FILE[2].url] = (feed("One"), "application/rss+xml")
    assert "Add it?" in desk.say(f"/addsource {FILE[2].url}")


def test_two_questions_on_one_source_add_it_once(desk: Desk) -> None:
    desk.say(f"/addsource {NEWS}")
    first = desk.last
    desk.say(f"/addsource {NEWS}")
    desk.press("add")
    desk.last = first
    assert "is there already" in desk.press("add")
    assert len(desk.live.desk) == 1


def test_two_sources_of_one_name_get_two_ids(desk: Desk, publishers: Publishers) -> None:
    publishers.pages["https://other.example/feed"] = (feed("One"), "application/rss+xml")
    desk.say(f"/addsource {NEWS} Trade")
    first = desk.last
    desk.say("/addsource https://other.example/feed Trade")
    desk.press("add")
    desk.last = first
    desk.press("add")
    assert listed(desk)[-2:] == ["trade", "trade-2"]


def test_two_sources_of_one_name_that_are_added_at_once_are_both_kept(desk: Desk) -> None:
    """In two processes: the second must not take the id of the first, and so its place."""
    desk.say(f"/addsource {NEWS} Trade")
    theirs = source("trade", url="https://other.example/feed")
    now = desk.clock.now()
    decision = DeskSource(source_id=theirs.source_id, source=theirs, by="Sam", where="Desk", at=now)
    change = DeskChange(put=(decision,), on=desk.live.revision)
    assert wait(desk.store.change_desk(change, now))
    assert "is added" in desk.press("add")
    assert listed(desk)[-2:] == ["trade", "trade-2"]


def test_what_went_wrong_names_the_address_and_no_password(desk: Desk) -> None:
    said = desk.say("/addsource https://nowhere.example/feed")
    assert desk.was_refused
    assert said.startswith("⚠️ nowhere.example/feed cannot be added.\n")
    assert "404" in said
    assert "secret" not in desk.say("/addsource https://a:secret@nowhere.example/").split("\n")[0]


@pytest.mark.parametrize("typed", ["", "nonsense", f"https://a.example/{'x' * 3_000}"])
def test_a_refusal_shows_a_correct_example(desk: Desk, typed: str) -> None:
    assert "For example: /addsource https://" in desk.say(f"/addsource {typed}")
    assert desk.was_refused


# Removing and putting back


def test_an_added_source_is_removed_for_good(desk: Desk) -> None:
    desk.say(f"/addsource {NEWS} Trade news")
    desk.press("add")
    assert "Remove Trade news · trade-news?" in desk.say("/removesource Trade news")
    assert "trade-news" in listed(desk)
    assert f"Add it again with /addsource {NEWS}" in desk.press("remove")
    assert listed(desk) == ["gazette", "herald", "wall"]
    assert "There is no source" in desk.say("/source trade-news")
    assert "Add it?" in desk.say(f"/addsource {NEWS}")


def test_a_source_of_the_catalogue_is_switched_off_and_put_back(desk: Desk) -> None:
    assert "Switch off Gazette · gazette?" in desk.say("/removesource gazette")
    assert "Gazette is switched off." in desk.press("remove")
    assert listed(desk) == ["herald", "wall"]
    assert "switched off; back with /addsource gazette" in desk.say("/sources")
    told = desk.say("/source gazette")
    assert "Switched off by Ada in Desk, Thu 8 Oct" in told
    assert told.endswith("It is switched off; back with /addsource gazette")
    assert "switched off already" in desk.say("/removesource gazette")
    assert "Put it back: /addsource gazette" in desk.say(f"/addsource {FILE[0].url}")
    assert "Gazette is read again." in desk.say("/addsource Gazette")
    assert listed(desk) == ["gazette", "herald", "wall"]
    assert "is there already" in desk.say("/addsource gazette")


def test_removing_twice_removes_once(desk: Desk) -> None:
    desk.say("/removesource herald")
    first = desk.last
    desk.say("/removesource herald")
    desk.press("remove")
    desk.last = first
    assert "is read no more already" in desk.press("remove")
    assert list(desk.live.desk) == [SourceId("herald")]


def test_what_replaces_a_source_of_the_catalogue_is_switched_off_with_it(desk: Desk) -> None:
    other = replace(FILE[0], url=NEWS)
    decision = DeskSource(
        source_id=other.source_id, source=other, by="Ada", where="D", at=desk.clock.now()
    )
    wait(desk.store.change_desk(DeskChange(put=(decision,)), desk.clock.now()))
    wait(desk.live.refresh())
    desk.say("/removesource gazette")
    desk.press("remove")
    assert listed(desk) == ["herald", "wall"]


@pytest.mark.parametrize("typed", ["/removesource", "/removesource gazete", "/removesource zzz"])
def test_removing_nothing_shows_what_there_is(desk: Desk, typed: str) -> None:
    assert "For example: /removesource gazette" in desk.say(typed)
    assert desk.was_refused
