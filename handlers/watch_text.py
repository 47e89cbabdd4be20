"""/watch, /edit and /try: a text is shown with what it would tell, and saved by a button."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from bot.domain.chat import ChatKind, ChatState
from bot.domain.query import Query
from bot.domain.question import Question, Topic
from bot.domain.richtext import Line, bold, code, italic, rich, text
from bot.domain.watch import Watch, WatchText
from bot.errors import QueryError
from bot.matching.query import parse
from bot.matching.show import show
from handlers.model import Command, Context, Reply, refuse
from handlers.preview import preview
from handlers.questions import Answered, ask_back
from handlers.watches import MAX_WATCHES, numbered

_LONGEST_LABEL = 48  # code points of a button


async def watch(context: Context, command: Command) -> Reply:
    """Show what a watch would tell, and ask whether to save it."""
    if not command.args:
        return refuse("Say what to watch for.", "/watch rare earths")
    return await propose(context, command, command.args)


async def edit(context: Context, command: Command) -> Reply:
    """Show what a watch would tell with another text, and ask whether to save it."""
    found = await numbered(context, command, "/edit {} rare earths")
    if isinstance(found, Reply):
        return found
    changed, typed = found
    if not typed:
        return Reply(
            body=rich(
                text("Send watch ", bold(str(changed.number)), " as it shall be:"),
                text(code(f"/edit {changed.number} {changed.text}")),
            )
        )
    return await propose(context, command, typed, changed)


async def try_(context: Context, command: Command) -> Reply:
    """Show what a watch would have told."""
    if not command.args:
        return refuse("Say what to try.", "/try rare earths")
    lines, hint = await preview(context, command, parse(command.args), command.args)
    if hint is not None:
        lines.append(text("Try it: ", code(f"/try {show(hint.query)}")))
    lines += [(), text("Watch it: ", code(f"/watch {command.args}"))]
    return Reply(body=rich(*lines))


async def propose(
    context: Context, command: Command, typed: str, changed: Watch | None = None
) -> Reply:
    """What a text would tell, with buttons; `changed` is the watch that it would be the text of."""
    query = parse(typed)
    existing = await context.store.list_watches(command.chat.chat_id)
    refusal = _refusal(existing, typed, query, changed)
    if refusal is not None:
        return refusal
    lines, hint = await preview(context, command, query, typed)
    used = show(hint.query) if hint is not None else ""
    about = {"text": typed, "use": used, "number": changed.number if changed else None}
    buttons = await ask_back(
        context,
        command,
        Topic.EDIT_WATCH if changed else Topic.WATCH,
        json.dumps(about, ensure_ascii=False),
        ("save", "🔔 Save"),
        ("edit", "✏️ Edit"),
        below=(("use", _short(f"💡 Use: {used}")),) if used else (),
    )
    lines.append(())
    if changed is None:
        is_typed = command.chat.kind is ChatKind.LOCAL
        save = (" To save it: ", code("/answer save")) if is_typed else ()
        lines.append(text(italic("Not watched yet."), *save))
    else:
        lines.append(text(f"Until you save, watch {changed.number} asks: ", bold(changed.text)))
    return Reply(body=rich(*lines), buttons=buttons)


def _refusal(
    existing: Sequence[Watch], typed: str, query: Query, changed: Watch | None
) -> Reply | None:
    same = next((each for each in existing if _asks_the_same(each.text, typed, query)), None)
    if same is not None and not (changed and same.number == changed.number and same.text != typed):
        return Reply(
            body=rich(
                text(
                    "Watch ", bold(str(same.number)), " asks this already: “", bold(same.text), "”."
                )
            )
        )
    if changed is None and len(existing) >= MAX_WATCHES:
        return refuse(
            f"This chat has {MAX_WATCHES} watches, which is the most it may have. End one first.",
            f"/unwatch {existing[0].number}",
        )
    return None


def _asks_the_same(kept: str, typed: str, query: Query) -> bool:
    """Whether a watch asks the same, in whatever words: 稀土 and rare earths are one concept."""
    if kept.casefold() == typed.casefold():
        return True
    try:
        return parse(kept) == query
    except QueryError:
        return False


async def saved(context: Context, command: Command, question: Question) -> Answered:
    """The answer "save": a new watch, or another text of one."""
    about = json.loads(question.about)
    typed, number = about["text"], about["number"]
    existing = await context.store.list_watches(command.chat.chat_id)
    changed = next((each for each in existing if each.number == number), None)
    if number is not None and changed is None:
        said = f"Watch {number} has ended meanwhile. Nothing was changed."
        return Answered(reply=Reply(body=rich(text("⚠️ ", said)), is_error=True))
    refusal = _refusal(existing, typed, parse(typed), changed)
    if refusal is not None:
        return Answered(reply=refusal)
    return Answered(
        change=WatchText(chat_id=question.chat_id, text=typed, number=number),
        reply=partial(_is_set, context, command, typed, is_new=number is None),
    )


async def _is_set(context: Context, command: Command, typed: str, *, is_new: bool) -> Reply:
    listed = await context.store.list_watches(command.chat.chat_id)
    made = next((each for each in reversed(listed) if each.text == typed), None)
    if made is None:
        return Reply(body=rich(text("That watch has ended already.")), is_error=True)
    done = " is set: " if is_new else " is changed: "
    lines: list[Line] = [text("🔔 Watch ", bold(str(made.number)), done, bold(made.text))]
    if command.chat.state is ChatState.PAUSED:
        lines.append(text("This chat is paused: it is told nothing until ", code("/start")))
    elif is_new:
        lines.append(text("What answers it from now on comes here, once."))
    lines.append(text("See what it would have found: ", code(f"/search {made.text}")))
    return Reply(body=rich(*lines))


async def to_edit(_context: Context, _command: Command, question: Question) -> Answered:
    """The answer "edit": the text to be changed and sent again."""
    about = json.loads(question.about)
    number = about["number"]
    typed = f"/watch {about['text']}" if number is None else f"/edit {number} {about['text']}"
    body = rich(text("Change it as you like, and send it:"), text(code(typed)))
    return Answered(reply=Reply(body=body), stays_open=True)


async def used(context: Context, command: Command, question: Question) -> Answered:
    """The answer "use": the query of the hint is shown as though it had been typed."""
    about = json.loads(question.about)
    changed: Watch | None = None
    if about["number"] is not None:
        listed = await context.store.list_watches(command.chat.chat_id)
        changed = next((each for each in listed if each.number == about["number"]), None)
    reply = await propose(context, command, about["use"] or about["text"], changed)
    return Answered(reply=reply, stays_open=True)


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"
