"""Invented sanctions lists of any length, in OFAC's CSV and in XML with many aliases an entry.

An edition has the same entries as the one before, but some of them with another address.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from bot.domain.source import RegisterFormat, RegisterShape

SHAPES = {
    "csv": RegisterShape(
        format=RegisterFormat.CSV,
        columns=("number", "name", "type", "program", "title", "call sign", "vessel type",
                 "tonnage", "gross registered tonnage", "flag", "owner", "remarks"),
        key=("number",),
        name=("name",),
        programme=("program",),
        separator="] [",
        null="-0-",
    ),
    "xml": RegisterShape(
        format=RegisterFormat.XML,
        entry="sanctionEntity",
        key=("@logicalId",),
        name=("nameAlias/@wholeName",),
        programme=("regulation/@programme",),
        leave_out=("logicalId", "regulationSummary", "regulationLanguage"),
    ),
}  # fmt: skip

_SYLLABLES = [first + last for first in "bdfghklmn" for last in "aeiou"]
_PROGRAMMES = [f"{name}-EO{number}" for name in ("TIN", "ZINC", "CHIP") for number in range(20)]


def written(kind: str, size: int, changed: float = 0.0) -> bytes:
    """A list of about `size` bytes in which that share of the entries has changed."""
    rows = _csv(changed) if kind == "csv" else _xml(changed)
    pieces = [_XML_HEAD if kind == "xml" else ""]
    length = 0
    while length < size:
        piece = next(rows)
        pieces.append(piece)
        length += len(piece)
    pieces.append("</export>\n" if kind == "xml" else "\x1a")
    return "".join(pieces).encode()


def _csv(changed: float) -> Iterator[str]:
    chance = random.Random(1)
    number = 0
    while True:
        number += 1
        name, programme = _name(chance).upper(), chance.choice(_PROGRAMMES)
        remarks = f"DOB {chance.randrange(1930, 2000)}; POB {_name(chance)}"
        remarks += "".join(
            f"; a.k.a. '{_name(chance).upper()}'" for _ in range(chance.randrange(4))
        )
        if number % 1000 < changed * 1000:
            remarks += "; nationality Norway"
        nothing = ",-0- " * 7
        yield f'{number},"{name}","individual","{programme}"{nothing},"{remarks}."\r\n'


_XML_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<export xmlns="http://lists.example/export" generationDate="2026-10-08">\n'
)


def _xml(changed: float) -> Iterator[str]:
    chance = random.Random(2)
    number = 0
    while True:
        number += 1
        regulation = (
            f'<regulation regulationType="amendment" publicationDate="2026-01-17" '
            f'numberTitle="2026/{number}" programme={quoteattr(chance.choice(_PROGRAMMES))} '
            f'logicalId="{number + 9}"><publicationUrl>https://lists.example/acts/{number}'
            "</publicationUrl></regulation>"
        )
        aliases = "".join(
            f'<nameAlias firstName="" lastName="" wholeName={quoteattr(_name(chance))} '
            f'function="" strong="true" regulationLanguage="en" logicalId="{number * 40 + at}">'
            f'<regulationSummary regulationType="amendment" numberTitle="2026/{number}"/>'
            "</nameAlias>"
            for at in range(2 + chance.randrange(12))
        )
        city = "Bergen" if number % 1000 < changed * 1000 else "Oslo"
        yield (
            f'<sanctionEntity designationDetails="" euReferenceNumber="EU.{number}.1" '
            f'logicalId="{number}"><remark>{escape(_name(chance))}</remark>{regulation}'
            f'<subjectType code="person" classificationCode="P"/>{aliases}'
            f'<address city="{city}" street={quoteattr(_name(chance))} countryIso2Code="NO" '
            f'logicalId="{number}"/><birthdate year="1970" circa="false"/></sanctionEntity>\n'
        )


def _name(chance: random.Random) -> str:
    words = ("".join(chance.choices(_SYLLABLES, k=3)) for _ in range(3))
    return " ".join(word.capitalize() for word in words)
