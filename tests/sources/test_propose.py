"""Selectors for list pages: what is proposed reads what a person sees in the list, and no menus."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.html_list import is_selector, parse_list_text
from bot.sources.page import ParsedPage
from bot.sources.propose import Proposal, propose
from tests.sources.list_pages import DAYS, LINKS, NO_LISTS, PAGES, TITLES, framed

URL = "https://ministry.example/notices/"


def best(markup: str) -> Proposal:
    return propose(markup, URL)[0]


@pytest.mark.parametrize("page", PAGES)
def test_the_list_of_a_page_is_read_whole_with_titles_links_and_dates(page: str) -> None:
    items = best(PAGES[page]).items
    assert [item.title for item in items] == TITLES
    assert [item.link for item in items] == LINKS
    assert [item.published for item in items] == DAYS


@pytest.mark.parametrize("page", NO_LISTS)
def test_a_page_without_a_list_gets_no_proposal(page: str) -> None:
    assert propose(NO_LISTS[page], URL) == ()


def test_a_list_without_dates_is_proposed_where_it_is_clearly_one() -> None:
    rows = "".join(
        f"<li><a href={link}>{title}</a></li>" for link, title in zip(LINKS, TITLES, strict=True)
    )
    proposal = best(framed(f"<div id=content><ul>{rows}</ul></div>"))
    assert [item.title for item in proposal.items] == TITLES
    assert proposal.dated == 0


def test_a_page_that_is_laid_out_around_a_sidebar_is_no_menu() -> None:
    rows = "".join(f"<li><a href={link}>{title}</a> <i>2026-10-08</i></li>"
                   for link, title in zip(LINKS, TITLES, strict=True))  # fmt: skip
    menu = "".join(f"<li><a href=/m{n}>Department no. {n} of us</a> 2026-10-08" for n in range(4))
    page = (
        '<body class="sidebar-right no-sidebars"><div id="page-wrap" class="sidebar-layout">'
        f'<ul class="news">{rows}</ul><div class="sidebar"><ul>{menu}</ul></div></div></body>'
    )
    assert [item.title for item in best(page).items] == TITLES


def test_of_two_lists_the_longer_comes_first_and_neither_takes_the_others_entries() -> None:
    def listed(name: str, count: int) -> str:
        rows = "".join(
            f"<li><a href=/{name}/{n}>Headline number {n} of the {name}</a> <i>2026-10-0{n + 1}</i>"
            for n in range(count)
        )
        return f"<section id={name}><ul>{rows}</ul></section>"

    first, second, *_ = propose(framed(listed("events", 3) + listed("news", 6)), URL)
    assert {item.link.split("/")[1] for item in first.items if item.link} == {"news"}
    assert {item.link.split("/")[1] for item in second.items if item.link} == {"events"}


def test_chinese_titles_count_their_width_and_classes_with_numbers_hold() -> None:
    rows = "".join(
        f"<li><a href=./t2026100{n}.html>关于稀土出口的公告{n}</a><span>2026-10-0{n}</span></li>"
        for n in range(1, 7)
    )
    proposal = best(framed(f'<ul class="list_14">{rows}</ul>'))
    assert len(proposal.items) == 6
    assert "list_14" in proposal.shape.entry


def test_a_year_later_the_same_selectors_read_the_new_entries() -> None:
    """They name kinds of places, never the places themselves."""
    for page in PAGES.values():
        later = page.replace("2026-10", "2027-11").replace("review", "revision")
        read = parse_list_text(later, best(page).shape, URL)
        assert isinstance(read, ParsedPage)
        assert len(read.items) == len(TITLES)


_PIECES = st.sampled_from(
    ["<ul>", "</ul>", "<li>", "<a href=/x>", "</a>", "<div class='a b-1'>", "</div>", "2026-10-08",
     "<h2>", "<td>", "<table>", "<tr>", "A long title of some entry", "<p id='1 2'>", "稀土" * 9,
     "<a href=http://[>", "<div class='a:b {} \\'>", "<time datetime=x>", "\x00", "<span>"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=60), st.integers(1, 5))
def test_whatever_a_page_holds_every_proposal_is_a_shape_that_reads_it(
    pieces: list[str], times: int
) -> None:
    markup = "".join(pieces) * times
    for proposal in propose(markup, URL):
        shape = proposal.shape
        assert all(is_selector(s) for s in (shape.entry, shape.link, shape.title, shape.date) if s)
        read = parse_list_text(markup, shape, URL)
        assert isinstance(read, ParsedPage) and read.items == proposal.items
