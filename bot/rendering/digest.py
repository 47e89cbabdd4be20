"""The daily digest: what answered each watch since the last one."""

from __future__ import annotations

from datetime import datetime

from bot.domain.digest import Digest, DigestEntry, DigestGroup
from bot.domain.item import Precision
from bot.domain.richtext import Line, RichText, bold, code, italic, rich, text
from bot.rendering.parts import brief, credits_of, shortened
from bot.rendering.times import local_time

_SHOWN = 15  # items of one watch; the rest is a /search away
_QUIET = 60  # code points of a watch that nothing answered


def render_digest(digest: Digest, *, zone: str, now: datetime) -> RichText:
    """The digest for a chat; `zone` is the chat's IANA zone."""
    today = local_time(now, zone, Precision.DAY, now)
    since = local_time(digest.covers_from, zone, Precision.INSTANT, now)
    head = text("🌊 ", bold(f"Digest · {today}"))
    if not digest.groups:
        return rich(head, text("This chat has no watch yet. Set one: ", code("/watch rare earths")))
    if not digest.count:
        watches = len(digest.groups)
        watched = "your watch" if watches == 1 else f"any of your {watches} watches"
        return rich(head, text(f"Nothing matched {watched} since {since}."))
    lines: list[Line] = [head, text(italic(f"{_counted(digest.count)} since {since}"))]
    quiet = [group for group in digest.groups if not group.entries]
    for group in digest.groups:
        if group.entries:
            lines += [(), *_group(group, zone, now)]
    if quiet:
        names = ", ".join(shortened(group.watch.label, _QUIET) for group in quiet)
        lines += [(), text(italic(f"Nothing new on: {names}"))]
    shown = [entry.item for group in digest.groups for entry in group.entries[:_SHOWN]]
    credit = credits_of(shown)
    return rich(*lines, *([(), credit] if credit else []))


def _counted(count: int) -> str:
    return "One publication" if count == 1 else f"{count} publications"


def _group(group: DigestGroup, zone: str, now: datetime) -> list[Line]:
    watch = group.watch
    lines = [text("🔔 ", bold(f"{watch.number}. {watch.label}"), f" · {len(group.entries)}")]
    return [*lines, *_entries(group, zone, now)]


def render_catch_up(group: DigestGroup, *, zone: str, now: datetime) -> RichText:
    """What a watch held back while it was silent."""
    watch = group.watch
    lines = [
        text("🔔 ", bold(f"Watch {watch.number} {watch.label}"), " tells again."),
        text(italic(f"{_counted(len(group.entries))} while it was silent")),
        *_entries(group, zone, now),
    ]
    credit = credits_of([entry.item for entry in group.entries[:_SHOWN]])
    return rich(*lines, *([(), credit] if credit else []))


def _entries(group: DigestGroup, zone: str, now: datetime) -> list[Line]:
    lines: list[Line] = []
    for entry in group.entries[:_SHOWN]:
        lines += _entry(entry, zone, now)
    left = len(group.entries) - _SHOWN
    if left > 0:
        lines.append(text(f"… and {left} more: ", code(f"/search {group.watch.text}")))
    return lines


def _entry(entry: DigestEntry, zone: str, now: datetime) -> list[Line]:
    numbers = ", ".join(str(watch.number) for watch in entry.also)
    return brief(entry.item, zone, now, f" · also watch {numbers}" if numbers else "")
