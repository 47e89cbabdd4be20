"""Files of concepts: what a desk writes, and what it is told where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.query import Concept
from bot.errors import ConceptError
from bot.matching.concept_file import load_concepts, read_concepts
from bot.matching.concepts import built_in, concept_for_words, own_packs, packs, use_own
from bot.matching.condition import condition_of
from bot.matching.engine import evaluate
from bot.matching.index_words import index_words
from bot.matching.query import parse
from bot.matching.tokens import analyse

ROOT = Path(__file__).parents[2]
PORT_FEES = 'name = "port fees"\ngloss = "Fees on ships."\naliases = ["port fee"]\n'


@pytest.fixture(autouse=True)
def _no_own_concepts_afterwards() -> Iterator[None]:
    yield
    use_own({})


def holds(query: str, text: str, language: str | None = "en") -> bool:
    asked = parse(query)
    condition = condition_of(asked)
    may = condition is None or condition.may_hold(index_words("", text, language))
    is_found = evaluate(asked, analyse("", text, language)) is not None
    assert may or not is_found
    return is_found


def use(text: str, name: str = "port-fees.toml") -> None:
    use_own({pack.key: pack for pack in read_concepts(text, file=name, group="Own")})


def test_the_example_of_the_document_is_read() -> None:
    (example,) = re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs/concepts.md").read_text("utf-8"), re.S
    )
    (pack,) = read_concepts(example, file="ours.toml", group="Own")
    use_own({pack.key: pack})
    assert pack.group == "Ports"
    assert holds("#port-fees", "Washington suspends fees on Chinese-built ships.")
    assert holds("#port-fees", "Höhere Seehafengebühren in Hamburg", "de")
    assert holds("#port-fees", "des redevances sur les navires chinois", "fr")
    assert not holds("#port-fees", "des redevances de navires", "en")
    assert not holds("#port-fees", "The marina raises its port fees.")
    assert not holds("#port-fees", "tariffe portuali", "es")
    assert holds("#port-fees", "tariffe portuali", "it")


def test_every_key_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/concepts.md").read_text("utf-8"), re.M)
    with pytest.raises(ConceptError) as caught:
        read_concepts('name = "x"\nnonsense = 1', file="x.toml", group="Own")
    known = str(caught.value).rpartition("Known keys: ")[2].rstrip(".").split(", ")
    assert rows == known


def test_the_desks_own_concept_stands_beside_the_built_in_ones_and_is_found_by_its_names() -> None:
    use(PORT_FEES + 'any.en = ["port fee{,s}"]')
    assert parse("port fee") == Concept("port-fees")
    assert list(packs()) == [*built_in(), "port-fees"]
    assert holds("#port-fees", "US port fees on ships")
    use_own({})
    assert "port-fees" not in packs()
    assert concept_for_words("port fee") is None


def test_one_with_a_built_in_name_takes_its_place_at_once() -> None:
    assert holds("#gallium", "gallium exports")
    use('name = "gallium"\ngloss = "Ours."\nany.en = ["ga metal"]', "gallium.toml")
    assert not holds("#gallium", "gallium exports")
    assert holds("#gallium", "Ga metal prices")
    use_own({})
    assert holds("#gallium", "gallium exports")


def test_a_concept_that_yields_to_another_gives_up_its_longer_terms() -> None:
    assert not holds("#entity-list", "列入不可靠实体清单", "zh")
    assert holds("#entity-list", "不可靠实体清单与实体清单", "zh")
    assert holds("#unreliable-entity-list", "列入不可靠实体清单", "zh")


def test_braces_stand_for_each_of_their_choices() -> None:
    (pack,) = read_concepts(
        PORT_FEES + 'any.en = ["{a,b} {c,}", "dut{y,ies}"]', file="port-fees.toml", group="Own"
    )
    assert pack.all_terms == ("a c", "a", "b c", "b", "duty", "duties")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "port-fees.toml: not valid TOML"),
        ("", "port-fees.toml: it has no concept"),
        ("nane = 'x'", "port-fees.toml: nane: at the top stand .* Did you mean name?"),
        ("[Port_Fees]\nname = 'x'\ngloss = 'y'\nany.en = ['z']", "'Port_Fees' cannot be typed"),
        ("name = 'x'\nany.en = ['z']", "gloss: it is missing. Example: gloss = "),
        ("name = 1\ngloss = 'y'\nany.en = ['z']", "name: it must be a text"),
        (PORT_FEES, "any: nothing could ever be found"),
        (PORT_FEES + "any = ['z']", "any: it must be a table"),
        (PORT_FEES + "any.English = ['z']", "'English' is no code of a language"),
        (PORT_FEES + "any.en = [1]", "any: it must be a list of texts"),
        (PORT_FEES + "any.en = ['…']", "any: '…' has no letter or digit"),
        (PORT_FEES + "any.en = ['dut{y']", "has a brace without its other half"),
        (PORT_FEES + "any.en = ['" + "{a,b}" * 40 + "']", "more than the 1000 terms"),
        (PORT_FEES + "yields = ['z']", "yields: this key is unknown. Did you mean yields_to?"),
        (
            PORT_FEES + "[[near]]\nterms = ['a']\nwords = 3",
            "near number 1: terms: it must list two",
        ),
        (PORT_FEES + "[[near]]\nterms = ['a', 'b']", "near number 1: words: it must be a number"),
        (PORT_FEES + "[[unless]]\nwords = 3", "unless number 1: beside: it must list the words"),
        (PORT_FEES + "[[unless]]\nbeside = ['a']\nwords = 3\nlang = 'English'", "lang: it must be"),
        (PORT_FEES + "near = 3", "near: it must be a list of tables"),
    ],
)
def test_a_mistake_is_told_with_its_file_key_and_what_would_fit(text: str, said: str) -> None:
    with pytest.raises(ConceptError, match=said) as caught:
        read_concepts(text, file="port-fees.toml", group="Own")
    assert str(caught.value).startswith("port-fees.toml: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PORT_FEES + 'any.en = ["x"]\n',
            None,
        ),
        (
            PORT_FEES.replace('"port fee"', '"稀土"') + 'any.en = ["x"]',
            "aliases: “稀土” is already a name of #rare-earths",
        ),
        (
            PORT_FEES + 'yields_to = ["nothing"]\nany.en = ["x"]',
            "yields_to: there is no concept 'nothing'",
        ),
    ],
)
def test_concepts_that_do_not_fit_together_are_refused_and_nothing_changes(
    text: str, said: str | None
) -> None:
    if said is None:
        use(text)
        assert "port-fees" in own_packs()
        return
    with pytest.raises(ConceptError, match=said):
        use(text)
    assert not own_packs()
    assert parse("稀土") == Concept("rare-earths")


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "port-fees.toml").write_text(PORT_FEES + 'any.en = ["port fees"]', "utf-8")
    (tmp_path / "more.toml").write_text(
        "[a]\nname = 'a'\ngloss = 'b.'\nany.en = ['c']\n"
        "[d]\nname = 'd'\ngloss = 'e.'\nany.en = ['f']",
        "utf-8",
    )
    (tmp_path / "notes.txt").write_text("no concept", "utf-8")
    assert sorted(load_concepts(tmp_path)) == ["a", "d", "port-fees"]
    assert load_concepts(tmp_path / "port-fees.toml").keys() == {"port-fees"}
    assert load_concepts(None) == {}


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConceptError, match=r"none: there is no such file or folder"):
        load_concepts(tmp_path / "none")
    with pytest.raises(ConceptError, match=r"holds no \.toml file"):
        load_concepts(tmp_path)
    (tmp_path / "a.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(ConceptError, match="not UTF-8 at byte 8"):
        load_concepts(tmp_path)
    (tmp_path / "a.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConceptError, match="larger than"):
        load_concepts(tmp_path)


def test_a_concept_of_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "port-fees.toml").write_text(PORT_FEES + 'any.en = ["port fees"]', "utf-8")
    (tmp_path / "z.toml").write_text("[port-fees]\n" + PORT_FEES + 'any.en = ["x"]', "utf-8")
    with pytest.raises(ConceptError, match=r"#port-fees is in .*port-fees\.toml already"):
        load_concepts(tmp_path)
