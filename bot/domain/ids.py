"""Identifiers: each its own type, so that a chat's number is never taken for a watch's."""

from typing import NewType

SourceId = NewType("SourceId", str)
"""A source's name in the catalogue: lower-case letters, digits and hyphens."""

ItemId = NewType("ItemId", int)
"""Row of an archived item; grows with time, so newest first is highest first."""

ChatId = NewType("ChatId", int)
"""Our own number of a chat. Telegram's number is in its Address and may change."""

WatchId = NewType("WatchId", int)
"""Row of a watch. What people type is the watch's number within its chat."""

MessageId = NewType("MessageId", int)
"""Row of an outbox message. Not Telegram's message_id."""
