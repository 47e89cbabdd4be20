"""Fields of a query (lang:zh, hs:8505): what may stand after the colon, and what it comes to.

A field is a Code (of a nomenclature, looked for in the words), or a Facet: what is known of an item
beside its words. An item's facets are a set of words, too: §official·yes, §source·mofcom. Only its
language stands among its index words: the others are the catalogue's, which may change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from bot.domain.item import Item
from bot.domain.query import Code, Facet
from bot.errors import QueryError
from bot.matching.fold import fold, safe
from bot.matching.tokens import tokenise

KINDS = (
    "rule", "proposed-rule", "notice", "presidential", "law", "sanction", "consultation", "press",
    "news",
)  # fmt: skip
"""What kind: may name. `press` is what is not official; `news` what authorities tell the press."""

EXAMPLES = {
    "title": "title:gallium",
    "source": "source:mofcom",
    "publisher": 'publisher:"european commission"',
    "official": "official:yes",
    "lang": "lang:zh",
    "country": "country:CN",
    "kind": "kind:notice",
    "agency": 'agency:"industry and security"',
    "hs": "hs:8505.11",
    "eccn": "eccn:3B001",
    "cas": "cas:7440-55-3",
    "min": "gallium min:5",
    "since": "since:30d",
    "before": "before:2026-10-01",
}
"""Each field, with an example of its use."""

MAX_SCORE = 10
"""The score of an item that is about what is asked and nothing else (bot/matching/engine.py)."""

_HS = re.compile(r"\d{4}(?:[. ]?\d{2}){0,3}")
_ECCN = re.compile(r"\d[A-E]\d{3}(?:\.?[a-z](?:\.?\d{1,2}){0,2})?", re.IGNORECASE)
_CAS = re.compile(r"(\d{2,7})-(\d{2})-(\d)")
_AGO = re.compile(r"(\d{1,4})([dwmy])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_YES = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}
_COUNTRIES = {"uk": "gb", "usa": "us", "prc": "cn", "eu27": "eu"}
_LANGUAGES = {
    "english": "en", "chinese": "zh", "german": "de", "deutsch": "de", "french": "fr",
    "dutch": "nl", "japanese": "ja", "korean": "ko", "spanish": "es", "italian": "it",
}  # fmt: skip
_TYPES = {
    "rule": "rule",
    "proposed rule": "proposed-rule",
    "notice": "notice",
    "presidential document": "presidential",
}


def field(name: str, value: str, *, position: int, today: date | None) -> Code | Facet:
    """The condition that a field states.

    `today` is given where a time may be asked for (since:, before:): in the archive only.
    Raises QueryError, which shows what fits.
    """
    value = " ".join(value.split())
    match name:
        case "hs":
            found: Code | Facet | None = _hs(value)
            expected = "a heading of the Harmonized System, 4 to 10 digits"
        case "eccn":
            found = Code("eccn", value.upper()[:5] + value[5:]) if _ECCN.fullmatch(value) else None
            expected = "an entry of the control list, as 3B001 or 3B001.a"
        case "cas":
            found, expected = _cas(value), "a CAS number, whose last digit fits the others"
        case "official":
            said = _YES.get(value.casefold())
            found, expected = Facet(name, said) if said else None, "yes or no"
        case "lang":
            code = _LANGUAGES.get(value.casefold(), value.casefold()[:2])
            is_code = code.isascii() and code.isalpha() and len(value.partition("-")[0]) in {2, 3}
            is_known = is_code or value.casefold() in _LANGUAGES
            found, expected = Facet(name, code) if is_known else None, "a language's code"
        case "country":
            code = _COUNTRIES.get(value.casefold(), value.casefold())
            is_known = code.isascii() and code.isalpha() and 2 <= len(code) <= 4
            found, expected = Facet(name, code.upper()) if is_known else None, "a country's code"
        case "kind":
            is_known = value.casefold() in KINDS
            found, expected = Facet(name, value.casefold()) if is_known else None, ", ".join(KINDS)
        case "min":
            is_score = value.isascii() and value.isdigit() and 1 <= int(value[:3]) <= MAX_SCORE
            found = Facet(name, str(int(value))) if is_score else None
            expected = f"a score from 1 to {MAX_SCORE}"
        case "since" | "before":
            found, expected = _time(name, value, position, today), "30d, 2w, 3m or 2026-10-01"
        case _:
            words = [token.text for token in tokenise(value) if fold(token.text)]
            found, expected = Facet(name, value) if words else None, "a word"
    if found is None:
        raise QueryError(
            f"“{value[:30]}” after {name}: at character {position + 1} does not fit. Expected: "
            f"{expected}.",
            position=position,
            example=EXAMPLES[name],
        )
    return found


def _hs(value: str) -> Code | None:
    if not _HS.fullmatch(value):
        return None
    digits = "".join(char for char in value if char.isdigit())
    pairs = [digits[at : at + 2] for at in range(4, len(digits), 2)]
    return Code("hs", ".".join([digits[:4], *pairs]))


def _cas(value: str) -> Code | None:
    """CAS numbers end in a check digit: the others, times 1, 2, 3 … from the right, modulo 10."""
    found = _CAS.fullmatch(value)
    if found is None:
        return None
    digits = [int(char) for char in reversed(found[1] + found[2])]
    is_sound = sum(at * digit for at, digit in enumerate(digits, 1)) % 10 == int(found[3])
    return Code("cas", value) if is_sound else None


def _time(name: str, value: str, position: int, today: date | None) -> Facet | None:
    if today is None:
        raise QueryError(
            f"{name}: at character {position + 1} is for searching what was; a watch is told of "
            "what comes. Leave it out.",
            position=position,
            example="rare earths official:yes",
        )
    ago = _AGO.fullmatch(value)
    if ago is not None:
        days = int(ago[1]) * _DAYS[ago[2].lower()]
        return Facet(name, (today - timedelta(days=min(days, 36_500))).isoformat())
    try:
        return Facet(name, date.fromisoformat(value).isoformat())
    except ValueError:
        return None


def facet_words(item: Item) -> frozenset[str]:
    """The words that stand for an item's facets."""
    said = [
        ("official", {True: "yes", False: "no", None: ""}[item.is_official]),
        ("kind", kind_of(item)),
        ("lang", item.language or ""),
        ("country", item.jurisdiction),
    ]
    words = {facet_word(name, value) for name, value in said if value}
    named = [("source", item.source_name), ("source", item.source_id.replace("-", " "))]
    named += [("publisher", item.publisher)]
    named += [("agency", value) for name, value in item.facts if name == "agency"]
    for name, value in named:
        words.update(_each_word(name, value))
    words.add(facet_word("source", item.source_id))
    return frozenset(words)


def holds(facet: Facet, words: frozenset[str], day: date | None) -> bool:
    """Whether a facet is among an item's facet words, or its day within the time."""
    match facet.name:
        case "min":
            return True  # decided by what stands beside it
        case "since":
            return day is not None and day.isoformat() >= facet.value
        case "before":
            return day is not None and day.isoformat() < facet.value
        case "source" | "publisher" | "agency":
            whole = facet_word(facet.name, facet.value)
            return whole in words or words.issuperset(_each_word(facet.name, facet.value))
        case _:
            return facet_word(facet.name, facet.value) in words


def kind_of(item: Item) -> str:
    """One of KINDS: what the publication says that it is, else what its publisher makes of it."""
    if item.is_official is False:
        return "press"
    facts = dict(item.facts)
    if "programme" in facts or "list" in facts:
        return "sanction"
    said = facts.get("type", "").casefold()
    if said in _TYPES:
        return _TYPES[said]
    if (item.guid or "").startswith("celex:3"):
        return "law"
    return "consultation" if "consult" in said else "news"


def facet_word(name: str, value: str) -> str:
    """The word that stands for a facet: § begins no word of a text."""
    return f"§{name}·{safe(fold(value))}"


def _each_word(name: str, value: str) -> Iterable[str]:
    return (facet_word(name, token.text) for token in tokenise(value) if fold(token.text))
