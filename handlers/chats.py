"""/start and /stop: who is told, and who may say so."""

from __future__ import annotations

from bot.domain.chat import ChatKind, ChatState
from bot.domain.richtext import Button, Line, code, rich, text
from handlers.digests import describe_digest
from handlers.model import Command, Context, Reply

READY_WATCHES = ("rare earths", "Nexperia", "export licence")
"""What /start offers as buttons, and what the local chat begins with."""


async def start(context: Context, command: Command) -> Reply:
    """Make the chat active, if an operator sends it or has let the bot in."""
    chat = command.chat
    may = (
        chat.kind is ChatKind.LOCAL
        or chat.state is not ChatState.STRANGER
        or context.is_operator(command.person)
        or bool(
            await context.store.states_at(chat.address)
            & {ChatState.ADMITTED, ChatState.ACTIVE, ChatState.PAUSED}
        )
    )
    if not may:
        return not_subscribed(context, command)
    was_active = chat.state is ChatState.ACTIVE
    chat = await context.store.set_chat_state(chat.chat_id, ChatState.ACTIVE, command.now)
    watches = await context.store.list_watches(chat.chat_id)
    return Reply(
        body=rich(
            text(
                "This chat was subscribed already."
                if was_active
                else "This chat is subscribed. "
                "I read what trade ministries, official journals and the press publish."
            ),
            text(
                "Say what to watch for, in any of ten languages: ",
                code("/watch rare earths"),
                ". Whatever answers it comes here within minutes, once, with the sentence "
                "that matters.",
            ),
            text(describe_digest(chat, command.now)),
            text(
                f"{_count(len(watches))}. /search looks back, /stop pauses, /help shows the rest."
            ),
        ),
        buttons=tuple(
            (Button(f"🔔 {ready}", f"watch:{ready}"),)
            for ready in READY_WATCHES
            if ready.casefold() not in {watch.text.casefold() for watch in watches}
        ),
    )


def _count(watches: int) -> str:
    if not watches:
        return "There is no watch yet"
    return "There is one watch" if watches == 1 else f"There are {watches} watches"


async def stop(context: Context, command: Command) -> Reply:
    """Pause the chat."""
    if command.chat.state is ChatState.PAUSED:
        return Reply(body=rich("This chat is paused already. /start resumes."))
    await context.store.set_chat_state(command.chat.chat_id, ChatState.PAUSED, command.now)
    count = len(await context.store.list_watches(command.chat.chat_id))
    kept = "Your watch is kept" if count == 1 else f"Your {count} watches are kept"
    return Reply(
        body=rich(
            f"Paused: no alerts and no digests. {kept if count else 'Nothing is lost'}.",
            text("Resume with ", code("/start")),
        )
    )


def not_operator(command: Command) -> Reply:
    """A refusal of what only operators may do, with the number that makes one of a person."""
    number = command.person.user_id
    return Reply(
        body=rich(
            text("⚠️ Only operators of this bot may do that: the people of TIDEWAITER_ADMINS."),
            text("Your user number is ", code(str(number)), ".")
            if number is not None
            else text("Write under your own name: I cannot see who an anonymous sender is."),
        ),
        is_error=True,
    )


def not_subscribed(context: Context, command: Command) -> Reply:
    """A polite refusal that tells the person what an operator needs to know."""
    who: Line = (
        text("Your user number is ", code(str(command.person.user_id)), ".")
        if command.person.user_id is not None
        else text("This chat's number is ", code(str(command.chat.address.number)), ".")
    )
    hint = (
        "Ask the desk that runs this bot to send /start here."
        if context.admins
        else "The desk that runs this bot has named no operator yet (TIDEWAITER_ADMINS)."
    )
    return Reply(body=rich(text("This chat is not subscribed. ", hint), who), is_error=True)
