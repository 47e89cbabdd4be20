"""How likely two items are to tell of one event: a weighed sum of what they share and what differs.

The weights were fitted by logistic regression on the tuned half of tests/data/stories
(python -m tests.stories.fit): one set for texts of one language, one for texts of two. What is
common says little, so everything is weighed by how rare it is in the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from math import log, sqrt
from operator import mul

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

_TWO_DOCUMENTS = -8.0  # two notices of one day are alike in all but number and matter
_MORE_ITEMS, _MORE_HOLDERS = 200, 2.0
_LITTLE = 3.0
"""Weight that a text is taken to hold beside what was found in it: a lone "tariff" is no match."""


class Rarities(dict[int, float]):
    """The weight of each hash: the logarithm of how rare it is in a window, worked out once.

    A window that is almost empty knows no rarity yet: it is taken to hold some more items, of which
    a few hold each. `norms` keeps the lengths of items' vectors in these weights.
    """

    def __init__(self, count: Callable[[int], int], total: int) -> None:
        super().__init__()
        self.norms: dict[tuple[int, int], float] = {}
        self.total = total
        self._count = count

    def __missing__(self, hashed: int) -> float:
        found = self[hashed] = log(
            (self.total + _MORE_ITEMS) / (self._count(hashed) + _MORE_HOLDERS)
        )
        return found


class Weighed:
    """One item's traits as sets, weighed once for any number of comparisons."""

    def __init__(
        self,
        traits: Traits,
        rarities: Rarities,
        *,
        item_id: int,
        language: str,
        minutes: int,
        is_official: bool,
    ) -> None:
        self.rarities = rarities
        self.item_id = item_id
        self.language = language
        self.minutes = minutes
        self.is_official = is_official
        self._traits = traits
        self.places = frozenset(traits.part(PLACES))
        self.goods = frozenset(traits.part(GOODS))
        self.acts = frozenset(traits.part(ACTS))
        self.names = frozenset(traits.part(NAMES))
        self.numbers = frozenset(traits.part(NUMBERS))
        self.figures = frozenset(traits.part(FIGURES))
        self.first_places = tuple(traits.part(PLACES)[:2])
        self.refs = frozenset(traits.part(REFS))
        self.kinds = frozenset(map(kind_of, self.refs))

    @cached_property
    def words(self) -> frozenset[int]:
        """The words; asked for within a language only, as all that follows."""
        return frozenset(self._traits.part(WORDS))

    @cached_property
    def title(self) -> frozenset[int]:
        """The words of the title."""
        return frozenset(self._traits.part(TITLE))

    @cached_property
    def sketch(self) -> Sequence[int]:
        """The sample of its shingles."""
        return self._traits.part(SKETCH)

    @cached_property
    def word_norm(self) -> float:
        """The length of the vector of words."""
        return self._norm(WORDS, self.words)

    @cached_property
    def title_norm(self) -> float:
        """The length of the vector of the title's words."""
        return self._norm(TITLE, self.title)

    def _norm(self, part: int, hashes: frozenset[int]) -> float:
        norms, key = self.rarities.norms, (self.item_id, part)
        if key not in norms:
            weights = map(self.rarities.__getitem__, hashes)
            norms[key] = sqrt(sum(weight * weight for weight in weights)) or 1.0
        return norms[key]


def features(one: Weighed, other: Weighed) -> tuple[float, ...]:
    """What speaks for and against, in the order of FEATURES."""
    rarities = one.rarities
    words = title = copy = 0.0
    if one.language == other.language:
        both = one.words & other.words
        if len(both) > 1:
            words = _cosine(both, one.word_norm * other.word_norm, rarities)
        both = one.title & other.title
        if both:
            title = _cosine(both, one.title_norm * other.title_norm, rarities)
        if words > 0.3:
            copy = max(
                resemblance(one.sketch, other.sketch), 0.8 * containment(one.sketch, other.sketch)
            )
    goods, goods_differ = _overlap(one.goods, other.goods, rarities)
    places, _none = _overlap(one.places, other.places, rarities)
    acts, _none = _overlap(one.acts, other.acts, rarities)
    has_other_places = bool(one.places - other.places and other.places - one.places)
    names = min(1.0, sum(map(rarities.__getitem__, one.names & other.names)) / 12)
    shared = one.numbers & other.numbers
    first_places, other_places = one.first_places, other.first_places
    numbers = min(1.0, sum(map(rarities.__getitem__, shared)) / 10)
    figures_differ = bool(
        one.figures
        and other.figures
        and not one.figures & other.numbers
        and not other.figures & one.numbers
    )
    reference = bool(one.refs & other.refs)
    references_differ = _have_other_numbers(one, other)
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


def _cosine(shared: Iterable[int], norms: float, rarities: Rarities) -> float:
    return sum(weight * weight for weight in map(rarities.__getitem__, shared)) / norms


def _overlap(one: frozenset[int], other: frozenset[int], rarities: Rarities) -> tuple[float, float]:
    """How much of the lesser side is shared, weighed; and whether both say something else."""
    if not one or not other:
        return 0.0, 0.0
    shared = one & other
    if not shared:
        return 0.0, 1.0
    lesser = min(sum(map(rarities.__getitem__, one)), sum(map(rarities.__getitem__, other)))
    return sum(map(rarities.__getitem__, shared)) / (lesser + _LITTLE), 0.0


def _have_other_numbers(one: Weighed, other: Weighed) -> bool:
    """Whether both have a number of one kind, and none in common."""
    return one.refs.isdisjoint(other.refs) and not one.kinds.isdisjoint(other.kinds)


def likeness(one: Weighed, other: Weighed) -> float:
    """The logit of being one event: above 0 it is more likely than not."""
    if one.is_official and other.is_official and _have_other_numbers(one, other):
        return _TWO_DOCUMENTS
    weights = WITHIN if one.language == other.language else ACROSS
    return float(sum(map(mul, weights, features(one, other))))


WITHIN: Sequence[float] = (
    -5.28,  # bias
    3.63,  # words
    1.23,  # title
    2.69,  # copy
    1.99,  # goods
    -2.02,  # goods differ
    2.29,  # places
    -2.29,  # places differ
    3.16,  # acts
    1.89,  # names
    4.44,  # numbers
    -1.34,  # figures differ
    5.00,  # reference
    -4.11,  # references differ
    0.00,  # days
    -1.21,  # both official
    0.00,  # first place
    -1.10,  # first place differs
    -1.12,  # mirrored
)
ACROSS: Sequence[float] = (
    -2.82,  # bias
    4.00,  # words
    2.00,  # title
    4.00,  # copy
    1.65,  # goods
    -1.68,  # goods differ
    1.62,  # places
    -1.72,  # places differ
    4.79,  # acts
    3.50,  # names
    3.84,  # numbers
    -1.41,  # figures differ
    5.00,  # reference
    -4.00,  # references differ
    -0.05,  # days
    -1.25,  # both official
    0.17,  # first place
    -1.06,  # first place differs
    -1.20,  # mirrored
)
