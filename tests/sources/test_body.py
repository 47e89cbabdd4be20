"""Compressed bodies: unpacked up to a limit, whatever their chunks."""

from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.body import MAX_MEMBERS, Body, BodyError, packed_start


def read(chunks: list[bytes], encoding: str = "gzip", limit: int = 1_000) -> bytes:
    body = Body(encoding, limit)
    for chunk in chunks:
        body.add(chunk)
    return body.finish()


def pieces(raw: bytes, size: int) -> list[bytes]:
    return [raw[start : start + size] for start in range(0, len(raw), size)]


@given(st.binary(max_size=1_000), st.integers(1, 50), st.sampled_from(["gzip", "", "identity"]))
def test_what_was_sent_is_what_is_read_however_it_is_cut(
    body: bytes, size: int, encoding: str
) -> None:
    raw = gzip.compress(body) if encoding == "gzip" else body
    assert read(pieces(raw, size), encoding, limit=2_000) == body


@given(st.binary(max_size=300), st.sampled_from(["gzip", " X-GZIP ", "", "identity", "Identity"]))
def test_any_bytes_are_a_body_or_a_reason(raw: bytes, encoding: str) -> None:
    try:
        assert len(read(pieces(raw, 7), encoding)) <= 1_000
    except BodyError as error:
        assert error.kind in {"size", "encoding"}
        assert str(error).startswith("it")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip,identity", "é"])
def test_other_and_stacked_encodings_are_refused_at_once(encoding: str) -> None:
    with pytest.raises(BodyError) as caught:
        Body(encoding, 10)
    assert caught.value.kind == "encoding"


def test_the_limit_counts_what_comes_out_and_holds_in_the_middle_of_a_chunk() -> None:
    assert read([gzip.compress(b"x" * 1_000)]) == b"x" * 1_000
    with pytest.raises(BodyError) as caught:
        read([gzip.compress(b"x" * 1_001)])
    assert caught.value.kind == "size"
    with pytest.raises(BodyError) as caught:
        read([gzip.compress(b"\0" * 100_000_000)])
    assert caught.value.kind == "size"


def test_streams_that_follow_each_other_are_one_body_and_zeros_after_it_are_padding() -> None:
    assert read([gzip.compress(b"a") + gzip.compress(b"b"), b"\0\0\0", b"\0"]) == b"ab"
    with pytest.raises(BodyError, match="damaged"):
        read([gzip.compress(b"a"), b"rubbish"])


def test_a_stream_that_is_cut_short_is_refused_and_an_empty_body_is_empty() -> None:
    with pytest.raises(BodyError, match="cut short"):
        read([gzip.compress(b"x" * 500)[:-4]])
    assert read([]) == b""


def test_empty_streams_without_end_are_refused() -> None:
    """They yield nothing, so that no limit on what comes out ever stops them."""
    empty = gzip.compress(b"")
    assert read([empty * MAX_MEMBERS], limit=1_000_000) == b""
    started = time.process_time()
    with pytest.raises(BodyError, match="gzip streams"):
        read([empty * 50_000] * 10, limit=20_000_000)
    assert time.process_time() - started < 1


def test_the_limit_also_counts_what_comes_in() -> None:
    with pytest.raises(BodyError) as caught:
        read([gzip.compress(b"x") + b"\0" * 2_000])
    assert caught.value.kind == "size"


@given(st.binary(max_size=200), st.sampled_from(["gzip", "", "br", "gzip, gzip"]))
def test_the_start_of_a_page_is_never_longer_than_asked(raw: bytes, encoding: str) -> None:
    assert len(packed_start(raw, encoding, 50)) <= 50
    packed = gzip.compress(raw)
    assert packed_start(packed, "gzip", 50) == raw[:50]
    assert packed_start(packed[:-9], "GZIP ", 50) == packed_start(packed[:-9], "x-gzip", 50)
