"""The health of sources in words: alarms to the operators, and one line for a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.health import NO_ANSWER, Ailment, Bulletin, Complaint, Gap, SourceHealth
from bot.domain.ids import SourceId
from bot.domain.item import Precision
from bot.domain.richtext import Line, RichText, bold, code, italic, rich, text
from bot.domain.source import Source
from bot.rendering.silent import Silent, describe_silent, number_of
from bot.rendering.times import local_time

_SHOWN = 12  # sources of one message; /status has them all
_LONGEST = 240  # characters of a reason

HEADLINES: Mapping[Complaint, str] = {
    Complaint.UNREACHABLE: "does not answer",
    Complaint.REFUSED: "turns us away",
    Complaint.NOT_A_FEED: "answers with something else",
    Complaint.UNUSABLE: "cannot be read",
    Complaint.OTHER_HOST: "is answered from another host",
    Complaint.CUT: "breaks off",
    Complaint.EMPTY: "lists nothing any more",
    Complaint.FEWER: "lists fewer entries than ever",
    Complaint.UNTITLED: "lists entries without titles",
    Complaint.UNLINKED: "lists entries without links",
    Complaint.UNDATED: "lists entries without dates",
    Complaint.TEXTLESS: "lists entries without texts",
    Complaint.FUTURE: "dates its entries in the future",
    Complaint.OLDER: "lists older entries than before",
    Complaint.FROZEN: "hides what is new",
    Complaint.SILENT: "has fallen silent",
    Complaint.GAP: "was read with a gap",
}
"""What ails a source, as the predicate of its name."""

_HAS_CHANGED = "Its page has probably changed. Compare it with what is read, and mend the source:"
_ADVICE: Mapping[Complaint, str] = {
    Complaint.OTHER_HOST: "If it has moved for good, give it its new url in the catalogue:",
    Complaint.CUT: "Look whether it is whole there; its server may have its own limits:",
    Complaint.EMPTY: _HAS_CHANGED,
    Complaint.FEWER: _HAS_CHANGED,
    Complaint.UNTITLED: _HAS_CHANGED,
    Complaint.UNLINKED: _HAS_CHANGED,
    Complaint.UNDATED: _HAS_CHANGED,
    Complaint.TEXTLESS: _HAS_CHANGED,
    Complaint.FUTURE: "Check the zone and the date of the source in the catalogue:",
    Complaint.OLDER: "Check that its url still leads to the newest entries:",
    Complaint.FROZEN: "Look for another address of the source, or tell its publisher:",
    Complaint.SILENT: "Look whether something new stands there; then its address is stale:",
    Complaint.GAP: "Look there for what was published in that time, and poll it more often:",
}


def render_bulletin(
    bulletin: Bulletin, sources: Mapping[SourceId, Source], *, zone: str, now: datetime
) -> RichText:
    """One message for the operators; `zone` is the chat's IANA zone."""
    parts: list[list[Line]] = []
    if bulletin.outage:
        parts.append(_outage(bulletin, sources, zone, now))
    if bulletin.outage_over:
        parts.append(_outage_over(bulletin.outage_over))
    if bulletin.outage_left:
        parts.append(_left(bulletin.outage_left, sources))
    if len(bulletin.ailing) == 1:
        parts.append(_alarm(bulletin.ailing[0], sources, zone, now))
    elif bulletin.ailing:
        parts.append(_alarms(bulletin.ailing, sources, zone, now))
    if bulletin.healed:
        parts.append([_healed(health, sources, zone, now) for health in bulletin.healed[:_SHOWN]])
        parts[-1] += _more(len(bulletin.healed) - _SHOWN)
    lines = [line for part in parts for line in ((), *part)]
    return rich(*lines[1:])


def glance(name: str, ailment: Ailment, *, zone: str, now: datetime, answers: bool = False) -> Line:
    """One line: ✗ where nothing can be read, ⚠ where it can and is odd; the reason; since when.

    `answers` says that the last poll was good: a source that flaps is not well at once.
    """
    since = local_time(ailment.since, zone, Precision.INSTANT, now)
    if ailment.complaint not in NO_ANSWER:
        return text(f"⚠ {name} {reason(ailment)} · since {since}")
    if answers:
        past = HEADLINES_PAST[ailment.complaint]
        return text(f"⚠ {name} {past} since {since}; it answers again, and is not trusted yet")
    return text(f"✗ {name} {reason(ailment)} · since {since}")


def reason(ailment: Ailment) -> str:
    """The predicate and its detail: `has fallen silent: nothing new for 12 days, …`."""
    return f"{HEADLINES[ailment.complaint]}: {_short(ailment.detail)}"


def _alarm(
    health: SourceHealth, sources: Mapping[SourceId, Source], zone: str, now: datetime
) -> list[Line]:
    ailment = health.ailment
    assert ailment is not None
    source = sources[health.source_id]
    since = local_time(ailment.since, zone, Precision.INSTANT, now)
    lines = [
        text("⚠️ ", bold(source.name), f" {HEADLINES[ailment.complaint]}"),
        text(_sentence(_short(ailment.detail))),
        text(italic(f"Since {since}. You will be told when it is over.")),
    ]
    advice = _ADVICE.get(ailment.complaint)
    if advice is not None:
        lines.append(text(f"{advice} {source.url}"))
    lines.append(text("What is read now: ", code(f"tidewaiter poll {source.source_id}")))
    return lines


def _alarms(
    ailing: Sequence[SourceHealth], sources: Mapping[SourceId, Source], zone: str, now: datetime
) -> list[Line]:
    lines = [text("⚠️ ", bold(f"{number_of(len(ailing), 'source')} need a look"))]
    for health in ailing[:_SHOWN]:
        assert health.ailment is not None
        lines.append(glance(sources[health.source_id].name, health.ailment, zone=zone, now=now))
    return [*lines, *_more(len(ailing) - _SHOWN)]


def _healed(
    health: SourceHealth, sources: Mapping[SourceId, Source], zone: str, now: datetime
) -> Line:
    name, past = sources[health.source_id].name, health.past
    if past is None or health.healed_at is None:
        return text("✓ ", bold(name), " is well again")
    since = local_time(past.since, zone, Precision.INSTANT, now)
    if health.is_accepted:
        return text(
            "✓ ",
            bold(name),
            f" has been different since {since} and counts as normal now: {_short(past.detail)}",
        )
    lasted = span_of(health.healed_at - past.since)
    if past.complaint is Complaint.GAP and health.gap is not None and health.gap.is_filled:
        return text("✓ ", bold(name), f": its {gap_said(health.gap, zone, now)}")
    if past.complaint is Complaint.GAP:
        return text("✓ ", bold(name), f" has been read without a gap for {lasted}")
    return text(
        "✓ ", bold(name), f" is well again: it {HEADLINES_PAST[past.complaint]} for {lasted}"
    )


def gap_said(gap: Gap, zone: str, now: datetime) -> str:
    """A window gap, and what was filled of it: "gap of Mon 9:15 to 9:25 was filled: …"."""
    after, until = (local_time(at, zone, Precision.INSTANT, now) for at in (gap.after, gap.until))
    brought = f"{_entries(gap.filled)} from {number_of(gap.pages, 'further page')}"
    if gap.is_filled:
        return f"gap from {after} to {until} is filled: {brought}"
    if gap.is_pending:
        return f"gap from {after} to {until} is being filled: {brought} so far"
    filled = f"{brought} filled in, others" if gap.pages else "entries"
    return f"gap from {after} to {until} stays open: {filled} may have been missed"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


HEADLINES_PAST: Mapping[Complaint, str] = {
    Complaint.UNREACHABLE: "had not answered",
    Complaint.REFUSED: "had turned us away",
    Complaint.NOT_A_FEED: "had answered with something else",
    Complaint.UNUSABLE: "could not be read",
    Complaint.OTHER_HOST: "was answered from another host",
    Complaint.CUT: "had broken off",
    Complaint.EMPTY: "had listed nothing",
    Complaint.FEWER: "had listed fewer entries",
    Complaint.UNTITLED: "had listed entries without titles",
    Complaint.UNLINKED: "had listed entries without links",
    Complaint.UNDATED: "had listed entries without dates",
    Complaint.TEXTLESS: "had listed entries without texts",
    Complaint.FUTURE: "had dated its entries in the future",
    Complaint.OLDER: "had listed older entries",
    Complaint.FROZEN: "had hidden what was new",
    Complaint.SILENT: "had been silent",
    Complaint.GAP: "was read with a gap",
}
"""The same of an ailment that is over."""


def _outage(
    bulletin: Bulletin, sources: Mapping[SourceId, Source], zone: str, now: datetime
) -> list[Line]:
    failing = bulletin.outage
    since = min((h.failing_since for h in failing if h.failing_since), default=now)
    at = local_time(since, zone, Precision.INSTANT, now)
    count = f"{len(failing)} of {number_of(bulletin.total, 'source')}"
    lines = [
        text("⚠️ ", bold(f"{count} have stopped answering")),
        text(
            f"Since {at}. So many at once are hardly at fault themselves: look at the network, the "
            "DNS and the proxy of the bot's machine. They are asked on, and you will be told when "
            "most of them answer again."
        ),
    ]
    reasons = [_silence(h, sources) for h in failing if h.ailment is not None]
    return [*lines, *describe_silent(reasons)[: 2 * _SHOWN]]


def _outage_over(over: Sequence[SourceHealth]) -> list[Line]:
    answer = "answers" if len(over) == 1 else "answer"
    return [text("✓ ", bold(f"{number_of(len(over), 'source')} {answer} again"))]


def _left(left: Sequence[SourceHealth], sources: Mapping[SourceId, Source]) -> list[Line]:
    silent = [_silence(health, sources) for health in left]
    return [
        text("⚠️ ", bold(f"Still without an answer: {number_of(len(left), 'source')}")),
        *describe_silent(silent)[: 2 * _SHOWN],
    ]


def _silence(health: SourceHealth, sources: Mapping[SourceId, Source]) -> Silent:
    source, ailment = sources[health.source_id], health.ailment
    complaint, detail = (
        (ailment.complaint, ailment.detail) if ailment else (Complaint.UNREACHABLE, "no answer yet")
    )
    return Silent(source.name, source.url, complaint, _short(detail))


def _more(left: int) -> list[Line]:
    return [text(f"… and {left} more: ", code("/status"))] if left > 0 else []


def _sentence(clause: str) -> str:
    ended = clause if clause.endswith((".", "!", "?", "…")) else f"{clause}."
    return ended[:1].upper() + ended[1:]


def _short(detail: str) -> str:
    return detail if len(detail) <= _LONGEST else detail[: _LONGEST - 1] + "…"


def span_of(span: timedelta) -> str:
    """A duration in words, to the leading unit: `40 minutes`, `3 hours`, `12 days`."""
    minutes = max(int(span.total_seconds()) // 60, 1)
    if minutes < 120:
        return number_of(minutes, "minute")
    hours = minutes // 60
    return number_of(hours, "hour") if hours < 48 else number_of(hours // 24, "day")
