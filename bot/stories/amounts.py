"""Figures and dates of a text in ten languages, as values that can be compared across them.

25 %, 25 per cent, 百分之二十五          → pct:25
$1.2 billion, 12亿美元, 1,2 Mrd. Dollar  → usd:1200000000
38,000 tonnes, 3.8万吨                   → t:38000
1 December, 12月1日, 1er décembre        → date:12-01
90 days, 90天                            → day:90
28 companies, 28家企业                   → n:28   (small numbers and years say nothing)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10

from bot.matching.month_names import MONTHS

_SCALES = {
    1e12: "trillion tn billionen 兆 조",
    1e9: "billion bn mrd milliarde milliarden milliard milliards miljard miliardi miliardo "
    "mil-millones billones",
    1e8: "亿 億 억",
    1e6: "million mn mio mln millionen millions miljoen millones millón milioni milione m",
    1e4: "万 萬 만",
    1e3: "thousand tausend mille duizend mil mila 千 천 k",
}
_SCALE = {word: size for size, words in _SCALES.items() for word in words.split()}
_UNITS = {
    "pct": "% percent per-cent prozent pourcent procent por-ciento per-cento pour-cent "
    "퍼센트 パーセント percentage-point percentage-points prozentpunkte 个百分点 %p",
    "usd": "$ us$ usd dollar dollars us-dollar us-dollars dólares dollari dollaro "
    "美元 ドル 달러 米ドル",
    "eur": "€ eur euro euros 欧元 ユーロ 유로",
    "cny": "rmb cny yuan renminbi 元 人民币 人民元 위안",
    "jpy": "jpy yen 円 日元 엔",
    "krw": "₩ krw won 韩元 ウォン 원",
    "gbp": "£ gbp pound pounds pfund livres pond 英镑 ポンド 파운드",
    "inr": "₹ inr rupee rupees 卢比 ルピー 루피",
    "brl": "r$ brl reais 雷亚尔",
    "cad": "c$ cad 加元",
    "t": "t ton tons tonne tonnes tonnen tonnellate toneladas tonelada metric-tons "
    "metric-tonnes 吨 トン 톤",
    "day": "day days tag tage tagen jours jour dag dagen días día giorni giorno "
    "天 日間 日内 日以内 일 일간 일내",
    "month": "month months monat monate monaten mois maand maanden mes meses mese mesi "
    "个月 か月 ヶ月 カ月 개월",
}  # fmt: skip
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}


def _either(words: dict[str, object] | dict[str, float] | dict[str, str]) -> str:
    longest = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(
        re.escape(word).replace("\\-", "[ -]")
        + (r"(?![^\W\d_])" if word[-1].isalpha() and word.isascii() else "")
        for word in longest
    )


_NUMBER = r"\d+(?:[.,'’]\d+)*(?:(?<=\d) \d{3}(?!\d))*"
_SIGN = re.compile(r"(US\$|R\$|C\$|[$€£₩₹¥]|\b(?:EUR|USD|RMB|CNY|GBP))\s?$", re.IGNORECASE)
_AMOUNT = re.compile(
    rf"(?<![A-Za-z0-9.,/-])(?P<number>{_NUMBER})"
    rf"[ -]?(?P<scale>{_either(_SCALE)})?"
    r"(?:(?<=[兆조亿億억万萬만])\s?(?P<more>\d{1,4})(?P<scale2>[亿億억万萬만千천])?)?\.?[余多강여]?"
    rf"[ -]?(?:d[ei] |d'|d’)?(?P<unit>{_either(_UNIT)})?"
    r"(?P<other>\s?[日月年号号時时条條조일월년호](?!間|内|元|달))?",
    re.IGNORECASE,
)
_MONTH = "|".join(sorted(map(re.escape, MONTHS), key=lambda name: (-len(name), name)))
_DATES = (
    re.compile(r"\b(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b"),
    re.compile(r"(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日号일]"),
    re.compile(r"\b(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?:\s?20\d\d)?(?!\d)"),
    re.compile(
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?\s(?:of\s|de\s|d[’'])?(?P<name>{_MONTH})\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?P<name>[^\W\d_]{3,10})\.?\s(?P<d>\d{1,2})(?:st|nd|rd|th)?(?!\s?[\d%]|,\d)\b"),
)
_CHINESE = {char: value for value, char in enumerate("零一二三四五六七八九")}
_OF_HUNDRED = re.compile("百分之([零一二三四五六七八九十百0-9.]+)")
_YEARS = range(1900, 2101)
_SMALL = 9
"""Up to here a bare number is a word of the sentence (four states, 第三) more than a figure."""

_LAST_DAY = 31
_DECIMAL_COMMA = frozenset({"de", "fr", "nl", "es", "it", "pt"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure or date as it is compared, and where it begins in its text."""

    value: str
    start: int


def amounts(text: str, language: str | None) -> list[Amount]:
    """The figures and dates of a text (NFKC), in order of place."""
    found = [Amount(f"pct:{_chinese(h.group(1))}", h.start()) for h in _OF_HUNDRED.finditer(text)]
    for pattern in _DATES:
        for hit in pattern.finditer(text):
            value = _date(hit)
            if value:
                found.append(Amount(value, hit.start()))
                text = text[: hit.start()] + "·" * len(hit.group()) + text[hit.end() :]
    found += _figures(text, language)
    return sorted(found, key=lambda each: (each.start, each.value))


def _date(hit: re.Match[str]) -> str:
    groups = hit.groupdict()
    month = MONTHS.get(groups["name"].casefold(), 0) if groups.get("name") else int(groups["m"])
    day = int(groups["d"])
    return f"date:{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def _chinese(written: str) -> str:
    if written[0].isdigit():
        return _plain(float(written.rstrip(".") or 0)) if written.count(".") < 2 else written
    tens, ten, ones = written.partition("十")
    if not ten:
        return _plain(sum(_CHINESE.get(char, 0) for char in written))
    return _plain(_CHINESE.get(tens, 1) * 10 + _CHINESE.get(ones, 0))


def _figures(text: str, language: str | None) -> Iterator[Amount]:
    for hit in _AMOUNT.finditer(text):
        written = hit["number"]
        scale = (hit["scale"] or "").lower().replace(" ", "-")
        number = _parsed(written, language, has_scale=bool(scale))
        sign = _SIGN.search(text, max(0, hit.start() - 5), hit.start())
        said = hit["unit"] or (sign.group(1) if sign else "")
        unit = _UNIT.get(said.lower().replace(" ", "-"), "n")
        if (scale == "m" and unit in {"n", "pct"}) or (scale == "k" and unit == "n"):
            continue  # 5 m is a length
        number *= _SCALE.get(scale, 1)
        if hit["more"]:
            number += int(hit["more"]) * _SCALE.get(hit["scale2"] or "", 1)
        if unit == "n" and (
            hit["other"]
            or (number <= _SMALL and number == int(number))
            or (number in _YEARS and written.isdecimal() and not scale)
            or (len(written) > 4 and written.isdecimal() and not scale)
        ):
            continue
        if unit == "day" and number <= (_LAST_DAY if hit["unit"] == "일" else 7):
            continue  # 9일 is the ninth, 90일 ninety days
        yield Amount(f"{unit}:{_plain(number)}", hit.start())


def _parsed(written: str, language: str | None, *, has_scale: bool) -> float:
    written = written.replace(" ", "").replace("'", "").replace("’", "")
    stop, comma = written.rfind("."), written.rfind(",")
    if stop >= 0 and comma >= 0:  # 1.234,5 or 1,234.5: the last one is the decimal sign
        decimal = "." if stop > comma else ","
    elif stop < 0 and comma < 0:
        return float(written)
    else:
        sign = "." if stop >= 0 else ","
        groups = written.split(sign)
        # three digits are thousands in every language but before "billion": Mexico writes 1,463
        is_thousands = len(groups) > 2 or (
            len(groups[1]) == 3
            and groups[0] != "0"
            and (not has_scale or (sign == ".") == (language in _DECIMAL_COMMA))
        )
        decimal = "" if is_thousands else sign
    for sign in ".,":
        if sign != decimal:
            written = written.replace(sign, "")
    whole, _, part = written.replace(decimal, ".").partition(".") if decimal else (written, "", "")
    return float(f"{whole or 0}.{part.replace('.', '') or 0}")


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:.4g}"


def rounded(value: str) -> tuple[str, ...]:
    """The value as others may round it: itself first, then to two digits, down and up.

    A percentage, a date or a term is said as it is: 24.9 % is not 25 %.
    """
    unit, _, written = value.partition(":")
    if unit in {"pct", "date", "day", "month"} or not written:
        return (value,)
    number = float(written)
    if number < 100:
        return (value,)
    size = 10.0 ** (floor(log10(number)) - 1)
    down = floor(number / size) * size
    up = down if down == number else down + size
    return (value, f"~{unit}:{_plain(round(down))}", f"~{unit}:{_plain(round(up))}")
