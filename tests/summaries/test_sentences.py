"""Sentences end where a reader would say so, in the languages of the desks."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summaries.sentences import sentences


def said(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


# "|" marks where a sentence ends
CASES = {
    "plain": "The rule is final.| It takes effect on Monday.",
    "question and shout": "Who decides?| Nobody knows!| The ministry is silent.",
    "announcement number": "Announcement No. 61 of 2025 is in force.| It replaces No. 18.",
    "american initials": "The U.S. Department of Commerce acts.| Exporters must wait.",
    "days and months": "Comments close on Mon. 8 Dec. 2026 at noon.| Late ones are not read.",
    "initials": "Secretary J. R. Smith signed it.| It was published at once.",
    "decimal": "Shipments fell by 2.5 per cent.| Prices rose.",
    "decimal at a heading": "See Sec. 301.5 of the rule.| It is short.",
    "e.g.": "Some metals, e.g. gallium, are covered.| Others are not.",
    "company": "Nexperia B.V. and Wingtech Technology Co. Ltd. were heard.| The court ruled.",
    "quotation": "“It is done.”| The spokesman left.",
    "bracket": "It ends (see above.)| The next begins.",
    "ellipsis goes on": "They waited … and waited.| Then it came.",
    "lower case after a stop": "The approx. two hundred firms agreed.| One did not.",
    "lines": "Notice\n|Effective: 1 December\n|Docket: BIS-2026-0031",
    "german date": "Am 8. Oktober tritt sie in Kraft.| Die Frist endet am 9. November 2026.",
    "german abbreviations": "Das gilt z. B. für Magnete gem. Art. 5 Abs. 2 AWV.| Es gilt sofort.",
    "french": "M. Dupont a signé l'art. 3 du décret.| Il entre en vigueur demain.",
    "dutch": "Het besluit geldt o.a. voor chips.| De minister, mr. drs. J. Jansen, tekende.",
    "spanish": "El Sr. Pérez firmó el núm. 7.| ¿Qué sigue?| Nadie lo sabe.",
    "chinese": "商务部发布公告。|自公布之日起实施！|何时取消？|尚不清楚。",
    "chinese quotation": "发言人说：“许可有效期为一年。”|市场反应平稳。",
    "japanese": "経済産業省は発表した。|輸出許可が必要となる。",
    "korean": "산업부는 발표했다.| 수출 허가가 필요하다.",
    "no stop at the end": "The list is here.| More follows",
}


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES.keys())
def test_sentences_end_where_a_reader_ends_them(marked: str) -> None:
    expected = [part.strip() for part in marked.split("|")]
    assert said(marked.replace("|", "")) == expected


@given(st.text(alphabet="aA1 .!?\n。！…”)一ß", max_size=200) | st.text(max_size=200))
def test_every_visible_character_lies_in_exactly_one_sentence(text: str) -> None:
    places = list(sentences(text))
    assert all(start < end for start, end in places)
    assert all(a[1] <= b[0] for a, b in pairwise(places))
    assert "".join("".join(text[s:e].split()) for s, e in places) == "".join(text.split())
    assert all(text[s:e] == text[s:e].strip() for s, e in places)


@pytest.mark.parametrize("piece", ["A. ", "Mr. ", ".", "!", "a", "a. ", "No. 1 ", ".'", "。", "\n"])
def test_time_grows_with_length_only(piece: str) -> None:
    """Twenty times the text, not four hundred times the time: strangers write the texts."""
    times = []
    for count in (2_000, 40_000):
        text = piece * count + "x"
        started = time.process_time()
        assert list(sentences(text))
        times.append(time.process_time() - started)
    assert times[1] < 0.1 + 60 * times[0]


def test_a_long_word_before_a_stop_is_no_abbreviation() -> None:
    assert said(f"{'x' * 40}no. It ends.") == [f"{'x' * 40}no.", "It ends."]
