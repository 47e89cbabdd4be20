"""What becomes of a message after an attempt: a pure table of outcomes.

Telegram has no idempotency key. What may have arrived is sent again, marked as a possible repeat,
but only after the door answers again (the worker sees to that), so that an outage costs at most
the messages that were in flight when it began.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.outbox import (
    DeliveryOutcome,
    DoorShut,
    MessageState,
    Migrated,
    NotSent,
    OutboxMessage,
    Refused,
    Sent,
    Settlement,
    Throttled,
    Unknown,
    Unreachable,
)

MAX_REPEATS = 2
"""Automatic re-sends of a message that may have arrived, after unclear answers."""

MAX_CRASH_REPEATS = 8
"""The same after crashes of our own: a message that kills us must end somewhere."""

_FIRST_DELAY = timedelta(seconds=2)
_MAX_DELAY = timedelta(minutes=10)
_MAX_THROTTLE = timedelta(hours=24)  # a retry_after beyond a day is not believed


def settle(message: OutboxMessage, outcome: DeliveryOutcome, now: datetime) -> Settlement:
    """The message's next state. `message.attempts` counts the attempt just made."""
    match outcome:
        case Sent():
            return Settlement(state=MessageState.SENT, remote_id=outcome.remote_id)
        case Throttled():
            # not delivered, and no fault of the message: this chat waits, others do not
            until = now + min(outcome.retry_after, _MAX_THROTTLE)
            return Settlement(
                state=MessageState.QUEUED,
                detail="the door asked to wait",
                due_at=until,
                hold_chat_until=until,
                repeats=message.repeats,
                is_plain=message.is_plain,
                counts_as_attempt=False,
            )
        case Unreachable():
            return Settlement(
                state=MessageState.QUEUED,
                detail=outcome.detail,
                due_at=now,
                repeats=message.repeats,
                is_plain=message.is_plain,
                counts_as_attempt=False,
                suspend=True,
                is_topic_alone=outcome.is_topic_alone,
            )
        case Migrated():
            return Settlement(
                state=MessageState.QUEUED,
                detail="the group became a supergroup",
                due_at=now,
                repeats=message.repeats,
                is_plain=message.is_plain,
                counts_as_attempt=False,
                migrate_to=outcome.number,
            )
        case Refused():
            if outcome.is_markup and not message.is_plain:
                return Settlement(
                    state=MessageState.QUEUED,
                    detail=outcome.detail,
                    due_at=now,
                    repeats=message.repeats,
                    is_plain=True,
                )
            return Settlement(
                state=MessageState.FAILED,
                detail=outcome.detail,
                repeats=message.repeats,
                is_plain=message.is_plain,
            )
        case Unknown():
            if message.repeats >= MAX_REPEATS:
                return Settlement(
                    state=MessageState.UNCERTAIN,
                    detail=outcome.detail,
                    repeats=message.repeats,
                    is_plain=message.is_plain,
                )
            due_at = now + delay(message.attempts)
            return Settlement(
                state=MessageState.QUEUED,
                detail=outcome.detail,
                due_at=due_at,
                hold_chat_until=due_at,  # what follows in this chat waits its turn
                repeats=message.repeats + 1,
                is_plain=message.is_plain,
            )
        case NotSent() | DoorShut():
            due_at = now + (_FIRST_DELAY if isinstance(outcome, DoorShut) else timedelta(0))
            return Settlement(
                state=MessageState.QUEUED,
                detail=outcome.detail,
                due_at=due_at,
                repeats=message.repeats,
                is_plain=message.is_plain,
                counts_as_attempt=False,
            )


def after_crash(repeats: int, now: datetime) -> Settlement:
    """A message that was being sent when the process died: it may have arrived."""
    if repeats >= MAX_CRASH_REPEATS:
        return Settlement(
            state=MessageState.UNCERTAIN,
            detail=f"the process died {repeats + 1} times while sending this message",
            repeats=repeats,
        )
    return Settlement(
        state=MessageState.QUEUED,
        detail="the process died while sending this message",
        due_at=now,
        repeats=repeats + 1,
    )


def delay(attempts: int) -> timedelta:
    """How long to wait before the next attempt: 2 s, doubling, at most 10 minutes."""
    factor: int = 2 ** min(max(attempts - 1, 0), 20)
    return min(_FIRST_DELAY * factor, _MAX_DELAY)
