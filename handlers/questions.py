"""Questions that commands ask back, and /answer: once, by an operator of the same chat.

A question lies in the database until it is answered, so that its buttons work after a restart; the
answer and what follows from it are stored together.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.domain.desk import DeskChange
from bot.domain.item import Precision
from bot.domain.question import KEPT, Question, Topic, answer_button
from bot.domain.richtext import Button, rich, text
from bot.rendering.times import local_time
from handlers.model import Command, Context, Reply, Run, refuse

CANCEL = "cancel"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
_CODE_LENGTH = 7
_EXAMPLE = "/answer k7m2xqp add"
_NOTHING = DeskChange()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What follows from an answer: the change, and what to say when it is stored."""

    reply: Reply
    change: DeskChange = _NOTHING


Act = Callable[[Context, Command, Question], Awaitable[Answered]]
Acts = Mapping[Topic, Mapping[str, Act]]
"""What each word means as an answer to a question on a topic; `cancel` always means nothing."""


async def ask_back(
    context: Context, command: Command, topic: Topic, about: str, *words: tuple[str, str]
) -> tuple[tuple[Button, ...], ...]:
    """Keep a question, and give its buttons: (word, label) each, and one to cancel."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    await context.store.ask(
        Question(
            code=code,
            chat_id=command.chat.chat_id,
            topic=topic,
            about=about,
            asked_by=command.person.name,
            asked_at=command.now,
        )
    )
    return (
        tuple(answer_button(code, word, label) for word, label in (*words, (CANCEL, "✖ Cancel"))),
    )


def answer_with(acts: Acts) -> Run:
    """The command that answers questions on these topics."""

    async def answer(context: Context, command: Command) -> Reply:
        """Answer a question, as one of its buttons does."""
        code, _, word = command.args.casefold().partition(" ")
        if not code or not word:
            return refuse("Say which question, and the answer, as its buttons do.", _EXAMPLE)
        question = await context.store.find_question(code)
        while question is not None and not question.answer:
            if question.chat_id != command.chat.chat_id:
                return _unknown(code)
            reply = await answer_open(context, command, question, word)
            if reply is not None:
                return reply
            # answered meanwhile, or the catalogue is another one: then it is decided anew on that
            await context.catalogue.refresh()
            question = await context.store.find_question(code)
        if question is None or question.chat_id != command.chat.chat_id:
            return _unknown(code)
        return _answered_before(question, command)

    async def answer_open(
        context: Context, command: Command, question: Question, word: str
    ) -> Reply | None:
        """The reply to an answer that was stored or cannot be one; None where it was not stored."""
        words = acts[question.topic]
        if word == CANCEL:
            answered = Answered(reply=Reply(body=rich(text("✖ Cancelled. Nothing was changed."))))
        elif word in words:
            answered = await words[word](context, command, question)
        else:
            known = " or ".join([*words, CANCEL])
            return refuse(
                f"“{word[:30]}” is no answer to that; say {known}.",
                f"/answer {question.code} {CANCEL}",
            )
        is_stored = await context.store.answer(
            question.code, word, command.person.name, command.now, answered.change
        )
        if not is_stored:
            return None
        await context.catalogue.refresh()
        return answered.reply

    return answer


def _unknown(code: str) -> Reply:
    return Reply(
        body=rich(
            text(
                f"⚠️ There is no question “{code[:20]}” in this chat. Questions are kept for "
                f"{KEPT.days} days; send the command again."
            )
        ),
        is_error=True,
    )


def _answered_before(question: Question, command: Command) -> Reply:
    at = question.answered_at or question.asked_at
    when = local_time(at, command.chat.zone, Precision.INSTANT, command.now)
    return Reply(
        body=rich(
            text(
                f"That was answered already: “{question.answer}”, by {question.answered_by}, "
                f"{when}. Nothing was changed now."
            )
        ),
        is_error=True,
    )
