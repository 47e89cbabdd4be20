"""Which of many queries may hold for a document: by its index words, in one pass.

Every query is filed under one part of its condition without which it cannot hold, the rarest; each
part under its words. So a document wakes only the parts that its words name, whatever the number
of queries; adding one is a few entries in tables, and nothing is built anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from bot.domain.query import Query
from bot.matching.condition import Either, condition_of
from bot.matching.index_words import IndexWords

K = TypeVar("K", bound=Hashable)

_COMMON_LENGTH = 4  # letters up to which a word is taken for a common one until it is counted
_MAX_COUNTED = 200_000  # words of which the documents are counted
_SAMPLE = 8  # of so many documents the words of one are counted
_HEAD = 4  # letters by which prefixes are filed
_COUNTED_DOCUMENTS = 50_000  # then all counts are halved: what was rare last year may not be now


class WatchIndex(Generic[K]):
    """Queries by key. `candidates` gives those that may hold for a document, never too few."""

    def __init__(self) -> None:
        self._conditions: dict[K, Either | None] = {}
        self._filed: dict[int, tuple[Either, dict[K, None]]] = {}  # by the part's identity
        self._by_word: dict[str, list[int]] = {}
        self._by_prefix: dict[str, list[int]] = {}
        self._by_head: dict[str, list[str]] = {}  # prefixes by their first letters
        self._short: dict[str, None] = {}  # prefixes that are shorter than that
        self._always: dict[K, None] = {}
        self._under: dict[K, int] = {}
        self._seen: Counter[str] = Counter()
        self._documents = 0

    def __len__(self) -> int:
        return len(self._conditions)

    def __contains__(self, key: K) -> bool:
        return key in self._conditions

    def add(self, key: K, query: Query) -> None:
        """File a query; one that is filed under the key already is replaced."""
        self.discard(key)
        condition = condition_of(query)
        self._conditions[key] = condition
        part = None if condition is None else self._rarest(condition)
        if part is None:
            self._always[key] = None
            return
        at = id(part)  # parts are shared by all queries that name the same term
        if at not in self._filed:
            self._filed[at] = (part, {})
            words, prefixes = self._anchors(part)
            for word in words:
                self._by_word.setdefault(word, []).append(at)
            for prefix in prefixes:
                if prefix not in self._by_prefix:
                    self._add_prefix(prefix)
                self._by_prefix[prefix].append(at)
        self._filed[at][1][key] = None
        self._under[key] = at

    def discard(self, key: K) -> None:
        """Forget a query, if there is one under the key."""
        self._conditions.pop(key, None)
        self._always.pop(key, None)
        at = self._under.pop(key, None)
        if at is not None:
            part, keys = self._filed[at]
            del keys[key]
            if not keys:
                self._unfile(at, part)

    def candidates(self, words: IndexWords) -> list[K]:
        """The keys of the queries that may hold for a document, in no order that means anything."""
        self._count(words.words)
        found: list[K] = list(self._always)
        for at in self._woken(words):
            part, keys = self._filed[at]
            if not part.may_hold(words):
                continue
            for key in keys:
                condition = self._conditions[key]
                if condition is part or condition is None or condition.may_hold(words):
                    found.append(key)
        return found

    def _woken(self, words: IndexWords) -> set[int]:
        woken: set[int] = set()
        for word in words.words:
            filed = self._by_word.get(word)
            if filed is not None:
                woken.update(filed)
            prefixes = self._by_head.get(word[:_HEAD])
            if prefixes is not None:
                for prefix in prefixes:
                    if word.startswith(prefix):
                        woken.update(self._by_prefix[prefix])
        for prefix in self._short:
            if words.has_beginning(prefix):
                woken.update(self._by_prefix[prefix])
        return woken

    def _unfile(self, at: int, part: Either) -> None:
        del self._filed[at]
        words, prefixes = self._anchors(part)
        for table, entries in ((self._by_word, words), (self._by_prefix, prefixes)):
            for entry in entries:
                table[entry].remove(at)
                if not table[entry]:
                    del table[entry]
                    if table is self._by_prefix:
                        self._drop_prefix(entry)

    def _add_prefix(self, prefix: str) -> None:
        self._by_prefix[prefix] = []
        if len(prefix) < _HEAD:
            self._short[prefix] = None
        else:
            self._by_head.setdefault(prefix[:_HEAD], []).append(prefix)

    def _drop_prefix(self, prefix: str) -> None:
        if len(prefix) < _HEAD:
            del self._short[prefix]
            return
        head = self._by_head[prefix[:_HEAD]]
        head.remove(prefix)
        if not head:
            del self._by_head[prefix[:_HEAD]]

    def _rarest(self, condition: Either) -> Either:
        """The part under which a query is filed: of what must hold together, the rarest."""
        if condition.words or condition.prefixes or len(condition.wholes) != 1:
            return condition
        return min((self._rarest(part) for part in condition.wholes[0]), key=self._cost)

    def _anchors(self, part: Either) -> tuple[frozenset[str], frozenset[str]]:
        """Words and beginnings of which a document must have one for the part to hold.

        The choice within a whole goes by length, which does not change, so that what was filed is
        found again.
        """
        words, prefixes = set(part.words), set(part.prefixes)
        for whole in part.wholes:
            best = min(whole, key=_weight)
            more_words, more_prefixes = self._anchors(best)
            words |= more_words
            prefixes |= more_prefixes
        return frozenset(words), frozenset(prefixes)

    def _cost(self, part: Either) -> float:
        """How many documents of a thousand wake it, as far as is known."""
        documents = max(self._documents, 1)
        cost = sum(
            self._seen[word] * 1000 * _SAMPLE / documents or _guess(word) for word in part.words
        )
        cost += sum(4 * _guess(prefix) for prefix in part.prefixes)
        return cost + sum(min(self._cost(each) for each in whole) for whole in part.wholes)

    def _count(self, words: Iterable[str]) -> None:
        self._documents += 1
        if self._documents % _SAMPLE == 0 and len(self._seen) < _MAX_COUNTED:
            self._seen.update(words)
        if self._documents > _COUNTED_DOCUMENTS:
            self._documents //= 2
            self._seen = Counter({w: n // 2 for w, n in self._seen.items() if n > 1})


def _guess(word: str) -> float:
    """Documents of a thousand that hold a word that was never counted; short words are common."""
    if ord(word[0]) >= 0x2E80:
        return 5.0 if len(word) > 1 else 50.0
    return 50.0 if len(word) <= _COMMON_LENGTH else 1.0


def _weight(part: Either) -> tuple[float, int]:
    guess = sum(map(_guess, part.words)) + 4 * sum(map(_guess, part.prefixes))
    guess += sum(min(_weight(each)[0] for each in whole) for whole in part.wholes)
    return guess, -max(map(len, part.words), default=0)
