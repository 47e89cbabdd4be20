"""A concept as its file has it: the nouns. What they mean to a text is the engine's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """One of each of these choices, all within `words` words; `lang`: in texts of it only."""

    choices: tuple[tuple[str, ...], ...]
    words: int
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unless:
    """Places of `terms` (of all, where empty) do not count with one of `beside` so near."""

    terms: frozenset[str]
    beside: tuple[str, ...]
    words: int
    lang: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)  # one object a concept: caches go by identity
class Pack:
    """One concept: what it is called, and where it holds.

    `any_terms` are tried on every text, `only_terms` on texts of their language and on those whose
    language is unknown; both by language. Places inside a place of `not_terms`, or of a term of a
    concept in `yields_to`, do not count.
    """

    key: str
    name: str
    gloss: str
    group: str
    aliases: tuple[str, ...]
    any_terms: Mapping[str, tuple[str, ...]]
    only_terms: Mapping[str, tuple[str, ...]]
    not_terms: tuple[str, ...]
    near: tuple[Near, ...]
    unless: tuple[Unless, ...]
    yields_to: tuple[str, ...]
    file: str = ""

    @cached_property
    def everywhere(self) -> tuple[str, ...]:
        """The terms that are tried on every text; the same word in two languages is one term."""
        return tuple(dict.fromkeys(t for terms in self.any_terms.values() for t in terms))

    @cached_property
    def all_terms(self) -> tuple[str, ...]:
        """These and the terms that are tried on texts of one language only."""
        only = (term for terms in self.only_terms.values() for term in terms)
        return tuple(dict.fromkeys((*self.everywhere, *only)))

    @cached_property
    def _by_language(self) -> dict[str, tuple[str, ...]]:
        return {
            language: tuple(dict.fromkeys((*self.everywhere, *terms)))
            for language, terms in self.only_terms.items()
        }

    def terms_for(self, language: str | None) -> tuple[str, ...]:
        """The terms that are tried on a text of a language; None is unknown."""
        if language is None:
            return self.all_terms
        return self._by_language.get(language, self.everywhere)
