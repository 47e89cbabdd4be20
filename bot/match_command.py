"""`tidewaiter match`: one text against one query, or many of both line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.domain.match import Hit, Part
from bot.domain.query import Query
from bot.errors import QueryError
from bot.matching.explain import because, explain
from bot.matching.query import parse
from bot.matching.show import show
from bot.matching.tokens import analyse
from bot.sources.language import detect_language

MAX_TEXT = 1_000_000
"""Code points of a text that are looked at."""


class _BadLineError(Exception):
    """What is wrong with a line of a batch."""


def answer(query: Query, text: str, *, title: str = "", language: str | None) -> dict[str, Any]:
    """Whether, where and why, as JSON has it: `spans` are code points of the text, `hits` the same
    with the term of each, those in the title among them. Without a language it is detected."""
    language = language or detect_language(f"{title}\n{text}".strip())
    reason = explain(query, analyse(title, text, language))
    return {
        "matched": reason.holds,
        "query": show(query),
        "language": language,
        "spans": [[hit.start, hit.end] for hit in reason.hits if hit.part is Part.TEXT],
        "reason": because(reason),
        "hits": [_hit(hit, title if hit.part is Part.TITLE else text) for hit in reason.hits],
    }


def _hit(hit: Hit, text: str) -> dict[str, Any]:
    return {
        "part": hit.part.value,
        "start": hit.start,
        "end": hit.end,
        "text": text[hit.start : hit.end],
        "term": hit.term,
        "concept": hit.concept,
    }


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """An answer a line of JSON: {"query": …, "text": …} with "lang" and "title" where known.

    A line that cannot be answered gets `matched` null and an `error`; empty lines get nothing.
    """
    parsed: dict[str, Query] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            asked = _asked(line)
            typed = asked["query"]
            if typed not in parsed:
                parsed[typed] = parse(typed)
            found = answer(
                parsed[typed],
                asked["text"][:MAX_TEXT],
                title=asked.get("title") or "",
                language=asked.get("lang") or None,
            )
        except (QueryError, _BadLineError) as error:
            found = {"matched": None, "spans": [], "reason": "", "error": f"line {number}: {error}"}
        yield found


def _asked(line: bytes) -> dict[str, str]:
    try:
        asked = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise _BadLineError(f"not JSON ({error})") from None
    if not isinstance(asked, dict):
        raise _BadLineError('not an object such as {"query": "gallium", "text": "…", "lang": "en"}')
    for name in ("query", "text"):
        if not isinstance(asked.get(name), str):
            raise _BadLineError(f"“{name}” is missing or not a string")
    for name in ("lang", "title"):
        if not isinstance(asked.get(name, ""), str | None):
            raise _BadLineError(f"“{name}” is not a string")
    return asked
