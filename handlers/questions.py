"""Questions that commands ask back, and /answer: once, in the chat that was asked.

A question lies in the database until it is answered, so that its buttons work after a restart; the
answer and what follows from it are stored together.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.item import Precision
from bot.domain.question import KEPT, Change, Question, Topic, answer_button
from bot.domain.richtext import Button, rich, text
from bot.rendering.times import local_time
from handlers.chats import not_operator
from handlers.model import Audience, Command, Context, Reply, Run, refuse

CANCEL = "cancel"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
_CODE_LENGTH = 7
_EXAMPLE = "/answer k7m2xqp add"
_Word = tuple[str, str]
"""A word and the label of its button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What follows from an answer: the change, and what to say, which may be found out when the
    change is stored. An answer that `stays_open` changes nothing, and can be given again."""

    reply: Reply | Callable[[], Awaitable[Reply]]
    change: Change | None = None
    stays_open: bool = False


Act = Callable[[Context, Command, Question], Awaitable[Answered]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What each word means as an answer to a question on a topic, and who may give it; `cancel`
    always means nothing."""

    words: Mapping[str, Act]
    audience: Audience = Audience.SUBSCRIBED


Acts = Mapping[Topic, Answers]


async def ask_back(
    context: Context,
    command: Command,
    topic: Topic,
    about: str,
    *words: _Word,
    below: tuple[_Word, ...] = (),
) -> tuple[tuple[Button, ...], ...]:
    """Keep a question, and give its buttons: one for each word and one to cancel, and those `below`
    in rows of their own."""
    code = await keep_question(context, command, topic, about)
    first = tuple(
        answer_button(code, word, label) for word, label in (*words, (CANCEL, "✖ Cancel"))
    )
    return (first, *((answer_button(code, word, label),) for word, label in below))


async def keep_question(context: Context, command: Command, topic: Topic, about: str) -> str:
    """Keep a question; its code."""
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
    return code


async def find_question(context: Context, command: Command, code: str) -> Question | None:
    """The question of this code, if it was asked in this chat."""
    question = await context.store.find_question(code)
    return question if question and question.chat_id == command.chat.chat_id else None


def answer_with(acts: Acts) -> Run:
    """The command that answers questions on these topics."""

    async def answer(context: Context, command: Command) -> Reply:
        """Answer a question, as one of its buttons does; without a code, the person's last one."""
        code, _, word = command.args.casefold().partition(" ")
        if code and not word:
            code, word = "", code
        if not word:
            return refuse("Say which question, and the answer, as its buttons do.", _EXAMPLE)
        while True:
            question = (
                await find_question(context, command, code)
                if code
                else await context.store.last_question(command.chat.chat_id, command.person.name)
            )
            if question is None or question.topic not in acts:
                return unknown_question(code)
            answers = acts[question.topic]
            if answers.audience is Audience.OPERATORS and not context.may_administer(command):
                return not_operator(command)
            if question.answer:
                return _answered_before(question, command)
            reply = await answer_open(context, command, question, word)
            if reply is not None:
                return reply
            # answered meanwhile, or the catalogue is another one: then it is decided anew on that
            await context.catalogue.refresh()
            code = question.code

    async def answer_open(
        context: Context, command: Command, question: Question, word: str
    ) -> Reply | None:
        """The reply to an answer that was stored or cannot be one; None where it was not stored."""
        words = acts[question.topic].words
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
        if not answered.stays_open:
            is_stored = await context.store.answer(
                question.code, word, command.person.name, command.now, answered.change
            )
            if not is_stored:
                return None
            await context.catalogue.refresh()
        reply = answered.reply
        return reply if isinstance(reply, Reply) else await reply()

    return answer


def unknown_question(code: str) -> Reply:
    """What to say of a code that names no question of the chat; "" where none was given."""
    asked = (
        f"no question “{code[:20]}” in this chat" if code else "nothing that you were asked here"
    )
    return Reply(
        body=rich(
            text(
                f"⚠️ There is {asked}. Questions are kept for {KEPT.days} days; send the command "
                "again."
            )
        ),
        is_error=True,
    )


def when(at: datetime, command: Command) -> str:
    """A time as the command's chat reads it."""
    return local_time(at, command.chat.zone, Precision.INSTANT, command.now)


def _answered_before(question: Question, command: Command) -> Reply:
    at = when(question.answered_at or question.asked_at, command)
    return Reply(
        body=rich(
            text(
                f"That was answered already: “{question.answer}”, by {question.answered_by}, "
                f"{at}. Nothing was changed now."
            )
        ),
        is_error=True,
    )
