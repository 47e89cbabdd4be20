"""Markup to what a reader would see; nothing invisible, nothing that reorders a line."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sources.plain_text import (
    MAX_DEPTH,
    MAX_TEXT,
    MAX_TITLE,
    capped,
    clean,
    html_to_text,
    is_html,
    one_line,
    title_text,
)

INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff"
)

MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            ["<p>", "</p>", "<br/>", "<b>", "</b>", "<script>", "</script>", "<!--", "-->",
             "<a href='", "<td>", "<li", ">", "<", "&", "&amp;", "amp;", "&lt;", "&#60;",
             "&#x202e;", "&#0;",
             "b>", "&#xD800;", "&nbsp;", "lt;", "\n", "\r\n", " ", "\t", "\u2028", "\ud800", "\x00",
             "\x85", "稀土", "x", "'", '"', "]]>", "<![CDATA[", *INVISIBLE]
        ),
        st.text(max_size=5),
    ),
    max_size=30,
).map("".join)  # fmt: skip


def is_presentable(text: str) -> bool:
    """No control, bidi, zero-width or surrogate character but the line feed."""
    return not any(
        unicodedata.category(char) in {"Cc", "Cs"} or char in INVISIBLE
        for char in text
        if char != "\n"
    )


@given(MARKUP)
@example("a \u200b b\u00a0\u3000c")
@example("&amp;amp;lt;b&amp;gt;")
def test_cleaning_twice_changes_nothing_and_leaves_only_what_can_be_seen(text: str) -> None:
    for cleaned in (clean(text), one_line(text), title_text(text), html_to_text(text)):
        assert is_presentable(cleaned), ascii(cleaned)
        cleaned.encode()
        assert clean(cleaned) == cleaned
    assert one_line(one_line(text)) == one_line(text)


@given(MARKUP, st.booleans())
def test_a_title_that_was_made_plain_stays_as_it_is(text: str, is_html_title: bool) -> None:
    title = title_text(text, is_html_title=is_html_title)
    assert title_text(title) == title
    assert "\n" not in title
    assert len(title) <= MAX_TITLE


@given(st.lists(st.sampled_from("abcdé稀土 "), min_size=1, max_size=60).map("".join))
def test_plain_text_passes_through_but_for_its_blanks(text: str) -> None:
    plain = " ".join(text.split())
    assert html_to_text(text) == plain
    assert title_text(text) == plain
    assert html_to_text(f"<p>{text}</p>") == plain


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<p>One\n  more</p>\n\n<ul><li>a</li><li>b</li></ul>", "One more\na\nb"),
        ("One<br>Two<br />Three", "One\nTwo\nThree"),
        ("<table><tr><th>HS</th><td>2846</td></tr><tr><td>x</td></tr></table>", "HS 2846\nx"),
        ("rare <b>earth</b>s and <a href='x'>more</a>.", "rare earths and more."),
        ("<p>a</p><script>if (a<b) alert('x')</script><style>p{}</style><p>b</p>", "a\nb"),
        ("<p>a<!-- hidden --></p>", "a"),
        ("&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;", "One\nTwo"),
        ("&amp;lt;p&amp;gt;", "&lt;p&gt;"),
        ("<div>&lt;p&gt;One&lt;/p&gt;</div>", "One"),
        ("AT&amp;T &ndash; caf&eacute; &#8364;5", "AT&T – café €5"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<stdin> is no tag", "<stdin> is no tag"),
        ("a&nbsp;b&#8203;c&#8238;d", "a bcd"),
        ("line one\nline two\n\n\nline three", "line one\nline two\nline three"),
        ("稀土<br>出口管制", "稀土\n出口管制"),
        ("<title>no</title><p>yes</p>", "yes"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_markup_becomes_what_a_reader_would_see(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Export &amp; import", "Export & import"),
        ("Export &amp;amp;amp; import", "Export & import"),
        ("Q&amp;#8217;s", "Q’s"),
        ("PM10 < 5 µg", "PM10 < 5 µg"),
        ("<b>Rare</b> earths", "Rare earths"),
        ("&lt;i&gt;Rare&lt;/i&gt; earths", "Rare earths"),
        ("One<br/>Two", "One Two"),
        ("  a\n b\t", "a b"),
        ("\u202eevil", "evil"),
        ("x" * 600, "x" * 499 + "…"),
    ],
)
def test_titles_become_one_plain_line(title: str, text: str) -> None:
    assert title_text(title) == text


def test_a_title_that_is_said_to_be_html_is_read_as_html() -> None:
    assert title_text("a <unknown>b</unknown> &lt;c", is_html_title=True) == "a b <c"
    assert title_text("a <unknown>b") == "a <unknown>b"


def test_long_texts_are_cut_and_an_ellipsis_says_so() -> None:
    assert len(html_to_text("x" * (MAX_TEXT + 5))) == MAX_TEXT
    assert capped("abcdef", 6) == "abcdef"
    assert capped("abc def", 5) == "abc…"


@pytest.mark.parametrize("tag", ["<b>", "<div>", "<b id=1>", "<table>", "<p><b>", "<svg>", "<a"])
def test_deep_markup_costs_no_time_and_keeps_its_text(tag: str) -> None:
    for depth in (MAX_DEPTH - 1, 100_000):
        started = time.process_time()
        text = html_to_text(tag * depth + ">rare earths")
        assert time.process_time() - started < 3
        if tag not in {"<svg>", "<a"}:
            assert "rare earths" in text


def test_what_looks_like_a_tag_is_one_only_if_html_knows_it() -> None:
    assert is_html("a <B>b")
    assert is_html("<!-- x")
    assert not is_html("a < b > c")
    assert not is_html("<rare> <earths/>")
