"""Times are told in the chat's zone, exactly as precisely as the publisher told them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.domain.item import Precision
from bot.rendering.times import local_time, published
from tests.samples import NOW, item

BRUSSELS = "Europe/Brussels"


def test_an_instant_is_shown_in_the_chats_zone_and_names_it() -> None:
    assert local_time(NOW, BRUSSELS, Precision.INSTANT, NOW) == "Thu 8 Oct, 11:00 CEST"
    assert local_time(NOW, "Asia/Tokyo", Precision.INSTANT, NOW) == "Thu 8 Oct, 18:00 JST"


def test_another_year_is_named() -> None:
    past = NOW - timedelta(days=400)
    assert local_time(past, BRUSSELS, Precision.DAY, NOW) == "Wed 3 Sep 2025"


def test_a_day_is_the_publishers_own_day_whatever_the_chats_zone() -> None:
    midnight_in_beijing = datetime(2026, 10, 7, 16, 0, tzinfo=UTC)
    notice = item(published_at=midnight_in_beijing, precision=Precision.DAY, zone="Asia/Shanghai")
    assert published(notice, "America/New_York", NOW) == "Thu 8 Oct"


def test_without_a_date_it_says_when_it_was_seen() -> None:
    assert published(item(), BRUSSELS, NOW) == "seen Thu 8 Oct, 11:00 CEST"
