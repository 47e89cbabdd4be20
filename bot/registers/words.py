"""Rows and their differences in words: a line of text each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bot.domain.version import Row

MAX_LINE = 20_000
"""Code points of one entry's line; what is longer is cut, and says so."""


def details(row: Row, room: int = MAX_LINE) -> str:
    """An entry on one line: NAME (label: value; label: value)."""
    said = "; ".join(row.text.split("\n"))
    if not said:
        return row.name
    return f"{row.name} ({capped(said, room)})"


def change(old: Row, new: Row, room: int = MAX_LINE) -> str:
    """What changed in an entry on one line: NAME (label: was OLD, now NEW; now label: NEW)."""
    parts: list[str] = []
    if old.name != new.name:
        parts.append(f"was named {old.name}")
    if old.programme != new.programme:
        parts.append(f"was under {bracketed(old.programme) or 'no programme'}")
    before, after = Counter(old.text.split("\n")), Counter(new.text.split("\n"))
    gone, come = _by_label(before - after), _by_label(after - before)
    for label in sorted(gone.keys() | come.keys()):
        parts.extend(_change_of(label, gone.get(label, []), come.get(label, [])))
    said = "; ".join(parts) or "the same, written otherwise"
    return f"{new.name} ({capped(said, room)})"


def bracketed(programme: str) -> str:
    """A programme as lists print it: [SDGT] [IFSR]; "" for none."""
    return f"[{programme}]" if programme else ""


def capped(text: str, limit: int) -> str:
    """At most `limit` code points, the last an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def _by_label(lines: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        if line:
            label, _colon, value = line.partition(": ")
            found.setdefault(label, []).append(value)
    return found


def _change_of(label: str, gone: list[str], come: list[str]) -> list[str]:
    if len(gone) == len(come) == 1:
        before, after = _phrases(gone[0]), _phrases(come[0])
        if len(before) + len(after) > 2:  # one long line of many statements: only those that differ
            gone = [each for each in before if each not in set(after)]
            come = [each for each in after if each not in set(before)]
            if not (gone or come):  # the same statements, in another order
                return []
        else:
            return [f"{label}: was {gone[0]}, now {come[0]}"]
    return [
        *(f"now {label}: {value}" for value in come),
        *(f"no longer {label}: {value}" for value in gone),
    ]


def _phrases(value: str) -> list[str]:
    """ "DOB 1962; POB Shati." is two statements."""
    return [each.strip() for each in value.rstrip(" .").split("; ") if each.strip()]
