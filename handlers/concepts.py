"""/concepts: what may be asked for by one name in ten languages."""

from __future__ import annotations

import difflib
from itertools import groupby
from operator import attrgetter

from bot.domain.richtext import Line, bold, code, italic, rich, text
from bot.matching.concepts import concept_for_words, own_packs, packs
from bot.matching.pack import Pack
from handlers.model import Command, Context, Reply, refuse

_LANGUAGES = {
    "en": "English",
    "zh": "Chinese",
    "de": "German",
    "fr": "French",
    "nl": "Dutch",
    "ja": "Japanese",
    "ko": "Korean",
    "es": "Spanish",
    "it": "Italian",
}
_SHOWN = 8  # terms of a language; the file has them all


async def concepts(_context: Context, command: Command) -> Reply:
    """The concepts group by group, or one of them with its terms."""
    wanted = command.args.strip().removeprefix("#")
    if not wanted:
        return _overview()
    key = wanted.casefold()
    key = key if key in packs() else concept_for_words(wanted) or ""
    if key:
        return _one(packs()[key])
    close = _close(wanted.casefold())
    hint = f"Did you mean {', '.join(close)}? " if close else ""
    return refuse(
        f"There is no concept “{wanted[:30]}”. {hint}/concepts lists them all.",
        f"/concepts {close[0] if close else 'rare-earths'}",
    )


def _overview() -> Reply:
    known = packs().values()
    lines: list[Line] = [text(bold("Concepts"), f": {len(known)} matters, each in ten languages.")]
    in_order = sorted(known, key=lambda pack: (pack.key in own_packs(), pack.group))
    for group, members in groupby(in_order, key=attrgetter("group")):
        lines += [(), text(bold(group)), text(" · ".join(pack.key for pack in members))]
    lines += [
        (),
        text("What one means: ", code("/concepts rare-earths")),
        text("Watch one: ", code("/watch #rare-earths")),
    ]
    return Reply(body=rich(*lines))


def _one(pack: Pack) -> Reply:
    lines: list[Line] = [text(bold(pack.name)), text(pack.gloss), ()]
    for language in dict.fromkeys((*_LANGUAGES, *pack.any_terms, *pack.only_terms)):
        terms = dict.fromkeys(
            term.removeprefix("=")
            for table in (pack.any_terms, pack.only_terms)
            for term in table.get(language, ())
        )
        if terms:
            lines.append(text(italic(f"{_LANGUAGES.get(language, language)}: "), _some([*terms])))
    if pack.not_terms:
        lines += [(), text(italic("Not: "), _some([t.removeprefix("=") for t in pack.not_terms]))]
    notes = []
    if pack.near:
        notes.append("some words count only near certain others")
    if pack.unless:
        notes.append("beside some words nothing counts")
    if notes:
        lines.append(text(italic(f"Also: {'; '.join(notes)}.")))
    lines += [(), text("Watch it: ", code(f"/watch #{pack.key}"))]
    return Reply(body=rich(*lines))


def _some(terms: list[str]) -> str:
    rest = len(terms) - _SHOWN
    shown = ", ".join(terms[:_SHOWN])
    return f"{shown}, and {rest} more" if rest > 1 else ", ".join(terms[: _SHOWN + 1])


def _close(wanted: str) -> list[str]:
    """Concepts that have the word in their key or name, or are spelt nearly so."""
    within = [p.key for p in packs().values() if wanted in p.key or wanted in p.name.casefold()]
    return within[:3] or difflib.get_close_matches(wanted, packs(), n=3, cutoff=0.5)
