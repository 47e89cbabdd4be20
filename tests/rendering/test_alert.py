"""An alert says what, whence, when, the sentence that matters, why, and where to read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.item import Item, Precision
from bot.domain.match import Hit, Part
from bot.domain.richtext import RichText
from bot.matching.engine import evaluate
from bot.matching.query import parse
from bot.matching.tokens import analyse
from bot.rendering.alert import MatchedWatch, render_alert
from bot.rendering.plain import to_plain
from tests.samples import NOW, item

NOTICE = item(
    "Ministry widens controls on magnets",
    source_name="Trade Gazette",
    text="The ministry met on Thursday. Rare earths now need a licence. Nothing else changed.",
    url="https://www.gazette.example/notices/61",
    published_at=NOW - timedelta(hours=1),
    precision=Precision.INSTANT,
)


def alert(notice: Item, *queries: str) -> RichText:
    document = analyse(notice.title, notice.text, notice.language)
    watches = [
        MatchedWatch(number=number, text=text, hits=evaluate(parse(text), document) or ())
        for number, text in enumerate(queries, 1)
    ]
    assert all(watch.hits for watch in watches)
    return render_alert(notice, watches, zone="Europe/Brussels", now=NOW)


def bolds(body: RichText) -> list[str]:
    return [span.text for line in body.lines for span in line if span.bold]


def test_it_says_everything_that_a_desk_asks() -> None:
    assert to_plain(alert(NOTICE, "rare earths")).split("\n") == [
        "📜 Ministry widens controls on magnets",
        "Trade Gazette · official · Thu 8 Oct, 10:00 CEST · English",
        "The ministry met on Thursday.",
        "Rare earths now need a licence.",
        "🔔 Watch 1 rare earths · found “Rare earths”",
        "🔗 https://www.gazette.example/notices/61",
    ]


def test_the_matched_words_are_bold() -> None:
    assert bolds(alert(NOTICE, "licence")) == [NOTICE.title, "licence", "licence"]


def test_every_watch_that_matched_is_named_once() -> None:
    lines = to_plain(alert(NOTICE, "rare earths", "ministry")).split("\n")
    assert [line for line in lines if line.startswith("🔔")] == [
        "🔔 Watch 1 rare earths · found “Rare earths”",
        "🔔 Watch 2 ministry · found “Ministry”",
    ]


def test_the_press_is_marked_as_press() -> None:
    first, second, *_ = to_plain(alert(replace(NOTICE, is_official=False), "magnets")).split("\n")
    assert first.startswith("📰") and " · press · " in second


def test_what_nobody_has_said_to_be_official_or_press_is_shown_as_neither() -> None:
    first, second, *_ = to_plain(alert(replace(NOTICE, is_official=None), "magnets")).split("\n")
    assert first.startswith("📄")
    assert "press" not in second and "official" not in second


def test_a_sample_says_so_first() -> None:
    assert to_plain(alert(replace(NOTICE, is_sample=True), "magnets")).startswith("SAMPLE")


def test_a_link_is_shown_by_its_host() -> None:
    last = alert(NOTICE, "magnets").lines[-1][-1]
    assert (last.text, last.url) == ("www.gazette.example", NOTICE.url)


def test_an_item_without_a_link_or_date_still_makes_an_alert() -> None:
    bare = replace(
        NOTICE, url="", published_at=None, precision=Precision.NONE, language=None, text=""
    )
    assert to_plain(alert(bare, "magnets")).split("\n") == [
        "📜 Ministry widens controls on magnets",
        "Trade Gazette · official · seen Thu 8 Oct, 11:00 CEST",
        "🔔 Watch 1 magnets · found “magnets”",
    ]


@given(st.text(max_size=400), st.text(max_size=60), st.data())
def test_no_text_breaks_an_alert(words: str, title: str, data: st.DataObject) -> None:
    notice = replace(NOTICE, title=title, text=words)
    places = st.integers(0, max(0, len(words) - 1))
    start = data.draw(places)
    hits = (Hit(Part.TEXT, start, min(len(words), start + 5), "x"),) if words else ()
    watch = MatchedWatch(number=1, text="x", hits=hits)
    body = render_alert(notice, [watch], zone="Europe/Brussels", now=NOW)
    assert all("\n" not in span.text for line in body.lines for span in line)
    assert "Trade Gazette" in to_plain(body)
