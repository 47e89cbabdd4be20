"""What changed in a list or on a page, in words: every name once, and readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given

from bot.domain.item import Item
from bot.domain.source import RegisterFormat, RegisterShape, SourceKind
from bot.domain.version import Row
from bot.registers.compare import compare
from bot.registers.tell import MAX_PART, MAX_PROGRAMMES, ROOM, tell_list, tell_page
from bot.registers.words import change, details
from tests.registers.rows import LISTS, listed, row
from tests.samples import NOW, source

SHAPE = RegisterShape(
    format=RegisterFormat.CSV, key=("n",), name=("n",), page="https://lists.example/search"
)
PARTIES = source("parties", name="Parties", kind=SourceKind.REGISTER, shape=SHAPE)
GUIDE = source("guide", name="Guide", kind=SourceKind.PAGE)


def told(old: list[Row], new: list[Row]) -> tuple[Item, ...]:
    found = compare(listed(old).packed, listed(new).packed)
    return tell_list(PARTIES, found, digest="d1", count=len(new), now=NOW)


def page(old: list[str], new: list[str]) -> tuple[Item, ...]:
    found = compare(listed(blocks(old)).packed, listed(blocks(new)).packed)
    return tell_page(GUIDE, found, digest="d1", now=NOW)


def blocks(texts: list[str]) -> list[Row]:
    return [Row(key=text, name=text, place=at) for at, text in enumerate(texts)]


def lines(items: tuple[Item, ...]) -> Iterator[str]:
    for each in items:
        yield from each.text.split("\n")[1:]


def test_an_item_says_how_many_came_went_and_changed_under_which_programme() -> None:
    old = [row("1"), row("2"), row("3", text="type: entity")]
    new = [row("1", text="type: vessel"), row("3", text="type: vessel"), row("4"), row("5")]
    (only,) = told(old, new)
    assert only.title == (
        "Parties: 2 added, 1 removed, 2 changed under [TIN-EO1]: NAME 1; NAME 2; NAME 3; NAME 4; "
        "NAME 5"
    )
    assert only.text.split("\n") == [
        "2 added, 1 removed, 2 changed under [TIN-EO1]. The list has 4 entries now.",
        "Changed: NAME 1 (now type: vessel)",
        "Removed: NAME 2",
        "Changed: NAME 3 (type: was entity, now vessel)",
        "Added: NAME 4",
        "Added: NAME 5",
    ]


def test_an_item_carries_what_its_source_says_and_where_a_person_reads_the_list() -> None:
    (only,) = told([], [row("1", programme="TIN-EO1] [ZINC")])
    assert only.facts == (("list", "Parties"), ("programme", "TIN-EO1"), ("programme", "ZINC"))
    assert only.url == "https://lists.example/search"
    assert only.canonical_url is None, "the address is that of every change, so of none"
    assert (only.source_id, only.language, only.first_seen_at) == ("parties", "en", NOW)
    assert only.published_at is None, "when it was published nobody says"


def test_a_list_without_programmes_is_told_without_brackets() -> None:
    (only,) = told([], [row("1", programme="")])
    assert only.title == "Parties: 1 added: NAME 1"
    assert only.text.startswith("1 added. The list has 1 entry now.")


def test_entries_of_several_programmes_are_told_under_all_of_them_once() -> None:
    items = told([], [row("1"), row("2", programme="TIN-EO1] [ZINC"), row("3")])
    assert [item.title for item in items] == [
        "Parties: 2 added under [TIN-EO1]: NAME 1; NAME 3",
        "Parties: 1 added under [TIN-EO1] [ZINC]: NAME 2",
    ]


def test_the_smallest_of_very_many_programmes_share_an_item_that_names_each() -> None:
    new = [row(f"{n:03}", programme=f"EO-{n:03}") for n in range(50)]
    new += [row(f"b{n:03}", programme="EO-007") for n in range(3)]
    items = told([], new)
    assert len(items) == MAX_PROGRAMMES
    assert items[0].title.startswith("Parties: 4 added under [EO-007]")
    assert items[-1].title.startswith("Parties: 31 added under 31 further programmes: ")
    assert "Added under [EO-049]: NAME 049" in items[-1].text.split("\n")
    assert sum(line.endswith("NAME 049") for line in lines(items)) == 1


@given(LISTS, LISTS)
def test_every_entry_that_is_told_stands_in_one_line_by_its_name(
    old: list[Row], new: list[Row]
) -> None:
    before, after = ([replace(each, name=f"<{each.key}>") for each in some] for some in (old, new))
    found = compare(listed(before).packed, listed(after).packed)
    items = tell_list(PARTIES, found, digest="d1", count=len(new), now=NOW)
    said = [line.partition(": ")[2] for line in lines(items)]
    names = [each.name for rows in (found.added, found.removed, found.changed) for each in rows]
    assert len(said) == len(names)
    assert all(any(line.startswith(name) for line in said) for name in names)
    assert len({item.guid for item in items}) == len(items)


def test_a_very_long_item_comes_in_parts_that_hold_every_name() -> None:
    new = [row(f"{n:05}", text="remarks: " + "x" * 200) for n in range(2_000)]
    items = told([], new)
    assert len(items) > 1
    assert items[0].title.startswith(
        f"Parties: 2,000 added under [TIN-EO1] (part 1 of {len(items)}): NAME 00000; "
    )
    assert max(len(item.text) for item in items) < MAX_PART + 500
    assert sum(f"NAME {n:05}" in line for n in (0, 999, 1999) for line in lines(items)) == 3
    assert len(list(lines(items))) == 2_000


def test_in_a_huge_change_details_give_way_and_names_do_not() -> None:
    count = ROOM // 1_000
    long = [row(f"{n:05}", text="remarks: " + "x" * 3_000) for n in range(count)]
    items = told([], long)
    assert sum(len(item.text) for item in items) < ROOM
    assert all("what is said of each entry here is cut short" in item.text for item in items)
    assert next(lines(items)).endswith("x…)")
    many = [row(f"{n:06}", text="remarks: " + "x" * 300) for n in range(10 * count)]
    items = told([], many)
    assert next(lines(items)) == "Added: NAME 000000"
    assert len(list(lines(items))) == 10 * count


def test_a_list_that_is_written_otherwise_is_one_item_and_what_came_another() -> None:
    old = [row(f"{n:04}", text="dob: 1 Jan 1970") for n in range(500)]
    new = [replace(each, text="dob: 1970-01-01") for each in old]
    rewritten, came = told(old, [*new, row("new", name="SLUICE")])
    assert rewritten.title.startswith("Parties: 500 of 501 entries were rewritten at once: NAME")
    assert "NAME 0003 (dob: was 1 Jan 1970, now 1970-01-01)" in rewritten.text
    assert came.title == "Parties: 1 added under [TIN-EO1]: SLUICE"


# Words


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"text": "a: 1"}, {"text": "a: 2"}, "NAME 1 (a: was 1, now 2)"),
        ({"text": "a: 1"}, {"text": "a: 1\na: 2"}, "NAME 1 (now a: 2)"),
        ({"text": "a: 1\nb: x"}, {"text": "b: x"}, "NAME 1 (no longer a: 1)"),
        ({"name": "OLD"}, {}, "NAME 1 (was named OLD)"),
        ({"programme": "ZINC"}, {}, "NAME 1 (was under [ZINC])"),
        ({"programme": ""}, {}, "NAME 1 (was under no programme)"),
        (
            {"text": "remarks: DOB 1970; POB Oslo; Tax ID 1."},
            {"text": "remarks: DOB 1970; POB Bergen; Tax ID 1; Gender Male."},
            "NAME 1 (now remarks: POB Bergen; now remarks: Gender Male; "
            "no longer remarks: POB Oslo)",
        ),
        (
            {"text": "remarks: DOB 1970; POB Oslo."},
            {"text": "remarks: POB Oslo; DOB 1970."},
            "NAME 1 (the same, written otherwise)",
        ),
    ],
)
def test_a_change_says_what_is_and_what_was(
    old: dict[str, str], new: dict[str, str], said: str
) -> None:
    assert change(row("1", **old), row("1", **new)) == said


def test_an_entry_shows_its_statements_in_brackets() -> None:
    assert details(row("1", text="remarks: DOB 1970\ntype: individual")) == (
        "NAME 1 (remarks: DOB 1970; type: individual)"
    )
    assert details(row("1")) == "NAME 1"
    assert details(row("1", text="a: " + "x" * 50), room=10) == "NAME 1 (a: xxxxxx…)"


# Pages


def test_a_page_is_told_in_its_own_order() -> None:
    (only,) = page(
        ["Form 12 is gone", "Apply in thirty days from now on", "Stays"],
        ["Apply in sixty days from now on", "Stays", "A fee of 200 crowns is due"],
    )
    assert only.title == (
        "Guide: 1 passage added, 1 removed, 1 changed: “Form 12 is gone”; “Apply in sixty days "
        "from now on”; “A fee of 200 crowns is due”"
    )
    assert only.text.split("\n")[1:] == [
        "Removed: Form 12 is gone",
        "Changed: Apply in sixty days from now on (was: Apply in thirty days from now on)",
        "Added: A fee of 200 crowns is due",
    ]


def test_a_page_that_only_moved_is_not_told() -> None:
    assert page(["One", "Two"], ["Two", "One"]) == ()


def test_long_passages_are_quoted_short() -> None:
    (only,) = page(["Stays"], ["Stays", "word " * 100])
    assert len(only.title) < 120
    assert only.title.endswith("…”")


def test_two_passages_are_not_both_the_new_wording_of_one() -> None:
    (only,) = page(
        ["Gallium licences take thirty days"],
        ["Gallium licences take sixty days", "Gallium licences take ninety days"],
    )
    assert only.title.startswith("Guide: 1 passage added, 1 changed")


def test_a_page_of_which_all_is_new_is_told_quickly_without_pairs() -> None:
    (only,) = page(
        [f"Old passage {n}" for n in range(300)], [f"New passage {n}" for n in range(300)]
    )
    assert only.title.startswith("Guide: 300 passages added, 300 removed: ")
