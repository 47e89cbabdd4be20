"""The labelled set itself: balanced, without repeats, and with every trap that is known.

The traps are those of ../shared/vocabulary-rules.md and of issue 4.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.matching.labelled import LANGUAGES, PARTS, cases

ALL = tuple(case for part in PARTS for case in cases(part))

# A query, what stands in a sentence that it must not find, and in one that it must.
TRAPS = (
    ("#export-licence", "driving licence", "licence before shipping"),
    ("#export-licence", "software license", "license exports"),
    ("#export-licence", "General License", "export licensing"),
    ("#general-licence", "General License 8L", "general licences"),
    ("#rare-earths", "rare books", "rare-earth"),
    ("#anti-dumping", "dumping of sewage", "anti\u2010dumping"),
    ("#dual-use", "dual carriageway", "dual use items"),
    ("#de-minimis", "State aid", "de\u2013minimis"),
    ("#entity-list", "unreliable entity list", "to the Entity List"),
    ("#entity-list", "不可靠实体清单", "列入实体清单"),
    ("#entity-list", "不可靠實體清單", "實體清單"),
    ("#export-controls", "出口管制管控名单", "出口管制"),
    ("制裁 NOT 反制裁", "反制裁", "制裁"),
    ("#gallium", "氮化镓充电器", "镓、锗"),
    ("#gallium", "氮化鎵充電頭", "砷化鎵"),
    ("#tungsten", "厦门钨业", "钨精矿"),
    ("#rare-earths", "稀少，土壤", "北方稀土"),
    ("国会", "美国会晤", "美国国会"),
    ("#rare-earths", "アース線", "希土類"),
    ("#entity-list", "信頼できない実体リスト", "エンティティー・リスト"),
    ("#entity-list", "信頼できない実体リスト", "エンティティリスト"),
    ("#cbam", "炭素繊維", "ＣＢＡＭ"),
    ("#eccn", "判定勝ち", "ＥＣＣＮ"),
    ('"301"', "13017", "３０１"),
    ("#rare-earths", "토기류", "희토류를"),
    ("#export-controls", "수입통제", "수출 통제"),
    ("수출통제", "수출이 통째", "수출 통제는"),
    ("#rare-earths", "Seltene Vögel", "Seltenen Erden"),
    ("#rare-earths", "erdige", "Seltenerdmagnet"),
    ("#export-licence", "Einfuhrgenehmigung", "Exportlizenzvergabe"),
    ("#tariff", "27 Zoll", "Strafzölle"),
    ("#tariff", "Der Zoll stellte", "Gegenzoelle"),
    ("#rare-earths", "zeldzame aardappelziekte", "zeldzame aardmetalen"),
    ("#export-licence", "invoervergunning", "uitvoervergunningplicht"),
    ("#tariff", "tarieven van treinkaartjes", "importheffingen"),
    ("#export-licence", "licence de football", "licences d’exportation"),
    ("#export-licence", "licence d’importation", "d'exportation"),
    ("#tariff", "droits de l’homme", "droits de douane"),
    ("#countervailing", "repos compensateurs", "droits compensateurs"),
    ("#cbam", "MACIF", "MACF"),
    ("#rare-earths", "tierras, raras", "tierra rara"),
    ("#rare-earths", "terre, rare", "terre rare"),
    ("#export-licence", "licencia de importación", "exportacion"),
    ("#tariff", "tarifas de la luz", "aranceles"),
    ("#tariff", "tariffa telefonica", "dazi"),
    ("#sanctions", "sanción por las bengalas", "sanciones"),
    ("#cbam", "MAFALDA", "MAFC"),
    ("#safeguard", "child safeguarding", "steel safeguard"),
    ("#rules-of-origin", "origin of the universe", "preferential origin"),
    ("#tariff", "duty of care", "extra duty"),
    ("#other-controlled-minerals", "lead to", "bismuth"),
    ("#embargo", "EMBARGOED", "arms embargo"),
    ("#sanctions", "sanctioned the purchase", "restrictive measures"),
    ("#sanctions", "three-match ban", "froze their assets"),
    ("dysprosium", "symbol Dy", "Dysprosium oxide"),
    ("terbium", "2 TB", "terbium"),
    ("holmium", "Minister Ho", "olmio"),
    ("#tariff", "tariff records", "retaliatory tariffs"),
    ("#tariff", "feed-in tariff", "Levies"),
    ("BIS -bank", "Bank for International Settlements", "BIS issued"),
    ("#sanctions", "software-defined networking", "SDN List"),
    ("EAR", "ear infection", "the EAR"),
    ("#critical-raw-materials", "CRM software", "critical minerals"),
    ("#anti-coercion-instrument", "ACI World", "trade bazooka"),
    ("#fdi", "IDE Eclipse", "investissements directs étrangers"),
    ("#nexperia", "安世亚太", "安世半导体"),
    ("#nexperia", "新闻泰", "闻泰科技"),
    ("ASML", "阿斯麦拉", "阿斯麦称"),
    ("ASML", "摩爾定律", "艾司摩爾"),
    ("MOFCOM", "美国商务部", "商务部新闻发言人"),
    ("王文涛", "王文的涛声", "王文濤"),
    ("He Lifeng", "He lifted", "He Lifeng"),
    ("SMIC", "Le Smic", "中芯国际"),
    ("terbium", "イッテルビウム", "テルビウム"),
    ("terbium", "이터븀", "터븀"),
    ("lanthanum", "夜の庭をランタン", "酸化ランタン"),
    ("import", "important", "Imports"),
)
ALWAYS_FOUND = (
    ("#dual-use", "dual\u2011use"),
    ("Section 232", "Section\u00a0232"),
    ("office", "of\ufb01ce"),
    ("semicond*", "Semi\u00adconductor"),
    ("Sefcovic", "Šefčovič"),
    ("Karremans", "Karremans"),
    ("Lynas", "莱纳斯"),
    ("lutetium", "鎦"),
    ("lutetium", "鑥"),
    ("#sanctions", "《反外国制裁法》"),
)
"""What must be found, and has no look-alike."""


@pytest.mark.parametrize(("query", "lookalike", "match"), TRAPS)
def test_every_trap_stands_beside_a_match(query: str, lookalike: str, match: str) -> None:
    asked = [case for case in ALL if case.query == query]
    assert any(lookalike in case.text for case in asked if not case.matches), lookalike
    assert any(match in case.text for case in asked if case.matches), match


@pytest.mark.parametrize(("query", "match"), ALWAYS_FOUND)
def test_every_spelling_stands_there(query: str, match: str) -> None:
    assert any(match in case.text for case in ALL if case.query == query and case.matches)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_enough_of_each_language_and_is_half_positive(part: str) -> None:
    counts = Counter((case.file, case.matches) for case in cases(part))
    for language in LANGUAGES:
        assert counts[language, True] >= 22 and counts[language, False] >= 22, language
    share = sum(case.matches for case in cases(part)) / len(cases(part))
    assert 0.45 <= share <= 0.55


def test_every_concept_is_asked_in_both_parts_with_and_without_a_match() -> None:
    asked = {
        part: {(case.query, case.matches) for case in cases(part) if _is_a_concept(case.query)}
        for part in PARTS
    }
    assert asked["tuned"] == asked["held"]


def _is_a_concept(query: str) -> bool:
    return query.startswith("#") and " " not in query


def test_no_case_stands_twice() -> None:
    texts = Counter((case.query, case.text) for part in PARTS for case in cases(part))
    assert [key for key, number in texts.items() if number > 1] == []
