"""A digest is grouped by watch, short, and says in one line that nothing matched."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.digest import Digest, DigestEntry, DigestGroup
from bot.domain.item import Precision
from bot.rendering.digest import render_digest
from bot.rendering.plain import to_plain
from tests.samples import NOW, active, item


def entry(n: int, *also: int) -> DigestEntry:
    notice = item(
        f"Notice {n}",
        url=f"https://gazette.example/{n}",
        published_at=NOW - timedelta(hours=n),
        precision=Precision.INSTANT,
    )
    return DigestEntry(
        item=notice, hits=(), also=tuple(active("other", number).watch for number in also)
    )


def shown(*groups: DigestGroup) -> list[str]:
    digest = Digest(covers_from=NOW - timedelta(days=1), covers_until=NOW, groups=groups)
    return to_plain(render_digest(digest, zone="Europe/Brussels", now=NOW)).split("\n")


def group(number: int, text: str, *entries: DigestEntry) -> DigestGroup:
    return DigestGroup(watch=active(text, number).watch, entries=entries)


def test_watches_head_their_publications() -> None:
    assert shown(group(1, "rare earths", entry(1), entry(2, 2)), group(2, "Nexperia")) == [
        "🌊 Digest · Thu 8 Oct",
        "2 publications since Wed 7 Oct, 11:00 CEST",
        "",
        "🔔 1. rare earths · 2",
        "📜 Notice 1",
        "   Gazette · Thu 8 Oct, 10:00 CEST · https://gazette.example/1",
        "📜 Notice 2",
        "   Gazette · Thu 8 Oct, 09:00 CEST · https://gazette.example/2 · also watch 2",
        "",
        "Nothing new on: Nexperia",
    ]


def test_nothing_matched_takes_one_line() -> None:
    assert shown(group(1, "rare earths"), group(2, "Nexperia")) == [
        "🌊 Digest · Thu 8 Oct",
        "Nothing matched any of your 2 watches since Wed 7 Oct, 11:00 CEST.",
    ]


def test_a_chat_without_watches_is_told_how_to_set_one() -> None:
    assert shown()[1] == "This chat has no watch yet. Set one: /watch rare earths"


def test_a_flood_is_cut_and_says_where_the_rest_is() -> None:
    lines = shown(group(1, "gallium", *[entry(n) for n in range(40)]))
    assert sum(line.startswith("📜") for line in lines) == 15
    assert lines[-1] == "… and 25 more: /search gallium"


def test_a_long_watch_with_nothing_new_is_cut() -> None:
    long = " OR ".join(f"metal{n}" for n in range(40))
    last = shown(group(1, "gallium", entry(1)), group(2, long), group(3, "tin"))[-1]
    assert last.startswith("Nothing new on: metal0 OR metal1") and last.endswith("…, tin")
    assert len(last) < 90
