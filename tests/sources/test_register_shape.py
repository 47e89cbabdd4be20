"""The shapes of lists and pages that change, as people write them, and what is wrong with them."""

from __future__ import annotations

import pytest

from bot.domain.source import PageShape, RegisterFormat, RegisterShape
from bot.errors import CatalogueError
from bot.sources.catalogue import parse_catalogue

HEAD = '[[source]]\nid = "list"\nurl = "https://lists.example/list"\n'
REGISTER = HEAD + 'kind = "register"\n[source.shape]\n'
PAGE = HEAD + 'kind = "page"\n[source.shape]\n'
CSV = REGISTER + 'format = "csv"\nkey = "id"\nname = "name"\n'


def test_a_register_may_say_everything() -> None:
    (source,) = parse_catalogue(
        REGISTER
        + """
        format = "csv"
        key = ["id"]
        name = ["first", "last"]
        programme = "program"
        columns = ["id", "first", "last", "program", "note"]
        delimiter = ";"
        separator = "] ["
        null = "-0-"
        leave_out = ["note"]
        main = "note=primary"
        page = "https://lists.example/"
        """,
        "desk.toml",
    )
    assert source.shape == RegisterShape(
        format=RegisterFormat.CSV,
        key=("id",),
        name=("first", "last"),
        programme=("program",),
        columns=("id", "first", "last", "program", "note"),
        delimiter=";",
        separator="] [",
        null="-0-",
        leave_out=("note",),
        main="note=primary",
        page="https://lists.example/",
    )


def test_a_register_need_say_little() -> None:
    (source,) = parse_catalogue(CSV, "desk.toml")
    assert source.shape == RegisterShape(format=RegisterFormat.CSV, key=("id",), name=("name",))
    (tabbed,) = parse_catalogue(CSV + 'delimiter = "\\t"\n', "desk.toml")
    assert isinstance(tabbed.shape, RegisterShape)
    assert tabbed.shape.delimiter == "\t"


def test_a_page_says_which_parts_of_it_are_read() -> None:
    (source,) = parse_catalogue(PAGE + 'selector = "main"\nleave_out = "aside"\n', "desk.toml")
    assert source.shape == PageShape(selector="main", leave_out=("aside",))


XML = REGISTER + 'format = "xml"\nkey = "id"\nname = "name"\n'
TABLE = REGISTER + 'format = "html-table"\nkey = "id"\nname = "name"\n'


@pytest.mark.parametrize(
    ("text", "key", "wrong"),
    [
        (HEAD + 'kind = "register"', "shape", "needs one"),
        (HEAD + 'kind = "page"', "shape", "needs one"),
        (REGISTER + 'format = "csv"\nkey = "id"', "shape: name", "it is missing"),
        (REGISTER + 'key = "id"\nname = "name"', "shape: format", "it is missing"),
        (REGISTER + 'format = "pdf"\nkey = "i"\nname = "n"', "shape: format", "'pdf' is none of"),
        (CSV + 'entry = "row"', "shape: entry", "a csv file has none"),
        (CSV + 'columns = ["number", "name"]', "shape: key", "'id' is none of the columns"),
        (CSV + "columns = [1]", "shape: columns", "a text, or a list of texts"),
        (CSV + 'delimiter = ", "', "shape: delimiter", "one character"),
        (CSV + "delimiter = '\"'", "shape: delimiter", "one character"),
        (CSV + 'main = "primary"', "shape: main", "equals sign"),
        (CSV + 'page = "lists.example"', "shape: page", "no http or https address"),
        (CSV + 'programmes = "p"', "shape: programmes", "Did you mean programme?"),
        (XML, "shape: entry", "'xml' needs one"),
        (XML + 'entry = "e"\ncolumns = ["id", "name"]', "shape: columns", "an xml file has none"),
        (TABLE, "shape: entry", "'html-table' needs one"),
        (TABLE + 'entry = "tr["', "shape: entry", "no CSS selector"),
        (PAGE + 'leave_out = "aside"', "shape: selector", "it is missing"),
        (PAGE + 'selector = "main["', "shape: selector", "no CSS selector"),
        (PAGE + 'selector = "main"\nleave_out = ["a", "b["]', "shape: leave_out", "'b['"),
        (PAGE + 'format = "csv"', "shape: format", "unknown"),
    ],
)
def test_a_mistake_is_named_with_what_would_fit(text: str, key: str, wrong: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(text, "desk.toml")
    said = str(caught.value)
    assert said.startswith(f"desk.toml: source 'list': {key}: "), said
    assert wrong in said
    assert "Example: " in said or "Known keys: " in said
