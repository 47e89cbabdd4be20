"""The watches of active chats as they stand: parsed, filed by their words, kept up with changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.ids import WatchId
from bot.domain.plan import ActiveWatch, WatchChanges
from bot.domain.query import Query
from bot.errors import QueryError
from bot.matching.index_words import IndexWords
from bot.matching.query import parse
from bot.matching.watch_index import WatchIndex


class Standing:
    """Who asks what. A text that many chats watch is parsed once, and evaluated once an item."""

    def __init__(self, watches: Iterable[ActiveWatch] = ()) -> None:
        self._active: dict[WatchId, ActiveWatch] = {}
        self._by_text: dict[str, tuple[Query | None, dict[WatchId, ActiveWatch]]] = {}
        self._index: WatchIndex[str] = WatchIndex()
        for active in watches:
            self._put(active)

    def __len__(self) -> int:
        return len(self._active)

    @property
    def unreadable(self) -> tuple[ActiveWatch, ...]:
        """Watches that no longer parse, such as one of a concept that a later version dropped."""
        asking = (watches for query, watches in self._by_text.values() if query is None)
        return tuple(active for watches in asking for active in watches.values())

    def update(self, changes: WatchChanges) -> None:
        """Take over what has changed; costs as much as that, not as all that stands."""
        for watch_id in changes.gone:
            self._drop(watch_id)
        for active in changes.watches:
            self._put(active)

    def candidates(self, words: IndexWords) -> list[tuple[Query, Sequence[ActiveWatch]]]:
        """The queries that may hold for a text with these index words, each with who asks it; in
        order of making."""
        found: list[tuple[Query, Sequence[ActiveWatch]]] = []
        for text in self._index.candidates(words):
            query, watches = self._by_text[text]
            assert query is not None, "only what parses is filed"
            found.append((query, sorted(watches.values(), key=_watch_id)))
        return sorted(found, key=lambda each: _watch_id(each[1][0]))

    def _put(self, active: ActiveWatch) -> None:
        watch = active.watch
        had = self._active.get(watch.watch_id)
        if had is not None and had.watch.text != watch.text:
            self._drop(watch.watch_id)
        self._active[watch.watch_id] = active
        if watch.text not in self._by_text:
            query = _parsed(watch.text)
            self._by_text[watch.text] = (query, {})
            if query is not None:
                self._index.add(watch.text, query)
        self._by_text[watch.text][1][watch.watch_id] = active

    def _drop(self, watch_id: WatchId) -> None:
        had = self._active.pop(watch_id, None)
        if had is None:
            return
        text = had.watch.text
        _query, watches = self._by_text[text]
        del watches[watch_id]
        if not watches:
            del self._by_text[text]
            self._index.discard(text)


def _watch_id(active: ActiveWatch) -> int:
    return active.watch.watch_id


def _parsed(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError:
        return None  # `doctor` and /watches name it
