"""SQL of desk_sources and questions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from bot.domain.desk import DeskChange, DeskSource
from bot.domain.ids import ChatId, SourceId
from bot.domain.question import KEPT, Change, Question, Topic
from bot.domain.source import ListShape, Source, SourceKind
from bot.domain.watch import WatchText
from storage.chats import add_watch
from storage.rows import moment, moment_or_none, stamp
from storage.sources import save_catalogue
from storage.watches import edit_watch


def desk_sources(db: sqlite3.Connection) -> tuple[int, list[DeskSource]]:
    """The number of the catalogue's state, and all decisions, the oldest first."""
    rows = db.execute("SELECT * FROM desk_sources ORDER BY added_at, source_id").fetchall()
    return catalogue_revision(db), [_desk_source_of(row) for row in rows]


def catalogue_revision(db: sqlite3.Connection) -> int:
    """A number that another one follows whenever a decision changes."""
    return int(db.execute("SELECT number FROM catalogue_revision").fetchone()["number"])


def change_desk(db: sqlite3.Connection, change: DeskChange, now: datetime) -> bool:
    """Apply decisions; a source that was added is due at once, and its first page is quiet. False,
    with nothing applied, where the catalogue is another than the one that they were made on."""
    on = change.on if isinstance(change, DeskChange) else None
    if on is not None and on != catalogue_revision(db):
        return False
    db.executemany(
        "DELETE FROM desk_sources WHERE source_id = ?", [(each,) for each in change.forget]
    )
    db.executemany(
        """
        INSERT INTO desk_sources (source_id, url, name, kind, shape, added_by, added_in, added_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (source_id) DO UPDATE SET
            url = excluded.url, name = excluded.name, kind = excluded.kind, shape = excluded.shape,
            added_by = excluded.added_by, added_in = excluded.added_in, added_at = excluded.added_at
        """,
        [_row_of(each) for each in change.put],
    )
    added = [each.source for each in change.put if each.source is not None]
    # under an id that was once another publication's, this one was never read
    db.executemany(
        "UPDATE fetch_states SET is_seeded = 0, last_polled_at = NULL, last_success_at = NULL,"
        " last_outcome = '', last_detail = '' WHERE source_id = ? AND url <> ?",
        [(source.source_id, source.url) for source in added],
    )
    save_catalogue(db, added, now)
    return True


def ask(db: sqlite3.Connection, question: Question) -> None:
    """Keep a question."""
    db.execute(
        "INSERT INTO questions (code, chat_id, topic, about, asked_by, asked_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            question.code,
            question.chat_id,
            question.topic,
            question.about,
            question.asked_by,
            stamp(question.asked_at),
        ),
    )


def find_question(db: sqlite3.Connection, code: str) -> Question | None:
    """The question of this code, open or answered."""
    row = db.execute("SELECT * FROM questions WHERE code = ?", (code,)).fetchone()
    return None if row is None else _question_of(row)


def last_question(db: sqlite3.Connection, chat_id: ChatId, asked_by: str) -> Question | None:
    """The newest question to somebody in a chat, open or answered."""
    row = db.execute(
        "SELECT * FROM questions WHERE chat_id = ? AND asked_by = ? AND topic <> ?"
        " ORDER BY asked_at DESC, rowid DESC LIMIT 1",
        (chat_id, asked_by, Topic.SEARCH),
    ).fetchone()
    return None if row is None else _question_of(row)


def answer(
    db: sqlite3.Connection, code: str, word: str, by: str, now: datetime, change: Change | None
) -> bool:
    """Answer an open question and apply what follows, together; False where it was answered, or
    where what follows was decided on another catalogue: then it stays open."""
    on = change.on if isinstance(change, DeskChange) else None
    if on is not None and on != catalogue_revision(db):
        return False
    cursor = db.execute(
        "UPDATE questions SET answer = ?, answered_by = ?, answered_at = ?"
        " WHERE code = ? AND answer = ''",
        (word, by, stamp(now), code),
    )
    if cursor.rowcount != 1:
        return False
    match change:
        case DeskChange():
            change_desk(db, change, now)
        case WatchText(number=None):
            add_watch(db, change.chat_id, change.text, by, now)
        case WatchText(number=int() as number):
            edit_watch(db, change.chat_id, number, change.text, by, now)
        case None:
            pass
    return True


def forget_questions(db: sqlite3.Connection, now: datetime) -> int:
    """Delete those that are too old to be answered."""
    cursor = db.execute("DELETE FROM questions WHERE asked_at < ?", (stamp(now - KEPT),))
    return cursor.rowcount


def _row_of(desk: DeskSource) -> Sequence[str | None]:
    source = desk.source
    shape = source.shape if source is not None else None
    return (
        desk.source_id,
        None if source is None else source.url,
        "" if source is None else source.name,
        "" if source is None else source.kind,
        None if shape is None else json.dumps(asdict(shape), ensure_ascii=False),
        desk.by,
        desk.where,
        stamp(desk.at),
    )


def _desk_source_of(row: sqlite3.Row) -> DeskSource:
    source_id = SourceId(row["source_id"])
    source = None
    if row["url"] is not None:
        shape = None if row["shape"] is None else ListShape(**json.loads(row["shape"]))
        source = Source(
            source_id=source_id,
            name=row["name"],
            url=row["url"],
            kind=SourceKind(row["kind"]),
            shape=shape,
            is_official=None,
        )
    return DeskSource(
        source_id=source_id,
        source=source,
        by=row["added_by"],
        where=row["added_in"],
        at=moment(row["added_at"]),
    )


def _question_of(row: sqlite3.Row) -> Question:
    return Question(
        code=row["code"],
        chat_id=ChatId(row["chat_id"]),
        topic=Topic(row["topic"]),
        about=row["about"],
        asked_by=row["asked_by"],
        asked_at=moment(row["asked_at"]),
        answer=row["answer"],
        answered_by=row["answered_by"],
        answered_at=moment_or_none(row["answered_at"]),
    )
