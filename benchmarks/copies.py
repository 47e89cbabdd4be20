"""Copies of texts as publishers make them: lightly edited, cut short, rewritten."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.stories.traits import StoryItem

KINDS = ("edited", "cut", "rewritten")

_OTHER_WORDS = {
    "said": "announced", "announced": "said", "will": "is set to", "after": "following",
    "imports": "purchases", "ban": "prohibition", "companies": "firms", "firms": "companies",
    "start": "begin", "deal": "agreement", "agreement": "deal", "plans": "intends", "cut": "lower",
    "raise": "increase", "probe": "investigation", "levy": "duty", "goods": "products",
    "teilte": "gab", "sagte": "erklärte", "kündigte": "teilte", "Unternehmen": "Firmen",
    "annoncé": "indiqué", "anunció": "comunicó", "ha": "aveva", "宣布": "表示", "表示": "称",
    "决定": "宣布", "発表した": "明らかにした", "밝혔다": "전했다", "实施": "施行",
}  # fmt: skip
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*(?=\S)")


def copies(items: Sequence[StoryItem], kind: str) -> list[StoryItem]:
    """One copy of each, by another source an hour later; ids go on from the last."""
    chance = random.Random(kind)
    first = max(item.item_id for item in items) + 1
    return [
        replace(
            _copy(item, kind, chance),
            item_id=first + at,
            source=f"{item.source}-copy",
            is_official=False,
            at=item.at + timedelta(hours=1),
        )
        for at, item in enumerate(items)
    ]


def _copy(item: StoryItem, kind: str, chance: random.Random) -> StoryItem:
    match kind:
        case "edited":
            return replace(item, title=item.title.rstrip("."), text=_edited(item.text, chance))
        case "cut":
            # a feed's stub: half of the text, at least a few words
            keep = max(40 if item.text.isascii() else 20, len(item.text) // 2)
            return replace(item, text=item.text[:keep].rstrip() + " …")
        case _:
            return replace(item, title=_reworded(item.title), text=_reordered(item.text))


def _edited(text: str, chance: random.Random) -> str:
    """A word in twenty left out, and a line of the publisher's own after it."""
    words = text.split(" ")
    kept = [w for w in words if w[:1].isdigit() or chance.random() > 0.05]
    return " ".join(kept) + " (Editing by the desk)"


def _reworded(text: str) -> str:
    for one, other in _OTHER_WORDS.items():
        if one.isascii() or one[0].isascii():
            text = re.sub(rf"\b{one}\b", f"\0{other}", text)
        else:
            text = text.replace(one, f"\0{other}")
    return text.replace("\0", "")


def _reordered(text: str) -> str:
    """The sentences the other way round, in other words."""
    return " ".join(_reworded(each) for each in reversed(_SENTENCE.split(text)))
