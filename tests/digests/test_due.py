"""A digest comes once for each local date, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.digests.due import due_digest, moment, next_due

EIGHT = time(8, 0)
BRUSSELS = "Europe/Brussels"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

# Zones with daylight saving at midnight, by half an hour, backwards over the year, and without
ZONES = (
    "Europe/Brussels",
    "America/New_York",
    "America/Santiago",
    "America/Asuncion",
    "Asia/Beirut",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Tokyo",
    "Pacific/Kiritimati",
    "America/Scoresbysund",
)


moments = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def due_date(now: datetime, last: date | None = None, set_at: datetime = LONG_AGO) -> date | None:
    found = due_digest(now=now, zone=BRUSSELS, digest_at=EIGHT, set_at=set_at, last_date=last)
    return found.local_date if found else None


def test_it_is_due_from_its_minute_on() -> None:
    yesterday = date(2026, 10, 7)
    assert due_date(at("2026-10-08T07:59:59+02:00"), yesterday) is None
    assert due_date(at("2026-10-08T08:00:00+02:00"), yesterday) == date(2026, 10, 8)
    assert due_date(at("2026-10-08T23:59:59+02:00"), yesterday) == date(2026, 10, 8)


def test_what_was_sent_today_is_not_due_again() -> None:
    assert due_date(at("2026-10-08T09:00:00+02:00"), date(2026, 10, 8)) is None


def test_after_days_of_silence_one_digest_is_owed_not_one_a_day() -> None:
    assert due_date(at("2026-10-08T09:00:00+02:00"), date(2026, 10, 1)) == date(2026, 10, 8)
    assert due_date(at("2026-10-08T07:00:00+02:00"), date(2026, 10, 1)) == date(2026, 10, 7)


def test_a_time_that_had_passed_when_it_was_set_is_not_owed() -> None:
    noon = at("2026-10-08T12:00:00+02:00")
    assert due_date(noon + timedelta(hours=1), set_at=noon) is None
    assert due_date(at("2026-10-09T08:00:00+02:00"), set_at=noon) == date(2026, 10, 9)


def test_a_clock_that_steps_back_owes_nothing_twice() -> None:
    assert due_date(at("2026-10-07T09:00:00+02:00"), date(2026, 10, 8)) is None


def test_a_skipped_time_comes_as_much_later_as_the_clocks_skip() -> None:
    brussels = ZoneInfo(BRUSSELS)
    skipped = moment(date(2026, 3, 29), time(2, 30), brussels)
    assert skipped == at("2026-03-29T03:30:00+02:00")


def test_a_repeated_time_comes_at_its_first_occurrence() -> None:
    repeated = moment(date(2026, 10, 25), time(2, 30), ZoneInfo(BRUSSELS))
    assert repeated == at("2026-10-25T02:30:00+02:00")


def test_the_next_one_is_after_now_and_after_the_setting() -> None:
    found = next_due(
        now=at("2026-10-08T08:00:00+02:00"), zone=BRUSSELS, digest_at=EIGHT, set_at=LONG_AGO
    )
    assert found == at("2026-10-09T08:00:00+02:00")


def digests(zone: str, digest_at: time, start: datetime, ticks: list[datetime]) -> list[date]:
    """Run the rule with a ledger of one date, as the pipeline does."""
    sent: list[date] = []
    for now in ticks:
        found = due_digest(
            now=now,
            zone=zone,
            digest_at=digest_at,
            set_at=start,
            last_date=sent[-1] if sent else None,
        )
        if found is not None:
            assert found.due_at <= now
            sent.append(found.local_date)
    return sent


@given(
    st.sampled_from(ZONES),
    st.times(),
    moments,
    st.integers(2, 400),
)
def test_every_local_date_has_exactly_one(
    zone: str, digest_at: time, start: datetime, days: int
) -> None:
    begin = start
    digest_at = digest_at.replace(second=0, microsecond=0)
    ticks = [begin + timedelta(minutes=20 * n) for n in range(days * 72)]
    sent = digests(zone, digest_at, begin, ticks)
    first, last = sent[0], sent[-1]
    assert sent == [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert abs((last - first).days - days) <= 2


@given(
    st.sampled_from(ZONES),
    st.times(),
    st.lists(st.integers(-3000, 6000), min_size=1, max_size=60),
)
def test_no_date_comes_twice_however_the_clock_steps(
    zone: str, digest_at: time, steps: list[int]
) -> None:
    now = datetime(2026, 3, 20, tzinfo=UTC)
    ticks = []
    for step in steps:
        now += timedelta(minutes=step)
        ticks.append(now)
    sent = digests(zone, digest_at, datetime(2026, 1, 1, tzinfo=UTC), ticks)
    assert len(sent) == len(set(sent))


@given(st.sampled_from(ZONES), st.times(), moments)
def test_the_promised_next_one_is_when_it_becomes_due(
    zone: str, digest_at: time, start: datetime
) -> None:
    now = start
    promised = next_due(now=now, zone=zone, digest_at=digest_at, set_at=now)
    assert timedelta(0) < promised - now <= timedelta(hours=49)

    def due(moment_: datetime) -> object:
        return due_digest(now=moment_, zone=zone, digest_at=digest_at, set_at=now, last_date=None)

    assert due(promised) is not None
    assert due(promised - timedelta(seconds=1)) is None
