"""List pages of ministries: selectors find the entries, and a page that has changed says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, NotAFeed, Read
from bot.domain.item import Precision, RawItem
from bot.domain.source import ListShape, SourceKind
from bot.sources.html_list import is_selector, parse_list, parse_list_text
from bot.sources.page import MAX_ENTRIES, ParsedPage
from bot.sources.read import read_body
from tests.samples import NOW, source

URL = "https://ministry.example/zcfb/index.html"
SHAPE = ListShape(entry="li", date="span")
DATELESS = ListShape(entry="li")
NOTICE = RawItem(link="/zcfb/art/61.html", title="公告2026年第61号", published="2026-10-08")
LINE = '<li><a href="/zcfb/art/61.html">公告2026年第61号</a> <span>2026-10-08</span></li>'


def page(markup: str, shape: ListShape = SHAPE, url: str = URL) -> ParsedPage:
    found = parse_list_text(markup, shape, url)
    assert isinstance(found, ParsedPage), found
    return found


def one(markup: str, shape: ListShape = SHAPE) -> RawItem:
    (found,) = page(markup, shape).items
    return found


def refused(text: str, shape: ListShape = SHAPE) -> str:
    found = parse_list_text(text, shape, URL)
    assert isinstance(found, NotAFeed), found
    return found.detail


def within(markup: Any, **more: Any) -> str:
    return json.dumps({"success": True, "data": {"html": markup, **more}})


JSON_SHAPE = ListShape(entry="li", date="span", json_path="data.html")


def test_a_line_with_link_and_date_is_an_entry() -> None:
    assert page(f'<html lang="zh-CN"><ul>{LINE}</ul></html>') == ParsedPage(
        items=(NOTICE,), language="zh-CN"
    )


def test_entries_come_in_the_order_of_the_page() -> None:
    lines = "".join(f'<li><a href="/{n}">No. {n}</a><span>2026-10-0{n}</span>' for n in (3, 1, 2))
    assert [raw.link for raw in page(f"<ul>{lines}</ul>").items] == ["/3", "/1", "/2"]


def test_menus_and_headings_have_no_date_and_are_left_out_without_a_word() -> None:
    menu = '<li><a href="/about">About us</a></li><li><a href="/x">Laws</a><span>more</span></li>'
    assert page(f"<ul>{menu}{LINE}</ul>") == ParsedPage(items=(NOTICE,))


def test_without_a_date_selector_every_line_counts_and_dates_are_looked_for() -> None:
    found = page(
        '<li><a href="/1">Notice</a> (15 July 2026)</li><li><a href="/2">Undated</a></li>', DATELESS
    )
    assert [raw.published for raw in found.items] == ["15 July 2026", None]


def test_what_has_neither_link_nor_title_is_counted() -> None:
    empty = '<li>no link</li><li><a href=" ">blank</a></li><li><a>none</a></li><li><a href="/x">'
    found = page(f"<ul>{LINE}{empty}</a></li></ul>", DATELESS)
    assert [raw.title for raw in found.items] == [NOTICE.title]
    assert found.note == "4 entries skipped (without link and title)"


def test_the_entry_may_be_the_link_itself() -> None:
    shape = ListShape(entry='a[href*="/recent-actions/20"]')
    found = page(
        '<div><a href="/recent-actions/20261008">Designations</a><a href="/faq">FAQ</a></div>',
        shape,
    )
    assert found.items == (RawItem(link="/recent-actions/20261008", title="Designations"),)


def test_a_link_selector_chooses_among_the_links_of_an_entry() -> None:
    line = '<li><a class="tag" href="/tag">Trade</a><a class="t" href="/1">Notice</a></li>'
    assert one(line, ListShape(entry="li", link="a.t")).link == "/1"
    assert one(line, DATELESS).link == "/tag"
    boxed = '<div class="box"><a class="t" href="/2">Other</a></div>'
    assert one(boxed, ListShape(entry="div.box", link=".t")).title == "Other"


def test_a_title_that_the_page_cuts_short_is_taken_whole_from_the_link() -> None:
    full = "Notice No. 61 on the Export of Gallium"
    for shown in ("Notice No. 61 on …", "Notice No. 61 on ...", "Notice No. 61 on····", ""):
        line = f'<li><a href="/1" title="{full}">{shown}</a></li>'
        assert one(line, DATELESS).title == full
    assert one('<li><a href="/1" title=" ">Notice …</a></li>', DATELESS).title == "Notice …"
    line = '<li><a href="/1" title="Opens in a new window">Notice No. 61</a></li>'
    assert one(line, DATELESS).title == "Notice No. 61"
    assert one(f'<li><a href="/1" title="Notice">{full}</a></li>', DATELESS).title == full


def test_a_link_around_a_picture_takes_its_title_from_the_line() -> None:
    line = '<li><a href="/1"><img src="x.png"></a> Notice\n No. 61</li>'
    assert one(line, DATELESS) == RawItem(link="/1", title="Notice No. 61")


def test_titles_are_one_line_of_text() -> None:
    line = (
        "<li><a href='/1'>\n  Notice <b>No.&nbsp;61</b>\r\n<i>on</i> PM10 &lt; 5 &amp; wafers </a>"
    )
    assert one(line, DATELESS).title == "Notice No. 61 on PM10 < 5 & wafers"


@pytest.mark.parametrize(
    ("place", "published"),
    [
        ("<span>2026-10-08</span>", "2026-10-08"),
        ("<span> [2026-10-08] </span>", "2026-10-08"),
        ("<span>2026年10月8日</span>", "2026年10月8日"),
        ("<span>Published: 8 October 2026, 3 pages</span>", "8 October 2026"),
        (
            '<span datetime="2026-10-08T09:00:00+08:00">yesterday</span>',
            "2026-10-08T09:00:00+08:00",
        ),
        ('<span datetime=" 2026-10-08 ">x</span>', "2026-10-08"),
        ('<span datetime="">2026-10-08</span>', "2026-10-08"),
        ("<span>NEW</span><span>2026-10-08</span>", "2026-10-08"),
        ("<span></span><b><span>2026-10-08</span></b><span>2026-01-01</span>", "2026-10-08"),
    ],
)
def test_the_date_is_found_where_the_selector_points(place: str, published: str) -> None:
    assert one(f'<li><a href="/1">Notice</a>{place}</li>').published == published


def test_a_date_elsewhere_in_the_line_is_not_the_entrys() -> None:
    line = '<li><a href="/1">Report of 2025-01-01</a> <span>soon</span></li>'
    assert "a link and a date ('span')" in refused(line)


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ('<base href="/portal/">', "https://ministry.example/portal/art/1.html"),
        ('<base href="https://cdn.example/a/b">', "https://cdn.example/a/art/1.html"),
        ('<base target="_top">', "art/1.html"),
        ('<base href=" ">', "art/1.html"),
        ('<base href="http://[x">', "art/1.html"),
        ("", "art/1.html"),
    ],
)
def test_links_hang_on_the_pages_base_where_it_has_one(base: str, link: str) -> None:
    markup = f'<head>{base}</head><li><a href=" art/1.html ">Notice</a><span>2026-10-08</span>'
    assert one(markup).link == link


def test_a_list_within_a_list_tells_nothing_twice() -> None:
    assert page(f"<ul><li>2026<ul>{LINE}</ul></li></ul>").items == (NOTICE,)


def test_no_more_entries_are_taken_than_the_bound_and_that_is_told() -> None:
    lines = "".join(
        f"<li><a href=/{n}>Notice {n}</a><span>2026-10-08</span>" for n in range(MAX_ENTRIES + 1)
    )
    found = page(f"<ul>{lines}</ul>")
    assert len(found.items) == MAX_ENTRIES
    assert found.items[-1].link == f"/{MAX_ENTRIES - 1}"
    assert found.note == "lists 5,001 entries, of which the first 5,000 were read"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty body, on which 'li' finds nothing"),
        ("<title>Just a moment...</title>", "'Just a moment...', which looks like a wall"),
        ("<html><p>Nothing here</p></html>", "without a title, on which 'li' finds nothing"),
        ('{"a": 1}', "on which 'li' finds nothing"),
        ("<ul><li>a</li><li>b</li></ul>", "'li' finds 2 places, none of them with a link and a"),
    ],
)
def test_a_page_on_which_the_selectors_find_nothing_is_no_empty_list(text: str, said: str) -> None:
    """It has changed, or is a wall: "no news" would be a lie."""
    assert said in refused(text)


def test_what_lacks_is_named_as_the_shape_asks_for_it() -> None:
    assert refused("<li>x</li>", DATELESS).endswith("'li' finds 1 places, none of them with a link")


def test_html_within_json_is_found_at_its_path() -> None:
    assert page(within(f"<ul>{LINE}</ul>"), JSON_SHAPE).items == (NOTICE,)
    deep = json.dumps({"rows": [{"body": "x"}, {"body": LINE}]})
    assert page(deep, ListShape(entry="li", json_path="rows.1.body")).items == (NOTICE,)
    assert page("\ufeff\n " + within(LINE), JSON_SHAPE).items == (NOTICE,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html><title>Guard</title>", "titled 'Guard', where JSON with HTML in it should be"),
        ("", "an empty body, where JSON with HTML in it should be"),
        ('{"data": ', "cut short"),
        ('{"data": {}}', "(keys: data), without the HTML at data.html"),
        ('{"data": []}', "without the HTML at data.html"),
        ('{"data": null}', "without the HTML at data.html"),
        ('{"message": "busy"}', 'saying "busy", without the HTML at data.html'),
        (within(None), "JSON with nothing to read at data.html"),
        (within(" \n"), "JSON with nothing to read at data.html"),
        (within({"a": 1}), "JSON with nothing to read at data.html"),
        (within("<p>none</p>"), "JSON with an HTML page without a title, on which 'li' finds"),
        (within("<a " + "x " * 3_000 + ">"), "JSON whose HTML was refused before parsing: one of"),
        (within("<b>" * 300), "nested more than 256 deep"),
    ],
    ids=lambda value: value[:40],
)
def test_json_without_its_list_says_what_came_instead(text: str, said: str) -> None:
    assert said in refused(text, JSON_SHAPE)


@pytest.mark.parametrize("path", ["rows.2.body", "rows.-1.body", "rows.first.body", "rows.²", ""])
def test_a_path_that_leads_nowhere_is_named(path: str) -> None:
    text = json.dumps({"rows": [{"body": LINE}]})
    assert refused(text, ListShape(entry="li", json_path=path)).endswith(
        f"without the HTML at {path}"
    )


def test_bytes_are_decoded_as_a_feeds_are() -> None:
    found = parse_list(f"<ul>{LINE}</ul>".encode("gb18030"), "text/html; charset=gbk", SHAPE, URL)
    assert isinstance(found, ParsedPage)
    assert found.items == (NOTICE,)
    hostile = parse_list(b"<html>" + b"<b>" * 300, "", SHAPE, URL)
    assert isinstance(hostile, NotAFeed)
    assert hostile.detail.startswith("a body that was refused before parsing: ")


@pytest.mark.parametrize(
    ("selector", "is_one"),
    [("ul.news li", True), ('a[href*="/recent-actions/20"]', True), ("li:nth-child(2)", True),
     ("li[", False), ("::::", False), ("", False), ("li >", False)],
)  # fmt: skip
def test_selectors_are_told_from_slips_of_the_pen(selector: str, is_one: bool) -> None:
    assert is_selector(selector) is is_one


@pytest.mark.parametrize("shape", [ListShape(entry="li["), ListShape(entry="li", link="a[")])
def test_a_selector_that_cannot_be_read_is_an_answer_in_words(shape: ListShape) -> None:
    assert "a selector of the source's shape cannot be read" in refused(LINE, shape)


def test_an_item_has_the_day_in_the_sources_zone_and_an_absolute_link() -> None:
    ministry = source(
        kind=SourceKind.HTML_LIST,
        shape=JSON_SHAPE,
        zone="Asia/Shanghai",
        languages=("zh",),
        url=URL,
    )
    outcome = read_body(ministry, Fetched(body=within(f"<ul>{LINE}</ul>").encode()), NOW)
    assert isinstance(outcome, Read)
    (item,) = outcome.items
    assert item.url == "https://ministry.example/zcfb/art/61.html"
    assert item.precision is Precision.DAY
    assert item.published_at is not None
    assert item.published_at.isoformat() == "2026-10-07T16:00:00+00:00"


def test_what_json_smuggles_into_its_html_reaches_no_item() -> None:
    for bad in ("\ud800", "\x00", "\x1b[2J", "\ufffe"):
        line = f'<li><a href="/1{bad}">Not{bad}ice</a><span>2026-10-08</span>'
        ministry = source(kind=SourceKind.HTML_LIST, shape=JSON_SHAPE)
        outcome = read_body(ministry, Fetched(body=within(line).encode()), NOW)
        assert isinstance(outcome, Read)
        for item in outcome.items:
            assert bad not in item.title + item.url
            f"{item.title}{item.url}".encode()


MARKUP = st.lists(
    st.sampled_from(
        ["<ul>", "</ul>", "<li>", "</li>", "<a href='/1'>", "<a href='http://[x'>", "</a>",
         "Notice", "<span>", "2026-10-08", "</span>", "<base href='//'>", "\x00",
         "<base href='http://[y'>",
         "<template>", "<svg>", "<table><tr>", "&#xd800;", "title='", "<script>", "<!--"]
    )
    | st.text(max_size=4),
    max_size=16,
).map("".join)  # fmt: skip


@given(MARKUP, st.sampled_from([SHAPE, DATELESS, ListShape(entry="a"), ListShape(entry="*")]))
def test_any_markup_at_all_is_a_page_or_an_answer_in_words(markup: str, shape: ListShape) -> None:
    found = parse_list_text(markup, shape, URL)
    if isinstance(found, NotAFeed):
        assert found.detail and "\n" not in found.detail
    else:
        assert found.items
        assert all(raw.title and raw.link for raw in found.items)
        assert shape.date is None or all(raw.published for raw in found.items)
