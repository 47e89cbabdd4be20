"""How long, as people say it: always an end, in the chat's own zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.until import LONGEST, read_until
from tests.samples import NOW

BRUSSELS = "Europe/Brussels"  # NOW is Thursday 8 October 2026, 11:00 there


def local(typed: str) -> str:
    until = read_until(typed, now=NOW, zone=BRUSSELS)
    assert until is not None
    return f"{until.astimezone(ZoneInfo(BRUSSELS)):%a %d %b %Y %H:%M}"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("30m", "Thu 08 Oct 2026 11:30"),
        ("90 min", "Thu 08 Oct 2026 12:30"),
        ("8h", "Thu 08 Oct 2026 19:00"),
        ("for 8 hours", "Thu 08 Oct 2026 19:00"),
        ("3d", "Sun 11 Oct 2026 11:00"),
        ("2 weeks", "Thu 22 Oct 2026 11:00"),
        ("until 18:00", "Thu 08 Oct 2026 18:00"),
        ("18.30", "Thu 08 Oct 2026 18:30"),
        ("until 9:00", "Fri 09 Oct 2026 09:00"),  # today's is over
        ("tomorrow", "Fri 09 Oct 2026 08:00"),
        ("tomorrow 17h30", "Fri 09 Oct 2026 17:30"),
        ("monday", "Mon 12 Oct 2026 08:00"),
        ("until Mon 9:00", "Mon 12 Oct 2026 09:00"),
        ("thursday", "Thu 15 Oct 2026 08:00"),  # a day of that name is the next one
        ("2026-10-25", "Sun 25 Oct 2026 08:00"),  # after the clocks were put back
        ("2026-10-08 12:00", "Thu 08 Oct 2026 12:00"),
    ],
)
def test_what_people_say_has_an_end(typed: str, expected: str) -> None:
    assert local(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "", "ever", "0h", "0m", "-3h", "h", "8", "8x", "25:00", "until", "monday noon", "367d",
        "9999w", "2026-10-08", "2026-02-30", "2025-01-01", "2028-01-01", "mo", "٣h", "8h 30m",
    ],
)  # fmt: skip
def test_what_has_no_end_within_a_year_is_none(typed: str) -> None:
    assert read_until(typed, now=NOW, zone=BRUSSELS) is None


@given(
    st.text(max_size=30) | st.from_regex(r"(until )?[0-9a-z:. -]{1,16}", fullmatch=True),
    st.timedeltas(timedelta(0), timedelta(days=7000)).map(lambda after: NOW + after),
    st.sampled_from(["UTC", BRUSSELS, "Asia/Tokyo", "America/Sao_Paulo", "Pacific/Apia"]),
)
def test_whatever_is_typed_ends_after_now_and_within_a_year(
    typed: str, now: datetime, zone: str
) -> None:
    until = read_until(typed, now=now, zone=zone)
    assert until is None or timedelta(0) < until - now <= LONGEST
