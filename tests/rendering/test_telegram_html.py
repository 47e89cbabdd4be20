"""Whatever a text holds, the HTML is Telegram's: four tags, nested and closed, all else escaped."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.richtext import RichText, Span, bold, code, rich, text
from bot.rendering.plain import printable
from bot.rendering.telegram_html import to_telegram_html


class Strict(HTMLParser):
    """Collects the text; fails on a tag that Telegram does not know or that does not nest."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"b", "i", "code", "a"}
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def parsed(html: str) -> str:
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return "".join(parser.said)


spans = st.builds(
    Span,
    st.text(alphabet="ab <>&\"'稀\u202e\x1b;#", max_size=30),
    bold=st.booleans(),
    italic=st.booleans(),
    code=st.booleans(),
    url=st.sampled_from([None, 'https://x.example/?a=1&b="2"', "javascript:alert(1)"]),
)


@given(st.lists(st.lists(spans, max_size=5).map(tuple), max_size=8))
def test_the_html_says_what_the_text_said(lines: list[tuple[Span, ...]]) -> None:
    body = RichText(tuple(lines))
    html = to_telegram_html(body)
    expected = "\n".join(
        "".join(printable(span.text) for span in line).rstrip() for line in body.lines
    )
    assert parsed(html).split() == expected.split()
    assert "javascript:" not in html


def test_the_four_tags() -> None:
    html = to_telegram_html(
        rich(text(bold("a<b"), " & ", code("/watch"), Span("x", url="https://x.example/?a&b")))
    )
    assert html == (
        '<b>a&lt;b</b> &amp; <code>/watch</code><a href="https://x.example/?a&amp;b">x</a>'
    )
