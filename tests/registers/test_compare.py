"""The difference of two versions: it leads from one to the other, and says no more."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.version import PackedRows, Row, key_of, packed, unpacked, version_of
from bot.registers.compare import (
    MAX_OLD,
    REWRITTEN_ROWS,
    SUSPICIOUS_ROWS,
    Difference,
    compare,
    doubt,
    is_rewritten,
    without_renumbering,
)
from tests.registers.rows import LISTS, listed, row, rows


def difference(old: list[Row], new: list[Row]) -> Difference:
    return compare(listed(old).packed, listed(new).packed)


def names(found: PackedRows) -> list[str]:
    return [each.name for each in found]


@given(rows())
def test_a_row_survives_being_packed(one: Row) -> None:
    assert unpacked(packed(one)) == one
    assert key_of(packed(one)).decode() == one.key


@given(LISTS)
def test_packed_rows_stand_in_the_order_of_their_keys(some: list[Row]) -> None:
    assert [each.key for each in listed(some)] == sorted(each.key for each in some)


@given(LISTS, LISTS)
def test_the_difference_applied_to_the_old_rows_gives_the_new(
    old: list[Row], new: list[Row]
) -> None:
    found = difference(old, new)
    applied = {each.key: each for each in old}
    for each in found.removed:
        del applied[each.key]
    applied |= {each.key: each for each in found.put}
    assert applied == {each.key: each for each in new}


@given(LISTS, LISTS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_says_nothing(old: list[Row], new: list[Row], chance: object) -> None:
    found = difference(old, new)
    chance.shuffle(old)  # type: ignore[attr-defined]
    chance.shuffle(new)  # type: ignore[attr-defined]
    assert difference(old, new) == found
    assert version_of(map(packed, new), "") == version_of(map(packed, sorted(new, key=repr)), "")


@given(LISTS)
def test_an_unchanged_list_gives_nothing(some: list[Row]) -> None:
    found = difference(some, some)
    assert found == Difference()
    assert not found.is_told


@given(LISTS, LISTS)
def test_what_is_told_is_what_was_really_added_removed_or_changed(
    old: list[Row], new: list[Row]
) -> None:
    found = difference(old, new)
    before, after = ({each.key: each for each in some} for some in (old, new))
    assert {each.key for each in found.added} == after.keys() - before.keys()
    assert {each.key for each in found.removed} == before.keys() - after.keys()
    assert {each.key for each in found.changed} == {
        key for key in before.keys() & after.keys() if said(before[key]) != said(after[key])
    }
    assert {each.key for each in found.moved} == {
        key
        for key in before.keys() & after.keys()
        if said(before[key]) == said(after[key]) and before[key].place != after[key].place
    }
    assert [each.key for each in found.old] == [each.key for each in found.changed]


def said(one: Row) -> tuple[str, str, str]:
    return one.name, one.programme, one.text


def test_of_very_many_changes_only_the_first_keep_what_was() -> None:
    old = [row(f"{number:06}", text="a: 1") for number in range(MAX_OLD + 5)]
    found = difference(old, [replace(each, text="a: 2") for each in old])
    assert len(found.changed) == MAX_OLD + 5
    assert len(found.old) == MAX_OLD
    assert next(iter(found.old)).text == "a: 1"


# What is told


@given(LISTS)
def test_rows_that_only_go_by_other_keys_are_not_told(some: list[Row]) -> None:
    found = without_renumbering(
        difference(some, [replace(each, key=f"new {each.key}") for each in some])
    )
    assert (len(found.added), len(found.removed)) == (0, 0)


def test_a_row_that_comes_in_place_of_another_is_told() -> None:
    found = without_renumbering(
        difference([row("1", name="A"), row("2", name="B")], [row("3", name="A"), row("4")])
    )
    assert (names(found.added), names(found.removed)) == (["NAME 4"], ["B"])


def test_of_two_like_rows_of_which_one_is_renumbered_the_other_is_told_as_gone() -> None:
    twins = [row("1", name="A"), row("2", name="A")]
    found = without_renumbering(difference(twins, [row("3", name="A")]))
    assert (names(found.added), len(found.removed)) == ([], 1)


# What is not believed at once


def lost(gone: int, of: int) -> str:
    some = [row(f"{number:04}") for number in range(of)]
    return doubt(difference(some, some[gone:]), before=of, after=of - gone)


def test_a_list_may_lose_a_third_of_a_few_rows_but_not_of_many() -> None:
    assert lost(1, of=3) == ""
    assert lost(SUSPICIOUS_ROWS - 1, of=SUSPICIOUS_ROWS) == ""
    assert lost(31, of=100) == "31 of 100 entries are gone at once (69 came)"
    assert lost(30, of=100) == ""


def test_a_list_does_not_lose_all_its_rows_but_a_page_its_only_passage() -> None:
    assert lost(3, of=3) != ""
    assert lost(2, of=2) == ""


def test_whatever_comes_makes_up_for_nothing_that_goes() -> None:
    """A page of the publisher's in place of the list has rows, too."""
    old, new = [row(f"a{n:03}") for n in range(50)], [row(f"b{n:03}") for n in range(50)]
    assert doubt(difference(old, new), before=50, after=50) != ""


def test_a_list_is_rewritten_where_more_than_half_of_it_has_changed() -> None:
    old = [row(f"{number:04}", text="a: 1") for number in range(2 * REWRITTEN_ROWS + 2)]
    half = len(old) // 2
    for changed, expected in ((half, False), (half + 1, True), (len(old), True)):
        new = [replace(each, text="a: 2") for each in old[:changed]] + old[changed:]
        assert is_rewritten(difference(old, new), after=len(new)) is expected
    few = old[:REWRITTEN_ROWS]
    found = difference(few, [replace(each, text="a: 2") for each in few])
    assert not is_rewritten(found, after=len(few))
