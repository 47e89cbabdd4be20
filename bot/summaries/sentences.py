"""Where sentences begin and end, in the languages that desks read. Pure.

A stop ends a sentence where what follows can begin one; a stop within a number, after an initial
or after a known abbreviation does not. Chinese and Japanese stops always end one. A line break
does too: official texts are lists of statements. The rules are ours because the library that we
measured best (docs/adr/0006-sentences.md) ships for a few machines only, and weighs 42 MB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STOP = re.compile(
    r"(?P<wide>[。！？｡]+[”’」』）)]*)"
    # from the first mark of a run only, so that a line of dots is looked at once
    r"|(?P<narrow>(?<![.!?…])[.!?…]++[\"'”’»)\]]*+)(?=\s|$|[\u3400-\u9fff])"
    r"|(?P<line>\s*\n\s*)"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«„]*$")
_LONGEST_WORD = 16  # longer words are none that a stop may follow
_NEXT = re.compile(r"\s*[\"'“‘«„(\[]*(.)", re.DOTALL)

# Lower case, without the last stop: titles, days, months, and what trade law abbreviates, in
# English, German, French, Dutch, Spanish and Italian.
_ABBREVIATIONS = frozenset(
    """
    no nos nr nrs art arts para paras sec secs ch cl reg regs dir doc fig tab vol ed eds cf viz vs
    e.g i.e etc al approx est inc ltd co corp llc plc bros gmbh ag s.a s.p.a mr mrs ms dr prof st
    sen rep gov gen col lt hon rev jr sr u.s u.k e.u u.n a.m p.m cfr ecc
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    abs bzw bspw ca d.h einschl gem sog z.b u.a o.ä usw vgl evtl ggf inkl exkl max min mio mrd tsd
    lfd s.o s.u z.t u.u
    st.w n° p pp m mm mme mlle av env bd ex réf
    blz bijv m.b.t o.a t.a.v jl dhr mevr mw ir ing drs
    núm pág sra dña ee.uu ud uds aprox sig sigg dott pag
    """.split()  # noqa: SIM905 - six languages read better as lines than as a list
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The places (start, end) of the sentences, in order, without white space around them.

    Every character that is not white space lies in exactly one.
    """
    start = 0
    for stop in _STOP.finditer(text):
        if stop.start() < start or not _ends(text, start, stop):
            continue
        yield from _trimmed(text, start, stop.end())
        start = stop.end()
    yield from _trimmed(text, start, len(text))


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    if stop.lastgroup != "narrow":
        return True
    mark = stop.group()
    following = _NEXT.match(text, stop.end())
    if following is None:
        return True
    if mark.startswith((".", "…")) and following.group(1).islower():
        return False  # "approx. two", "… and so on"
    if mark != ".":
        return True
    # a look back of bounded length: "A. A. A. …" is one sentence, however long
    before = _LAST_WORD.search(text, max(start, stop.start() - _LONGEST_WORD), stop.start())
    word = before.group().lower() if before is not None else ""
    # "No. 61", "Art. 5", "J. Smith", "8. Oktober"
    return not (
        word in _ABBREVIATIONS
        or (len(word) == 1 and word.isalpha())
        or (word.isdecimal() and len(word) <= 2 and following.group(1).isalpha())
    )


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
