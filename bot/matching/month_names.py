"""Month names of the catalogue's languages, for dates in texts, list pages and sloppy feeds."""

from __future__ import annotations

_NAMES = (
    "january jan janvier januar jänner januari ene enero gennaio gen",
    "february feb febr février févr fév februar februari febrero febbraio",
    "march mar mars mär märz mrz maart mrt marzo",
    "april apr avril avr abril abr aprile",
    "may mai mei mayo maggio mag",
    "june jun juin juni junio giugno giu",
    "july jul juillet juil juli julio luglio lug",
    "august aug août aout augustus agosto ago",
    "september sep sept septembre septiembre settembre set",
    "october oct octobre oktober okt octubre ottobre ott",
    "november nov novembre noviembre",
    "december dec décembre déc dezember dez diciembre dic dicembre",
)

MONTHS: dict[str, int] = {
    name.casefold(): number
    for number, names in enumerate(_NAMES, start=1)
    for name in names.split()
}
"""Casefolded name to 1 to 12, in English, French, German, Dutch, Spanish and Italian."""
