"""The catalogue: which publications are polled, as data. TOML -> tuple[Source, ...].

Publishers change more often than code; a desk has its own by a file of the same form, in place of
the one that comes with Tidewaiter or on top of it. Every mistake in it is named with its file,
source and key, and with an example of what fits.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.ids import SourceId
from bot.domain.source import Source, SourceKind, SourceStatus
from bot.errors import CatalogueError
from bot.sources.cadence import floor_of
from bot.sources.shapes import shape_of
from bot.sources.toml_table import TomlTable, meant, type_name

BUILT_IN = "the built-in catalogue"

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=7)
"""Bounds of `every`."""

_EXAMPLES = {
    "id": 'id = "wto-news"',
    "name": 'name = "Federal Register: export controls"',
    "url": 'url = "https://www.wto.org/library/rss/latest_news_e.xml"',
    "publisher": 'publisher = "World Trade Organization"',
    "kind": 'kind = "feed"',
    "official": "official = true",
    "jurisdiction": 'jurisdiction = "EU"',
    "languages": 'languages = ["en", "fr"]',
    "every": 'every = "10m"',
    "zone": 'zone = "Europe/Brussels"',
    "terms": 'terms = "© European Union, CC BY 4.0"',
    "evidence": 'evidence = "V"',
    "status": 'status = "ready"',
    "note": 'note = "the latest ten only"',
    "form": 'form = "pageNumber=1&columnID=13"',
    "release_times": 'release_times = ["08:45", "16:15"]',
    "credit": 'credit = "© European Union, CC BY 4.0"',
    "full_text": "full_text = true",
    "replaced_by": 'replaced_by = "us-federal-register-trade"',
    "shape": 'shape = { entry = "ul.news li", link = "a", date = "span" }',
    "off": "off = true",
}
_EXTENDS = 'extends = "built-in"'
_FORM = f"\n[[source]]\n{_EXAMPLES['id']}\n{_EXAMPLES['url']}"
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_EVERY = re.compile(r"(\d{1,7})\s?([smhd])")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EVIDENCE = ("D", "V", "U", "K", "-")


def load_catalogue(path: Path | None) -> tuple[Source, ...]:
    """The sources of a catalogue file in its order; None is the one that comes with Tidewaiter.

    A file with `extends = "built-in"` is read on top of that one: a table with an id of its gives
    keys anew, another id adds a source, `off = true` leaves one out. Sources that are not ready are
    listed too: whether to poll them is the caller's decision.
    Raises CatalogueError, whose text says where the mistake is and what would fit.
    """
    if path is None:
        return parse_catalogue(_built_in_text(), BUILT_IN)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CatalogueError(
            f"{path}: there is no such file. Give the path of a catalogue, or none for {BUILT_IN}."
        ) from None
    except UnicodeDecodeError as error:
        raise CatalogueError(
            f"{path}: not UTF-8 at byte {error.start}. Save it as UTF-8."
        ) from None
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read ({error.strerror}).") from None
    return parse_catalogue(text, str(path))


def parse_catalogue(text: str, file: str) -> tuple[Source, ...]:
    """load_catalogue, of text; `file` is what messages call it."""
    is_extending, tables = _tables(text, file)
    base = _built_in_tables() if is_extending else {}
    sources = {key: _source(_table(values, BUILT_IN, 0)) for key, values in base.items()}
    seen: set[str] = set()
    for number, values in enumerate(tables, start=1):
        table = _table(values, file, number)
        source_id = _id(table)
        if source_id in seen:
            raise CatalogueError(
                f"{file}: source {source_id!r}: id: it is used twice. Give one of the two "
                f'another, for instance id = "{source_id}-2".'
            )
        seen.add(source_id)
        is_off = table.flag("off")
        if is_extending and source_id not in base and (is_off or "url" not in table.values):
            lacks = "to switch off" if is_off else "(and a source of your own needs a url)"
            close = meant(source_id, [*base], "{}")
            table.fail("id", f"{BUILT_IN} has no {source_id!r} {lacks}.{close}".rstrip(".?"))
        if is_off:
            sources.pop(source_id, None)
        else:
            sources[source_id] = _source(
                replace(table, values=_over(base.get(source_id), table.values)),
                is_own=file != BUILT_IN and source_id not in base,
            )
    if not sources:
        raise CatalogueError(f"{file}: every source is off. Leave at least one on: {_FORM}")
    return tuple(sources.values())


def _tables(text: str, file: str) -> tuple[bool, list[object]]:
    """Whether the file is read on top of the built-in one, and its tables."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(
            f"{file}: not valid TOML: {error}. Texts need quotation marks, tables look like "
            '[[source]], and entries like url = "https://…".'
        ) from None
    except (RecursionError, ValueError):
        raise CatalogueError(
            f"{file}: a number or nesting in it is out of all bounds. Tables look like [[source]]."
        ) from None
    for key in data:
        if key not in {"source", "extends"}:
            close = meant(key, ["source"], "[[{}]]") or meant(key, ["extends"], "{}")
            raise CatalogueError(
                f"{file}: {key!r} is unknown at the top.{close} "
                "Every source is a [[source]] table; "
                f"before them, {_EXTENDS} reads the file on top of {BUILT_IN}."
            )
    extends = data.get("extends")
    if extends is not None and extends != "built-in":
        raise CatalogueError(
            f"{file}: extends is {extends!r}, and only {_EXTENDS} is known. Without it the file is "
            f"read in place of {BUILT_IN}; its tables are [[source]]."
        )
    tables = data.get("source", [])
    if not isinstance(tables, list) or not (tables or extends):
        raise CatalogueError(f"{file}: it has no sources. Write at least one:{_FORM}")
    return extends is not None, tables


@cache
def _built_in_text() -> str:
    return (files("bot.sources") / "catalogue.toml").read_text(encoding="utf-8")


@cache
def _built_in_tables() -> dict[str, dict[str, Any]]:
    return {table["id"]: table for table in tomllib.loads(_built_in_text())["source"]}


def _over(known: dict[str, Any] | None, values: dict[str, Any]) -> dict[str, Any]:
    """A table with what the desk says of it; a shape does not outlive its kind."""
    if known is None:
        return values
    kept = dict(known)
    if values.get("kind", known.get("kind")) != known.get("kind"):
        kept.pop("shape", None)
    return kept | values


def _table(values: object, file: str, number: int) -> TomlTable:
    if not isinstance(values, dict):
        raise CatalogueError(f"{file}: source number {number} is no [[source]] table.")
    stated = values.get("id")
    shown = repr(stated) if isinstance(stated, str) and stated else f"number {number}"
    table = TomlTable(values, f"{file}: source {shown}", _EXAMPLES)
    if "extends" in values:
        table.fail("extends", "it belongs above the first [[source]] table", _EXTENDS)
    table.check_keys()
    return table


def _source(table: TomlTable, *, is_own: bool = False) -> Source:
    """`is_own` is one that the desk brings: official or press, it says so or nothing is claimed."""
    source_id = _id(table)
    kind = SourceKind(table.choice("kind", SourceKind, SourceKind.FEED))
    evidence = table.text("evidence", "-")
    if evidence not in _EVIDENCE:
        table.fail("evidence", f"{evidence!r} is none of {', '.join(_EVIDENCE)}")
    source = Source(
        source_id=SourceId(source_id),
        name=table.text("name") or source_id,
        url=_url(table),
        publisher=table.text("publisher"),
        kind=kind,
        is_official=None if is_own and "official" not in table.values else table.flag("official"),
        jurisdiction=table.text("jurisdiction"),
        languages=_languages(table),
        every=_every(table),
        zone=_zone(table),
        terms=table.text("terms"),
        evidence=evidence,
        status=SourceStatus(table.choice("status", SourceStatus, SourceStatus.READY)),
        note=table.text("note"),
        shape=shape_of(table, kind),
        form=table.text("form"),
        release_times=_release_times(table),
        credit=table.text("credit"),
        has_full_text=table.flag("full_text"),
        replaced_by=SourceId(table.text("replaced_by")) if table.text("replaced_by") else None,
    )
    return source if "every" in table.values else replace(source, every=floor_of(source))


def _id(table: TomlTable) -> str:
    if "id" not in table.values:
        table.fail("id", "it is missing")
    source_id = table.text("id")
    if not _ID.fullmatch(source_id) or len(source_id) > 60:
        table.fail(
            "id",
            f"{source_id!r} is not made of lower-case letters, digits and single hyphens "
            "(at most 60)",
        )
    return source_id


def _url(table: TomlTable) -> str:
    if "url" not in table.values:
        table.fail("url", "it is missing")
    url = table.text("url")
    try:
        parts = urlsplit(url)
        _ = parts.port  # which is read, and refused, only when it is asked for
    except ValueError:
        table.fail("url", f"{url!r} cannot be read as an address")
    if any(char.isspace() or not char.isprintable() for char in url):
        table.fail("url", f"{url!r} holds a space; write it as %20")
    if parts.scheme not in {"http", "https"}:
        table.fail(
            "url", f"its scheme is {parts.scheme or 'missing'!r}; only http and https are read"
        )
    if "@" in parts.netloc:
        table.fail("url", "it carries a user name or password, which do not belong in an address")
    if not parts.netloc:
        table.fail("url", "it has no host")
    return url


def _languages(table: TomlTable) -> tuple[str, ...]:
    value = table.values.get("languages", [])
    if not isinstance(value, list):
        table.fail("languages", f"it must be a list, not {type_name(value)}")
    for language in value:
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            table.fail("languages", f"{language!r} is no language code of two or three letters")
    return tuple(dict.fromkeys(value))


def _every(table: TomlTable) -> timedelta:
    value = table.values.get("every", "10m")
    wrong = f"{value!r} is no duration; write a number with s, m, h or d, or plain seconds"
    if isinstance(value, bool) or not isinstance(value, str | int):
        table.fail("every", wrong)
    if isinstance(value, int):
        every = timedelta(seconds=min(max(value, -1), 10**8))
    else:
        match = _EVERY.fullmatch(value.strip())
        if match is None:
            table.fail("every", wrong)
        every = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not SHORTEST <= every <= LONGEST:
        table.fail("every", f"{value!r} is not between 1s and 7d")
    return every


def _zone(table: TomlTable) -> str:
    zone = table.text("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.fail("zone", f"{zone!r} is no IANA time zone")
    return zone


def _release_times(table: TomlTable) -> tuple[time, ...]:
    value = table.values.get("release_times", [])
    if not isinstance(value, list):
        table.fail("release_times", f"it must be a list, not {type_name(value)}")
    times: set[time] = set()
    for each in value:
        if not isinstance(each, str) or not _CLOCK.fullmatch(each):
            table.fail("release_times", f"{each!r} is no time of day between 00:00 and 23:59")
        times.add(time.fromisoformat(each))
    return tuple(sorted(times))
