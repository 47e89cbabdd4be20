"""A watch answers before it is saved: what it would have told, and what would make it better."""

from __future__ import annotations

import pytest

from bot.domain.chat import Address, ChatKind, Door
from bot.domain.watch import Watch
from tests.archive.desk import notice
from tests.desk import PRIVATE, STRANGER, Desk, wait
from tests.samples import NOW

OTHER = Address(door=Door.TELEGRAM, number=200)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk on the day of the tests."""
    desk.clock.step_to(NOW)
    return desk


def listed(desk: Desk) -> list[Watch]:
    return list(wait(desk.store.list_watches(desk.chat().chat_id)))


def texts(desk: Desk) -> list[str]:
    return [watch.text for watch in listed(desk)]


def fill(desk: Desk, title: str, count: int, days: float, start: int = 0) -> None:
    """History: so many publications, evenly over the last days."""
    items = [
        notice(
            start + n, f"{title} {start + n}", days * (count - n) / (count + 1), first_seen_at=NOW
        )
        for n in range(count)
    ]
    desk.publish(*items, is_quiet=True)


def labels(desk: Desk) -> list[list[str]]:
    assert desk.last is not None
    return [[button.label for button in row] for row in desk.last.buttons]


def test_nothing_is_watched_before_somebody_saves_it(desk: Desk) -> None:
    said = desk.say("/watch nickel")
    assert said.startswith("🔎 nickel\n") and said.endswith("Not watched yet.")
    assert labels(desk) == [["🔔 Save", "✏️ Edit", "✖ Cancel"]]
    assert texts(desk) == []
    assert "Watch 1 is set: nickel" in desk.press("save")
    assert texts(desk) == ["nickel"]


def test_the_back_test_counts_thirty_and_ninety_days_and_says_how_often_that_is(
    desk: Desk,
) -> None:
    fill(desk, "Nickel", 31, 95)
    said = desk.say("/watch nickel")
    assert "10 times in the last 30 days, 30 in 90: about 2 a week." in said


def test_a_young_archive_says_how_far_back_it_goes(desk: Desk) -> None:
    fill(desk, "Nickel", 9, 10)
    said = desk.say("/watch nickel")
    assert "9 times in the 9 days that the archive goes back: about 7 a week." in said


def test_the_three_latest_are_shown_with_source_date_and_link(desk: Desk) -> None:
    fill(desk, "Nickel", 5, 20)
    said = desk.say("/watch nickel")
    assert said.index("Nickel 4") < said.index("Nickel 3") < said.index("Nickel 2")
    assert "Nickel 1" not in said
    assert "Gazette · " in said and "https://gazette.example/4" in said


def test_an_empty_archive_says_that_nobody_can_tell(desk: Desk) -> None:
    assert "Nothing was read yet" in desk.say("/watch nickel")


def test_what_was_never_published_would_have_told_nothing(desk: Desk) -> None:
    fill(desk, "Steel", 5, 20)
    assert "It would have told you nothing in" in desk.say("/watch nickel")


@pytest.mark.parametrize("typed", ["a", "x nickel", "ab*"])
def test_a_word_that_is_too_short_is_warned_of(desk: Desk, typed: str) -> None:
    assert "so short that nearly every text has it" in desk.say(f"/watch {typed}")


@pytest.mark.parametrize("typed", ["铝", "tin", "nickel -a", '"a b"', "eu"])
def test_a_short_word_that_says_something_is_not(desk: Desk, typed: str) -> None:
    assert "so short" not in desk.say(f"/watch {typed}")


def test_a_word_that_stands_in_everything_is_warned_of(desk: Desk) -> None:
    fill(desk, "The price of steel", 40, 20)
    fill(desk, "Nickel", 10, 20, start=50)
    assert "⚠️ 80% of the newest publications answer it" in desk.say("/watch the")
    assert "⚠️" not in desk.say("/watch nickel")


def test_the_concept_that_would_find_more_is_a_tap_away(desk: Desk) -> None:
    fill(desk, "Rare earths", 3, 80)
    fill(desk, "稀土出口", 4, 80, start=50)
    assert "As #rare-earths, in ten languages: 7 instead of 3." in desk.say('/watch "rare earths"')
    assert labels(desk)[1] == ["💡 Use: #rare-earths"]
    assert desk.press("use").startswith("🔎 #rare-earths")
    assert texts(desk) == []
    desk.press("save")
    assert texts(desk) == ["#rare-earths"]


def test_the_part_that_keeps_a_watch_quiet_is_named(desk: Desk) -> None:
    fill(desk, "Nickel licences", 12, 80)
    said = desk.say("/watch nickel licence cobalt")
    assert "“cobalt” in any form keeps it quiet: without that, 12 instead of 0." in said
    assert labels(desk)[1] == ["💡 Use: nickel licence"]


def test_a_broad_watch_is_shown_how_to_be_quieter(desk: Desk) -> None:
    items = [
        notice(n, "Nickel" if n % 4 == 0 else "Notice", (200 - n) / 10, text="On nickel.")
        for n in range(200)
    ]
    desk.publish(*items, is_quiet=True)
    assert "In titles alone: " in desk.say("/watch nickel")
    assert labels(desk)[1] == ["💡 Use: title:nickel"]


def test_edit_gives_the_text_to_be_changed_and_save_still_works(desk: Desk) -> None:
    desk.say("/watch nickel -opinion")
    question = desk.last
    assert desk.press("edit").endswith("\n/watch nickel -opinion")
    desk.last = question
    assert desk.press("edit").endswith("\n/watch nickel -opinion")
    desk.last = question
    assert "is set" in desk.press("save")


def test_cancel_leaves_no_watch_and_closes_the_question(desk: Desk) -> None:
    desk.say("/watch nickel")
    question = desk.last
    assert "Nothing was changed" in desk.press("cancel")
    desk.last = question
    assert "answered already: “cancel”" in desk.press("save")
    assert texts(desk) == []


def test_saving_twice_makes_one_watch(desk: Desk) -> None:
    desk.say("/watch nickel")
    question = desk.last
    desk.press("save")
    desk.last = question
    assert "answered already: “save”, by Ada" in desk.press("save")
    assert texts(desk) == ["nickel"]


def test_two_questions_on_one_text_make_one_watch(desk: Desk) -> None:
    desk.say("/watch nickel")
    first = desk.last
    desk.say("/watch nickel")
    desk.press("save")
    desk.last = first
    assert "Watch 1 asks this already" in desk.press("save")
    assert texts(desk) == ["nickel"]


def test_a_code_may_be_left_out_for_ones_own_last_question(desk: Desk) -> None:
    desk.say("/watch nickel")
    desk.say("/watch tin")
    desk.say("/watch lead", person=STRANGER)
    assert "is set: tin" in desk.say("/answer save")
    assert "answered already" in desk.say("/answer save"), "not the question before it"
    assert "is set: lead" in desk.say("/answer save", person=STRANGER)
    assert texts(desk) == ["tin", "lead"]


def test_who_was_asked_nothing_is_told_so(desk: Desk) -> None:
    assert "nothing that you were asked here" in desk.say("/answer save")
    assert desk.was_refused


def test_anybody_in_the_chat_may_save_and_who_did_is_kept(desk: Desk) -> None:
    desk.say("/watch nickel")
    desk.press("save", person=STRANGER)
    (watch,) = listed(desk)
    assert watch.created_by == "Stranger"


def test_a_question_is_of_its_chat_alone(desk: Desk) -> None:
    desk.say("/start", address=OTHER)
    desk.say("/watch nickel")
    assert "no question" in desk.press("save", address=OTHER)
    assert texts(desk) == []


def test_the_local_chat_says_how_to_save_by_typing(desk: Desk) -> None:
    said = desk.say("/watch nickel", kind=ChatKind.LOCAL)
    assert said.endswith("Not watched yet. To save it: /answer save")


def test_try_shows_the_same_and_asks_nothing(desk: Desk) -> None:
    fill(desk, "Nickel", 31, 95)
    said = desk.say("/try nickel")
    assert "about 2 a week" in said and said.endswith("Watch it: /watch nickel")
    assert labels(desk) == []
    assert "nothing that you were asked" in desk.say("/answer save")


def test_edit_keeps_number_and_counts_and_says_who_changed_it(desk: Desk) -> None:
    desk.watch("nickel")
    desk.watch("tin")
    desk.publish(notice(1, "Nickel prices"))
    said = desk.say("/edit 1 nickel OR germanium", person=STRANGER)
    assert said.endswith("Until you save, watch 1 asks: nickel")
    assert texts(desk) == ["nickel", "tin"]
    assert "Watch 1 is changed: nickel OR germanium" in desk.press("save", person=STRANGER)
    assert texts(desk) == ["nickel OR germanium", "tin"]
    detail = desk.say("/watches 1")
    assert "Made by Ada" in detail and "changed by Stranger" in detail
    assert "1 match in 7 days" in detail
    assert desk.publish(notice(2, "Germanium prices")) == 1


def test_edit_without_a_text_gives_the_present_one(desk: Desk) -> None:
    desk.watch("nickel -opinion")
    assert desk.say("/edit 1").endswith("/edit 1 nickel -opinion")
    desk.say("/edit 1 nickel")
    assert desk.press("edit").endswith("/edit 1 nickel")


def test_edit_to_what_another_watch_asks_is_pointed_out(desk: Desk) -> None:
    desk.watch("nickel")
    desk.watch("tin")
    assert "Watch 2 asks this already" in desk.say("/edit 1 TIN")
    assert "Watch 1 asks this already" in desk.say("/edit 1 nickel")
    assert "Until you save, watch 1 asks" in desk.say("/edit 1 (nickel)"), "another way to say it"


def test_an_edit_of_a_watch_that_ended_meanwhile_changes_nothing(desk: Desk) -> None:
    desk.watch("nickel")
    desk.say("/edit 1 tin")
    question = desk.last
    desk.say("/unwatch 1")
    desk.last = question
    assert "has ended meanwhile" in desk.press("save")
    assert texts(desk) == []


@pytest.mark.parametrize("line", ["/edit", "/edit two x", "/edit 7 x", "/edit 1-2 x", "/edit 1 (x"])
def test_what_cannot_be_edited_is_refused_with_an_example(desk: Desk, line: str) -> None:
    desk.watch("nickel")
    assert "For example: /edit " in desk.say(line)
    assert desk.was_refused


def test_a_pack_is_still_set_at_once(desk: Desk) -> None:
    desk.say("/pack eu-china")
    assert len(texts(desk)) > 2


def test_a_ready_watch_of_the_welcome_is_shown_first(desk: Desk) -> None:
    desk.say("/start", address=PRIVATE)
    assert desk.press("earths").startswith("🔎 rare earths")
    assert texts(desk) == []
