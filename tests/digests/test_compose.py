"""A digest groups by watch and shows each publication once."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.digests.compose import compose
from bot.domain.digest import Digest
from bot.domain.ids import ItemId, WatchId
from bot.domain.item import ArchivedItem
from bot.domain.match import Hit, Match, Part
from bot.domain.plan import MatchedItem
from bot.domain.watch import Watch
from tests.samples import NOW, active, item


def watch(number: int) -> Watch:
    return active(f"watch {number}", number).watch


def found(item_id: int, *watches: int) -> MatchedItem:
    return MatchedItem(
        archived=ArchivedItem(item_id=ItemId(item_id), item=item(f"Notice {item_id}")),
        matches=tuple(
            Match(watch_id=WatchId(n), hits=(Hit(Part.TITLE, 0, 6, f"term {n}"),)) for n in watches
        ),
    )


def composed(watches: list[Watch], matched: list[MatchedItem]) -> Digest:
    return compose(
        watches=watches, matched=matched, covers_from=NOW - timedelta(days=1), covers_until=NOW
    )


def titles(digest: Digest) -> list[list[str]]:
    return [[entry.item.title for entry in group.entries] for group in digest.groups]


def test_watches_come_by_number_and_items_newest_first() -> None:
    digest = composed([watch(2), watch(1)], [found(3, 1), found(9, 1), found(5, 2)])
    assert [group.watch.number for group in digest.groups] == [1, 2]
    assert titles(digest) == [["Notice 9", "Notice 3"], ["Notice 5"]]


def test_an_item_of_two_watches_stands_under_the_first_and_names_the_other() -> None:
    digest = composed([watch(1), watch(2)], [found(7, 2, 1)])
    assert titles(digest) == [["Notice 7"], []]
    (entry,) = digest.groups[0].entries
    assert [other.number for other in entry.also] == [2]
    assert entry.hits[0].term == "term 1"


def test_what_only_an_ended_watch_found_is_left_out() -> None:
    digest = composed([watch(1)], [found(4, 3), found(5, 3, 1)])
    assert titles(digest) == [["Notice 5"]]


def test_a_watch_that_found_nothing_keeps_its_group() -> None:
    digest = composed([watch(1)], [])
    assert digest.count == 0
    assert titles(digest) == [[]]


@given(
    st.dictionaries(
        st.integers(1, 40), st.sets(st.integers(1, 5), min_size=1).map(sorted), max_size=20
    )
)
def test_each_item_stands_there_exactly_once(answers: dict[int, list[int]]) -> None:
    digest = composed([watch(n) for n in range(1, 6)], [found(i, *w) for i, w in answers.items()])
    shown = [title for group in titles(digest) for title in group]
    assert sorted(shown) == sorted(f"Notice {i}" for i in answers)
    assert digest.count == len(answers)
