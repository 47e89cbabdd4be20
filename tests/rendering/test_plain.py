"""Plain lines show every address and nothing that could move a cursor."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.richtext import RichText, Span, bold, rich, text
from bot.rendering.plain import printable, to_plain


def test_styles_vanish_and_lines_stay() -> None:
    assert to_plain(rich(text("a ", bold("b")), (), "c")) == "a b\n\nc"


def test_a_link_shows_its_address_once() -> None:
    url = "https://www.mofcom.gov.cn/a.html"
    assert to_plain(rich(Span("www.mofcom.gov.cn", url=url))) == url
    assert to_plain(rich(Span("the notice", url=url))) == f"the notice ({url})"


@given(st.text(max_size=80))
def test_no_control_or_direction_sign_comes_through(typed: str) -> None:
    shown = printable(typed)
    assert len(shown) == len(typed)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    assert not set(shown) & set("\u202e\u2066\u200f\ufeff\ud800")
    assert printable(shown) == shown


@given(st.text(max_size=40))
def test_every_message_can_be_encoded(typed: str) -> None:
    to_plain(RichText(((Span(typed),),))).encode("utf-8")
