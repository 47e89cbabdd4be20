"""/watch, /watches, /unwatch."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from bot.domain.chat import ChatState
from bot.domain.query import (
    And,
    Code,
    Concept,
    Facet,
    InTitle,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
)
from bot.domain.richtext import Line, bold, code, italic, rich, text
from bot.errors import QueryError
from bot.matching.concepts import packs
from bot.matching.query import parse
from handlers.model import Command, Context, Reply, refuse

MAX_WATCHES = 100
_MEANT = {
    "or": "“or” is a word here and must occur. For either of two, write OR in capitals.",
    "and": "“and” is a word here and must occur. Leave it out: all words must occur anyhow.",
    "not": "“not” is a word here and must occur. To leave a word out, write -word.",
}


async def watch(context: Context, command: Command) -> Reply:
    """Keep a watch of the text; asking twice makes one."""
    if not command.args:
        return refuse("Say what to watch for.", "/watch rare earths")
    query = parse(command.args)
    existing = await context.store.list_watches(command.chat.chat_id)
    typed = " ".join(command.args.split())
    same = next((w for w in existing if _asks_the_same(w.text, typed, query)), None)
    if same is None and len(existing) >= MAX_WATCHES:
        return refuse(
            f"This chat has {MAX_WATCHES} watches, which is the most it may have. End one first.",
            f"/unwatch {existing[0].number}",
        )
    if same is not None:
        return Reply(
            body=rich(
                text(
                    "Watch ", bold(str(same.number)), " asks this already: “", bold(same.text), "”."
                )
            )
        )
    made, is_new = await context.store.add_watch(
        command.chat.chat_id, typed, command.person.name, command.now
    )
    head = text(
        "🔔 Watch ",
        bold(str(made.number)),
        " is set: " if is_new else " asks this already: ",
        "“",
        bold(made.text),
        "”.",
    )
    lines: list[Line] = [head, text(f"You are told of {understood(query)}.")]
    quoted = _literal_hint(query, typed)
    if quoted is not None:
        lines.append(quoted)
    lines += _small_words(query)
    lines.append(text("See what it would have found: ", code(f"/search {made.text}")))
    if command.chat.state is ChatState.PAUSED:
        lines.append(text("This chat is paused: it is told nothing until ", code("/start")))
    return Reply(body=rich(*lines))


def _asks_the_same(kept: str, typed: str, query: Query) -> bool:
    """Whether a watch asks the same, in whatever words: 稀土 and rare earths are one concept."""
    if kept.casefold() == typed.casefold():
        return True
    try:
        return parse(kept) == query
    except QueryError:
        return False


def _literal_hint(query: Query, typed: str) -> Line | None:
    if isinstance(query, Concept) and not typed.startswith("#"):
        return text("For the mere words, put them in quotation marks: ", code(f'/watch "{typed}"'))
    if isinstance(query, And) and "#" not in typed:
        for part in query.parts:
            if isinstance(part, Concept):
                name = packs()[part.name].name
                return text(f"“{name}” in quotation marks would be the mere words.")
    return None


def _small_words(query: Query) -> list[Line]:
    """What to write instead of or, and, not, which are mere words; nearly nobody means them so."""
    found = {part.text.casefold() for part in _words(query)}
    return [text(hint) for word, hint in _MEANT.items() if word in found]


def _words(query: Query) -> Iterator[Word]:
    match query:
        case Word():
            yield query
        case And() | Or() | Near():
            for part in query.parts:
                yield from _words(part)
        case Not() | InTitle():
            yield from _words(query.part)
        case Phrase() | Concept() | Code() | Facet():
            pass


def understood(query: Query) -> str:
    """The query in words."""
    match query:
        case Word(is_prefix=True):
            return f"words beginning with “{query.text}”"
        case Word():
            return f"“{query.text}” in any form"
        case Phrase():
            words = " ".join(w.text + "*" * w.is_prefix for w in query.words)
            return f"the phrase “{words}”"
        case Concept():
            return f"{packs()[query.name].name} in ten languages"
        case Near():
            said = ", ".join(_inner(part) for part in query.parts)
            return f"{said} within {query.words} words"
        case InTitle():
            return f"in the title {_inner(query.part)}"
        case Code():
            return f"{query.system.upper()} {query.number} or what begins with it"
        case Facet():
            return f"{query.name} {query.value}"
        case And():
            return " and ".join(_inner(part) for part in query.parts)
        case Or():
            return " or ".join(_inner(part) for part in query.parts)
        case Not():
            return f"not {_inner(query.part)}"


def _inner(query: Query) -> str:
    said = understood(query)
    return f"({said})" if isinstance(query, And | Or | Near) else said


async def watches(context: Context, command: Command) -> Reply:
    """The chat's watches with their counts of the last week."""
    listed = await context.store.list_watches(command.chat.chat_id)
    if not listed:
        return Reply(body=rich(text("No watch yet. Set one: ", code("/watch rare earths"))))
    counts = await context.store.match_counts(command.chat.chat_id, command.now - timedelta(days=7))
    lines: list[Line] = [text(bold("Watches of this chat")), ()]
    for each in listed:
        count = counts.get(each.watch_id, 0)
        lines.append(text(bold(f"{each.number}. {each.text}")))
        lines.append(text(italic(f"{_described(each.text)} · {_times(count)} in 7 days")))
    lines += [(), text("End one with ", code(f"/unwatch {listed[0].number}"))]
    return Reply(body=rich(*lines))


def _described(typed: str) -> str:
    try:
        return understood(parse(typed))
    except QueryError as error:
        return f"can no longer be read: {error}"


def _times(count: int) -> str:
    return "no match" if not count else "1 match" if count == 1 else f"{count} matches"


async def unwatch(context: Context, command: Command) -> Reply:
    """End watches by their numbers: one, several, or from one to another."""
    listed = {w.number: w for w in await context.store.list_watches(command.chat.chat_id)}
    example = f"/unwatch {next(iter(listed), 1)}"
    if not command.args.strip():
        return refuse("Say which watch to end; /watches lists them.", example)
    wanted: list[int] = []
    for part in command.args.replace(",", " ").split():
        numbers = _numbers(part, listed)
        if numbers is None:
            return refuse(f"“{part[:30]}” is not a watch's number; /watches lists them.", example)
        if not numbers:
            shown = part.removeprefix("#")[:30]
            return refuse(f"This chat has no watch {shown}; /watches lists them.", example)
        wanted += numbers
    lines: list[Line] = []
    for number in dict.fromkeys(wanted):
        # it may have ended meanwhile: then it has ended all the same
        await context.store.remove_watch(command.chat.chat_id, number, command.now)
        lines.append(
            text("Watch ", bold(str(number)), " “", bold(listed[number].text), "” has ended.")
        )
    if len(lines) == 1:
        lines.append(text("Set it again with ", code(f"/watch {listed[wanted[0]].text}")))
    return Reply(body=rich(*lines))


def _numbers(part: str, listed: Collection[int]) -> list[int] | None:
    """The chat's watches that `7`, `#7` or `4-9` names; None where it names no number at all."""
    first, dash, last = part.removeprefix("#").partition("-")
    ends = (first, last) if dash else (first, first)
    if not all(end.isascii() and end.isdigit() and len(end) < 10 for end in ends):
        return None
    return [number for number in listed if int(ends[0]) <= number <= int(ends[1])]
