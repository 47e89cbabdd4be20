"""One alert: the headline, whence, the sentences that matter, and why this chat is told.

Where the publisher's terms ask for a credit line, it is the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from bot.domain.item import Item
from bot.domain.match import Hit, Part
from bot.domain.richtext import Line, RichText, bold, italic, rich, text
from bot.rendering.parts import (
    SAMPLE_MARK,
    credits_of,
    excerpt,
    headline,
    link,
    origin,
    source_mark,
)

_TERMS_SHOWN = 3  # of a watch: enough to see why


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedWatch:
    """A watch of the chat that the item answers, by its number and what it is called, and where."""

    number: int
    text: str
    hits: tuple[Hit, ...]
    is_urgent: bool = False


def render_alert(
    item: Item, watches: Sequence[MatchedWatch], *, zone: str, now: datetime
) -> RichText:
    """The alert for one chat; `zone` is the chat's IANA zone."""
    hits = sorted({hit for watch in watches for hit in watch.hits}, key=attrgetter("order"))
    lines: list[Line] = []
    if item.is_sample:
        lines.append(
            text(bold(SAMPLE_MARK), italic(" · invented, to show what an alert looks like"))
        )
    lines.append(text(f"{source_mark(item)} ", headline(item)))
    lines.append(text(italic(origin(item, zone, now))))
    lines.extend(excerpt(item, hits))
    lines.extend(_reason(item, watch) for watch in watches)
    where = link(item)
    if where is not None:
        lines.append(text("🔗 ", where))
    credit = credits_of([item])
    return rich(*lines, *([credit] if credit else []))


def _reason(item: Item, watch: MatchedWatch) -> Line:
    """Which watch, and by which words of the item, the title's first."""
    found: dict[str, str] = {}
    for hit in sorted(watch.hits, key=lambda each: each.part is Part.TEXT):
        words = _words(item, hit)
        found.setdefault(words.casefold(), words)
    shown = ", ".join(f"“{words}”" for words in list(found.values())[:_TERMS_SHOWN])
    more = " …" if len(found) > _TERMS_SHOWN else ""
    said = f" · found {shown}{more}" if shown else ""  # a watch of fields alone finds no words
    mark = "🚨" if watch.is_urgent else "🔔"
    return text(f"{mark} Watch {watch.number} ", bold(watch.text), said)


def _words(item: Item, hit: Hit) -> str:
    part = item.title if hit.part is Part.TITLE else item.text
    return " ".join(part[hit.start : hit.end].split())
