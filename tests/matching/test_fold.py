"""Spellings of one word get one key; words that a trade desk tells apart keep theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.fold import MIXED, fold, key, stem_language, stems


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("NEXPERIA", "nexperia"),
        ("Ｎｅｘｐｅｒｉａ", "nexperia"),
        ("Nexperia's", "nexperia"),
        ("Nexperia’s", "nexperia"),
        ("U.S.", "us"),
        ("Zölle", "zolle"),
        ("exportación", "exportacion"),
        ("exportacio\u0301n", "exportacion"),
        ("Šefčovič", "sefcovic"),
        ("Außenhandel", "aussenhandel"),
        ("İstanbul", "istanbul"),
        ("Łódź", "lodz"),
        ("ex\u00adport", "export"),
        ("ex\u200bport", "export"),
        ("ﬁnal", "final"),
        ("３０１", "301"),
        ("ｶﾞﾘｳﾑ", "ガリウム"),
        ("カ\u3099", "ガ"),
        ("許可證", "许可证"),
        ("鎦", "镥"),
        ("鑥", "镥"),
        ("\u1112\u1174", "희"),
    ],
)
def test_case_width_accents_script_and_unseen_characters_do_not_matter(
    written: str, folded: str
) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("パ", "ハ"), ("й", "и"), ("稀", "希")])
def test_marks_that_make_another_letter_are_kept(one: str, other: str) -> None:
    assert fold(one) != fold(other)


WORDS_OF_ONE_KEY = {
    "en": [
        "licence license licences licenses licensed licensing",
        "authorisation authorization authorisations authorised authorized",
        "labour labor labours",
        "defence defense",
        "aluminium aluminum",
        "programme program programs",
        "subsidised subsidized",
        "analysis analyses",
        "duty duties",
        "sanction sanctions sanctioned",
        "fibre fiber fibres",
        "centre center",
        "analyse analyze analyses",
        "catalyse catalyze",
        "tyre tires",
        "grey gray",
        "catalogue catalog",
    ],
    "de": [
        "Zoll Zölle Zöllen Zoelle",
        "Ausfuhrgenehmigung Ausfuhrgenehmigungen",
        "Exportlizenz Exportlizenzen",
        "seltene seltenen seltener",
        "für fuer",
        "Maßnahme Massnahmen",
    ],
    "fr": ["licence licences", "droit droits", "métal métaux", "contrôle controles"],
    "nl": [
        "vergunning vergunningen",
        "tarief tarieven",
        "magneet magneten",
        "zeldzaam zeldzame",
        "maatregel maatregelen",
    ],
    "es": ["exportación exportaciones exportacion", "arancel aranceles", "sanción sanciones"],
    "it": ["licenza licenze", "dazio dazi", "magnete magneti", "sanzione sanzioni"],
    None: [
        "licence licensing licenses",
        "Exportlizenz Exportlizenzen",
        "Strafzoll Strafzölle",
        "métal métaux",
        "magneet magneten",
        "bedrijf bedrijven",
        "vergunning vergunningen",
        "sanción sanciones",
        "dazio dazi",
        "company companies",
    ],
}


@pytest.mark.parametrize(
    ("language", "words"),
    [(lang, words) for lang, each in WORDS_OF_ONE_KEY.items() for words in each],
)
def test_the_forms_of_a_word_have_one_key(language: str | None, words: str) -> None:
    keys = {word: key(word, stem_language(language)) for word in words.split()}
    assert len(set(keys.values())) == 1, keys


@pytest.mark.parametrize("language", ["en", None, "zh"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("import", "important"),
        ("customs", "custom"),
        ("authorization", "author"),
        ("authorization", "authority"),
        ("organs", "organisation"),
        ("Nexperia", "Nexperience"),
        ("goods", "good"),
        ("universe", "university"),
        ("steel", "stele"),
    ],
)
def test_words_that_only_look_alike_have_two(language: str | None, one: str, other: str) -> None:
    way = stem_language(language)
    assert key(one, way) != key(other, way)


def test_a_language_without_a_stemmer_is_compared_as_written() -> None:
    assert stem_language("pl") == stem_language("cs")
    assert key("Licencje", stem_language("pl")) != key("Licencja", stem_language("pl"))


def test_chinese_japanese_and_korean_texts_and_unknown_ones_share_a_way_for_their_latin_words() -> (
    None
):
    assert {stem_language(language) for language in (None, "zh", "ja", "ko")} == {MIXED}


@pytest.mark.parametrize("language", [None, "en", "de", "zh", "pl", "no", "sv"])
def test_an_archive_search_tries_every_way(language: str | None) -> None:
    assert stems("exports")[stem_language(language)] == key("exports", stem_language(language))


@given(st.text(max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), st.sampled_from([*stems("a")])
)
def test_case_does_not_matter_to_a_key(word: str, way: str) -> None:
    # letters such as ŉ have no upper case of their own: they are judged by their folded form
    plain = fold(word)
    assert key(plain, way) == key(plain.casefold(), way)
    assert key(word, way) == key(fold(word), way)
