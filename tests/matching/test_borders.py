"""Where a term only happens to stand: borders of words in Chinese, Japanese and Korean, forms of
words, and parts of compounds."""

from __future__ import annotations

import pytest

from bot.matching.compounds import parts_of
from bot.matching.engine import evaluate
from bot.matching.forms import is_form
from bot.matching.query import parse
from bot.matching.tokens import analyse


def holds(query: str, text: str, language: str) -> bool:
    return evaluate(parse(query), analyse("", text, language)) is not None


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("关税", "海关税收大厅照常办公。", "zh"),
        ("华为", "以中华为题的展览。", "zh"),
        ("日本", "今日本报讯。", "zh"),
        ("印度", "印度尼西亚总统访华。", "zh"),
        ("金", "筹集资金。", "zh"),
        ("関税", "機関税理士会の相談。", "ja"),
        ("タイ", "タイヤが値上がりした。", "ja"),
        ("インド", "インドネシアの鉱山。", "ja"),
        ("テルビウム", "イッテルビウムの時計。", "ja"),
        ("금", "금요일에 만난다.", "ko"),
        ("세관", "모세관 현상.", "ko"),
        ("인도", "인도네시아 광산.", "ko"),
        ("반도체", "한반도체제 논의.", "ko"),
    ],
)
def test_a_term_is_not_found_across_or_inside_other_words(
    query: str, text: str, language: str
) -> None:
    assert not holds(query, text, language)


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("关税", "下调关税税率。", "zh"),
        ("华为", "对华为的禁令。", "zh"),
        ("出口许可", "进出口许可证。", "zh"),
        ("国会", "美国国会通过法案。", "zh"),
        ("レアアース", "レアアース磁石が不足。", "ja"),
        ("ネクスペリア", "ネクスペリアグループの工場。", "ja"),
        ("ウエハー", "ウェハの在庫。", "ja"),
        ("関税", "關稅を課す。", "ja"),
        ("희토류", "희토류수출허가제.", "ko"),
        ("관세", "트럼프관세의 여파.", "ko"),
        ("법", "반도체법이 통과됐다.", "ko"),
    ],
)
def test_a_term_is_found_beside_and_within_its_own_kind(
    query: str, text: str, language: str
) -> None:
    assert holds(query, text, language)


@pytest.mark.parametrize(
    ("asked", "found", "language", "expected"),
    [
        ("iron", "irony", "en", False),
        ("police", "policy", "en", False),
        ("steel", "Steele", "en", False),
        ("ban", "banned", "en", True),
        ("subsidy", "subsidies", "en", True),
        ("import", "important", "fr", False),
        ("port", "porte", "fr", False),
        ("métal", "métaux", "fr", True),
        ("licenza", "licenziato", "it", False),
        ("dazio", "dazi", "it", True),
        ("Stahl", "stahlen", "de", False),
        ("Reis", "Reisen", "de", False),
        ("Zoll", "Zölle", "de", True),
        ("año", "ano", "es", False),
        ("juez", "jueces", "es", True),
        ("staal", "stalen", "nl", False),
        ("tarief", "tarieven", "nl", True),
    ],
)
def test_forms_of_a_word_differ_by_inflection_only(
    asked: str, found: str, language: str, expected: bool
) -> None:
    assert is_form(asked, found, language, language) is expected


@pytest.mark.parametrize(
    ("word", "language", "part"),
    [
        ("erdgaspreise", "de", "gas"),
        ("eisenerz", "de", "erz"),
        ("rohstoffallianz", "de", "rohstoff"),
        ("antidumpingrechten", "nl", "rechten"),
    ],
)
def test_a_compound_is_cut_into_its_parts(word: str, language: str, part: str) -> None:
    assert part in parts_of(word, language)


@pytest.mark.parametrize("word", ["herz", "kommerz", "zollstock", "konzert", "schokolade"])
def test_a_word_that_only_ends_like_another_is_not_cut(word: str) -> None:
    assert parts_of(word, "de") == ()


def test_a_short_acronym_in_capitals_is_not_the_word_in_small_letters() -> None:
    assert not holds('"US"', "He told us the truth.", "en")
    assert holds('"US"', "The U.S. raised it.", "en")
    assert holds('"us"', "The US raised it.", "en")


def test_a_longer_name_wins_over_the_quoted_name_of_a_concept_in_it() -> None:
    assert not holds('"实体清单"', "列入不可靠实体清单。", "zh")
    assert holds('"实体清单"', "列入美国实体清单。", "zh")
