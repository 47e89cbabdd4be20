"""The catalogue that comes with Tidewaiter: what it must hold, and that nothing got lost in it."""

from __future__ import annotations

import re
from datetime import time, timedelta
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest

from bot.domain.source import SourceKind, SourceStatus
from bot.sources.catalogue import load_catalogue
from bot.sources.guard import AllowList, Vetted, vet_url
from tests.conftest import SHARED

BUILT_INS = load_catalogue(None)
BY_ID = {str(each.source_id): each for each in BUILT_INS}
READY = [each for each in BUILT_INS if each.status is SourceStatus.READY]


def test_official_and_press_sources_of_every_region_can_be_read_today() -> None:
    assert sum(bool(each.is_official) for each in READY) >= 50
    assert sum(not each.is_official for each in READY) >= 12
    assert {each.jurisdiction for each in READY} >= {
        "US", "EU", "GB", "NL", "DE", "FR", "CN", "JP", "KR", "TW", "IN", "CA", "AU", "WTO",
    }  # fmt: skip


def test_every_source_says_how_well_its_address_is_attested_and_under_what_terms() -> None:
    for each in BUILT_INS:
        assert each.evidence in {"D", "V", "U", "K"}, each.source_id
        assert each.publisher, each.source_id
        assert each.languages or each.source_id == "gdelt", each.source_id  # it lists all languages
        assert each.jurisdiction, each.source_id
        assert each.name != each.source_id
        assert each.terms or each.status is not SourceStatus.READY, each.source_id


def test_what_is_not_read_says_why_and_what_to_read_instead() -> None:
    for each in BUILT_INS:
        if each.status is SourceStatus.READY:
            assert each.replaced_by is None, each.source_id
            continue
        assert each.note, each.source_id
        assert each.replaced_by is not None, each.source_id
        assert BY_ID[each.replaced_by].status is SourceStatus.READY, each.source_id


def test_terms_that_ask_for_a_credit_line_have_one() -> None:
    """CC BY 4.0 (3.a.1), the OGL's and KOGL's attribution, METI's 出典."""
    for each in BUILT_INS:
        asks = re.search(r"CC BY|Open Government Licence|OGDL|KOGL|出典|attribution", each.terms)
        assert bool(each.credit) or not asks, each.source_id
    european = [each for each in READY if each.jurisdiction == "EU" and each.is_official]
    assert european and all("© European Union" in each.credit for each in european)
    british = [each for each in READY if each.jurisdiction == "GB" and each.is_official]
    assert british and all("Open Government Licence v3.0" in each.credit for each in british)
    assert not [each.source_id for each in READY if each.jurisdiction == "US" and each.credit]


def test_a_credit_line_is_short() -> None:
    assert max(len(each.credit) for each in BUILT_INS) <= 90


def test_no_question_stands_in_it_twice() -> None:
    """One address may be asked with several forms."""
    questions = [(each.url, each.form) for each in BUILT_INS]
    assert len(set(questions)) == len(questions)
    assert len({each.name for each in BUILT_INS}) == len(BUILT_INS)


def test_every_address_passes_the_guard() -> None:
    for each in BUILT_INS:
        assert isinstance(vet_url(each.url, AllowList()), Vetted), each.source_id


def test_no_publisher_is_asked_more_often_than_every_two_minutes() -> None:
    assert min(each.every for each in BUILT_INS) == timedelta(minutes=2)


def test_officials_that_are_known_to_the_minute_have_their_times() -> None:
    assert BY_ID["us-public-inspection"].release_times == (time(8, 45),)
    assert BY_ID["nl-staatscourant"].release_times == (time(9),)


def test_german_customs_is_asked_as_seldom_as_its_robots_file_asks() -> None:
    assert BY_ID["de-zoll"].every >= timedelta(seconds=180)


def test_dates_of_the_federal_register_are_those_of_washington() -> None:
    found = [each for each in BUILT_INS if urlsplit(each.url).hostname == "www.federalregister.gov"]
    assert len(found) >= 4
    for each in found:
        assert each.zone == "America/New_York"
        if each.url.partition("?")[0].endswith("/documents.json"):
            assert each.kind is SourceKind.FEDERAL_REGISTER
            assert "fields[]=document_number" in each.url
            assert "order=newest" in each.url


# The list of publications that the catalogue was made from

ROWS: dict[int, tuple[str, ...]] = {
    1: ("us-federal-register-trade", "us-federal-register-presidential"),
    2: ("us-public-inspection",),
    3: ("us-federal-register-rss",),
    4: ("us-white-house", "us-white-house-proclamations"),
    5: ("us-ustr-press", "us-ustr-rss"),
    6: ("us-bis-press", "us-bis-rss"),
    7: ("us-ofac-recent-actions",),
    8: ("us-ofac-sdn", "us-ofac-sdn-csv", "us-ofac-consolidated"),
    9: ("us-screening-list",),
    10: ("us-cbp-csms",),
    11: ("us-cbp-media-releases", "us-cbp-adcvd"),
    12: ("us-itc-news",),
    13: ("us-treasury-press",),
    14: ("us-uflpa-entity-list",),
    15: ("us-govinfo-federal-register",),
    16: ("eu-official-journal", "eu-eurlex-171"),
    17: ("eu-proposals", "eu-parliament-council-acts"),
    18: ("eu-dg-trade",),
    19: ("eu-press-corner",),
    20: ("eu-council-press",),
    21: ("eu-parliament-press", "eu-parliament-inta"),
    22: ("eu-financial-sanctions",),
    23: ("eu-taxud",),
    24: ("eu-finance-news",),
    25: (
        "uk-export-control",
        "uk-business-and-trade",
        "uk-sanctions",
        "uk-trade-remedies",
        "uk-foreign-office",
    ),
    26: ("uk-news-tariffs", "uk-guidance-export-controls", "uk-consultations-trade"),
    27: ("uk-customs-search",),
    28: ("uk-strategic-export-control-lists",),
    29: ("uk-ofsi-blog",),
    30: ("nl-rijksoverheid",),
    31: ("nl-staatscourant",),
    32: ("de-bafa",),
    33: ("de-bmwe-presse", "de-bmwe-aussenwirtschaft"),
    34: ("fr-dg-tresor",),
    35: ("de-zoll",),
    36: ("cn-mofcom-policy",),
    37: ("cn-mofcom-export-control",),
    38: (
        "cn-export-control-news",
        "cn-export-control-abroad",
        "cn-export-control-laws",
        "cn-export-control-regulations",
        "cn-export-control-rules",
    ),
    39: ("cn-mofcom-english",),
    40: ("cn-state-council",),
    41: ("cn-customs",),
    42: ("cn-mfa-countermeasures",),
    43: ("cn-miit",),
    44: ("cn-xinhua-english",),
    45: ("jp-meti",),
    46: ("kr-motir", "kr-motie"),
    47: ("tw-trade-administration",),
    48: ("in-dgft-notifications", "in-dgft-public-notices", "in-dgft-trade-notices"),
    49: ("in-pib",),
    50: ("ca-global-affairs",),
    51: ("au-dfat",),
    52: ("wto-news",),
    53: ("wto-eping",),
    54: ("un-security-council-list",),
    55: ("global-trade-alert",),
    56: (
        "scmp-china",
        "scmp-tech",
        "scmp-business",
        "scmp-china-economy",
        "scmp-china-diplomacy",
    ),
    57: ("financial-times",),
    58: ("politico-europe",),
    59: ("nikkei-asia",),
    60: ("bloomberg-markets",),
    61: ("global-times",),
    62: ("euractiv", "reuters", "caixin"),
    63: ("google-news",),
    64: ("gdelt",),
    65: ("merics",),
    66: ("bruegel",),
    67: ("piie",),
    68: ("csis",),
    69: ("rhodium",),
}
"""Row of the list -> its tables here."""

LISTED = SHARED / "sources.md"
needs_the_list = pytest.mark.skipif(
    not LISTED.is_file(), reason="the list lies beside the project only where it is worked on"
)


@cache
def rows() -> dict[int, str]:
    """Each numbered row with its text; several numbers may share a line."""
    found: dict[int, str] = {}
    for line in LISTED.read_text("utf-8").partition("## B.")[0].splitlines():
        if not re.match(r"\|\d", line):
            continue
        starts = list(re.finditer(r"(?:^\||; )(\d{1,2})(?:\||\s)", line))
        for at, start in enumerate(starts):
            end = starts[at + 1].start() if at + 1 < len(starts) else len(line)
            found[int(start[1])] = line[start.start() : end]
    return found


PAIRS = [(row, source_id) for row, ids in ROWS.items() for source_id in ids]


@needs_the_list
def test_every_row_of_the_list_is_in_the_catalogue() -> None:
    assert set(rows()) == set(range(1, 70))
    assert set(ROWS) == set(rows())
    assert {source_id for _, source_id in PAIRS} <= set(BY_ID)


SAID_OTHERWISE = {
    # the row shortens the address, names the host in words, or gives the API's own section
    "us-bis-press",
    "us-itc-news",
    "eu-eurlex-171",
    "eu-proposals",
    "eu-parliament-council-acts",
    "eu-finance-news",
    "de-zoll",
    "cn-miit",
    "caixin",
    "gdelt",
}


@needs_the_list
@pytest.mark.parametrize(("row", "source_id"), PAIRS)
def test_a_source_has_the_address_of_its_row(row: int, source_id: str) -> None:
    url = urlsplit(BY_ID[source_id].url)
    assert url.hostname is not None
    text = unquote(rows()[row])
    site = ".".join(url.hostname.split(".")[-2:])
    if source_id in SAID_OTHERWISE:
        whole = LISTED.read_text("utf-8")
        named = {"de-zoll": "Zoll.de", "caixin": "Caixin"}.get(source_id, site)
        assert named in whole
    else:
        assert url.hostname in text or (row in {2, 3} and "…/api/v1" in text), source_id


@needs_the_list
@pytest.mark.parametrize(("row", "source_id"), PAIRS)
def test_no_source_claims_better_evidence_than_its_row(row: int, source_id: str) -> None:
    """Best first. A row of several sources has marks for each; the best of them bounds all."""
    marks = "DVUK"
    cells = [cell.strip() for cell in rows()[row].strip("|").split("|")]
    stated = {mark for cell in cells[1:] for mark in re.findall(r"(?:^|[\s;*(])([DVUK])\b", cell)}
    best = min((marks.index(mark) for mark in stated), default=marks.index("U"))
    assert marks.index(BY_ID[source_id].evidence) >= best, (source_id, stated)


@needs_the_list
def test_what_the_list_calls_dead_is_not_read() -> None:
    for row, words, source_id in (
        (5, "No RSS", "us-ustr-rss"),
        (6, "404", "us-bis-rss"),
        (15, "useless for alerts", "us-govinfo-federal-register"),
        (16, "`rssId=171` dead", "eu-eurlex-171"),
        (20, "403 non-browser", "eu-council-press"),
        (21, "challenge", "eu-parliament-press"),
        (41, "JS challenge", "cn-customs"),
        (44, "stale", "cn-xinhua-english"),
        (46, "was `dept_motie.xml`", "kr-motie"),
        (55, "key needed", "global-trade-alert"),
        (62, "no public RSS", "reuters"),
        (63, "personal feed readers", "google-news"),
    ):
        assert words in rows()[row], row
        assert BY_ID[source_id].status is not SourceStatus.READY


def test_lists_that_change_are_registers_and_none_is_passed_off_as_a_feed() -> None:
    for row in (8, 9, 14, 22, 54):
        for source_id in ROWS[row]:
            assert BY_ID[source_id].kind is SourceKind.REGISTER, source_id
