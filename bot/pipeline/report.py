"""What a pass over the sources came to, in words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.domain.fetch import OUTCOME_NAMES, Read, Unchanged
from bot.domain.richtext import Line, RichText, bold, rich, text
from bot.pipeline.poll import PollResult
from bot.rendering.silent import Silent, describe_silent, number_of

_GOOD = {OUTCOME_NAMES[Read], OUTCOME_NAMES[Unchanged]}


def is_good(result: PollResult) -> bool:
    """Whether the source answered as it should."""
    return result.outcome in _GOOD


def describe_pass(results: Sequence[PollResult]) -> RichText:
    """Which sources answered, which did not and why; by name, so that two runs read alike."""
    by_name = sorted(results, key=lambda result: result.source.name.casefold())
    good = [result for result in by_name if is_good(result)]
    bad = [result for result in by_name if not is_good(result)]
    lines: list[Line] = [
        text(bold(f"{len(good)} of {number_of(len(by_name), 'source')} answered."))
    ]
    for result in good:
        lines.append(text(f"✓ {result.source.name}: {_counted(result)}"))
    lines.extend(
        describe_silent([Silent(r.source.name, r.source.url, r.outcome, r.detail) for r in bad])
    )
    if any(result.is_first for result in good):
        lines.append(
            text("A first reading is stored quietly: /latest and /search show it, alerts follow.")
        )
    if bad:
        lines.append(text("Those that did not answer are asked again, less and less often."))
    return rich(*lines)


def _counted(result: PollResult) -> str:
    if result.outcome == OUTCOME_NAMES[Unchanged]:
        return "nothing new"
    parts = [number_of(result.items, "item")]
    if not result.is_first:
        parts.append(f"{result.applied.new_items} new")
    if result.applied.messages:
        parts.append(number_of(result.applied.messages, "alert"))
    if result.gap is not None and not result.gap.pages:
        parts.append("none of them known: others may have been missed")
    return ", ".join(parts) + (f" ({result.detail})" if result.detail else "")


def poll_line(result: PollResult) -> str:
    """One line for `tidewaiter poll`."""
    mark = "✓" if is_good(result) else "✗"
    said = _counted(result) if is_good(result) else result.detail
    return (
        f"{mark} {result.source.source_id:<28} {result.outcome:<10} {result.seconds:6.2f} s  {said}"
    )


def poll_json(result: PollResult) -> dict[str, Any]:
    """One object for `tidewaiter poll --json`."""
    return {
        "source": result.source.source_id,
        "name": result.source.name,
        "outcome": result.outcome,
        "detail": result.detail,
        "items": result.items,
        "new": result.applied.new_items,
        "matches": result.applied.matches,
        "messages": result.applied.messages,
        "first": result.is_first,
        "gap": result.gap is not None,
        "seconds": round(result.seconds, 3),
    }
