"""Feeds misbehave; an item is told once all the same, and none is taken for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ids import ItemId, SourceId
from bot.domain.item import Item, Precision
from bot.domain.plan import KnownItems
from bot.stories.identity import Fresh, Same, keys_of, recognise
from tests.samples import NOW, item

WEEK = timedelta(days=7)


def known(*items: Item) -> KnownItems:
    by_key: dict[str, set[ItemId]] = {}
    for number, each in enumerate(items, 1):
        for key in keys_of(each):
            by_key.setdefault(key, set()).add(ItemId(number))
    return KnownItems(
        by_key={key: frozenset(ids) for key, ids in by_key.items()},
        items={ItemId(number): each for number, each in enumerate(items, 1)},
    )


def entry(n: int, **changes: object) -> Item:
    subjects = ["gallium", "graphite", "tungsten", "steel", "chips", "solar", "timber", "wine"]
    made = item(
        f"Notice {n} of the ministry on {subjects[n % 8]} quotas",
        guid=f"guid-{n}",
        url=f"https://gazette.example/{n}",
        canonical_url=f"https://gazette.example/{n}",
        published_at=NOW - timedelta(hours=n),
        precision=Precision.INSTANT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def fresh(page: Sequence[Item], *archived: Item) -> int:
    return sum(isinstance(v, Fresh) for v in recognise(page, known(*archived)))


PAGE = tuple(entry(n) for n in range(6))


def test_the_same_page_again_brings_nothing() -> None:
    assert fresh(PAGE, *PAGE) == 0


def test_a_reordered_page_brings_nothing() -> None:
    assert fresh(PAGE[::-1], *PAGE) == 0


def test_changed_guids_bring_nothing() -> None:
    assert fresh([replace(e, guid=f"new-{e.guid}") for e in PAGE], *PAGE) == 0


def test_changed_guids_and_links_bring_nothing() -> None:
    moved = [
        replace(e, guid=f"new-{e.guid}", canonical_url=f"https://moved.example/{e.guid}")
        for e in PAGE
    ]
    assert fresh(moved, *PAGE) == 0


def test_a_moved_site_with_new_dates_brings_nothing() -> None:
    moved = [
        replace(e, guid=f"n{e.guid}", canonical_url=f"https://m.example/{e.guid}", published_at=NOW)
        for e in PAGE
    ]
    assert fresh(moved, *PAGE) == 0


def test_a_headline_that_recurs_on_a_page_of_news_is_news() -> None:
    last_week = entry(
        168, title="Weekly notice of exchange rates for customs", published_at=NOW - WEEK
    )
    page = [
        replace(last_week, guid="w2", canonical_url="https://gazette.example/w2", published_at=NOW),
        *(entry(n) for n in range(10, 16)),
    ]
    assert fresh(page, last_week) == len(page)


def test_one_guid_on_all_entries_does_not_hide_a_second_notice_of_the_same_name() -> None:
    page = [replace(e, guid="same") for e in PAGE]
    name = "Sunshine Act meeting of the commission"
    first = replace(entry(8, title=name), guid="same")
    second = replace(
        entry(9, title=name), guid="same", text="Another agenda.", published_at=NOW + WEEK
    )
    assert fresh([second], first, *page) == 1


def test_a_short_headline_and_one_guid_on_all_entries_hide_nothing() -> None:
    archived = [replace(entry(n, title="Notice"), guid="same", text=f"Text {n}") for n in range(6)]
    new = replace(entry(9, title="Notice"), guid="same", text="Text 9")
    assert fresh([new, *archived[1:]], *archived) == 1


def test_a_guid_that_all_entries_share_does_not_speak_against_an_edit() -> None:
    archived = entry(0)
    edited = replace(
        archived,
        guid="same",
        title="Corrected: Notice 0 of the ministry on gallium quotas",
        published_at=NOW + timedelta(hours=1),
        text="The ministry published another notice.",
    )
    others = [replace(entry(n), guid="same") for n in range(1, 5)]
    assert fresh([edited, *others], archived, *others) == 0


def test_entries_without_dates_are_known_again() -> None:
    bare = [replace(e, published_at=None, precision=Precision.NONE) for e in PAGE]
    assert fresh(bare, *PAGE) == 0
    assert fresh(PAGE, *bare) == 0


def test_one_guid_on_all_entries_hides_none() -> None:
    page = [replace(e, guid="same") for e in PAGE]
    assert fresh(page) == len(PAGE)
    assert fresh([*page[1:], replace(entry(9), guid="same")], *page) == 1


def test_one_link_on_all_entries_hides_none() -> None:
    page = [replace(e, canonical_url="https://gazette.example/news", guid=None) for e in PAGE]
    assert fresh(page) == len(PAGE)
    assert fresh([*page, replace(entry(9), canonical_url=page[0].canonical_url)], *page) == 1


def test_one_guid_and_one_link_on_all_entries_hide_none_and_repeat_none() -> None:
    page = [replace(e, canonical_url="https://gazette.example/news", guid="same") for e in PAGE]
    assert fresh(page) == len(PAGE)
    assert fresh(page, *page) == 0


def test_an_edited_title_is_an_edit_not_a_new_item() -> None:
    edited = replace(PAGE[0], title="Notice 0 of the ministry on gallium quotas (corrected)")
    (verdict,) = recognise([edited], known(*PAGE))
    assert isinstance(verdict, Same)
    assert verdict.is_edited


def test_an_edited_title_and_a_changed_guid_are_an_edit() -> None:
    edited = replace(
        PAGE[0], guid="other", title="Notice 0 of the ministry on gallium quotas (corrected)"
    )
    assert fresh([edited], *PAGE) == 0


def test_a_wholly_new_title_under_the_same_guid_and_link_and_date_is_an_edit() -> None:
    assert fresh([replace(PAGE[0], title="Withdrawn")], *PAGE) == 0


def test_a_single_entry_feed_that_reuses_guid_and_link_is_told_anew() -> None:
    later = replace(
        PAGE[0], title="Tin exports banned from Monday", published_at=NOW + timedelta(days=1)
    )
    assert fresh([later], PAGE[0]) == 1


def test_the_next_number_of_a_notice_at_the_same_address_is_news_on_another_day() -> None:
    """A page of one notice, without a GUID; only the number in its headline changes."""
    notice = entry(0, guid=None, title="Notice No. 18 on the export of rare earths")
    later = replace(notice, title="Notice No. 19 on the export of rare earths", text="Another.")
    assert fresh([replace(later, published_at=NOW + timedelta(days=1))], notice) == 1
    assert fresh([later], notice) == 0, "of the same date it may be a correction"


def test_a_short_title_names_nothing() -> None:
    a = item("Notice", guid="a", canonical_url="https://g.example/a")
    b = item("Notice", guid="b", canonical_url="https://g.example/b")
    assert fresh([a, b]) == 2
    assert fresh([b], a) == 1


def test_two_notices_of_one_title_and_day_on_one_page_are_two() -> None:
    a = item(
        "Sunshine Act meeting of the commission", guid="a", canonical_url="https://g.example/a"
    )
    b = replace(a, guid="b", canonical_url="https://g.example/b")
    assert fresh([a, b]) == 2
    assert fresh([a, b], a) == 1


def test_a_second_notice_of_one_title_and_day_is_news_when_the_first_has_left_the_page() -> None:
    name = "Sunshine Act meeting of the commission"
    first = entry(1, title=name, published_at=NOW, text="On chips.")
    second = entry(2, title=name, published_at=NOW, text="On gallium.")
    assert fresh([second], first) == 1


def test_a_headline_that_recurs_without_dates_is_news() -> None:
    name = "What the trade desks need to know this morning"
    dateless = {"title": name, "published_at": None, "precision": Precision.NONE}
    for yesterday, today in (("On chips.", "On gallium."), ("", "")):
        first = entry(1, **dateless, text=yesterday)
        second = entry(2, **dateless, text=today)
        assert fresh([second, *PAGE[3:]], first, *PAGE[3:]) == 1


def test_a_wire_story_on_a_second_press_site_is_the_same() -> None:
    first = replace(entry(1), is_official=False)
    copy = replace(
        first,
        source_id=SourceId("courier"),
        guid="x",
        canonical_url="https://courier.example/wire/1",
        published_at=NOW + timedelta(hours=2),
    )
    assert fresh([copy], first) == 0
    assert fresh([replace(copy, published_at=NOW + timedelta(days=3))], first) == 1


def test_an_official_text_is_never_taken_for_a_press_copy() -> None:
    press = replace(entry(1), is_official=False)
    official = replace(
        entry(1),
        source_id=SourceId("journal"),
        guid="x",
        canonical_url="https://journal.example/1",
    )
    assert fresh([official], press) == 1


def test_the_same_link_in_two_feeds_is_one_item() -> None:
    other = replace(entry(1), source_id=SourceId("section"), guid="x")
    assert fresh([other], entry(1)) == 0


def test_an_edit_is_not_taken_from_another_publisher() -> None:
    other = replace(entry(1), source_id=SourceId("section"), guid="x", text="Shortened.")
    (verdict,) = recognise([other], known(entry(1)))
    assert isinstance(verdict, Same)
    assert not verdict.is_edited


titles = st.sampled_from(
    [
        "Notice",
        "Export ban on gallium takes effect",
        "商务部公告2026年第18号",
        "Quota on steel raised",
    ]
)
entries = st.builds(
    lambda title, guid, url, hour: item(
        title,
        guid=guid,
        canonical_url=url and f"https://g.example/{url}",
        published_at=hour and NOW + timedelta(hours=hour),
        precision=Precision.INSTANT if hour else Precision.NONE,
    ),
    titles,
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from(["1", "2", "3", None]),
    st.sampled_from([1, 2, 30, None]),
)


@given(st.lists(entries, max_size=8))
def test_whatever_a_page_holds_reading_it_again_brings_nothing(page: list[Item]) -> None:
    first = [v.item for v in recognise(page, KnownItems()) if isinstance(v, Fresh)]
    again = recognise(page, known(*first))
    assert [v.item.title for v in again if isinstance(v, Fresh)] == []


@given(st.lists(entries, max_size=8))
def test_no_archived_item_is_claimed_by_two_entries(page: list[Item]) -> None:
    verdicts = recognise(page, known(*page[:4]))
    claimed = [v.item_id for v in verdicts if isinstance(v, Same)]
    assert len(claimed) == len(set(claimed))


@given(st.lists(entries, max_size=6), entries)
def test_an_entry_that_shares_no_key_is_always_fresh(page: list[Item], new: Item) -> None:
    stranger = replace(
        new, guid="never seen", canonical_url="https://n.example/never", title="A title never seen"
    )
    assert any(isinstance(v, Fresh) for v in recognise([stranger], known(*page)))


class Archive:
    """What storage keeps of items: all keys under which each was ever sighted."""

    def __init__(self) -> None:
        self.items: dict[ItemId, Item] = {}
        self.by_key: dict[str, set[ItemId]] = {}

    def take(self, page: Sequence[Item]) -> list[tuple[ItemId, Fresh | Same]]:
        """Recognise a page and keep what it brings, as the pipeline does."""
        keys = {key for each in page for key in keys_of(each)} & self.by_key.keys()
        named = {key: frozenset(self.by_key[key]) for key in keys}
        ids = frozenset[ItemId]().union(*named.values())
        answers = KnownItems(by_key=named, items={each: self.items[each] for each in ids})
        taken: list[tuple[ItemId, Fresh | Same]] = []
        for verdict in recognise(page, answers):
            if isinstance(verdict, Fresh):
                item_id = ItemId(len(self.items) + 1)
                self.items[item_id] = verdict.item
            else:
                item_id = verdict.item_id
                if verdict.is_edited:
                    said = verdict.item
                    self.items[item_id] = replace(
                        self.items[item_id], title=said.title, text=said.text
                    )
            for key in keys_of(verdict.item):
                self.by_key.setdefault(key, set()).add(item_id)
            taken.append((item_id, verdict))
        return taken


WINDOW = 10  # entries on a page
MISHAPS = {
    "nothing": "",
    "the page is reordered": "",
    "dates are dropped": "",
    "all dates become today": "",
    "a date lies in the future": "",
    "texts grow": "",
    # these take a key away for good
    "all GUIDs change": "guid",
    "one GUID for all": "guid",
    "no GUIDs": "guid",
    "all links change": "link",
    "one link for all": "link",
    "a headline is edited": "headline",
}


def befall(mishap: str, entries: dict[int, Item], step: int, at: int) -> None:
    for n, before in entries.items():
        each = before
        match mishap:
            case "all GUIDs change":
                each = replace(each, guid=f"v{step}-{n}")
            case "one GUID for all":
                each = replace(each, guid="same")
            case "no GUIDs":
                each = replace(each, guid=None)
            case "all links change":
                each = replace(each, canonical_url=f"https://moved{step}.example/{n}")
            case "one link for all":
                each = replace(each, canonical_url="https://gazette.example/news")
            case "dates are dropped":
                each = replace(each, published_at=None, precision=Precision.NONE)
            case "all dates become today":
                each = replace(each, published_at=NOW + timedelta(hours=step))
            case "texts grow":
                each = replace(each, text=f"{each.text} More.")
            case "a headline is edited" if n == at:
                each = replace(each, title=f"Corrected: {each.title}")
            case "a date lies in the future" if n == at:
                each = replace(each, published_at=NOW + timedelta(days=4000))
        entries[n] = each


headlines = st.sampled_from(
    ["Notice No. {n} of the board on tin", "商务部公告2026年第{n}号", "Notice"]
)
mishaps = st.tuples(st.sampled_from(list(MISHAPS)), st.integers(0, 2), st.integers(0, WINDOW - 1))


@settings(max_examples=300)
@given(headlines, st.integers(1, 8), st.booleans(), st.lists(mishaps, min_size=1, max_size=5))
def test_no_mishap_of_a_feed_sends_a_known_entry_again_or_hides_a_new_one(
    headline: str, first: int, is_official: bool, steps: list[tuple[str, int, int]]
) -> None:
    archive = Archive()
    truth: dict[ItemId, int] = {}  # the notice that each archived item is
    entries: dict[int, Item] = {}
    lost: set[str] = {"headline"} if headline == "Notice" else set()
    for step, (mishap, new, at) in enumerate([("nothing", first, 0), *steps]):
        lost |= {MISHAPS[mishap]}
        if not {"guid", "link"} - lost and "headline" in lost:
            break  # nothing is left by which anyone could tell
        known_notices = set(entries)
        for n in range(len(entries), len(entries) + new):
            entries[n] = item(
                headline.format(n=n),
                text=f"What notice {n} says.",
                guid=f"guid-{n}",
                canonical_url=f"https://gazette.example/{n}",
                published_at=NOW + timedelta(hours=5 * n),
                precision=Precision.INSTANT,
                is_official=is_official,
            )
        befall(mishap, entries, step, max(entries) - at)
        page = [entries[n] for n in sorted(entries, reverse=True)[:WINDOW]]
        numbers = {id(each): n for n, each in entries.items()}
        if mishap == "the page is reordered":
            page = page[at:] + page[:at]
        taken = archive.take(page)
        assert len(taken) == len(page)
        for item_id, verdict in taken:
            n = numbers[id(verdict.item)]
            assert isinstance(verdict, Same) == (n in known_notices)
            assert truth.setdefault(item_id, n) == n
