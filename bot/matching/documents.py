"""An item as the engine reads it."""

from __future__ import annotations

from bot.domain.item import Item
from bot.matching.fields import facet_words
from bot.matching.tokens import Document, analyse


def document_of(item: Item) -> Document:
    """The item taken apart; its day is that of its publication, else of its first sight (UTC)."""
    at = item.published_at or item.first_seen_at
    return analyse(item.title, item.text, item.language, facets=facet_words(item), day=at.date())
