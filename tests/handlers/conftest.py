"""A desk with a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Desk]:
    """A desk that has not subscribed."""
    desk = Desk(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def desk(stranger: Desk) -> Desk:
    """A desk that has."""
    stranger.say("/start")
    return stranger
