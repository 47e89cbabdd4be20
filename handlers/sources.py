"""/sources and /source: what is read, how it answers, and one source in detail."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.domain.desk import DeskSource
from bot.domain.fetch import OUTCOME_NAMES, Read, Unchanged
from bot.domain.ids import SourceId
from bot.domain.item import ArchivedItem, Precision
from bot.domain.richtext import Line, Span, bold, code, italic, rich, text
from bot.domain.source import FetchState, Source, SourceStatus
from bot.ports import Catalogue
from bot.rendering.health import gap_said
from bot.rendering.parts import class_name, headline, language_name, shortened
from bot.rendering.silent import number_of
from bot.rendering.times import local_time, published
from bot.sources.cadence import why_next
from handlers.model import Command, Context, Reply, refuse

_GOOD = {OUTCOME_NAMES[Read], OUTCOME_NAMES[Unchanged]}
_ANSWERS, _SILENT, _NEW, _NOT_READ = "✓", "✗", "·", "–"
_NAMED = 5  # ids, where a part of a name fits several
_LONGEST = 240  # characters of a reason: what was wrong and what to do

JURISDICTIONS = {
    "US": "United States",
    "EU": "European Union",
    "GB": "United Kingdom",
    "NL": "Netherlands",
    "DE": "Germany",
    "FR": "France",
    "CN": "China",
    "HK": "Hong Kong",
    "TW": "Taiwan",
    "JP": "Japan",
    "KR": "Korea",
    "IN": "India",
    "CA": "Canada",
    "AU": "Australia",
    "CH": "Switzerland",
    "UN": "United Nations",
    "WTO": "World Trade Organization",
    "INT": "international",
}
"""Names of the catalogue's jurisdictions; others are shown as they are."""

_ALSO_KNOWN_AS = {"uk": "GB", "britain": "GB", "usa": "US", "america": "US", "korea": "KR"}
EVIDENCE = {
    "D": "its address stands in official documentation",
    "V": "its address was seen answering in a dated public note",
    "U": "its address stands in public code",
    "K": "its address is general knowledge",
    "-": "its address is your own",
}
_KINDS = {
    "feed": "a feed",
    "federal-register": "the Federal Register's API",
    "html-list": "a list page",
    "json-list": "a list in a JSON answer",
    "register": "a list of which each change is told",
    "page": "a page of which each change is told",
    "public-inspection": "the Federal Register's list of what is yet to be published",
    "gov-uk": "GOV.UK's API",
    "press-corner": "the Commission's press corner",
    "sitemap": "a sitemap with news",
}
States = Mapping[SourceId, FetchState]


async def sources(context: Context, command: Command) -> Reply:
    """The catalogue by jurisdiction, or one jurisdiction's sources."""
    states = await context.store.fetch_states()
    if not command.args.strip():
        return _overview(context.catalogue, states)
    wanted = _jurisdiction(command.args, context.catalogue.sources)
    if wanted is not None:
        return _listed(wanted, context.catalogue, states)
    everything = (*context.catalogue.sources, *context.catalogue.switched_off)
    if find_source(command.args, everything) is not None:
        return await source(context, command)
    known = _jurisdictions(context.catalogue.sources)
    return refuse(
        f"No source tells of “{command.args[:30]}”. Known are {', '.join(known)}.",
        f"/sources {known[0]}" if known else "/sources",
    )


async def source(context: Context, command: Command) -> Reply:
    """One source in detail."""
    example = (
        f"/source {next(iter(context.catalogue.sources)).source_id}"
        if context.catalogue.sources
        else "/help"
    )
    if not command.args.strip():
        return refuse("Say which source; /sources lists them.", example)
    listed, off = context.catalogue.sources, context.catalogue.switched_off
    found = find_source(command.args, listed) or find_source(command.args, off)
    if found is None:
        said, close = unknown_source(command.args, listed)
        return refuse(said, f"/source {close}" if close else example)
    state = (await context.store.fetch_states()).get(found.source_id)
    newest = await context.store.newest_item_of(found.source_id)
    zone, now = command.chat.zone, command.now
    lines = _detail(found, context.catalogue.desk.get(found.source_id), zone, now)
    if found in off:
        lines.append(text(f"{_NOT_READ} It is switched off; back with ", _back(found)))
    elif found.status is not SourceStatus.READY:
        instead = text("; in its place: ", code(f"/source {found.replaced_by}"))
        reason = f"{_NOT_READ} It is not read: {found.status}"
        lines.append((*text(reason), *(instead if found.replaced_by else ())))
    else:
        lines += _standing(found, state, newest, zone, now)
    health = (await context.store.source_healths()).get(found.source_id)
    if health is not None and health.gap is not None:
        lines.append(text(f"Its last {gap_said(health.gap, zone, now)}"))
    return Reply(body=rich(*lines))


def _back(off: Source) -> Span:
    return code(f"/addsource {off.source_id}")


def _overview(live: Catalogue, states: States) -> Reply:
    catalogue = live.sources
    read = [each for each in catalogue if each.status is SourceStatus.READY]
    lines: list[Line] = [
        text(
            bold("Sources"),
            f": {len(read)} read, {len(catalogue) - len(read)} not read but listed with the reason",
        ),
        text(
            italic(f"{_ANSWERS} answers  {_SILENT} does not  {_NEW} not asked yet  "),
            italic(f"{_NOT_READ} not read"),
        ),
    ]
    known = _jurisdictions(catalogue)
    for jurisdiction in known:
        marks = Counter(
            _mark(each, states) for each in catalogue if each.jurisdiction == jurisdiction
        )
        counted = "  ".join(
            f"{mark} {marks[mark]}" for mark in (_ANSWERS, _SILENT, _NEW, _NOT_READ) if marks[mark]
        )
        lines.append(text(bold(jurisdiction or "others"), f" {_name(jurisdiction)}  {counted}"))
    added = sum(each.source is not None for each in live.desk.values())
    if added:
        was = "was" if added == 1 else "were"
        lines.append(text(f"{added} of these {was} added by operators"))
    if live.switched_off:
        off = live.switched_off
        lines.append(
            text(f"{number_of(len(off), 'source')} switched off; back with ", _back(off[0]))
        )
    if known:
        lines.append(
            text("More: ", code(f"/sources {known[0] or 'others'}"), ", ", code("/source NAME"))
        )
    return Reply(body=rich(*lines))


def _listed(jurisdiction: str, live: Catalogue, states: States) -> Reply:
    chosen = [each for each in live.sources if each.jurisdiction == jurisdiction]
    marked = [(_mark(each, states), each) for each in chosen]
    lines: list[Line] = [
        text(
            bold(_name(jurisdiction) or jurisdiction or "others"),
            f": {number_of(len(chosen), 'source')}",
        )
    ]
    for mark, each in marked:
        by = live.desk.get(each.source_id)
        whose = italic(f" · added by {by.by}") if by else ""
        lines.append(text(f"{mark} ", code(each.source_id), f" {each.name}", whose))
        state = states.get(each.source_id)
        if mark == _SILENT and state is not None:
            lines.append(text(f"   {state.last_outcome}: {shortened(state.last_detail, _LONGEST)}"))
        if mark == _NOT_READ:
            instead = f" → {each.replaced_by}" if each.replaced_by else ""
            lines.append(text(italic(f"   {each.status}: {each.note}{instead}")))
    lines.append(text("One in detail: ", code(f"/source {chosen[0].source_id}")))
    return Reply(body=rich(*lines))


def _detail(found: Source, decided: DeskSource | None, zone: str, now: datetime) -> list[Line]:
    languages = ", ".join(language_name(each) for each in found.languages)
    kind = class_name(found.is_official)
    about = " · ".join(filter(None, (kind, _name(found.jurisdiction), languages)))
    host = urlsplit(found.url).hostname or found.url
    lines: list[Line] = [
        text(bold(found.name), " · ", code(found.source_id)),
        *([text(italic(about))] if about else []),
    ]
    if found.publisher and found.publisher != found.name:
        lines.append(text(f"Publisher: {found.publisher}"))
    lines.append(
        text(
            "Address: ",
            Span(host, url=found.url),
            f", read as {_KINDS.get(found.kind, found.kind)}",
            ", asked by POST" if found.form else "",
        )
    )
    lines.append(text(f"Rhythm: {_rhythm(found)}"))
    lines.append(text(f"Terms: {found.terms or 'not stated'}"))
    if found.credit and found.credit != found.terms:
        lines.append(text(f"Credit: {found.credit}"))
    lines.append(text(f"Evidence: {EVIDENCE.get(found.evidence, found.evidence)}"))
    if found.note:
        lines.append(text(f"Note: {found.note}"))
    if decided is not None:
        done = "Added" if decided.source is not None else "Switched off"
        when = local_time(decided.at, zone, Precision.DAY, now)
        lines.append(text(f"{done} by {decided.by} in {decided.where}, {when}"))
    return lines


def _standing(
    found: Source, state: FetchState | None, newest: ArchivedItem | None, zone: str, now: datetime
) -> list[Line]:
    """How it answers: the last answer, the newest item, failures in a row, the next poll."""
    if state is None or state.last_polled_at is None:
        return [text(f"{_NEW} It was not asked yet.")]
    at = _at(state.last_polled_at, zone, now)
    is_good = state.last_outcome in _GOOD
    detail = f": {shortened(state.last_detail, _LONGEST)}" if state.last_detail else ""
    lines: list[Line] = [
        text(f"{_ANSWERS if is_good else _SILENT} Last answer: {state.last_outcome}, {at}{detail}")
    ]
    if state.failures:
        good = state.last_success_at
        since = f"the last good answer {_at(good, zone, now)}" if good else "no good answer so far"
        lines.append(text(f"Failures in a row: {state.failures}, {since}"))
    if newest is None:
        lines.append(text("Nothing of it is in the archive."))
    else:
        item = newest.item
        where = (Span(" · "), Span(urlsplit(item.url).hostname or "link", url=item.url))
        lines.append(
            (
                *text("Newest item: ", headline(item), f" · {published(item, zone, now)}"),
                *(where if item.url else ()),
            )
        )
    at = _at(state.next_poll_at, zone, now)
    lines.append(text(f"Next poll: {at}, for {why_next(found, state)}"))
    return lines


def _at(time: datetime, zone: str, now: datetime) -> str:
    return local_time(time, zone, Precision.INSTANT, now)


def _rhythm(found: Source) -> str:
    times = ", ".join(f"{each:%H:%M}" for each in found.release_times)
    releases = f"; publishes at {times} on working days" if times else ""
    return f"asked every {_span(found.every)}{releases}; its clock is that of {found.zone}"


def _span(every: timedelta) -> str:
    seconds = int(every.total_seconds())
    for noun, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            return noun if seconds == size else number_of(seconds // size, noun)
    return "second" if seconds == 1 else number_of(seconds, "second")


def _mark(each: Source, states: States) -> str:
    if each.status is not SourceStatus.READY:
        return _NOT_READ
    state = states.get(each.source_id)
    if state is None or not state.last_outcome:
        return _NEW
    return _ANSWERS if state.last_outcome in _GOOD else _SILENT


def _name(jurisdiction: str) -> str:
    return JURISDICTIONS.get(jurisdiction, "")


def _jurisdictions(catalogue: Iterable[Source]) -> tuple[str, ...]:
    """In the catalogue's order; those without one last."""
    found = dict.fromkeys(each.jurisdiction for each in catalogue)
    return (*filter(None, found), *([""] if "" in found else []))


def _jurisdiction(typed: str, catalogue: Sequence[Source]) -> str | None:
    """By its code or its name; "others" are the sources without one."""
    word = typed.strip().casefold()
    code_ = _ALSO_KNOWN_AS.get(word, "").casefold()
    for each in _jurisdictions(catalogue):
        names = {each.casefold(), _name(each).casefold()} - {""}
        if word in names or code_ in names or (not each and word == "others"):
            return each
    return None


def find_source(typed: str, catalogue: Sequence[Source]) -> Source | None:
    """By its id, or by its name, or by so much of either that it is the only one."""
    word = typed.strip().casefold()
    for each in catalogue:
        if word in {each.source_id, each.name.casefold()}:
            return each
    near = _near(word, catalogue)
    return near[0] if len(near) == 1 else None


def _near(word: str, catalogue: Sequence[Source]) -> list[Source]:
    return [each for each in catalogue if word in each.source_id or word in each.name.casefold()]


def unknown_source(typed: str, catalogue: Sequence[Source]) -> tuple[str, str | None]:
    """Why what was typed names none, or not one alone, and an id that may be meant."""
    near = [str(each.source_id) for each in _near(typed.strip().casefold(), catalogue)]
    if len(near) > 1:
        more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
        shown = ", ".join(near[:_NAMED])
        return f"“{typed[:60]}” fits {len(near)} sources: {shown}{more}.", near[0]
    close = close_id(typed, catalogue)
    hint = f"Did you mean {close}? " if close else ""
    return f"There is no source “{typed[:60]}”. {hint}/sources lists them.", close


def close_id(typed: str, catalogue: Sequence[Source]) -> str | None:
    word = typed.strip().casefold()
    ids = [str(each.source_id) for each in catalogue]
    close = difflib.get_close_matches(word, ids, n=1, cutoff=0.5)
    within = [each for each in ids if word in each]
    return next(iter(close or within), None)
