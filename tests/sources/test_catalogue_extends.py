"""A desk's own file adds to the catalogue, overrides it, switches off, or stands in its place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.source import JsonShape, ListShape, Source, SourceKind, SourceStatus
from bot.errors import CatalogueError
from bot.sources.catalogue import load_catalogue, parse_catalogue

BUILT_INS = load_catalogue(None)
IDS = [str(each.source_id) for each in BUILT_INS]
EXTENDS = 'extends = "built-in"\n'
OWN = '[[source]]\nid = "intranet"\nurl = "http://intranet.example/feed"\n'


def extended(text: str) -> dict[str, Source]:
    return {str(each.source_id): each for each in parse_catalogue(EXTENDS + text, "desk.toml")}


def test_a_file_that_says_nothing_more_stands_in_place_of_the_built_in_one(tmp_path: Path) -> None:
    """So that a desk that lists three sources polls three, and nobody else is asked."""
    path = tmp_path / "desk.toml"
    path.write_text(OWN, "utf-8")
    assert [each.source_id for each in load_catalogue(path)] == ["intranet"]


def test_a_file_that_extends_adds_its_sources_after_the_built_in_ones() -> None:
    assert list(extended(OWN)) == [*IDS, "intranet"]


def test_a_file_that_only_extends_is_the_built_in_one() -> None:
    assert parse_catalogue(EXTENDS, "desk.toml") == BUILT_INS


def test_a_table_with_a_known_id_gives_its_keys_anew_and_leaves_the_others() -> None:
    found = extended('[[source]]\nid = "wto-news"\nevery = "1h"\nname = "WTO"\n')
    before = next(each for each in BUILT_INS if each.source_id == "wto-news")
    after = found["wto-news"]
    assert (after.every, after.name) == (timedelta(hours=1), "WTO")
    assert (after.url, after.zone, after.evidence) == (before.url, before.zone, before.evidence)
    assert list(found) == IDS


def test_what_needs_a_browser_can_be_declared_ready() -> None:
    found = extended('[[source]]\nid = "eu-council-press"\nstatus = "ready"\n')
    assert found["eu-council-press"].status is SourceStatus.READY


def test_a_source_is_switched_off() -> None:
    found = extended(
        '[[source]]\nid = "global-times"\noff = true\n[[source]]\nid = "gdelt"\noff = true'
    )
    assert list(found) == [each for each in IDS if each not in {"global-times", "gdelt"}]


def test_off_can_be_taken_back_by_one_word() -> None:
    assert list(extended('[[source]]\nid = "gdelt"\noff = false\n')) == IDS


def test_a_file_of_its_own_may_switch_off_what_it_lists() -> None:
    text = f'{OWN}off = true\n[[source]]\nid = "b"\nurl = "https://b.example/"'
    assert [each.source_id for each in parse_catalogue(text, "desk.toml")] == ["b"]


def test_a_shape_is_given_anew_as_a_whole() -> None:
    text = (
        '[[source]]\nid = "cn-mofcom-policy"\n'
        'shape = { entry = "li.new", json_path = "data.html" }\n'
    )
    shape = extended(text)["cn-mofcom-policy"].shape
    assert shape == ListShape(entry="li.new", json_path="data.html")


def test_a_shape_does_not_outlive_its_kind() -> None:
    text = (
        '[[source]]\nid = "cn-mofcom-policy"\nkind = "json-list"\n'
        'shape = { entries = "rows", title = "t" }\n'
    )
    assert extended(text)["cn-mofcom-policy"].shape == JsonShape(entries="rows", title="t")
    as_feed = extended('[[source]]\nid = "cn-mofcom-policy"\nkind = "feed"\n')["cn-mofcom-policy"]
    assert (as_feed.kind, as_feed.shape) == (SourceKind.FEED, None)
    with pytest.raises(CatalogueError, match="shape: a source of kind 'json-list' needs one"):
        extended('[[source]]\nid = "cn-mofcom-policy"\nkind = "json-list"\n')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "builtin"\n' + OWN, "extends is 'builtin', and only extends = \"built-in\""),
        ("extends = true\n" + OWN, "extends is True"),
        ('extend = "built-in"\n' + OWN, "Did you mean extends?"),
        (EXTENDS + '[[source]]\nid = "wto-new"\nevery = "1h"', "Did you mean wto-news. Example"),
        (EXTENDS + '[[source]]\nid = "wto-new"\noff = true', "has no 'wto-new' to switch off"),
        (EXTENDS + '[[source]]\nid = "wto-news"\noff = "yes"', "off: it must be true or false"),
        (EXTENDS + '[[source]]\nid = "wto-news"\nevery = "often"', "'wto-news': every: 'often'"),
        (EXTENDS + '[[source]]\nid = "wto-news"\noff = true\n' * 2, "used twice"),
        (EXTENDS + "source = [1]", "number 1 is no [[source]] table"),
        (OWN + "off = true", "every source is off"),
        (OWN + EXTENDS, "extends: it belongs above the first [[source]]"),
    ],
)
def test_a_mistake_in_it_is_named_with_its_mend(text: str, said: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(text, "desk.toml")
    assert str(caught.value).startswith("desk.toml: ")
    assert said in str(caught.value)


@given(st.sets(st.sampled_from(IDS), max_size=len(IDS) - 1))
def test_what_is_off_is_gone_and_all_else_is_as_it_was(off: set[str]) -> None:
    text = "".join(f'[[source]]\nid = "{each}"\noff = true\n' for each in sorted(off))
    kept = parse_catalogue(EXTENDS + text, "desk.toml")
    assert kept == tuple(each for each in BUILT_INS if each.source_id not in off)
