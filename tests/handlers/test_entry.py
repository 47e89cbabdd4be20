"""A command is what begins with a slash, as Telegram has it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.entry import Typed, read_button, read_typed


def test_name_addressee_and_arguments() -> None:
    assert read_typed("/Watch@Tide_Bot  rare   earths ") == Typed(
        "watch", "tide_bot", "rare earths"
    )
    assert read_typed("/help") == Typed("help", "", "")


def test_plain_words_are_no_command() -> None:
    assert read_typed("watch rare earths") is None
    assert read_typed("/") is None
    assert read_typed("") is None


def test_what_cannot_be_seen_is_no_part_of_a_command() -> None:
    copied = "\ufeff/wat\u00adch \u200erare\u200b\x00 earths\u202c \ud800"
    assert read_typed(copied) == Typed("watch", "", "rare earths")
    assert read_typed("/watch\n稀土\u3000磁体") == Typed("watch", "", "稀土 磁体")


def test_a_button_is_its_command() -> None:
    assert read_button("watch:rare earths") == Typed("watch", "", "rare earths")
    assert read_button("nonsense") is None
    assert read_button("../x:y") is None


@given(st.text(max_size=300))
def test_whatever_is_typed_can_be_stored(typed: str) -> None:
    found = read_typed("/" + typed)
    if found is not None:
        (found.name + found.addressee + found.args).encode("utf-8")
