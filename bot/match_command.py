"""`tidewaiter match`: one text against one query, or many of both line by line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from bot.domain.match import Hit, Part
from bot.domain.query import Query
from bot.errors import QueryError
from bot.matching.concept_file import load_concepts
from bot.matching.concepts import use_own
from bot.matching.explain import because, explain
from bot.matching.query import parse
from bot.matching.show import show
from bot.matching.tokens import analyse
from bot.settings import Settings
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


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """The command; its exit code: 0 a match, 1 none, 2 not understood."""
    use_own(load_concepts(settings.concepts))
    if arguments.batch:
        is_understood = True
        for found in answers(sys.stdin.buffer):
            is_understood &= "error" not in found
            print(json.dumps(found, ensure_ascii=False))
        return 0 if is_understood else 2
    if arguments.query is None:
        print('tidewaiter: say what to look for: tidewaiter match "QUERY"', file=sys.stderr)
        return 2
    try:
        query = parse(arguments.query)
    except QueryError as error:
        print(f"tidewaiter: {error}", file=sys.stderr)
        if error.position is not None and len(arguments.query) <= 120:
            print(f"  {arguments.query}\n  {' ' * error.position}^", file=sys.stderr)
        return 2
    if sys.stdin.isatty():
        print("Type or paste the text, then press Ctrl-D.", file=sys.stderr)
    text = sys.stdin.buffer.read(MAX_TEXT * 4).decode("utf-8", "replace")[:MAX_TEXT]
    found = answer(query, text, title=arguments.title, language=arguments.lang)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        word = "Match" if found["matched"] else "No match"
        print(f"{word} for {found['query']} (language: {found['language'] or 'unknown'}).")
        print(f"  {found['reason']}.")
        for hit in found["hits"]:
            where = "title" if hit["part"] == "title" else ""
            why = f"  ({hit['concept']})" if hit["concept"] else ""
            print(f"  {where:5} {hit['start']:>6}-{hit['end']:<6} {hit['text']!r}{why}")
    return 0 if found["matched"] else 1
