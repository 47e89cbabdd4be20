"""The archive answers in the language of the watches."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Address, Door
from bot.domain.item import Item
from tests.desk import Desk
from tests.samples import item


def notices(*titles: str, language: str = "en") -> list[Item]:
    return [
        item(
            title,
            guid=title,
            url=f"https://gazette.example/{n}",
            canonical_url=f"https://gazette.example/{n}",
            text="",
            language=language,
        )
        for n, title in enumerate(titles)
    ]


def test_search_finds_any_form_newest_first(desk: Desk) -> None:
    desk.publish(*notices("Export licences eased", "Steel quota", "A licence for exports"))
    said = desk.say("/search licence export")
    assert said.index("A licence for exports") < said.index("Export licences eased")
    assert "Steel" not in said


def test_search_finds_chinese_without_word_boundaries(desk: Desk) -> None:
    desk.publish(*notices("关于稀土出口许可的公告", "关于钢铁的公告", language="zh"))
    said = desk.say("/search 稀土")
    assert "稀土出口" in said and "钢铁" not in said


def test_quiet_items_are_found_too(desk: Desk) -> None:
    desk.publish(*notices("Gallium prices"), is_quiet=True)
    assert "Gallium prices" in desk.say("/search gallium")


def test_more_than_ten_are_cut_with_a_word(desk: Desk) -> None:
    desk.publish(*notices(*[f"Gallium notice {n}" for n in range(14)]))
    said = desk.say("/search gallium")
    assert said.count("📰") == 10
    assert said.startswith("Search “gallium” · 1–10 of 14")


def test_nothing_found_is_no_error(desk: Desk) -> None:
    assert "Nothing that was read answers “unobtainium”" in desk.say("/search unobtainium")
    assert not desk.was_refused


def test_what_is_typed_never_reaches_the_index_as_syntax(desk: Desk) -> None:
    desk.publish(*notices("Gallium prices"))
    for typed in ('ga"llium', "a* OR", "NEAR(a b)", "title:x", "'; DROP TABLE items --", "^a"):
        desk.say(f"/search {typed}")
    assert "Gallium prices" in desk.say("/latest")


def test_latest_shows_the_newest_first(desk: Desk) -> None:
    desk.publish(*notices("First", "Second", "Third"))
    said = desk.say("/latest 2")
    assert "1. 📰 Third" in said and "2. 📰 Second" in said and "First" not in said


@pytest.mark.parametrize("typed", ["0", "21", "many", "-1", "1e9", "٣", "9" * 400])
def test_latest_wants_a_number_from_1_to_20(desk: Desk, typed: str) -> None:
    assert "/latest 10" in desk.say(f"/latest {typed}")
    assert desk.was_refused


def test_latest_of_an_empty_archive_says_so(desk: Desk) -> None:
    assert "Nothing has been read yet" in desk.say("/latest")


def test_search_without_words_is_refused(desk: Desk) -> None:
    assert "/search nexperia" in desk.say("/search")
    assert desk.was_refused


def next_page(desk: Desk) -> str:
    """Press Next under the last reply."""
    assert desk.last is not None
    ((button,),) = desk.last.buttons
    assert button.label == "Next ›" and len(button.data.encode()) <= 64
    return desk.say("/" + button.data.replace(":", " ", 1))


def test_next_shows_page_after_page_with_a_total_and_ends(desk: Desk) -> None:
    desk.publish(*notices(*[f"Gallium notice {n}." for n in range(23)], "Steel"))
    pages = [desk.say("/search gallium"), next_page(desk), next_page(desk)]
    heads = [page.splitlines()[0].partition(" · ")[2] for page in pages]
    assert heads == ["1–10 of 23", "11–20 of 23", "21–23 of 23"]
    shown = [line for page in pages for line in page.splitlines() if "Gallium notice" in line]
    assert shown == [f"{n + 1}. 📰 Gallium notice {22 - n}." for n in range(23)]
    assert desk.last is not None and desk.last.buttons == ()


def test_a_button_gives_its_page_again_whatever_came_meanwhile(desk: Desk) -> None:
    desk.publish(*notices(*[f"Gallium notice {n}." for n in range(14)]))
    desk.say("/search gallium")
    first = desk.last
    page = next_page(desk)
    desk.publish(item("Gallium of today", guid="new", url="https://gazette.example/new"))
    desk.last = first
    assert next_page(desk) == page


def test_few_are_counted_without_a_button(desk: Desk) -> None:
    desk.publish(*notices("Gallium prices", "Gallium quotas"))
    assert desk.say("/search gallium").startswith("Search “gallium” · 2 found")
    assert desk.last is not None and desk.last.buttons == ()


def test_a_query_that_no_button_holds_has_pages_all_the_same(desk: Desk) -> None:
    words = " OR ".join(f"metal{n}稀土" for n in range(20)) + " OR gallium"
    desk.publish(*notices(*[f"Gallium notice {n}." for n in range(14)]))
    desk.say(f"/search {words}")
    assert "11–14 of 14" in next_page(desk)


def test_the_last_days_of_a_search_are_those_of_its_first_page(desk: Desk) -> None:
    desk.publish(*notices(*[f"Gallium notice {n}." for n in range(14)]))
    desk.say("/search gallium since:2d")
    desk.clock.advance(timedelta(days=5))
    assert "11–14 of 14" in next_page(desk)


def test_many_are_estimated(desk: Desk) -> None:
    for start in range(0, 1200, 100):
        titles = [f"Gallium notice {n}" for n in range(start, start + 100)]
        desk.publish(
            *(
                replace(made, guid=made.title, url="", canonical_url=None)
                for made in notices(*titles)
            ),
            is_quiet=True,
        )
    assert "1–10 of about 1,200" in desk.say("/search gallium")
    assert "11–20 of about 1,200" in next_page(desk)


def test_a_page_of_another_chats_search_is_not_shown(desk: Desk) -> None:
    desk.publish(*notices(*[f"Gallium notice {n}." for n in range(14)]))
    desk.say("/search gallium")
    assert desk.last is not None
    line = "/" + desk.last.buttons[0][0].data.replace(":", " ", 1)
    other = Address(door=Door.TELEGRAM, number=200)
    desk.say("/start", address=other)
    assert "no question" in desk.say(line, address=other)
    assert desk.was_refused


@pytest.mark.parametrize("numbers", ["", "1", "0 5", "-1 5", "1 x", "1 5 5", f"1 {'9' * 30}"])
def test_a_page_that_nobody_offered_is_refused(desk: Desk, numbers: str) -> None:
    desk.publish(*notices(*[f"Gallium notice {n}." for n in range(14)]))
    desk.say("/search gallium")
    assert desk.last is not None
    code = desk.last.buttons[0][0].data.partition(":")[2].split()[0]
    assert "/more k7m2xqp 11 500" in desk.say(f"/more {code} {numbers}")
    assert desk.was_refused


def test_a_search_is_no_question_to_be_answered(desk: Desk) -> None:
    desk.publish(*notices(*[f"Gallium notice {n}." for n in range(14)]))
    desk.say("/search gallium")
    assert desk.last is not None
    code = desk.last.buttons[0][0].data.partition(":")[2].split()[0]
    assert "no question" in desk.say(f"/answer {code} cancel")
    assert "nothing that you were asked" in desk.say("/answer cancel")
