"""`tidewaiter sources`: the catalogue at a glance, and lists of feeds (OPML) in and out."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import TypeVar

from bot.app import Parts
from bot.doctor import source_json, source_line, without_reader
from bot.domain.desk import DeskChange, DeskSource
from bot.domain.source import SourceKind, SourceStatus
from bot.errors import ListFileError
from bot.rendering.terminal import fitted, hung
from bot.sources.opml import MAX_FILE_BYTES, NoList, Subscription, parse_opml, write_opml
from bot.sources.subscribe import Judged, Verdict, judge

T = TypeVar("T")

_MARKS = {Verdict.ADDED: "✓", Verdict.THERE: "·", Verdict.REFUSED: "✗"}
_PATIENCE, _EVERY = 2.0, 1.0  # seconds before progress is shown, and between two showings
_NAME_COLUMNS = 30


def _print(line: str) -> None:
    print("\n".join(hung(line, width=get_terminal_size().columns)))


async def show_sources(parts: Parts, *, is_json: bool) -> int:
    """A line, or a JSON object, for each source."""
    states = await parts.store.fetch_states()
    healths = await parts.store.source_healths()
    for source in parts.catalogue.sources:
        state, health = states.get(source.source_id), healths.get(source.source_id)
        if is_json:
            print(json.dumps(source_json(source, state, health), ensure_ascii=False))
        else:
            _print(source_line(source, state, parts.clock.now(), health))
    if lacking := without_reader(parts.catalogue.sources):
        print(lacking, file=sys.stderr)
    return 0


async def import_list(parts: Parts, file: Path) -> int:
    """Add the feeds of a list; the exit code is 1 where some were refused.

    Raises:
        ListFileError: the file cannot be read, or is no list of feeds.
    """
    subscriptions = _subscriptions(file)
    now = parts.clock.now()
    while True:
        judged = _judged(parts, subscriptions)
        put = tuple(
            DeskSource(
                source_id=source.source_id, source=source, by="import", where=file.name, at=now
            )
            for source in (each.source for each in judged)
            if source is not None
        )
        change = DeskChange(put=put, on=parts.catalogue.revision)
        if not put or await parts.store.change_desk(change, now):
            break
        await parts.catalogue.refresh()  # somebody else was quicker: their ids are taken now
    for each in judged:
        _print(_line(each))
    counts = Counter(each.verdict for each in judged)
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict) + ".")
    if put:
        print("A running service reads them within seconds, the first time quietly.")
    return 1 if counts[Verdict.REFUSED] else 0


def _judged(parts: Parts, subscriptions: Sequence[Subscription]) -> Sequence[Judged]:
    catalogue = parts.catalogue
    found = judge(
        subscriptions,
        catalogue.sources,
        catalogue.switched_off,
        parts.allow,
        is_resolved_here=parts.settings.proxy is None,
    )
    return list(_with_progress(parts, found, len(subscriptions)))


def _line(judged: Judged) -> str:
    said = {Verdict.ADDED: "as ", Verdict.THERE: "already there ", Verdict.REFUSED: "refused: "}
    name = fitted(judged.name, columns=_NAME_COLUMNS)
    return f"{_MARKS[judged.verdict]} {name} {said[judged.verdict]}{judged.detail}"


def _subscriptions(file: Path) -> Sequence[Subscription]:
    try:
        with file.open("rb") as opened:
            body = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ListFileError(
            f"{file} cannot be read ({error.strerror}). Give the path of an OPML file."
        ) from None
    found = parse_opml(body)
    if isinstance(found, NoList):
        raise ListFileError(
            f"{file} was not imported: {found.reason}. Export the list from your reader as OPML."
        )
    return found


def _with_progress(parts: Parts, steps: Iterable[T], total: int) -> Iterator[T]:
    """The steps; how far they are is shown at a terminal once they have taken a while."""
    started = shown = parts.clock.monotonic()
    for done, step in enumerate(steps, start=1):
        yield step
        now = parts.clock.monotonic()
        if now - started >= _PATIENCE and now - shown >= _EVERY and sys.stderr.isatty():
            shown = now
            print(f"\r{done} of {total} …", end="", file=sys.stderr, flush=True)
    if shown != started:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


async def export_list(parts: Parts, file: Path | None) -> int:
    """Write the feeds that are read as OPML 2.0, to a file or standard output.

    Raises:
        ListFileError: the file cannot be written.
    """
    read = [each for each in parts.catalogue.sources if each.status is SourceStatus.READY]
    feeds = [each for each in read if each.kind is SourceKind.FEED and not each.form]
    text = write_opml(feeds, parts.clock.now())
    if file is None:
        print(text, end="")
    else:
        try:
            await asyncio.to_thread(file.write_text, text, "utf-8")
        except OSError as error:
            raise ListFileError(
                f"{file} cannot be written ({error.strerror}). Name a file in a folder that you "
                "may write to."
            ) from None
    others = len(read) - len(feeds)
    note = f"; {others} sources of other kinds are left out, for OPML lists feeds" if others else ""
    said = f"{len(feeds)} feeds{f' in {file}' if file else ''}{note}."
    print(said, file=sys.stderr if file is None else sys.stdout)
    return 0
