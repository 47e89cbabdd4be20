"""One update: what is new about an item that the chat was told of, in a few lines."""

from __future__ import annotations

from datetime import date, datetime

from bot.domain.item import Item
from bot.domain.richtext import Line, RichText, bold, italic, rich, text
from bot.rendering.parts import (
    SAMPLE_MARK,
    credits_of,
    headline,
    link,
    origin,
    source_mark,
)
from bot.rendering.times import day_of

_LONGEST_NOTE = 400  # code points
_DATED = (
    ("publication", "in the issue of"),
    ("effective", "effective"),
    ("comments-until", "comments until"),
)


def render_update(item: Item, said: str, *, zone: str, now: datetime) -> RichText:
    """The update for one chat; `said` is what its publisher announces, `zone` the chat's zone."""
    note = said if len(said) <= _LONGEST_NOTE else said[: _LONGEST_NOTE - 1] + "…"
    lines: list[Line] = []
    if item.is_sample:
        lines.append(text(bold(SAMPLE_MARK)))
    lines.append(text(f"{source_mark(item)} ", bold("Update:"), f" {note}"))
    lines.append(text(headline(item)))
    lines.append(text(italic(origin(item, zone, now))))
    if dated := _facts(item, now):
        lines.append(text(dated))
    where = link(item)
    if where is not None:
        lines.append(text("🔗 ", where))
    credit = credits_of([item])
    return rich(*lines, *([credit] if credit else []))


def _facts(item: Item, now: datetime) -> str:
    """The citation and the dates that follow from a publication, on one line."""
    facts = dict(item.facts)
    said = [facts["citation"]] if "citation" in facts else []
    for name, words in _DATED:
        try:
            day = date.fromisoformat(facts.get(name, ""))
        except ValueError:
            continue
        said.append(f"{words} {day_of(day, now)}")
    return " · ".join(said)
