"""The figures are Prometheus text, the same families at all times, with labels of ours only."""

from __future__ import annotations

import re

from bot.domain.plan import OutboxCounts
from bot.domain.vitals import Census, Tick, Vitals
from bot.upkeep.exposition import exposition
from bot.upkeep.meters import BOUNDS, Meters

VITALS = Vitals(
    ticks=(Tick(name="poll", age=0.25, limit=60.0),),
    written_age=3.0,
    due_age=7.5,
    heard_age=12.0,
    canary_age=60.0,
)
CENSUS = Census(
    outbox=OutboxCounts(queued=2, sent=5, failed=1),
    outcomes={"fetched": 30, "": 2},
    complaints={"silent": 1},
)
_SAMPLE = re.compile(
    r"(tidewaiter_[a-z_]+)(\{([a-z_]+)=\"((?:[^\"\\\n]|\\[\\\"n])*)\"\})? (-?[0-9.e+]+)"
)


def read(text: str) -> dict[tuple[str, str], float]:
    """The samples by name and label; every line must be of the format, under its own heading."""
    assert text.endswith("\n")
    found: dict[tuple[str, str], float] = {}
    family = ""
    seen: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert family not in seen, "one family, one place"
            seen.add(family)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name == family and kind in {"counter", "gauge", "histogram"}
            assert kind != "counter" or name.endswith("_total")
        else:
            sample = _SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert sample[1].removesuffix("_bucket").removesuffix("_sum").removesuffix(
                "_count"
            ) in {family, family.removesuffix("_count")}
            key = (sample[1].removeprefix("tidewaiter_"), sample[4] or "")
            assert key not in found
            found[key] = float(sample[5])
    return found


def shown(meters: Meters, census: Census | None = CENSUS) -> dict[tuple[str, str], float]:
    return read(
        exposition(meters, VITALS, census, version="1.2.3", is_well=True, backup_at=1_795_000_000.5)
    )


def test_what_was_counted_is_shown() -> None:
    meters = Meters(items=4, matches=3, messages=2, throttled=1)
    meters.polls["fetched"] += 2
    meters.settled["sent"] += 1
    for seconds in (0.05, 0.7, 900.0, -5.0):
        meters.poll_seconds.add(seconds)
    found = shown(meters)
    expected = {
        ("build_info", "1.2.3"): 1,
        ("up_and_well", ""): 1,
        ("polls_total", "fetched"): 2,
        ("polls_total", "blocked"): 0,
        ("items_total", ""): 4,
        ("matches_total", ""): 3,
        ("alerts_total", ""): 2,
        ("throttled_total", ""): 1,
        ("settled_total", "sent"): 1,
        ("poll_seconds_bucket", "0.1"): 2,
        ("poll_seconds_bucket", "1"): 3,
        ("poll_seconds_bucket", "+Inf"): 4,
        ("poll_seconds_count", ""): 4,
        ("poll_seconds_sum", ""): 900.75,
        ("tick_age_seconds", "poll"): 0.25,
        ("outbox_due_age_seconds", ""): 7.5,
        ("outbox_messages", "queued"): 2,
        ("outbox_messages", "uncertain"): 0,
        ("sources", "fetched"): 30,
        ("sources", "new"): 2,
        ("ailing_sources", "silent"): 1,
        ("backup_timestamp_seconds", ""): 1_795_000_000,
    }
    assert expected.items() <= found.items()


def test_where_the_database_does_not_answer_the_rest_is_shown() -> None:
    without = shown(Meters(), None)
    assert ("polls_total", "failed") in without
    assert not any(name == "outbox_messages" for name, _ in without)


def test_a_hostile_word_cannot_break_a_line() -> None:
    meters = Meters()
    meters.polls['a"} 1\n\\evil'] += 1
    assert shown(meters)["polls_total", 'a\\"} 1\\n\\\\evil'] == 1


def test_the_classes_of_durations_hold_those_before_them() -> None:
    meters = Meters()
    for seconds in (0.01, 0.2, 3, 8, 100):
        meters.poll_seconds.add(seconds)
    found = shown(meters)
    counts = [found["poll_seconds_bucket", f"{bound:g}"] for bound in BOUNDS]
    assert counts == sorted(counts)
