"""The [source.shape] of lists that change, and of pages."""

from __future__ import annotations

from bot.domain.source import PageShape, RegisterFormat, RegisterShape
from bot.sources.html_list import is_selector
from bot.sources.toml_table import TomlTable

REGISTER_EXAMPLES = {
    "format": 'format = "csv"',
    "key": 'key = "id"',
    "name": 'name = ["first name", "last name"]',
    "programme": 'programme = "program"',
    "entry": 'entry = "sdnEntry"',
    "columns": 'columns = ["id", "name", "program", "remarks"]',
    "delimiter": 'delimiter = ";"',
    "separator": 'separator = "] ["',
    "null": 'null = "-0-"',
    "leave_out": 'leave_out = ["Last Updated"]',
    "main": 'main = "Name type=Primary Name"',
    "page": 'page = "https://desk.example/list"',
}
PAGE_EXAMPLES = {
    "selector": 'selector = "main"',
    "leave_out": 'leave_out = [".last-visited", "aside"]',
}


def register_shape(table: TomlTable) -> RegisterShape:
    """The shape of a register. Raises CatalogueError."""
    for key in ("format", "key", "name"):
        if not table.values.get(key):
            table.fail(key, "it is missing")
    written = RegisterFormat(table.choice("format", RegisterFormat, RegisterFormat.CSV))
    entry, columns = table.text("entry"), table.texts("columns")
    if written is RegisterFormat.CSV and entry:
        table.fail("entry", "a csv file has none: each of its records is an entry", 'entry = ""')
    if written is not RegisterFormat.CSV and not entry:
        rows = 'entry = "table.list tr"' if written is RegisterFormat.HTML_TABLE else None
        table.fail("entry", f"a list in the format {written.value!r} needs one", rows)
    if written is RegisterFormat.HTML_TABLE and not is_selector(entry):
        table.fail("entry", f"{entry!r} is no CSS selector", 'entry = "table.list tr"')
    if written is RegisterFormat.XML and columns:
        table.fail("columns", "an xml file has none", "columns = []")
    for key in ("key", "name", "programme"):
        for field in table.texts(key):
            if columns and field not in columns:
                table.fail(key, f"{field!r} is none of the columns")
    delimiter = table.values.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
        table.fail("delimiter", "it must be one character, and neither a quotation mark")
    main = table.text("main")
    if main and "=" not in main:
        table.fail("main", f"{main!r} is not a column, an equals sign and its value")
    page = table.text("page")
    if page and not page.startswith(("https://", "http://")):
        table.fail("page", f"{page!r} is no http or https address")
    return RegisterShape(
        format=written,
        key=table.texts("key"),
        name=table.texts("name"),
        programme=table.texts("programme"),
        entry=entry,
        columns=columns,
        delimiter=delimiter,
        separator=str(table.values.get("separator", "")),
        null=table.text("null"),
        leave_out=table.texts("leave_out"),
        main=main,
        page=page,
    )


def page_shape(table: TomlTable) -> PageShape:
    """The shape of a page. Raises CatalogueError."""
    if not table.text("selector"):
        table.fail("selector", "it is missing")
    for key in ("selector", "leave_out"):
        for selector in table.texts(key):
            if not is_selector(selector):
                table.fail(key, f"{selector!r} is no CSS selector")
    return PageShape(selector=table.text("selector"), leave_out=table.texts("leave_out"))
