"""What a body is, told by its first element, and in words that an operator can use."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.sniff import LOOKED_AT, describe, is_cut_short, root_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<rss version='2.0'>", "rss"),
        ("<RSS>", "rss"),
        ("<rdf:RDF xmlns:rdf='x'>", "rdf"),
        ("<atom:feed xmlns:atom='x'>", "feed"),
        ("<?xml version='1.0'?>\n<feed>", "feed"),
        ("<!-- a <rss> that is none --><html>", "html"),
        ("<?xml version='1.0'?><?xml-stylesheet href='a>b'?><!-- x --><!DOCTYPE rss><rss>", "rss"),
        ("<!DOCTYPE rss [<!ELEMENT rss ANY>]><rss>", "rss"),
        ("<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'><rss>", "html"),
        ("\ufeff<rss>", "rss"),
        ("Warning: mysql on line 3\n<rss>", "rss"),
        ("1 < 2 <rss>", "rss"),
        ("", ""),
        ("GDELT says: the query was too short", ""),
        ("<", ""),
        ("</rss>", ""),
        ("<!-- never closed <rss>", "rss"),
    ],
)
def test_the_root_is_the_first_element_whatever_stands_before_it(text: str, name: str) -> None:
    assert root_name(text) == name


@pytest.mark.parametrize("root", ["<rss version='2.0'>", "<feed xmlns='x'>", "<rdf:RDF xmlns='x'>"])
def test_a_warning_that_a_script_printed_before_a_feed_does_not_hide_it(root: str) -> None:
    printed = "<br />\n<b>Warning</b>:  mysql_connect() in <b>/srv/feed.php</b> on line <b>3</b>"
    assert root_name(printed + root) == root_name(root) != "br"
    assert root_name(printed) == "br"


def test_a_root_that_comes_very_late_is_not_looked_for() -> None:
    assert root_name("x" * (LOOKED_AT - 10) + "<rss>") == "rss"
    assert root_name("x" * LOOKED_AT + "<rss>") == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty body"),
        (" \r\n\t", "an empty body"),
        ("\u200b\u200b", "a body without any text"),
        ("<html><title> Not\n found </title>", "an HTML page titled 'Not found'"),
        ("<html><title>Q&amp;A</title>", "an HTML page titled 'Q&A'"),
        ("<!doctype html><p>x", "an HTML page without a title"),
        ("<html><title></title>", "an HTML page without a title"),
        ("<div>x</div>", "an HTML page without a title"),
        ("<sdnList xmlns='x'>", "XML whose root element is <sdnlist>"),
        ("Your query was\ntoo short.", "plain text that begins 'Your query was too short.'"),
        ("y" * 500, f"plain text that begins '{'y' * 80}'"),
    ],
)
def test_what_came_is_said_in_words(text: str, said: str) -> None:
    assert describe(text) == said


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>Just a moment...</title>",
        "<html><title>Access Denied</title>",
        "<html><title>x</title><p>Verify you are human by completing the action below.",
        "<html><body><div class='g-recaptcha'>",
        "<html><title>Pardon Our Interruption</title>",
    ],
)
def test_a_wall_against_bots_is_called_one(page: str) -> None:
    assert describe(page).endswith(", which looks like a wall against bots")


def test_a_long_name_is_cut() -> None:
    assert len(describe(f"<{'n' * 5_000}>")) < 80
    assert len(describe(f"<html><title>{'t' * 5_000}</title>")) < 200


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("<rss><channel></channel></rss>", False),
        ("<?xml version='1.0'?><rdf:RDF><item/></rdf:RDF >\n<!-- made in 3 ms -->", False),
        ("<a:feed xmlns:a='x'><entry/></a:feed>junk", False),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": ["<p>one"]}', False),
        ("<rss><channel><item></item>", True),
        ("<rss><channel></channel></rs", True),
    ],
)
def test_xml_that_ends_before_its_root_does_is_cut_short(text: str, is_cut: bool) -> None:
    assert is_cut_short(text) is is_cut


@pytest.mark.parametrize("piece", ["<!--", "<?", "<!", "<![", "<br>", "< ", "<title", "<!a[]"])
def test_a_long_body_of_one_kind_of_piece_costs_no_time(piece: str) -> None:
    """Only the start is looked at, and none of it again and again."""
    started = time.process_time()
    describe(piece * 200_000)
    assert time.process_time() - started < 1


@given(st.text(alphabet="<>!?-[]/ abrssHTMLhtml:title\n\u200b\x00&;", max_size=120))
def test_it_never_raises_and_always_says_something_on_one_line(text: str) -> None:
    assert root_name(text) == root_name(text).lower()
    said = describe(text)
    assert said
    assert "\n" not in said
