"""What was worked out is remembered within a bound, and what is frequent is remembered best."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.matching.recent import Recent


class Counted:
    """Works out lengths, and counts how often."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> int:
        self.asked.append(text)
        return len(text)


_ASKED = st.lists(st.text("abc", min_size=1, max_size=3), max_size=60)


@given(_ASKED, st.integers(1, 5))
def test_every_answer_is_as_if_worked_out_and_the_table_is_bounded(
    asked: list[str], size: int
) -> None:
    recent = Recent(len, size=size)
    for text in asked:
        assert recent[text] == len(text)
        assert len(recent) + len(recent._old) <= 2 * size


def test_what_is_asked_for_again_and_again_is_worked_out_once() -> None:
    counted = Counted()
    recent = Recent(counted, size=4)
    for number in range(100):
        assert recent["often"] == 5
        recent[str(number)]
    assert counted.asked.count("often") == 1


def test_what_is_too_long_is_worked_out_each_time() -> None:
    counted = Counted()
    recent = Recent(counted, size=4, longest=3)
    assert [recent["long"], recent["long"], recent["not"], recent["not"]] == [4, 4, 3, 3]
    assert counted.asked == ["long", "long", "not"]


def test_what_is_forgotten_is_worked_out_anew() -> None:
    counted = Counted()
    recent = Recent(counted, size=1)
    for text in ("a", "b"):  # a is in the old generation now
        assert recent[text] == 1
    recent.forget("a", "b")
    assert [recent["a"], recent["b"]] == [1, 1]
    recent.forget_all()
    assert [recent["a"], recent["b"]] == [1, 1]
    assert counted.asked == ["a", "b"] * 3
