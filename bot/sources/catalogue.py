"""The catalogue: which publications are polled, as data. TOML -> tuple[Source, ...].

Publishers change more often than code; a desk adds its own by a file of the same form. Every
mistake in it is named with its file, source and key, and with an example of what fits.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.ids import SourceId
from bot.domain.source import ListShape, Source, SourceKind, SourceStatus
from bot.errors import CatalogueError
from bot.sources.html_list import is_selector

BUILT_IN = "the built-in catalogue"

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=7)
"""Bounds of `every`."""

_EXAMPLES = {
    "id": 'id = "us-bis-rules"',
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
    "shape": 'shape = { entry = "ul.news li", link = "a", date = "span" }',
}
_SHAPE_EXAMPLES = {
    "entry": 'entry = "ul.news li"',
    "link": 'link = "a"',
    "date": 'date = "span.date"',
    "json_path": 'json_path = "data.html"',
}
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_EVERY = re.compile(r"(\d{1,7})\s?([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EVIDENCE = ("D", "V", "U", "K", "-")


def load_catalogue(path: Path | None) -> tuple[Source, ...]:
    """The sources of a catalogue file in its order; None is the one that comes with Tidewaiter.

    Sources that are not ready are listed too: whether to poll them is the caller's decision.
    Raises CatalogueError, whose text says where the mistake is and what would fit.
    """
    if path is None:
        text = (files("bot.sources") / "catalogue.toml").read_text(encoding="utf-8")
        return parse_catalogue(text, BUILT_IN)
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
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(
            f"{file}: not valid TOML: {error}. Texts need quotation marks, tables look like "
            '[[source]], and entries like url = "https://…".'
        ) from None
    for key in data:
        if key != "source":
            raise CatalogueError(
                f"{file}: {key!r} is unknown at the top.{_meant(key, ['source'], '[[{}]]')} "
                "Every source is a [[source]] table."
            )
    tables = data.get("source")
    if not isinstance(tables, list) or not tables:
        raise CatalogueError(
            f"{file}: it has no sources. Write at least one:\n[[source]]\n"
            f"{_EXAMPLES['id']}\n{_EXAMPLES['url']}"
        )
    sources: dict[str, Source] = {}
    for number, table in enumerate(tables, start=1):
        source = _source(table, file, number)
        if source.source_id in sources:
            raise CatalogueError(
                f"{file}: source {source.source_id!r}: id: it is used twice. Give one of the two "
                f'another, for instance id = "{source.source_id}-2".'
            )
        sources[source.source_id] = source
    return tuple(sources.values())


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file, with what messages about it begin with."""

    values: dict[str, Any]
    place: str
    examples: dict[str, str]

    def fail(self, key: str, wrong: str) -> NoReturn:
        raise CatalogueError(f"{self.place}: {key}: {wrong}. Example: {self.examples[key]}")

    def check_keys(self) -> None:
        for key in self.values:
            if key not in self.examples:
                raise CatalogueError(
                    f"{self.place}: {key}: this key is unknown."
                    f"{_meant(key, list(self.examples), '{}')} "
                    f"Known keys: {', '.join(self.examples)}."
                )

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            self.fail(key, f"it must be text, not {_type_name(value)}")
        return value.strip()

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, f"it must be true or false, not {_type_name(value)}")
        return value

    def choice(self, key: str, choices: type[StrEnum], default: StrEnum) -> str:
        value = self.text(key, default.value)
        known = [each.value for each in choices]
        if value not in known:
            self.fail(
                key,
                f"{value!r} is none of {', '.join(known)}{_meant(value, known, '{}').rstrip('?')}",
            )
        return value


def _source(values: object, file: str, number: int) -> Source:
    if not isinstance(values, dict):
        raise CatalogueError(f"{file}: source number {number} is no [[source]] table.")
    stated = values.get("id")
    shown = repr(stated) if isinstance(stated, str) and stated else f"number {number}"
    table = _Table(values, f"{file}: source {shown}", _EXAMPLES)
    table.check_keys()
    source_id = _id(table)
    kind = SourceKind(table.choice("kind", SourceKind, SourceKind.FEED))
    evidence = table.text("evidence", "-")
    if evidence not in _EVIDENCE:
        table.fail("evidence", f"{evidence!r} is none of {', '.join(_EVIDENCE)}")
    return Source(
        source_id=SourceId(source_id),
        name=table.text("name") or source_id,
        url=_url(table),
        publisher=table.text("publisher"),
        kind=kind,
        is_official=table.flag("official"),
        jurisdiction=table.text("jurisdiction"),
        languages=_languages(table),
        every=_every(table),
        zone=_zone(table),
        terms=table.text("terms"),
        evidence=evidence,
        status=SourceStatus(table.choice("status", SourceStatus, SourceStatus.READY)),
        note=table.text("note"),
        shape=_shape(table, kind),
    )


def _id(table: _Table) -> str:
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


def _url(table: _Table) -> str:
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


def _languages(table: _Table) -> tuple[str, ...]:
    value = table.values.get("languages", [])
    if not isinstance(value, list):
        table.fail("languages", f"it must be a list, not {_type_name(value)}")
    for language in value:
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            table.fail("languages", f"{language!r} is no language code of two or three letters")
    return tuple(dict.fromkeys(value))


def _every(table: _Table) -> timedelta:
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


def _zone(table: _Table) -> str:
    zone = table.text("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.fail("zone", f"{zone!r} is no IANA time zone")
    return zone


def _shape(table: _Table, kind: SourceKind) -> ListShape | None:
    value = table.values.get("shape")
    if value is None:
        if kind is SourceKind.HTML_LIST:
            table.fail("shape", "an html-list source needs one, to find its entries")
        return None
    if not isinstance(value, dict):
        table.fail("shape", f"it must be a table, not {_type_name(value)}")
    if kind is not SourceKind.HTML_LIST:
        table.fail("shape", f'only kind = "html-list" has one, and this is {kind.value!r}')
    inner = _Table(value, f"{table.place}: shape", _SHAPE_EXAMPLES)
    inner.check_keys()
    if not inner.text("entry"):
        inner.fail("entry", "it is missing")
    for key in ("entry", "link", "date"):
        selector = inner.text(key)
        if selector and not is_selector(selector):
            inner.fail(key, f"{selector!r} is no CSS selector")
    return ListShape(
        entry=inner.text("entry"),
        link=inner.text("link", "a") or "a",
        date=inner.text("date") or None,
        json_path=inner.text("json_path") or None,
    )


def _meant(word: str, known: list[str], form: str) -> str:
    close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f" Did you mean {form.format(close[0])}?" if close else ""


def _type_name(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text"}
    return names.get(type(value)) or ("a list" if isinstance(value, list) else "a table or a date")
