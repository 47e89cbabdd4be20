"""The language of watches: what is read, what is refused, and how it is shown again."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.query import And, Concept, Not, Or, Phrase, Query, Word
from bot.errors import QueryError
from bot.matching.condition import condition_of, expression
from bot.matching.query import MAX_LENGTH, parse
from bot.matching.show import show
from tests.conftest import SHARED
from tests.matching.strategies import queries


@given(queries)
def test_a_query_shown_and_read_again_is_the_same(query: Query) -> None:
    assert parse(show(query)) == query


@given(st.text(max_size=80))
@example("(" * 400)
@example('"' * 9)
@example("a OR OR b")
@example("\x00")
@example("\ud800")
def test_any_text_is_read_or_refused_in_our_own_words(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert str(error)
        assert error.position is None or 0 <= error.position <= len(text)
    else:
        assert parse(show(query)) == query


def test_naughty_strings_are_read_or_refused_in_our_own_words() -> None:
    path = SHARED / "corpora" / "blns" / "blns.json"
    if not path.exists():
        pytest.skip("the corpus of naughty strings is not beside this checkout")
    for text in json.loads(path.read_text("utf-8")):
        try:
            query = parse(text)
        except QueryError as error:
            assert error.position is None or 0 <= error.position <= len(text)
        else:
            assert parse(show(query)) == query
            assert expression(condition_of(query))


@given(st.text(st.sampled_from('ab稀 ()"-#*ORNOTAND😀'), max_size=30))
def test_every_refusal_shows_an_example_that_is_read(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        assert error.example
        parse(error.example)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("gallium ()", ")"),
        ("a (b OR)", ")"),
        ("a -", "-"),
        ("a ??? b", "?"),
        ("a #x", "#"),
        ('a "" b', '"'),
        ("a (b", "("),
    ],
)
def test_a_refusal_points_at_the_character_that_is_wrong(typed: str, wrong: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(typed)
    assert caught.value.position == typed.index(wrong)
    assert f"character {typed.index(wrong) + 1}" in str(caught.value)


@pytest.mark.parametrize("typed", ["(" * 10 + "a" + ")" * 10, "-(a) b", "(a) (b)", "NOT a b"])
def test_brackets_within_the_bound_are_read(typed: str) -> None:
    assert parse(show(parse(typed))) == parse(typed)


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("nickel", Word("nickel")),
        ("nickel export", And((Word("nickel"), Word("export")))),
        ('"dual use"', Phrase((Word("dual"), Word("use")))),
        ("“dual use”", Phrase((Word("dual"), Word("use")))),
        ("a OR b c", Or((Word("a"), And((Word("b"), Word("c")))))),
        ("nickel -sulphate", And((Word("nickel"), Not(Word("sulphate"))))),
        ("nickel NOT sulphate", And((Word("nickel"), Not(Word("sulphate"))))),
        ("semicond*", Word("semicond", True)),
        ("ORACLE or", And((Word("ORACLE"), Word("or")))),
        ("rare earths", Concept("rare-earths")),
        ("Rare-Earths", Concept("rare-earths")),
        ("稀土", Concept("rare-earths")),
        ("#nexperia", Concept("nexperia")),
        ('"nexperia"', Word("nexperia")),
        ("export license OR gallium", Or((Concept("export-licence"), Concept("gallium")))),
    ],
)
def test_what_people_type_is_read_as_they_mean_it(typed: str, query: Query) -> None:
    assert parse(typed) == query


@pytest.mark.parametrize(
    ("typed", "said", "position"),
    [
        ("", "empty", None),
        ("(gallium", "not closed", 0),
        ("gallium)", "closes nothing", 7),
        ('gallium "export', "not closed", 8),
        ("-gallium", "only says what must not occur", 0),
        ("😀" * 200, "no letter or digit", 0),
        ("gallium OR", "character 9", 8),
        ("a AND b", "not needed", 2),
        ("#rare-earhts", "Did you mean #rare-earths?", 0),
        ("x" * (MAX_LENGTH + 1), "501 characters", MAX_LENGTH),
        (" ".join(["word"] * 51), "51 terms", None),
        ("(" * 11 + "a" + ")" * 11, "deep", 10),
    ],
)
def test_a_mistake_is_named_with_its_place_and_mending(
    typed: str, said: str, position: int | None
) -> None:
    with pytest.raises(QueryError, match=said.replace("?", r"\?")) as caught:
        parse(typed)
    assert caught.value.position == position
    assert caught.value.example or position is not None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("nexperia -opinion", "#nexperia -opinion"),
        ("china rare earths mine", "china #rare-earths mine"),
        ("export licence nexperia", "#export-licence #nexperia"),
        ('"rare" earths', '"rare" earths'),
        ("rare* earths", "rare* earths"),
        ("rare earths 稀土", "#rare-earths #rare-earths"),
    ],
)
def test_a_run_of_words_that_names_a_concept_is_the_concept_beside_others_too(
    typed: str, read: str
) -> None:
    assert show(parse(typed)) == read
