"""Text of a concept file to Packs: every mistake is named, with its place and what would fit.

A file holds one concept, which goes by the file's name, or several, each a table that goes by its
own. docs/concepts.md is for those who write them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import NoReturn

from bot.errors import ConceptError
from bot.matching.pack import Near, Pack, Unless

MAX_BYTES = 1_000_000
MAX_TERMS = 1_000
MAX_WORDS = 50
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_BRACES = re.compile(r"\{([^{}]*)\}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_EXAMPLES = {
    "name": 'name = "rare earths"',
    "gloss": 'gloss = "Rare earths as a group; not a single element named alone."',
    "group": 'group = "Our own"',
    "aliases": 'aliases = ["rare earth", "稀土"]',
    "any": 'any = {en = ["rare earth", "rare earths"], zh = ["稀土"]}',
    "only": 'only = {it = ["indio"]}',
    "not": 'not = {zh = ["珍稀土"]}',
    "near": '[[near]] with terms = ["REE", ["oxide", "magnet"]] and words = 8',
    "unless": '[[unless]] with terms = ["tariff"], beside = ["electricity"] and words = 8',
    "yields_to": 'yields_to = ["unreliable-entity-list"]',
}
_NEAR = {
    "terms": 'terms = ["REE", ["oxide", "magnet"]]',
    "words": "words = 8",
    "lang": 'lang = "en"',
}
_UNLESS = {**_NEAR, "terms": 'terms = ["tariff"]', "beside": 'beside = ["electricity"]'}


def read_concepts(text: str, *, file: str, group: str) -> list[Pack]:
    """The concepts of a file; `file` is its path, whose stem is the key of a lone concept.

    Raises:
        ConceptError: names the file, the concept and key, what is wrong and what would fit.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConceptError(
            f"{file}: not valid TOML: {error}. Texts need quotation marks: {_EXAMPLES['name']}"
        ) from None
    except (RecursionError, ValueError):
        raise ConceptError(f"{file}: a number or nesting in it is out of all bounds.") from None
    own_group = data.pop("group", group) if "name" not in data else group
    if not isinstance(own_group, str) or not own_group.strip():
        raise ConceptError(f"{file}: group: it must be a text. Example: {_EXAMPLES['group']}")
    if "name" in data or "any" in data or "near" in data:
        stem = file.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")
        return [_Table(data, f"{file}", _EXAMPLES).pack(stem, own_group, file)]
    if not data:
        raise ConceptError(f"{file}: it has no concept. Begin with {_EXAMPLES['name']}")
    packs: list[Pack] = []
    for key, values in data.items():
        if not isinstance(values, dict):
            close = _meant(key, _EXAMPLES)
            raise ConceptError(
                f"{file}: {key}: at the top stand the keys of one concept, name first, or one "
                f"table for each concept, as [lithium].{close}"
            )
        packs.append(_Table(values, f"{file}: [{key}]", _EXAMPLES).pack(key, own_group, file))
    return packs


class _Table:
    """A table of the file, with what messages about it begin with."""

    def __init__(self, values: Mapping[str, object], place: str, examples: dict[str, str]) -> None:
        self._values = values
        self._place = place
        self._examples = examples
        for key in values:
            if key not in examples:
                raise ConceptError(
                    f"{place}: {key}: this key is unknown.{_meant(key, examples)} "
                    f"Known keys: {', '.join(examples)}."
                )

    def pack(self, key: str, group: str, file: str) -> Pack:
        if not _KEY.fullmatch(key):
            raise ConceptError(
                f"{self._place}: {key!r} cannot be typed after #. Name a concept in small letters, "
                "digits and hyphens: rare-earths"
            )
        pack = Pack(
            key=key,
            name=self._text("name"),
            gloss=self._text("gloss"),
            group=self._text("group") if "group" in self._values else group,
            aliases=self._terms("aliases", self._values.get("aliases", [])),
            any_terms=self._by_language("any"),
            only_terms=self._by_language("only"),
            not_terms=tuple(
                dict.fromkeys(t for terms in self._by_language("not").values() for t in terms)
            ),
            near=tuple(table._near() for table in self._tables("near", _NEAR)),
            unless=tuple(table._unless() for table in self._tables("unless", _UNLESS)),
            yields_to=self._terms("yields_to", self._values.get("yields_to", [])),
            file=file,
        )
        count = len(pack.all_terms) + sum(len(c) for near in pack.near for c in near.choices)
        if not count:
            self._fail("any", "nothing could ever be found: give at least one term, or a [[near]]")
        if count + len(pack.not_terms) > MAX_TERMS:
            self._fail("any", f"it has {count} terms, and at most {MAX_TERMS} are read")
        return pack

    def _near(self) -> Near:
        choices = self._values.get("terms")
        if not isinstance(choices, list) or len(choices) < 2:
            self._fail("terms", "it must list two or more terms, or lists of terms to choose from")
        return Near(
            choices=tuple(
                self._terms("terms", [each] if isinstance(each, str) else each) for each in choices
            ),
            words=self._number(),
            lang=self._language(),
        )

    def _unless(self) -> Unless:
        beside = self._terms("beside", self._values.get("beside", []))
        if not beside:
            self._fail("beside", "it must list the words that shut a place out")
        terms = self._terms("terms", self._values.get("terms", []))
        return Unless(
            terms=frozenset(term.removeprefix("=") for term in terms),
            beside=beside,
            words=self._number(),
            lang=self._language(),
        )

    def _fail(self, key: str, wrong: str) -> NoReturn:
        raise ConceptError(f"{self._place}: {key}: {wrong}. Example: {self._examples[key]}")

    def _text(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str) or not value.strip():
            self._fail(key, "it must be a text" if key in self._values else "it is missing")
        return value.strip()

    def _number(self) -> int:
        value = self._values.get("words")
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_WORDS:
            self._fail("words", f"it must be a number from 1 to {MAX_WORDS}")
        return value

    def _language(self) -> str | None:
        value = self._values.get("lang")
        if value is not None and not (isinstance(value, str) and _LANGUAGE.fullmatch(value)):
            self._fail("lang", "it must be the code of a language")
        return value

    def _by_language(self, key: str) -> dict[str, tuple[str, ...]]:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self._fail(key, "it must be a table with a list of terms for each language")
        for language in value:
            if not _LANGUAGE.fullmatch(language):
                self._fail(key, f"{language!r} is no code of a language")
        return {language: self._terms(key, terms) for language, terms in value.items()}

    def _terms(self, key: str, value: object) -> tuple[str, ...]:
        terms = [value] if isinstance(value, str) else value
        if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
            self._fail(key, "it must be a list of texts")
        every = (each for term in terms for each in self._spelt(key, term))
        spelt = list(islice(every, MAX_TERMS + 1))
        for term in spelt:
            if not any(map(str.isalnum, term)):
                self._fail(key, f"{term!r} has no letter or digit, so it can never be found")
        if len(spelt) > MAX_TERMS:
            self._fail(key, f"its braces stand for more than the {MAX_TERMS} terms that are read")
        return tuple(dict.fromkeys(spelt))

    def _spelt(self, key: str, term: str) -> Iterator[str]:
        """The term with each choice in its braces: "dut{y,ies} on {steel,copper}" is four."""
        found = _BRACES.search(term)
        if found is None:
            if "{" in term or "}" in term:
                self._fail(key, f"{term!r} has a brace without its other half")
            yield " ".join(term.split())
            return
        for choice in found[1].split(","):
            yield from self._spelt(key, term[: found.start()] + choice + term[found.end() :])

    def _tables(self, key: str, examples: dict[str, str]) -> list[_Table]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._fail(key, "it must be a list of tables")
        return [
            _Table(each, f"{self._place}: {key} number {number}", examples)
            for number, each in enumerate(value, start=1)
        ]


def _meant(key: str, known: Mapping[str, str]) -> str:
    close = get_close_matches(key, known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def load_concepts(path: Path | None) -> dict[str, Pack]:
    """A desk's own concepts by key: of a file, or of every .toml file in a folder; None is none.

    Raises:
        ConceptError: names the file and what to do.
    """
    if path is None:
        return {}
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise ConceptError(f"{path}: the folder holds no .toml file. Put one concept in a file.")
    found: dict[str, Pack] = {}
    for file in files:
        for pack in read_concepts(_text_of(file), file=str(file), group="Of this desk"):
            if pack.key in found:
                raise ConceptError(
                    f"{file}: #{pack.key} is in {found[pack.key].file} already. Take one out."
                )
            found[pack.key] = pack
    return found


def _text_of(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ConceptError(f"{file}: larger than {MAX_BYTES:,} bytes. Make several of it.")
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConceptError(
            f"{file}: there is no such file or folder. Correct TIDEWAITER_CONCEPTS, or empty it."
        ) from None
    except UnicodeDecodeError as error:
        raise ConceptError(f"{file}: not UTF-8 at byte {error.start}. Save it as UTF-8.") from None
    except OSError as error:
        raise ConceptError(f"{file}: cannot be read ({error.strerror}).") from None
