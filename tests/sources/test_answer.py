"""What statuses and headers mean, and in which words."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Blocked, FetchFailed, Unchanged
from bot.sources.answer import (
    MAX_RETRY_AFTER,
    header_validator,
    is_challenge,
    judge_status,
    network_words,
    read_retry_after,
    shown_host,
)

DATE = "Thu, 08 Oct 2026 06:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "date", "expected"),
    [
        ("0", None, timedelta(0)),
        (" 90 ", None, timedelta(seconds=90)),
        ("86400", None, timedelta(days=1)),
        ("86401", None, timedelta(days=1)),
        ("9" * 400, None, timedelta(days=1)),
        ("Thu, 08 Oct 2026 06:05:00 GMT", DATE, timedelta(minutes=5)),
        ("Thu, 08 Oct 2026 06:05:00", DATE, timedelta(minutes=5)),
        ("Sun, 01 Jan 2040 00:00:00 GMT", DATE, timedelta(days=1)),
        ("Thu, 08 Oct 2026 05:00:00 GMT", DATE, None),
        ("Thu, 08 Oct 2026 06:05:00 GMT", None, None),
        ("Thu, 08 Oct 2026 06:05:00 GMT", "yesterday", None),
        ("soon", DATE, None),
        ("-5", DATE, None),
        ("1.5", DATE, None),
        ("٣", DATE, None),
        ("", DATE, None),
        (None, DATE, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_against_the_answers_own(
    value: str | None, date: str | None, expected: timedelta | None
) -> None:
    assert read_retry_after(value, date) == expected


@given(st.one_of(st.none(), st.text(max_size=40)), st.one_of(st.none(), st.text(max_size=40)))
def test_no_retry_after_makes_it_raise_or_wait_for_more_than_a_day(
    value: str | None, date: str | None
) -> None:
    asked = read_retry_after(value, date)
    assert asked is None or timedelta(0) <= asked <= MAX_RETRY_AFTER


@given(
    st.integers(100, 999),
    st.dictionaries(st.sampled_from(["retry-after", "date", "x"]), st.text(max_size=20)),
    st.booleans(),
    st.booleans(),
)
def test_only_a_200_or_203_without_a_challenge_is_read(
    status: int, headers: dict[str, str], is_conditional: bool, is_challenged: bool
) -> None:
    outcome = judge_status(
        status,
        headers,
        host="a.example",
        is_conditional=is_conditional,
        is_challenged=is_challenged,
    )
    if outcome is None:
        assert status in {200, 203}
        assert not is_challenged
    elif isinstance(outcome, Unchanged):
        assert status == 304
        assert is_conditional
    else:
        assert isinstance(outcome, Blocked | FetchFailed)
        assert "a.example" in outcome.detail
        assert str(status) in outcome.detail
        assert outcome.detail.endswith(".")


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"x-amzn-waf-action": "Challenge"}, b"", True),
        ({"x-amzn-waf-action": "captcha"}, b"", True),
        ({"x-amzn-waf-action": "allow"}, b"", False),
        ({"cf-mitigated": "challenge"}, b"", True),
        ({}, b"<TITLE>just a MOMENT...</TITLE>", True),
        ({}, b"<p>Back in an hour</p>", False),
    ],
)
def test_walls_are_known_by_their_marks(
    headers: dict[str, str], body: bytes, expected: bool
) -> None:
    assert is_challenge(headers, body) is expected


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('"1"', '"1"'),
        (' W/"a b" ', 'W/"a b"'),
        (DATE, DATE),
        ("", None),
        (None, None),
        ('"é"', None),
        ('"1"\r\nX: y', None),
        ("x" * 1_001, None),
    ],
)
def test_only_validators_that_fit_a_header_are_kept(value: str | None, kept: str | None) -> None:
    assert header_validator(value) == kept


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example/x?key=secret", "a.example"),
        ("https://ada:pw@a.example:8443/", "a.example:8443"),
        ("http://[::1]:81/", "[::1]:81"),
        ("http://a<b>.example/", "a?b?.example"),
        ("http://[::1", "The source"),
        ("", "The source"),
    ],
)
def test_a_shown_host_holds_no_secret_and_nothing_that_misleads(url: str, host: str) -> None:
    assert shown_host(url) == host


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (ssl.SSLCertVerificationError("x"), "network", "no valid certificate"),
        (ssl.SSLError("x"), "network", "TLS"),
        (ConnectionRefusedError(), "network", "refused the connection"),
        (ValueError("https://a.example/?key=secret"), "network", "could not be reached"),
    ],
)
def test_errors_of_the_network_are_told_in_our_own_words(
    error: Exception, kind: str, said: str
) -> None:
    outer = RuntimeError("https://a.example/?key=secret")
    outer.__cause__ = error
    found, words = network_words(outer, uses_proxy=False)
    assert found == kind
    assert said in words
    assert "secret" not in words
