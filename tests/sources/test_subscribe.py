"""Which feeds of a list are added: none twice, none at a forbidden address, none asked."""

from __future__ import annotations

import re
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.guard import AllowList
from bot.sources.opml import NoList, Subscription, parse_opml
from bot.sources.own import address_of, free_id, shown_address
from bot.sources.subscribe import Judged, Verdict, judge
from tests.fakes.connections import Connections
from tests.samples import source
from tests.sources.test_guard_connections import SPELLINGS

GAZETTE = source(url="https://gazette.example/feed.xml")


def judged(*urls: str, allow: str = "", is_resolved_here: bool = True) -> list[Judged]:
    listed = [Subscription(url=url) for url in urls]
    return list(
        judge(listed, [GAZETTE], [source("herald")], AllowList.parse(allow),
              is_resolved_here=is_resolved_here)
    )  # fmt: skip


def test_an_opml_with_every_hostile_spelling_connects_to_nothing() -> None:
    """Nor is a name looked up: addresses are judged by their spelling alone."""
    outlines = "".join(
        f'<outline text="{at}" xmlUrl="{escape(f"{scheme}://{host}/feed.xml")}"/>'
        for at, host in enumerate(SPELLINGS)
        for scheme in ("http", "https")
    )
    with Connections() as tried:
        found = parse_opml(f"<opml><body>{outlines}</body></opml>".encode())
        assert not isinstance(found, NoList)
        answers = list(judge(found, [], [], AllowList()))
    # what is read otherwise once invisible letters are gone is an address all the same
    assert {answer.detail for answer in answers if answer.verdict is not Verdict.REFUSED} == set()
    assert len(answers) > 180
    assert all(answer.source is None and ": " in answer.detail for answer in answers)
    assert (tried.addresses, tried.names) == ([], [])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("gopher://a.example/", "only http and https"),
        ("http://10.0.0.1/feed", "a private network"),
        ("https://user:secret@a.example/f", "credentials"),
        ("https://a.example:22/", "port 22"),
        ("https:///f", "no host"),
    ],
)
def test_an_address_that_may_not_be_read_is_refused_with_the_reason(url: str, said: str) -> None:
    (answer,) = judged(url)
    assert answer.verdict is Verdict.REFUSED
    assert said in answer.detail
    assert "secret" not in answer.detail + answer.name


def test_what_the_operator_exempts_is_added() -> None:
    (answer,) = judged("http://10.0.0.1:9000/feed", allow="10.0.0.0/8")
    assert answer.verdict is Verdict.ADDED


def test_behind_a_proxy_names_of_local_networks_are_refused_by_their_looks() -> None:
    (answer,) = judged("http://wiki.internal/feed", is_resolved_here=False)
    assert answer.verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("https://gazette.example/feed.xml", "as gazette"),
        ("http://GAZETTE.example:80/./feed.xml?utm_source=x#top", "as gazette"),
        ("feed://gazette.example/feed.xml", "as gazette"),
        ("gazette.example/feed.xml", "as gazette"),
        ("https://herald.example/feed.xml", "as herald, which is switched off"),
    ],
)
def test_what_is_there_is_told_whatever_its_spelling(url: str, detail: str) -> None:
    (answer,) = judged(url)
    assert (answer.verdict, answer.detail) == (Verdict.THERE, detail)


def test_a_feed_that_the_list_has_twice_is_added_once() -> None:
    first, second = judged("https://a.example/f", "http://a.example/f/")
    assert (first.verdict, second.verdict) == (Verdict.ADDED, Verdict.THERE)
    assert second.detail == f"as {first.detail}"


def test_feeds_of_one_name_get_ids_of_their_own() -> None:
    listed = [Subscription(url=f"https://a.example/{n}", name="Gazette") for n in range(3)]
    answers = list(judge(listed, [GAZETTE], [], AllowList()))
    assert [answer.detail for answer in answers] == ["gazette-2", "gazette-3", "gazette-4"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WTO: latest news", "wto-latest-news"),
        ("Café & Zoll — Übersicht", "cafe-zoll-ubersicht"),
        ("商务部公告", "gazette-example"),
        ("", "gazette-example"),
        ("Ministry of Economy, Trade and all Industry", "ministry-of-economy-trade-and-all"),
        ("x" * 90, "x" * 40),
    ],
)
def test_an_id_is_made_of_the_name_or_else_of_the_host(name: str, expected: str) -> None:
    assert free_id(name, "https://www.gazette.example/feed", set()) == expected


@given(st.text(max_size=80), st.text(max_size=30))
def test_every_id_is_one_that_a_catalogue_takes(name: str, host: str) -> None:
    made = free_id(name, f"https://{host.replace('[', '').replace(']', '')}/", {"source", "a"})
    assert made not in {"source", "a"}
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= 60


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://a.example/f", "https://a.example/f"),
        ("a.example/f", "https://a.example/f"),
        ("//a.example/f", "https://a.example/f"),
        ("a.example:8080/f", "https://a.example:8080/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        ("FEED://a.example/f", "https://a.example/f"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("127.1", "https://127.1"),
        ("[::1]", "https://[::1]"),
        ("global-times", None),
        ("localhost", None),
    ],
)
def test_an_address_is_told_from_a_name(typed: str, address: str | None) -> None:
    assert address_of(typed) == address


def test_a_password_in_an_address_is_never_shown() -> None:
    assert shown_address("https://user:secret@a.example/f?key=1") == "a.example/f"
    assert shown_address("https://[") == "https://["
