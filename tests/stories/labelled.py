"""The labelled events, and how well stories are found in them.

python -m tests.stories.labelled          the table of both halves, and what went wrong in the tuned
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import combinations
from pathlib import Path

from bot.stories.place import Placements, Role, place
from bot.stories.traits import StoryItem
from bot.stories.window import Window

FOLDER = Path(__file__).resolve().parents[1] / "data" / "stories"
HALVES = ("tuned", "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An item, its event, and its role in it."""

    item: StoryItem
    name: str
    event: str
    role: Role


@cache
def half(name: str) -> tuple[Labelled, ...]:
    """The items of one half."""
    lines = (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()
    return tuple(_labelled(number, json.loads(line)) for number, line in enumerate(lines, 1))


def _labelled(number: int, line: dict[str, str]) -> Labelled:
    item = StoryItem(
        item_id=number,
        title=line["title"],
        text=line["text"],
        language=line["lang"],
        at=datetime.fromisoformat(line["published_at"]),
        source=line["source"],
        is_official=bool(line["official"]),
    )
    return Labelled(item=item, name=line["id"], event=line["event"], role=Role(line["role"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """B³ F1 within languages and across them (Bagga and Baldwin 1998), wrong joins as a share of
    the pairs that were joined, and updates found and told falsely as shares of updates and of
    repeats."""

    within: float
    across: float
    false_joins: float
    updates_found: float
    updates_false: float


def judge(labelled: Sequence[Labelled], found: Placements) -> Quality:
    """Compare with the labels."""
    story = {each.item_id: each.story for each in found.items}
    role = {each.item_id: each.role for each in found.items}
    joined = wrong = 0
    for one, other in combinations(labelled, 2):
        if story[one.item.item_id] == story[other.item.item_id]:
            joined += 1
            wrong += one.event != other.event
    updates = [each for each in labelled if each.role is Role.UPDATE]
    repeats = [each for each in labelled if each.role is Role.REPEAT]
    return Quality(
        within=_within(labelled, story),
        across=b_cubed(
            [each.event for each in labelled], [story[e.item.item_id] for e in labelled]
        ),
        false_joins=wrong / max(1, joined),
        updates_found=_share(updates, role),
        updates_false=_share(repeats, role),
    )


def _share(items: Sequence[Labelled], role: dict[int, Role]) -> float:
    told = sum(role[each.item.item_id] is Role.UPDATE for each in items)
    return told / max(1, len(items))


def _within(labelled: Sequence[Labelled], story: dict[int, int]) -> float:
    """The mean over the languages, by their items."""
    by_language: defaultdict[str | None, list[Labelled]] = defaultdict(list)
    for each in labelled:
        by_language[each.item.language].append(each)
    return sum(
        len(items) * b_cubed([e.event for e in items], [story[e.item.item_id] for e in items])
        for items in by_language.values()
    ) / len(labelled)


def b_cubed(truth: Sequence[object], found: Sequence[object]) -> float:
    """F1 of B³ precision and recall."""
    both = Counter(zip(truth, found, strict=True))
    by_truth, by_found = Counter(truth), Counter(found)
    precision = sum(n * n / by_found[f] for (_t, f), n in both.items()) / len(truth)
    recall = sum(n * n / by_truth[t] for (t, _f), n in both.items()) / len(truth)
    return 2 * precision * recall / (precision + recall)


def table() -> str:
    """The figures of both halves."""
    lines = ["half    items  within  across  false joins  updates found  updates false"]
    for name in HALVES:
        quality = judge(half(name), place([each.item for each in half(name)], Window()))
        lines.append(
            f"{name:6} {len(half(name)):6}  {quality.within:6.3f}  {quality.across:6.3f}"
            f"  {quality.false_joins:11.2%}  {quality.updates_found:13.1%}"
            f"  {quality.updates_false:13.1%}"
        )
    return "\n".join(lines)


def _faults(name: str) -> None:
    labelled = {each.item.item_id: each for each in half(name)}
    found = place([each.item for each in half(name)], Window())
    stories: defaultdict[int, list[str]] = defaultdict(list)
    for each in found.items:
        stories[each.story].append(labelled[each.item_id].name)
    for members in stories.values():
        events = {member.rpartition("/")[0] for member in members}
        if len(events) > 1:
            print("joined:", *members)
    for event in dict.fromkeys(each.event for each in labelled.values()):
        parts = [m for m in stories.values() if any(x.rpartition("/")[0] == event for x in m)]
        if len(parts) > 1:
            print("apart: ", " | ".join(" ".join(part) for part in parts))
    for each in found.items:
        label = labelled[each.item_id]
        if label.role is not Role.FIRST and (each.role is Role.UPDATE) != (
            label.role is Role.UPDATE
        ):
            print(f"{label.name}: {each.role}, is {label.role}:", *each.facts)


if __name__ == "__main__":
    print(table())
    _faults("tuned")
