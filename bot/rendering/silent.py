"""Which sources do not answer, and why: one reason is told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.domain.richtext import Line, text

_HOST = "\N{HORIZONTAL ELLIPSIS}host"  # stands for each source's own host in a shared reason
_SHARED = 3  # from so many on, sources with one reason share its line


@dataclass(frozen=True, slots=True)
class Silent:
    """A source that did not answer as it should, and why."""

    name: str
    url: str
    outcome: str
    detail: str


def describe_silent(silent: Sequence[Silent]) -> list[Line]:
    """Why each did not answer; from three on, those that share a reason share its line."""
    by_reason: dict[str, list[Silent]] = {}
    for each in silent:
        host = urlsplit(each.url).hostname or ""
        detail = each.detail.replace(host, _HOST) if host else each.detail
        by_reason.setdefault(f"{each.outcome}: {detail}", []).append(each)
    lines: list[Line] = []
    for reason, sharing in by_reason.items():
        if len(sharing) < _SHARED:
            lines += [text(f"✗ {s.name} · {s.outcome}: {s.detail}") for s in sharing]
        else:
            shown = reason.replace(f". {_HOST}", ". The host").replace(_HOST, "the host")
            lines.append(text(f"✗ {number_of(len(sharing), 'source')} · {shown}"))
            lines.append(text(f"  {'; '.join(each.name for each in sharing)}"))
    return lines


def number_of(count: int, noun: str) -> str:
    """`1 source`, `2 sources`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
