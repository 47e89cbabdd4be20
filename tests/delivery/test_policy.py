"""What becomes of a message after each outcome: the whole table."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.policy import (
    MAX_CRASH_REPEATS,
    MAX_REPEATS,
    after_crash,
    delay,
    settle,
)
from bot.domain.outbox import (
    DeliveryOutcome,
    DoorShut,
    MessageState,
    Migrated,
    NotSent,
    OutboxMessage,
    Refused,
    Sent,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.samples import NOW, message

details = st.text(max_size=20)
outcomes: st.SearchStrategy[DeliveryOutcome] = st.one_of(
    st.builds(Sent, remote_id=st.integers(1)),
    st.builds(Throttled, retry_after=st.timedeltas(timedelta(seconds=1), timedelta(days=4000))),
    st.builds(Unreachable, detail=details),
    st.builds(Migrated, number=st.integers(max_value=-1)),
    st.builds(Refused, detail=details, is_markup=st.booleans()),
    st.builds(Unknown, detail=details),
    st.builds(NotSent, detail=details),
    st.builds(DoorShut, detail=details),
)
messages: st.SearchStrategy[OutboxMessage] = st.builds(
    lambda attempts, repeats, is_plain: message(
        attempts=attempts, repeats=min(repeats, attempts), is_plain=is_plain
    ),
    st.integers(1, 10_000),
    st.integers(0, MAX_CRASH_REPEATS),
    st.booleans(),
)


def test_a_confirmed_message_is_sent_and_keeps_telegrams_number() -> None:
    settled = settle(message(), Sent(remote_id=77), NOW)
    assert (settled.state, settled.remote_id) == (MessageState.SENT, 77)
    assert not settled.suspend
    assert settled.hold_chat_until is None


def test_429_holds_the_chat_for_as_long_as_it_says_and_costs_no_attempt() -> None:
    settled = settle(message(), Throttled(retry_after=timedelta(seconds=35)), NOW)
    assert settled.state is MessageState.QUEUED
    assert settled.due_at == settled.hold_chat_until == NOW + timedelta(seconds=35)
    assert not settled.counts_as_attempt
    assert settled.repeats == 0, "it was not delivered"


def test_429_is_not_believed_beyond_a_day() -> None:
    settled = settle(message(), Throttled(retry_after=timedelta(days=365)), NOW)
    assert settled.due_at == NOW + timedelta(days=1)


def test_an_unreachable_chat_is_suspended_and_its_message_kept() -> None:
    settled = settle(message(), Unreachable(detail="blocked"), NOW)
    assert settled.state is MessageState.QUEUED
    assert settled.suspend
    assert not settled.counts_as_attempt


def test_a_migrated_group_is_written_to_at_its_new_number_at_once() -> None:
    settled = settle(message(), Migrated(number=-1001), NOW)
    assert (settled.state, settled.migrate_to, settled.due_at) == (
        MessageState.QUEUED,
        -1001,
        NOW,
    )


def test_refused_formatting_is_tried_once_as_plain_text_and_then_given_up() -> None:
    refused = Refused(detail="can't parse entities", is_markup=True)
    again = settle(message(), refused, NOW)
    assert (again.state, again.is_plain, again.due_at) == (MessageState.QUEUED, True, NOW)
    assert settle(message(is_plain=True), refused, NOW).state is MessageState.FAILED


def test_any_other_refusal_is_a_dead_letter_that_says_why() -> None:
    settled = settle(message(), Refused(detail="BUTTON_DATA_INVALID", is_markup=False), NOW)
    assert (settled.state, settled.detail) == (MessageState.FAILED, "BUTTON_DATA_INVALID")


def test_what_may_have_arrived_is_sent_again_as_a_repeat_but_not_for_ever() -> None:
    lost = Unknown(detail="timed out")
    for repeats in range(MAX_REPEATS):
        settled = settle(message(repeats=repeats), lost, NOW)
        assert (settled.state, settled.repeats) == (MessageState.QUEUED, repeats + 1)
        assert settled.hold_chat_until == settled.due_at, "what follows waits its turn"
    assert settle(message(repeats=MAX_REPEATS), lost, NOW).state is MessageState.UNCERTAIN


@pytest.mark.parametrize("outcome", [NotSent(detail="no route"), DoorShut(detail="401")])
def test_what_never_left_is_sent_later_without_a_mark(outcome: DeliveryOutcome) -> None:
    settled = settle(message(attempts=500), outcome, NOW)
    assert (settled.state, settled.repeats) == (MessageState.QUEUED, 0)
    assert not settled.counts_as_attempt
    assert settled.hold_chat_until is None


@given(message=messages, outcome=outcomes)
def test_only_a_final_refusal_or_too_many_repeats_end_a_message_unsent(
    message: OutboxMessage, outcome: DeliveryOutcome
) -> None:
    settled = settle(message, outcome, NOW)
    match settled.state:
        case MessageState.SENT:
            assert isinstance(outcome, Sent)
        case MessageState.FAILED:
            assert isinstance(outcome, Refused)
        case MessageState.UNCERTAIN:
            assert isinstance(outcome, Unknown)
            assert message.repeats >= MAX_REPEATS
        case _:
            assert settled.state is MessageState.QUEUED
            assert settled.due_at is not None
            assert NOW <= settled.due_at <= NOW + timedelta(days=1)


@given(message=messages, outcome=outcomes)
def test_a_message_never_forgets_that_it_may_have_arrived_nor_that_it_goes_plain(
    message: OutboxMessage, outcome: DeliveryOutcome
) -> None:
    settled = settle(message, outcome, NOW)
    if settled.state is MessageState.QUEUED:
        assert settled.repeats == message.repeats + isinstance(outcome, Unknown)
        assert settled.is_plain >= message.is_plain


@given(message=messages, outcome=outcomes)
def test_only_unreachable_suspends_and_only_a_migration_moves(
    message: OutboxMessage, outcome: DeliveryOutcome
) -> None:
    settled = settle(message, outcome, NOW)
    assert settled.suspend == isinstance(outcome, Unreachable)
    assert (settled.migrate_to is not None) == isinstance(outcome, Migrated)


def test_after_a_crash_a_message_is_repeated_marked_until_it_has_killed_us_too_often() -> None:
    again = after_crash(0, NOW)
    assert (again.state, again.repeats, again.due_at) == (MessageState.QUEUED, 1, NOW)
    assert after_crash(MAX_CRASH_REPEATS - 1, NOW).state is MessageState.QUEUED
    assert after_crash(MAX_CRASH_REPEATS, NOW).state is MessageState.UNCERTAIN


@given(attempts=st.integers(0, 10**9))
def test_delays_double_from_two_seconds_and_stay_within_ten_minutes(attempts: int) -> None:
    assert timedelta(seconds=2) <= delay(attempts) <= timedelta(minutes=10)
    assert delay(attempts) <= delay(attempts + 1) <= 2 * delay(attempts)
    assert [delay(n).total_seconds() for n in (1, 2, 3)] == [2, 4, 8]
