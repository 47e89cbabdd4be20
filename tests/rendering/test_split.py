"""Each part is a message that Telegram takes, and the parts say all that the whole said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.richtext import RichText, Span, rich
from bot.rendering.split import MAX_ENTITIES, split, units

spans = st.builds(
    Span,
    st.text(alphabet="ab 稀😀\u200d\ufe0f<&", max_size=60),
    bold=st.booleans(),
    italic=st.booleans(),
    code=st.booleans(),
    url=st.none() | st.just("https://gazette.example/1"),
)
bodies = st.lists(st.lists(spans, max_size=6).map(tuple), max_size=40).map(
    lambda lines: RichText(tuple(lines))
)


def letters(body: RichText) -> str:
    return "".join(body.plain.split())


def entities(body: RichText) -> int:
    return sum(
        span.code or span.bold + span.italic + (span.url is not None)
        for line in body.lines
        for span in line
    )


@given(bodies, st.integers(32, 200))
def test_no_part_is_too_long_and_nothing_is_lost(body: RichText, limit: int) -> None:
    parts = split(body, limit=limit)
    assert "".join(map(letters, parts)) == letters(body)
    for part in parts:
        assert units(part.plain) <= limit
        assert entities(part) <= MAX_ENTITIES


@given(bodies, st.integers(32, 200))
def test_only_an_empty_message_gives_an_empty_part(body: RichText, limit: int) -> None:
    if letters(body):
        assert all(letters(part) for part in split(body, limit=limit))


def test_a_short_message_stays_whole() -> None:
    body = rich("One", "", "Two")
    assert split(body, limit=100) == (body,)


def test_parts_are_cut_at_line_ends() -> None:
    parts = split(rich(*[f"line {n} of the digest" for n in range(10)]), limit=100)
    assert len(parts) > 1
    assert all(part.plain.startswith("line") and part.plain.endswith("digest") for part in parts)


def test_a_long_line_is_cut_at_words() -> None:
    parts = split(rich("word " * 100), limit=50)
    assert {word for part in parts for word in part.plain.split()} == {"word"}


def test_four_thousand_emoji_are_counted_as_telegram_counts_them() -> None:
    parts = split(rich("😀" * 4096), limit=4000)
    assert [units(part.plain) <= 4000 for part in parts] == [True] * len(parts)
    assert sum(part.plain.count("😀") for part in parts) == 4096


def test_a_joined_sign_is_not_torn_apart() -> None:
    scientist = "👩\u200d🔬"
    for part in split(rich(scientist * 40), limit=32):
        assert part.plain.replace(scientist, "") == ""
