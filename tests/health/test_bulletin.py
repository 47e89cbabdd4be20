"""What the operators are told of all sources together: each change once, many at once as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.health import Ailment, Bulletin, Complaint, SourceHealth, Told, Ward
from bot.domain.ids import SourceId
from bot.health.bulletin import GATHER, OUTAGE_END, OUTAGE_SETTLES, OUTAGE_SPAN, bulletin
from tests.health.cases import DAY, HOUR, MONDAY

NOW = MONDAY + DAY


def ailing(
    name: str,
    complaint: Complaint = Complaint.UNTITLED,
    found_at: datetime = NOW - HOUR,
    *,
    told: Told = Told.NOTHING,
    is_failing: bool = False,
) -> Ward:
    ailment = Ailment(
        complaint=complaint, detail="figures", since=found_at - HOUR, found_at=found_at
    )
    health = SourceHealth(
        source_id=SourceId(name),
        ailment=ailment,
        failing_since=ailment.since if is_failing else None,
    )
    return Ward(health=health, told=told, told_of=found_at if told else None)


def failing(name: str, since: datetime = NOW - HOUR, *, told: Told = Told.NOTHING) -> Ward:
    """Not sure yet."""
    return Ward(health=SourceHealth(source_id=SourceId(name), failing_since=since), told=told)


def dead(name: str, *, told: Told = Told.NOTHING) -> Ward:
    return ailing(name, Complaint.UNREACHABLE, told=told, is_failing=True)


def well(name: str, *, told: Told = Told.NOTHING) -> Ward:
    health = SourceHealth(source_id=SourceId(name), healed_at=NOW - HOUR)
    return Ward(health=health, told=told)


def after(wards: list[Ward], said: Bulletin) -> list[Ward]:
    """The wards, once the operators have been told."""
    known = {ward.health.source_id: ward for ward in said.told}
    return [known.get(ward.health.source_id, ward) for ward in wards]


def names(healths: tuple[SourceHealth, ...]) -> list[str]:
    return [str(health.source_id) for health in healths]


def test_an_ailment_is_told_once() -> None:
    wards = [ailing("a")]
    said = bulletin(wards, 10, NOW)
    assert names(said.ailing) == ["a"]
    assert bulletin(after(wards, said), 10, NOW + HOUR).is_empty


def test_a_recovery_is_told_once_and_only_of_what_was_told() -> None:
    wards = [well("a", told=Told.OWN), well("b")]
    said = bulletin(wards, 10, NOW)
    assert names(said.healed) == ["a"]
    assert bulletin(after(wards, said), 10, NOW + HOUR).is_empty


def test_an_ailment_that_came_back_before_its_end_was_told_is_told_as_one() -> None:
    again = replace(ailing("a"), told=Told.OWN, told_of=NOW - 5 * HOUR)
    said = bulletin([again], 10, NOW)
    assert (names(said.ailing), names(said.healed)) == (["a"], [])


def test_a_change_waits_for_others() -> None:
    first, second = ailing("a", found_at=NOW), ailing("b", found_at=NOW + GATHER / 2)
    assert bulletin([first], 10, NOW).is_empty
    assert bulletin([first, second], 10, NOW + GATHER / 2).is_empty
    assert names(bulletin([first, second], 10, NOW + GATHER).ailing) == ["a", "b"]


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    assert names(bulletin([ailing("a", found_at=NOW + DAY)], 10, NOW).ailing) == ["a"]


def test_many_that_stop_answering_at_once_are_one_outage_sure_or_not() -> None:
    wards = [dead("a"), *map(failing, "bcde")]
    said = bulletin(wards, 10, NOW)
    assert (names(said.outage), said.ailing) == (list("abcde"), ())
    later = [dead(name, told=Told.COMMON) for name in "abcde"]
    assert bulletin(later, 10, NOW + HOUR).is_empty


def test_stragglers_of_an_outage_say_nothing_new() -> None:
    wards = after(outage := [dead("a"), *map(failing, "bcde")], bulletin(outage, 10, NOW))
    said = bulletin([*wards, dead("f")], 10, NOW)
    assert said.is_empty
    assert [(ward.health.source_id, ward.told) for ward in said.told] == [("f", Told.COMMON)]


def test_few_that_fail_are_told_by_name() -> None:
    said = bulletin([dead("a"), failing("b"), failing("c")], 10, NOW)
    assert (names(said.ailing), said.outage) == (["a"], ())


def test_those_that_have_failed_for_long_make_no_outage() -> None:
    old = [failing(name, NOW - OUTAGE_SPAN - HOUR) for name in "bcdefg"]
    said = bulletin([dead("a"), *old], 10, NOW)
    assert (names(said.ailing), said.outage) == (["a"], ())


def test_an_odd_page_is_told_by_name_within_an_outage() -> None:
    said = bulletin([dead("a"), *map(failing, "bcde"), ailing("odd")], 10, NOW)
    assert (names(said.outage), names(said.ailing)) == (list("abcde"), ["odd"])


def test_an_outage_is_over_as_soon_as_all_answer() -> None:
    wards = [well(name, told=Told.COMMON) for name in "abc"]
    assert names(bulletin(wards, 10, NOW).outage_over) == list("abc")


def test_an_outage_is_over_a_while_after_half_answer_and_names_the_rest() -> None:
    wards = [well(n, told=Told.COMMON) for n in "abc"] + [dead(n, told=Told.COMMON) for n in "de"]
    assert bulletin(wards, 10, NOW).is_empty
    said = bulletin(wards, 10, NOW - HOUR + OUTAGE_SETTLES)
    assert (names(said.outage_over), names(said.outage_left)) == (list("abc"), list("de"))
    assert bulletin(after(wards, said), 10, NOW + HOUR).is_empty
    mended = [well(n, told=ward.told) for n, ward in zip("abcde", after(wards, said), strict=True)]
    assert names(bulletin(mended, 10, NOW + DAY).healed) == ["d", "e"]


def test_what_answers_oddly_after_an_outage_is_told_by_name() -> None:
    wards = [ailing("a", told=Told.COMMON), well("b", told=Told.COMMON)]
    said = bulletin(wards, 10, NOW)
    assert (names(said.outage_over), said.ailing) == (["a", "b"], ())
    assert names(bulletin(after(wards, said), 10, NOW).ailing) == ["a"]


def test_an_outage_that_most_never_recover_from_ends_after_a_day() -> None:
    wards = [well("a", told=Told.COMMON)] + [dead(n, told=Told.COMMON) for n in "bcde"]
    assert bulletin(wards, 10, NOW).is_empty
    said = bulletin(wards, 10, NOW + OUTAGE_END)
    assert (names(said.outage_over), names(said.outage_left)) == (["a"], list("bcde"))
    assert bulletin(after(wards, said), 10, NOW + OUTAGE_END + HOUR).is_empty


@st.composite
def any_ward(draw: st.DrawFn, name: str) -> Ward:
    make = draw(st.sampled_from([ailing, dead, failing, well]))
    return make(name, told=draw(st.sampled_from(Told)))


@st.composite
def any_wards(draw: st.DrawFn) -> list[Ward]:
    return [draw(any_ward(f"s{at}")) for at in range(draw(st.integers(0, 8)))]


@given(any_wards(), st.integers(0, 12))
def test_what_has_been_told_is_not_told_again(wards: list[Ward], more: int) -> None:
    """Once every outage has ended; what answers oddly after one is told next."""
    total, later = len(wards) + more, NOW + 2 * OUTAGE_END
    told = after(wards, bulletin(wards, total, later))
    told = after(told, bulletin(told, total, later + HOUR))
    assert bulletin(told, total, later + 2 * HOUR).is_empty


@given(any_wards(), st.integers(0, 12))
def test_nobody_is_named_twice_in_a_bulletin(wards: list[Ward], more: int) -> None:
    said = bulletin(wards, len(wards) + more, NOW)
    named = names(said.ailing + said.healed + said.outage + said.outage_over + said.outage_left)
    assert len(named) == len(set(named))
    assert {ward.health.source_id for ward in said.told} >= set(named)


@given(any_wards())
def test_every_untold_ailment_is_told_in_the_end(wards: list[Ward]) -> None:
    later = NOW + 2 * OUTAGE_END
    told = after(wards, bulletin(wards, 100, later))
    told = after(told, bulletin(told, 100, later + HOUR))
    for ward in told:
        assert ward.health.ailment is None or ward.told is not Told.NOTHING
