"""The first migrations: the tables that the house began with. See migrations.py."""

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
