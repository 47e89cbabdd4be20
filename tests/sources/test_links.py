"""Links: absolute for people, canonical for identity."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sources.links import MAX_LINK, absolute_link, canonical_url

BASE = "https://gazette.example/news/index.html"

URLS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="htps:/.@?#&=%[]ab1 ./\\\u202e\x00", max_size=40),
    st.text(alphabet="ab1/.?&=#utm_-%: ", max_size=40).map(
        lambda rest: f"https://a.example/{rest}"
    ),
)


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("/x?y=1#z", "https://gazette.example/x?y=1#z"),
        ("x", "https://gazette.example/news/x"),
        ("../x", "https://gazette.example/x"),
        ("//a.example/x", "https://a.example/x"),
        ("?page=2", "https://gazette.example/news/index.html?page=2"),
        (" https://a.example/x\n", "https://a.example/x"),
        ("https://a.example/\nx", "https://a.example/x"),
        ("https://a.example/a b?c d", "https://a.example/a%20b?c%20d"),
        ("HTTP://A.example:8080/x", "http://A.example:8080/x"),
        ("https://a.example:/x", "https://a.example/x"),
        ("https://ministry.example@evil.example/x", "https://evil.example/x"),
        ("https://user:pw@a.example/x", "https://a.example/x"),
        ("https://商务部.中国/x", "https://商务部.中国/x"),
        ("https://a.example/\u202efdp.exe", "https://a.example/fdp.exe"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("mailto:a@b.example", ""),
        ("tag:a.example,2026:1", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("http://a.example:99999/", ""),
        ("http://a<b>.example/", ""),
        ("", ""),
        (None, ""),
        ("x" * (MAX_LINK + 1), ""),
    ],
)
def test_links_lead_to_http_or_nowhere(link: str | None, absolute: str) -> None:
    assert absolute_link(link, BASE) == absolute


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://A.Example:80/x/", "https://a.example/x"),
        ("https://a.example:443/x#part", "https://a.example/x"),
        ("https://a.example./x", "https://a.example/x"),
        ("https://a.example:8443/x", "https://a.example:8443/x"),
        ("https://www.a.example/x", "https://www.a.example/x"),
        ("https://a.example/X", "https://a.example/X"),
        ("https://a.example/x?utm_source=rss&id=7&fbclid=1&UTM_x=2", "https://a.example/x?id=7"),
        ("https://a.example/x?id=7&amp;utm_medium=rss", "https://a.example/x?id=7"),
        ("https://a.example/x?b=2&a=1", "https://a.example/x?b=2&a=1"),
        ("https://a.example/x?ref=main", "https://a.example/x?ref=main"),
        ("https://a.example/x?&&", "https://a.example/x"),
        ("https://eur-lex.europa.eu/./legal-content/AUTO/?uri=CELEX:32026L1472",
         "https://eur-lex.europa.eu/legal-content/AUTO?uri=CELEX:32026L1472"),
        ("https://a.example/a/../b/./c", "https://a.example/b/c"),
        ("https://a.example/../..", None),
        ("https://a.example/?id=7", "https://a.example/?id=7"),
        ("https://a.example/", None),
        ("https://a.example/#news", None),
        ("https://a.example", None),
        ("ftp://a.example/x", None),
        ("http://[::1", None),
        ("", None),
    ],
)  # fmt: skip
def test_two_spellings_of_one_document_meet_and_a_root_is_no_document(
    url: str, canonical: str | None
) -> None:
    assert canonical_url(url) == canonical


@given(URLS, st.sampled_from([BASE, "", "http://[", "https://a.example"]))
@example("https://a.example/%20 ?x#y z", BASE)
def test_a_link_is_absolute_http_or_nothing_and_stays_so(link: str, base: str) -> None:
    url = absolute_link(link, base)
    if url:
        assert url.startswith(("http://", "https://"))
        assert " " not in url.partition("#")[0]
        assert absolute_link(url, "https://other.example/") == url
        url.encode()


@given(URLS)
@example("https://a.example/.//x")
@example("https://a.example/x/.")
@example("https://a.example//")
def test_the_canonical_form_is_its_own(url: str) -> None:
    canonical = canonical_url(url)
    if canonical is not None:
        assert canonical.startswith("https://")
        assert canonical_url(canonical) == canonical


@given(
    st.text(alphabet="aB1.-_~!$&'()*+,;=:@%/?#é", max_size=30).map(
        lambda rest: f"https://a.example{rest}"
    )
)
@example("https://a.example/a;b/?#")
@example("https://a.example.//./a/../?utm_source=x&&b=1#")
@example("https://a.example:443/a")
def test_ordinary_links_take_a_short_way_to_the_same_end(url: str) -> None:
    """White space around a link says nothing, and leads it the long way, through urllib."""
    assert absolute_link(url, BASE) == absolute_link(f" {url}", BASE)
    assert canonical_url(url) == canonical_url(f" {url}")
