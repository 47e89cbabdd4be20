"""How a source's answers are taken apart: the [source.shape] of its table, by its kind."""

from __future__ import annotations

from bot.domain.source import JsonShape, ListShape, Shape, SourceKind
from bot.sources.html_list import is_selector
from bot.sources.json_list import is_expression
from bot.sources.paging import is_page_pattern
from bot.sources.register_shape import (
    PAGE_EXAMPLES,
    REGISTER_EXAMPLES,
    page_shape,
    register_shape,
)
from bot.sources.toml_table import TomlTable, type_name

_LIST_EXAMPLES = {
    "entry": 'entry = "ul.news li"',
    "link": 'link = "a"',
    "title": 'title = "td:nth-child(2)"',
    "date": 'date = "span.date"',
    "json_path": 'json_path = "data.html"',
    "next": 'next = "a[rel=next]"',
    "pages": 'pages = "https://desk.example/notices?page={2}"',
}
_JSON_EXAMPLES = {
    "entries": 'entries = "items[]"',
    "title": 'title = "subject"',
    "link": "link = \"join('', ['https://desk.example/', id])\"",
    "guid": 'guid = "id"',
    "date": 'date = "published"',
    "text": 'text = "summary"',
    "next": 'next = "links.next"',
    "pages": 'pages = "https://desk.example/api/notices?page={2}"',
}
_EXAMPLES = {
    SourceKind.HTML_LIST: _LIST_EXAMPLES,
    SourceKind.JSON_LIST: _JSON_EXAMPLES,
    SourceKind.REGISTER: REGISTER_EXAMPLES,
    SourceKind.PAGE: PAGE_EXAMPLES,
}


def shape_of(table: TomlTable, kind: SourceKind) -> Shape | None:
    """The shape that the kind asks for; None for kinds that need none. Raises CatalogueError."""
    value = table.values.get("shape")
    examples = _EXAMPLES.get(kind)
    if value is None:
        if examples is not None:
            example = table.examples["shape"]
            if kind is not SourceKind.HTML_LIST:
                first = list(examples.values())[: 3 if kind is SourceKind.REGISTER else 2]
                example = f"shape = {{ {', '.join(first)} }}"
            table.fail("shape", f"a source of kind {kind.value!r} needs one", example)
        return None
    if not isinstance(value, dict):
        table.fail("shape", f"it must be a table, not {type_name(value)}")
    if examples is None:
        kinds = ", ".join(f"{each.value}" for each in _EXAMPLES)
        table.fail("shape", f"only these kinds have one: {kinds}; and this is {kind.value!r}")
    inner = TomlTable(value, f"{table.place}: shape", examples)
    inner.check_keys()
    match kind:
        case SourceKind.HTML_LIST:
            return _list_shape(inner)
        case SourceKind.JSON_LIST:
            return _json_shape(inner)
        case SourceKind.REGISTER:
            return register_shape(inner)
        case SourceKind.PAGE:
            return page_shape(inner)
        case _:
            return None


def _list_shape(table: TomlTable) -> ListShape:
    _need(table, "entry")
    for key in ("entry", "link", "title", "date", "next"):
        selector = table.text(key)
        if selector and not is_selector(selector):
            table.fail(key, f"{selector!r} is no CSS selector")
    return ListShape(
        entry=table.text("entry"),
        link=table.text("link", "a") or "a",
        title=table.expression("title"),
        date=table.expression("date"),
        json_path=table.expression("json_path"),
        next=table.expression("next"),
        pages=_pages(table),
    )


def _json_shape(table: TomlTable) -> JsonShape:
    _need(table, "entries", "title")
    for key in _JSON_EXAMPLES.keys() - {"pages"}:
        expression = table.text(key)
        if expression and not is_expression(expression):
            table.fail(key, f"{expression!r} is no JMESPath expression")
    return JsonShape(
        entries=table.text("entries"),
        title=table.text("title"),
        link=table.expression("link"),
        guid=table.expression("guid"),
        date=table.expression("date"),
        text=table.expression("text"),
        next=table.expression("next"),
        pages=_pages(table),
    )


def _pages(table: TomlTable) -> str | None:
    pattern = table.expression("pages")
    if pattern is not None and not is_page_pattern(pattern):
        table.fail(
            "pages",
            f"{pattern!r} is no http address with the number of the second page in braces",
        )
    return pattern


def _need(table: TomlTable, *keys: str) -> None:
    for key in keys:
        if not table.text(key):
            table.fail(key, "it is missing")
