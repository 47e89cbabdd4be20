"""Whatever is typed or published: an answer or a refusal in our own words, never a fault.

The corpus is the big list of naughty strings; it lies in ../shared and is not in the project.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence

import pytest

from bot.domain.item import Item, RawItem
from bot.rendering.split import TELEGRAM_ROOM, split
from bot.rendering.telegram_html import to_telegram_html
from bot.sources.normalise import normalise
from handlers.commands import COMMANDS
from handlers.watches import MAX_WATCHES
from tests.conftest import SHARED
from tests.desk import Desk
from tests.fakes.bot_api.markup import parse_html, units
from tests.samples import NOW, source

CORPUS = SHARED / "corpora" / "blns" / "blns.json"
BATCH = MAX_WATCHES - 1  # watch 1 stays, for those that change a watch
ASKED = ("watch", "search", "try", "edit 1", "rename 1", "mute 1", "why", "more")
"""What takes words, with the number of a watch where one is asked for."""
LINES = tuple(
    f"/{asked}" for asked in ASKED if asked.split()[0] in {spec.name for spec in COMMANDS}
)

OWN = (
    "", " ", "\t", "\u3000", "\u00a0", "\u200b", "\ufeff", "\u202e", "\x00", "\x1b[31m", "\ud800",
    '"', '""', "“”", "'", "`", "\\", "\\0", "\\ud800", "%", "%s%n", "{}", "{0.__class__}", "${x}",
    "*", "**", "a*", "*a", "-", "--", "- -", "-a", "~", '~""', '~"a b"', "#", "##", "#a", "(", ")",
    "()", "((((((((((((", "a OR", "OR", "NOT", "NOT NOT a", "NEAR", "NEAR/0 a", "a NEAR/99999999 b",
    "a NEAR/٣ b", "AND", "a AND b", "title:", "title:title:a", "lang:", "lang:\U0001f600",
    "since:30d", "since:99999999999d", "before:0000-00-00", "before:9999-12-31", "hs:", "hs:٨٥",
    "eccn:(", "cas:0-0-0", "official:maybe", "source:'; DROP TABLE items; --", "a:b:c", "://",
    "<b>", "</b>", "<script>alert(1)</script>", "&lt;&amp;&#0;", "[a](tg://user?id=1)", "@all",
    "/", "/watch", "/watch /watch a", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "🇪🇺" * 200,
    "e" + "\u0301" * 400, "ﷺ" * 100, "İı", "ß" * 200, "Ω" * 300, "ﬁ", "㌖", "０", "½", "①", "۝",
    "稀" * 499, "稀" * 501, "a" * 500, "a " * 300, "a OR " * 60 + "a", '"' + "a " * 60 + '"',
    "a-" * 200, "1." * 200, "ー" * 50, "・", "ｶﾞ", "\u1100\u1161\u11a8", "\u0e33", "\U000e0041",
    "\U0010ffff", "\ufffe", "NULL", "None", "nan", "1e999", "9" * 400, "-1", "0x0", "٣", "𝟙",
)  # fmt: skip


def corpus() -> list[str]:
    if not CORPUS.exists():
        pytest.skip("the corpus of naughty strings lies beside the project's own machine only")
    strings: list[str] = json.loads(CORPUS.read_text("utf-8"))
    return strings


def test_own_nasty_strings_meet_no_fault(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    type_and_publish(desk, OWN)
    assert complaints(caplog) == []


def test_the_naughty_strings_meet_no_fault(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    strings = corpus()
    assert len(strings) >= 500
    type_and_publish(desk, strings)
    assert complaints(caplog) == []


def type_and_publish(desk: Desk, strings: Sequence[str]) -> None:
    """Each string as each command's words, and as the title and text of what is published."""
    desk.watch("gallium")
    for first in range(0, len(strings), BATCH):
        batch = strings[first : first + BATCH]
        for text in batch:
            for line in LINES:
                ask(desk, f"{line} {text}")
                if desk.last is not None and desk.last.buttons:
                    ask(desk, "/answer save")
        ask(desk, "/watches")
        desk.publish(*published(batch, first))
        ask(desk, "/latest 20")
        ask(desk, "/unwatch 2-999999")


def published(batch: Sequence[str], first: int) -> Iterator[Item]:
    """The items that sources make of the strings, but for those of which nothing is left."""
    for number, text in enumerate(batch, first):
        raw = RawItem(guid=str(number), link=f"/{number}", title=text, text_html=text)
        found = normalise(
            raw, source(), page_url="https://gazette.example/", page_language=None, now=NOW
        )
        if found is not None:
            yield found


def ask(desk: Desk, line: str) -> None:
    """Type a line; whatever the answer, Telegram takes it, and it is no fault."""
    said = desk.say(line)
    assert "a fault of ours" not in said, repr(line)
    assert desk.last is not None
    for part in split(desk.last.body, limit=TELEGRAM_ROOM):
        visible, _entities = parse_html(to_telegram_html(part))
        assert visible.strip() and units(visible) <= TELEGRAM_ROOM, repr(line)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as a warning or worse."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
