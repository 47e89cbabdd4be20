"""Which stories become one: the likeliest pair first, for as long as one is more likely than not.

Average linkage, leaning to the strongest link: a follow-up is like one item of its story and less
like the rest, while two events are seldom alike throughout. Because the surest links are made
first, no item's place depends on who came before it in a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush

JOIN = -1.2
"""The logit from which two stories of one item each are one: a little above the loosest that joins
no two events of the tuned half."""

_MORE = 0.8  # for each further item of the lesser story: its items had their chance one by one
_MOST = 2.2
_COMPARED = 2  # of a story's first and last items each

Logit = Callable[[int, int], float]
"""How likely two items are one event."""


def link(
    pairs: Iterable[tuple[int, int, float]],
    story_of: Callable[[int], int],
    members: Callable[[int], Sequence[int]],
    unite: Callable[[int, int], int],
    logit: Logit,
) -> None:
    """Unite stories along the links between items, as (item, item, logit).

    `unite` makes two stories one and says how that goes by; `members` are in order of time.
    """
    links: dict[int, dict[int, float]] = {}
    for one, other, likely in pairs:
        if likely < JOIN:
            continue
        a, b = story_of(one), story_of(other)
        if a != b:
            best = max(likely, links.setdefault(a, {}).get(b, likely))
            links[a][b] = links.setdefault(b, {})[a] = best

    def entry(a: int, b: int) -> tuple[float, int, int, int, int]:
        score = _score(members(a), members(b), logit)
        return (-score, min(a, b), max(a, b), len(members(min(a, b))), len(members(max(a, b))))

    def is_worth_it(a: int, b: int) -> bool:
        # the strongest link alone must bear what is asked of stories so long
        return links[a][b] - _asked_of(len(members(a)), len(members(b))) >= JOIN

    waiting = [
        entry(a, b) for a, others in links.items() for b in others if a < b and is_worth_it(a, b)
    ]
    heapify(waiting)
    while waiting:
        score, a, b, size_a, size_b = heappop(waiting)
        if -score < JOIN:
            return
        if b not in links.get(a, ()) or (len(members(a)), len(members(b))) != (size_a, size_b):
            continue  # one of them is another by now, and was looked at anew
        kept = unite(a, b)
        gone = b if kept == a else a
        for other, best in links.pop(gone).items():
            del links[other][gone]
            if other != kept:
                both = max(best, links[kept].get(other, best))
                links[kept][other] = links[other][kept] = both
        for other in links[kept]:
            if is_worth_it(kept, other):
                heappush(waiting, entry(kept, other))


def _score(one: Sequence[int], other: Sequence[int], logit: Logit) -> float:
    less, more = sorted((_some_of(one), _some_of(other)), key=len)
    total = 0.0
    for item in less:
        logits = [logit(item, each) for each in more]
        total += (max(logits) + sum(logits) / len(logits)) / 2
    return total / len(less) - _asked_of(len(less), len(more))


def _asked_of(one: int, other: int) -> float:
    return min(_MOST, _MORE * (min(one, other) - 1))


def _some_of(members: Sequence[int]) -> Sequence[int]:
    if len(members) <= 2 * _COMPARED:
        return members
    return [*members[:_COMPARED], *members[-_COMPARED:]]
