"""What is read in a text: names, figures, dates and reference numbers, alike in ten languages."""

from __future__ import annotations

import pytest

from bot.stories.amounts import amounts
from bot.stories.names import names
from bot.stories.references import goods_codes, references
from bot.stories.sketch import containment, resemblance, sketch


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The US puts 25% on $1.2 billion of steel, 38,000 tonnes, from 1 December.", "en"),
        ("The US puts 25 per cent on $1.2bn of steel, 38,000 tons, from December 1st.", "en"),
        ("美国自12月1日起对12亿美元、3.8万吨钢铁加征百分之二十五关税", "zh"),
        (
            "USA: ab dem 1. Dezember 25 Prozent auf 38.000 Tonnen für 1,2 Mrd. Dollar",
            "de",
        ),
        ("Dès le 1er décembre, 25 % sur 38 000 tonnes, soit 1,2 milliard de dollars", "fr"),
        ("Vanaf 1 december 25 procent op 38.000 ton staal, 1,2 miljard dollar", "nl"),
        ("Desde el 1 de diciembre, 25% a 38.000 toneladas por 1.200 millones de dólares", "es"),
        ("Dal 1° dicembre 25% su 38.000 tonnellate, per 1,2 miliardi di dollari", "it"),
        ("12月1日から12億ドル相当の鉄鋼3万8000トンに25%の関税", "ja"),
        ("12월 1일부터 12억 달러어치 철강 3만8000톤에 25% 관세", "ko"),
    ],
)
def test_figures_are_the_same_in_every_language(text: str, language: str) -> None:
    found = {each.value for each in amounts(text, language)}
    assert found == {"pct:25", "usd:1200000000", "t:38000", "date:12-01"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("商务部公告2025年第61号", "notice:2025/61"),
        ("MOFCOM Announcement No. 61 of 2025", "notice:2025/61"),
        ("Announcement 2025 No. 61 of the Ministry of Commerce", "notice:2025/61"),
        ("Bekanntmachung Nr. 61 des Handelsministeriums", "notice:2025/61"),
        ("第61号公告", "notice:2025/61"),
        ("산업통상자원부고시 제2025-61호", "notice:2025/61"),
        ("Regulation (EU) 2025/1234 of the Council", "eu:2025/1234"),
        ("CELEX 32025R1234", "eu:2025/1234"),
        ("OJ L, 2025/1234, 12.6.2025", "eu:2025/1234"),
        ("COM(2025) 726 final", "com:2025/726"),
        ("[FR Doc. 2025-12345 Filed 7-1-25]", "fr:2025-12345"),
        ("90 FR 48726", "fr-page:90-FR-48726"),
        ("Docket No. BIS-2025-0001", "docket:BIS-2025-0001"),
        ("RIN 0694-AJ12", "rin:0694-AJ12"),
        ("[A-570-123]", "dumping-case:A-570-123"),
        ("[C-570-124]", "subsidy-case:C-570-124"),
        ("Investigation No. 731-TA-1698", "itc-case:731-TA-1698"),
        ("in dispute DS623", "wto-case:DS623"),
        ("Case C-123/24", "court-case:C-123/24"),
        ("Executive Order 14257", "executive:14257"),
    ],
)
def test_reference_numbers_are_one_however_written(text: str, number: str) -> None:
    assert number in {each.number for each in references(text, 2025)}


@pytest.mark.parametrize(
    "text",
    ["Airlines order 500 planes in 2025", "a 25 to 30 vote", "5G at 1234 sites", "iPhone 17", ""],
)
def test_other_numbers_are_no_references(text: str) -> None:
    assert references(text, 2025) == []


def test_goods_are_known_by_their_codes() -> None:
    text = "HS 8505.11, ECCN 3B001.a and CAS 7440-55-3; 3800 workers in 2026"
    assert sorted(goods_codes(text)) == ["cas:7440-55-3", "eccn:3B001", "hs:850511"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("美国商务部", {"places:US", "authorities:US-commerce"}),
        ("インドネシアのタイヤ", {"places:ID", "goods:tyres"}),
        ("Beijing and the U.S.", {"places:CN", "places:US"}),
        ("give us time", set()),
        ("将Skydio列入", {"firms:skydio"}),
        ("Seltene Erden", {"goods:rare-earths"}),
        ("稀土", {"goods:rare-earths"}),
    ],
)
def test_names_are_found_and_the_longest_wins(text: str, found: set[str]) -> None:
    kinds = ("places", "goods", "authorities", "firms")
    assert {name for name in names(text) if name.startswith(kinds)} == found


def test_sketches_tell_copies_from_others() -> None:
    words = [f"w{number}" for number in range(300)]
    others = [f"v{number}" for number in range(300)]
    whole, half_of_it, other = sketch(words), sketch(words[:150]), sketch(others)
    assert resemblance(whole, whole) == 1
    assert 0.3 < resemblance(whole, half_of_it) < 0.7
    assert containment(whole, half_of_it) > 0.9
    assert resemblance(whole, other) == containment(whole, other) == 0
