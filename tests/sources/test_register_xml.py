"""Lists in XML, in the exact shapes of OFAC, the European Union and the United Nations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import NotAFeed
from bot.domain.source import RegisterFormat, RegisterShape
from bot.domain.version import Row, unpacked
from bot.sources.catalogue import load_catalogue
from bot.sources.hostile import MAX_ATTRIBUTES, MAX_DEPTH
from bot.sources.register_rows import ParsedRegister
from bot.sources.register_xml import (
    MAX_ELEMENTS,
    MAX_ENTRY,
    MAX_NAMES,
    MAX_TOKEN,
    parse_xml,
)

CATALOGUE = {str(each.source_id): each for each in load_catalogue(None)}


def shape_of(source_id: str) -> RegisterShape:
    shape = CATALOGUE[source_id].shape
    assert isinstance(shape, RegisterShape)
    return shape


OFAC = shape_of("us-ofac-sdn")
EU = shape_of("eu-financial-sanctions")
UN = shape_of("un-security-council-list")
SIMPLE = RegisterShape(format=RegisterFormat.XML, entry="e", key=("@id",), name=("n",))


def read(text: str | bytes, shape: RegisterShape = SIMPLE) -> list[Row]:
    found = parse_xml(text.encode() if isinstance(text, str) else text, shape)
    assert isinstance(found, ParsedRegister), found
    return [unpacked(each) for each in found.rows]


def refused(text: str | bytes, shape: RegisterShape = SIMPLE) -> str:
    found = parse_xml(text.encode() if isinstance(text, str) else text, shape)
    assert isinstance(found, NotAFeed), found
    return found.detail


SDN = """<?xml version="1.0" standalone="yes"?>
<sdnList xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://tempuri.org/sdnList.xsd">
  <publshInformation>
    <Publish_Date>10/08/2026</Publish_Date>
    <Record_Count>2</Record_Count>
  </publshInformation>
  <sdnEntry>
    <uid>306</uid>
    <lastName>BANCO HARBOUR</lastName>
    <sdnType>Entity</sdnType>
    <programList>
      <program>TIN</program>
      <program>ZINC-EO1</program>
    </programList>
    <akaList>
      <aka><uid>220</uid><type>a.k.a.</type><category>strong</category><lastName>BNH</lastName></aka>
      <aka><uid>471</uid><type>f.k.a.</type><category>weak</category><lastName>BANK</lastName></aka>
    </akaList>
    <addressList>
      <address><uid>199</uid><city>Oslo</city><country>Norway</country></address>
    </addressList>
  </sdnEntry>
  <sdnEntry>
    <uid>10278</uid>
    <firstName>Elvis</firstName>
    <lastName>QUAY</lastName>
    <title>Harbour &amp; Quay master</title>
    <sdnType>Individual</sdnType>
    <programList><program>TIN</program></programList>
    <dateOfBirthList>
      <dateOfBirthItem>
        <uid>1</uid><dateOfBirth>28 Jul 1963</dateOfBirth><mainEntry>true</mainEntry>
      </dateOfBirthItem>
    </dateOfBirthList>
    <vesselInfo><callSign>5IM316</callSign><vesselFlag>Tanzania</vesselFlag></vesselInfo>
  </sdnEntry>
</sdnList>
"""


def test_ofac_s_entries_have_their_aliases_and_addresses_a_line_each() -> None:
    bank, person = read(SDN, OFAC)
    assert (bank.key, bank.name, bank.programme) == ("306", "BANCO HARBOUR", "TIN] [ZINC-EO1")
    assert bank.text.split("\n") == [
        "address: Oslo, Norway",
        "aka: a.k.a., strong, BNH",
        "aka: f.k.a., weak, BANK",
        "sdnType: Entity",
    ]
    assert (person.key, person.name) == ("10278", "Elvis QUAY")
    assert person.text.split("\n") == [
        "dateOfBirth: 28 Jul 1963",
        "sdnType: Individual",
        "title: Harbour & Quay master",
        "vesselInfo: 5IM316, Tanzania",
    ]


def test_a_new_date_of_publication_and_new_running_numbers_change_nothing() -> None:
    later = SDN.replace("10/08/2026", "10/09/2026").replace("<uid>220<", "<uid>999<")
    assert read(later, OFAC) == read(SDN, OFAC)


def test_the_order_of_aliases_and_of_children_says_nothing() -> None:
    akas = SDN.partition("<akaList>")[2].partition("</akaList>")[0]
    first, second = (f"<aka>{each}" for each in akas.split("<aka>")[1:])
    turned = SDN.replace(akas, second + first)
    assert turned != SDN
    assert read(turned, OFAC) == read(SDN, OFAC)


FSF = """<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-10-08T16:47:04.449+02:00"
        globalFileId="184961">
  <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.27.28"
                  logicalId="13">
    <regulation regulationType="regulation" publicationDate="2003-07-08"
                numberTitle="1210/2003 (OJ L169)" programme="IRQ" logicalId="348">
      <publicationUrl>http://acts.example/L:2003:169</publicationUrl>
    </regulation>
    <subjectType code="person" classificationCode="P"/>
    <nameAlias firstName="Elvis" lastName="Quay" wholeName="Elvis Quay" gender="M" strong="true"
               regulationLanguage="en" logicalId="17">
      <regulationSummary regulationType="regulation" numberTitle="1210/2003 (OJ L169)"/>
    </nameAlias>
    <nameAlias firstName="" lastName="" wholeName="Abu Kai" strong="true" logicalId="19"/>
    <citizenship countryIso2Code="IQ" countryDescription="IRAQ" logicalId="1"/>
    <birthdate circa="false" year="1937" logicalId="2"/>
  </sanctionEntity>
</export>
"""


def test_the_union_s_entries_are_known_by_their_logical_id_and_first_name() -> None:
    (only,) = read(FSF, EU)
    assert (only.key, only.name, only.programme) == ("13", "Elvis Quay", "IRQ")
    assert only.text.split("\n") == [
        "also: Abu Kai",
        "birthdate: circa=false, 1937",
        "citizenship: IQ, IRAQ",
        "euReferenceNumber: EU.27.28",
        "nameAlias: Elvis, Quay, M, strong=true",
        "nameAlias: strong=true",
        "regulation: regulation, 2003-07-08, 1210/2003 (OJ L169), http://acts.example/L:2003:169",
        "subjectType: person, P",
    ]


def test_a_new_date_of_export_changes_nothing_and_a_new_programme_does() -> None:
    later = FSF.replace("2026-10-08T16", "2026-10-09T17").replace("184961", "184999")
    assert read(later, EU) == read(FSF, EU)
    (other,) = read(FSF.replace('programme="IRQ"', 'programme="TIN"'), EU)
    assert other.programme == "TIN"


UN_LIST = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-10-08T00:00:00.000Z">
 <INDIVIDUALS>
  <INDIVIDUAL>
   <DATAID>6908555</DATAID><VERSIONNUM>1</VERSIONNUM>
   <FIRST_NAME>ELVIS</FIRST_NAME><SECOND_NAME>ANGUS</SECOND_NAME><THIRD_NAME>QUAY</THIRD_NAME>
   <UN_LIST_TYPE>DPRK</UN_LIST_TYPE><REFERENCE_NUMBER>KPi.033</REFERENCE_NUMBER>
   <LISTED_ON>2016-11-30</LISTED_ON>
   <NATIONALITY><VALUE>Norway</VALUE></NATIONALITY>
   <LAST_DAY_UPDATED><VALUE>2026-09-01</VALUE></LAST_DAY_UPDATED>
   <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Abu Kai</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ADDRESS><COUNTRY/></INDIVIDUAL_ADDRESS>
   <SORT_KEY/><SORT_KEY_LAST_MOD/>
  </INDIVIDUAL>
 </INDIVIDUALS>
 <ENTITIES>
  <ENTITY>
   <DATAID>110403</DATAID><VERSIONNUM>1</VERSIONNUM><FIRST_NAME>HARBOUR BANK</FIRST_NAME>
   <UN_LIST_TYPE>DPRK</UN_LIST_TYPE><ENTITY_ALIAS><ALIAS_NAME>HB</ALIAS_NAME></ENTITY_ALIAS>
  </ENTITY>
 </ENTITIES>
</CONSOLIDATED_LIST>
"""


def test_the_united_nations_persons_and_entities_are_one_list() -> None:
    person, entity = read(UN_LIST, UN)
    assert (person.key, person.name, person.programme) == ("6908555", "ELVIS ANGUS QUAY", "DPRK")
    assert person.text.split("\n") == [
        "INDIVIDUAL_ALIAS: Good, Abu Kai",
        "LISTED_ON: 2016-11-30",
        "NATIONALITY: Norway",
        "REFERENCE_NUMBER: KPi.033",
    ]
    assert (entity.key, entity.name) == ("110403", "HARBOUR BANK")
    assert entity.text == "ENTITY_ALIAS: HB"


# What any list may hold


def test_prefixes_of_namespaces_are_no_part_of_a_name() -> None:
    (only,) = read('<x:l xmlns:x="u"><x:e x:id="1"><x:n>A</x:n><x:t>b</x:t></x:e></x:l>')
    assert only == Row(key="1", name="A", text="t: b")


def test_text_of_an_entry_itself_and_deep_text_are_compared() -> None:
    (only,) = read('<l><e id="1">own<n>A</n><a>b<c>d<f>g</f></c></a> tail</e></l>')
    assert only.text.split("\n") == ["a: b, d, g", "text: own", "text: tail"]


def test_an_encoding_that_the_file_states_is_used() -> None:
    text = '<?xml version="1.0" encoding="windows-1251"?><l><e id="1"><n>Порт</n></e></l>'
    (only,) = read(text.encode("cp1251"))
    assert only.name == "Порт"


def test_entries_with_one_key_are_one() -> None:
    (only,) = read('<l><e id="1"><n>B</n><t>x</t></e><e id="1"><n>A</n><t>y</t></e></l>')
    assert (only.name, only.text) == ("A", "also: B\nt: x\nt: y")


def test_entries_without_a_key_are_counted() -> None:
    found = parse_xml(b'<l><e id="1"><n>A</n></e><e><n>B</n></e></l>', SIMPLE)
    assert isinstance(found, ParsedRegister)
    assert (len(found.rows), found.note) == (1, "1 entry skipped (without a key)")


# What is refused


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_file_that_breaks_off_is_refused_wherever_it_does(share: float) -> None:
    for text, shape in ((SDN, OFAC), (FSF, EU), (UN_LIST, UN)):
        said = refused(text.strip()[: int(len(text.strip()) * share)], shape)
        assert "cannot be read to its end" in said


BOMB = """<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<l><e id="1"><n>&b;</n></e></l>"""
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]><l><e id="1"><n>&x;</n></e></l>'
PARAMETER = (
    '<!DOCTYPE l [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><l><e id="1"><n>A</n></e></l>'
)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BOMB, "declares entities"),
        (BOMB.encode("utf-16"), "declares entities"),
        (OUTSIDE, "declares entities"),
        (PARAMETER, "declares entities"),
        ("<l>" + "<a>" * MAX_DEPTH, f"more than {MAX_DEPTH} deep"),
        ("<l><e" + "".join(f' a{n}=""' for n in range(MAX_ATTRIBUTES + 1)) + "/></l>",
         f"more than {MAX_ATTRIBUTES:,} attributes"),
        ("<l>" + "".join(f"<a{n}/>" for n in range(MAX_NAMES * 10)) + "</l>",
         f"more than {MAX_NAMES:,} different names"),
        (f'<l><e id="1">{"x" * (MAX_ENTRY + 1)}</e></l>', "longer than 1,000,000 characters"),
        (f'<l><e id="{"x" * (MAX_ENTRY + 1)}"/></l>', "longer than 1,000,000 characters"),
        (f'<l><e id="1">{"<a/>" * (MAX_ELEMENTS + 1)}</e></l>', "more than 10,000 elements"),
        (f'<l a="{"x" * 3 * MAX_TOKEN}"/>', "tags is longer than 2,000,000 bytes"),
        ("", "an empty body"),
        ("id,name\n1,A\n", "where an XML file should be"),
        ("<!DOCTYPE html><title>Sorry</title><p>x<br>y", "an HTML page titled 'Sorry'"),
        ("<l></l>", "without a single e"),
        ("<rss><channel/></rss>", "without a single e"),
        ('<l><e id="1"></l>', "cannot be read to its end"),
        (b'<?xml version="1.0" encoding="gb18030"?><l>\xb9\xab</l>', "cannot be read to its end"),
        (b'<?xml version="1.0" encoding="no-such"?><l/>', "cannot be read to its end"),
    ],
)  # fmt: skip
def test_what_is_hostile_or_no_list_is_said(body: str | bytes, said: str) -> None:
    assert said in refused(body)


def test_a_doctype_without_entities_is_harmless() -> None:
    (only,) = read('<!DOCTYPE l SYSTEM "http://127.0.0.1/l.dtd"><l><e id="1"><n>A</n></e></l>')
    assert only.name == "A"


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<e>{text}".encode()))
def test_no_bytes_raise(body: bytes) -> None:
    for shape in (SIMPLE, replace(SIMPLE, entry="e, l", key=("x",))):
        assert isinstance(parse_xml(body, shape), ParsedRegister | NotAFeed)
