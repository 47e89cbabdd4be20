"""What the documents take from the product: `make docs` writes it, tests/test_docs.py compares.

handlers.commands.COMMANDS, bot/sources/*.toml, the sample day  ->  docs, README, picture
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from wcwidth import wcwidth

from bot.domain.chat import LOCAL_ADDRESS, ChatKind, ChatState, Door
from bot.domain.outbox import MessageState, Settlement
from bot.domain.richtext import RichText
from bot.domain.source import ListShape, Source, SourceKind
from bot.pipeline.sample import play_sample_day
from bot.rendering.plain import to_plain
from bot.rendering.terminal import to_terminal
from bot.sources.catalogue import load_catalogue
from bot.sources.packs import source_packs
from handlers.chats import READY_WATCHES
from handlers.commands import COMMANDS
from handlers.model import Audience
from storage.store import SqliteStore
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).resolve().parents[1]
PICTURED = ("Brussels and Beijing close in", "Notice to exporters 2026/91", "中欧接近就稀土")
"""Headlines of the sample alerts that the README shows, in their order."""

Files = Mapping[Path, str]


def generated() -> Files:
    """Every file that has generated parts, with the text that it should have."""
    said = sample_day()
    alerts = [body for headline in PICTURED for body in said if headline in body.plain]
    assert len(alerts) == len(PICTURED), "the sample day no longer has these headlines"
    readme, sources = ROOT / "README.md", ROOT / "docs/sources.md"
    return {
        readme: _filled(
            _filled(readme.read_text("utf-8"), "commands", command_table()),
            "alert",
            f"```text\n{to_plain(alerts[0])}\n```",
        ),
        sources: _filled(
            _filled(sources.read_text("utf-8"), "sources", source_table()), "packs", pack_table()
        ),
        ROOT / "docs/commands.md": command_page(),
        ROOT / "docs/images/alerts.svg": picture(
            "\n\n".join(to_terminal(body, width=96, colour=True) for body in alerts)
        ),
    }


def _filled(page: str, name: str, text: str) -> str:
    """The page with the text between the marks `<!-- name: … -->` and `<!-- end of name -->`."""
    begin = re.search(rf"<!-- {name}: [^>]*-->\n", page)
    assert begin is not None, f"the page has no mark for {name}"
    end = page.index(f"<!-- end of {name} -->", begin.end())
    return f"{page[: begin.end()]}\n{text}\n\n{page[end:]}"


def command_table() -> str:
    """The commands in a table."""
    rows = [
        f"| `{_cell(spec.usage)}` | {_cell(spec.summary)} |" for spec in COMMANDS if spec.is_listed
    ]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def command_page() -> str:
    """docs/commands.md."""
    parts = [
        "# Commands",
        "<!-- Made by `make docs` from the table in handlers/commands.py. Do not edit. -->",
        "The same commands work in Telegram, in the local chat, and one at a time with "
        "`tidewaiter ask /search nexperia`. `/help` lists them in the chat. "
        "A command that is refused says what was wrong and shows a correct example.",
        command_table(),
    ]
    for spec in COMMANDS:
        parts.append(f"## {spec.usage}")
        parts.append(f"{spec.summary}. {spec.details}".strip())
        parts.append(
            {
                Audience.ANYONE: "Answers in every chat.",
                Audience.SUBSCRIBED: "Answers in subscribed chats, paused ones included.",
                Audience.OPERATORS: "Answers in subscribed chats, paused ones included, and "
                "operators only (`TIDEWAITER_ADMINS`; in the local chat, whoever types).",
            }[spec.audience]
        )
        parts.append("\n".join(["```text", *spec.examples, "```"]))
    return "\n\n".join(parts) + "\n"


def source_table() -> str:
    """The built-in catalogue in a table, in its order."""
    rows = [
        "| "
        + " | ".join(
            (
                f"`{source.source_id}`",
                f"[{_cell(source.name)}]({_shown_url(source.url)})",
                "official" if source.is_official else "press",
                source.jurisdiction,
                ", ".join(source.languages),
                _kind(source),
                source.evidence,
                source.status,
                _cell(source.terms) or "not stated",
                _cell(_note(source)),
            )
        )
        + " |"
        for source in load_catalogue(None)
    ]
    head = (
        "| id | name | | from | languages | read as | evidence | status | terms | note |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    )
    return "\n".join([*head, *rows])


def pack_table() -> str:
    """The packs in a table, in their order."""
    rows = [
        "| "
        + " | ".join(
            (
                f"`/pack {pack.name}`",
                _cell(f"{pack.title}: {pack.about}"),
                "<br>".join(f"`{_cell(watch)}`" for watch in pack.watches),
                ", ".join(f"`{source_id}`" for source_id in pack.sources),
            )
        )
        + " |"
        for pack in source_packs().values()
    ]
    head = ("| pack | what it is about | its watches | its sources |", "| --- | --- | --- | --- |")
    return "\n".join([*head, *rows])


def _note(source: Source) -> str:
    instead = f"read `{source.replaced_by}`" if source.replaced_by else ""
    return "; ".join(filter(None, (source.note, instead)))


def _shown_url(url: str) -> str:
    """The address, without its parameters where they would fill the page."""
    return url if len(url) <= 120 else url.partition("?")[0]


def _kind(source: Source) -> str:
    names = {
        SourceKind.FEED: "feed",
        SourceKind.FEDERAL_REGISTER: "Federal Register API",
        SourceKind.HTML_LIST: "list page",
        SourceKind.JSON_LIST: "JSON",
        SourceKind.REGISTER: "list that changes",
        SourceKind.PAGE: "page that changes",
        SourceKind.PUBLIC_INSPECTION: "public inspection API",
        SourceKind.PRESS_CORNER: "press corner API",
        SourceKind.GOV_UK: "GOV.UK",
        SourceKind.SITEMAP: "sitemap",
    }
    is_within_json = isinstance(source.shape, ListShape) and source.shape.json_path
    return "list in JSON" if is_within_json else names[source.kind]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def sample_day() -> tuple[RichText, ...]:
    """What the sample day says in a new local chat, played through the real pipeline."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_played(Path(folder) / "sample.db"))


async def _played(database: Path) -> tuple[RichText, ...]:
    clock = FakeClock()
    store = SqliteStore(database)
    try:
        chat = await store.ensure_chat(
            LOCAL_ADDRESS, ChatKind.LOCAL, "local chat", ChatState.ACTIVE, clock.now()
        )
        for watch in READY_WATCHES:
            await store.add_watch(chat.chat_id, watch, "local", clock.now())
        await play_sample_day(store, clock)
        said: list[RichText] = []
        while claimed := await store.claim_messages(Door.TERMINAL, clock.now(), 1):
            said.append(claimed[0].body)
            await store.settle(claimed[0], Settlement(state=MessageState.SENT), clock.now())
        return tuple(said)
    finally:
        store.close()


COLUMN, LINE, MARGIN = 8.4, 20, 18
"""Pixels of a column, of a line, and around the text."""

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_WIDE, _EMOJI = "\u2e80-\uffff", "\U0001f000-\U0001ffff"
_RUN = re.compile(rf"[{_WIDE}]+|[{_EMOJI}]|[^{_WIDE}{_EMOJI}]+")
_EMOJI_LOOK = (
    ' font-size="13" font-family="Apple Color Emoji, Segoe UI Emoji, Noto Color Emoji, sans-serif"'
)
_STYLES = {
    "1": 'font-weight="bold" fill="#ffffff"',
    "3": 'font-style="italic" fill="#9fb3c8"',
    "36": 'fill="#7fd1c7"',
    "4": 'text-decoration="underline"',
    "34": 'fill="#7aa7f0"',
}


def picture(screen: str) -> str:
    """A terminal's screen, with its colours, as SVG."""
    lines = screen.split("\n")
    width = max(_columns(_SGR.sub("", line)) for line in lines) * COLUMN + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    shown = [
        element
        for row, line in enumerate(lines)
        for element in _row(line, MARGIN + row * LINE + LINE * 0.75)
    ]
    fonts = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img" font-size="14" fill="#d6dee8" '
            f'font-family="{fonts}">',
            "<title>Alerts of the sample day in the local chat</title>",
            f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#12202e"/>',
            *shown,
            "</svg>\n",
        ]
    )


def _row(line: str, y: float) -> Iterator[str]:
    """One element a run of one style and one width, each at its column, whatever the font."""
    column, style, at = 0, "", 0
    for mark in [*_SGR.finditer(line), None]:
        for run in _RUN.findall(line[at : mark.start()] if mark else line[at:]):
            word = run.strip()
            left = MARGIN + (column + len(run) - len(run.lstrip())) * COLUMN
            # an emoji keeps its own width; all else is fitted to the columns of a terminal
            fit = f' textLength="{_columns(word) * COLUMN:g}" lengthAdjust="spacingAndGlyphs"'
            if word:
                fit = _EMOJI_LOOK if word[0] > "\uffff" else fit
                look = f"{fit} {style}".rstrip()
                yield f'<text x="{left:g}" y="{y:g}"{look}>{escape(word, quote=False)}</text>'
            column += _columns(run)
        if mark:
            style = " ".join(_STYLES[code] for code in mark[1].split(";") if code in _STYLES)
            at = mark.end()


def _columns(text: str) -> int:
    return sum(max(wcwidth(char), 0) for char in text)


def main() -> None:
    """Write them."""
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
