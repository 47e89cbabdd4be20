"""How alarms read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.health import NO_ANSWER, Ailment, Bulletin, Complaint, SourceHealth
from bot.domain.ids import SourceId
from bot.rendering.health import (
    HEADLINES,
    HEADLINES_PAST,
    glance,
    render_bulletin,
    span_of,
)
from bot.rendering.plain import to_plain
from bot.rendering.split import TELEGRAM_ROOM, split
from tests.samples import NOW, source

BRUSSELS = "Europe/Brussels"
HOUR = timedelta(hours=1)
SOURCES = {source(f"s{n}").source_id: source(f"s{n}") for n in range(200)}


def ill(
    name: str = "s0", complaint: Complaint = Complaint.UNTITLED, detail: str = ""
) -> SourceHealth:
    ailment = Ailment(
        complaint=complaint,
        detail=detail or "no title of its own in 20 of 20 entries, usually in none",
        since=NOW - HOUR,
        found_at=NOW,
    )
    return SourceHealth(source_id=SourceId(name), ailment=ailment, failing_since=NOW - HOUR)


def healed(complaint: Complaint = Complaint.UNTITLED, **changes: Any) -> SourceHealth:
    health = ill(complaint=complaint)
    return replace(health, ailment=None, past=health.ailment, healed_at=NOW + 2 * HOUR, **changes)


def said(**parts: Any) -> str:
    made = Bulletin(total=50, **parts)
    return to_plain(render_bulletin(made, SOURCES, zone=BRUSSELS, now=NOW))


def test_an_alarm_says_what_since_when_and_what_to_do() -> None:
    assert said(ailing=(ill(),)).splitlines() == [
        "⚠️ S0 lists entries without titles",
        "No title of its own in 20 of 20 entries, usually in none.",
        "Since Thu 8 Oct, 10:00 CEST. You will be told when it is over.",
        "Its page has probably changed. Compare it with what is read, and mend the source: "
        "https://s0.example/feed.xml",
        "What is read now: tidewaiter poll s0",
    ]


@pytest.mark.parametrize("complaint", Complaint)
def test_every_complaint_has_words_for_now_and_for_later(complaint: Complaint) -> None:
    assert HEADLINES[complaint] in said(ailing=(ill(complaint=complaint),))
    assert HEADLINES_PAST[complaint]
    assert "S0" in said(healed=(healed(complaint),))


def test_a_recovery_says_what_it_had_been_and_for_how_long() -> None:
    assert said(healed=(healed(),)) == (
        "✓ S0 is well again: it had listed entries without titles for 3 hours"
    )


def test_what_was_accepted_is_not_called_well() -> None:
    told = said(healed=(healed(is_accepted=True),))
    assert "counts as normal now" in told and "well" not in told


def test_many_alarms_are_a_list_of_bounded_length() -> None:
    many = tuple(ill(f"s{n}") for n in range(100))
    lines = said(ailing=many).splitlines()
    assert lines[0] == "⚠️ 100 sources need a look"
    assert len(lines) == 14
    assert lines[-1] == "… and 88 more: /status"


def test_an_outage_says_that_it_is_hardly_their_fault() -> None:
    down = tuple(
        ill(f"s{n}", Complaint.UNREACHABLE, f"s{n}.example was not found by name")
        for n in range(40)
    )
    told = said(outage=down)
    assert told.startswith("⚠️ 40 of 50 sources have stopped answering")
    assert "look at the network" in told
    assert told.count("was not found by name") == 1


def test_the_end_of_an_outage_names_those_that_still_do_not_answer() -> None:
    told = said(outage_over=(healed(),), outage_left=(ill("s1", Complaint.UNREACHABLE, "404"),))
    assert "1 source answers again" in told
    assert "Still without an answer: 1 source" in told
    assert "S1" in told


def test_what_a_source_says_cannot_break_a_message() -> None:
    hostile = ill(detail="</b>\u202e<a href='x'>" + "y" * 5_000)
    body = render_bulletin(Bulletin(ailing=(hostile,), total=1), SOURCES, zone=BRUSSELS, now=NOW)
    assert len(split(body, limit=TELEGRAM_ROOM)) == 1
    assert "\u202e" not in to_plain(body)


@pytest.mark.parametrize("complaint", Complaint)
def test_a_glance_marks_whether_anything_can_be_read(complaint: Complaint) -> None:
    ailment = ill(complaint=complaint).ailment
    assert ailment is not None
    line = "".join(s.text for s in glance("Gazette", ailment, zone=BRUSSELS, now=NOW))
    assert line.startswith("✗ " if complaint in NO_ANSWER else "⚠ ")
    flapping = glance("Gazette", ailment, zone=BRUSSELS, now=NOW, answers=True)
    assert flapping[0].text.startswith("⚠ ")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=12, hours=5), "12 days"),
    ],
)
def test_a_span_is_told_in_its_leading_unit(span: timedelta, words: str) -> None:
    assert span_of(span) == words
