"""What operators decided of the catalogue while it runs: sources added, sources switched off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.ids import SourceId
from bot.domain.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSource:
    """One decision: `source` was added, or, where it is None, the catalogue's own source of this id
    is switched off. `by` is a person's name, `where` the title of the chat or the file's name."""

    source_id: SourceId
    source: Source | None
    by: str
    where: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChange:
    """Decisions to keep (each in place of an older one on its source) and to forget; applied in one
    transaction. What a source published stays in the archive.

    `on` is the number of the catalogue that was looked at when it was decided: where it is another
    by now, nothing is applied. None where that does not matter.
    """

    put: tuple[DeskSource, ...] = ()
    forget: tuple[SourceId, ...] = ()
    on: int | None = None
