"""How often a query finds what it should, and what it should not, in ten languages.

`python -m tests.matching.test_accuracy` prints the table and the failures of the tuned part;
with --held those of the part that nobody tunes by.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

import pytest

from tests.matching.labelled import LANGUAGES, PARTS, Answered, Case, ask, cases

MIN_RECALL = 0.97
MAX_FALSE_HITS = 0.01
"""Of the held part, loose mode apart (issue 4)."""


def recall(answered: tuple[Answered, ...]) -> float:
    """The share found of what should be."""
    return _share([each.matched for each in answered if each.case.matches])


def false_hits(answered: tuple[Answered, ...]) -> float:
    """The share found of what should not be."""
    return _share([each.matched for each in answered if not each.case.matches])


def _share(found: list[bool]) -> float:
    return sum(found) / len(found) if found else 0.0


def table() -> str:
    """Recall and false hits by language and part, with the unknown concepts below."""
    lines = ["language  " + "".join(f"{part:>8}  recall  false hits" for part in PARTS)]
    by_part = {part: ask(cases(part)) for part in PARTS}
    for language in (*LANGUAGES, "all"):
        line = f"{language:<10}"
        for answered in by_part.values():
            of = tuple(each for each in answered if language in {each.case.file, "all"})
            line += f"{len(of):>8}  {recall(of):>6.1%}  {false_hits(of):>10.1%}"
        lines.append(line)
    unknown = Counter(case.query for case in unknown_cases())
    if unknown:
        names = ", ".join(f"{query} ({number})" for query, number in sorted(unknown.items()))
        lines.append(f"left out, no such concept: {unknown.total()} cases: {names}")
    return "\n".join(lines)


def failures(part: str) -> str:
    """What is missed and what is found wrongly, a case a line."""
    return "\n".join(
        f"{'found ' if each.matched else 'missed'}  {each.case.file:<8}{each.case.query}  |  "
        f"{each.case.text}  |  {each.case.why}  |  {each.reason}"
        for each in ask(cases(part))
        if not each.is_right
    )


def unknown_cases() -> tuple[Case, ...]:
    """Those of both parts that ask for a concept which does not exist."""
    return tuple(case for part in PARTS for case in cases(part) if not case.is_known)


def test_the_held_part_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{table()}")
    found = recall(ask(cases("held")))
    assert found >= MIN_RECALL, f"recall {found:.1%}"


@pytest.mark.xfail(reason="5.1 % of the look-alikes are found, 1 % is promised", strict=True)
def test_the_lookalikes_of_the_held_part_are_not_found() -> None:
    found = false_hits(ask(cases("held")))
    assert found <= MAX_FALSE_HITS, f"false hits {found:.1%}"


def test_every_concept_that_is_asked_for_exists() -> None:
    assert not {case.query for case in unknown_cases()}


def main() -> None:
    """Print the table and the failures of one part."""
    parser = argparse.ArgumentParser(description="How accurate are the queries?")
    parser.add_argument("--held", action="store_true", help="the failures of the held part")
    part = "held" if parser.parse_args().held else "tuned"
    sys.stdout.write(f"{table()}\n\n{failures(part)}\n")


if __name__ == "__main__":
    main()
