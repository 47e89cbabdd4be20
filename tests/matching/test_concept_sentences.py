"""Each concept on sentences in each language: those about it, and those that only look so."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.domain.query import Concept
from bot.matching.concepts import built_in
from bot.matching.condition import condition_of
from bot.matching.engine import evaluate
from bot.matching.index_words import index_words
from bot.matching.tokens import analyse
from tests.conftest import SHARED

DATA = Path(__file__).parents[1] / "data"
LANGUAGES = ("en", "zh", "de", "fr", "nl", "ja", "ko", "es", "it")
SENTENCES = [
    tuple(line.split("\t"))
    for line in (DATA / "concept_sentences.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
# What each of the many concepts of one kind is asked of, in each language: {} is its name.
FRAMES = {
    "en": "Beijing's new rules mention {} twice.",
    "zh": "公告提到{}的出口。",
    "de": "Die Regel nennt {} ausdrücklich.",
    "fr": "Le texte cite {} parmi d'autres.",
    "nl": "De regeling noemt {} met naam.",
    "ja": "告示は{}の名を挙げた。",
    "ko": "공고는 {}를 언급했다.",
    "es": "La norma cita {} por su nombre.",
    "it": "Il testo cita {} per nome.",
}


def found(key: str, text: str, language: str | None) -> list[str]:
    document = analyse("", text, language)
    hits = evaluate(Concept(key), document)
    condition = condition_of(Concept(key))
    if hits is not None and condition is not None:
        # the archive and the live index never know less
        assert condition.may_hold(index_words("", text, language))
    return [text[hit.start : hit.end] for hit in hits or ()]


@pytest.mark.parametrize(("key", "language", "sign", "text"), SENTENCES)
def test_a_sentence_is_found_where_it_is_about_the_concept(
    key: str, language: str, sign: str, text: str
) -> None:
    hits = found(key, text, language)
    assert bool(hits) == (sign == "+"), hits


@pytest.mark.parametrize(
    ("key", "text"), [(key, text) for key, _lang, sign, text in SENTENCES if sign == "+"]
)
def test_it_is_also_found_where_the_language_is_unknown(key: str, text: str) -> None:
    assert found(key, text, None)


def test_each_concept_of_the_vocabulary_has_a_sentence_in_each_language() -> None:
    counts = Counter((key, language) for key, language, sign, _text in SENTENCES if sign == "+")
    for key, pack in built_in().items():
        if pack.group in {"Companies", "Institutions", "Laws", "People", "Rare-earth elements"}:
            continue
        if key in {"rare-earths", "export-licence"}:  # in concepts.jsonl
            continue
        assert [lang for lang in LANGUAGES if not counts[key, lang]] == [], key


def test_no_sentence_stands_twice() -> None:
    counts = Counter((key, text) for key, _language, _sign, text in SENTENCES)
    assert [text for text, count in counts.items() if count > 1] == []


def _elements() -> list[tuple[str, str, str]]:
    path = SHARED / "vocabulary.json"
    if not path.exists():
        return []
    return [
        (element["en"], language[:2], name)
        for element in json.loads(path.read_text("utf-8"))["elements"]
        for language, names in element.items()
        if language != "symbol"
        for name in re.sub(r" \((?:TW|HK)\)", "", names).split(" / ")
    ]


# These mean other things, too, and want a word of the trade beside them.
SHY = {"ランタン", "Cer", "prometio", "tulio"}


@pytest.mark.skipif(not _elements(), reason="the shared vocabulary is not beside this checkout")
@pytest.mark.parametrize(("key", "language", "name"), _elements())
def test_an_element_is_found_by_its_name_in_each_language(
    key: str, language: str, name: str
) -> None:
    text = FRAMES[language].replace("{}", name)
    if name in SHY and (name, language) != ("tulio", "it"):
        assert not found(key, text, language)
        text = text.replace(name, f"{name}, neodimio, erbio, Neodym, レアアース")
    assert found(key, text, language)


@pytest.mark.parametrize(
    ("key", "alias"),
    [
        (key, alias)
        for key, pack in built_in().items()
        if pack.group in {"Companies", "Institutions", "Laws", "People"}
        for alias in pack.aliases
    ],
)
def test_a_company_or_law_is_found_by_each_of_its_names(key: str, alias: str) -> None:
    beside = {
        "ear": "BIS", "dma": "Apple gatekeeper", "fsr": "Nuctech subsidies",
        "intel": "半导体 chips", "micron": "DRAM 芯片", "lynas": "稀土", "nexperia": "晶圆",
    }  # fmt: skip
    for frame in (FRAMES["en"], FRAMES["zh"], FRAMES["ko"]):
        assert found(key, frame.replace("{}", f"{alias} {beside.get(key, '')}".strip()), None)
