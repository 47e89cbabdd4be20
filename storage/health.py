"""SQL of source_health."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from bot.domain.health import Ailment, Complaint, Gap, Norm, SourceHealth, Told, Ward
from bot.domain.ids import SourceId
from bot.domain.outbox import Draft
from storage.outbox import insert_drafts
from storage.rows import moment, moment_or_none, stamp, stamp_or_none

_IS_WARD = "complaint <> '' OR failing_since IS NOT NULL OR told <> ''"


def source_healths(db: sqlite3.Connection) -> dict[SourceId, SourceHealth]:
    """All that is known, by source."""
    rows = db.execute("SELECT source_id, known FROM source_health")
    return {SourceId(row["source_id"]): _health_of(row) for row in rows}


def save_health(db: sqlite3.Connection, health: SourceHealth) -> None:
    """Replace what is known of one source; what was told of it stays."""
    db.execute(
        """
        INSERT INTO source_health (source_id, complaint, failing_since, known) VALUES (?, ?, ?, ?)
        ON CONFLICT (source_id) DO UPDATE SET complaint = excluded.complaint,
            failing_since = excluded.failing_since, known = excluded.known
        """,
        (
            health.source_id,
            health.ailment.complaint if health.ailment else "",
            stamp_or_none(health.failing_since),
            known_text(health),
        ),
    )


def wards(db: sqlite3.Connection) -> tuple[Ward, ...]:
    """The sources that are not plainly well, or were told of."""
    rows = db.execute(f"SELECT * FROM source_health WHERE {_IS_WARD} ORDER BY source_id")
    return tuple(
        Ward(
            health=_health_of(row),
            told=Told(row["told"]),
            told_of=moment_or_none(row["told_of"]),
        )
        for row in rows
    )


def tell_operators(
    db: sqlite3.Connection, drafts: Sequence[Draft], told: Sequence[Ward], now: datetime
) -> int:
    """Queue what the operators are told, and note that they know it. Returns how many were queued.

    A source that changed between reading and telling is told of again.
    """
    db.executemany(
        "UPDATE source_health SET told = ?, told_of = ? WHERE source_id = ?",
        [(ward.told, stamp_or_none(ward.told_of), ward.health.source_id) for ward in told],
    )
    return insert_drafts(db, drafts, now)


def known_text(health: SourceHealth) -> str:
    """A SourceHealth as JSON, without its id and what is as at first."""
    return json.dumps(_plain(health, without="source_id"), ensure_ascii=False)


def _health_of(row: sqlite3.Row) -> SourceHealth:
    return health_of(SourceId(row["source_id"]), row["known"])


def health_of(source_id: SourceId, text: str) -> SourceHealth:
    """The inverse of known_text."""
    known = json.loads(text)
    for name in ("bad_since", "failing_since", "well_since", "healed_at"):
        if name in known:
            known[name] = moment(known[name])
    if "day" in known:
        known["day"] = date.fromisoformat(known["day"])
    if "page_complaint" in known:
        known["page_complaint"] = Complaint(known["page_complaint"])
    for name in ("ailment", "past"):
        if name in known:
            known[name] = _ailment_of(known[name])
    if "gap" in known:
        gap = known["gap"]
        times = {name: moment(gap[name]) for name in ("after", "until")}
        known["gap"] = Gap(**(gap | times))
    if "norm" in known:
        known["norm"] = _norm_of(known["norm"])
    return SourceHealth(source_id=source_id, **known)


def _ailment_of(known: dict[str, Any]) -> Ailment:
    return Ailment(
        complaint=Complaint(known["complaint"]),
        detail=known["detail"],
        since=moment(known["since"]),
        found_at=moment(known["found_at"]),
    )


def _norm_of(known: dict[str, Any]) -> Norm:
    for name in ("lacking", "week", "weeks"):
        if name in known:
            known[name] = tuple(known[name])
    if "newest_at" in known:
        known["newest_at"] = moment(known["newest_at"])
    return Norm(**known)


def _plain(value: Any, without: str = "") -> Any:  # noqa: ANN401 - whatever the nouns hold
    match value:
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case float():
            return round(value, 4)
        case Norm() | SourceHealth():
            at_first = Norm() if isinstance(value, Norm) else SourceHealth(source_id=SourceId(""))
            return {
                each.name: _plain(getattr(value, each.name))
                for each in fields(value)
                if each.name != without
                and getattr(value, each.name) != getattr(at_first, each.name)
            }
        case Ailment() | Gap():
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value
