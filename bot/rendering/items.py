"""Lists of items: /search and /latest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.item import Item
from bot.domain.match import Hit
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """An item and, in a search, where it answers."""

    item: Item
    hits: tuple[Hit, ...] = ()


def render_items(
    head: str,
    items: Sequence[ListedItem],
    *,
    zone: str,
    now: datetime,
    empty: str,
    more: str | None = None,
    first: int = 1,
) -> RichText:
    """A headed list in the given order, numbered from `first`; `empty` stands alone where there is
    nothing to list."""
    if not items:
        return rich(text(empty))
    lines: list[Line] = [text(bold(head))]
    for number, listed in enumerate(items, first):
        lines += [(), *_entry(number, listed, zone, now)]
    if more:
        lines += [(), text(italic(more))]
    credit = credits_of(listed.item for listed in items)
    return rich(*lines, *([(), credit] if credit else []))


def _entry(number: int, listed: ListedItem, zone: str, now: datetime) -> list[Line]:
    item = listed.item
    mark = f"{SAMPLE_MARK} · " if item.is_sample else ""
    lines: list[Line] = [
        text(f"{number}. {source_mark(item)} ", headline(item)),
        text(italic(f"{mark}{origin(item, zone, now)}")),
    ]
    if listed.hits:
        lines.extend(list(excerpt(item, listed.hits))[:1])
    where = link(item)
    return [*lines, text("🔗 ", where)] if where is not None else lines
