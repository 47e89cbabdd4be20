"""Each pack holds together: its sources are read, each of its watches finds what it is for."""

from __future__ import annotations

import pytest

from bot.domain.source import SourceStatus
from bot.matching.condition import condition_of
from bot.matching.engine import evaluate
from bot.matching.index_words import index_words
from bot.matching.query import MAX_LENGTH, parse
from bot.matching.tokens import analyse
from bot.sources.catalogue import load_catalogue
from bot.sources.packs import source_packs

PACKS = source_packs()
READY = {each.source_id for each in load_catalogue(None) if each.status is SourceStatus.READY}

# One line a watch, in the order of packs.toml: headlines of our own that it must find.
HEADLINES: dict[str, list[list[tuple[str, str]]]] = {
    "eu-china": [
        [("Nexperia court hearing set for November", "en"), ("安世半导体回应荷兰法院", "zh")],
        [("China grants first yearly licences for rare earths", "en"), ("稀土出口新规", "zh")],
        [
            ("EU imposes definitive duties on Chinese tinplate", "en"),
            ("Brussels weighs tariff on Chinese steel", "en"),
            ("中方对欧盟猪肉作出反倾销终裁", "zh"),
        ],
        [("Commission readies anti-coercion instrument", "en"), ("欧方启动反胁迫工具", "zh")],
        [
            ("Minimum price for electric vehicles from China accepted", "en"),
            ("中国电动汽车最低价格磋商", "zh"),
        ],
        [("Foreign Subsidies Regulation: in-depth inquiry opened", "en")],
    ],
    "us-export-controls": [
        [
            ("Additions to the Entity List; Correction", "en"),
            ("商务部回应美将中企列入实体清单", "zh"),
        ],
        [("Amendment to the Export Administration Regulations", "en"), ("New ECCN 3A090", "en")],
        [("Guidance on export licences for servers", "en")],
        [("BIS suspends Affiliates Rule for a year", "en"), ("美方暂停穿透性规则", "zh")],
        [("Bureau of Industry and Security imposes penalty on exporter", "en")],
    ],
    "critical-minerals": [
        [("Zeldzame aardmetalen: Kamerbrief", "nl"), ("희토류 수출통제 강화", "ko")],
        [
            ("Beijing lifts ban on gallium and germanium", "en"),
            ("公布对镓、锗相关物项实施出口管制", "zh"),
            ("ガリウムの輸出規制", "ja"),
        ],
        [("Export quota for tungsten cut", "en"), ("钨、碲相关物项出口管制公告", "zh")],
        [("Shortage of permanent magnets halts plant", "en"), ("钕铁硼出口许可", "zh")],
        [
            ("Critical raw materials: second list of projects", "en"),
            ("Kritische Rohstoffe: Bund legt Fonds auf", "de"),
            ("핵심광물 공급망 회의", "ko"),
        ],
    ],
    "sanctions": [
        [("Russia-related sanctions designations; sanctions list removal", "en")],
        [
            ("Council renews restrictive measures for six months", "en"),
            ("Beperkende maatregelen tegen Belarus verlengd", "nl"),
        ],
        [("Issuance of Russia-related General License 124", "en"), ("OFSI fines bank", "en")],
        [
            ("MOFCOM adds fourteen firms to unreliable entity list", "en"),
            ("关于对有关企业采取反制措施的决定", "zh"),
        ],
        [("Shadow fleet: ports closed to 40 more tankers", "en")],
    ],
    "chips": [
        [("Nexperia resumes wafer deliveries", "en")],
        [
            ("Semiconductors: Section 232 action announced", "en"),
            ("芯片出口管制新规", "zh"),
            ("반도체 관세 협상", "ko"),
            ("半導体製造装置の輸出管理を強化", "ja"),
        ],
        [("ASML may ship older lithography tools", "en"), ("光刻机许可", "zh")],
        [("Rule on advanced computing items revised", "en")],
        [("Inquiry into legacy chips closes", "en"), ("成熟制程产能", "zh")],
    ],
    "trade-remedies": [
        [
            ("Anti-dumping duty on Chinese biodiesel", "en"),
            ("Antidumping Duty Order: Steel Nails", "en"),
            ("反倾销调查初步裁定", "zh"),
            ("Antidumpingzölle auf Keramik", "de"),
        ],
        [("Countervailing Duty Investigation: Initiation", "en"), ("상계관세 예비판정", "ko")],
        [
            ("Safeguard investigation on steel opened", "en"),
            ("Schutzmaßnahmen der EU gegen Ferrolegierungen", "de"),
        ],
        [("Final results of expedited sunset review", "en"), ("期终复审裁定", "zh")],
        [("Section 301 investigation of shipbuilding", "en"), ("232调查", "zh")],
    ],
}
QUIET = (
    ("Parliament debates school meals", "en"),
    ("China and EU celebrate fifty years of cultural exchange", "en"),
    ("Minister opens new hospital wing", "en"),
    ("Graphite pencils win design prize", "en"),
    ("Recipe: fish and chips for four", "en"),
    ("国务院关于加强防汛工作的通知", "zh"),
    ("Bundesregierung beschließt Haushalt", "de"),
)
WATCHES = [(pack.name, watch) for pack in PACKS.values() for watch in pack.watches]


def test_the_packs_are_those_that_a_desk_was_promised() -> None:
    assert set(PACKS) == {
        "eu-china", "us-export-controls", "critical-minerals", "sanctions", "chips",
        "trade-remedies",
    }  # fmt: skip


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_names_sources_that_are_read(name: str) -> None:
    pack = PACKS[name]
    assert set(pack.sources) <= READY
    assert len(set(pack.sources)) == len(pack.sources) >= 8
    assert len({watch.casefold() for watch in pack.watches}) == len(pack.watches) >= 3
    assert pack.title and pack.about.endswith(".") and len(pack.about) <= 160


@pytest.mark.parametrize("name", PACKS)
def test_every_watch_of_a_pack_has_its_headlines_here(name: str) -> None:
    assert set(HEADLINES) == set(PACKS)
    assert len(HEADLINES[name]) == len(PACKS[name].watches)


@pytest.mark.parametrize(("name", "watch"), WATCHES)
def test_a_watch_can_be_typed_as_it_stands(name: str, watch: str) -> None:
    assert watch == " ".join(watch.split()), "as a typed command arrives"
    assert len(watch) <= MAX_LENGTH
    parse(watch)


@pytest.mark.parametrize(("name", "watch"), WATCHES)
def test_a_watch_finds_its_headlines_and_lets_other_news_pass(name: str, watch: str) -> None:
    query = parse(watch)
    condition = condition_of(query)
    assert condition is not None, "it must not be tried on every text"
    for title, language in HEADLINES[name][PACKS[name].watches.index(watch)]:
        assert evaluate(query, analyse(title, "", language)) is not None, title
        assert condition.may_hold(index_words(title, "", language)), title
    for title, language in QUIET:
        assert evaluate(query, analyse(title, "", language)) is None, title


def test_headlines_of_other_packs_do_not_all_answer() -> None:
    """A watch that answers whatever is about trade would be of no use."""
    headlines = [each for lists in HEADLINES.values() for each in lists]
    every = [(title, language) for group in headlines for title, language in group]
    for _, watch in WATCHES:
        query = parse(watch)
        answered = sum(
            evaluate(query, analyse(t, "", language)) is not None for t, language in every
        )
        assert answered <= len(every) // 4, watch
