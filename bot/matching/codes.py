"""Numbers of nomenclatures in a text: tariff headings, control list entries, chemicals.

A heading is written 8505, 8505.11, 8505 11 or 85051100, and what is looked for may be a part of it.
Four digits alone may be a year or a price: they count only beside a word that says what they are.
"""

from __future__ import annotations

from bisect import bisect_left

from bot.matching.fold import fold
from bot.matching.occurrences import occurrences
from bot.matching.tokens import Document, Span

_HEADING = 4  # digits of a heading of the Harmonized System
_LONGEST = 10  # digits of a national tariff line
_NEAR = 6  # words before or after the number
_CURRENCY = "$€£¥₩"
# What stands before a tariff number, folded, in our ten languages.
HEADING_WORDS = frozenset(
    {
        "hs", "htsus", "hts", "cn", "taric", "heading", "headings", "subheading", "subheadings",
        "tariff", "code", "codes", "chapter", "zolltarifnummer", "warennummer", "position",
        "positionen", "kn", "sh", "nc", "gn", "goederencode", "tariefpost", "partida",
        "partidas", "sa", "voce", "voci", "hscode", "ncm",
    }
)  # fmt: skip
_SAID_APART = ("税则", "税号", "品目", "海关编码", "商品编号", "関税", "세번", "호")


def code_places(system: str, number: str, document: Document) -> list[Span]:
    """Where a number, or one that it is the beginning of, stands; in order."""
    match system:
        case "hs":
            return _headings(number.replace(".", ""), document)
        case "eccn":
            return _beginning(fold(number).replace(".", ""), document)
        case _:
            return occurrences(number, document)


def _beginning(start: str, document: Document) -> list[Span]:
    """Places of forms that begin so: 3b001 begins 3B001.a; but 3B001 is no part of 3B0011."""
    forms = document.sorted_forms
    found: list[Span] = []
    for at in range(bisect_left(forms, start), len(forms)):
        form = forms[at]
        if not form.startswith(start):
            break
        rest = form[len(start) :]
        if not rest or start[-1].isdigit() != rest[0].isdigit():
            found.extend(document.forms[form])
    return _outermost(found)


def _headings(digits: str, document: Document) -> list[Span]:
    forms = document.sorted_forms
    found: list[Span] = []
    for at in range(bisect_left(forms, digits), len(forms)):
        form = forms[at]
        if not form.startswith(digits):
            break
        if form.isdecimal() and _HEADING <= len(form) <= _LONGEST and len(form) % 2 == 0:
            found.extend(s for s in document.forms[form] if _is_heading(form, s, document))
    if len(digits) > _HEADING:  # 8505 11: written apart
        pairs = [digits[at : at + 2] for at in range(_HEADING, len(digits), 2)]
        found += occurrences(" ".join([digits[:_HEADING], *pairs]), document)
    return _outermost(found)


def _has_subheading(at: int, document: Document) -> bool:
    """Whether two digits follow the token, and no more: 8505 11."""
    following = at + 1
    return (
        following < len(document.raw)
        and len(document.raw[following]) == 2
        and document.raw[following].isdecimal()
        and document.positions[following] == document.positions[at] + 1
    )


def _is_heading(form: str, span: Span, document: Document) -> bool:
    part = document.title if span[0] < document.title_tokens else document.text
    before = part[: document.starts[span[0]]].rstrip()[-1:]
    if before and before in _CURRENCY:
        return False
    if len(form) > _HEADING or _has_subheading(span[1], document):
        return True
    first, last = max(0, span[0] - _NEAR), span[1] + 1
    words = [fold(word) for word in document.raw[first:last]]
    if not HEADING_WORDS.isdisjoint(words):
        return True
    joined = "".join(words)
    return any(said in joined for said in _SAID_APART)


def _outermost(spans: list[Span]) -> list[Span]:
    """In order, without those within a longer one: 8505.11 is one place, not two."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda each: (each[0], -each[1])):
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return kept
