"""The archive answers in the language of the watches."""

from __future__ import annotations

import pytest

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
