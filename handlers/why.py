"""/why: which words of a publication made which watch tell of it."""

from __future__ import annotations

from bot.domain.item import Item
from bot.domain.plan import Told
from bot.domain.richtext import rich, text
from bot.domain.watch import Watch
from bot.errors import QueryError
from bot.matching.documents import document_of
from bot.matching.explain import Reason, explain
from bot.matching.query import parse
from bot.rendering.why import render_why
from handlers.model import Command, Context, Reply, refuse


async def why(context: Context, command: Command) -> Reply:
    """Explain the alert that it replies to, or the N-th last."""
    store, chat_id = context.store, command.chat.chat_id
    word = command.args.strip()
    told: Told | None
    if word:
        if not (word.isascii() and word.isdigit() and 1 <= int(word[:9]) <= 1000):
            return refuse(f"“{word[:30]}” is not a number from 1 to 1000.", "/why 2")
        told = await store.told_last(chat_id, int(word))
        if told is None:
            return _nothing(f"This chat was not told of {int(word)} publications yet.")
    elif command.reply_to is not None:
        told = await store.told_by(chat_id, command.reply_to)
        if told is None:
            return _nothing(
                "That message is no alert, or too old. Reply to an alert, or send /why for the "
                "last one."
            )
    else:
        told = await store.told_last(chat_id, 1)
        if told is None:
            return _nothing("This chat was not told of anything yet.")
    item = told.archived.item
    reasons = [(watch, _reason(watch, item)) for watch in told.watches]
    return Reply(body=render_why(told, reasons, zone=command.chat.zone, now=command.now))


def _reason(watch: Watch, item: Item) -> Reason | None:
    try:
        return explain(parse(watch.text), document_of(item))
    except QueryError:
        return None


def _nothing(said: str) -> Reply:
    return Reply(body=rich(text(said)), is_error=True)
