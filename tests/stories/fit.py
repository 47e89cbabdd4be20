"""Fit the weights of bot/stories/likeness.py on the tuned half: python -m tests.stories.fit

Logistic regression by Newton's steps with a quadratic penalty; pairs are those that the window
offers and all of one event.
"""

from __future__ import annotations

from math import exp

from bot.stories.likeness import FEATURES, features
from bot.stories.traits import read
from bot.stories.window import Window, entry_of
from tests.stories.labelled import half

PENALTY = 1.0
EXPECTED = {
    "words": 4.0, "title": 2.0, "copy": 4.0, "goods": 1.0, "goods differ": -1.5, "places": 1.0,
    "places differ": -1.0, "acts": 1.5, "names": 2.0, "numbers": 2.5, "figures differ": -1.0,
    "reference": 5.0, "references differ": -4.0, "days": -0.5, "both official": -1.0,
    "first place differs": -1.0, "mirrored": -1.5,
}  # fmt: skip
"""Where a weight is drawn to: events are few, and copies or numbers rare."""

POSITIVE = frozenset(
    {
        "words",
        "title",
        "copy",
        "goods",
        "places",
        "acts",
        "names",
        "numbers",
        "reference",
        "first place",
    }
)
"""What cannot speak against: a weight that chance made negative is 0."""

Row = tuple[tuple[float, ...], bool]


def pairs() -> dict[bool, list[Row]]:
    """The features of pairs and whether they are one event, by whether they share a language."""
    labelled = {each.item.item_id: each for each in half("tuned")}
    window = Window()
    for each in labelled.values():
        traits = read(each.item).traits
        window.add(entry_of(each.item, each.item.item_id, traits))
    rarities = window.rarities()
    rows: dict[bool, list[Row]] = {True: [], False: []}
    for number, each in labelled.items():
        mine = window.weighed(number, rarities)
        near = set(window.candidates(window.entry(number).traits, rarities))
        near |= {other for other, label in labelled.items() if label.event == each.event}
        for other in sorted(near):
            if other < number:
                values = features(mine, window.weighed(other, rarities))
                is_same_language = labelled[other].item.language == each.item.language
                rows[is_same_language].append((values, labelled[other].event == each.event))
    return rows


def fit(rows: list[Row]) -> list[float]:
    """The weights."""
    count = len(FEATURES)
    used = [at for at in range(count) if any(values[at] for values, _same in rows)]
    weights = [EXPECTED.get(name, 0.0) for name in FEATURES]
    for _step in range(40):
        gradient = [
            PENALTY * (EXPECTED.get(name, weights[at]) - weights[at])
            for at, name in enumerate(FEATURES)
        ]
        hessian = [[PENALTY * (a == b and a > 0) for b in range(count)] for a in range(count)]
        for values, is_same in rows:
            logit = sum(w * v for w, v in zip(weights, values, strict=True))
            chance = 1 / (1 + exp(-max(-30.0, min(30.0, logit))))
            for a in used:
                gradient[a] += values[a] * (is_same - chance)
                for b in used:
                    hessian[a][b] += values[a] * values[b] * chance * (1 - chance)
        step = _solve([[hessian[a][b] for b in used] for a in used], [gradient[a] for a in used])
        damping = min(1.0, 1.0 / max(map(abs, step)))  # a whole step may overshoot at first
        for at, each in zip(used, step, strict=True):
            weights[at] += damping * each
        dropped = [a for a in used if FEATURES[a] in POSITIVE and weights[a] < 0]
        dropped += [a for a in used if FEATURES[a] not in POSITIVE | {"bias"} and weights[a] > 0]
        for at in dropped:
            weights[at] = 0.0
    return weights


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    size = len(right)
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(matrix[row][at]))
        matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
        right[at], right[pivot] = right[pivot], right[at]
        for row in range(at + 1, size):
            share = matrix[row][at] / matrix[at][at]
            right[row] -= share * right[at]
            for column in range(at, size):
                matrix[row][column] -= share * matrix[at][column]
    found = [0.0] * size
    for at in reversed(range(size)):
        rest = sum(matrix[at][column] * found[column] for column in range(at + 1, size))
        found[at] = (right[at] - rest) / matrix[at][at]
    return found


def main() -> None:
    by_language = pairs()
    for is_same, name in ((True, "WITHIN"), (False, "ACROSS")):
        rows = by_language[is_same]
        weights = fit(rows)
        print(f"{name}  # {len(rows)} pairs, {sum(same for _values, same in rows)} of one event")
        for feature, weight in zip(FEATURES, weights, strict=True):
            print(f"    {weight:.2f},  # {feature}")


if __name__ == "__main__":
    main()
