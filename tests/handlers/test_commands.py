"""One table feeds help, menu and dispatch; every command answers whatever is typed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import handlers.commands as table
from bot.domain.chat import ChatKind
from bot.domain.fetch import Fetched, FetchOutcome, FetchRequest
from bot.domain.ids import ChatId
from bot.domain.question import Question, Topic
from bot.sources.catalogue import load_catalogue
from handlers.commands import COMMANDS, no_command
from handlers.model import Command, Context, Reply, Spec
from tests.desk import Desk, wait
from tests.samples import NOW, item


class Anywhere:
    """A publisher with a feed at whatever address."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        feed = '{"version":"https://jsonfeed.org/version/1.1","title":"News","items":[]}'
        return Fetched(body=feed.encode(), final_url=request.source.url)


def question(chat_id: ChatId, topic: Topic, **about: object) -> Question:
    return Question(
        code="k7m2xqp",
        chat_id=chat_id,
        topic=topic,
        about=json.dumps(about),
        asked_by="Ada",
        asked_at=NOW - timedelta(days=1),
    )


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_each_command_fits_telegrams_menu(spec: Spec) -> None:
    assert spec.name.isascii() and spec.name.islower() and len(spec.name) <= 32
    assert 3 <= len(spec.summary) <= 256 and not spec.summary.endswith(".")
    assert spec.usage.split()[0] == f"/{spec.name}"


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_each_example_works(tmp_path: Path, spec: Spec) -> None:
    desk = Desk(tmp_path, catalogue=load_catalogue(None), fetcher=Anywhere())
    desk.say("/start")
    desk.watch("one")
    desk.watch("two")
    if spec.name == "addsource":
        desk.say("/removesource global-times")
        desk.press("remove")
    here = desk.chat().chat_id
    if spec.name == "answer":
        wait(desk.store.ask(question(here, Topic.WATCH, text="gallium", use="", number=None)))
        desk.say("/watch tin")
    if spec.name == "more":
        about = {"query": "gallium", "count": 20, "is_estimate": False, "is_least": False}
        wait(desk.store.ask(question(here, Topic.SEARCH, **about)))
    if spec.name == "why":
        desk.publish(item("One notice"), item("Two notices", guid="2", url="", canonical_url=None))
    if spec.name == "unmute":
        desk.say("/mute 2 8h")
    for example in spec.examples:
        desk.say(example)
        assert not desk.was_refused, example
    desk.close()


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_help_knows_each_command(desk: Desk, spec: Spec) -> None:
    assert (f"{spec.usage} — {spec.summary}" in desk.say("/help")) is spec.is_listed
    detail = desk.say(f"/help /{spec.name}")
    assert all(example in detail for example in spec.examples)


def test_a_misspelt_command_is_guessed(desk: Desk) -> None:
    assert "Did you mean /watch?" in desk.say("/wach gallium")
    assert desk.was_refused


def test_help_on_what_does_not_exist_is_refused(desk: Desk) -> None:
    assert "no command “dance”" in desk.say("/help dance")
    assert desk.was_refused


def test_a_fault_of_ours_is_told_without_its_insides(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_context: Context, _command: Command) -> Reply:
        raise ZeroDivisionError("the secret inside")

    status = next(spec for spec in COMMANDS if spec.name == "status")
    monkeypatch.setitem(table._BY_NAME, "status", replace(status, run=broken))
    said = desk.say("/status")
    assert desk.was_refused
    assert "fault of ours" in said and "secret" not in said
    assert "ZeroDivisionError" in caplog.text


def test_plain_words_get_a_hint_in_private_and_silence_in_company() -> None:
    hint = no_command(ChatKind.PRIVATE)
    assert hint is not None and hint.is_error
    assert no_command(ChatKind.SUPERGROUP) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([spec.name for spec in COMMANDS] + ["nonsense"]),
    st.text(max_size=80) | st.text(alphabet='"()-# *ORNOT稀a1:', max_size=60),
)
def test_any_text_gets_an_answer(desk: Desk, name: str, args: str) -> None:
    assert desk.say(f"/{name} {args}").strip()
    assert "fault of ours" not in desk.say(f"/{name} {args}")
