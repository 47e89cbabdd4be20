"""What a parser hands on: the entries of one page, before anything is cleaned."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.fetch import Fetched
from bot.domain.item import RawItem

MAX_ENTRIES = 5_000
"""Entries taken from one answer, the first listed; feeds list the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPage:
    """The entries as listed, at most MAX_ENTRIES.

    `language` is the page's own statement as written ("en-GB"), or None. `note` is what a person
    should know though the page was read ("2 entries skipped: …"), or "". `next_page` is where older
    entries are listed, and `parts` are the lists of which this one is the index, as written.
    """

    items: tuple[RawItem, ...]
    language: str | None = None
    note: str = ""
    next_page: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Fetched):
    """A Fetched that came after permanent redirects only (301, 308): the catalogue is out of date.

    `moved_to` is the address that the publisher wants to be asked for.
    """

    moved_to: str


def joined_notes(*notes: str) -> str:
    """The notes that say something, as one text."""
    return "; ".join(note for note in notes if note)


def entry_cap_note(found: int) -> str:
    """What is said of a page that lists more than MAX_ENTRIES; "" of any other."""
    if found <= MAX_ENTRIES:
        return ""
    return f"lists {found:,} entries, of which the first {MAX_ENTRIES:,} were read"


def skipped_note(skipped: int, reason: str) -> str:
    """What is said of entries that could not be read; "" where there are none."""
    if not skipped:
        return ""
    return f"{skipped} {'entry' if skipped == 1 else 'entries'} skipped ({reason})"
