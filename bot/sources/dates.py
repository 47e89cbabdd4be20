"""Date texts, as publishers write them, to instants. Pure and total.

A date is what the publisher said, never a guess: a text that names no day gives none, and a day
without a time stays a day. Zones that the text does not name are the source's own.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.item import Precision
from bot.matching.month_names import MONTHS

MAX_CHARACTERS = 120
"""Longer texts are no dates; the patterns below are linear anyway."""

FIRST_YEAR, LAST_YEAR = 1970, 2100

NO_DATE: tuple[None, Precision] = (None, Precision.NONE)

# Offsets in minutes. Only where the source's own zone does not use the abbreviation itself:
# CST is China's for a Chinese source and Chicago's for all others; RFC 822 names the American ones.
_OFFSETS = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "IST": 330,
    "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180,
    "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
    "JST": 540, "KST": 540, "HKT": 480, "SGT": 480, "AWST": 480, "ACST": 570, "ACDT": 630,
    "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
}  # fmt: skip
# "EST in summer" is a common slip of American publishers; their clocks show Eastern time.
_FAMILIES = {"EST": "E", "EDT": "E", "ET": "E", "CST": "C", "CDT": "C", "CT": "C",
             "MST": "M", "MDT": "M", "PST": "P", "PDT": "P", "PT": "P",
             "CET": "Z", "CEST": "Z", "MEZ": "Z", "MESZ": "Z"}  # fmt: skip

_TIME = (
    r"(?P<hour>\d{1,2})[:.h時시时点](?P<minute>\d{2})(?:[:.分](?P<second>\d{2}))?"
    r"(?:[.,]\d{1,9})?\s*(?:Uhr|uur|分|秒|초)?\s*(?P<half>[ap]\.?m\.?)?"
)
_ZONE = r"(?P<zone>\(?[A-Z]{1,5}\)?|(?:GMT|UTC)?\s?[+-]\d{1,2}(?::?\d{2})?(?:\s*\([\w +:-]*\))?)?"
_TAIL = rf"(?:[T\s,]*(?:at|um|om|à|,|-|–)?\s*{_TIME}\s*{_ZONE})?"
_WEEKDAY = r"(?:[^\W\d_]{2,12}[.,]*\s+)?"

_FLAGS = re.IGNORECASE
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})\s?[-/.]\s?(?P<month>\d{{1,2}})\s?[-/.]\s?(?P<day>\d{{1,2}})\.?{_TAIL}",
    _FLAGS,
)
_CJK = re.compile(
    r"(?P<era>令和|平成|昭和|民國|民国|中華民國)?\s?(?P<year>\d{1,4}|元)\s?[年년]\s?"
    r"(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일号號]"
    r"(?:\s?[(（]?(?:星期|周|週)?.曜?[日요일]*[)）])?"
    rf"(?:\s*(?P<noon>上午|下午|午前|午後|오전|오후)?\s*{_TIME}\s*{_ZONE})?"
)
_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[\s-]+(?:de\s+)?"
    rf"(?P<name>[^\W\d_]{{3,12}})\.?[\s,-]+(?:de\s+)?(?P<year>\d{{4}}|\d{{2}}){_TAIL}",
    _FLAGS,
)
_MONTH_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,12}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+"
    rf"(?P<year>\d{{4}}){_TAIL}",
    _FLAGS,
)
_C_TIME = re.compile(
    rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,12}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s*{_ZONE}\s*"
    r"(?P<year>\d{4})",
    _FLAGS,
)
_NUMERIC = re.compile(
    rf"{_WEEKDAY}(?P<first>\d{{1,2}})(?P<mark>[./-])(?P<second_part>\d{{1,2}})(?P=mark)"
    rf"(?P<year>\d{{4}}|\d{{2}}){_TAIL}",
    _FLAGS,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z)?)?"
)
_EPOCH = re.compile(r"-?\d{9,10}(?:\.\d{1,9})?|\d{12,13}")

_SEARCHED = (_CJK, _YEAR_FIRST, _DAY_FIRST, _MONTH_FIRST, _NUMERIC)
_WHOLE = (_YEAR_FIRST, _DAY_FIRST, _CJK, _MONTH_FIRST, _C_TIME, _NUMERIC, _COMPACT)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911, "中華民國": 1911}
_HAN_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_HAN_DATE = re.compile(r"[〇零一二三四五六七八九十]{1,4}[年月日]")


def parse_date(text: str | None, zone: str) -> tuple[datetime | None, Precision]:
    """The instant that a date text names, as aware UTC, and how much of it was said.

    `zone` is the IANA zone of dates that name none. A time of exactly midnight there counts as a
    day: software writes it where the publisher gave a date only (EUR-Lex, the Federal Register's
    RSS). Years outside 1970 to 2100 and all nonsense give (None, NONE).
    """
    if not text:
        return NO_DATE
    cleaned = _cleaned(text)
    if not cleaned or len(cleaned) > MAX_CHARACTERS:
        return NO_DATE
    home = _home(zone)
    if _EPOCH.fullmatch(cleaned):
        return _from_epoch(cleaned, home)
    for pattern in _WHOLE:
        match = pattern.fullmatch(cleaned)
        if match:
            return _from_match(match, home, zone)
    return NO_DATE


def utc_second(text: str | None, zone: str = "UTC") -> str:
    """The instant that a date text names, as "2026-10-08T12:45:00Z"; "" where it names none.

    Texts of this form compare as their times do.
    """
    at, _precision = parse_date(text, zone)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def find_date(text: str) -> str | None:
    """The first date within a longer text ("Published: 15 July 2026"), as it stands there."""
    cleaned = _cleaned(text[:2_000])
    places = [match for pattern in _SEARCHED for match in pattern.finditer(cleaned)]
    real = [match for match in places if _from_match(match, UTC, "UTC")[0] is not None]
    if not real:
        return None
    return min(real, key=lambda match: (match.start(), -match.end())).group().strip(" ,-")


def _cleaned(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)  # full-width digits and signs
        if _HAN_DATE.search(text):
            text = _HAN_DATE.sub(_han_number, text)
    return " ".join(text.split())


def _han_number(match: re.Match[str]) -> str:
    """二〇二六年 -> 2026年, 十五日 -> 15日."""
    digits, unit = match.group()[:-1], match.group()[-1]
    if "十" in digits:
        tens, _, ones = digits.partition("十")
        digits = f"{tens or '一'}{ones or '〇'}"
    return digits.translate(_HAN_DIGITS) + unit


def _home(zone: str) -> tzinfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC  # the catalogue refuses such a zone; a total function needs an answer anyway


def _from_epoch(text: str, home: tzinfo) -> tuple[datetime | None, Precision]:
    seconds = float(text)
    if len(text.partition(".")[0]) > 11:
        seconds /= 1000  # JavaScript counts milliseconds
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return _checked(moment, home, has_time=True)


def _from_match(match: re.Match[str], home: tzinfo, zone: str) -> tuple[datetime | None, Precision]:
    said = match.groupdict()
    date = _date_parts(said, zone)
    if date is None:
        return NO_DATE
    year, month, day = date
    clock = _clock(said)
    if clock is None:
        return NO_DATE
    hour, minute, second, has_time = clock
    try:
        # Hour 24 is midnight at the end of the day (ISO 8601:2004).
        local = datetime(year, month, day, hour % 24, minute, second)  # noqa: DTZ001
        if hour == 24:
            local += timedelta(days=1)
        moment = local.replace(tzinfo=_zone(said.get("zone") or "", local, home)).astimezone(UTC)
    except (ValueError, OverflowError):
        return NO_DATE
    return _checked(moment, home, has_time=has_time)


def _date_parts(said: dict[str, str | None], zone: str) -> tuple[int, int, int] | None:
    year_text = said["year"] or ""
    year = 1 if year_text == "元" else int(year_text)
    era = said.get("era")
    if era:
        year += _ERAS[era]
    elif len(year_text) == 2:
        year += 2000 if year < 69 else 1900  # POSIX strptime
    name = said.get("name")
    if name is not None:
        month = MONTHS.get(name.casefold(), 0)
        return (year, month, int(said["day"] or 0)) if month else None
    if said.get("mark"):
        first, second = int(said["first"] or 0), int(said["second_part"] or 0)
        # 15.07.2026 and 15/07/2026; only America writes the month first, and with a slash.
        is_month_first = said["mark"] != "." and (
            second > 12 or (first <= 12 and zone.startswith(("America/", "US/")))
        )
        return (year, first, second) if is_month_first else (year, second, first)
    return year, int(said["month"] or 0), int(said["day"] or 0)


def _clock(said: dict[str, str | None]) -> tuple[int, int, int, bool] | None:
    """Hour (0 to 24), minute, second (a leap second counts as 59), and whether any was said."""
    if not said.get("hour"):
        return 0, 0, 0, False
    hour, minute = int(said["hour"] or 0), int(said["minute"] or 0)
    second = min(int(said.get("second") or 0), 59)
    half = (said.get("half") or "").lower()[:1]
    noon = said.get("noon") or ""
    if half or noon:
        if not 0 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" or noon in {"下午", "午後", "오후"} else 0)
    if hour > 24 or minute > 59 or (hour == 24 and (minute or second)):
        return None
    return hour, minute, second, True


def _zone(text: str, local: datetime, home: tzinfo) -> tzinfo:
    name = text.strip("() ").upper()
    if not name:
        return home
    match = re.match(r"(?:GMT|UTC)?\s?([+-])(\d{1,2}):?(\d{2})?", name)
    if match:
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if offset >= timedelta(hours=24):
            raise ValueError("no such offset")
        return timezone(-offset if sign == "-" else offset)
    if name in _home_names(local.year, home):
        return home
    if name in _OFFSETS:
        return timezone(timedelta(minutes=_OFFSETS[name]))
    return home


def _home_names(year: int, home: tzinfo) -> set[str]:
    """Abbreviations that mean "our own clock" in this zone, in winter or summer."""
    names = {
        datetime(year, month, 1, tzinfo=home).tzname() or ""
        for month in (1, 7)
        if FIRST_YEAR <= year <= LAST_YEAR
    }
    families = {_FAMILIES[name] for name in names if name in _FAMILIES}
    # China's own CST is no member of the American family of that name.
    if getattr(home, "key", "").startswith("Asia/"):
        return names
    return names | {name for name, family in _FAMILIES.items() if family in families}


def _checked(
    moment: datetime, home: tzinfo, *, has_time: bool
) -> tuple[datetime | None, Precision]:
    if not FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1:
        return NO_DATE  # before a zone can carry it past the years that datetime knows
    local = moment.astimezone(home)
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        return NO_DATE
    is_midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
    return moment, Precision.INSTANT if has_time and not is_midnight else Precision.DAY
