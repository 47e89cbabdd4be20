"""Bytes to text, when the publisher's word for the encoding may be missing or wrong. Pure.

Order of trust: a byte order mark; valid UTF-8 (other encodings practically never are); the
statements of the XML or HTML and of the Content-Type, where the bytes bear them out; then the
encoding under which the letters look most like a language.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from bot.sources.charset_guess import guess_encoding

_HEAD_BYTES = 2_048

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (  # "<" and what follows it, in encodings that are no superset of ASCII (XML, app. F)
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"Lo\xa7\x94", "cp037"),
)

_CHARSET_PARAMETER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
_XML_ENCODING = re.compile(
    r"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})", re.ASCII | re.IGNORECASE
)
_META_CHARSET = re.compile(
    r"<meta[^>]{0,300}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE
)

# Publishers name the small old set and use its large successor (WHATWG Encoding Standard, labels).
_SUCCESSORS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_SEVEN_BIT = ("iso2022", "hz")  # valid ASCII, so valid UTF-8, and yet something else
_MULTIBYTE = {"gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "euc_jis_2004", "johab"}
_LATIN_DEFAULT = "cp1252"  # what servers state without having looked

_LATIN = {"cp1252", "cp1250", "cp1254"}
_FOREIGN_BYTES = re.compile(rb"[\x80-\xff]+")
_DENSE = re.compile(rb"[\x80-\xff]{4,}")
_DENSE_LETTERS = 8

MAX_DAMAGED_SHARE = 0.02
"""Of the non-ASCII characters, the share that may be broken in text still taken for UTF-8."""

_CONTROLS = bytes({*range(0x20)} - set(b"\t\n\r"))
_XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`text` holds nothing that XML forbids (NUL, control characters, lone surrogates).

    `note` is "" or says that the stated encoding was wrong.
    """

    text: str
    encoding: str
    note: str = ""


def decode_body(body: bytes, content_type: str = "") -> Decoded:
    """Decode an answer. Never raises; bytes that fit nothing become U+FFFD."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], encoding)
    start = body.lstrip(b"\r\n\t ")[:8]
    for opening, encoding in _UNMARKED:
        if start.startswith(opening):
            # A stray NUL after "<" is damage, not UTF-16: half of its first words must be zeros.
            # Only of those: they are markup, and the Chinese text after them has no zeros.
            if encoding == "cp037" or body[:40].count(0) >= min(len(body), 40) // 3:
                return _decoded(body, encoding)
            break
    is_ascii = body.isascii()
    damaged_utf8 = 0.0 if is_ascii else _as_utf8(body)
    if damaged_utf8 == 0 and not is_ascii:
        return _decoded(body, "utf-8")
    stated = _stated_encodings(body, content_type)
    if is_ascii:
        seven_bit = next((name for name in stated if name.startswith(_SEVEN_BIT)), "utf-8")
        return _decoded(body, seven_bit)
    for encoding in stated:
        if encoding == _LATIN_DEFAULT and _is_of_other_script(body):
            continue
        if encoding != "utf-8" and _is_valid(body, encoding):
            return _decoded(body, encoding)
    if damaged_utf8 <= MAX_DAMAGED_SHARE:
        return _decoded(body, "utf-8", note="a few characters were not valid UTF-8")
    # A stated multi-byte encoding with a damaged spot is still likelier than any guess.
    for encoding in stated:
        if encoding in _MULTIBYTE and _damaged_share(body, encoding) <= MAX_DAMAGED_SHARE:
            return _decoded(body, encoding, note=f"a few characters were not valid {encoding}")
    guessed = guess_encoding(body)
    told = ", ".join(stated) or "nothing"
    return _decoded(body, guessed, note=f"read as {guessed}, though it states {told}")


def _decoded(body: bytes, encoding: str, note: str = "") -> Decoded:
    text = body.decode(encoding, errors="replace")
    # Bytes of UTF-8 show what is forbidden in a sixth of the time; EF BF begins U+FFFE and U+FFFF.
    if encoding != "utf-8" or b"\xef\xbf" in body or body.translate(None, _CONTROLS) != body:
        text = _XML_FORBIDDEN.sub("", text)
    return Decoded(text=text, encoding=encoding, note=note)


def _stated_encodings(body: bytes, content_type: str) -> list[str]:
    """What is stated, most trusted first, as Python's names; unknown names are left out."""
    head = body[:_HEAD_BYTES].decode("latin-1")
    in_body = [
        _known(match.group(1))
        for match in (_XML_ENCODING.search(head), _META_CHARSET.search(head))
        if match
    ]
    by_header = _CHARSET_PARAMETER.search(content_type)
    in_header = [_known(by_header.group(1))] if by_header else []
    # A server's default says less than the document itself.
    is_default = in_header == [_LATIN_DEFAULT]
    ordered = in_body + in_header if is_default else in_header + in_body
    return list(dict.fromkeys(name for name in ordered if name))


def _known(label: str) -> str:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    name = _SUCCESSORS.get(name, name)
    # Codecs that are no text encodings (rot13, base64), that execute escapes, or that let markup
    # hide in plain ASCII (UTF-7) are not for strangers to choose; UTF-16 without its zeros is not.
    if not name.startswith(
        ("utf-8", "iso", "cp", "koi8", "mac", "gb", "big5", "euc", "shift")
    ) and (name not in {"johab", "hz", "tis-620", "ptcp154", "kz1048"}):
        return ""
    return name


def _is_valid(body: bytes, encoding: str) -> bool:
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return False
    # GB 18030 accepts nearly all bytes; what it was not meant for comes out as private characters.
    return not (encoding in _MULTIBYTE and _odd_share(text) > MAX_DAMAGED_SHARE)


def _is_of_other_script(body: bytes) -> bool:
    """Whether what is stated as Latin cannot be: no language with Latin letters has word after word
    of accented ones only. All bytes are valid in it, so that nothing else speaks against it."""
    words = b"".join(_DENSE.findall(body))
    if len(set(words)) < _DENSE_LETTERS:
        return False  # lines and indents of one character, a heading in umlauts
    foreign = sum(map(len, _FOREIGN_BYTES.findall(body)))
    return 2 * len(words) > foreign and guess_encoding(body) not in _LATIN


def _as_utf8(body: bytes) -> float:
    return _damaged_share(body, "utf-8")


def _damaged_share(body: bytes, encoding: str) -> float:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        text = body.decode(encoding, errors="replace")
        foreign = sum(1 for char in text if char > "\x7f")
        return text.count("\ufffd") / max(foreign, 1)
    return 0.0


def _odd_share(text: str) -> float:
    foreign = [char for char in text if char > "\x7f"]
    odd = sum(1 for char in foreign if "\ue000" <= char <= "\uf8ff" or "\x80" <= char <= "\x9f")
    return odd / max(len(foreign), 1)
