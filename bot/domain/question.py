"""A question that a command asks back, with buttons for its answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.desk import DeskChange
from bot.domain.ids import ChatId
from bot.domain.richtext import Button
from bot.domain.watch import WatchText

KEPT = timedelta(days=7)
"""A question is open for so long; then it is too old to be answered, and is forgotten."""


class Topic(StrEnum):
    """What a question is about: whoever asks it also knows what an answer does."""

    ADD_SOURCE = "add-source"
    REMOVE_SOURCE = "remove-source"
    WATCH = "watch"
    EDIT_WATCH = "edit-watch"
    SEARCH = "search"  # has no answer: it keeps what its pages are pages of


Change = DeskChange | WatchText
"""What may follow from an answer; stored together with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Kept until it is answered, once, in the chat in which it was asked; a restart forgets none.

    `code` names it in buttons and typed answers. `about` is what its topic needs to act on the
    answer, as JSON. `answer` is the word that was chosen, "" while it is open.
    """

    code: str
    chat_id: ChatId
    topic: Topic
    about: str
    asked_by: str
    asked_at: datetime
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None


def answer_button(code: str, word: str, label: str) -> Button:
    """A button that answers a question with a word; typed, it is `/answer CODE WORD`."""
    return Button(label, f"answer:{code} {word}")
