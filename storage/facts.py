"""SQL of facts: single values by their names."""

from __future__ import annotations

import sqlite3


def fact(db: sqlite3.Connection, name: str) -> str | None:
    """The value of a fact; None where it was never set."""
    row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])


def set_fact(db: sqlite3.Connection, name: str, value: str) -> None:
    """Keep a value, in place of the one before."""
    db.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
