"""Something that operators must hear of: once when it begins, once when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AlarmTopic(StrEnum):
    """What an alarm is about, by its one word in the database."""

    BACKUP = "backup"
    CANARY = "canary"
    DISK = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong: `detail` is a sentence for a person."""

    topic: AlarmTopic
    detail: str
