"""Lists in CSV, in the exact shapes of OFAC, the Consolidated Screening List and the UK."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import NotAFeed
from bot.domain.source import RegisterFormat, RegisterShape
from bot.domain.version import Row, Version, unpacked, version_of
from bot.sources.catalogue import load_catalogue
from bot.sources.register_csv import HEADER_WITHIN, MAX_RECORD, parse_csv
from bot.sources.register_rows import MAX_BYTES, MAX_COLUMNS, ParsedRegister
from tests.conftest import SHARED

CATALOGUE = {str(each.source_id): each for each in load_catalogue(None)}


def shape_of(source_id: str) -> RegisterShape:
    shape = CATALOGUE[source_id].shape
    assert isinstance(shape, RegisterShape)
    return shape


OFAC = shape_of("us-ofac-sdn-csv")
SCREENING = shape_of("us-screening-list")
UK = shape_of("uk-sanctions-list")
SIMPLE = RegisterShape(format=RegisterFormat.CSV, key=("id",), name=("name",))


def read(text: str | bytes, shape: RegisterShape = SIMPLE, content_type: str = "") -> list[Row]:
    return [unpacked(each) for each in parsed(text, shape, content_type).rows]


def parsed(
    text: str | bytes, shape: RegisterShape = SIMPLE, content_type: str = ""
) -> ParsedRegister:
    found = parse_csv(text.encode() if isinstance(text, str) else text, content_type, shape)
    assert isinstance(found, ParsedRegister), found
    return found


def refused(text: str | bytes, shape: RegisterShape = SIMPLE) -> str:
    found = parse_csv(text.encode() if isinstance(text, str) else text, "", shape)
    assert isinstance(found, NotAFeed), found
    return found.detail


# OFAC

SDN = (
    '306,"BANCO HARBOUR",-0- ,"TIN",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"a.k.a. \'BNH\'."\r\n'
    '10278,"QUAY, Elvis Angus","individual","SDNT] [ZINC-EO1",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
    '"DOB 28 Jul 1963; Passport P001 (Belize)."\r\n'
    '9005,"SLUICE STAR","vessel","TIN",-0- ,"5IM316","Crude Oil Tanker","160,930","81,479",'
    '"Tanzania","HARBOUR TANKERS",-0- \r\n'
    "\x1a"
)


def test_ofac_s_file_has_no_head_and_minus_nought_minus_for_nothing() -> None:
    bank, person, vessel = read(SDN, OFAC)
    assert bank == Row(
        key="306", name="BANCO HARBOUR", programme="TIN", text="remarks: a.k.a. 'BNH'."
    )
    assert person.programme == "SDNT] [ZINC-EO1"
    assert person.text.split("\n") == [
        "remarks: DOB 28 Jul 1963; Passport P001 (Belize).",
        "type: individual",
    ]
    assert "call sign: 5IM316" in vessel.text
    assert "tonnage: 160,930" in vessel.text
    assert "remarks" not in vessel.text


def test_letters_beyond_ascii_come_out_right_however_late_they_come() -> None:
    many = "".join(f'{number},"PARTY {number}"\r\n' for number in range(20_000))
    shape = replace(SIMPLE, columns=("id", "name"))
    for encoding in ("cp1252", "utf-8"):
        found = read((many + '99999,"PEÑA MUÑOZ, José"\r\n').encode(encoding), shape)
        assert found[-1].name == "PEÑA MUÑOZ, José"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(encoding: str) -> None:
    (only,) = read("id,name\r\n1,Überseehafen\r\n".encode(encoding))
    assert (only.key, only.name) == ("1", "Überseehafen")


def test_the_encoding_that_a_server_states_is_believed_where_the_bytes_bear_it_out() -> None:
    (only,) = read("id,name\n1,Порт\n".encode("koi8-r"), content_type="text/csv; charset=koi8-r")
    assert only.name == "Порт"


@pytest.mark.skipif(
    not (SHARED / "samples/ofac").is_dir(), reason="OFAC's files lie beside the project only here"
)
@pytest.mark.parametrize(
    ("file", "entries"), [("full_sdn.csv", 8976), ("mini_sdn.csv", 17), ("full_cons_prim.csv", 442)]
)
def test_every_line_of_ofac_s_own_files_is_an_entry(file: str, entries: int) -> None:
    body = (SHARED / "samples/ofac" / file).read_bytes()
    found = parsed(body, OFAC, "text/csv")
    assert len(found.rows) == entries
    assert found.note == ""
    for row in map(unpacked, found.rows):
        assert row.key.isdecimal()
        assert row.name
        assert row.programme, row
        assert ": -0-" not in row.text


@pytest.mark.skipif(
    not (SHARED / "samples/ofac").is_dir(), reason="OFAC's files lie beside the project only here"
)
@pytest.mark.parametrize(
    ("file", "columns", "key", "name"),
    [
        ("mini_add.csv", "entry number address city country remarks", "number", "address"),
        ("mini_alt.csv", "entry number type name remarks", "number", "name"),
        ("mini_sdn_comments.csv", "entry remarks", "entry", "entry"),
    ],
)
def test_ofac_s_other_files_can_be_read_as_lists_of_their_own(
    file: str, columns: str, key: str, name: str
) -> None:
    body = (SHARED / "samples/ofac" / file).read_bytes()
    shape = replace(OFAC, columns=tuple(columns.split()), key=(key,), name=(name,), programme=())
    found = read(body, shape)
    assert len(found) == len(body.decode().strip("\x1a\r\n").splitlines())


# The Consolidated Screening List

CSL_HEAD = (
    "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,"
    "start_date,end_date,standard_order,license_requirement,license_policy,call_sign,vessel_type,"
    "gross_tonnage,gross_registered_tonnage,vessel_flag,vessel_owner,remarks,source_list_url,"
    "alt_names,citizenships,dates_of_birth,nationalities,places_of_birth,source_information_url,ids"
)
DENIED = (
    "e5a9,Denied Persons List (DPL) - Bureau of Industry and Security,,,, QUAY TRADING,,"
    '"1 HARBOUR DRIVE, OSLO",82 F.R. 48792 10/20/2017,2017-10-16,2020-10-13,Y,,,,,,,,,'
    "FR NOTICE ADDED,https://lists.example/dpl,,,,,,https://lists.example/about,"
)
TREASURY = (
    "77,Specially Designated Nationals (SDN) - Treasury Department,36,Entity,TIN; ZINC,"
    "LOCK SHIPPING,,,,,,,,,,,,,,,,https://lists.example/sdn,LOCK LINES; LOCKS,,,,,"
    "https://lists.example/about,"
)


def test_the_screening_list_is_known_by_list_number_and_name_not_by_its_changing_ids() -> None:
    denied, treasury = read("\n".join((CSL_HEAD, DENIED, TREASURY)), SCREENING)
    assert denied.key == (
        "Denied Persons List (DPL) - Bureau of Industry and Security · QUAY TRADING"
    )
    assert denied.programme == "Denied Persons List (DPL) - Bureau of Industry and Security"
    assert treasury.programme == (
        "Specially Designated Nationals (SDN) - Treasury Department] [TIN] [ZINC"
    )
    assert treasury.text == "alt_names: LOCK LINES; LOCKS\ntype: Entity"
    again = read("\n".join((CSL_HEAD, DENIED.replace("e5a9", "0000"), TREASURY)), SCREENING)
    assert again == [denied, treasury]


# The UK's list

UK_HEAD = (
    "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,"
    "Name 5,Name type,Alias strength,Regime Name,Designation Type,Address Line 1,Address Country"
)
UK_FILE = (
    "Report Date: 08-Oct-2026",
    UK_HEAD,
    "04/08/2026,RUS1,16100,,QUAY,Elvis,,,,,Alias,Good quality,Russia,Individual,,Norway",
    "04/08/2026,RUS1,16100,,QUAY,Elvis Angus,,,,,Primary Name,,Russia,Individual,,Norway",
    "04/08/2026,RUS1,16100,,QUAY,Elvis Angus,,,,,Primary Name,,Russia,Individual,1 Pier,Norway",
    "04/08/2026,DPR2,,,SLUICE STAR,,,,,,Primary name,,DPRK,Ship,,",
)


def test_the_uk_s_rows_of_one_entry_are_one_and_its_name_is_the_primary() -> None:
    person, ship = read("\n".join(UK_FILE), UK)
    assert (person.key, person.name, person.programme) == ("RUS1", "Elvis Angus QUAY", "Russia")
    assert person.text.split("\n") == [
        "Address Country: Norway",
        "Address Line 1: 1 Pier",
        "Designation Type: Individual",
        "OFSI Group ID: 16100",
        "also: Elvis QUAY",
    ]
    assert (ship.key, ship.name) == ("DPR2", "SLUICE STAR")


def test_a_new_date_of_the_report_or_of_a_row_changes_nothing() -> None:
    later = "\n".join(UK_FILE).replace("04/08/2026", "09/10/2026").replace("08-Oct", "09-Oct")
    assert read(later, UK) == read("\n".join(UK_FILE), UK)


@given(st.permutations(range(2, len(UK_FILE))))
def test_the_order_of_a_list_s_rows_says_nothing(order: list[int]) -> None:
    shuffled = "\n".join((*UK_FILE[:2], *(UK_FILE[at] for at in order)))
    assert version(shuffled) == version("\n".join(UK_FILE))


def version(text: str) -> Version:
    return version_of(parsed(text, UK).rows, "")


# What publishers do


def test_a_column_that_is_moved_changes_nothing_and_one_that_is_new_is_compared() -> None:
    before = read("id,name,kind\n1,A,x\n")
    assert read("kind,id,name\nx,1,A\n") == before
    (more,) = read("id,name,kind,flag\n1,A,x,Norway\n")
    assert more.text == "flag: Norway\nkind: x"


def test_semicolons_and_tabs_may_part_the_columns() -> None:
    for mark in (";", "\t"):
        (only,) = read(f'"id"{mark}"name"\n"1"{mark}"A, B"\n', replace(SIMPLE, delimiter=mark))
        assert only.name == "A, B"


def test_a_value_may_run_over_lines_and_hold_doubled_quotation_marks() -> None:
    (only,) = read('id,name,note\n1,"The ""Quay""","one\ntwo"\n')
    assert (only.name, only.text) == ('The "Quay"', "note: one two")


def test_invisible_characters_and_double_blanks_are_no_change() -> None:
    (only,) = read("id,name\n1,A\u200b  B\u00a0\n")
    assert only.name == "A B"


def test_records_without_a_key_are_counted() -> None:
    found = parsed("id,name\n1,A\n,B\n,\n")
    assert len(found.rows) == 1
    assert found.note == "1 entry skipped (without a key)"


def test_an_entry_without_a_name_goes_by_its_key() -> None:
    (only,) = read("id,name\n1,\n")
    assert only.name == "1"


# What is refused


def test_a_file_that_breaks_off_at_a_line_end_within_a_quotation_is_refused() -> None:
    assert "breaks off within line 3" in refused('id,name\n1,A\n2,"B, in two\n')
    assert "breaks off" in refused('id,name\n1,"A\n2,B\n3,C\n')
    assert len(parsed('id,name\n1,A 5" pipe\n2,"B, in two\nlines"\n').rows) == 2


@pytest.mark.parametrize("end", range(1, len(SDN.split("\r\n")[1])))
def test_a_file_that_breaks_off_within_a_record_is_refused(end: int) -> None:
    first, second, *_ = SDN.split("\r\n")
    if second[:end].count(",") < 11 + 1:  # "QUAY, Elvis" has a comma of its own
        assert "breaks off within line 2" in refused(f"{first}\r\n{second[:end]}", OFAC)
    elif second[:end].count('"') % 2:
        assert "breaks off" in refused(f"{first}\r\n{second[:end]}", OFAC)


def test_a_last_line_without_an_end_is_no_break() -> None:
    assert len(read("id,name\n1,A\n2,B")) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "an empty body"),
        ("<!DOCTYPE html><title>Sorry</title>", "an HTML page titled 'Sorry'"),
        ('{"error": "quota"}', "where a CSV file should be"),
        ("id,name\n", "without a single entry"),
        ("number,name\n1,A\n", "without the column 'id' in its head"),
        ("\n" * (HEADER_WITHIN + 1) + "id,name\n1,A\n", "without the column 'id' in its head"),
        ("id,title\n1,A\n", "without the column 'name'; it has id, title"),
        ("id,name\n" + "x" * (MAX_RECORD + 1), "longer than 1,000,000 characters"),
        ('id,name\n1,"' + "x" * 200_000 + '"\n', "cannot be read after line 2"),
        ("id,name\n1,A" + ",x" * MAX_COLUMNS, "more than 1,000 columns"),
        ("id,name" + ",x" * MAX_COLUMNS, "more than 1,000 columns"),
    ],
)
def test_what_is_no_list_is_said(body: str, said: str) -> None:
    assert said in refused(body)


def test_a_list_whose_entries_would_take_too_much_memory_is_refused() -> None:
    entries = MAX_BYTES // 220
    body = "id,name\n" + "\n".join(map(str, range(entries))) + "\n"
    assert "would take more than 125 MB of memory" in refused(body)


def test_very_many_records_of_one_entry_are_read_in_time_that_grows_with_their_number() -> None:
    """A merge of each with all before it would take hours."""
    (only,) = read("id,name,note\n" + "".join(f"1,A,{n}\n" for n in range(100_000)))
    assert only.text.count("\n") == 99_999


def test_without_the_programmes_that_the_shape_names_nothing_is_read() -> None:
    """Or else every entry would be told as changed."""
    shape = replace(SIMPLE, programme=("program",))
    assert "without the column 'program'" in refused("id,name\n1,A\n", shape)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_bytes_raise(body: bytes) -> None:
    for shape in (SIMPLE, OFAC, replace(SIMPLE, columns=("id", "name"), delimiter="\t")):
        assert isinstance(parse_csv(body, "", shape), ParsedRegister | NotAFeed)
