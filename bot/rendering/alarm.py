"""Alarms about the service itself, as operators read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.domain.alarm import AlarmTopic, Trouble
from bot.domain.item import Precision
from bot.domain.richtext import RichText, bold, italic, rich, text
from bot.rendering.times import local_time

HEADLINES: Mapping[AlarmTopic, tuple[str, str]] = {
    AlarmTopic.BACKUP: ("The nightly backup failed", "The nightly backup works again"),
    AlarmTopic.CANARY: ("The canary does not arrive", "The canary arrives again"),
    AlarmTopic.DISK: ("The disk is full: polling rests", "The disk has room: polling goes on"),
}
"""When it begins, and when it is over; docs/operations.md explains each."""

_LONGEST = 600  # characters of a reason


def render_alarm(trouble: Trouble, since: datetime, *, zone: str, now: datetime) -> RichText:
    """What is wrong, since when, and what to do."""
    detail = trouble.detail
    short = detail if len(detail) <= _LONGEST else detail[: _LONGEST - 1] + "…"
    at = local_time(since, zone, Precision.INSTANT, now)
    return rich(
        text("⚠️ ", bold(HEADLINES[trouble.topic][0])),
        " ".join(short.split()),
        text(italic(f"Since {at}. You will be told when it is over.")),
    )


def render_alarm_over(topic: AlarmTopic, since: datetime, *, zone: str, now: datetime) -> RichText:
    """One line when it is over."""
    at = local_time(since, zone, Precision.INSTANT, now)
    return rich(text("✓ ", bold(HEADLINES[topic][1]), f" (the trouble began {at})"))
