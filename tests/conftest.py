"""Rules for all tests: no setting of the machine reaches them, nothing leaves loopback."""

from __future__ import annotations

import os

# before anything imports python-telegram-bot: retry_after as a duration, without a warning
os.environ["PTB_TIMEDELTA"] = "1"

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# `make test` draws the same cases every time, so that a red run is about the change at hand;
# `make hunt` draws new ones (HYPOTHESIS_PROFILE=hunt), and what it finds becomes an @example.
settings.register_profile(
    "tidewaiter",
    max_examples=100,
    deadline=None,  # the machines are noisy
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "hunt",
    settings.get_profile("tidewaiter"),
    derandomize=False,
    print_blob=True,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tidewaiter"))

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No TIDEWAITER_… or TELEGRAM_… of the developer's shell."""
    for name in list(os.environ):
        if name.startswith(("TIDEWAITER_", "TELEGRAM_")):
            monkeypatch.delenv(name)
