"""Text that is refused before a parser sees it, and text that only looks odd."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sources.hostile import (
    MAX_ATTRIBUTES,
    MAX_CHARACTERS,
    MAX_DEPTH,
    find_hostility,
)


def many_attributes(number: int, quote: str = '"') -> str:
    return "<a " + " ".join(f"a{n}={quote}{n}{quote}" for n in range(number)) + ">"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><rss>&a;</rss>', "entities"),
        ("<!doctype x [\n<!entity a 'b'>\n]><rss/>", "entities"),
        ('<!DOCTYPE x [<!ENTITY % d SYSTEM "file:///etc/passwd"> %d;]><rss/>', "entities"),
        ('<!DOCTYPE x [ "]" <!ENTITY a "b">]><rss/>', "entities"),
        ('<!DOCTYPE x [<!ATTLIST a b CDATA "]"><!ENTITY a "b">]><rss/>', "entities"),
        ('<!DOCTYPE x [<!NOTATION n SYSTEM "]<!--"><!ENTITY a "b">]><rss/>', "entities"),
        ("<!DOCTYPE x [<!-- ] ' --><!ENTITY a 'b'>]><rss/>", "entities"),
        ("<!DOCTYPE x [<!ENTITY a 'b'", "entities"),
        ("<!-- a --><!DOCTYPE x [%outside;]><rss/>", "entities"),
        ("<rss><script>" + "<a>" * 5_000 + "</script></rss>", "nested"),
        ("<html><svg><script>" + "<a>" * 5_000 + "</script>", "nested"),
        (many_attributes(MAX_ATTRIBUTES + 1), "attributes"),
        (many_attributes(MAX_ATTRIBUTES + 1, "'"), "attributes"),
        (many_attributes(MAX_ATTRIBUTES + 1, ""), "attributes"),
        ("<a " + "a " * (MAX_ATTRIBUTES + 2) + ">", "attributes"),
        ("<rss " + "a='' " * 50_000, "attributes"),
        ("<a>" * (MAX_DEPTH + 1), "nested"),
        ("<rss><item>" + "<div>" * MAX_DEPTH + "x" + "</div>" * MAX_DEPTH, "nested"),
        ("x" * (MAX_CHARACTERS + 1), "longer"),
        ("[" * (MAX_DEPTH + 1), "JSON is nested"),
        ('\n {"a":' * (MAX_DEPTH + 1), "JSON is nested"),
    ],
    ids=lambda value: value[:30],
)
def test_what_parsers_suffer_from_is_refused_and_named(text: str, said: str) -> None:
    reason = find_hostility(text)
    assert reason is not None
    assert said in reason


@pytest.mark.parametrize("text", ["<b/>" * 130_000, "<b>x</b>" * 65_000])
def test_more_tags_than_any_feed_has_are_refused(text: str) -> None:
    assert "130 MB of memory" in (find_hostility(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "<rss><channel><item><title>a</title></item></channel></rss>",
        '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://a.example/rss.dtd"><rss/>',
        "<!DOCTYPE html><html><body><p>One<p>Two",
        "<!DOCTYPE x [<!ELEMENT rss ANY>]><rss/>",
        many_attributes(MAX_ATTRIBUTES - 1),
        "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH,
        "<p>" * 5_000 + "<br>" * 5_000 + "<li>" * 5_000,
        "<rss>" + "<item><title>unclosed</item>" * 5_000 + "</rss>",
        "<rss>" + "<item/>" * 5_000,
        "<rss><![CDATA[" + "<a>" * 5_000 + "]]></rss>",
        "<rss><!-- " + "<a>" * 5_000 + " --></rss>",
        "<html><script>" + "if (a <b) {} " * 5_000 + "</script>",
        "<!DOCTYPE html><style>" + "a>b<c " * 5_000 + "</STYLE >",
        "[" + "[]," * 5_000 + "[]]",
        '{"html": "' + "[{" * 5_000 + '"}',
        '{"a": "\\"' + "[" * 5_000 + '"}',
    ],
    ids=lambda value: value[:30],
)
def test_what_is_merely_long_or_careless_is_let_through(text: str) -> None:
    assert find_hostility(text) is None


def test_an_entity_in_a_comment_or_a_text_declares_nothing() -> None:
    assert find_hostility("<rss><!-- <!ENTITY a 'b'> --></rss>") is None
    assert find_hostility("<rss>how to write &lt;!ENTITY a 'b'></rss>") is None


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a",
        '<a b="',
        "<a b='",
        "<!--",
        "<![CDATA[",
        "<!DOCTYPE x [",
        "</a",
        "<?",
        "&",
        '{"',
        "\\",
    ],
)
def test_time_grows_with_length_only(piece: str) -> None:
    """Nothing is looked for again and again: twenty times the text, not four hundred times the
    time."""
    start = "" if piece[0] == "{" else "<x>"
    grows_with_length_only(lambda count: start + piece * count)


@pytest.mark.parametrize("piece", ["<!--", "<?", "<!", '"', "'\"", "-", "%"])
def test_time_grows_with_length_only_within_a_doctype(piece: str) -> None:
    grows_with_length_only(lambda count: "<!DOCTYPE x [" + piece * count)


def grows_with_length_only(text_of: Callable[[int], str]) -> None:
    times = []
    for count in (20_000, 400_000):
        text = text_of(count)
        started = time.process_time()
        find_hostility(text)
        times.append(time.process_time() - started)
    assert times[1] < 0.1 + 60 * times[0]


@given(st.text(alphabet="<>/!?-[]{}\"'=& ab%;ENTITYDOC\n", max_size=200))
def test_it_never_raises(text: str) -> None:
    reason = find_hostility(text)
    assert reason is None or reason.startswith(("it", "one"))


TAGS = [f"<{each}>" for each in ("a", "b", "p", "br", "a/", "html", "svg", "script", "a b='c'")]
ENDS = [f"</{each}>" for each in ("a", "b", "p", "svg", "script", "n" * 31)]
MARKS = ["<![CDATA[", "]]>", "<!--", "-->", "<", ">", f"<{'n' * 31}>", "<d>" * (MAX_DEPTH - 1)]


@given(st.lists(st.sampled_from([*TAGS, *ENDS, *MARKS]), max_size=20).map("".join))
@example("<d>" * MAX_DEPTH + "<a>x</a>")
@example("<html><a><script></a></script>" + "<d>" * MAX_DEPTH)
def test_elements_of_text_take_a_short_way_to_the_same_verdict(text: str) -> None:
    """White space within an end tag says nothing, and leads its element the long way."""
    assert find_hostility(text) == find_hostility(re.sub(r"(</\w+)>", r"\1 >", text))
