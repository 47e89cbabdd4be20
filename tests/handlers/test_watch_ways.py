"""A watch is silent for a while, urgent, in the digest alone, or goes by a name of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.outbox import MessageKind, Priority
from bot.pipeline.catch_up import catch_up
from bot.pipeline.digest import enqueue_due_digests
from tests.archive.desk import notice
from tests.desk import STRANGER, Desk, wait
from tests.pipeline.outbox import alerts, digests, promised
from tests.samples import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk that watches nickel and tin."""
    desk.clock.step_to(NOW)
    desk.watch("nickel")
    desk.watch("tin")
    return desk


def catch(desk: Desk) -> list[str]:
    """Let silences that are over end; what is said of what they held back."""
    before = len(digests(desk.store.path))
    told = wait(catch_up(desk.store, desk.clock.now()))
    said = digests(desk.store.path)[before:]
    assert len(said) == told
    return said


def test_a_silent_watch_says_until_when_and_alerts_nothing(desk: Desk) -> None:
    said = desk.say("/mute 1 8h")
    assert "Watch 1 nickel is silent until Thu 8 Oct, 19:00 CEST" in said
    assert "/unmute 1" in said
    assert desk.publish(notice(1, "Nickel prices")) == 0
    assert "🔇 silent until Thu 8 Oct, 19:00 CEST" in desk.say("/watches")
    assert "1 match in 7 days" in desk.say("/watches 1")


def test_another_watch_still_tells_of_what_both_answer_and_names_itself_alone(desk: Desk) -> None:
    desk.say("/mute 1 8h")
    assert desk.publish(notice(1, "Nickel and tin")) == 1
    (alert,) = alerts(desk.store.path)
    assert "Watch 2 tin" in alert and "Watch 1" not in alert
    desk.clock.advance(9 * HOUR)
    assert catch(desk) == [], "it was told"


def test_at_its_end_what_it_held_back_comes_in_one_message_once(desk: Desk) -> None:
    desk.say("/mute 1 8h")
    desk.publish(notice(1, "Nickel prices"), notice(2, "Nickel quotas"))
    assert catch(desk) == []
    desk.clock.advance(8 * HOUR)
    (said,) = catch(desk)
    assert said.startswith("🔔 Watch 1 nickel tells again.\n2 publications while it was silent")
    assert "Nickel prices" in said and "Nickel quotas" in said
    assert catch(desk) == []
    assert desk.publish(notice(3, "Nickel again")) == 1
    assert "silent" not in desk.say("/watches")


def test_what_comes_between_the_end_and_the_next_look_is_alerted_and_not_told_again(
    desk: Desk,
) -> None:
    desk.say("/mute 1 8h")
    desk.publish(notice(1, "Nickel prices"))
    desk.clock.advance(8 * HOUR)
    assert desk.publish(notice(2, "Nickel quotas")) == 1
    (said,) = catch(desk)
    assert "Nickel prices" in said and "quotas" not in said


def test_what_was_caught_up_with_is_explained_as_an_alert_is(desk: Desk) -> None:
    desk.say("/mute 1 8h")
    desk.publish(notice(1, "Nickel prices"))
    desk.clock.advance(8 * HOUR)
    catch(desk)
    assert "✓ nickel · “Nickel” in the title" in desk.say("/why")


def test_a_silence_that_held_nothing_back_ends_without_a_word(desk: Desk) -> None:
    desk.say("/mute 1 30m")
    desk.clock.advance(HOUR)
    assert catch(desk) == []
    assert "silent" not in desk.say("/watches")


def test_what_the_digest_told_meanwhile_is_not_told_again(desk: Desk) -> None:
    desk.say("/mute 1 2d")
    desk.publish(notice(1, "Nickel prices"))
    desk.clock.advance(24 * HOUR)
    assert wait(enqueue_due_digests(desk.store, desk.clock.now())) == 1
    desk.publish(notice(2, "Nickel quotas"))
    desk.clock.advance(24 * HOUR)
    (said,) = catch(desk)
    assert "Nickel quotas" in said and "prices" not in said


def test_a_longer_silence_keeps_what_the_first_held_back(desk: Desk) -> None:
    desk.say("/mute 1 1h")
    desk.publish(notice(1, "Nickel prices"))
    desk.say("/mute 1 3h")
    desk.clock.advance(2 * HOUR)
    assert catch(desk) == []
    desk.clock.advance(HOUR)
    assert "Nickel prices" in catch(desk)[0]


def test_unmute_ends_a_silence_now(desk: Desk) -> None:
    desk.say("/mute 1 8h")
    desk.publish(notice(1, "Nickel prices"))
    assert "Watch 1 nickel tells again" in desk.say("/unmute 1")
    assert "Nickel prices" in catch(desk)[0]
    assert "is not silent" in desk.say("/unmute 1")
    assert desk.was_refused


def test_a_paused_chat_is_caught_up_with_when_it_is_back(desk: Desk) -> None:
    desk.say("/mute 1 1h")
    desk.publish(notice(1, "Nickel prices"))
    desk.say("/stop")
    desk.clock.advance(2 * HOUR)
    assert catch(desk) == []
    desk.say("/start")
    assert "Nickel prices" in catch(desk)[0]


def test_a_watch_that_ends_while_it_is_silent_says_no_more(desk: Desk) -> None:
    desk.say("/mute 1 1h")
    desk.publish(notice(1, "Nickel prices"))
    desk.say("/unwatch 1")
    desk.clock.advance(2 * HOUR)
    assert catch(desk) == []


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ("/mute", "/mute 1 8h"),
        ("/mute 9 8h", "/mute 1 8h"),
        ("/mute x 8h", "/mute 1 8h"),
        ("/mute 2", "/mute 2 8h"),
        ("/mute 2 for ever", "/mute 2 8h"),
        ("/mute 2 9000d", "/mute 2 8h"),
        ("/unmute", "/unmute 1"),
        ("/priority 2", "/priority 2 urgent"),
        ("/priority 2 digets", "/priority 2 digest"),
        ("/rename", "/rename 1 Magnets"),
        ("/rename 2", "/rename 2 Magnets"),
        (f"/rename 2 {'x' * 61}", "/rename 2 Magnets"),
        ("/watches 9", "/watches 1"),
    ],
)
def test_a_refusal_shows_a_correct_example(desk: Desk, line: str, example: str) -> None:
    assert f"For example: {example}" in desk.say(line)
    assert desk.was_refused


def test_an_urgent_watch_goes_before_all_else_and_shows_it(desk: Desk) -> None:
    assert "its alerts go before all others" in desk.say("/priority 1 urgent")
    desk.publish(notice(1, "Nickel prices"), notice(2, "Tin prices"), notice(3, "Tin, nickel"))
    nickel, tin, both = promised(desk.store.path, MessageKind.ALERT)
    assert (nickel.priority, tin.priority, both.priority) == (
        Priority.URGENT, Priority.NORMAL, Priority.URGENT,
    )  # fmt: skip
    assert "🚨 Watch 1 nickel" in nickel.text and "🔔 Watch 2 tin" in tin.text
    assert "🚨 urgent" in desk.say("/watches")
    desk.say("/priority 1 normal")
    assert "urgent" not in desk.say("/watches")


def test_a_watch_for_the_digest_alone_alerts_nothing_and_stands_in_it(desk: Desk) -> None:
    desk.say("/priority 1 digest")
    assert desk.publish(notice(1, "Nickel prices")) == 0
    assert "Nickel prices" in desk.say("/digest now")
    assert "📰 in the digest alone" in desk.say("/watches 1")


def test_a_chat_without_a_digest_is_warned_that_it_would_hear_nothing(desk: Desk) -> None:
    assert "no daily digest" not in desk.say("/priority 1 digest")
    desk.say("/digest off")
    assert "no daily digest. Set one: /digest 08:00" in desk.say("/priority 2 digest")


def test_a_silent_watch_of_the_digest_alone_waits_for_the_digest(desk: Desk) -> None:
    desk.say("/priority 1 digest")
    desk.say("/mute 1 1h")
    desk.publish(notice(1, "Nickel prices"))
    desk.clock.advance(2 * HOUR)
    assert catch(desk) == []
    assert "Nickel prices" in desk.say("/digest now")


def test_a_name_stands_in_alerts_digests_and_lists(desk: Desk) -> None:
    assert "is called “Chip metals” now" in desk.say("/rename 1 Chip   metals")
    desk.publish(notice(1, "Nickel prices"))
    (alert,) = alerts(desk.store.path)
    assert "🔔 Watch 1 Chip metals" in alert
    assert "1. Chip metals · 1" in desk.say("/digest now")
    assert "1. Chip metals\nnickel\n" in desk.say("/watches")
    assert "by its text again" in desk.say("/rename 1")
    assert "Chip metals" not in desk.say("/watches")


def test_who_changed_a_watch_is_kept(desk: Desk) -> None:
    assert "changed" not in desk.say("/watches 1")
    desk.clock.advance(HOUR)
    desk.say("/rename 1 Chip metals", person=STRANGER)
    detail = desk.say("/watches 1")
    assert "Made by Ada, Thu 8 Oct, 11:00 CEST; changed by Stranger, Thu 8 Oct, 12:00" in detail
