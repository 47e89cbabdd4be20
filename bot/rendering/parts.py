"""The pieces of an item that alerts, digests and lists share, so that they look alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain.item import Item
from bot.domain.match import Hit, Part
from bot.domain.richtext import Line, Span, bold, italic, text
from bot.rendering.times import published
from bot.summaries.extract import extract

SAMPLE_MARK = "SAMPLE"

LANGUAGES = {
    "ar": "Arabic",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""English names of primary subtags; others are shown as they are."""

_BREAK = re.compile(r"[\r\n]+")
_LONGEST_TITLE = 300  # code points; Federal Register titles run to a thousand


def language_name(language: str | None) -> str:
    """A language in words, or "" where it is unknown."""
    return LANGUAGES.get(language, language) if language else ""


def headline(item: Item) -> Span:
    """The title in bold, short enough for a headline."""
    title = _one_line(item.title).strip() or "(without a title)"
    return bold(title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…")


def source_mark(item: Item) -> str:
    """A sign for official publications, one for the press, and one where that is unknown."""
    return {True: "📜", False: "📰", None: "📄"}[item.is_official]


def class_name(is_official: bool | None) -> str:
    """ "official" or "press"; "" where that is unknown."""
    return {True: "official", False: "press", None: ""}[is_official]


def origin(item: Item, zone: str, now: datetime) -> str:
    """Who published it, whether official or press, when, in which language."""
    parts = (
        item.source_name,
        class_name(item.is_official),
        published(item, zone, now),
        language_name(item.language),
    )
    return " · ".join(part for part in parts if part)


def brief(item: Item, zone: str, now: datetime, more: str = "") -> list[Line]:
    """An item in two lines: its title; whence, when, its link, and what `more` there is to say."""
    mark = f"{SAMPLE_MARK} · " if item.is_sample else ""
    whence: list[str | Span] = [f"   {mark}{item.source_name} · {published(item, zone, now)}"]
    where = link(item)
    if where is not None:
        whence += [" · ", where]
    return [text(f"{source_mark(item)} ", headline(item)), text(*whence, more)]


def link(item: Item) -> Span | None:
    """The link, shown by its host; None for an item without one."""
    host = urlsplit(item.url).hostname if item.url else None
    return Span(host, url=item.url) if host else None


def credits_of(items: Iterable[Item]) -> Line | None:
    """The credit lines that the terms of these items' publishers ask for, each once, on one line;
    None where none asks."""
    asked = dict.fromkeys(item.credit for item in items if item.credit)
    return (italic(_one_line(" · ".join(asked))),) if asked else None


def excerpt(item: Item, hits: Sequence[Hit]) -> Iterator[Line]:
    """The sentences that matter, a line each, with the matched words in bold."""
    places = sorted({(h.start, h.end) for h in hits if h.part is Part.TEXT})
    for piece in extract(item.title, item.text, hits):
        line = list(marked(item.text, piece.start, piece.end, places))
        if piece.is_cut_before:
            line.insert(0, Span("… "))
        if piece.is_cut_after:
            line.append(Span(" …"))
        yield tuple(line)


def marked(text: str, start: int, end: int, places: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """A run of a text on one line, what lies in `places` (in order) in bold."""
    at = start
    for place_start, place_end in places:
        first, last = max(place_start, at), min(place_end, end)
        if first >= last:
            continue
        if at < first:
            yield Span(_one_line(text[at:first]))
        yield bold(_one_line(text[first:last]))
        at = last
    if at < end:
        yield Span(_one_line(text[at:end]))


def shortened(words: str, longest: int) -> str:
    """The words, cut to `longest` code points with an ellipsis where they are more."""
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def _one_line(text: str) -> str:
    return _BREAK.sub(" ", text)
