"""The schema, as migrations: append only, readable SQL, each applied once in a transaction.

Times are fixed-width UTC text (2026-10-08T06:45:00.000000Z): text comparison is time comparison.
"""

from __future__ import annotations

from sqlite_utils import Database

from storage.migrations_first import migrations

__all__ = ["migrations"]


@migrations()
def cadence(db: Database) -> None:
    """What decides when a source is asked next: freshness, and the rhythm of its own week."""
    for column in (
        "last_full_at TEXT",
        "fresh_seconds INTEGER",
        "rhythm BLOB NOT NULL DEFAULT x''",
        "rhythm_at TEXT",
        "next_reason TEXT NOT NULL DEFAULT 'new'",
    ):
        db.execute(f"ALTER TABLE fetch_states ADD COLUMN {column}")


@migrations()
def source_health(db: Database) -> None:
    """What each source's polls have shown, what ails it, and what the operators were told of it."""
    db.execute(
        """
        CREATE TABLE source_health (
            source_id      TEXT PRIMARY KEY REFERENCES sources,
            complaint      TEXT NOT NULL,
            failing_since  TEXT,
            known          TEXT NOT NULL,
            told           TEXT NOT NULL DEFAULT '',
            told_of        TEXT
        ) STRICT
        """
    )
    # Partial: as long as the list of sources that a person should look at
    db.execute(
        """
        CREATE INDEX source_health_wards ON source_health (source_id)
        WHERE complaint <> '' OR failing_since IS NOT NULL OR told <> ''
        """
    )


@migrations()
def watch_changes(db: Database) -> None:
    """Which watches changed in which revision, so that only those are read and parsed anew.

    Rows of watches that were deleted stay: whoever still has them in memory must hear of it.
    """
    db.execute(
        """
        CREATE TABLE watch_changes (
            watch_id  INTEGER PRIMARY KEY,
            revision  INTEGER NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE INDEX watch_changes_by_revision ON watch_changes (revision)")
    # Not INSERT OR REPLACE: an UPDATE OR IGNORE that fires the trigger would make IGNORE of it
    for change, ids in (
        ("INSERT ON watches", "SELECT NEW.watch_id AS watch_id"),
        ("UPDATE ON watches", "SELECT NEW.watch_id AS watch_id"),
        ("DELETE ON watches", "SELECT OLD.watch_id AS watch_id"),
        (
            "UPDATE OF door, number, topic_id, state, zone ON chats",
            "SELECT watch_id FROM watches WHERE chat_id = NEW.chat_id",
        ),
    ):
        name = "_".join(change.replace(",", "").split()).lower()
        db.execute(f"DROP TRIGGER revised_by_{name}")
        db.execute(
            f"""
            CREATE TRIGGER revised_by_{name} AFTER {change}
            BEGIN
                UPDATE watch_revision SET number = number + 1;
                DELETE FROM watch_changes WHERE watch_id IN ({ids});
                INSERT INTO watch_changes SELECT watch_id, number FROM ({ids}), watch_revision;
            END
            """
        )


@migrations()
def items_by_time(db: Database) -> None:
    """The items of the last weeks are found without reading all others: for back-tests."""
    db.execute("CREATE INDEX items_by_time ON items (first_seen_at)")


@migrations()
def last_entries(db: Database) -> None:
    """Which entry each list ended with: one that was cut short has lost it."""
    db.execute("ALTER TABLE versions ADD COLUMN last_key TEXT NOT NULL DEFAULT ''")


@migrations()
def desk_sources(db: Database) -> None:
    """What operators decided of the catalogue in chats and by import, and the questions that chats
    were asked before."""
    # Whether a source is official may be unknown: then is_official says nothing
    db.execute("ALTER TABLE sources ADD COLUMN is_class_known INTEGER NOT NULL DEFAULT 1")
    # A row without a url switches off the catalogue's own source of this id
    db.execute(
        """
        CREATE TABLE desk_sources (
            source_id  TEXT PRIMARY KEY,
            url        TEXT,
            name       TEXT NOT NULL,
            kind       TEXT NOT NULL,
            shape      TEXT,
            added_by   TEXT NOT NULL,
            added_in   TEXT NOT NULL,
            added_at   TEXT NOT NULL
        ) STRICT
        """
    )
    # Whoever keeps the catalogue in memory asks for this number: any process may change it
    db.execute("CREATE TABLE catalogue_revision (number INTEGER NOT NULL) STRICT")
    db.execute("INSERT INTO catalogue_revision VALUES (1)")
    for change in ("INSERT", "UPDATE", "DELETE"):
        db.execute(
            f"""
            CREATE TRIGGER catalogue_revised_by_{change.lower()} AFTER {change} ON desk_sources
            BEGIN UPDATE catalogue_revision SET number = number + 1; END
            """
        )
    db.execute(
        """
        CREATE TABLE questions (
            code         TEXT PRIMARY KEY,
            chat_id      INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            topic        TEXT NOT NULL,
            about        TEXT NOT NULL,
            asked_by     TEXT NOT NULL,
            asked_at     TEXT NOT NULL,
            answer       TEXT NOT NULL DEFAULT '',
            answered_by  TEXT NOT NULL DEFAULT '',
            answered_at  TEXT
        ) STRICT
        """
    )
    db.execute("CREATE INDEX questions_by_chat ON questions (chat_id, asked_at)")
    db.execute("CREATE INDEX questions_by_age ON questions (asked_at)")


@migrations()
def watch_ways(db: Database) -> None:
    """What a chat calls a watch, how loudly it tells and until when it is silent; what its NOT
    shuts out; which item a message tells of."""
    for column in (
        "name TEXT NOT NULL DEFAULT ''",
        "priority TEXT NOT NULL DEFAULT 'normal'",
        "changed_at TEXT",
        "changed_by TEXT NOT NULL DEFAULT ''",
        "muted_until TEXT",
        # the number of the last match before it fell silent: what came after it is told at the end
        "muted_after INTEGER",
    ):
        db.execute(f"ALTER TABLE watches ADD COLUMN {column}")
    # Partial: as long as the list of watches that are silent
    db.execute("CREATE INDEX watches_muted ON watches (muted_until) WHERE muted_until IS NOT NULL")
    db.execute(
        """
        CREATE TABLE shut_out (
            watch_id  INTEGER NOT NULL REFERENCES watches ON DELETE CASCADE,
            day       TEXT NOT NULL,
            items     INTEGER NOT NULL,
            PRIMARY KEY (watch_id, day)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("ALTER TABLE outbox ADD COLUMN item_id INTEGER")
    # their keys end in the item's number
    db.execute(
        """
        UPDATE outbox SET item_id = (
            SELECT item_id FROM items WHERE item_id = CAST(
                replace(dedup_key, rtrim(dedup_key, replace(dedup_key, ':', '')), '') AS INTEGER
            )
        )
        WHERE kind IN ('alert', 'update')
        """
    )
    db.execute("CREATE INDEX alerts_by_time ON alerts (chat_id, created_at, item_id)")
