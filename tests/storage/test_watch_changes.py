"""Whoever keeps watches in memory hears of every change of them, and of nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from bot.domain.chat import Address, ChatState, Door
from bot.matching.index_words import index_words
from bot.pipeline.standing import Standing
from storage import chats, items
from tests.samples import NOW
from tests.storage.nouns import add_chat, add_watch

WORDS = index_words("Gallium licences", "Steel quotas and rare earths: 稀土出口", "en")


def _supergroup(db: sqlite3.Connection) -> None:
    """A group whose supergroup wrote first: one watch is in both, and its row is deleted."""
    add_watch(db, add_chat(db, -1005), "gallium")
    chats.migrate_chat(db, Address(door=Door.TELEGRAM, number=-5), -1005)


CHANGES: list[Callable[[sqlite3.Connection], object]] = [
    lambda db: add_watch(db, add_chat(db, -5), "rare earths"),
    lambda db: add_watch(db, add_chat(db, -7), "gallium"),
    lambda db: chats.remove_watch(db, add_chat(db, -5).chat_id, 1, NOW),
    lambda db: chats.set_chat_state(db, add_chat(db, -5).chat_id, ChatState.PAUSED, NOW),
    lambda db: chats.set_digest(db, add_chat(db, -5).chat_id, None, "Asia/Tokyo", NOW),
    lambda db: db.execute("DELETE FROM chats WHERE number = -5"),
    lambda db: db.execute("UPDATE watches SET text = 'steel' WHERE number = 1"),
    _supergroup,
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_in_the_database_is_taken_over(
    db: sqlite3.Connection, change: Callable[[sqlite3.Connection], object]
) -> None:
    here = add_chat(db, -5)
    for text in ("gallium", "tin"):
        add_watch(db, here, text)
    before = items.ingest_material(db, [])
    standing = Standing(before.read_watches(0).watches)
    change(db)
    after = items.ingest_material(db, [])
    standing.update(after.read_watches(before.revision))
    anew = Standing(after.read_watches(0).watches)
    assert len(standing) == len(anew)
    assert [w for _q, w in standing.candidates(WORDS)] == [w for _q, w in anew.candidates(WORDS)]
