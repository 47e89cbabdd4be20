"""The built-in concepts: their files, their names, and whom they find in ten languages."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.domain.query import Concept
from bot.matching.concepts import concept_for_words, concept_names, packs
from bot.matching.engine import evaluate
from bot.matching.occurrences import sequence_for
from bot.matching.query import parse
from bot.matching.tokens import analyse
from tests.conftest import SHARED

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "concepts.jsonl")
    .read_text("utf-8")
    .splitlines()
]
LANGUAGES = ("en", "zh", "de", "fr", "nl", "ja", "ko", "es", "it")

# Terms of the shared vocabulary that mean other things too: alone they are left out on purpose.
AMBIGUOUS = {
    "metals", "magnets", "REE", "REEs", "REO", "to license", "licensed", "licensing",
    "SIEL/OIEL/OGEL", "许可证", "Einzelgenehmigung", "licence individuelle",
    "individuele vergunning", "Enterprise Chamber", "Ondernemingskamer", "安世",
    "imán", "one-year", "EAR", "Schwarze Liste", "liste noire", "zwarte lijst", "블랙리스트",
    "lista negra", "lista nera", "control list", "watch list", "税率", "Zoll", "dumping",
    "provisional", "sunset", "expiry review", "初裁", "终裁", "safeguard measure",
    "safeguard measures", "safeguards", "保障措施", "防衛措施", "Schutzmaßnahme", "Schutzmaßnahmen",
    "sauvegarde", "salvaguardia", "designation", "限制措施", "wolfram", "Wolfram", "APT", "silver",
    "白银", "indio", "chip", "chips", "Chip", "Chips", "wafer", "Wafer", "foundry", "lithography",
    "Lithografie", "puce", "puces", "チップ", "칩", "national security review", "ADI", "IDE", "BDI",
    "IED", "重要物資", "origin", "转口", "Ursprung", "Präferenz", "HTS", "CN code", "税号", "稅號",
    "세번", "HS", "numéro de classification", "numero di classificazione", "금수", "$800", "€150",
    "最低限度", "Freigrenze", "franchise", "lage waarde", "framework agreement", "suspension",
    "extension", "休战", "暂停实施", "磋商", "中止", "休戰", "暫停實施", "Aussetzung", "trêve",
    "opschorting", "一時停止", "停戦", "유예", "중단", "suspensión", "sospensione",
    "sanction", "sanctioned", "sanzione",
    # half of an entry that has two words for the one place
    "Entitäten", "Organisationen",
    # written for readers: "levy/levies", "direct(s)", "(las)"
    "general licence/license", "General License  – different meaning", "levy/levies",
    "tarief/tarieven", "listing/delisting", "control de (las) exportaciones",
    "investissement direct(s) étranger(s)", "investissements direct(s) étranger(s)",
}  # fmt: skip

NAMES = {
    "export control(s)": "export-controls",
    "general licence (long-validity)": "general-licence",
    "Nexperia / Wingtech": "nexperia",
    "entity list (US)": "entity-list",
    "unreliable entity list (CN)": "unreliable-entity-list",
    "tariff / duty": "tariff",
    "countervailing / anti-subsidy": "countervailing",
    "other controlled minerals": "controlled-minerals",
    "Section 301 / 232 / IEEPA": "us-trade-statutes",
    "trade agreement / truce": "trade-agreement",
    "customs / GACC": "customs",
}
"""Those of the shared vocabulary whose key is not their name there."""


def finds(name: str, text: str, language: str | None) -> list[str]:
    hits = evaluate(parse(name), analyse("", text, language)) or ()
    return [text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['query']}, {case['lang']}: {case['text']}"
)
def test_a_concept_is_found_in_ten_languages_and_its_lookalikes_are_not(
    case: dict[str, Any],
) -> None:
    found = finds(case["query"], case["text"], case["lang"])
    assert bool(found) == case["expected"], f"{case['why']}; found {found}"


def test_each_language_of_each_concept_has_enough_cases() -> None:
    counts = Counter((case["query"], case["lang"], case["expected"]) for case in CASES)
    for name in ("rare earths", "nexperia", "export licence"):
        for language in LANGUAGES:
            assert counts[name, language, True] >= 10, (name, language)
            assert counts[name, language, False] >= 4, (name, language)


def test_no_case_stands_twice() -> None:
    texts = Counter((case["query"], case["text"]) for case in CASES)
    assert [text for text, count in texts.items() if count > 1] == []


def _vocabulary() -> list[tuple[str, str, str]]:
    """(concept, language, term) with (s), a/b and notes in brackets written out."""
    path = SHARED / "vocabulary.json"
    if not path.exists():
        return []
    found: list[tuple[str, str, str]] = []
    for concept in json.loads(path.read_text("utf-8"))["concepts"]:
        name = concept["concept"]
        key = NAMES.get(name, name.casefold().replace(" ", "-"))
        for language, terms in concept["terms"].items():
            for term in terms:
                found += [
                    (f"#{key}", language[:2], form)
                    for form in _forms(term)
                    if form not in AMBIGUOUS
                ]
    return found


def _forms(term: str) -> list[str]:
    # notes: "(UK n.)", "(dat. Seltenen Erden)", "(TW also)"
    term = re.sub(r"\((?:[^()]*[ .=–][^()]*|UK|TW|variants)\)", "", term).strip()
    forms: list[str] = []
    for part in term.split(" / "):
        ending = re.search(r"\(([^)]*)\)|(?<=[a-z])/([a-z])\b", part)
        if ending is None:
            forms.append(part)
            continue
        start, end = part[: ending.start()], part[ending.end() :]
        if ending[1] is None:  # licenza/e
            forms += [start + end, start[:-1] + ending[2] + end]
        else:  # licence(s), metall(e/en)
            forms += [start + end, *(start + each + end for each in ending[1].split("/"))]
    return [form.strip() for form in forms]


VOCABULARY = _vocabulary()


@pytest.mark.skipif(not VOCABULARY, reason="the shared vocabulary is not beside this checkout")
@pytest.mark.parametrize("is_known", [True, False], ids=["known language", "unknown language"])
@pytest.mark.parametrize(("name", "language", "term"), VOCABULARY)
def test_every_clear_term_of_the_vocabulary_is_found(
    name: str, language: str, term: str, is_known: bool
) -> None:
    assert finds(name, term, language if is_known else None)
    assert finds(name, term.upper(), language if is_known else None)


@pytest.mark.parametrize("name", concept_names())
def test_a_concept_says_what_it_is_in_one_sentence(name: str) -> None:
    pack = packs()[name]
    assert pack.name
    assert 30 <= len(pack.gloss) <= 200
    assert pack.gloss.endswith(".")


@pytest.mark.parametrize("name", concept_names())
def test_every_alias_of_a_concept_names_it_whatever_its_case(name: str) -> None:
    for alias in (name, packs()[name].name, *packs()[name].aliases):
        shouted = alias.upper().replace(" AND ", " and ")  # in capitals it is a keyword
        for typed in (alias, shouted, alias.replace("'", "’"), alias.replace(" ", "  ")):
            assert concept_for_words(typed) == name
            assert parse(typed) == Concept(name)


def test_no_two_concepts_share_an_alias() -> None:
    aliases = [(alias.casefold(), name) for name, pack in packs().items() for alias in pack.aliases]
    owners = dict(aliases)
    assert all(owners[alias] == name for alias, name in aliases)


@pytest.mark.parametrize("name", concept_names())
def test_every_term_of_a_concept_can_be_found_and_stands_for_itself(name: str) -> None:
    pack = packs()[name]
    near = (t for each in pack.near for choice in each.choices for t in choice)
    terms = (*pack.all_terms, *pack.not_terms, *near)
    for term in terms:
        assert sequence_for(term, "?", True).keys, term
    for term in pack.everywhere:
        # what ends a longer word has one before it
        text = (
            term.removeprefix("=").replace("*", "", 1) if term[0] != "*" else "handels" + term[1:]
        )
        # a long term may lie inside a homonym; then another case shows that it works
        assert finds(f"#{name}", text, None), term


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("出口許可證", "zh"),
        ("申请出口許可", "zh"),
        ("安世半導體", "zh"),
        ("聞泰科技", "zh"),
        ("稀土磁鐵", "zh"),
    ],
)
def test_one_spelling_in_a_concept_stands_for_both_chinese_scripts(
    text: str, language: str
) -> None:
    assert any(finds(f"#{name}", text, language) for name in concept_names())


def test_a_verbatim_term_holds_in_its_own_script_only() -> None:
    assert finds("#export-licence", "申請輸出許可", "zh")
    assert not finds("#export-licence", "打印机输出许可", "zh")


def test_a_homonym_beside_the_real_thing_hides_only_itself() -> None:
    text = "珍稀土鸡入选名录，稀土价格上涨。"
    assert finds("rare earths", text, "zh") == ["稀土"]


def test_many_homonyms_do_not_hide_the_one_real_thing_behind_them() -> None:
    assert finds("rare earths", "珍稀土鸡，" * 50 + "稀土价格上涨。", "zh") == ["稀土"]


def test_words_that_must_be_near_are_found_however_late_they_meet() -> None:
    text = "出口增长。" * 60 + "出口上述物项应当依法申领许可证。"
    assert finds("export licence", text, "zh") == ["出口", "申领许可证"]


def test_a_place_that_several_terms_share_is_one_hit() -> None:
    assert finds("export licence", "申领两用物项出口许可证。", "zh") == ["出口许可"]
