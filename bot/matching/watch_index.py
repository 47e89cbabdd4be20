"""Which of many queries may hold for a document: by its index words, in one pass.

    index words → the parts that hold → the queries whose parts all do

A part is what one term, phrase or concept asks of the index words; queries share it. Every query is
filed under one of its parts, the rarest: of a hundred thousand only those are looked at whose
rarest part holds, and each by one comparison of sets. Adding a query is a few entries in tables,
nothing is built anew; what turns out to be filed under a common word is filed anew by and by
(docs/adr/0019-many-watches.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

from bot.domain.query import Query
from bot.matching.condition import Either, condition_of
from bot.matching.index_words import IndexWords

K = TypeVar("K", bound=Hashable)

_COMMON_LENGTH = 4  # letters up to which a word is taken for a common one until it is counted
_MAX_COUNTED = 200_000  # words of which the documents are counted
_SAMPLE = 8  # of so many documents the words of one are counted
_HEADS = (8, 4)  # letters by which prefixes are filed: the longer heads are few words'
_COUNTED_DOCUMENTS = 50_000  # then all counts are halved: what was rare last year may not be now
_MAX_WOKEN = 100_000  # words whose parts are remembered: some 10 MB
_REFILE = 8  # after so many counted documents the part that costs most is looked at
_MAX_REFILED = 500  # queries at a time: some milliseconds


@dataclass(slots=True)
class _Part(Generic[K]):
    """What one term asks; `filed` are the queries under it, each with the other parts it needs."""

    asks: Either
    users: int = 0
    filed: dict[K, tuple[int, ...]] = field(default_factory=dict)


class WatchIndex(Generic[K]):
    """Queries by key. `candidates` gives those that may hold for a document, never too few."""

    def __init__(self) -> None:
        self._parts: dict[int, _Part[K]] = {}
        self._numbers: dict[Either, int] = {}  # of the parts
        self._last_number = 0
        self._needs: dict[K, tuple[int, ...]] = {}  # the part that it is filed under, and the rest
        self._always: dict[K, None] = {}
        self._anchors: dict[int, dict[K, tuple[int, ...]]] = {}  # the parts with queries under them
        self._compounds: dict[int, Either] = {}  # parts for which a word alone does not suffice
        self._by_word: dict[str, list[int]] = {}
        self._by_prefix: dict[str, list[int]] = {}
        # prefixes by their first letters, for each number of these
        self._by_head: dict[int, dict[str, list[str]]] = {length: {} for length in _HEADS}
        self._short: dict[str, None] = {}  # prefixes that are shorter than that
        self._woken = _Woken(self._parts_with)
        self._seen: Counter[str] = Counter()
        self._documents = 0
        self._burden: Counter[int] = Counter()  # comparisons that the queries under a part took

    def __len__(self) -> int:
        return len(self._needs) + len(self._always)

    def __contains__(self, key: K) -> bool:
        return key in self._needs or key in self._always

    def add(self, key: K, query: Query) -> None:
        """File a query; one that is filed under the key already is replaced."""
        self.discard(key)
        condition = condition_of(query)
        if condition is None:
            self._always[key] = None
            return
        self._file(key, [self._number_of(part) for part in _parts_of(condition)])

    def discard(self, key: K) -> None:
        """Forget a query, if there is one under the key."""
        self._always.pop(key, None)
        needs = self._needs.get(key)
        if needs is not None:
            self._unfile(key)
            for number in needs:
                self._release(number)

    def candidates(self, words: IndexWords) -> list[K]:
        """The keys of the queries that may hold for a document, in no order that means anything."""
        holding = self._holding(words)
        has_all = holding.issuperset
        found: list[K] = list(self._always)
        woken = self._anchors.keys() & holding
        for number in woken:
            found += [key for key, rest in self._anchors[number].items() if has_all(rest)]
        self._learn(words.words, woken)
        return found

    def _holding(self, words: IndexWords) -> set[int]:
        """The parts that hold for a document."""
        holding = set(chain.from_iterable(map(self._woken.__getitem__, words.words)))
        for number in self._compounds.keys() & holding:
            if not self._compounds[number].may_hold(words):
                holding.remove(number)
        return holding

    def _parts_with(self, word: str) -> tuple[int, ...]:
        """The parts that a word wakes."""
        found = self._by_word.get(word, [])
        for length, by_head in self._by_head.items():
            for prefix in by_head.get(word[:length], ()):
                if word.startswith(prefix):
                    found = found + self._by_prefix[prefix]
        for prefix in self._short:
            if word.startswith(prefix):
                found = found + self._by_prefix[prefix]
        return tuple(found)

    def _file(self, key: K, numbers: Iterable[int]) -> None:
        """Under the rarest of its parts."""
        anchor, *rest = sorted(numbers, key=lambda number: self._cost(self._parts[number].asks))
        self._needs[key] = (anchor, *rest)
        self._parts[anchor].filed[key] = tuple(rest)
        self._anchors[anchor] = self._parts[anchor].filed

    def _unfile(self, key: K) -> None:
        anchor = self._needs.pop(key)[0]
        del self._parts[anchor].filed[key]
        if not self._parts[anchor].filed:
            del self._anchors[anchor]

    def _number_of(self, part: Either) -> int:
        """The number of a part, which is in use once more."""
        number = self._numbers.get(part)
        if number is None:
            self._last_number += 1
            number = self._numbers[part] = self._last_number
            self._parts[number] = _Part(part)
            if part.wholes:
                self._compounds[number] = part
            words, prefixes = _wakers(part)
            for word in words:
                self._by_word.setdefault(word, []).append(number)
            for prefix in prefixes:
                if prefix not in self._by_prefix:
                    self._add_prefix(prefix)
                self._by_prefix[prefix].append(number)
            self._woken.forget(words, prefixes)
        self._parts[number].users += 1
        return number

    def _release(self, number: int) -> None:
        part = self._parts[number]
        part.users -= 1
        if part.users:
            return
        del self._parts[number], self._numbers[part.asks]
        self._compounds.pop(number, None)
        self._burden.pop(number, None)
        words, prefixes = _wakers(part.asks)
        self._woken.forget(words, prefixes)
        for table, entries in ((self._by_word, words), (self._by_prefix, prefixes)):
            for entry in entries:
                table[entry].remove(number)
                if not table[entry]:
                    del table[entry]
                    if table is self._by_prefix:
                        self._drop_prefix(entry)

    def _add_prefix(self, prefix: str) -> None:
        self._by_prefix[prefix] = []
        length = _head_of(prefix)
        if length:
            self._by_head[length].setdefault(prefix[:length], []).append(prefix)
        else:
            self._short[prefix] = None

    def _drop_prefix(self, prefix: str) -> None:
        length = _head_of(prefix)
        if not length:
            del self._short[prefix]
            return
        head = self._by_head[length][prefix[:length]]
        head.remove(prefix)
        if not head:
            del self._by_head[length][prefix[:length]]

    def _cost(self, part: Either) -> float:
        """How many documents of a thousand wake it, as far as is known."""
        documents = max(self._documents, 1)
        cost = sum(
            self._seen[word] * 1000 * _SAMPLE / documents or _guess(word) for word in part.words
        )
        cost += sum(4 * _guess(prefix) for prefix in part.prefixes)
        return cost + sum(min(self._cost(each) for each in whole) for whole in part.wholes)

    def _learn(self, words: Iterable[str], woken: Iterable[int]) -> None:
        """Count one document of several; file anew what costs more than it need."""
        self._documents += 1
        if self._documents % _SAMPLE:
            return
        if len(self._seen) < _MAX_COUNTED:
            self._seen.update(words)
        for number in woken:
            self._burden[number] += len(self._anchors[number])
        if self._documents % (_SAMPLE * _REFILE) == 0 and self._burden:
            number, _cost = self._burden.most_common(1)[0]
            self._burden.clear()
            for key in list(self._anchors.get(number, ()))[:_MAX_REFILED]:
                needs = self._needs[key]
                self._unfile(key)
                self._file(key, needs)
        if self._documents > _COUNTED_DOCUMENTS:
            self._documents //= 2
            self._seen = Counter({w: n // 2 for w, n in self._seen.items() if n > 1})


class _Woken(dict[str, tuple[int, ...]]):
    """The parts that each word of a text wakes, worked out when first asked for: texts repeat
    their words."""

    def __init__(self, work_out: Callable[[str], tuple[int, ...]]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= _MAX_WOKEN:
            self.clear()
        found = self[word] = self._work_out(word)
        return found

    def forget(self, words: Iterable[str], prefixes: Collection[str]) -> None:
        """Something about these has changed."""
        if prefixes:
            self.clear()
        for word in words:
            self.pop(word, None)


def _head_of(prefix: str) -> int:
    """By how many letters a prefix is filed; 0 where it is too short."""
    return next((length for length in _HEADS if len(prefix) >= length), 0)


def _parts_of(condition: Either) -> tuple[Either, ...]:
    """What must hold together."""
    is_whole = len(condition.wholes) == 1 and not condition.words and not condition.prefixes
    return condition.wholes[0] if is_whole else (condition,)


def _wakers(part: Either) -> tuple[frozenset[str], frozenset[str]]:
    """Words and beginnings of which a document must have one for the part to hold.

    The choice within a whole goes by length, which does not change, so that what was filed is
    found again.
    """
    words, prefixes = set(part.words), set(part.prefixes)
    for whole in part.wholes:
        more_words, more_prefixes = _wakers(min(whole, key=_weight))
        words |= more_words
        prefixes |= more_prefixes
    return frozenset(words), frozenset(prefixes)


def _guess(word: str) -> float:
    """Documents of a thousand that hold a word that was never counted; short words are common."""
    if ord(word[0]) >= 0x2E80:
        return 5.0 if len(word) > 1 else 50.0
    return 50.0 if len(word) <= _COMMON_LENGTH else 1.0


def _weight(part: Either) -> tuple[float, int]:
    guess = sum(map(_guess, part.words)) + 4 * sum(map(_guess, part.prefixes))
    guess += sum(min(_weight(each)[0] for each in whole) for whole in part.wholes)
    return guess, -max(map(len, part.words), default=0)
