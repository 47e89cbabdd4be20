"""What a feed said (RawItem), the normalised fact (Item), and the archived fact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import ItemId, SourceId


class Precision(StrEnum):
    """How much of `published_at` the publisher really said."""

    INSTANT = "instant"
    DAY = "day"  # a date only: the time is midnight in the source's zone, and is not shown
    NONE = "none"


Facts = tuple[tuple[str, str], ...]
"""What an official kind states by name, in its order: (("type", "Rule"), ("effective", …)).

Names in use: type, agency, docket, citation, signed, effective, comments-until, reference, status,
filed, publication, updated, change-note, noted (when that note was made), programme, list. Dates
are ISO 8601; `filed`, `updated` and `noted` are UTC to the second, and compare as times do."""

AWAITED = ("text", "awaited")
"""The fact of an item that is matched by its list's stub, while its own text is still asked for."""

OFFICIAL_NUMBERS = ("celex:", "fr:", "govuk:", "press:")
"""How a guid begins that is an official number: it names one publication, whoever tells of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawItem:
    """One entry as the publisher wrote it: nothing cleaned but the character encoding.

    `published` is the date as text. `text_html` may be HTML or plain text. `facts` are those that
    its kind states by name; they stand in the text, too, where a watch is to find them. `number` is
    an official number (see OFFICIAL_NUMBERS), which only a kind that knows such numbers may give.
    """

    guid: str | None = None
    number: str | None = None
    link: str | None = None
    title: str = ""
    text_html: str = ""
    published: str | None = None
    language: str | None = None
    is_title_html: bool = False
    facts: Facts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A publication, normalised: plain text, no control characters, absolute http(s) link or "".

    `canonical_url` is for identity only (no fragment, no tracking parameters) and is None where
    the link tells nothing. `is_official` is None where that is unknown. `language` is a primary
    subtag or None. Times are aware UTC.
    """

    source_id: SourceId
    source_name: str
    publisher: str
    is_official: bool | None
    title: str
    text: str
    url: str
    first_seen_at: datetime
    guid: str | None = None
    canonical_url: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    precision: Precision = Precision.NONE
    zone: str = "UTC"
    is_sample: bool = False
    jurisdiction: str = ""
    credit: str = ""  # the line that its publisher's terms ask for
    facts: Facts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedItem:
    """An Item with its row."""

    item_id: ItemId
    item: Item
