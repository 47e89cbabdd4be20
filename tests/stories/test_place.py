"""Placing items: one event is one story, whatever the order, and only what is new is an update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.stories.place import Placements, Role, place
from bot.stories.traits import StoryItem
from bot.stories.window import Window
from tests.stories.labelled import half

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
PRESS = StoryItem(
    item_id=1,
    title="China requires licences for gallium exports",
    text="China's commerce ministry will require licences for exports of gallium from 1 April.",
    language="en",
    at=START,
    source="reuters",
    is_official=False,
)
OFFICIAL = replace(
    PRESS,
    item_id=2,
    title="商务部公告2026年第31号 公布对镓相关物项实施出口管制的决定",
    text="经国务院批准，决定对镓相关物项实施出口管制，自2026年4月1日起实施。出口须申请许可。",
    language="zh",
    at=START + timedelta(hours=2),
    source="mofcom",
    is_official=True,
)
REPEAT = replace(
    PRESS,
    item_id=3,
    title="Gallium exports from China to need licences",
    text="Exporters of gallium will need licences from China's commerce ministry as of April 1.",
    at=START + timedelta(hours=3),
    source="ft",
)
OTHER = replace(
    PRESS,
    item_id=4,
    title="Canada cuts steel quotas",
    text="Ottawa will cut its quotas for imported steel to 50% of last year's volumes.",
    at=START + timedelta(hours=1),
)


def roles(placements: Placements) -> dict[int, tuple[int, Role]]:
    return {each.item_id: (each.story, each.role) for each in placements.items}


def test_press_official_document_and_repeat_are_one_story() -> None:
    assert roles(place([PRESS, OFFICIAL, REPEAT, OTHER], Window())) == {
        1: (1, Role.FIRST),
        2: (1, Role.UPDATE),
        3: (1, Role.REPEAT),
        4: (4, Role.FIRST),
    }


def test_one_by_one_gives_the_same_as_all_at_once() -> None:
    window = Window()
    found: dict[int, tuple[int, Role]] = {}
    for item in (PRESS, OTHER, OFFICIAL, REPEAT):
        found |= roles(place([item], window))
    assert found == roles(place([PRESS, OFFICIAL, REPEAT, OTHER], Window()))


def test_an_official_document_that_came_first_makes_the_press_repeat_it() -> None:
    early = replace(OFFICIAL, at=START - timedelta(hours=1))
    found = roles(place([PRESS, early], Window()))
    assert found == {2: (2, Role.FIRST), 1: (2, Role.REPEAT)}


@pytest.mark.parametrize(
    ("added", "fact"),
    [
        ("The duty is 25%.", "pct:25"),
        ("It ends on 30 September.", "date:09-30"),
        ("Some $1.3 billion of trade is affected.", "usd:1300000000"),
        ("It covers ECCN 3C001.", "eccn:3C001"),
        ("See docket BIS-2026-0012.", "docket:BIS-2026-0012"),
    ],
)
def test_a_new_fact_is_an_update_that_says_which(added: str, fact: str) -> None:
    later = replace(REPEAT, text=f"{REPEAT.text} {added}")
    (placed,) = (each for each in place([PRESS, later], Window()).items if each.item_id == 3)
    assert placed.story == 1
    assert placed.role is Role.UPDATE
    assert fact in placed.facts


def test_the_same_fact_in_another_language_is_no_news() -> None:
    with_figures = replace(
        PRESS, text=f"{PRESS.text} The duty is 25 per cent on goods worth $1.2 billion."
    )
    german = replace(
        PRESS,
        item_id=9,
        title="China verlangt Lizenzen für die Ausfuhr von Gallium",
        text="Das chinesische Handelsministerium verlangt ab dem 1. April Lizenzen für den Export "
        "von Gallium. Der Zoll beträgt 25 Prozent auf Waren für 1,2 Milliarden Dollar.",
        language="de",
        at=START + timedelta(hours=4),
        source="faz",
    )
    found = {each.item_id: each for each in place([with_figures, german], Window()).items}
    assert (found[9].story, found[9].role, found[9].facts) == (1, Role.REPEAT, ())


def test_different_notices_of_one_ministry_on_one_day_stay_apart() -> None:
    other = replace(
        OFFICIAL,
        item_id=5,
        title="商务部公告2026年第32号 公布对石墨相关物项实施出口管制的决定",
        text="经国务院批准，决定对石墨相关物项实施出口管制，自2026年4月1日起实施。出口须申请许可。",
    )
    found = roles(place([OFFICIAL, other], Window()))
    assert {story for story, _role in found.values()} == {2, 5}


def test_a_reference_number_binds_what_says_it_in_other_words() -> None:
    comment = replace(
        PRESS,
        item_id=6,
        title="Law firm note: what Announcement No. 31 of 2026 means for gallium",
        text="Our team explains the new Chinese licence procedure for gallium exporters.",
        at=START + timedelta(days=3),
        source="lawfirm",
    )
    assert roles(place([OFFICIAL, comment], Window()))[6][0] == 2


def test_what_is_older_than_the_window_is_told_anew() -> None:
    late = replace(REPEAT, at=START + timedelta(days=9))
    window = Window()
    place([PRESS], window)
    assert roles(place([late], window))[3] == (3, Role.FIRST)


def test_an_official_case_is_followed_for_weeks_by_its_number() -> None:
    case = replace(
        PRESS,
        item_id=7,
        title="Certain Wire Rod From Vietnam: Initiation of Antidumping Investigation, A-552-847",
        text="The Department of Commerce initiates an antidumping investigation of wire rod.",
        source="federalregister",
        is_official=True,
    )
    step = replace(
        case,
        item_id=8,
        title="Certain Wire Rod From Vietnam: Postponement of Preliminary Determination, A-552-847",
        text="The Department of Commerce postpones the antidumping determination on wire rod.",
        at=START + timedelta(days=40),
    )
    window = Window()
    place([case], window)
    place([replace(OTHER, at=START + timedelta(days=39))], window)
    assert roles(place([step], window))[8][0] == 7


def test_an_item_keeps_its_place() -> None:
    window = Window()
    place([PRESS, OTHER], window)
    assert place([PRESS], window) == Placements(items=(), merged=(), entries=())


def test_a_window_loaded_from_its_entries_is_the_same_window() -> None:
    entries = place([PRESS, OTHER], Window()).entries
    assert roles(place([OFFICIAL], Window(entries)))[2] == (1, Role.UPDATE)


def test_evidence_from_outside_may_join_two_languages() -> None:
    strange = replace(
        PRESS,
        item_id=9,
        title="Nur ein Titel",
        text="",
        language="de",
        at=START + timedelta(hours=1),
    )
    gallium = replace(strange, title="Gallium: Peking macht ernst")
    assert roles(place([PRESS, strange], Window(), lambda _one, _other: 0.0))[9][0] == 9
    assert roles(place([PRESS, gallium], Window(), lambda _one, _other: 20.0))[9][0] == 1


SOME: Sequence[StoryItem] = tuple(each.item for each in half("tuned")[:40])


@settings(max_examples=8, deadline=None)
@given(st.permutations(SOME))
def test_the_order_within_a_batch_changes_nothing(items: Sequence[StoryItem]) -> None:
    assert place(items, Window()) == place(SOME, Window())


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=60), st.text(max_size=120), st.sampled_from(["en", "zh", "de", None])
        ),
        max_size=6,
    )
)
def test_any_text_has_a_place_and_each_story_one_first(
    texts: list[tuple[str, str, str | None]],
) -> None:
    items = [
        replace(PRESS, item_id=number, title=title, text=text, language=language)
        for number, (title, text, language) in enumerate(texts)
    ]
    found = place(items, Window()).items
    assert {each.item_id for each in found} == set(range(len(items)))
    firsts = [each.story for each in found if each.role is Role.FIRST]
    assert sorted(firsts) == sorted({each.story for each in found})
