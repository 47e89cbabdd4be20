"""Where a term stands: joined and apart, half a sentence long, and not by chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.occurrences import occurrences
from bot.matching.tokens import analyse


def found(term: str, text: str, language: str | None = "en") -> list[str]:
    document = analyse("", text, language)
    return [
        text[document.starts[first] : document.ends[last]]
        for first, last in occurrences(term, document)
    ]


@pytest.mark.parametrize(
    "text", ["anti-dumping duties", "antidumping duties", "anti dumping duties"]
)
@pytest.mark.parametrize(
    "term", ["anti-dumping", "antidumping", "anti dumping", "Anti‑Dumping duty"]
)
def test_a_compound_is_one_however_it_is_joined(term: str, text: str) -> None:
    assert found(term, text)


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("re-export", "Reexports of chips rose", "en"),
        ("reexport", "re-exports of chips", "en"),
        ("dual-use", "dual use goods", "en"),
        ("Exportlizenz", "neue Export-Lizenzen für Magnete", "de"),
        ("exportlizenz*", "die Export-Lizenzvergabe", "de"),
        ("850511", "HS 8505.11 magnets", "en"),
        ("8505.11", "HS 85051100 or 850511", "en"),
        ("8505.11", "HS 8505.11.00 magnets", "en"),
        ("3B001.a", "under 3b001.A.4", "en"),
        ("3B001.a", "under 3B001a", "en"),
        ("수출통제", "정부는 수출 통제를 강화", "ko"),
        ("수출 통제", "정부는 수출통제를 강화", "ko"),
        ("수출통제", "반도체수출 통제", "ko"),
        ("희토류법", "희토류 법을 고친다", "ko"),
        ("エンティティリスト", "米エンティティー・リストに追加", "ja"),
        ("エンティティー・リスト", "米エンティティリストに追加", "ja"),
        ("エンティティー・リスト", "米エンティティーリストに追加", "ja"),
        ("サーバーリスト", "サーバー・リスト", "ja"),
        ("メーカー", "半導体メーカ各社", "ja"),
        ("メーカ", "半導体メーカー各社", "ja"),
        ("出口许可证", "出口許可證", "zh"),
        ("關稅", "提高关税", "zh"),
        ("稀土", "稀\n土", "zh"),
        ("US tariffs", "new U.S. tariffs", "en"),
        ("U.S. tariffs", "new US tariffs", "en"),
        ("Nexperia chips", "Nexperia's chips", "en"),
        ("export licence", "export\nlicences", "en"),
        ("l'exportation", "les licences d’exportation", "fr"),
        ("d'exportation", "L'EXPORTATION de terres rares", "fr"),
        ("exportation", "l‘exportation de gallium", "fr"),
        ("l’export", "divieti dell'export", "it"),
        ("dell'acciaio", "dazi sull'acciaio", "it"),
        ("l'export*", "qu'exportateurs", "fr"),
        ("Genehmigung", "neue Ausfuhrgenehmigungen erteilt", "de"),
        ("Genehmigungen", "die Ausfuhrgenehmigung fehlt", "de"),
        ("Genehmigungen", "die Ausfuhrgenehmigung fehlt", None),
        ("Massnahmen", "neue Schutzmaßnahme", "de"),
        ("vergunning", "uitvoervergunningen nodig", "nl"),
        ("tarieven", "een hoger importtarief", "nl"),
        ("*zölle", "neue Strafzoelle", "de"),
        ("*zölle", "ein Strafzoll", "de"),
        ("=zölle", "Zo\u0308lle auf Stahl", "de"),
        ("=zölle", "ZÖLLE AUF STAHL", "de"),
        ("国会", "美国国会通过法案", "zh"),
        ("海关", "上海海关查获", "zh"),
    ],
)
def test_spellings_that_differ_in_how_they_are_joined_match(
    term: str, text: str, language: str
) -> None:
    assert found(term, text, language)


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("301", "up 30-1 or 30.1 percent", "en"),
        ("15bn", "worth 1.5bn", "en"),
        ("国会", "美国会晤中方代表", "zh"),
        ("國會", "美國會晤中方代表", "zh"),
        ("海关", "上海关闭三座工厂", "zh"),
        ("*zölle", "Zölle steigen", "de"),
        ("*zölle", "55-Zoll-Fernseher und 5,5-Zoll-Display", "de"),
        ("*zölle", "Strafzölle are what they call them when they talk in English", "en"),
        ("=zölle", "der Zoll", "de"),
        ("Recht", "Strafrecht und Völkerrecht", "de"),
        ("Genehmigung", "Übergenehmigt", "de"),
        ("import", "important news", "en"),
        ("85", "HS 8505.11", "en"),
        ("수출", "선수 출입 허가증", "ko"),
        ("수출입", "정부의 수출 입장을 밝혔다", "ko"),
        ("ビル", "ビール", "ja"),
        ("コト", "コート", "ja"),
        ("licence export", "licence d'exportation", "fr"),
        ("rare earth", "rare\n\nearth", "en"),
        ("gaul", "Gaulle", "en"),
    ],
)
def test_what_only_meets_by_chance_does_not(term: str, text: str, language: str) -> None:
    assert found(term, text, language) == []


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("Exportlizenz", "die Exportlizenzvergabe stockt", "de"),
        ("Ausfuhrgenehmigung", "die Ausfuhrgenehmigungspflicht", "de"),
        ("exportvergunning", "de exportvergunningplicht", "nl"),
    ],
)
def test_a_long_german_or_dutch_word_begins_its_compounds(
    term: str, text: str, language: str
) -> None:
    assert found(term, text, language)


def test_a_short_one_does_not() -> None:
    assert (
        found("Zoll", "ein Zollstock auf der Baustelle liegt heute wieder da, sagt er", "de") == []
    )
    assert found("Exportlizenz", "Exportlizenzvergabe: " + "English words here " * 5, "en") == []


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Exportlizenz", "Nexperia: Exportlizenzen"),
        ("magnete", "magneti permanenti"),
        ("bedrijf", "twee bedrijven"),
        ("sanción", "sanciones"),
    ],
)
@pytest.mark.parametrize("guessed", ["en", "it", "nl", "de", None])
def test_a_headline_matches_although_its_language_was_guessed_wrong(
    term: str, text: str, guessed: str | None
) -> None:
    assert found(term, text, guessed)


def test_places_are_remembered_by_the_document() -> None:
    document = analyse("", "rare earths", "en")
    assert occurrences("rare earth", document) is occurrences("rare earth", document)


def test_a_term_before_an_equals_sign_holds_as_written_only() -> None:
    assert found("=輸出許可", "申請輸出許可", "zh") == ["輸出許可"]
    assert found("=輸出許可", "输出许可", "zh") == []


words = st.text(st.sampled_from("abcé稀土許희ーカ1-. '"), min_size=1, max_size=6)


@given(
    words,
    st.lists(words, max_size=6),
    st.lists(words, max_size=6),
    st.sampled_from([None, "de", "en"]),
)
def test_a_word_is_found_wherever_it_stands_between_stops(
    word: str, before: list[str], after: list[str], language: str | None
) -> None:
    if not any(char.isalnum() and char != "ー" for char in word):
        return
    text = " ".join([*before, "(", word.strip("-. '"), ")", *after])
    assert found(word.strip("-. '"), text, language)
