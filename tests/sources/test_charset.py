"""Bytes to text: what is stated, what is true, and what to do when they differ."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sources.charset import decode_body

CHINESE = (
    "商务部公告2026年第18号 公布对部分中重稀土相关物项实施出口管制的决定。"
    "根据《中华人民共和国出口管制法》等法律法规有关规定，出口经营者应当申请许可。"
)
TRADITIONAL = (
    "經濟部國際貿易署公告戰略性高科技貨品種類及輸出管制地區，自即日起實施，出口業者應申請許可。"
)
JAPANESE = (
    "経済産業省は、レアアースの輸出管理に関する新しい措置を発表しました。輸出には許可が必要です。"
)
KOREAN = "산업통상부는 희토류 수출 통제에 대응하기 위한 공급망 안정화 대책을 발표하였다."
RUSSIAN = (
    "Правительство утвердило порядок лицензирования экспорта редкоземельных металлов и сплавов."
)
GERMAN = "Ausführer müssen für Güter mit doppeltem Verwendungszweck künftig größere Fristen wahren."
POLISH = "Ministerstwo ogłosiło zmiany przepisów o wywozie towarów podwójnego użycia; źródło łączy."
GREEK = "Το υπουργείο ανακοίνωσε νέους ελέγχους στις εξαγωγές σπάνιων γαιών και μετάλλων."

LANGUAGES = [
    ("gbk", CHINESE),
    ("gb18030", CHINESE),
    ("big5", TRADITIONAL),
    ("shift_jis", JAPANESE),
    ("euc_jp", JAPANESE),
    ("euc_kr", KOREAN),
    ("koi8_r", RUSSIAN),
    ("cp1251", RUSSIAN),
    ("cp1252", GERMAN),
    ("cp1250", POLISH),
    ("cp1253", GREEK),
]


def feed(text: str, declared: str = "") -> str:
    stated = f'<?xml version="1.0" encoding="{declared}"?>' if declared else "<?xml version='1.0'?>"
    return f"{stated}<rss><channel><item><title>{text}</title></item></channel></rss>"


@pytest.mark.parametrize(("encoding", "text"), LANGUAGES)
def test_an_encoding_that_is_stated_truly_is_used_without_a_word(encoding: str, text: str) -> None:
    in_document = decode_body(feed(text, encoding).encode(encoding))
    in_header = decode_body(feed(text).encode(encoding), f"text/xml; charset={encoding}")
    for decoded in (in_document, in_header):
        assert text in decoded.text
        assert decoded.note == ""


@pytest.mark.parametrize(("encoding", "text"), LANGUAGES)
@pytest.mark.parametrize("declared", ["utf-8", ""])
def test_an_encoding_that_is_misdeclared_or_missing_is_found_and_noted(
    encoding: str, text: str, declared: str
) -> None:
    """GBK that calls itself UTF-8 is the commonest slip of ministries."""
    decoded = decode_body(feed(text, declared).encode(encoding), "application/xml")
    assert text in decoded.text
    assert decoded.note.startswith("read as ")
    assert ("utf-8" if declared else "nothing") in decoded.note


@pytest.mark.parametrize("text", [text for _, text in LANGUAGES])
@pytest.mark.parametrize("declared", ["gb2312", "iso-8859-1", "shift_jis", "windows-1251", "none"])
def test_valid_utf8_is_utf8_whatever_is_stated(text: str, declared: str) -> None:
    body = feed(text, declared).encode()
    assert text in decode_body(body, f"text/xml; charset={declared}").text
    assert decode_body(body).encoding == "utf-8"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_outranks_every_statement(mark: bytes, encoding: str) -> None:
    body = mark + feed(CHINESE, "gb2312").encode(encoding)
    decoded = decode_body(body, "text/xml; charset=iso-8859-1")
    assert decoded.text == feed(CHINESE, "gb2312")
    assert decoded.encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037"])
def test_encodings_that_are_no_ascii_are_known_by_their_first_bytes(encoding: str) -> None:
    text = feed("Export licence") if encoding == "cp037" else feed(CHINESE)
    assert decode_body(text.encode(encoding)).text == text


def test_the_old_small_sets_are_read_as_their_large_successors() -> None:
    for declared, encoding, text in (
        ("gb2312", "gb18030", "镕基 〇 ㎡"),
        ("iso-8859-1", "cp1252", "“quotes” – €"),
        ("shift_jis", "cp932", "①②髙﨑"),
        ("euc-kr", "cp949", "똠방각하"),
    ):
        assert text in decode_body(feed(text, declared).encode(encoding)).text


def test_the_document_outranks_a_header_that_only_states_the_default_of_servers() -> None:
    body = feed(RUSSIAN, "koi8-r").encode("koi8_r")
    assert RUSSIAN in decode_body(body, "text/xml; charset=ISO-8859-1").text
    assert (
        RUSSIAN in decode_body(body.replace(b"koi8-r", b"cp1252"), "text/xml; charset=koi8-r").text
    )


@pytest.mark.parametrize(
    ("encoding", "text"), [each for each in LANGUAGES if each[0] not in {"cp1252", "cp1250"}]
)
def test_what_is_no_latin_is_not_read_as_latin_though_the_server_says_so(
    encoding: str, text: str
) -> None:
    decoded = decode_body(feed(text).encode(encoding), "text/xml; charset=ISO-8859-1")
    assert text in decoded.text
    assert "though it states cp1252" in decoded.note


@pytest.mark.parametrize(
    "text",
    [GERMAN, "«Été» à Genève…", "A\xa0\xa0\xa0\xa0\xa0B", "———————— Übersicht ————————", "ÄÖÜÄÖÜ"],
)
def test_latin_that_is_stated_stays_latin(text: str) -> None:
    decoded = decode_body(feed(text).encode("cp1252"), "text/xml; charset=ISO-8859-1")
    assert text in decoded.text and decoded.note == ""


def test_seven_bit_encodings_are_read_only_where_they_are_stated() -> None:
    body = feed(JAPANESE, "iso-2022-jp").encode("iso2022_jp")
    assert JAPANESE in decode_body(body).text
    assert JAPANESE not in decode_body(body.replace(b"iso-2022-jp", b"utf-8")).text


def test_an_html_page_may_state_its_encoding_in_a_meta_element() -> None:
    page = f'<html><head><meta charset="gb2312"></head><body>{CHINESE}</body></html>'
    assert CHINESE in decode_body(page.encode("gbk"), "text/html").text


def test_a_damaged_character_does_not_condemn_the_rest() -> None:
    body = feed(CHINESE * 5).encode()
    place = body.index("稀土".encode())
    decoded = decode_body(body[:place] + b"\xff" + body[place + 1 :], "text/xml; charset=utf-8")
    assert decoded.encoding == "utf-8"
    assert "not valid UTF-8" in decoded.note
    damaged = feed(CHINESE * 5, "gbk").encode("gbk") + b"\x81"
    assert decode_body(damaged).text.startswith(feed(CHINESE * 5, "gbk"))


@pytest.mark.parametrize(
    "label", ["rot13", "base64", "unicode_escape", "utf-7", "punycode", "idna", "undefined", "zlib"]
)
def test_codecs_that_are_no_text_encodings_are_never_used(label: str) -> None:
    body = feed("caf\\u00e9 +ADw-script+AD4- é", label).encode()
    decoded = decode_body(body, f"text/xml; charset={label}")
    assert decoded.encoding == "utf-8"
    assert "+ADw-script" in decoded.text


@given(st.binary(max_size=300), st.text(max_size=40))
@example(b"\xff\xfe\x00\xd8", "")
@example(b"<\x00?\x00", "")
@example(b"\x00\x00\x00<", "charset=utf-16")
def test_any_bytes_become_text_that_xml_allows(body: bytes, content_type: str) -> None:
    text = decode_body(body, content_type).text
    text.encode()
    assert not set(text) & (set(map(chr, range(32))) - set("\t\n\r"))
    assert "\ufffe" not in text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=200))
def test_utf8_comes_out_as_it_went_in(text: str) -> None:
    assert decode_body(b"<rss>" + text.encode()).text == "<rss>" + text
