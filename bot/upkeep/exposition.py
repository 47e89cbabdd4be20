"""Figures to text, as Prometheus reads it.

The text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.vitals import Census, Vitals
from bot.upkeep.meters import BOUNDS, Durations, Meters

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OUTCOMES = ("fetched", "unchanged", "blocked", "not-a-feed", "failed")
_RESULTS = ("ok", "failed")


def exposition(
    meters: Meters,
    vitals: Vitals,
    census: Census | None,
    *,
    version: str,
    is_well: bool,
    backup_at: float | None,
) -> str:
    """All metrics. Labels are words of ours: their number does not grow with sources or chats.

    `backup_at` is in seconds since 1970, None where no backup was made; `census` is None where the
    database did not answer.
    """
    return "".join(
        f"{line}\n" for line in _lines(meters, vitals, census, version, is_well, backup_at)
    )


def _lines(
    meters: Meters,
    vitals: Vitals,
    census: Census | None,
    version: str,
    is_well: bool,
    backup_at: float | None,
) -> Iterator[str]:
    yield from _one("build_info", "gauge", "The version that runs.", 1, f'{{version="{version}"}}')
    yield from _one("up_and_well", "gauge", "1 where /healthz answers 200.", int(is_well))
    yield from _many("polls_total", "counter", "Polls.", "outcome", meters.polls, OUTCOMES)
    yield from _durations("poll_seconds", "Fetching and reading.", meters.poll_seconds)
    yield from _one("items_total", "counter", "Items that were new.", meters.items)
    yield from _one("matches_total", "counter", "Answers to watches.", meters.matches)
    yield from _one("alerts_total", "counter", "Messages queued by polls.", meters.messages)
    yield from _many("settled_total", "counter", "Attempts to send.", "state", meters.settled)
    yield from _one("throttled_total", "counter", "Answers 429 of Telegram.", meters.throttled)
    yield from _durations("sent_after_seconds", "From queue to sent.", meters.sent_after)
    yield from _many("pings_total", "counter", "Pings to outside.", "result", meters.pings)
    yield from _many(
        "backups_total", "counter", "Nightly backups.", "result", meters.backups, _RESULTS
    )
    yield from _many("canaries_total", "counter", "Canaries.", "result", meters.canaries, _RESULTS)
    ticks = {tick.name: round(tick.age, 3) for tick in vitals.ticks}
    yield from _many("tick_age_seconds", "gauge", "Since a job last began.", "job", ticks)
    yield from _one(
        "database_write_age_seconds",
        "gauge",
        "Since the database last took a write.",
        round(vitals.written_age, 3),
    )
    yield from _one("disk_has_room", "gauge", "0 where polling rests.", int(vitals.has_room))
    yield from _one(
        "outbox_due_age_seconds",
        "gauge",
        "How long the message has been due that has been for longest.",
        round(vitals.due_age, 3),
    )
    if vitals.heard_age is not None:
        yield from _one(
            "telegram_answer_age_seconds",
            "gauge",
            "Since Telegram last answered.",
            round(vitals.heard_age, 3),
        )
    if vitals.canary_age is not None:
        yield from _one(
            "canary_age_seconds",
            "gauge",
            "Since a canary last came through.",
            round(vitals.canary_age, 3),
        )
    if backup_at is not None:
        yield from _one(
            "backup_timestamp_seconds", "gauge", "When the newest backup was made.", int(backup_at)
        )
    if census is not None:
        counts = census.outbox
        states = {
            "queued": counts.queued,
            "sending": counts.sending,
            "sent": counts.sent,
            "failed": counts.failed,
            "uncertain": counts.uncertain,
        }
        yield from _many("outbox_messages", "gauge", "Messages by state.", "state", states)
        answers = {outcome or "new": n for outcome, n in census.outcomes.items()}
        yield from _many("sources", "gauge", "Sources by their last answer.", "outcome", answers)
        yield from _many(
            "ailing_sources", "gauge", "Sources not as usual.", "complaint", census.complaints
        )


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP tidewaiter_{name} {about}"
    yield f"# TYPE tidewaiter_{name} {kind}"


def _one(name: str, kind: str, about: str, value: float, labels: str = "") -> Iterator[str]:
    yield from _head(name, kind, about)
    yield f"tidewaiter_{name}{labels} {value}"


def _many(
    name: str,
    kind: str,
    about: str,
    label: str,
    values: Mapping[str, float],
    always: tuple[str, ...] = (),
) -> Iterator[str]:
    yield from _head(name, kind, about)
    for key in sorted({*values, *always}):
        yield f'tidewaiter_{name}{{{label}="{_escaped(key)}"}} {values.get(key, 0)}'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _durations(name: str, about: str, durations: Durations) -> Iterator[str]:
    yield from _head(name, "histogram", about)
    for bound, count in zip(BOUNDS, durations.classes, strict=True):
        yield f'tidewaiter_{name}_bucket{{le="{bound:g}"}} {count}'
    yield f'tidewaiter_{name}_bucket{{le="+Inf"}} {durations.count}'
    yield f"tidewaiter_{name}_sum {round(durations.total, 6)}"
    yield f"tidewaiter_{name}_count {durations.count}"
