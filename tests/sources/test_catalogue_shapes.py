"""Every list of the catalogue that is read by declaration reads what its publisher answers.

The answers are in words of our own, in the form in which public code or a sample shows them.
"""

from __future__ import annotations

import json

import pytest

from bot.domain.fetch import Fetched, Read
from bot.domain.item import Item, Precision
from bot.domain.source import ListShape, Source, SourceKind
from bot.sources.catalogue import load_catalogue
from bot.sources.read import read_body
from tests.conftest import SHARED
from tests.samples import NOW

BUILT_INS = {each.source_id: each for each in load_catalogue(None)}
DECLARED = {
    key: each
    for key, each in BUILT_INS.items()
    if each.kind in {SourceKind.HTML_LIST, SourceKind.JSON_LIST}
}


def links(*hrefs: str) -> str:
    """A page on which entries are known by their addresses, among links that are none."""
    entries = "".join(f'<p><a href="{href}">Notice 61</a></p>' for href in hrefs)
    return f'<nav><a href="/">Home</a><a href="/contact">Contact</a></nav>{entries}'


def listed(href: str, *, classes: str = "") -> str:
    return (
        f'<ul class="{classes}"><li><a href="/index.html">All</a></li>'
        f'<li><a href="{href}">Notice 61</a> <span>2026-10-08</span></li></ul>'
    )


def table(*, has_header: bool = True) -> str:
    """As the Indian DGFT lays it out: two files a row, whose links say "Download" only."""
    header = "<tr><th>S.No</th><th>No.</th><th>Year</th><th>Description</th><th>Date</th></tr>"
    return (
        f"<table>{header * has_header}<tr><td>1</td><td>61/2026-27</td><td>2026-27</td>"
        "<td>Notice 61</td><td>08/10/2026</td>"
        '<td><a href="https://content.example/Notice 61.pdf">Download</a> '
        '<a href="https://content.example/Notice 61 hindi.pdf">Download</a></td></tr></table>'
    )


CONTROL = json.dumps(
    {
        "pageInfo": {
            "rows": [
                {
                    "id": 7,
                    "title": "Notice 61",
                    "url": "/article/zcfg/202610/61.html",
                    "publishTimeStr": "2026-10-08 00:00:00",
                    "source": "安全与管制局",
                }
            ]
        }
    }
)
ANSWERS: dict[str, str] = {
    "us-ofac-recent-actions": links("/recent-actions/20261008"),
    "us-ustr-press": links(
        "/about/policy-offices/press-office/press-releases/2026/october/notice-61"
    ),
    "us-bis-press": links("/press-release/notice-61"),
    "us-cbp-csms": json.dumps(
        [
            {
                "subject": "Notice 61",
                "pub_date": "10/08/2026 09:30 AM EDT",
                "href": "https://a.example/1",
            }
        ]
    ),
    "de-zoll": links("/SharedDocs/Pressemitteilungen/DE/Sonstiges/2026/notice_61.html"),
    "cn-mofcom-policy": json.dumps({"data": {"html": listed("/zcfb/zc/art/2026/art_61.html")}}),
    "cn-mofcom-export-control": json.dumps(
        {"data": {"html": listed("/zcfb/art/2026/art_61.html", classes="txtList_01")}}
    ),
    "cn-export-control-news": CONTROL,
    "cn-export-control-abroad": CONTROL,
    "cn-export-control-laws": CONTROL,
    "cn-export-control-regulations": CONTROL,
    "cn-export-control-rules": CONTROL,
    "cn-state-council": json.dumps(
        [
            {
                "TITLE": "Notice 61",
                "SUB_TITLE": "",
                "URL": "https://www.gov.cn/zhengce/1.htm",
                "DOCRELPUBTIME": "2026-10-08",
            }
        ]
    ),
    "cn-customs": listed("/customs/302249/302266/61/index.html"),
    "cn-mofcom-english": links("/Policies/AnnouncementsOrders/art/2026/art_61.html"),
    "cn-mfa-countermeasures": links("./202610/t20261008_11808888.shtml"),
    "cn-miit": json.dumps(
        {
            "data": {
                "searchResult": {
                    "dataResults": [
                        {
                            "groupData": [
                                {
                                    "data": {
                                        "title": "Notice 61",
                                        "filenumbername": "工信部函〔2026〕61号",
                                        "url": "/zwgk/art_61.html",
                                        "jsearch_date": "2026-10-08",
                                    }
                                }
                            ]
                        }
                    ]
                }
            }
        }
    ),
    "tw-trade-administration": json.dumps(
        [
            {
                "PageTitle": "Notice 61",
                "PagePublishTime": "2026-10-08T09:30:00",
                "PageSummary": "亞太",
                "PageContent": "<p>內容</p>",
            }
        ]
    ),
    "in-dgft-notifications": table(),
    "in-dgft-public-notices": table(),
    "in-dgft-trade-notices": table(has_header=False),
    "wto-eping": json.dumps(
        {
            "totalCount": 1,
            "items": [
                {
                    "id": 1,
                    "documentSymbol": "G/TBT/N/EU/61",
                    "title": "Notice 61",
                    "description": "Batteries.",
                    "notifyingMember": "European Union",
                    "distributionDate": "2026-10-08T00:00:00",
                    "hsCodes": [{"id": 1, "code": "8507", "name": "Accumulators"}],
                    "linkToNotification": "https://docs.example/61",
                }
            ],
        }
    ),
    "gdelt": json.dumps(
        {
            "articles": [
                {
                    "url": "https://paper.example/61",
                    "title": "Notice 61",
                    "seendate": "20261008T093000Z",
                    "domain": "paper.example",
                    "language": "English",
                }
            ]
        }
    ),
}
UNDATED = {
    "us-ofac-recent-actions",
    "us-ustr-press",
    "us-bis-press",
    "de-zoll",
    "cn-mofcom-english",
    "cn-mfa-countermeasures",
}
WITHOUT_LINK = {"tw-trade-administration"}


def read(source: Source, answer: str) -> tuple[Item, ...]:
    outcome = read_body(source, Fetched(body=answer.encode(), final_url=source.url), NOW)
    assert isinstance(outcome, Read), outcome
    return outcome.items


def test_every_declared_list_has_an_answer_here() -> None:
    assert set(ANSWERS) == set(DECLARED)


@pytest.mark.parametrize("source_id", ANSWERS)
def test_a_declared_list_reads_its_entry_and_nothing_else(source_id: str) -> None:
    source = BUILT_INS[source_id]  # type: ignore[index]
    (item,) = read(source, ANSWERS[source_id])
    assert "Notice 61" in item.title
    assert item.url.startswith("http") is (source_id not in WITHOUT_LINK)
    assert (item.published_at is None) is (source_id in UNDATED)
    if item.published_at is not None:
        assert item.published_at.astimezone(NOW.tzinfo).date().isoformat() in {
            "2026-10-07",  # midnight in Beijing
            "2026-10-08",
        }


def test_a_day_stays_a_day_and_a_time_a_time() -> None:
    precisions = {
        key: read(BUILT_INS[key], ANSWERS[key])[0].precision  # type: ignore[index]
        for key in ("cn-miit", "cn-export-control-rules", "in-dgft-notifications", "us-cbp-csms")
    }
    assert precisions == {
        "cn-miit": Precision.DAY,
        "cn-export-control-rules": Precision.DAY,
        "in-dgft-notifications": Precision.DAY,
        "us-cbp-csms": Precision.INSTANT,
    }


def test_a_title_may_lie_beside_the_link() -> None:
    (item,) = read(BUILT_INS["in-dgft-notifications"], table())  # type: ignore[index]
    assert item.title == "61/2026-27 · Notice 61"
    assert item.url == "https://content.example/Notice%2061.pdf"


def test_links_of_an_answer_are_completed_by_its_address() -> None:
    (item,) = read(BUILT_INS["cn-export-control-rules"], CONTROL)  # type: ignore[index]
    assert item.url == "http://exportcontrol.mofcom.gov.cn/article/zcfg/202610/61.html"


def test_no_news_is_an_empty_list() -> None:
    assert read(BUILT_INS["gdelt"], "{}") == ()  # type: ignore[index]


@pytest.mark.parametrize(
    ("source_id", "file", "count"),
    [
        ("cn-miit", "samples/china/worldmonitor_miit.json", 1),
        ("gdelt", "samples/feeds/gdelt_artlist.json", 2),
    ],
)
def test_a_recorded_answer_is_read(source_id: str, file: str, count: int) -> None:
    path = SHARED / file
    if not path.is_file():
        pytest.skip(f"{file} lies beside the project only where it is worked on")
    items = read(BUILT_INS[source_id], path.read_text("utf-8"))  # type: ignore[index]
    assert len(items) >= count
    assert all(item.title and item.url for item in items)
    assert sum(item.published_at is not None for item in items) >= count


def test_a_recorded_list_of_the_ministry_is_read() -> None:
    path = SHARED / "samples/china/worldmonitor_mofcom.html"
    if not path.is_file():
        pytest.skip("the samples lie beside the project only where it is worked on")
    ministry = BUILT_INS["cn-mofcom-policy"]  # type: ignore[index]
    assert isinstance(ministry.shape, ListShape)
    answer = json.dumps({"data": {"html": path.read_text("utf-8")}})
    items = read(ministry, answer)
    assert items and all("公告" in item.title for item in items)
    assert all(item.precision is Precision.DAY for item in items)
