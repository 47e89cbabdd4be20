"""Whether, where and why a text answers a query, and how fast."""

from __future__ import annotations

import json
from operator import attrgetter
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.match import Part
from bot.domain.query import And, Not, Or, Phrase, Query, Word
from bot.errors import QueryError
from bot.matching.engine import bold_spans, evaluate
from bot.matching.fold import fold
from bot.matching.query import parse
from bot.matching.tokens import Document, analyse
from tests.conftest import SHARED
from tests.matching.strategies import documents, queries, texts


def places(query: str, text: str, language: str | None = "en") -> list[str] | None:
    hits = evaluate(parse(query), analyse("", text, language))
    return None if hits is None else [text[hit.start : hit.end] for hit in hits]


def holds(query: Query, document: Document) -> bool:
    return evaluate(query, document) is not None


@pytest.mark.parametrize(
    ("query", "text", "language", "found"),
    [
        ('"export licence"', "New EXPORT LICENSES for magnets", "en", ["EXPORT LICENSES"]),
        ("licence", "They are licensing it", "en", ["licensing"]),
        ("gallium export", "Exports of gallium", "en", ["Exports", "gallium"]),
        ("sanción", "Nuevas sanciones", "es", ["sanciones"]),
        ("exportacion", "La exportación de grafito", "es", ["exportación"]),
        ('"dual use"', "a dual-use item", "en", ["dual-use"]),
        ("301", "Section ３０１ duties", "en", ["３０１"]),
        ("稀土出口", "对稀土出口实施管制", "zh", ["稀土出口"]),
        ("出口許可", "申请出口许可", "zh", ["出口许可"]),
        ("数据", "大数据中心", "zh", ["数据"]),
        ("수출통계", "정부는 수출 통계를 발표", "ko", ["수출 통계"]),
        ("レアアース", "中国のレアアース輸出", "ja", ["レアアース"]),
        ("ガリウム", "ｶﾞﾘｳﾑの輸出", "ja", ["ｶﾞﾘｳﾑ"]),
        ("semicond*", "Semiconductors rise", "en", ["Semiconductors"]),
        ("Zölle", "höhere Zolle", "de", ["Zolle"]),
        ("Zölle", "EU erhebt Zoelle", "de", ["Zoelle"]),
        ("autorisation", "L’autorisation d’exportation", "fr", ["autorisation"]),
        ("cafe\u0301", "un café", "fr", ["café"]),
        ("magnet", "mag\u00adnets", "en", ["mag\u00adnets"]),
        ("Sefcovic", "Šefčovič meets Wang", "en", ["Šefčovič"]),
        ("tariff", "美国对华tariffs升级", "zh", ["tariffs"]),
        ("Nexperia", "荷兰Nexperia公司", "zh", ["Nexperia"]),
    ],
)
def test_spellings_of_the_same_word_match(
    query: str, text: str, language: str, found: list[str]
) -> None:
    assert places(query, text, language) == found


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ('"rare earth"', "It is rare. Earth science"),
        ('"rare earth"', "rare, earth"),
        ("import", "an important step"),
        ("gallium -nitride", "gallium nitride chips"),
        ("が", "かれ"),
        ('"export licence"', "export of a licence"),
        ("nexperia", "Nexperience Ltd"),
    ],
)
def test_lookalikes_do_not_match(query: str, text: str) -> None:
    assert places(query, text) is None


def test_a_phrase_does_not_run_from_the_title_into_the_text() -> None:
    assert not holds(parse('"rare earth"'), analyse("Something rare", "Earth day", "en"))


def test_a_hit_says_its_part_its_term_and_its_concept() -> None:
    hits = evaluate(parse('"nexperia" gallium*'), analyse("Nexperia", "of Galliums", "en"))
    assert hits is not None
    assert [(h.part, h.start, h.end, h.term, h.concept) for h in hits] == [
        (Part.TEXT, 3, 11, "gallium*", None),
        (Part.TITLE, 0, 8, "nexperia", None),
    ]
    (hit,) = evaluate(parse("#nexperia"), analyse("Nexperia", "", "en")) or ()
    assert (hit.term, hit.concept) == ("Nexperia", "Nexperia")


@given(queries, queries, documents)
def test_and_or_and_not_are_those_of_logic(a: Query, b: Query, document: Document) -> None:
    assert holds(And((a, b)), document) == (holds(a, document) and holds(b, document))
    assert holds(Or((a, b)), document) == (holds(a, document) or holds(b, document))
    assert holds(Not(a), document) == (not holds(a, document))
    assert not holds(And((a, Not(a))), document)


@given(queries, texts)
def test_hits_lie_inside_the_text_in_order_and_bold_never_overlaps(query: Query, text: str) -> None:
    hits = evaluate(query, analyse("", text, "en")) or ()
    assert list(hits) == sorted(hits, key=attrgetter("order"))
    end = -1
    for start, stop in bold_spans(hits, "text"):
        assert 0 <= start < stop <= len(text)
        assert start > end
        end = stop


plain_words = st.text(st.sampled_from("abcdeXÉ稀土許희ガ"), min_size=2, max_size=5)


@given(plain_words, st.lists(plain_words, max_size=5), st.sampled_from(["en", "de", "ko", None]))
def test_a_hit_shows_the_word_that_was_asked_for(
    word: str, others: list[str], language: str | None
) -> None:
    text = " / ".join([*others, word, *others])
    hits = evaluate(Word(word), analyse("", text, language))
    assert hits
    assert fold(word) in {fold(text[hit.start : hit.end]) for hit in hits}


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@given(
    st.lists(st.text(st.sampled_from("abcdeinrst"), min_size=1, max_size=8), min_size=1),
    st.data(),
    st.sampled_from([str.upper, str.title, _wide]),
    st.sampled_from(["en", "de", "fr", None]),
)
def test_case_and_width_never_matter(
    words: list[str], data: st.DataObject, change: object, language: str | None
) -> None:
    assert callable(change)
    word = data.draw(st.sampled_from(words))
    query = Phrase((Word(word), Word(words[0])))
    text = " ".join(words)
    for asked in (query, Word(word)):
        plain = holds(asked, analyse("", text, language))
        assert holds(asked, analyse("", change(text), language)) == plain
    if language != "de" and (change is not str.upper or len(word) > 3):  # US, us; Reis, reis
        assert holds(Word(change(word)), analyse("", text, language))


def test_naughty_strings_raise_nothing_but_a_refusal() -> None:
    path = SHARED / "corpora" / "blns" / "blns.json"
    if not path.exists():
        pytest.skip("the corpus of naughty strings is not beside this checkout")
    read = 0
    for text in json.loads(path.read_text("utf-8")):
        document = analyse(text, text, None)
        if document.raw:
            evaluate(Word(text), document)
            evaluate(Phrase((Word(text), Word("x"))), document)
        try:
            query = parse(text)
        except QueryError:
            continue
        read += 1
        evaluate(query, document)
    assert read > 300


NIGHTMARES = {
    "emoji": "😀" * 4096,
    "one word": "a" * 100_000,
    "one character": "的" * 100_000,
    "letters": "a " * 50_000,
    "kana": "カー" * 50_000,
    "hyphens": "a-" * 50_000,
    "stops": "1234." * 20_000,
    "marks": "e" + "\u0301" * 100_000,
    "line ends": "\n " * 50_000,
    "acronym": "a." * 50_000,
    "licences": "export licence rare " * 5_000,
    "homonyms": "珍稀土鸡" * 25_000,
    "near": "出口" * 25_000 + "申领许可证" * 10_000,
    "runs": ("的" * 399 + "土") * 250,
    "words": ("a " * 29 + "c ") * 1_700 + "b",
    "korean": "선수 출입 " * 16_000,
}
ASKED = [
    "a",
    "a*",
    '"' + "a " * 30 + 'b"',
    "的" * 400,
    "カー" * 200,
    "-".join("a" * 40),
    "rare earths",
    "export licence",
    "nexperia",
    "수출",
    "稀土 OR 出口",
]


@pytest.mark.parametrize("text", NIGHTMARES.values(), ids=NIGHTMARES)
def test_nothing_that_anyone_types_or_publishes_is_slow(text: str) -> None:
    # ten times what a quiet machine needs for the worst of them
    began = perf_counter()
    document = analyse(text[:500], text, None)
    for query in ASKED:
        evaluate(parse(query), document)
    assert perf_counter() - began < 10


def test_watches_on_the_same_words_are_answered_once() -> None:
    document = analyse("", "export licences for gallium " * 200, "en")
    watches = [parse(f"gallium OR export OR zinc{n % 7}") for n in range(5000)]
    first = perf_counter()
    evaluate(watches[0], document)
    began = perf_counter()
    for query in watches:
        evaluate(query, document)
    assert perf_counter() - began < 2
    assert began - first < 1
    assert len(document.memo) == 2 + 7


def test_no_term_of_a_long_text_gives_more_hits_than_can_be_shown() -> None:
    document = analyse("", "rare earths " * 5_000, "en")
    for query in ("rare earths", '"rare earths"'):
        assert len(evaluate(parse(query), document) or ()) == 20
