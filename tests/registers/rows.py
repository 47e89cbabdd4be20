"""Rows of invented lists, and versions of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from bot.domain.version import PackedRows, Row, packed, version_of


def row(key: str, **changes: Any) -> Row:
    """A row that says no more than its test cares about."""
    return Row(**{"key": key, "name": f"NAME {key}", "programme": "TIN-EO1", **changes})


def listed(rows: Iterable[Row]) -> PackedRows:
    """Rows as a version holds them."""
    return version_of(map(packed, rows), "").rows


# what a reader hands on: no control characters, and line feeds in the text only
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=6)
LINES = st.lists(
    st.tuples(st.sampled_from(["remarks", "type"]), WORDS).map(": ".join), max_size=3, unique=True
).map("\n".join)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    return Row(
        key=draw(st.sampled_from(["1", "2", "10", "a", "ab", "ä", "稀土", "😀"]) | WORDS),
        name=draw(WORDS),
        programme=draw(st.sampled_from(["", "TIN", "TIN] [ZINC"])),
        text=draw(LINES),
        place=draw(st.integers(0, 3)),
    )


LISTS = st.lists(rows(), max_size=8, unique_by=lambda each: each.key)
