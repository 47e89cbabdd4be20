"""Does the service live? Signs of life to complaints, each a sentence for an operator."""

from __future__ import annotations

from bot.domain.vitals import Vitals

WRITTEN_LIMIT = 60.0
"""Seconds without a write that was committed; one is tried every 15 s."""

HEARD_LIMIT = 180.0
"""Seconds without an answer of Telegram's, which answers every 30 s where all is well."""

CANARY_LIMIT = 3_900.0
"""Seconds without a canary: it must arrive hourly, and is given five minutes."""


def complaints(vitals: Vitals, stuck_after: float) -> tuple[str, ...]:
    """What is not well; empty where all is. `stuck_after` is how many seconds a message may have
    been due."""
    found = complaints_of_process(vitals)
    if vitals.fault:
        found += (f"The database fails: {vitals.fault}",)
    if not vitals.has_room:
        found += ("The disk is full: polling rests.",)
    if vitals.due_age > stuck_after:
        found += (
            f"The outbox is stuck: a message has been due for {vitals.due_age:.0f} s and is not "
            "sent.",
        )
    if vitals.heard_age is not None and vitals.heard_age > HEARD_LIMIT:
        found += (f"Telegram has not answered for {vitals.heard_age:.0f} s.",)
    if vitals.canary_age is not None and vitals.canary_age > CANARY_LIMIT:
        found += (f"The canary has not come through for {vitals.canary_age:.0f} s.",)
    return found


def complaints_of_process(vitals: Vitals) -> tuple[str, ...]:
    """Of those the ones that a restart may mend: what hangs. A disk that is full and a database
    that refuses would meet the next process as well, and might not let it start."""
    found = [
        f"The job {tick.name} has not begun for {tick.age:.0f} s."
        for tick in vitals.ticks
        if tick.age > tick.limit
    ]
    if vitals.written_age > WRITTEN_LIMIT and not vitals.fault:
        found.append(f"The database has taken no write for {vitals.written_age:.0f} s.")
    return tuple(found)
