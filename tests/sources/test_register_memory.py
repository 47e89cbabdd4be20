"""No list takes more than 150 MB to read, however it is made: measured in a process of its own.

The bodies are as long as may be fetched, and of each of the things that a reader keeps.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.sources.fetch import FetchLimits

MOST = 150_000_000
ROOT = Path(__file__).parents[2]
LONGEST = FetchLimits().max_register_bytes

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="memory is measured by Linux's /proc"
)

PROGRAM = """
import json, sys
from pathlib import Path
from bot.domain.fetch import OUTCOME_NAMES, Fetched
from bot.domain.source import RegisterFormat, RegisterShape, SourceKind
from bot.sources.read import read_body
from tests.samples import NOW, source
from tests.sources.measured import begin, memory

FORMAT = RegisterFormat(sys.argv[1])
SHAPE = RegisterShape(
    format=FORMAT, entry="" if FORMAT == "csv" else "e" if FORMAT == "xml" else "tr",
    columns=() if FORMAT == "xml" else ("id", "name", "note"),
    key=("@id",) if FORMAT == "xml" else ("id",), name=("n",) if FORMAT == "xml" else ("name",),
)
LISTED = source(kind=SourceKind.REGISTER, shape=SHAPE)
read_body(LISTED, Fetched(body=b"1,A" if FORMAT == "csv" else b"<l><e id='1'/></l>"), NOW)
body = sys.stdin.buffer.read()
base = begin() - len(body)
outcome = read_body(LISTED, Fetched(body=body), NOW)
detail = getattr(outcome, "detail", "")
print(json.dumps([memory("VmHWM") - base, OUTCOME_NAMES[type(outcome)], detail]))
"""


def filled(unit: Callable[[int], bytes], head: bytes = b"", tail: bytes = b"") -> bytes:
    """As many units, each told its number, as may be fetched."""
    parts, length, number = [head], len(head) + len(tail), 0
    while True:
        part = unit(number)
        length += len(part)
        if length > LONGEST:
            return b"".join((*parts, tail))
        parts.append(part)
        number += 1


BODIES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "short records": ("csv", lambda: filled(lambda n: b"%d\n" % n)),
    "long records": ("csv", lambda: filled(lambda n: b"%d," % n + b"x" * 100_000 + b"\n")),
    "records of 60 characters": ("csv", lambda: filled(lambda n: b"%d,%060d\n" % (n, n))),
    "letters that grow": ("csv", lambda: filled(lambda n: b"%d," % n + b"\xe9" * 5_000 + b"\n")),
    "records of one entry": ("csv", lambda: filled(lambda n: b"1,A,%d\n" % n)),
    "names of one entry": ("csv", lambda: filled(lambda n: b"1,%d\n" % n)),
    "records without a key": ("csv", lambda: filled(lambda n: b",\n" * 1_000)),
    "many columns": ("csv", lambda: filled(lambda n: b"%d" % n + b"," * 990 + b"\n")),
    "one line": ("csv", lambda: b"1," * (LONGEST // 2)),
    "short entries": ("xml", lambda: filled(lambda n: b"<e id='%d'/>" % n, b"<l>", b"</l>")),
    "long entries": (
        "xml",
        lambda: filled(
            lambda n: b"<e id='%d'>" % n + b"\xd0\x96" * 400_000 + b"</e>", b"<l>", b"</l>"
        ),
    ),
    "entries of many parts": (
        "xml",
        lambda: filled(
            lambda n: b"<e id='%d'>" % n + b"<a><b>x</b></a>" * 4_000 + b"</e>", b"<l>", b"</l>"
        ),
    ),
    "names of elements": ("xml", lambda: filled(lambda n: b"<a%d/>" % n, b"<l>", b"</l>")),
    "text outside entries": ("xml", lambda: filled(lambda n: b"x" * 1_000, b"<l>", b"</l>")),
    "one tag": ("xml", lambda: filled(lambda n: b"x" * 1_000, b"<l a='", b"'/>")),
    "one comment": ("xml", lambda: filled(lambda n: b"x" * 1_000, b"<l><!--", b"--></l>")),
    "cells": ("html-table", lambda: filled(lambda n: b"<tr><td>%d<td>x" % n, b"<table>")),
}


@pytest.mark.parametrize(("written", "body"), BODIES.values(), ids=BODIES.keys())
def test_the_reading_of_no_list_takes_more_than_150_mb(
    written: str, body: Callable[[], bytes]
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, written],
        input=body(),
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    taken, outcome, detail = json.loads(done.stdout)
    print(f"{taken / 1e6:.0f} MB", outcome, detail)
    assert taken < MOST, (outcome, detail)
