"""What the operators are told of all sources together. Pure.

One message for each change of state, and one for many changes at once. When half of the sources
stop answering within a few hours it is hardly their fault: that is told once, as an outage, and
once when it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.health import NO_ANSWER, Bulletin, Told, Ward

GATHER = timedelta(minutes=2)
"""A change waits so long for others, so that those that come together are told together."""

OUTAGE_LEAST = 3
"""Sources that must fail at once to make an outage of ours or of the network's …"""

OUTAGE_SHARE = 0.5
"""… and their share of all."""

OUTAGE_SPAN = timedelta(hours=6)
"""Failures that began within this, the longest interval of most sources, are "at once"."""

OUTAGE_SETTLES = timedelta(minutes=75)
"""When half of them answer again, the others are given this: a failing source is asked again within
an hour."""

OUTAGE_END = timedelta(days=1)
"""After this it is over for those that answer; the others are told by name."""


def bulletin(
    wards: Sequence[Ward], total: int, now: datetime, *, gather: timedelta = GATHER
) -> Bulletin:
    """What is to be said now. `wards` are all of the catalogue's `total` sources that are not
    plainly well, or were told of; in any order."""
    fresh = [ward for ward in wards if _is_news(ward)]
    healed = [ward for ward in wards if ward.told is Told.OWN and ward.health.ailment is None]
    common = [ward for ward in wards if ward.told is Told.COMMON]
    over = [ward for ward in common if _answers(ward)]
    is_over = bool(common) and _is_over(common, over, now)
    changes = [ward.health.ailment.found_at for ward in fresh if ward.health.ailment]
    changes += [ward.health.healed_at for ward in healed if ward.health.healed_at]
    # a clock that was set back must not hold anything up
    if not is_over and not any(not timedelta(0) <= now - at < gather for at in changes):
        return Bulletin(total=total)
    outage = _outage(fresh, wards, total, now) if not common else _joining(fresh, common)
    named = [ward for ward in fresh if ward not in outage]
    left = [ward for ward in common if ward not in over] if is_over else []
    told = [replace(ward, told=Told.COMMON, told_of=_found_at(ward)) for ward in outage]
    told += [replace(ward, told=Told.OWN, told_of=_found_at(ward)) for ward in named]
    told += [replace(ward, told=Told.NOTHING) for ward in healed]
    if is_over:
        told += [replace(ward, told=Told.NOTHING, told_of=None) for ward in over]
        told += [
            replace(ward, told=Told.OWN, told_of=_found_at(ward))
            if ward.health.ailment
            else replace(ward, told=Told.NOTHING)
            for ward in left
        ]
    return Bulletin(
        ailing=tuple(ward.health for ward in named),
        healed=tuple(ward.health for ward in healed),
        outage=() if common else tuple(ward.health for ward in outage),
        outage_over=tuple(ward.health for ward in over) if is_over else (),
        outage_left=tuple(ward.health for ward in left),
        total=total,
        told=tuple(told),
    )


def _is_news(ward: Ward) -> bool:
    """Whether it has an ailment of which nothing was said, not even within an outage."""
    ailment = ward.health.ailment
    if ailment is None or ward.told_of == ailment.found_at:
        return False
    return ward.told is not Told.COMMON or ailment.complaint not in NO_ANSWER


def _answers(ward: Ward) -> bool:
    """Whether an outage is over for it: what it answers may be odd, which is another matter."""
    ailment = ward.health.ailment
    is_odd = ailment is not None and ailment.complaint not in NO_ANSWER
    return ward.health.failing_since is None and (ailment is None or is_odd)


def _is_over(common: Sequence[Ward], over: Sequence[Ward], now: datetime) -> bool:
    if len(over) == len(common):
        return True
    starts = [ward.health.failing_since for ward in common if ward.health.failing_since]
    if starts and abs(now - min(starts)) >= OUTAGE_END:
        return True
    ends = [ward.health.healed_at for ward in over if ward.health.healed_at]
    ends = [at for at in ends if not starts or at > min(starts)]
    return 2 * len(over) >= len(common) and bool(ends) and now - min(ends) >= OUTAGE_SETTLES


def _found_at(ward: Ward) -> datetime | None:
    return ward.health.ailment.found_at if ward.health.ailment else None


def _outage(fresh: Sequence[Ward], wards: Sequence[Ward], total: int, now: datetime) -> list[Ward]:
    """All that fail at once, sure or not yet; none where they are few."""
    failing = [
        ward
        for ward in wards
        if ward.health.failing_since is not None
        and ward.told is Told.NOTHING
        and abs(now - ward.health.failing_since) <= OUTAGE_SPAN
    ]
    is_outage = len(failing) >= max(OUTAGE_LEAST, OUTAGE_SHARE * total)
    return failing if is_outage and any(ward in failing for ward in fresh) else []


def _joining(fresh: Sequence[Ward], common: Sequence[Ward]) -> list[Ward]:
    """Those that fail since the outage that has been told: they say nothing new."""
    starts = [ward.health.failing_since for ward in common if ward.health.failing_since]
    if not starts:
        return []
    return [
        ward
        for ward in fresh
        if ward.health.failing_since is not None
        and abs(ward.health.failing_since - min(starts)) <= OUTAGE_SPAN
    ]
