"""What is at an address, over real HTTP: feeds, sitemaps, pages, and why something is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.source import ListShape, SourceKind
from bot.sources.guard import AllowList
from bot.sources.look import MAX_FEEDS, Found, NothingFound, look_at
from tests.fakes.connections import Connections
from tests.fakes.feed_server import Exchange, FeedServer
from tests.fakes.names import Names
from tests.samples import NOW
from tests.sources.asking import fetcher, run
from tests.sources.feed_texts import atom, rss
from tests.sources.list_pages import DAYS, NO_LISTS, PAGES, TITLES, framed
from tests.sources.test_guard_connections import SPELLINGS

ITEM = "<title>Notice on gallium</title><link>https://gazette.example/1</link>"
HTML = "text/html; charset=utf-8"
LOGIN = "<html><title>Sign in</title><form><input type=password></form></html>"


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def look(url: str, *, deadline: timedelta | None = None, **changes: Any) -> Found | NothingFound:
    async def once() -> Found | NothingFound:
        door = fetcher(**changes)
        try:
            if deadline is not None:
                return await look_at(url, door, now=NOW, deadline=deadline)
            return await look_at(url, door, now=NOW)
        finally:
            await door.aclose()

    return run(once())


def found(url: str, **changes: Any) -> Found:
    answer = look(url, **changes)
    assert isinstance(answer, Found), answer
    return answer


def nothing(url: str, **changes: Any) -> str:
    answer = look(url, **changes)
    assert isinstance(answer, NothingFound), answer
    return answer.detail


def paths(site: FeedServer) -> list[str]:
    return [each.path for each in site.requests if each.path != "/robots.txt"]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (rss(f"<item>{ITEM}</item>".removeprefix("<item>").removesuffix("</item>")), "Gazette"),
        (atom("<id>1</id><title>Notice on gallium</title><link href='/1'/>"), "G"),
        (
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "title": "Gazette",
                    "items": [{"id": "1", "url": "/1", "title": "Notice on gallium"}],
                }
            ),
            "Gazette",
        ),
    ],
    ids=["RSS", "Atom", "JSON Feed"],
)
@pytest.mark.parametrize("path", ["/feed", "/news"])
def test_the_address_of_a_feed_is_a_feed(
    site: FeedServer, body: str, title: str, path: str
) -> None:
    site.serve(path, body)
    answer = found(site.url(path))
    assert (answer.source.kind, answer.source.url) == (SourceKind.FEED, site.url(path))
    assert (answer.source.name, answer.source.is_official) == (title, None)
    assert [item.title for item in answer.items] == ["Notice on gallium"]
    assert paths(site) == [path]


def test_a_sitemap_is_a_sitemap(site: FeedServer) -> None:
    url = "<url><loc>https://gazette.example/new-duties-on-gallium</loc></url>"
    site.serve("/sitemap.xml", f"<urlset>{url}</urlset>")
    answer = found(site.url("/sitemap.xml"))
    assert answer.source.kind is SourceKind.SITEMAP
    assert [item.title for item in answer.items] == ["New duties on gallium"]


def test_a_page_is_read_by_the_feed_that_it_names(site: FeedServer) -> None:
    links = (
        '<link rel="alternate" type="application/rss+xml" href="comments/feed/" title="Comments">'
        '<link rel="alternate" type="application/atom+xml" href="feed.atom">'
    )
    site.serve("/de/", f"<html><head><title>Ministry</title>{links}</head></html>", HTML)
    site.serve("/de/feed.atom", atom("<id>1</id><title>Notice on gallium</title>"))
    answer = found(site.url("/de/"))
    assert answer.source.url == site.url("/de/feed.atom")
    assert [each.url for each in answer.others] == [site.url("/de/comments/feed/")]
    assert paths(site) == ["/de/", "/de/feed.atom"]


def test_a_feed_in_the_link_header_is_found(site: FeedServer) -> None:
    header = {"Link": '</f>; rel="alternate"; type="application/rss+xml"'}
    site.serve("/", "<html><title>Ministry</title></html>", HTML, headers=header)
    site.serve("/f", rss(ITEM))
    assert found(site.url("/")).source.url == site.url("/f")


def test_a_page_of_feeds_behind_a_link_is_looked_at_as_well(site: FeedServer) -> None:
    site.serve("/", '<html><title>Ministry</title><a href="/rss-info">RSS</a></html>', HTML)
    site.serve("/rss-info", '<html><ul><li><a href="/news.rss">All news</a></ul></html>', HTML)
    site.serve("/news.rss", rss(ITEM))
    assert found(site.url("/")).source.url == site.url("/news.rss")


def test_a_feed_that_is_gone_gives_way_to_the_next_and_that_to_the_list(site: FeedServer) -> None:
    def link(path: str) -> str:
        return f'<link rel="alternate" type="application/rss+xml" href="{path}">'

    page = PAGES["list"].replace("<head>", f"<head>{link('/old')}{link('/wall')}")
    site.serve("/", page, HTML)
    site.serve("/wall", LOGIN, HTML)
    assert found(site.url("/")).source.kind is SourceKind.HTML_LIST
    site.serve("/", page.replace("<head>", f"<head>{link('/good')}"), HTML)
    site.serve("/good", rss(ITEM))
    assert found(site.url("/")).source.url == site.url("/good")


def test_no_page_makes_us_ask_for_more_than_a_few_feeds(site: FeedServer) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(30)
    )
    site.serve("/", f"<html>{links}</html>", HTML)
    nothing(site.url("/"))
    assert len(paths(site)) == 1 + MAX_FEEDS


@pytest.mark.parametrize("page", PAGES)
def test_a_list_page_without_a_feed_is_read_by_its_structure(site: FeedServer, page: str) -> None:
    site.serve("/notices", PAGES[page], HTML)
    answer = found(site.url("/notices"))
    assert answer.source.kind is SourceKind.HTML_LIST
    assert isinstance(answer.source.shape, ListShape)
    assert answer.source.name == "Notices"
    assert [item.title for item in answer.items] == TITLES
    assert [f"{item.published_at:%Y-%m-%d}" for item in answer.items] == DAYS


@pytest.mark.parametrize("page", NO_LISTS)
def test_a_page_with_nothing_to_read_says_what_to_do(site: FeedServer, page: str) -> None:
    site.serve("/", NO_LISTS[page], HTML)
    said = nothing(site.url("/"))
    assert said.startswith("127.0.0.1 sent ") and "Give the address of" in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (LOGIN, "which wants a login"),
        ('{"error": "no such page"}', "a JSON object of another kind"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "XML whose root element is <svg>"),
        ("%PDF-1.7", "plain text"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "refused before parsing"),
        ("<rss><channel>" + "<x>" * 300, "refused before parsing"),
    ],
)
def test_what_is_no_source_is_named(site: FeedServer, body: str, said: str) -> None:
    site.serve("/", body, HTML)
    assert said in nothing(site.url("/"))


def test_a_box_for_members_does_not_make_a_list_a_login(site: FeedServer) -> None:
    site.serve("/", PAGES["list"].replace("<nav>", "<nav><input type=password>"), HTML)
    assert found(site.url("/")).source.kind is SourceKind.HTML_LIST


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "there is nothing at this address"), (403, "refuses plain clients"),
     (401, "wants credentials"), (500, "in trouble itself")],
)  # fmt: skip
def test_an_answer_that_is_no_page_is_told_as_at_a_poll(
    site: FeedServer, status: int, said: str
) -> None:
    site.serve("/x", "no", status=status)
    assert said in nothing(site.url("/x"))


def test_a_page_that_robots_may_not_read_is_not_read(site: FeedServer) -> None:
    site.serve("/robots.txt", "User-agent: *\nDisallow: /notices", "text/plain")
    site.serve("/notices", PAGES["list"], HTML)
    assert "asks robots not to read /notices" in nothing(site.url("/notices"))
    assert paths(site) == []


def test_a_feed_is_for_machines_and_a_page_at_its_address_is_not(site: FeedServer) -> None:
    site.serve("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    site.serve("/feed", rss(ITEM))
    assert found(site.url("/feed")).source.kind is SourceKind.FEED
    site.serve("/rss", PAGES["list"], HTML)
    assert "asks robots not to read /rss" in nothing(site.url("/rss"))


def test_a_source_that_has_moved_for_good_is_known_by_its_new_address(site: FeedServer) -> None:
    site.serve("/new", rss(ITEM))
    site.redirect("/old", site.url("/new"), status=301)
    assert found(site.url("/old")).source.url == site.url("/new")
    site.redirect("/old", site.url("/new"), status=302)
    assert found(site.url("/old")).source.url == site.url("/old")


def test_a_feed_that_lists_nothing_today_is_a_source(site: FeedServer) -> None:
    site.serve("/feed", "<rss version='2.0'><channel><title>Quiet</title></channel></rss>")
    answer = found(site.url("/feed"))
    assert (answer.source.name, answer.items) == ("Quiet", ())


def test_who_takes_too_long_is_given_up(site: FeedServer) -> None:
    def silent(exchange: Exchange) -> None:
        exchange.hold()

    site.answer("/slow", silent)
    assert "after 0.2 s" in nothing(site.url("/slow"), deadline=timedelta(seconds=0.2))


def test_no_spelling_of_a_forbidden_address_is_asked_or_looked_up() -> None:
    names = Names()
    with Connections() as tried:
        for host in SPELLINGS:
            nothing(f"http://{host}/feed.xml", allow=AllowList(), resolver=names)
            nothing(f"https://{host}/", allow=AllowList(), resolver=names)
    assert (tried.addresses, tried.names, names.asked) == ([], [], [])


def test_no_page_leads_to_a_forbidden_address(site: FeedServer) -> None:
    """Neither by its links nor by its base, its header or a redirect of its feed."""
    inner = "http://10.0.0.1/feed"
    links = f'<base href="http://169.254.169.254/"><a href="{inner}">RSS</a>'
    links += '<link rel="alternate" type="application/rss+xml" href="latest/meta-data/">'
    links += f'<link rel="alternate" type="application/rss+xml" href="{site.url("/to-inner")}">'
    header = {"Link": '<http://[::1]/f>; rel=alternate; type="application/rss+xml"'}
    site.serve("/", f"<html>{links}</html>", HTML, headers=header)
    site.redirect("/to-inner", inner)
    with Connections() as tried:
        said = nothing(site.url("/"))
    assert "was not asked" in said
    assert {address for address, _ in tried.addresses} == {"127.0.0.1"}
    assert {port for _, port in tried.addresses} == {site.port}


def test_menus_of_a_page_are_never_entries(site: FeedServer) -> None:
    site.serve("/", framed("<p>Nothing today.</p>"), HTML)
    assert "no list of links" in nothing(site.url("/"))
