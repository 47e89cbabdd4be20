"""The schema, as migrations: append only, readable SQL, each applied once in a transaction.

Times are fixed-width UTC text (2026-10-08T06:45:00.000000Z): text comparison is time comparison.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("tidewaiter")


@migrations()
def sources_and_items(db: Database) -> None:
    """Publications, what we remember of polling them, and what they published."""
    db.execute(
        """
        CREATE TABLE sources (
            source_id    TEXT PRIMARY KEY,
            name         TEXT NOT NULL,
            publisher    TEXT NOT NULL,
            jurisdiction TEXT NOT NULL DEFAULT '',
            credit       TEXT NOT NULL DEFAULT '',
            is_official  INTEGER NOT NULL,
            is_sample    INTEGER NOT NULL
        ) STRICT
        """
    )
    db.execute(
        """
        CREATE TABLE fetch_states (
            source_id        TEXT PRIMARY KEY REFERENCES sources,
            url              TEXT NOT NULL,
            next_poll_at     TEXT NOT NULL,
            etag             TEXT,
            last_modified    TEXT,
            is_seeded        INTEGER NOT NULL,
            failures         INTEGER NOT NULL,
            last_polled_at   TEXT,
            last_success_at  TEXT,
            last_outcome     TEXT NOT NULL,
            last_detail      TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute(
        """
        CREATE TABLE items (
            item_id        INTEGER PRIMARY KEY AUTOINCREMENT,
            source_id      TEXT NOT NULL REFERENCES sources,
            title          TEXT NOT NULL,
            text           TEXT NOT NULL,
            url            TEXT NOT NULL,
            guid           TEXT,
            canonical_url  TEXT,
            language       TEXT,
            published_at   TEXT,
            precision      TEXT NOT NULL,
            zone           TEXT NOT NULL,
            facts          TEXT NOT NULL DEFAULT '[]',
            first_seen_at  TEXT NOT NULL,
            edited_at      TEXT
        ) STRICT
        """
    )
    db.execute("CREATE INDEX items_by_source ON items (source_id, item_id)")
    db.execute(
        """
        CREATE TABLE item_keys (
            key      TEXT NOT NULL,
            item_id  INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
            PRIMARY KEY (key, item_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    # Contentless: Python folds, stems and pairs the text, so that search and watches agree; a set
    # of words, so no places are kept, and nothing is ranked by length (docs/adr/0004-one-fold.md).
    # "ascii" parts words at blanks and leaves all other letters as they are.
    db.execute(
        """
        CREATE VIRTUAL TABLE items_index USING fts5 (
            words, content = '', detail = none, columnsize = 0, tokenize = "ascii"
        )
        """
    )


@migrations()
def chats_and_watches(db: Database) -> None:
    """Who is told, and what they asked."""
    db.execute(
        """
        CREATE TABLE chats (
            chat_id            INTEGER PRIMARY KEY AUTOINCREMENT,
            door               TEXT NOT NULL,
            number             INTEGER NOT NULL,
            topic_id           INTEGER NOT NULL,
            kind               TEXT NOT NULL,
            title              TEXT NOT NULL,
            state              TEXT NOT NULL,
            zone               TEXT NOT NULL,
            digest_at          TEXT,
            digest_set_at      TEXT NOT NULL,
            created_at         TEXT NOT NULL,
            last_watch_number  INTEGER NOT NULL DEFAULT 0,
            UNIQUE (door, number, topic_id)
        ) STRICT
        """
    )
    db.execute(
        """
        CREATE TABLE watches (
            watch_id    INTEGER PRIMARY KEY AUTOINCREMENT,
            chat_id     INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            number      INTEGER NOT NULL,
            text        TEXT NOT NULL,
            created_at  TEXT NOT NULL,
            created_by  TEXT NOT NULL,
            removed_at  TEXT,
            UNIQUE (chat_id, number)
        ) STRICT
        """
    )
    # Numbered in order of commit: digests count in these numbers, not in times
    db.execute(
        """
        CREATE TABLE matches (
            match_id    INTEGER PRIMARY KEY AUTOINCREMENT,
            watch_id    INTEGER NOT NULL REFERENCES watches ON DELETE CASCADE,
            item_id     INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
            hits        TEXT NOT NULL,
            created_at  TEXT NOT NULL,
            UNIQUE (watch_id, item_id)
        ) STRICT
        """
    )
    db.execute("CREATE INDEX matches_by_watch ON matches (watch_id, match_id, created_at)")
    # Whoever keeps parsed watches in memory asks for this number: any process may change them
    db.execute("CREATE TABLE watch_revision (number INTEGER NOT NULL) STRICT")
    db.execute("INSERT INTO watch_revision VALUES (1)")
    for change in (
        "INSERT ON watches",
        "UPDATE ON watches",
        "DELETE ON watches",
        "UPDATE OF door, number, topic_id, state, zone ON chats",
    ):
        name = "_".join(change.replace(",", "").split()).lower()
        db.execute(
            f"""
            CREATE TRIGGER revised_by_{name} AFTER {change}
            BEGIN UPDATE watch_revision SET number = number + 1; END
            """
        )


@migrations()
def outbox_and_digests(db: Database) -> None:
    """What is to be said, and which digests were promised."""
    db.execute(
        """
        CREATE TABLE alerts (
            chat_id     INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            item_id     INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
            created_at  TEXT NOT NULL,
            PRIMARY KEY (chat_id, item_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("CREATE INDEX alerts_by_item ON alerts (item_id)")
    db.execute(
        """
        CREATE TABLE outbox (
            message_id  INTEGER PRIMARY KEY AUTOINCREMENT,
            chat_id     INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            kind        TEXT NOT NULL,
            priority    INTEGER NOT NULL,
            state       TEXT NOT NULL,
            body        TEXT NOT NULL,
            buttons     TEXT NOT NULL,
            dedup_key   TEXT NOT NULL UNIQUE,
            created_at  TEXT NOT NULL,
            due_at      TEXT NOT NULL,
            attempts    INTEGER NOT NULL DEFAULT 0,
            repeats     INTEGER NOT NULL DEFAULT 0,
            is_plain    INTEGER NOT NULL DEFAULT 0,
            detail      TEXT NOT NULL DEFAULT '',
            claimed_at  TEXT,
            settled_at  TEXT,
            remote_id   INTEGER
        ) STRICT
        """
    )
    # Partial: as long as the queue, however long the history
    db.execute(
        "CREATE INDEX outbox_queued ON outbox (chat_id, priority, message_id)"
        " WHERE state = 'queued'"
    )
    db.execute("CREATE INDEX outbox_by_state ON outbox (state, settled_at)")
    db.execute("CREATE INDEX outbox_by_chat ON outbox (chat_id, created_at)")
    # One row a Telegram chat (all its topics), and number 0 for the whole door. A row that was
    # set later than now is void: the clock has stepped back
    db.execute(
        """
        CREATE TABLE pacing (
            door     TEXT NOT NULL,
            number   INTEGER NOT NULL,
            free_at  TEXT NOT NULL,
            set_at   TEXT NOT NULL,
            PRIMARY KEY (door, number)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute(
        """
        CREATE TABLE digest_ledger (
            chat_id       INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            local_date    TEXT NOT NULL,
            covers_until  TEXT NOT NULL,
            through       INTEGER NOT NULL,
            created_at    TEXT NOT NULL,
            PRIMARY KEY (chat_id, local_date)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")


@migrations()
def versions(db: Database) -> None:
    """What lists and pages held when they were last read, for the next reading to be compared."""
    db.execute(
        """
        CREATE TABLE versions (
            source_id  TEXT PRIMARY KEY REFERENCES sources,
            digest     TEXT NOT NULL,
            form       TEXT NOT NULL,
            row_count  INTEGER NOT NULL,
            doubted    TEXT NOT NULL,
            doubts     INTEGER NOT NULL
        ) STRICT
        """
    )
    # In the order in which two versions are compared, so that neither is ever held whole
    db.execute(
        """
        CREATE TABLE version_rows (
            source_id  TEXT NOT NULL REFERENCES versions ON DELETE CASCADE,
            key        TEXT NOT NULL,
            name       TEXT NOT NULL,
            programme  TEXT NOT NULL,
            text       TEXT NOT NULL,
            place      INTEGER NOT NULL,
            PRIMARY KEY (source_id, key)
        ) STRICT, WITHOUT ROWID
        """
    )


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
