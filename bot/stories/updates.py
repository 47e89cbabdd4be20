"""How far a publication has come, and what its publisher announces of it. Pure.

A document of the Federal Register is on file for public inspection, then published; a page of
GOV.UK is changed again and again, each time with a note. Two sources may tell of the same one, in
either order: what tells of the earlier state never takes the place of the later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.item import Item

INSPECTION = "public inspection"
PUBLISHED = "published"
_STAGES = ("", INSPECTION, PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is new about a publication, by its publisher's own word. `said` is for people; `key` is
    another for each announcement of one publication."""

    said: str
    key: str


def fact(item: Item, name: str) -> str:
    """The first fact of that name; "" where there is none."""
    return next((value for each, value in item.facts if each == name), "")


def progress(old: Item, new: Item) -> int:
    """1 where `new` tells of a later state of the publication than `old`, -1 of an earlier one, 0
    where both are of one state, or neither says."""
    before, after = _state(old), _state(new)
    return (after > before) - (after < before)


def _state(item: Item) -> tuple[int, str]:
    status = fact(item, "status")
    return (_STAGES.index(status) if status in _STAGES else 0, fact(item, "updated"))


def announced(old: Item, new: Item) -> Announcement | None:
    """What the publisher announces by the change from `old` to `new`: a new official status, or a
    change with a note. None of a mere edit, and of the note that a page was published at all."""
    if fact(old, "status") == INSPECTION and fact(new, "status") == PUBLISHED:
        return Announcement(said="now published", key=PUBLISHED)
    note, at = fact(new, "change-note"), fact(new, "noted")
    if note and "" < (fact(old, "noted") or fact(old, "updated")) < at:
        return Announcement(said=note, key=at)
    return None


def succeeded(old: Item, new: Item) -> Item:
    """The archived item `old` after the change to `new`: first seen when it was; with the date of
    `new` only where that is the date of a new official status, for edits are stamped anew."""
    new = replace(new, first_seen_at=old.first_seen_at)
    if fact(old, "status") == fact(new, "status"):
        new = replace(new, published_at=old.published_at, precision=old.precision, zone=old.zone)
    return new
