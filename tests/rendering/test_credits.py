"""A credit line is shown where a publisher's terms ask for it: last, once, and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digest import Digest, DigestEntry, DigestGroup
from bot.domain.fetch import Fetched, Read
from bot.domain.item import Item
from bot.domain.match import Hit, Part
from bot.domain.richtext import RichText
from bot.rendering.alert import MatchedWatch, render_alert
from bot.rendering.digest import render_digest
from bot.rendering.items import ListedItem, render_items
from bot.rendering.parts import credits_of
from bot.rendering.plain import to_plain
from bot.rendering.telegram_html import to_telegram_html
from bot.sources.read import read_body
from tests.desk import Desk, wait
from tests.pipeline.outbox import alerts
from tests.samples import NOW, active, item, source

EU, UK = "© European Union, CC BY 4.0", "Open Government Licence v3.0"
FEED = (
    b"<rss version='2.0'><channel><title>T</title><item><title>Gallium licences</title>"
    b"<link>https://gazette.example/1</link></item></channel></rss>"
)


def alert(notice: Item) -> RichText:
    watch = MatchedWatch(number=1, text="notice", hits=(Hit(Part.TITLE, 0, 6, "notice"),))
    return render_alert(notice, [watch], zone="Europe/Brussels", now=NOW)


def listed(*items: Item, more: str | None = None) -> list[str]:
    entries = [ListedItem(item=each) for each in items]
    body = render_items(
        "The latest", entries, zone="Europe/Brussels", now=NOW, empty="Nothing.", more=more
    )
    return to_plain(body).split("\n")


def test_an_alert_ends_with_the_credit_below_its_link() -> None:
    lines = to_plain(alert(item(credit=EU))).split("\n")
    assert lines[-2:] == ["🔗 https://gazette.example/1", EU]


def test_the_credit_is_quiet() -> None:
    (span,) = alert(item(credit=EU)).lines[-1]
    assert span.italic and not span.bold
    assert to_telegram_html(alert(item(credit=EU))).endswith(f"\n<i>{EU}</i>")


def test_an_alert_of_a_publisher_that_asks_for_none_has_none() -> None:
    assert to_plain(alert(item())).endswith("🔗 https://gazette.example/1")


def test_a_list_names_each_credit_once_at_its_end() -> None:
    items = [item("First", credit=EU), item("Second", credit=UK), item("Third", credit=EU)]
    lines = listed(*items, item("Fourth"), more="There is more.")
    assert lines[-4:] == ["", "There is more.", "", f"{EU} · {UK}"]
    assert "".join(lines).count(EU) == 1


def test_a_list_without_credits_ends_as_it_did() -> None:
    assert listed(item())[-1] == "🔗 https://gazette.example/1"
    assert listed() == ["Nothing."]


def test_a_digest_credits_what_it_shows_and_no_more() -> None:
    entries = [DigestEntry(item=item(f"N {n}", credit=UK), hits=()) for n in range(15)]
    hidden = DigestEntry(item=item("Hidden", credit=EU), hits=())
    group = DigestGroup(watch=active("gallium").watch, entries=(*entries, hidden))
    digest = Digest(covers_from=NOW - timedelta(days=1), covers_until=NOW, groups=(group,))
    said = to_plain(render_digest(digest, zone="Europe/Brussels", now=NOW))
    assert said.endswith(f"\n\n{UK}")
    assert EU not in said


@given(st.lists(st.text(max_size=30), max_size=6))
def test_every_credit_is_named_and_stays_on_one_line(said: list[str]) -> None:
    line = credits_of(item(credit=each) for each in said)
    if not any(said):
        assert line is None
        return
    assert line is not None
    text = "".join(span.text for span in line)
    assert "\n" not in text and "\r" not in text
    assert text.count(" · ") >= len({each for each in said if each}) - 1


def test_the_credit_of_a_source_reaches_its_items_alerts_and_the_archive(tmp_path: Path) -> None:
    crediting = source(credit=EU)
    outcome = read_body(crediting, Fetched(body=FEED), NOW)
    assert isinstance(outcome, Read)
    assert [each.credit for each in outcome.items] == [EU]
    desk = Desk(tmp_path)
    desk.say("/start")
    desk.watch("gallium")
    desk.publish(*outcome.items)
    (told,) = alerts(desk.store.path)
    assert told.endswith(EU)
    assert EU not in desk.say("/latest")  # the desk's own catalogue knows of none
    wait(desk.store.save_catalogue([crediting], desk.clock.now()))
    assert desk.say("/latest").endswith(EU)
    assert desk.say("/search gallium").endswith(EU)
    desk.close()
