"""The language of an item: script, declaration, model, in this order of trust."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources import language as room
from bot.sources.language import detect_language, item_language, primary_subtag

EN = "The ministry has decided to restrict exports of rare earths and magnets from next month"
DE = "Das Ministerium hat beschlossen, die Ausfuhr von Seltenen Erden und Magneten zu beschränken"
FR = "Le ministère a décidé de restreindre les exportations de terres rares et d’aimants"
NL = "Het ministerie heeft besloten de uitvoer van zeldzame aardmetalen en magneten te beperken"
ES = "El ministerio ha decidido restringir las exportaciones de tierras raras y de imanes"
IT = "Il ministero ha deciso di limitare le esportazioni di terre rare e di magneti permanenti"
ZH = "商务部公布对部分中重稀土相关物项实施出口管制的决定"
JA = "経済産業省はレアアースの輸出管理に関する措置を発表した"
KO = "산업통상부는 희토류 수출 통제에 대한 대책을 발표했다"

TEXTS = {"en": EN, "de": DE, "fr": FR, "nl": NL, "es": ES, "it": IT, "zh": ZH, "ja": JA, "ko": KO}


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("EN-gb", "en"),
        ("zh_CN", "zh"),
        ("zh-Hant-TW", "zh"),
        (" fr ", "fr"),
        ("jp", "ja"),
        ("iw", "he"),
        ("deu", "de"),
        ("eng-US", "en"),
        ("und", None),
        ("English", None),
        ("", None),
        ("x", None),
        ("12", None),
        (None, None),
    ],
)
def test_a_tag_is_reduced_to_its_primary_subtag(tag: str | None, code: str | None) -> None:
    assert primary_subtag(tag) == code


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
def test_a_text_of_unknown_origin_is_recognised(code: str, text: str) -> None:
    assert detect_language(text) == code
    assert item_language(text, "", declared=None, languages=()) == code


@pytest.mark.parametrize("text", ["", "2026", "OK", "x y", "12 345 %"])
def test_a_text_too_short_to_tell_has_no_language(text: str) -> None:
    assert detect_language(text) is None


def test_what_the_source_alone_speaks_is_believed_of_short_titles() -> None:
    assert item_language("Nexperia", "", declared=None, languages=("nl",)) == "nl"
    assert item_language("Nexperia", "", declared="en", languages=("nl",)) == "nl"


@pytest.mark.parametrize(("own", "other"), [*itertools.permutations(["en", "de", "fr", "nl"], 2)])
def test_a_source_of_one_language_is_overruled_by_a_long_text_in_another(
    own: str, other: str
) -> None:
    assert item_language(TEXTS[other], "", declared=own, languages=(own,)) == other
    assert item_language(TEXTS[own], "", declared=other, languages=(own,)) == own


def test_script_outranks_every_declaration() -> None:
    for languages in ((), ("en",), ("en", "zh")):
        assert item_language(ZH, "", declared="en", languages=languages) == "zh"
        assert item_language(KO, "", declared="en", languages=languages) == "ko"
        assert item_language(JA, "", declared="zh", languages=languages) == "ja"


def test_han_alone_is_chinese_unless_the_source_is_japanese() -> None:
    assert item_language("対中輸出規制", "", declared=None, languages=("ja",)) == "ja"
    assert item_language("出口管制公告", "", declared="ja", languages=("ja", "zh")) == "zh"


def test_a_foreign_name_makes_no_foreign_headline() -> None:
    title = f"{EN} (稀土)"
    assert item_language(title, "", declared=None, languages=("en",)) == "en"
    title = "商务部就安世半导体 Nexperia 问题答记者问"
    assert item_language(title, "", declared=None, languages=("en", "zh")) == "zh"
    assert item_language(ZH + "の", ZH * 3, declared=None, languages=("zh",)) == "zh"


def test_a_declaration_counts_where_the_source_has_that_language_or_none() -> None:
    assert item_language("Nexperia", "", declared="nl-NL", languages=()) == "nl"
    assert item_language("Nexperia", "", declared="nl", languages=("en", "nl")) == "nl"
    assert item_language(DE, "", declared="nl", languages=("en", "de")) == "de"


def test_of_several_languages_of_a_source_the_likeliest_is_taken() -> None:
    assert item_language(FR, "", declared=None, languages=("de", "fr")) == "fr"
    assert item_language(FR, "", declared=None, languages=("de", "en")) in {"de", "en"}


@pytest.mark.parametrize("code", ["en", "de", "fr", "nl", "es", "it"])
def test_the_words_that_settle_a_language_belong_to_it_alone(code: str) -> None:
    """Whatever the model says of a text with three of them, nothing else is plainly in it."""
    for other in room._OWN_WORDS:
        shared = room._OWN_WORDS[code] & room._OWN_WORDS[other]
        assert not shared or other == code
        assert not room._is_plainly(other, TEXTS[code]) or other == code


@given(
    st.text(max_size=80),
    st.text(max_size=80),
    st.one_of(st.none(), st.text(max_size=8)),
    st.lists(st.sampled_from(["en", "de", "zh", "ja", "xx"]), unique=True, max_size=3),
)
def test_any_text_gets_a_code_or_none(
    title: str, text: str, declared: str | None, languages: list[str]
) -> None:
    found = item_language(title, text, declared=declared, languages=tuple(languages))
    assert found is None or (found.isascii() and 2 <= len(found) <= 3)
    if len(languages) > 1 and found not in languages:
        assert found in {"zh", "ja", "ko"}
