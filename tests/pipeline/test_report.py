"""A pass says which sources answered, which did not, and why; one reason is told once."""

from __future__ import annotations

from bot.domain.plan import Applied
from bot.pipeline.poll import PollResult
from bot.pipeline.report import describe_pass, poll_json, poll_line
from bot.rendering.plain import to_plain
from tests.samples import source


def result(source_id: str, outcome: str = "fetched", detail: str = "") -> PollResult:
    return PollResult(
        source=source(source_id),
        outcome=outcome,
        detail=detail,
        items=7,
        applied=Applied(new_items=2, messages=1),
        seconds=0.25,
        is_first=False,
    )


def told(*results: PollResult) -> list[str]:
    return to_plain(describe_pass(results)).split("\n")


def test_answers_come_by_name_with_what_they_brought() -> None:
    assert told(result("herald"), result("gazette", "unchanged"))[:3] == [
        "2 of 2 sources answered.",
        "✓ Gazette: nothing new",
        "✓ Herald: 7 items, 2 new, 1 alert",
    ]


def test_a_silent_source_tells_why() -> None:
    lines = told(result("gazette"), result("herald", "blocked", "herald.example answered 403."))
    assert lines[0] == "1 of 2 sources answered."
    assert "✗ Herald · blocked: herald.example answered 403." in lines


def test_many_with_one_reason_share_its_line_and_are_all_named() -> None:
    lines = told(*[result(n, "failed", f"{n}.example was not found.") for n in ("a", "b", "c")])
    assert "✗ 3 sources · failed: the host was not found." in lines
    assert "  A; B; C" in lines


def test_a_shared_reason_begins_its_second_sentence_with_a_capital() -> None:
    reason = "Nothing of {0} may be read. {0} was not found."
    lines = told(*[result(n, "failed", reason.format(f"{n}.example")) for n in ("a", "b", "c")])
    shown = "Nothing of the host may be read. The host was not found."
    assert f"✗ 3 sources · failed: {shown}" in lines


def test_the_json_says_the_same() -> None:
    assert poll_json(result("herald")) == {
        "source": "herald",
        "name": "Herald",
        "outcome": "fetched",
        "detail": "",
        "items": 7,
        "new": 2,
        "matches": 0,
        "messages": 1,
        "first": False,
        "gap": False,
        "seconds": 0.25,
    }
    assert poll_line(result("herald")).startswith("✓ herald ")
