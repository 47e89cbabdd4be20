"""Packs: sources on one matter with the watches that go with them, as data in packs.toml.

They are part of the program, so their file is checked by the tests and not at every start.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bot.domain.ids import SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePack:
    """`watches` are texts as a desk types them; `sources` are ids of the built-in catalogue."""

    name: str  # what is typed: eu-china
    title: str
    about: str  # one sentence
    sources: tuple[SourceId, ...]
    watches: tuple[str, ...]


@cache
def source_packs() -> dict[str, SourcePack]:
    """All packs by name, in the order of their file."""
    text = (files("bot.sources") / "packs.toml").read_text(encoding="utf-8")
    packs = [
        SourcePack(
            name=table["id"],
            title=table["title"],
            about=table["about"],
            sources=tuple(map(SourceId, table["sources"])),
            watches=tuple(table["watches"]),
        )
        for table in tomllib.loads(text)["pack"]
    ]
    return {pack.name: pack for pack in packs}
