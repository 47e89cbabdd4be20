"""How likely two items are to tell of one event: a weighed sum of what they share and what differs.

The weights were fitted by logistic regression on the tuned half of tests/data/stories
(python -m tests.stories.fit): one set for texts of one language, one for texts of two. What is
common says little, so everything is weighed by how rare it is in the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from math import log, sqrt

from bot.stories.sketch import containment, resemblance
from bot.stories.traits import (
    ACTS,
    FIGURES,
    GOODS,
    NAMES,
    NUMBERS,
    PLACES,
    REFS,
    SKETCH,
    TITLE,
    WORDS,
    Traits,
    kind_of,
)

FEATURES = (
    "bias", "words", "title", "copy", "goods", "goods differ", "places", "places differ", "acts",
    "names", "numbers", "figures differ", "reference", "references differ", "days", "both official",
    "first place", "first place differs", "mirrored",
)  # fmt: skip

_LITTLE = 3.0
"""Weight that a text is taken to hold beside what was found in it: a lone "tariff" is no match."""

Rarity = Callable[[int], float]
"""The weight of a hash: the logarithm of how rare it is."""


class Weighed:
    """One item's traits as sets, weighed once for any number of comparisons."""

    def __init__(
        self,
        traits: Traits,
        rarity: Rarity,
        *,
        language: str,
        minutes: int,
        source: int,
        is_official: bool,
    ) -> None:
        self.rarity = rarity
        self.language = language
        self.minutes = minutes
        self.source = source
        self.is_official = is_official
        self.words = frozenset(traits.part(WORDS))
        self.title = frozenset(traits.part(TITLE))
        self.places = frozenset(traits.part(PLACES))
        self.goods = frozenset(traits.part(GOODS))
        self.acts = frozenset(traits.part(ACTS))
        self.names = frozenset(traits.part(NAMES))
        self.numbers = frozenset(traits.part(NUMBERS))
        self.figures = frozenset(traits.part(FIGURES))
        self.first_places = tuple(traits.part(PLACES)[:2])
        self.refs = frozenset(traits.part(REFS))
        self.kinds = frozenset(map(kind_of, self.refs))
        self.sketch = traits.part(SKETCH)

    @cached_property
    def word_norm(self) -> float:
        """The length of the vector of words."""
        return _norm(self.words, self.rarity)

    @cached_property
    def title_norm(self) -> float:
        """The length of the vector of the title's words."""
        return _norm(self.title, self.rarity)


def _norm(hashes: Iterable[int], rarity: Rarity) -> float:
    return sqrt(sum(rarity(each) ** 2 for each in hashes)) or 1.0


def features(one: Weighed, other: Weighed) -> tuple[float, ...]:
    """What speaks for and against, in the order of FEATURES."""
    rarity = one.rarity
    words = title = copy = 0.0
    if one.language == other.language:
        words = _cosine(one.words & other.words, one.word_norm * other.word_norm, rarity)
        title = _cosine(one.title & other.title, one.title_norm * other.title_norm, rarity)
        if words > 0.3:
            copy = max(
                resemblance(one.sketch, other.sketch), 0.8 * containment(one.sketch, other.sketch)
            )
    goods, goods_differ = _overlap(one.goods, other.goods, rarity)
    places, _none = _overlap(one.places, other.places, rarity)
    acts, _none = _overlap(one.acts, other.acts, rarity)
    has_other_places = bool(one.places - other.places and other.places - one.places)
    names = min(1.0, sum(map(rarity, one.names & other.names)) / 12)
    shared = one.numbers & other.numbers
    first_places, other_places = one.first_places, other.first_places
    numbers = min(1.0, sum(map(rarity, shared)) / 10)
    figures_differ = bool(
        one.figures
        and other.figures
        and not one.figures & other.numbers
        and not other.figures & one.numbers
    )
    reference = bool(one.refs & other.refs)
    references_differ = not reference and not one.kinds.isdisjoint(other.kinds)
    return (
        1.0,
        words,
        title,
        copy,
        goods,
        goods_differ,
        places,
        float(has_other_places),
        acts,
        names,
        numbers,
        float(figures_differ),
        float(reference),
        float(references_differ),
        min(3.0, abs(one.minutes - other.minutes) / 1440),
        float(one.is_official and other.is_official),
        float(first_places[:1] == other_places[:1] != ()),
        float(() != first_places[:1] != other_places[:1] != ()),
        float(len(first_places) == 2 and first_places == other_places[::-1]),
    )


def _cosine(shared: Iterable[int], norms: float, rarity: Rarity) -> float:
    return sum(rarity(each) ** 2 for each in shared) / norms


def _overlap(one: frozenset[int], other: frozenset[int], rarity: Rarity) -> tuple[float, float]:
    """How much of the lesser side is shared, weighed; and whether both say something else."""
    if not one or not other:
        return 0.0, 0.0
    shared = one & other
    if not shared:
        return 0.0, 1.0
    lesser = min(sum(map(rarity, one)), sum(map(rarity, other)))
    return sum(map(rarity, shared)) / (lesser + _LITTLE), 0.0


def rarity_of(count: int, total: int) -> float:
    """The weight of what `count` of `total` items hold. A window that is almost empty knows no
    rarity yet: it is taken to hold some more items, of which a few hold it."""
    return log((total + 200) / (count + 2.0))


def likeness(one: Weighed, other: Weighed) -> float:
    """The logit of being one event: above 0 it is more likely than not."""
    weights = WITHIN if one.language == other.language else ACROSS
    return sum(map(_times, weights, features(one, other)))


def _times(weight: float, value: float) -> float:
    return weight * value


WITHIN: Sequence[float] = (
    -5.46,  # bias
    3.78,  # words
    1.33,  # title
    2.75,  # copy
    2.20,  # goods
    -1.93,  # goods differ
    2.35,  # places
    -2.32,  # places differ
    3.14,  # acts
    1.95,  # names
    4.56,  # numbers
    -1.24,  # figures differ
    5.00,  # reference
    -4.13,  # references differ
    0.00,  # days
    -1.18,  # both official
    0.00,  # first place
    -1.15,  # first place differs
    -1.11,  # mirrored
)
ACROSS: Sequence[float] = (
    -2.39,  # bias
    4.00,  # words
    2.00,  # title
    4.00,  # copy
    1.82,  # goods
    -2.26,  # goods differ
    1.90,  # places
    -1.69,  # places differ
    4.34,  # acts
    3.27,  # names
    4.15,  # numbers
    -1.10,  # figures differ
    5.00,  # reference
    -4.00,  # references differ
    -0.32,  # days
    -1.28,  # both official
    0.00,  # first place
    -1.64,  # first place differs
    -0.96,  # mirrored
)
