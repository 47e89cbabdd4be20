"""The feedparser project's own test feeds, real feeds and hostile files, where they are at hand.

They lie beside the checkout, in ../shared/corpora, and belong to others: nothing of them is in the
project, and these tests are skipped where they are missing. Each prints its figures (pytest -s).
"""

from __future__ import annotations

import ast
import io
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest

from bot.domain.fetch import NotAFeed
from bot.domain.ids import SourceId
from bot.domain.item import RawItem
from bot.domain.source import Source
from bot.sources.charset import decode_body
from bot.sources.feeds import parse_feed
from bot.sources.normalise import normalise
from bot.sources.page import ParsedPage
from bot.sources.plain_text import html_to_text, title_text

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
URL = "http://127.0.0.1:8097/"

pytestmark = pytest.mark.skipif(
    not CORPORA.is_dir(), reason="the corpora lie beside the project's own machine only: ../shared"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One test file: its bytes, the headers that its comments ask for, and what they expect."""

    path: Path
    body: bytes
    headers: dict[str, str]
    expected: str

    @property
    def group(self) -> str:
        parts = self.path.relative_to(CORPORA / "feedparser" / "tests").parts
        if "chardet" in parts or "http" in parts or parts[-2:-1] == ("xml",):
            return "encoding"
        if parts[0] == "illformed":
            return "ill-formed"
        if parts[0] == "json":
            return "json"
        return "sanitize" if parts[1] == "sanitize" else "well-formed"


HEADER = re.compile(rb"^Header:\s*([^:\r\n]+):\s*(.+?)\s*$", re.MULTILINE)
EXPECT = re.compile(r"^Expect:\s*(.+?)\s*$", re.MULTILINE)


def cases() -> Iterator[Case]:
    for path in sorted((CORPORA / "feedparser" / "tests").rglob("*.*")):
        if not path.is_file():
            continue
        body = path.read_bytes()
        plain = body.replace(b"\x00", b"").decode("latin-1")
        if body[:4] == b"Lo\xa7\x94":
            plain = body.decode("cp037")
        headers = {"content-type": "application/feed+json"} if path.suffix == ".json" else {}
        headers |= {
            name.decode("latin-1").strip().lower(): value.decode("latin-1").strip()
            for name, value in HEADER.findall(plain.encode("latin-1", "replace"))
        }
        expect = EXPECT.search(plain)
        yield Case(path, body, headers, expect.group(1) if expect else "")


def read(case: Case) -> ParsedPage | NotAFeed:
    url = case.headers.get("content-location", URL)
    if "://" not in url:
        url = URL
    return parse_feed(case.body, case.headers.get("content-type", ""), url)


def reference(body: bytes, headers: dict[str, str]) -> list[dict[str, Any]]:
    parsed = feedparser.parse(
        io.BytesIO(body),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-location": URL, **headers},
    )
    return list(parsed.entries)


def theirs(entry: dict[str, Any]) -> dict[str, str]:
    bodies = [dict.get(entry, "summary") or ""]
    bodies += [part.get("value") or "" for part in dict.get(entry, "content") or ()]
    kind = dict.get(dict.get(entry, "title_detail") or {}, "type")
    return {
        "title": title_text(
            dict.get(entry, "title") or "",
            is_html_title=kind in {"text/html", "application/xhtml+xml"},
        ),
        "link": dict.get(entry, "link") or "",
        "id": dict.get(entry, "id") or "",
        "date": dict.get(entry, "published")
        or dict.get(entry, "updated")
        or dict.get(entry, "created")
        or "",
        "text": html_to_text(max(bodies, key=len)),
    }


def ours(raw: RawItem) -> dict[str, str]:
    return {
        "title": title_text(raw.title, is_html_title=raw.is_title_html),
        "link": raw.link or "",
        "id": raw.guid or "",
        "date": raw.published or "",
        "text": html_to_text(raw.text_html),
    }


def same_id(known: str, found: str) -> str:
    """We keep a guid as it is written; feedparser resolves some like links."""
    try:
        return known if found and urljoin(URL, found) == known else found
    except ValueError:
        return found


def differences(body: bytes, headers: dict[str, str], page: ParsedPage | NotAFeed) -> list[str]:
    known = reference(body, headers)
    if isinstance(page, NotAFeed):
        return ["not a feed"] if known else []
    if len(known) != len(page.items):
        return ["number of entries"]
    found = []
    for entry, raw in zip(known, page.items, strict=True):
        left, right = theirs(entry), ours(raw)
        right["id"] = same_id(left["id"], right["id"])
        found += [key for key in left if left[key].split() != right[key].split()]
    return found


def expectations(text: str) -> Iterator[tuple[int, str, str]]:
    """(entry, field, value) of those equalities of an Expect comment that a ParsedPage carries."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    for part in parts:
        if not (isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq)):
            continue
        place = re.fullmatch(
            r"entries\[(\d+)\]\['(title|link|id|published|updated|summary|content'\]\[0\]\['value)'\]",
            ast.unparse(part.left),
        )
        value = part.comparators[0]
        if place and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield int(place[1]), place[2].partition("'")[0], value.value


def meets(raw: RawItem, field: str, value: str) -> bool:
    match field:
        case "title":
            return title_text(raw.title, is_html_title=raw.is_title_html) in {
                title_text(value),
                title_text(value, is_html_title=True),
            }
        case "link":
            return (raw.link or "") == value
        case "id":
            return value in {raw.guid, urljoin(URL, raw.guid or "")}
        case "published" | "updated":
            return (raw.published or "").split() == value.split()
        case _:
            return html_to_text(raw.text_html).split() == html_to_text(value).split()


def test_feeds_come_out_as_feedparser_reads_them() -> None:
    """Title, link, id, date and text equal feedparser's on 98 % and more of its own tests.

    The bar is what fastfeedparser with feedparser behind it reached when it was chosen: 96 % of
    the 953 well-formed ones, 9 of 9 ill-formed, 12 of 14 encodings (docs/adr/0002).
    """
    total: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for case in cases():
        if "chardet" in case.path.parts:
            continue  # feedparser itself cannot read them here: judged by the encoding they name
        total[case.group] += 1
        found = differences(case.body, case.headers, read(case))
        equal[case.group] += not found
        if found:
            why.update({f"{case.group}: {each}" for each in found})
            print(case.path.relative_to(CORPORA), sorted(set(found)))
    print({group: f"{equal[group]}/{total[group]}" for group in total}, dict(why))
    assert (total["well-formed"], total["sanitize"]) >= (953, 700), "the corpus is not whole"
    assert (total["ill-formed"], total["encoding"]) >= (9, 12)
    assert equal["well-formed"] >= 0.98 * total["well-formed"]
    for group in ("sanitize", "ill-formed", "encoding"):
        assert equal[group] == total[group]


def test_the_corpus_json_feed_is_read_though_feedparser_here_does_not() -> None:
    (case,) = (case for case in cases() if case.group == "json")
    page = read(case)
    assert isinstance(page, ParsedPage)
    assert [raw.guid for raw in page.items] == ["2", "1"]


def test_the_corpus_own_expectations_hold() -> None:
    """What the tests' Expect comments say of title, link, id, date and text holds."""
    asked: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for case in cases():
        page = read(case)
        for index, field, value in expectations(case.expected):
            asked[case.group] += 1
            if (
                isinstance(page, ParsedPage)
                and index < len(page.items)
                and meets(page.items[index], field, value)
            ):
                met[case.group] += 1
            else:
                print(case.path.relative_to(CORPORA), field, repr(value)[:60])
    print({group: f"{met[group]}/{asked[group]}" for group in asked})
    assert asked["well-formed"] > 100
    assert met["well-formed"] >= 0.96 * asked["well-formed"]
    assert asked["sanitize"] > 100
    assert met["sanitize"] >= 0.89 * asked["sanitize"]


def test_encodings_that_nobody_states_are_recognised() -> None:
    """Files whose Expect comment names an encoding that feedparser needs chardet for."""
    named = re.compile(r"encoding == '([\w-]+)'")
    total = right = 0
    for path in sorted((CORPORA / "feedparser" / "tests" / "illformed" / "chardet").iterdir()):
        body = path.read_bytes()
        expected = named.search(body.decode("latin-1"))
        assert expected is not None
        total += 1
        as_stated = body.decode(expected[1], errors="replace")
        right += decode_body(body).text.split() == as_stated.split()
    print(f"{right}/{total} encodings")
    assert right == total == 8


def test_real_feeds_come_out_as_feedparser_reads_them() -> None:
    total: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    for path in sorted((CORPORA / "real-feeds").glob("*.xml")):
        body = path.read_bytes()
        page = parse_feed(body, "", URL)
        known = reference(body, {})
        assert isinstance(page, ParsedPage)
        assert len(page.items) == len(known)
        for entry, raw in zip(known, page.items, strict=True):
            left, right = theirs(entry), ours(raw)
            right["id"] = same_id(left["id"], right["id"])
            for key in left:
                total[key] += 1
                same = left[key].split() == right[key].split()
                equal[key] += same
                if not same:
                    print(path.name, key, repr(left[key])[:100], repr(right[key])[:100])
    print({key: f"{equal[key]}/{total[key]}" for key in total})
    assert total["title"] >= 1_000, "the corpus is not whole"
    assert all(equal[key] == total[key] for key in ("title", "link", "id", "date"))
    assert sum(equal.values()) >= 0.99 * sum(total.values())


def test_no_file_of_the_corpus_is_fatal_or_slow() -> None:
    """All of feedparser's files, hostile XML, compression bombs as bodies, naughty strings."""
    started = time.process_time()
    files = 0
    for folder in ("feedparser", "defusedxml", "scrapy-bombs", "real-feeds"):
        for path in sorted((CORPORA / folder).rglob("*")):
            if path.is_file():
                files += 1
                parse_feed(path.read_bytes(), "", URL)
    print(f"{files} files in {time.process_time() - started:.1f} s")
    assert files > 1_700


@pytest.mark.parametrize("name", ["xmlbomb.xml", "xmlbomb2.xml", "quadratic.xml", "cyclic.xml"])
def test_entity_bombs_are_refused_before_parsing(name: str) -> None:
    body = (CORPORA / "defusedxml" / "xmltestdata" / name).read_bytes()
    page = parse_feed(body, "application/xml", URL)
    assert isinstance(page, NotAFeed)
    assert "declares entities" in page.detail


def test_naughty_strings_survive_as_titles_and_texts() -> None:
    strings = json.loads((CORPORA / "blns" / "blns.json").read_text(encoding="utf-8"))
    source = Source(source_id=SourceId("x"), name="x", url=URL)
    for string in strings:
        feed = json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [{"id": "1", "url": "http://a.example/x", "title": string}],
            }
        )
        page = parse_feed(feed.encode(), "application/feed+json", URL)
        assert isinstance(page, ParsedPage)
        for raw in (page.items[0], RawItem(title="x", text_html=string, link=string, guid=string)):
            item = normalise(
                raw, source, page_url=URL, page_language=None, now=datetime(2026, 1, 1, tzinfo=UTC)
            )
            assert item is not None
            f"{item.title}{item.text}{item.url}{item.guid}".encode()
            assert item.url == "" or item.url.startswith(("http://", "https://"))


def test_padding_before_a_feed_costs_no_time() -> None:
    """Nothing that is scanned for may be scanned for again and again."""
    for filler in (
        "<!--",
        "<![CDATA[",
        "<a ",
        "<?",
        "&#",
        "<!DOCTYPE x [",
        "&amp;",
        '<a b="',
        "]]>",
    ):
        body = f"<rss><channel><item><title>x</title>{filler * 100_000}".encode()
        started = time.process_time()
        parse_feed(body, "", URL)
        assert time.process_time() - started < 5, filler
