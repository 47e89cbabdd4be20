"""A database file of its own for each test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.connection import connect, migrate
from storage.store import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is, or will be."""
    return tmp_path / "tidewaiter.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """The writer's connection, for the functions that hold the SQL."""
    with closing(connect(path, is_writer=True)) as connection:
        migrate(connection, path)
        yield connection


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """The whole store; pytest awaits nothing, so tests run it with `wait`."""
    opened = SqliteStore(path)
    yield opened
    opened.close()
