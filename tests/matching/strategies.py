"""Queries, texts and documents for Hypothesis: few words of many scripts, so that they meet."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.domain.query import (
    And,
    Code,
    Concept,
    Facet,
    InTitle,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
)
from bot.matching.fields import facet_word
from bot.matching.tokens import Document, analyse

_SPELT = st.text(st.sampled_from("abcdeéöß稀土手출OR12-'*#"), min_size=1, max_size=8)
_KNOWN = st.sampled_from(
    [
        "export", "exports", "licence", "licensing", "rare", "earths", "gallium", "Nexperia",
        "anti-dumping", "antidumping", "Exportlizenzen", "8505.11", "U.S.", "稀土", "許可",
        "Genehmigung", "Zölle", "l'export",
        "出口许可证", "수출", "허가를", "レアアース", "リスト", "エンティティー・リスト",
    ]
)  # fmt: skip
words = (_SPELT.map(lambda text: text.strip("*#-'")).filter(bool) | _KNOWN).map(
    lambda text: Word(text.strip("."))
)
prefixes = st.text(st.sampled_from("abcdex"), min_size=2, max_size=6).map(lambda t: Word(t, True))
phrases = st.lists(words, min_size=2, max_size=4).map(lambda parts: Phrase(tuple(parts)))
concepts = st.sampled_from(
    ["rare-earths", "nexperia", "export-licence", "tariff", "entity-list", "gallium"]
).map(Concept)
with_place: st.SearchStrategy[Query] = st.one_of(words, prefixes, phrases, concepts)
_near_parts = with_place | st.lists(with_place, min_size=2, max_size=2).map(
    lambda parts: Or(tuple(parts))
)
nears = st.builds(
    lambda parts, count: Near(tuple(parts), count),
    st.lists(_near_parts, min_size=2, max_size=3),
    st.integers(1, 8),
)
codes = st.sampled_from(
    [
        Code("hs", "8505"),
        Code("hs", "8505.11"),
        Code("eccn", "3B001"),
        Code("eccn", "3B001.a"),
        Code("cas", "7440-55-3"),
    ]
)
facets = st.sampled_from(
    [
        Facet("lang", "en"),
        Facet("lang", "zh"),
        Facet("official", "yes"),
        Facet("source", "the gazette"),
        Facet("country", "CN"),
        Facet("kind", "notice"),
    ]
)
in_title = (words | phrases | nears).map(InTitle)
leaves: st.SearchStrategy[Query] = st.one_of(with_place, nears, codes, facets, in_title)


def _and(parts: list[Query]) -> Query:
    flat = [p for part in parts for p in (part.parts if isinstance(part, And) else (part,))]
    return And(tuple(flat))


def _or(parts: list[Query]) -> Query:
    flat = [p for part in parts for p in (part.parts if isinstance(part, Or) else (part,))]
    return Or(tuple(flat))


def _with_not(parts: tuple[Query, Query]) -> Query:
    wanted, unwanted = parts
    inner = unwanted.part if isinstance(unwanted, Not) else unwanted
    return _and([wanted, Not(inner)])


queries: st.SearchStrategy[Query] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(_and),
        st.lists(inner, min_size=2, max_size=3).map(_or),
        st.tuples(inner, inner).map(_with_not),
    ),
    max_leaves=8,
)

_PIECES = [
    "export", "exports", "licence", "licences", "Licensing", "of", "rare", "earth", "earths",
    "rare-earth", "gallium", "稀土", "出口", "许可证", "許可", "稀", "土", "수출", "허가를",
    "희토류",
    "Nexperia's", "wingtech", "a", "b", "c", "d", "e", "abc", "12", "O'R", "Export-Lizenzen",
    "Seltenerdmagnete", "Ausfuhrgenehmigungen", "anti", "dumping", "antidumping", "anti-dumping",
    "エンティティー・リスト", "レアアース", "ー", "8505.11", "850511", "8505 11", "HS 8505",
    "3B001.a", "7440-55-3", "U.S.", "US", ".", ",", "\n",
    "Strafzölle", "Zoll", "Ausfuhrgenehmigung", "l'exportation", "tariff", "electricity", "FERC",
    "实体清单", "不可靠实体清单", "GaN", "charger",
    "\n\n", "手", "é",
]  # fmt: skip
texts = st.builds(
    lambda parts, between: between.join(parts),
    st.lists(st.sampled_from(_PIECES), max_size=20),
    st.sampled_from([" ", "", "-"]),
)
languages = st.sampled_from(["en", "de", "nl", "zh", "ja", "ko", "pl", None])
_known = st.frozensets(
    st.sampled_from(
        ["§official·yes", "§source·the", "§source·gazette", "§country·cn", "§kind·notice"]
    )
)


def _document(title: str, text: str, language: str | None, known: frozenset[str]) -> Document:
    said = {facet_word("lang", language)} if language else set()
    return analyse(title, text, language, facets=known | said)


documents = st.builds(_document, texts, texts, languages, _known)
