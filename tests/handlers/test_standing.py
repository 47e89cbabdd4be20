"""Official, press, or neither claimed: a source of the desk's own says so or nothing is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.doctor import source_json, source_line
from bot.domain.source import Source
from bot.pipeline.ingest import Ingest
from bot.rendering.parts import origin
from bot.sources.catalogue import load_catalogue
from tests.desk import Desk
from tests.fakes.clock import START
from tests.pipeline.test_poll import house
from tests.samples import NOW, item, source, state

OWN = '[[source]]\nid = "gazette"\nurl = "https://gazette.example/feed.xml"\n'


@pytest.mark.parametrize(
    ("line", "official"), [("", None), ("official = true\n", True), ("official = false\n", False)]
)
def test_a_source_of_one_s_own_claims_what_its_table_says(
    tmp_path: Path, line: str, official: bool | None
) -> None:
    for head in ("", 'extends = "built-in"\n'):
        path = tmp_path / "sources.toml"
        path.write_text(head + OWN + line, "utf-8")
        (own,) = [each for each in load_catalogue(path) if each.source_id == "gazette"]
        assert own.is_official is official


def test_a_source_of_the_built_in_catalogue_keeps_its_standing(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    tables = ['id = "merics"\nevery = "1h"', 'id = "wto-news"\nevery = "1h"']
    head = 'extends = "built-in"\n'
    path.write_text(head + "".join(f"[[source]]\n{each}\n" for each in tables), "utf-8")
    known = {str(each.source_id): each for each in load_catalogue(path)}
    assert (known["merics"].is_official, known["wto-news"].is_official) == (False, True)


@pytest.mark.parametrize("official", [True, False, None])
def test_the_chat_and_the_command_line_show_what_is_claimed(
    tmp_path: Path, official: bool | None
) -> None:
    own: Source = source(is_official=official)
    desk = Desk(tmp_path, catalogue=[own])
    try:
        desk.say("/start")
        said = desk.say("/source gazette")
        assert ("official ·" in said, "press ·" in said) == (official is True, official is False)
    finally:
        desk.close()
    line = source_line(own, None, START)
    assert (" official " in line, " press " in line) == (official is True, official is False)
    assert source_json(own, None)["official"] is official
    said = origin(item(is_official=official), "UTC", NOW)
    assert ("official" in said, "press" in said) == (official is True, official is False)


@pytest.mark.parametrize("official", [True, False, None])
def test_the_archive_keeps_what_is_claimed(tmp_path: Path, official: bool | None) -> None:
    own = source(is_official=official)

    async def story() -> None:
        async with house(tmp_path, own) as living:
            found = item(is_official=official)
            await Ingest(living.store).take([found], state(), is_quiet=True, now=NOW)
            (kept,) = await living.store.latest_items(1)
            assert kept.item.is_official is official

    asyncio.run(story())
