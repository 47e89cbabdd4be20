"""What a watch would tell, before anybody saves it: understood, back-tested, with the best hint."""

from __future__ import annotations

from collections.abc import Iterator

from bot.archive.backtest import BROAD, COMMON, Backtest, Hint, Tally, Turn, backtest
from bot.domain.query import And, Code, Concept, Facet, InTitle, Near, Not, Or, Phrase, Query, Word
from bot.domain.richtext import Line, bold, code, italic, text
from bot.matching.concepts import packs
from bot.matching.show import show
from bot.matching.tokens import tokenise
from bot.rendering.parts import brief
from bot.rendering.understood import understood
from handlers.model import Command, Context

_MONTH, _QUARTER = 30, 90
_MIN_DAYS = 2.0  # of an archive, from which a rate can be told
_SHORT, _SHORT_PREFIX = 1, 2  # letters of a word that stands in nearly every text
_MEANT = {
    "or": "“or” is a word here and must occur. For either of two, write OR in capitals.",
    "and": "“and” is a word here and must occur. Leave it out: all words must occur anyhow.",
    "not": "“not” is a word here and must occur. To leave a word out, write -word.",
}


async def preview(
    context: Context, command: Command, query: Query, typed: str
) -> tuple[list[Line], Hint | None]:
    """The lines, and the hint that they name, if any."""
    found = await backtest(context.store, query, now=command.now)
    hint = best_hint(found)
    zone, now = command.chat.zone, command.now
    lines = [text("🔎 ", bold(typed)), text(italic(_sentence(understood(query))))]
    lines += _notes(query, typed)
    lines += [(), text("📊 ", told(found))]
    if found.share >= COMMON:
        lines.append(
            text(f"⚠️ {found.share:.0%} of the newest publications answer it: narrow it down.")
        )
    if found.latest:
        lines += [(), text("The latest:")]
        for each in found.latest:
            lines += brief(each.archived.item, zone, now)
    if hint is not None:
        lines += [(), text("💡 ", hinted(hint, found.tally))]
    return lines, hint


def told(found: Backtest) -> str:
    """How often it would have told, of the days that the archive knows, and how often that is."""
    if found.is_empty:
        return "Nothing was read yet, so nobody can say how often it would tell."
    days, tally = round(found.days), found.tally
    back = f"the {days} days that the archive goes back" if days > 1 else "what was read so far"
    if not tally.quarter:
        where = f"the last {_QUARTER} days" if days >= _QUARTER else back
        return f"It would have told you nothing in {where}."
    if days <= _MONTH:
        said = f"{_times(tally.quarter, tally)} in {back}"
    else:
        month = _times(tally.month, tally)
        counted = _number(tally.quarter, tally)
        quarter = f"{'once' if counted == '1' else counted} in " + (
            f"{_QUARTER}" if days >= _QUARTER else back
        )
        said = f"{month} in the last {_MONTH} days, {quarter}"
    rate = _rate(found.a_week) if found.days >= _MIN_DAYS else ""
    return f"It would have told you {said}{rate}."


def _times(count: float, tally: Tally) -> str:
    number = _number(count, tally)
    return {"0": "never", "1": "once"}.get(number, f"{number} times")


def _number(count: float, tally: Tally) -> str:
    if not tally.is_estimate:
        return f"{round(count):,}"
    return f"about {_rounded(count):,}"


def _rounded(count: float) -> int:
    """Two digits of an estimate: more would say more than is known."""
    whole = round(count)
    step: int = 10 ** max(0, len(str(whole)) - 2)
    return round(whole / step) * step


def _rate(a_week: float) -> str:
    if a_week >= 1.5:
        return f": about {_rounded(a_week):,} a week"
    if a_week >= 0.75:
        return ": about one a week"
    a_month = a_week * _MONTH / 7
    if a_month >= 1.5:
        return f": about {round(a_month)} a month"
    return ": about one a month" if a_month >= 0.75 else ": less than one a month"


def best_hint(found: Backtest) -> Hint | None:
    """The one that helps most: where it is too broad what makes it quietest, else what finds more,
    a concept before all."""
    by_turn = {hint.turn: hint for hint in found.hints}
    quieter = [
        by_turn[turn]
        for turn in (Turn.TITLE, Turn.OFFICIAL)
        if turn in by_turn and by_turn[turn].tally.quarter
    ]
    if found.a_week > BROAD and quieter:
        return min(quieter, key=lambda hint: hint.tally.quarter)
    return by_turn.get(Turn.CONCEPT) or by_turn.get(Turn.WITHOUT)


def hinted(hint: Hint, tally: Tally) -> str:
    """The hint in a sentence; `tally` is that of the query as it was typed."""
    other = _number(hint.tally.quarter, hint.tally)
    instead = f"instead of {_number(tally.quarter, tally)}"
    match hint.turn:
        case Turn.CONCEPT:
            return f"As {show(hint.query)}, in ten languages: {other} {instead}."
        case Turn.WITHOUT:
            part = _sentence(understood(hint.part))
            return f"{part} keeps it quiet: without that, {other} {instead}."
        case Turn.TITLE:
            return f"That is much. In titles alone: {other} {instead}."
        case Turn.OFFICIAL:
            return f"That is much. From authorities alone: {other} {instead}."


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _notes(query: Query, typed: str) -> Iterator[Line]:
    """What nearly nobody means as it was typed, and what else it may mean."""
    if isinstance(query, Concept) and not typed.startswith("#"):
        yield text("For the mere words, put them in quotation marks: ", code(f'"{typed}"'))
    elif isinstance(query, And) and "#" not in typed:
        names = [packs()[part.name].name for part in query.parts if isinstance(part, Concept)]
        if names:
            yield text(f"“{names[0]}” in quotation marks would be the mere words.")
    words = list(_words(query))
    found = {word.text.casefold() for word in words}
    yield from (text(hint) for word, hint in _MEANT.items() if word in found)
    short = dict.fromkeys(word.text + "*" * word.is_prefix for word in words if _is_short(word))
    if short:
        named = ", ".join(f"“{each}”" for each in short)
        yield text(f"⚠️ {named} is so short that nearly every text has it.")


def _is_short(word: Word) -> bool:
    """Not one character of Chinese, Japanese or Korean, which is a word of its own."""
    if len(word.text) > (_SHORT_PREFIX if word.is_prefix else _SHORT):
        return False
    return not any(token.is_cjk for token in tokenise(word.text))


def _words(query: Query) -> Iterator[Word]:
    """The words that must occur."""
    match query:
        case Word():
            yield query
        case And() | Or() | Near():
            for part in query.parts:
                yield from _words(part)
        case InTitle():
            yield from _words(query.part)
        case Not() | Phrase() | Concept() | Code() | Facet():
            pass
