"""The catalogue as it is now: the file's sources, as operators changed them while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.domain.desk import DeskSource
from bot.domain.ids import SourceId
from bot.domain.source import Source
from bot.ports import DeskStore

Listener = Callable[[Sequence[Source]], None]


class LiveCatalogue:
    """Keeps the sources in memory and follows what any process changes: `refresh` it often.

    Whoever needs to act on a change listens; a listener is called with all sources.
    """

    def __init__(self, file: Sequence[Source], store: DeskStore) -> None:
        self._file = tuple(file)
        self._store = store
        self._revision: int | None = None
        self._sources = self._file
        self._desk: dict[SourceId, DeskSource] = {}
        self._listeners: list[Listener] = []

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that are listed, those of the file first."""
        return self._sources

    @property
    def revision(self) -> int | None:
        """The number of the catalogue that is in memory; None before the first look."""
        return self._revision

    @property
    def desk(self) -> Mapping[SourceId, DeskSource]:
        """What operators decided, by source."""
        return self._desk

    @property
    def switched_off(self) -> tuple[Source, ...]:
        """The file's sources that operators switched off."""
        return tuple(
            source
            for source in self._file
            if (decided := self._desk.get(source.source_id)) and decided.source is None
        )

    def has_in_file(self, source_id: SourceId) -> bool:
        """Whether the file has a source of this id."""
        return any(source.source_id == source_id for source in self._file)

    def listen(self, listener: Listener) -> None:
        """Call it after each change."""
        self._listeners.append(listener)

    async def refresh(self) -> bool:
        """Take up what has changed since the last time; whether anything had."""
        if self._revision == await self._store.catalogue_revision():
            return False
        self._revision, decisions = await self._store.desk_sources()
        self._desk = {each.source_id: each for each in decisions}
        self._sources = with_desk(self._file, decisions)
        for listener in self._listeners:
            listener(self._sources)
        return True


def with_desk(file: Sequence[Source], decisions: Sequence[DeskSource]) -> tuple[Source, ...]:
    """The file's sources, each in place of which an operator put another or none, and then those
    that were added."""
    decided = {each.source_id: each.source for each in decisions}
    kept = [decided.get(source.source_id, source) for source in file]
    ids = {source.source_id for source in file}
    added = [source for source_id, source in decided.items() if source_id not in ids]
    return tuple(source for source in (*kept, *added) if source is not None)
