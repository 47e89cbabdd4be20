"""SQL of sources and fetch_states."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bot.domain.ids import SourceId
from bot.domain.source import FetchState, Source
from storage.rows import fetch_state_of, stamp, stamp_or_none


def save_catalogue(db: sqlite3.Connection, sources: Sequence[Source], now: datetime) -> None:
    """Remember the catalogue's names; a source that is new, or has a new URL, is due now."""
    db.executemany(
        """
        INSERT INTO sources
            (source_id, name, publisher, jurisdiction, credit, is_official, is_class_known,
             is_sample)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (source_id) DO UPDATE SET
            name = excluded.name, publisher = excluded.publisher,
            jurisdiction = excluded.jurisdiction, credit = excluded.credit,
            is_official = excluded.is_official, is_class_known = excluded.is_class_known,
            is_sample = excluded.is_sample
        """,
        [
            (
                s.source_id,
                s.name,
                s.publisher,
                s.jurisdiction,
                s.credit,
                s.is_official is True,
                s.is_official is not None,
                s.is_sample,
            )
            for s in sources
        ],
    )
    db.executemany(
        """
        INSERT INTO fetch_states
            (source_id, url, next_poll_at, is_seeded, failures, last_outcome, last_detail)
        VALUES (?, ?, ?, 0, 0, '', '')
        ON CONFLICT (source_id) DO UPDATE SET
            url = excluded.url, etag = NULL, last_modified = NULL, failures = 0,
            next_poll_at = excluded.next_poll_at, next_reason = 'new'
        WHERE url <> excluded.url
        """,
        [(s.source_id, s.url, stamp(now)) for s in sources],
    )


def fetch_states(db: sqlite3.Connection) -> dict[SourceId, FetchState]:
    """All that is remembered, by source."""
    rows = db.execute("SELECT * FROM fetch_states")
    return {SourceId(row["source_id"]): fetch_state_of(row) for row in rows}


def save_fetch_state(db: sqlite3.Connection, state: FetchState) -> None:
    """Replace what is remembered of one source."""
    db.execute(
        """
        UPDATE fetch_states SET
            url = ?, next_poll_at = ?, etag = ?, last_modified = ?, is_seeded = ?, failures = ?,
            last_polled_at = ?, last_success_at = ?, last_outcome = ?, last_detail = ?,
            last_full_at = ?, fresh_seconds = ?, rhythm = ?, rhythm_at = ?, next_reason = ?
        WHERE source_id = ?
        """,
        (
            state.url,
            stamp(state.next_poll_at),
            state.etag,
            state.last_modified,
            state.is_seeded,
            state.failures,
            stamp_or_none(state.last_polled_at),
            stamp_or_none(state.last_success_at),
            state.last_outcome,
            state.last_detail,
            stamp_or_none(state.last_full_at),
            None if state.fresh_for is None else int(state.fresh_for.total_seconds()),
            state.rhythm,
            stamp_or_none(state.rhythm_at),
            state.next_reason,
            state.source_id,
        ),
    )
