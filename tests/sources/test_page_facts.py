"""A page in numbers."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, NotAFeed, PageFacts, Read
from bot.domain.source import ListShape, SourceKind
from bot.sources.page_facts import AHEAD, host_of
from bot.sources.read import read_body
from tests.samples import NOW, source
from tests.sources.feed_texts import rss

ENTRY = (
    "<title>Notice {n} on graphite</title><link>https://gazette.example/{n}</link>"
    "<pubDate>Thu, 08 Oct 2026 0{n}:00:00 GMT</pubDate><description>It says so.</description>"
)


def facts_of(text: str, url: str = "https://gazette.example/feed.xml") -> PageFacts:
    outcome = read_body(source(), Fetched(body=text.encode(), final_url=url), NOW)
    assert isinstance(outcome, Read)
    assert outcome.facts is not None
    return outcome.facts


def entry(n: int, **changes: str) -> str:
    made = ENTRY.format(n=n)
    for old, new in changes.items():
        start, end = made.index(f"<{old}>"), made.index(f"</{old}>") + len(f"</{old}>")
        made = made[:start] + new + made[end:]
    return made


def test_a_page_as_it_should_be_lacks_nothing() -> None:
    facts = facts_of(rss(entry(1), entry(2), entry(3)))
    assert facts == PageFacts(
        entries=3,
        title_chars=3 * len("Notice 1 on graphite"),
        newest_at=NOW.replace(hour=3),
        host="gazette.example",
    )


def test_an_entry_whose_text_is_taken_for_its_title_has_none() -> None:
    facts = facts_of(rss(entry(1, title=""), entry(2, title="<title>2026-10-08</title>")))
    assert facts.untitled == 2


def test_titles_and_links_that_are_all_the_same_are_none_of_its_own() -> None:
    same = {"title": "<title>Untitled</title>", "link": "<link>https://gazette.example/</link>"}
    facts = facts_of(rss(*[entry(n, **same) for n in range(1, 5)]))
    assert (facts.untitled, facts.unlinked) == (3, 3)


def test_a_date_that_cannot_be_read_is_none() -> None:
    facts = facts_of(rss(entry(1, pubDate="<pubDate>soon</pubDate>"), entry(2, pubDate="")))
    assert (facts.undated, facts.newest_at) == (2, None)


def test_tomorrows_issue_is_not_in_the_future_and_next_year_is() -> None:
    def dated(ahead: timedelta) -> str:
        at = NOW + ahead
        return entry(1, pubDate=f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>")

    assert facts_of(rss(dated(AHEAD - timedelta(hours=1)))).in_future == 0
    far = facts_of(rss(dated(timedelta(days=400))))
    assert (far.in_future, far.newest_at) == (1, None)


def test_an_entry_without_a_text_is_counted() -> None:
    assert facts_of(rss(entry(1, description=""), entry(2))).textless == 1


def test_the_host_is_the_one_that_answered() -> None:
    assert facts_of(rss(entry(1)), "https://www.other.example/x").host == "other.example"
    assert host_of("http://[") == ""


def test_a_page_from_elsewhere_that_is_no_feed_says_whence_it_came() -> None:
    parked = Fetched(body=b"<html><title>For sale</title>", final_url="https://parked.example/")
    outcome = read_body(source(), parked, NOW)
    assert isinstance(outcome, NotAFeed)
    assert "from parked.example" in outcome.detail


def test_a_login_in_place_of_a_list_is_named() -> None:
    form = b'<html><title>Sign in</title><form><input type="password" name="p"></form></html>'
    shape = ListShape(entry="ul.list li")
    outcome = read_body(source(kind=SourceKind.HTML_LIST, shape=shape), Fetched(body=form), NOW)
    assert isinstance(outcome, NotAFeed)
    assert "wants a login" in outcome.detail


@given(st.lists(st.sampled_from(["title", "link", "pubDate", "description"]), max_size=12))
def test_each_lack_is_counted_as_often_as_it_is_there(lacks: list[str]) -> None:
    entries = [entry(n % 9 + 1, **{lack: ""}) for n, lack in enumerate(lacks[:9])]
    facts = facts_of(rss(*entries)) if entries else facts_of(rss())
    counted = [lacks[:9].count(each) for each in ("title", "link", "pubDate", "description")]
    assert [facts.untitled, facts.unlinked, facts.undated, facts.textless] == counted
