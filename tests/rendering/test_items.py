"""A list shows each item's headline, origin, matching sentence and link."""

from __future__ import annotations

from bot.domain.match import Hit, Part
from bot.rendering.items import ListedItem, render_items
from bot.rendering.plain import to_plain
from tests.samples import NOW, item


def shown(*items: ListedItem, more: str | None = None) -> list[str]:
    body = render_items(
        "The latest", items, zone="Europe/Brussels", now=NOW, empty="Nothing.", more=more
    )
    return to_plain(body).split("\n")


def test_items_are_numbered_in_the_given_order() -> None:
    listed = [ListedItem(item=item("First")), ListedItem(item=item("Second", is_sample=True))]
    assert shown(*listed) == [
        "The latest",
        "",
        "1. 📜 First",
        "Gazette · official · seen Thu 8 Oct, 11:00 CEST · English",
        "🔗 https://gazette.example/1",
        "",
        "2. 📜 Second",
        "SAMPLE · Gazette · official · seen Thu 8 Oct, 11:00 CEST · English",
        "🔗 https://gazette.example/1",
    ]


def test_a_found_item_shows_the_sentence_that_matched() -> None:
    found = ListedItem(item=item(), hits=(Hit(Part.TEXT, 4, 12, "ministry"),))
    assert "The ministry published a notice." in shown(found)


def test_an_empty_list_says_only_that() -> None:
    assert shown() == ["Nothing."]


def test_there_is_more_is_said_last() -> None:
    assert shown(ListedItem(item=item()), more="There is more.")[-1] == "There is more."
