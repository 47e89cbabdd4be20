"""Which encoding bytes are in, when nothing that is stated fits. Pure.

Each candidate decodes a sample; the text is scored by how ordinary its characters are in the
languages that the candidate was made for. The letter lists are the most frequent ones of each
script; a few dozen characters of text suffice to tell the candidates apart. EUC-KR stands for its
superset cp949, whose rare syllables fit anything.
"""

from __future__ import annotations

import re

SAMPLE_BYTES = 20_000
"""Non-ASCII bytes looked at, with what stands between them."""

# The most frequent characters of written Chinese, simplified and traditional, and of trade news.
_HAN = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学"
    "对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面"
    "公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部"
    "正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关"
    "并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安"
    "表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共"
    "商品出口管制公告贸易措施稀土税海关布调查反倾销裁决企业实施规定条例许可证进出口"
    "這個來國說們為時會過後對學裡還發當無開經頭動兩長樣現將與進實點種聲話兒問機給幾業間東書電關並"
    "卻產數報馬張難處總場師員華應車論務稅貿易經濟"
)
_CYRILLIC_FREQUENT = frozenset("оеаинтсрвл")
_GREEK_FREQUENT = frozenset("αοιετσνςόί")
_THAI_FREQUENT = frozenset("านรอกเงมยลวดทสตะิ่้์ัี็")
_PUNCTUATION = frozenset("’‘“”–—«»€•…°§ ©")
_LATIN = {
    "cp1252": frozenset("éèàüöäßçñáíóúêâôîûëïøåæœÉÈÀÜÖÄÁÍÓÚ") | _PUNCTUATION,
    "cp1250": frozenset("ąćęłńóśźżěščřžýáíéúůőűăâîşţđťŁŚŻŠČŘŽ") | _PUNCTUATION,
    "cp1254": frozenset("şğıİçöüâŞĞ") | _PUNCTUATION,
}

_MIXED_SCRIPT = re.compile("[a-zA-Z][Ͱ-׿฀-๿]|[Ͱ-׿฀-๿][a-zA-Z]")
_FOREIGN_RUN = re.compile("[À-ɏ]{3,}")

_CANDIDATES = (
    "gb18030",
    "big5hkscs",
    "cp932",
    "euc_jp",
    "euc_kr",
    "koi8_r",
    "cp1251",
    "cp1253",
    "cp1255",
    "cp874",
    "cp1252",
    "cp1250",
    "cp1254",
)


def guess_encoding(body: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8; "cp1252" where nothing tells."""
    sample = _foreign_sample(body)
    best, best_score = "cp1252", 0.0
    for encoding in _CANDIDATES:
        text = sample.decode(encoding, errors="replace")
        score = _score(text, encoding)
        if score > best_score + 1e-9:
            best, best_score = encoding, score
    return "cp949" if best == "euc_kr" else best


def _foreign_sample(body: bytes) -> bytes:
    """Text of the body without its markup, around the first byte that is not ASCII."""
    first = next(re.finditer(rb"[\x80-\xff]", body), None)
    start = max(0, first.start() - 1) if first else 0
    # Only a cut before an ASCII byte is sure not to split a character.
    while start and body[start] >= 0x80:
        start -= 1
    return re.sub(rb"<[A-Za-z/!?][^<>]{0,2000}>", b" ", body[start : start + SAMPLE_BYTES * 2])


def _score(text: str, encoding: str) -> float:
    foreign = [char for char in text if char > "\x7f"]
    if not foreign:
        return 0.0
    points = sum(_points(char, encoding) for char in foreign)
    if encoding in {"koi8_r", "cp1251", "cp1253", "cp1255", "cp874"}:
        # KOI8-R and windows-1251 swap upper and lower case of each other: running text is lower.
        points -= 0.5 * sum(1 for char in foreign if char.isupper())
        # Accented Latin letters stand among ASCII ones, Cyrillic and Greek ones never do.
        points -= 1.5 * len(_MIXED_SCRIPT.findall(text))
    elif encoding in _LATIN:
        points -= sum(len(run) for run in _FOREIGN_RUN.findall(text))
    return points / len(foreign)


def _points(char: str, encoding: str) -> float:
    """From -4 (cannot be text) to 1 (what this encoding is for)."""
    if char == "\ufffd" or "\ue000" <= char <= "\uf8ff" or "\x80" <= char <= "\x9f":
        return -4.0
    match encoding:
        case "gb18030" | "big5hkscs":
            return _han_points(char, kana=0.3, hangul=-1.0)
        case "cp932" | "euc_jp":
            return _han_points(char, kana=1.0, hangul=-1.0)
        case "euc_kr":
            return _han_points(char, kana=0.0, hangul=1.0) if "가" <= char <= "힣" else -0.3
        case "koi8_r" | "cp1251":
            if char in _CYRILLIC_FREQUENT:
                return 1.0
            return 0.5 if "Ѐ" <= char <= "џ" or char in _PUNCTUATION else -1.0
        case "cp1253":
            if char in _GREEK_FREQUENT:
                return 1.0
            return 0.5 if "Ά" <= char <= "ώ" or char in _PUNCTUATION else -1.0
        case "cp1255":
            return 0.9 if "א" <= char <= "ת" or char in _PUNCTUATION else -1.0
        case "cp874":
            return 0.9 if char in _THAI_FREQUENT else -0.3
        case _:
            return 0.8 if char in _LATIN[encoding] else -0.2


def _han_points(char: str, *, kana: float, hangul: float) -> float:
    if char in _HAN:
        return 1.0
    if "一" <= char <= "鿿":
        return 0.3 if kana == 1.0 else 0.2  # Japanese is recognised by its kana
    if "぀" <= char <= "ヿ":
        return kana
    if "가" <= char <= "힣":
        return hangul
    return 0.5 if "　" <= char <= "〿" or "！" <= char <= "～" else -0.5
