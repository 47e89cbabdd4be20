"""For how long an answer holds, by its headers and by an RSS channel's own word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.freshness import MAX_FRESH, header_freshness, longer, stated_ttl

DATE = "Thu, 08 Oct 2026 06:00:00 GMT"
LATER = "Thu, 08 Oct 2026 06:05:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=300"}, 300),
        ({"cache-control": "public, MAX-AGE = 300 , s-maxage=9"}, 300),
        ({"cache-control": 'max-age="300"'}, 300),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "max-age=300", "age": "300"}, None),
        ({"cache-control": "max-age=300", "age": "old"}, 300),
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=soon", "expires": LATER, "date": DATE}, None),
        ({"cache-control": "max-age=300, no-cache"}, None),
        ({"cache-control": "no-store, max-age=300"}, None),
        ({"cache-control": "max-age=" + "9" * 400}, 86_400),
        ({"expires": LATER, "date": DATE}, 300),
        ({"expires": LATER, "date": DATE, "cache-control": "max-age=60"}, 60),
        ({"expires": LATER}, None),
        ({"expires": DATE, "date": LATER}, None),
        ({"expires": "0", "date": DATE}, None),
        ({"expires": "-1", "date": DATE}, None),
        ({"expires": "Sun, 01 Jan 2040 00:00:00 GMT", "date": DATE}, 86_400),
    ],
)
def test_an_answer_holds_for_what_its_headers_say(
    headers: dict[str, str], seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert header_freshness(headers) == expected


@given(
    st.dictionaries(st.sampled_from(["cache-control", "expires", "date", "age"]), st.text()),
)
def test_no_header_makes_it_raise_or_hold_for_ever(headers: dict[str, str]) -> None:
    found = header_freshness(headers)
    assert found is None or timedelta(0) < found <= MAX_FRESH


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("<rss><channel><ttl>60</ttl><item/></channel></rss>", 60),
        ("<rss><channel><ttl>\n 5 </ttl><item/></channel></rss>", 5),
        ("<rss><channel><ttl>0</ttl></channel></rss>", None),
        ("<rss><channel><ttl>999999</ttl></channel></rss>", 1440),
        ("<rss><channel><ttl>soon</ttl></channel></rss>", None),
        ("<rss><channel><item><description><ttl>60</ttl></description></item></channel>", None),
        ("<feed><entry><ttl>60</ttl></entry></feed>", None),
        ("", None),
    ],
)
def test_a_channel_says_in_minutes_how_long_it_holds(text: str, minutes: int | None) -> None:
    assert stated_ttl(text) == (None if minutes is None else timedelta(minutes=minutes))


def test_of_two_words_the_longer_counts() -> None:
    minute = timedelta(minutes=1)
    assert longer(None, None) is None
    assert longer(minute, None) == longer(None, minute) == minute
    assert longer(minute, 2 * minute) == 2 * minute
