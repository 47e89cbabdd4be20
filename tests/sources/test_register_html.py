"""Lists that are tables of a page, in the shape of the UFLPA Entity List."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.fetch import NotAFeed
from bot.domain.source import RegisterFormat, RegisterShape
from bot.domain.version import Row, unpacked
from bot.sources.catalogue import load_catalogue
from bot.sources.register_html import MAX_CHARACTERS, parse_table
from bot.sources.register_rows import ParsedRegister

(UFLPA,) = (
    each.shape
    for each in load_catalogue(None)
    if each.source_id == "us-uflpa-entity-list" and isinstance(each.shape, RegisterShape)
)
PAGE = """<!DOCTYPE html><html><head><title>UFLPA Entity List</title></head><body>
<table class="menu"><tr><td>Home</td><td>About</td></tr></table>
<h2>Section 2(d)(2)(B)(i)</h2>
<table class="usa-table"><thead><tr><th scope="col">Name of Entity</th><th>Effective Date</th></tr>
</thead><tbody>
<tr><td>Harbour Cotton Co., Ltd. (including one alias: <em>HCC</em>)</td><td>June 21, 2022</td></tr>
<tr><td>Quay Textile&nbsp;Group</td><td>August 2, 2023</td></tr>
</tbody></table>
<table class="usa-table"><tr><th>Entity Name</th><th>Effective Date</th></tr>
<tr><td>Sluice Polysilicon Co.</td><td>January 14, 2025</td></tr><tr><td></td><td></td></tr></table>
<script>"<tr><td>No entity</td></tr>"</script>
</body></html>"""


def read(text: str, shape: RegisterShape = UFLPA) -> list[Row]:
    found = parse_table(text.encode(), "text/html", shape)
    assert isinstance(found, ParsedRegister), found
    return [unpacked(each) for each in found.rows]


def refused(text: str, shape: RegisterShape = UFLPA) -> str:
    found = parse_table(text.encode(), "text/html", shape)
    assert isinstance(found, NotAFeed), found
    return found.detail


def test_each_table_names_its_own_columns() -> None:
    assert [(row.name, row.text) for row in read(PAGE)] == [
        (
            "Harbour Cotton Co., Ltd. (including one alias: HCC )",
            "Effective Date: June 21, 2022",
        ),
        ("Quay Textile Group", "Effective Date: August 2, 2023"),
        ("Sluice Polysilicon Co.", "Effective Date: January 14, 2025"),
    ]


def test_columns_may_be_named_by_the_shape_where_the_table_does_not() -> None:
    shape = RegisterShape(
        format=RegisterFormat.HTML_TABLE,
        entry="table.parties tr",
        columns=("id", "name"),
        key=("id",),
        name=("name",),
    )
    rows = read("<table class=parties><tr><td>1<td>A<tr><th>2</th><td>B</table>", shape)
    assert [(row.key, row.name) for row in rows] == [("1", "A"), ("2", "B")]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<title>Access denied</title><p>Sorry", "looks like a wall against bots"),
        (PAGE.replace("Entity", "Company"), "the columns are Name of Company, Effective Date"),
        ("<table><tr><th>Entity Name</th></tr></table>", "finds 1 rows, none of them an entry"),
        ("x" * (MAX_CHARACTERS + 1), "longer than 5,000,000 characters"),
        ("<table>" * 300, "nested more than"),
        ("", "an empty body"),
    ],
)
def test_what_is_no_list_is_said(page: str, said: str) -> None:
    assert said in refused(page)


def test_a_selector_that_cannot_be_read_is_said() -> None:
    assert "a selector" in refused(PAGE, replace(UFLPA, entry="tr["))
