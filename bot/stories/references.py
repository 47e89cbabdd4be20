"""Reference numbers that name one publication or case: by these, texts belong together at once.

    announcement   MOFCOM Announcement No. 61 of 2025, 商务部公告2025年第61号 → notice:2025/61
    celex          32025R1234, Regulation (EU) 2025/1234                      → eu:2025/1234
    journal        OJ L, 2025/1234; OJ C 123                           → eu:2025/1234, journal:C123
    federal        FR Doc. 2025-12345; 90 FR 48726                            → fr:2025-12345
    docket         BIS-2025-0001, USTR-2025-0009, 250101-0001                 → docket:BIS-2025-0001
    case           A-570-123, C-570-124; 731-TA-1234; DS597            → dumping-case:A-570-123
    goods          HS 8505.11, ECCN 3B001, CAS 7440-55-3               → hs:850511, eccn:3B001

The last name goods, not an event: they are facts of a text, but bind nothing by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.matching.codes import HEADING_WORDS

_DASH = "[-‐‑–－]"
_NO = r"(?:No\.?|Nos\.?|Nr\.?|n[°ºo]\.?|núm\.?|number|#)\s?"
_NOTICE = (
    r"announcement|notice|public notice|bekanntmachung|mitteilung|ankündigung|annonce|avis|"
    r"communiqué|aankondiging|mededeling|anuncio|aviso|annuncio|avviso|order|decree|decreto|décret|"
    r"verordnung|circular|notification|proclamation"
)
_YEAR = r"(?:19|20)\d\d"
_Y, _N = rf"(?P<y>{_YEAR})", r"(?P<n>\d{1,4})"
_OF = r"\s?(?:of|/|de|von|van|del|di|aus|uit|\()\s?"
_EU_LETTERS = r"[(（](?:EU|UE|CFSP|PESC|GASP|GBVB|Euratom)[)）]\s?"
_JOURNAL = r"\b(?:OJ|JO|DOUE|ABl\.?|PB|GU|GUUE)\s?[LC]\s?,?\s?"
_AGENCY = "BIS|USTR|ITA|OFAC|USITC|DHS|CBP|USCBP|FDA|EPA|DOT|FMC"
_CASE = "dump|subsid|investig|case|proceeding|review|verfahren|enquête|procedimiento"
_NUMBERED = ("no", "nr", "n°", "nº", "núm", "number", "#", "/", " of ", " de", " von ", " van ")
_DOCKETS = (
    "bis",
    "ustr",
    "ita",
    "ofac",
    "usitc",
    "dhs",
    "cbp",
    "fda",
    "epa",
    "dot",
    "fmc",
    "docket",
)
_PATTERNS: tuple[tuple[str, Iterable[str], re.Pattern[str]], ...] = tuple(
    (kind, needs, re.compile(pattern, re.IGNORECASE))
    for kind, needs, pattern in (
        # 2025年第61号; [2025] 61号; 第61号（2025年）; 제2025-61호; without its year: 公告第61号
        ("notice", "号號호", rf"[\[〔(]?{_Y}\s?年?[\]〕)]?\s?第?\s?{_N}\s?[号號호]"),
        ("notice", "号號호", rf"第\s?{_N}\s?[号號호]\s?[（(]{_Y}"),
        ("notice", "号號호", rf"제\s?{_Y}\s?{_DASH}\s?{_N}\s?호"),
        ("notice", "号號호", r"公告第?\s?(?P<n>\d{1,4})\s?号|第(?P<n2>\d{1,4})号(?:公告|令)"),
        # Announcement 2025 No. 61; Announcement No. 61; Bekanntmachung 61/2025; Nr. 61 von 2025
        ("notice", _NUMBERED, rf"\b(?:{_NOTICE})\b[^.;。]{{0,40}}?{_Y}\s?,?\s?{_NO}{_N}\b"),
        ("notice", _NUMBERED, rf"\b(?:{_NOTICE})\s{_NO}{_N}\b(?!{_OF}{_YEAR})"),
        ("notice", _NUMBERED, rf"\b(?:{_NOTICE})\s{_N}{_OF}{_Y}\b"),
        ("notice", _NUMBERED, rf"\b{_NO}{_N}{_OF}{_Y}\b"),
        ("notice", _NUMBERED, rf"\b{_Y}\s{_NO}{_N}\b"),
        ("eu", ("320", "319"), rf"\b3{_Y}[RDLH](?P<n>\d{{4}})\b"),
        ("eu", ("/",), rf"{_EU_LETTERS}(?:{_NO}|第)?{_Y}/{_N}\b"),
        ("eu", ("/",), rf"{_JOURNAL}(?:{_NO})?{_Y}/(?P<n>\d{{1,5}})\b"),
        ("eu", ("/",), rf"\b[LC]/{_Y}/(?P<n>\d{{1,5}})\b"),
        ("journal", ("oj",), r"\bOJ\s(?P<n>[LC]\s?\d{1,4})\b(?!/)"),
        ("com", ("(20",), r"\b(?:COM|SWD|JOIN|C)\((?P<y>20\d\d)\)\s?(?P<n>\d{1,5})\b"),
        ("fr", ("fr",), rf"\bFR\s?Doc\.?\s?(?:{_NO})?(?P<n>20\d\d{_DASH}\d{{4,6}})\b"),
        (
            "fr", ("fr", "federal", "document"),
            rf"\b(?:Federal Register|document)\s(?:{_NO})?(?P<n>20\d\d{_DASH}\d{{5}})\b",
        ),
        ("fr-page", ("fr ", "fed.", "fr"), r"\b(?P<n>\d{2}\s?(?:FR|Fed\. Reg\.)\s?\d{3,6})\b"),
        ("docket", _DOCKETS, rf"\b(?P<n>(?:{_AGENCY}){_DASH}20\d\d{_DASH}\d{{4}})\b"),
        (
            "docket", _DOCKETS,
            rf"\bDocket\s(?:{_NO})?(?P<n>(?:\d{{6}}|[A-Z]{{2,5}}){_DASH}[\d‐-]{{4,10}})\b",
        ),
        ("rin", ("rin",), rf"\bRIN\s(?P<n>\d{{4}}{_DASH}[A-Z]{{2}}\d\d)\b"),
        (
            "executive", ("executive", "行政令"),
            r"\bexecutive order\s(?:no\.?\s)?(?P<n>\d{5})\b|第(?P<n2>1\d{4})号行政令",
        ),
        ("proclamation", ("proclamation",), r"\bproclamation\s(?:no\.?\s)?(?P<n>1\d{4})\b"),
        ("dumping-case", ("a-", "a–", "a‑"), rf"\b(?P<n>A{_DASH}\d{{3}}{_DASH}\d{{3}})\b"),
        ("subsidy-case", ("c-", "c–", "c‑"), rf"\b(?P<n>C{_DASH}\d{{3}}{_DASH}\d{{3}})\b"),
        (
            "itc-case", ("ta-", "ta–", "ta‑"),
            rf"\b(?P<n>(?:701|731|337|332|TA|232|301){_DASH}TA{_DASH}\d{{1,4}})\b",
        ),
        (
            "eu-case", ("ad", "as", "r", "td", "ai", "ndi"),
            rf"\b(?P<n>(?:AD|AS|R|TD|AI|NDI)[ -]?\d{{3,4}})\b(?=[^.]{{0,80}}(?:{_CASE}))",
        ),
        ("wto-case", ("ds",), r"\b(?P<n>DS\s?\d{2,3})\b"),
        (
            "court-case", ("c-", "t-", "no."),
            rf"\b(?P<n>[CT]{_DASH}\d{{1,4}}/\d\d|No\.\s?2\d{_DASH}\d{{3,5}})\b",
        ),
    )
)  # fmt: skip
KINDS = tuple(dict.fromkeys(kind for kind, _needs, _pattern in _PATTERNS))
"""What numbers there are; two texts that have different ones of a kind are of different things."""

_ECCN = re.compile(r"\b(\d[A-E]\d{3})(?:\.?[a-z](?:\.\d{1,2})*)?\b")
_CAS = re.compile(r"\b(\d{2,7}-\d{2}-\d)\b")
_HS = re.compile(r"(?<![\d.,$€£¥-])(\d{4}(?:[. ]?\d{2}){0,3}|\d{8}|\d{10})(?![\d%兆億亿万조억만])")
_HS_DOTTED = re.compile(r"\d{4}\.\d{2}(?:\.\d{2}){0,2}")
_DIGIT = re.compile(r"\d")
_APART = re.compile(r"[\s‐‑–－-]+")
_WORD = re.compile(r"[a-z]+")
_HS_SIGN = re.compile(r"(?:税则|税号|税则号列|品目|编码|세번)[^\d]{0,4}$")
_BEFORE = 16  # code points before a bare number in which a word says that it is a heading


@dataclass(frozen=True, slots=True)
class Reference:
    """A number as it is compared, and where it stands in its text."""

    number: str
    start: int
    end: int


def references(text: str, year: int) -> list[Reference]:
    """The numbers of publications and cases in a text (NFKC), in order of place.

    `year` is that of its publication: a notice whose year is not said is of that year.
    """
    if not _DIGIT.search(text):
        return []
    lowered = text.lower()
    found = {
        Reference(f"{kind}:{_number(kind, hit, year)}", *hit.span())
        for kind, needs, pattern in _PATTERNS
        if any(need in lowered for need in needs)  # far quicker than to try the pattern
        for hit in pattern.finditer(text)
    }
    return sorted(found, key=lambda each: (each.start, each.number))


def _number(kind: str, hit: re.Match[str], year: int) -> str:
    groups = hit.groupdict()
    number = next(value for name, value in groups.items() if name[0] == "n" and value)
    number = _APART.sub("-", number.upper())
    if number.isdecimal():
        number = number.lstrip("0") or "0"
    if kind == "notice" or groups.get("y"):
        return f"{groups.get('y') or year}/{number}"
    return number


def goods_codes(text: str) -> Iterator[str]:
    """Tariff headings, control list entries and chemicals that a text (NFKC) names."""
    for hit in _ECCN.finditer(text):
        yield f"eccn:{hit.group(1)}"
    for hit in _CAS.finditer(text):
        yield f"cas:{hit.group(1)}"
    for hit in _HS.finditer(text):
        digits = re.sub(r"\D", "", hit.group(1))
        before = text[max(0, hit.start() - _BEFORE) : hit.start()].lower()
        is_said = not HEADING_WORDS.isdisjoint(_WORD.findall(before)) or _HS_SIGN.search(before)
        if is_said or _HS_DOTTED.fullmatch(hit.group(1)):
            yield f"hs:{digits}"
