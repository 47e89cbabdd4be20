"""A digest comes exactly once for a chat and local day, over a real database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.chat import Address, Door
from bot.domain.outbox import MessageKind
from bot.pipeline.digest import enqueue_due_digests, gather_since_last
from bot.rendering.split import TELEGRAM_ROOM
from tests.desk import Desk, wait
from tests.pipeline.outbox import digests, ledger, promised
from tests.samples import item

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that watches gallium and subscribed on Thursday 8 October 2026 at 08:45."""
    opened = Desk(tmp_path)
    opened.say("/start")
    opened.watch("gallium")
    yield opened
    opened.close()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def tick(desk: Desk, now: str | datetime | None = None) -> int:
    """Look at the digests, after setting the clock; how many were promised."""
    if now is not None:
        desk.clock.step_to(at(now) if isinstance(now, str) else now)
    return wait(enqueue_due_digests(desk.store, desk.clock.now()))


def tick_through(desk: Desk, start: str, end: str, every: timedelta) -> list[datetime]:
    """Look again and again; the times at which a digest was promised."""
    moments = itertools.takewhile(
        lambda now: now <= at(end), (at(start) + n * every for n in itertools.count())
    )

    async def run() -> list[datetime]:
        return [now for now in moments if await enqueue_due_digests(desk.store, now)]

    return wait(run())


def publish(desk: Desk, name: str) -> str:
    """Publish an item that answers the watch; its title."""
    title = f"Gallium {name}"
    url = f"https://gazette.example/{name}"
    made = item(title, guid=name, url=url, canonical_url=url, first_seen_at=desk.clock.now())
    assert desk.publish(made) == 1
    return title


def reopened(desk: Desk) -> Desk:
    """The same database after a restart, at the same time."""
    desk.close()
    again = Desk(desk.store.path.parent)
    again.clock.step_to(desk.clock.now())
    return again


def path(desk: Desk) -> Path:
    return desk.store.path


def test_it_comes_at_its_minute_and_once_however_often_one_looks(desk: Desk) -> None:
    assert tick(desk) == 0, "the time of today had passed when the chat subscribed"
    assert tick(desk, "2026-10-09T07:59:59+02:00") == 0
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    assert tick(desk) == 0
    assert tick(desk, "2026-10-09T23:59:59+02:00") == 0
    assert tick(desk, "2026-10-10T08:00:05+02:00") == 1
    assert ledger(path(desk)) == [date(2026, 10, 9), date(2026, 10, 10)]
    assert len(digests(path(desk))) == 2


def test_two_that_look_at_once_promise_one(desk: Desk) -> None:
    now = at("2026-10-09T08:00:00+02:00")

    async def both() -> list[int]:
        return await asyncio.gather(*(enqueue_due_digests(desk.store, now) for _ in range(2)))

    assert sorted(wait(both())) == [0, 1]
    assert len(digests(path(desk))) == 1


def test_each_chat_has_its_own(desk: Desk) -> None:
    other = Address(door=Door.TELEGRAM, number=200)
    desk.say("/start", address=other)
    desk.say("/digest 08:00 Asia/Tokyo", address=other)
    assert tick(desk, "2026-10-09T07:59:00+09:00") == 0
    assert tick(desk, "2026-10-09T08:00:00+09:00") == 1
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1


def test_a_restart_repeats_nothing_and_skips_nothing(desk: Desk) -> None:
    title = publish(desk, "one")
    desk.clock.step_to(at("2026-10-09T07:59:00+02:00"))
    desk = reopened(desk)
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    desk = reopened(desk)
    assert tick(desk) == 0
    desk.clock.step_to(at("2026-10-10T09:30:00+02:00"))
    desk = reopened(desk)
    assert tick(desk) == 1, "it was away at eight: the digest is late, not lost"
    first, second = digests(path(desk))
    assert title in first and title not in second
    desk.close()


def test_after_days_away_one_digest_tells_of_all_of_them(desk: Desk) -> None:
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    titles = [publish(desk, "before the holidays")]
    desk.clock.step_to(at("2026-10-14T09:00:00+02:00"))
    titles.append(publish(desk, "after them"))
    assert (tick(desk), tick(desk)) == (1, 0)
    assert all(title in digests(path(desk))[-1] for title in titles)


def test_the_first_digest_tells_all_since_the_chat_subscribed_however_late_it_comes(
    desk: Desk,
) -> None:
    title = publish(desk, "on the first morning")
    assert tick(desk, "2026-10-12T09:00:00+02:00") == 1
    assert title in digests(path(desk))[0]


def test_the_first_digest_after_a_day_of_25_hours_tells_of_its_first_hour(desk: Desk) -> None:
    desk.say("/stop")
    desk.clock.step_to(at("2026-10-24T08:00:30+02:00"))
    desk.say("/start")
    title = publish(desk, "in the first hour")
    assert tick(desk, "2026-10-25T08:00:00+01:00") == 1
    assert title in digests(path(desk))[0]


def test_a_clock_that_steps_back_doubles_nothing(desk: Desk) -> None:
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    assert tick(desk, "2026-10-09T07:00:00+02:00") == 0
    assert tick(desk, "2026-10-08T07:00:00+02:00") == 0
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 0
    assert tick(desk, "2026-10-10T08:00:00+02:00") == 1


def test_an_hour_forward_and_back_makes_it_early_not_double(desk: Desk) -> None:
    assert tick(desk, "2026-10-09T08:10:00+02:00") == 1  # it is ten past seven, really
    assert tick(desk, "2026-10-09T07:11:00+02:00") == 0
    title = publish(desk, "between the two eights")
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 0
    assert tick(desk, "2026-10-10T08:00:00+02:00") == 1
    assert title in digests(path(desk))[1]


def test_a_year_forward_and_back_silences_no_later_digest_and_hides_nothing(desk: Desk) -> None:
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    assert tick(desk, "2027-10-09T08:30:00+02:00") == 1
    during = publish(desk, "in the wrong year")
    desk.clock.step_to(at("2026-10-09T09:00:00+02:00"))
    assert tick(desk) == 0
    after = publish(desk, "in the right one")
    came = tick_through(desk, "2026-10-09T09:00+02:00", "2026-10-12T09:00+02:00", HOUR)
    assert came == [at(f"2026-10-{day}T08:00+02:00") for day in (10, 11, 12)]
    texts = digests(path(desk))
    assert [sum(title in text for text in texts) for title in (during, after)] == [1, 1]
    assert during in texts[2] and after in texts[2]
    # the item's own date is shown as its publisher gave it; the digests' spans are right again
    assert "2027" not in texts[2].replace("Sat 9 Oct 2027, 08:30", "") + "".join(texts[3:])


def test_what_was_set_while_the_clock_ran_a_year_ahead_is_obeyed_when_it_is_right(
    desk: Desk,
) -> None:
    desk.clock.step_to(at("2027-10-08T12:00:00+02:00"))
    desk.say("/digest 09:00")
    desk.clock.step_to(at("2026-10-08T12:00:00+02:00"))
    assert "the next one tomorrow" in desk.say("/digest")
    dates = tick_through(desk, "2026-10-08T12:00+02:00", "2026-10-10T12:00+02:00", HOUR)
    assert dates[-2:] == [at("2026-10-09T09:00+02:00"), at("2026-10-10T09:00+02:00")]
    assert len(ledger(path(desk))) == len(digests(path(desk))) == len(set(ledger(path(desk))))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (
            "2026-03-27T12:00+01:00",
            "2026-03-31T12:00+02:00",
            ("28T02:30+01:00", "29T03:30+02:00", "30T02:30+02:00", "31T02:30+02:00"),
        ),
        (
            "2026-10-23T12:00+02:00",
            "2026-10-27T12:00+01:00",
            ("24T02:30+02:00", "25T02:30+02:00", "26T02:30+01:00", "27T02:30+01:00"),
        ),
    ],
)
def test_the_night_that_lacks_the_time_and_the_night_that_has_it_twice_have_one_each(
    desk: Desk, start: str, end: str, expected: tuple[str, ...]
) -> None:
    desk.clock.step_to(at(start))
    desk.say("/digest 02:30")
    came = tick_through(desk, start, end, timedelta(minutes=15))
    assert came == [at(f"{start[:8]}{each}") for each in expected]
    assert len(digests(path(desk))) == len(set(ledger(path(desk)))) == len(expected)


def test_a_later_time_set_after_the_days_digest_brings_no_second_one(desk: Desk) -> None:
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    desk.say("/digest 18:00")
    came = tick_through(desk, "2026-10-09T08:00+02:00", "2026-10-10T23:00+02:00", HOUR)
    assert came == [at("2026-10-10T18:00+02:00")]


def test_a_later_time_set_before_the_days_digest_moves_it(desk: Desk) -> None:
    desk.clock.step_to(at("2026-10-09T07:30:00+02:00"))
    desk.say("/digest 18:00")
    came = tick_through(desk, "2026-10-09T07:30+02:00", "2026-10-10T07:00+02:00", HOUR / 2)
    assert came == [at("2026-10-09T18:00+02:00")]


def test_an_earlier_time_that_has_passed_begins_tomorrow(desk: Desk) -> None:
    desk.clock.step_to(at("2026-10-09T07:30:00+02:00"))
    desk.say("/digest 07:00")
    came = tick_through(desk, "2026-10-09T07:30+02:00", "2026-10-10T12:00+02:00", HOUR / 2)
    assert came == [at("2026-10-10T07:00+02:00")]


def test_a_change_of_zone_brings_each_local_date_at_most_once(desk: Desk) -> None:
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    desk.say("/digest 08:00 America/New_York")
    came = tick_through(desk, "2026-10-09T08:00+02:00", "2026-10-10T18:00+02:00", HOUR)
    assert came == [at("2026-10-10T08:00-04:00")], "the ninth had its digest in Brussels"
    desk.clock.step_to(at("2026-10-10T18:00:00+02:00"))
    desk.say("/digest 08:00 Asia/Tokyo")
    came = tick_through(desk, "2026-10-10T18:00+02:00", "2026-10-12T09:00+09:00", HOUR)
    assert came == [at("2026-10-11T08:00+09:00"), at("2026-10-12T08:00+09:00")]
    assert len(set(ledger(path(desk)))) == len(digests(path(desk))) == 4


def test_a_paused_chat_has_none_and_is_owed_none_when_it_is_back(desk: Desk) -> None:
    desk.say("/stop")
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 0
    desk.clock.step_to(at("2026-10-09T12:00:00+02:00"))
    desk.say("/start")
    assert tick(desk) == 0
    assert tick(desk, "2026-10-10T08:00:00+02:00") == 1


def test_stop_and_start_on_one_day_bring_no_second_digest(desk: Desk) -> None:
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    desk.clock.step_to(at("2026-10-09T08:30:00+02:00"))
    desk.say("/stop")
    desk.clock.step_to(at("2026-10-09T07:30:00+02:00"))  # and the clock is set right
    desk.say("/start")
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 0
    assert tick(desk, "2026-10-10T08:00:00+02:00") == 1


def test_off_means_none(desk: Desk) -> None:
    desk.say("/digest off")
    assert tick(desk, "2026-10-10T08:00:00+02:00") == 0


def test_that_nothing_matched_is_said_in_one_line(desk: Desk) -> None:
    tick(desk, "2026-10-09T08:00:00+02:00")
    (said,) = digests(path(desk))
    head, line = said.split("\n")
    assert head == "🌊 Digest · Fri 9 Oct"
    assert line.startswith("Nothing matched your watch since")


def test_a_long_digest_is_several_messages_and_all_of_them_come_once(desk: Desk) -> None:
    titles = []
    for number, word in enumerate(("gallium", "germanium", "tungsten", "indium", "bismuth")):
        desk.watch(f"{word}")
        made = [
            item(
                f"{word.title()} order {each} {'on the control of exports to all countries ' * 2}",
                guid=f"{number}-{each}",
                url=(url := f"https://gazette.example/{number}/{each}"),
                canonical_url=url,
            )
            for each in range(14)
        ]
        titles += [f"{word.title()} order {each} " for each in range(14)]
        desk.publish(*made)
    assert tick(desk, "2026-10-09T08:00:00+02:00") == 1
    assert tick(desk) == 0
    parts = promised(path(desk), MessageKind.DIGEST)
    assert len(parts) > 2
    assert all(part.units <= TELEGRAM_ROOM for part in parts)
    assert all(sum(part.text.count(title) for part in parts) == 1 for title in titles)


def test_asking_now_shows_what_the_next_daily_digest_will_tell_and_takes_nothing_from_it(
    desk: Desk,
) -> None:
    told = publish(desk, "one")
    tick(desk, "2026-10-09T08:00:00+02:00")
    waiting = publish(desk, "two")
    gathered = wait(gather_since_last(desk.store, desk.chat(), desk.clock.now()))
    shown = [entry.item.title for group in gathered.groups for entry in group.entries]
    assert shown == [waiting]
    assert gathered.covers_from == at("2026-10-09T08:00:00+02:00")
    tick(desk, "2026-10-10T08:00:00+02:00")
    first, second = digests(path(desk))
    assert told in first and waiting in second and told not in second


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(-300, 900), st.sampled_from(["publish", "look", "restart"])),
        max_size=40,
    ),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Brussels", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"]),
)
def test_each_item_stands_in_exactly_one_daily_digest(
    events: list[tuple[int, str]], digest_at: time, zone: str
) -> None:
    """Whenever it was read, whenever one looks, and though the clock steps back now and then."""
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        desk.clock.step_to(at("2026-10-23T12:00:00+02:00"))  # daylight saving ends in two days
        desk.say("/start")
        desk.watch("gallium")
        desk.say(f"/digest {digest_at:%H:%M} {zone}")
        titles: list[str] = []
        for minutes, event in events:
            desk.clock.step_to(desk.clock.now() + timedelta(minutes=minutes))
            match event:
                case "publish":
                    titles.append(publish(desk, f"order {len(titles):03}"))
                case "look":
                    tick(desk)
                case "restart":
                    desk = reopened(desk)
        for _ in range(3):
            desk.clock.step_to(desk.clock.now() + DAY)
            tick(desk)
        texts = digests(path(desk))
        dates = ledger(path(desk))
        desk.close()
    assert len(dates) == len(set(dates)) == len(texts)
    assert [sum(text.count(title) for text in texts) for title in titles] == [1] * len(titles)
