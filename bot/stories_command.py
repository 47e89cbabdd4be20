"""`tidewaiter stories --batch`: many items, line by line, to the story and the role of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.sources.language import detect_language
from bot.stories.place import place
from bot.stories.traits import StoryItem
from bot.stories.window import Window

MAX_TEXT = 100_000
"""Code points of a text that are kept; stories look at the beginning only."""

_EXAMPLE = '{"id": "1", "title": "…", "text": "…", "published_at": "2026-03-02T08:00:00Z"}'


class _BadLineError(Exception):
    """What is wrong with a line."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A line that was understood; its id as it is written."""

    identity: str | int
    item: StoryItem


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """An answer a line, in their order: `story` is the id of the story's first item.

    All lines are one batch, whatever their order: {"id", "title", "text", "published_at"} with
    "lang", "source" and "official" where known. Without a zone a time is UTC. A line that cannot be
    read gets `story` and `role` null and an `error`; empty lines get nothing.
    """
    read: list[_Read | dict[str, Any]] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: str | int | None = None
        try:
            asked = _asked(line)
            identity = _identity(asked)
            _check(asked)
            if str(identity) in seen:
                raise _BadLineError(f"id {identity!r} is that of line {seen[str(identity)]} too")
            read.append(_Read(identity, _item(asked, number)))
            seen[str(identity)] = number
        except _BadLineError as error:
            said = f"line {number}: {error}"
            read.append({"id": identity, "story": None, "role": None, "error": said})
    yield from _placed(read)


def _placed(read: list[_Read | dict[str, Any]]) -> Iterator[dict[str, Any]]:
    # numbered by what the lines say, not by where they stand
    known = sorted(
        (each for each in read if isinstance(each, _Read)),
        key=lambda each: (each.item.at, str(each.identity)),
    )
    items = [replace(each.item, item_id=number) for number, each in enumerate(known)]
    found = {
        known[each.item_id].identity: each
        for each in place(items, Window(max_items=len(items))).items
    }
    for line in read:
        if isinstance(line, _Read):
            placement = found[line.identity]
            story = known[placement.story].identity
            yield {"id": line.identity, "story": story, "role": placement.role.value}
        else:
            yield line


def _asked(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise _BadLineError(f"not JSON ({error})") from None
    if not isinstance(asked, dict):
        raise _BadLineError(f"not an object such as {_EXAMPLE}")
    return asked


def _identity(asked: dict[str, Any]) -> str | int:
    identity = asked.get("id")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        raise _BadLineError("“id” is missing or neither a string nor a whole number")
    return identity


def _check(asked: dict[str, Any]) -> None:
    for name in ("title", "text"):
        if not isinstance(asked.get(name), str | None):
            raise _BadLineError(f"“{name}” is not a string")
    if not (asked.get("title") or asked.get("text")):
        raise _BadLineError("“title” and “text” are missing or empty: one of them is needed")
    for name in ("lang", "source"):
        if not isinstance(asked.get(name, ""), str | None):
            raise _BadLineError(f"“{name}” is not a string")
    if not isinstance(asked.get("official", False), bool | None):
        raise _BadLineError("“official” is neither true nor false")


def _item(asked: dict[str, Any], number: int) -> StoryItem:
    title, text = asked.get("title") or "", (asked.get("text") or "")[:MAX_TEXT]
    language = asked.get("lang") or detect_language(f"{title}\n{text}".strip())
    return StoryItem(
        item_id=number,
        title=title,
        text=text,
        language=language.lower().partition("-")[0] if language else None,
        at=_at(asked.get("published_at")),
        source=asked.get("source") or "",
        is_official=bool(asked.get("official")),
    )


def _at(said: object) -> datetime:
    if not isinstance(said, str):
        raise _BadLineError("“published_at” is missing or not a time such as 2026-03-02T08:00:00Z")
    try:
        at = datetime.fromisoformat(said)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _BadLineError(
            f"“published_at” {said[:40]!r} is not a time such as 2026-03-02T08:00:00Z"
        ) from None
