"""Dates as publishers write them: to the instant, its precision, and the zone that was meant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.item import Precision
from bot.sources.dates import FIRST_YEAR, LAST_YEAR, find_date, parse_date

NONE = (None, Precision.NONE)


def at(*parts: int) -> tuple[datetime, Precision]:
    return datetime(*parts, tzinfo=UTC), Precision.INSTANT  # type: ignore[arg-type,misc]


def day(*parts: int) -> tuple[datetime, Precision]:
    return datetime(*parts, tzinfo=UTC), Precision.DAY  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        # RSS: RFC 822 and what has become of it
        ("Thu, 08 Oct 2026 09:30:00 +0200", "UTC", at(2026, 10, 8, 7, 30)),
        ("Thu, 8 Oct 2026 09:30 GMT", "Asia/Tokyo", at(2026, 10, 8, 9, 30)),
        ("08 Oct 26 09:30:15 UT", "UTC", at(2026, 10, 8, 9, 30, 15)),
        ("Thu, 08 October 2026 09:30:00 Z", "UTC", at(2026, 10, 8, 9, 30)),
        ("Thursday, October 8, 2026 9:30 PM", "UTC", at(2026, 10, 8, 21, 30)),
        ("Oct 8, 2026 12:05 a.m.", "UTC", at(2026, 10, 8, 0, 5)),
        ("Thu Oct  8 09:30:00 UTC 2026", "UTC", at(2026, 10, 8, 9, 30)),
        ("Thu, 08 Oct 2026 09:30:00 +0000 (Coordinated Universal Time)", "UTC",
         at(2026, 10, 8, 9, 30)),
        # Atom and JSON Feed: RFC 3339
        ("2026-10-08T09:30:00Z", "UTC", at(2026, 10, 8, 9, 30)),
        ("2026-10-08T09:30:00.123456+01:00", "UTC", at(2026, 10, 8, 8, 30)),
        ("2026-10-08 09:30:00", "Asia/Shanghai", at(2026, 10, 8, 1, 30)),
        ("20261008T093000Z", "Asia/Tokyo", at(2026, 10, 8, 9, 30)),
        ("20261008", "UTC", day(2026, 10, 8)),
        ("2026-06-30T24:00:00Z", "Europe/Paris", at(2026, 7, 1)),
        ("2026-06-30T23:59:60Z", "UTC", at(2026, 6, 30, 23, 59, 59)),
        # EUR-Lex: midnight in Brussels is a day, and the day before in UTC
        ("Tue, 30 Jun 2026 00:00:00 +0200", "Europe/Brussels", day(2026, 6, 29, 22)),
        # the Federal Register
        ("2026-10-09", "America/New_York", day(2026, 10, 9, 4)),
        ("Fri, 09 Oct 2026 00:00:00 GMT", "America/New_York", at(2026, 10, 9)),
        # China, Japan, Korea, Taiwan
        ("2026年10月8日", "Asia/Shanghai", day(2026, 10, 7, 16)),
        ("２０２６年１０月８日 １７：３０", "Asia/Shanghai", at(2026, 10, 8, 9, 30)),
        ("二〇二六年十月十五日", "Asia/Shanghai", day(2026, 10, 14, 16)),
        ("[2026-10-08]".strip("[]"), "Asia/Shanghai", day(2026, 10, 7, 16)),
        ("2026/10/08 下午", "Asia/Shanghai", NONE),
        ("2026年10月8日 下午3:05", "Asia/Shanghai", at(2026, 10, 8, 7, 5)),
        ("令和8年10月8日", "Asia/Tokyo", day(2026, 10, 7, 15)),
        ("令和元年5月1日", "Asia/Tokyo", day(2019, 4, 30, 15)),
        ("2026年10月8日（木）", "Asia/Tokyo", day(2026, 10, 7, 15)),
        ("2026년 10월 8일 오전 9:30", "Asia/Seoul", at(2026, 10, 8, 0, 30)),
        ("2026. 10. 8.", "Asia/Seoul", day(2026, 10, 7, 15)),
        ("民國115年10月8日", "Asia/Taipei", day(2026, 10, 7, 16)),
        # Europe
        ("08.10.2026, 14:00 Uhr", "Europe/Berlin", at(2026, 10, 8, 12)),
        ("8. Oktober 2026", "Europe/Berlin", day(2026, 10, 7, 22)),
        ("1er août 2026", "Europe/Paris", day(2026, 7, 31, 22)),
        ("8 de octubre de 2026", "Europe/Madrid", day(2026, 10, 7, 22)),
        ("8 maart 2026", "Europe/Amsterdam", day(2026, 3, 7, 23)),
        ("jeudi 8 octobre 2026 à 9h30", "Europe/Paris", at(2026, 10, 8, 7, 30)),
        # day or month first
        ("08/10/2026", "Europe/London", day(2026, 10, 7, 23)),
        ("10/08/2026", "America/New_York", day(2026, 10, 8, 4)),
        ("25/10/2026", "America/New_York", day(2026, 10, 25, 4)),
        ("10/25/2026", "Europe/London", day(2026, 10, 24, 23)),
        # zones by name
        ("Wed, 15 Jul 2026 10:00:00 EST", "America/New_York", at(2026, 7, 15, 14)),
        ("Wed, 15 Jul 2026 10:00:00 EDT", "America/New_York", at(2026, 7, 15, 14)),
        ("Wed, 15 Jul 2026 10:00:00 EST", "UTC", at(2026, 7, 15, 15)),
        ("Thu, 15 Jan 2026 10:00:00 EDT", "America/New_York", at(2026, 1, 15, 15)),
        ("Wed, 15 Jul 2026 10:00:00 CET", "Europe/Brussels", at(2026, 7, 15, 8)),
        ("Wed, 15 Jul 2026 10:00:00 CST", "Asia/Shanghai", at(2026, 7, 15, 2)),
        ("Thu, 15 Jan 2026 10:00:00 CST", "UTC", at(2026, 1, 15, 16)),
        ("15 Jul 2026 17:30 IST", "Asia/Kolkata", at(2026, 7, 15, 12)),
        ("15 Jul 2026 17:30 BST", "Europe/London", at(2026, 7, 15, 16, 30)),
        ("15 Jul 2026 17:30 XYZ", "Asia/Tokyo", at(2026, 7, 15, 8, 30)),
        ("15 Jul 2026 17:30 GMT+9", "UTC", at(2026, 7, 15, 8, 30)),
        # the hour that clocks skip and the one that they repeat
        ("2026-03-29 02:30", "Europe/Brussels", at(2026, 3, 29, 1, 30)),
        ("2026-10-25 02:30", "Europe/Brussels", at(2026, 10, 25, 0, 30)),
        # counted seconds
        ("1791451800", "UTC", at(2026, 10, 8, 9, 30)),
        ("1791451800000", "UTC", at(2026, 10, 8, 9, 30)),
        # the future is what the publisher says it is
        ("2031-01-01T10:00:00Z", "UTC", at(2031, 1, 1, 10)),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_meant(
    text: str, zone: str, expected: tuple[datetime | None, Precision]
) -> None:
    assert parse_date(text, zone) == expected


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        "yesterday",
        "soon, 2026",
        "0",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "0000-00-00",
        "0001-01-01",
        "9999-12-31T23:59:59Z",
        "1969-12-31",
        "2101-01-01",
        "2026-10-08T25:00:00Z",
        "2026-10-08T10:61:00Z",
        "2026-10-08 10:00 +99:00",
        "2026-10-08 13:00 pm",
        "Thu, 08 Foo 2026 09:30:00 GMT",
        "2026-10-08" + " " * 200 + "x",
        "1" * 121,
        "2026-10-08T09:30:00Z and more",
    ],
)
def test_what_names_no_day_gives_none(text: str | None) -> None:
    assert parse_date(text, "UTC") == NONE


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Nowhere/Else", ""])
def test_the_ends_of_time_and_zones_that_are_none_do_no_harm(zone: str) -> None:
    for text in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31", "0001-01-01"):
        assert parse_date(text, zone) == NONE
    assert parse_date("2026-10-08T09:30:00Z", zone) == at(2026, 10, 8, 9, 30)


SCRAPS = st.lists(
    st.sampled_from(
        re.split(
            r"\|",
            "2026|10|8|08|99|0|00:00|24:00|12:30:61|Thu,|Oct|OCT.|March|年|月|日|令和|民國|元|am|PM|"
            "下午|T|Z|"
            "+0200|-99:99|GMT|EST|(CET)|/|.|-|de|1er|,|十|二〇二六|１２|٣|1791451800|à|h|Uhr| |",
        )
    ),
    max_size=14,
).map("".join)


@given(
    st.one_of(st.text(max_size=60), SCRAPS),
    st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "x", ""]),
)
@example("9999-12-31T23:59:59Z", "Pacific/Kiritimati")
def test_any_text_gives_a_sane_instant_or_none(text: str, zone: str) -> None:
    moment, precision = parse_date(text, zone)
    assert (moment is None) is (precision is Precision.NONE)
    if moment is not None:
        assert moment.tzinfo is UTC
        assert FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1
    found = find_date(text)
    if found is not None:
        assert found
        assert parse_date(found, "UTC")[0] is not None


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001
    st.integers(-14 * 4, 14 * 4),
)
def test_an_offset_is_always_obeyed(moment: datetime, quarters: int) -> None:
    offset = timedelta(minutes=15 * quarters)
    local = moment.replace(microsecond=0)
    sign = "-" if quarters < 0 else "+"
    hours, minutes = divmod(abs(15 * quarters), 60)
    expected = (local - offset).replace(tzinfo=UTC)
    for text in (
        f"{local:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{minutes:02}",
        f"{local:%a, %d %b %Y %H:%M:%S} {sign}{hours:02}{minutes:02}",
    ):
        assert parse_date(text, "Asia/Tokyo")[0] == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Published: 15 July 2026 by the ministry", day(2026, 7, 15)),
        ("[2026-10-08] 商务部公告", day(2026, 10, 8)),
        ("发布时间：2026年10月8日 17:30 来源：商务部", at(2026, 10, 8, 17, 30)),
        ("No. 12/2026 of 08.10.2026, in force from 09.10.2026", day(2026, 10, 8)),
        ("Order 2026/1472 of 1 July 2026", day(2026, 7, 1)),
        ("99.99.2026, then 01.02.2026", day(2026, 2, 1)),
        ("99.99.2026", NONE),
        ("no date here", NONE),
        ("", NONE),
    ],
)
def test_the_first_date_within_a_text_is_found(
    text: str, found: tuple[datetime | None, Precision]
) -> None:
    assert parse_date(find_date(text), "UTC") == found
