"""/addsource and /removesource: what the desk reads beside the catalogue, or leaves out of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain.desk import DeskChange, DeskSource
from bot.domain.ids import SourceId
from bot.domain.item import Item
from bot.domain.question import Question, Topic
from bot.domain.richtext import Line, Span, bold, code, italic, rich, text
from bot.domain.source import ListShape, Source, SourceKind, SourceStatus
from bot.rendering.parts import headline
from bot.rendering.times import published
from bot.sources.cadence import floor_of, shown_span
from bot.sources.look import Found, NothingFound, look_at
from bot.sources.own import address_of, free_id, same_address, shown_address
from bot.sources.plain_text import one_line
from handlers.model import Command, Context, Reply, refuse
from handlers.questions import Answered, ask_back
from handlers.sources import close_id, find_source, unknown_source

MAX_NAME = 80  # code points
MAX_ADDRESS, MAX_SHOWN_ADDRESS = 2_000, 300
SHOWN_ITEMS = 3
SHOWN_OTHERS = 3
_ADD = "/addsource https://www.wto.org/english/news_e/news_e.htm"
_KINDS = {
    SourceKind.FEED: "a feed",
    SourceKind.SITEMAP: "a sitemap",
    SourceKind.HTML_LIST: "a list page, read by its structure",
}


# /addsource


async def addsource(context: Context, command: Command) -> Reply:
    """Look at an address and ask whether to add it; or put back what was switched off."""
    target, _, name = command.args.partition(" ")
    if not target:
        return refuse("Give the address of a feed, a sitemap or a page with news.", _ADD)
    url = address_of(target)
    if url is None:
        return await _put_back(context, command)
    url = url.partition("#")[0]
    if len(url) > MAX_ADDRESS:
        return refuse(f"That address is longer than {MAX_ADDRESS:,} characters.", _ADD)
    there = already(url, context)
    if there is not None:
        return there
    found = await look_at(url, context.fetcher, now=command.now, read_with=context.read_with)
    if isinstance(found, NothingFound):
        return Reply(
            body=rich(
                text("⚠️ ", bold(shown_address(url)), " cannot be added."), text(found.detail)
            ),
            is_error=True,
        )
    there = already(found.source.url, context)
    if there is not None:
        return there
    given = one_line(name)[:MAX_NAME]
    source = replace(found.source, name=given or found.source.name)
    source = replace(source, source_id=free_id(source.name, source.url, _taken(context)))
    buttons = await ask_back(context, command, Topic.ADD_SOURCE, _about(source), ("add", "✅ Add"))
    return Reply(body=rich(*_proposal(source, found, command)), buttons=buttons)


def _proposal(source: Source, found: Found, command: Command) -> list[Line]:
    lines: list[Line] = [
        text("🔎 ", bold(source.name), " · ", code(source.source_id)),
        text(
            Span(urlsplit(source.url).hostname or source.url, url=source.url),
            f" · {_KINDS[source.kind]} · {_count(found.items)}",
        ),
        (),
    ]
    newest = newest_of(found.items)
    if newest:
        lines.append(text(bold("The newest that it would read:")))
        lines += [_entry(item, command.chat.zone, command.now) for item in newest]
    else:
        lines.append(text("It lists nothing now; what it publishes later would be read."))
    if newest and not any(item.published_at for item in found.items):
        lines.append(text(italic("It gives no dates: each counts from when it is first seen.")))
    others = [each for each in found.others if len(each.url) <= MAX_SHOWN_ADDRESS]
    if others:
        lines += [(), text("Other feeds of that page:")]
        lines += [
            text(code(f"/addsource {each.url}"), f" {each.title[:60]}")
            for each in others[:SHOWN_OTHERS]
        ]
    every = shown_span(floor_of(source))
    lines += [
        (),
        text(f"Add it? It is asked every {every}, for all chats. What it lists now is not told."),
    ]
    return lines


def _entry(item: Item, zone: str, now: datetime) -> Line:
    title = headline(item).text
    shown = title if len(title) <= 140 else f"{title[:139]}…"
    when = f"{published(item, zone, now)} — " if item.published_at else ""
    return text(f"• {when}", Span(shown, url=item.url) if item.url else shown)


def _count(items: Sequence[Item]) -> str:
    return "1 entry now" if len(items) == 1 else f"{len(items)} entries now"


def newest_of(items: Sequence[Item]) -> list[Item]:
    """The three newest, by date; those without one after those with, in the order of the page."""
    dated = sorted(
        (item for item in items if item.published_at is not None),
        key=lambda item: item.published_at or item.first_seen_at,
        reverse=True,
    )
    return [*dated, *(item for item in items if item.published_at is None)][:SHOWN_ITEMS]


async def added(context: Context, command: Command, question: Question) -> Answered:
    """The answer "add"."""
    source = _source_of(question.about)
    there = already(source.url, context)
    if there is not None:
        return Answered(reply=there)
    source = replace(source, source_id=free_id(source.name, source.url, _taken(context)))
    return Answered(
        change=DeskChange(
            put=(_decision(context, command, source.source_id, source),),
            on=context.catalogue.revision,
        ),
        reply=Reply(
            body=rich(
                text("✅ ", bold(source.name), " is added."),
                text("It is read within seconds, the first time quietly; alerts follow."),
                text(
                    "See ", code(f"/source {source.source_id}"), ". Undo with ",
                    code(f"/removesource {source.source_id}"),
                ),
            )
        ),
    )  # fmt: skip


async def _put_back(context: Context, command: Command) -> Reply:
    name = command.args
    off = find_source(name, context.catalogue.switched_off)
    if off is not None:
        await context.store.change_desk(DeskChange(forget=(off.source_id,)), command.now)
        await context.catalogue.refresh()
        return Reply(
            body=rich(
                text("✅ ", bold(off.name), " is read again."),
                text("See ", code(f"/source {off.source_id}")),
            )
        )
    known = find_source(name, context.catalogue.sources)
    if known is not None:
        return Reply(body=rich(*_is_there(known)), is_error=True)
    close = close_id(name, context.catalogue.switched_off)
    hint = f"Did you mean {close}? " if close else ""
    return refuse(
        f"“{name[:60]}” is neither an address nor a source that was switched off. {hint}"
        "To add a source, give its address.",
        f"/addsource {close}" if close else _ADD,
    )


# /removesource


async def removesource(context: Context, command: Command) -> Reply:
    """Ask whether a source is to be read no more."""
    sources = context.catalogue.sources
    example = f"/removesource {sources[0].source_id}" if sources else "/sources"
    if not command.args:
        return refuse("Say which source; /sources lists them.", example)
    found = find_source(command.args, sources)
    if found is None:
        off = find_source(command.args, context.catalogue.switched_off)
        if off is not None:
            return refuse(f"{off.name} is switched off already.", f"/addsource {off.source_id}")
        said, close = unknown_source(command.args, sources)
        return refuse(said, f"/removesource {close}" if close else example)
    about = json.dumps({"id": found.source_id})
    is_file = context.catalogue.has_in_file(found.source_id)
    label = "🚫 Switch off" if is_file else "🗑 Remove"
    buttons = await ask_back(context, command, Topic.REMOVE_SOURCE, about, ("remove", label))
    lines: list[Line] = [
        text(
            "Switch off " if is_file else "Remove ",
            bold(found.name), " · ", code(found.source_id), "?",
        ),
        text("It is read no more, for all chats. What it published stays in the archive."),
    ]  # fmt: skip
    if is_file:
        lines.append(text("Back with ", code(f"/addsource {found.source_id}")))
    return Reply(body=rich(*lines), buttons=buttons)


async def removed(context: Context, command: Command, question: Question) -> Answered:
    """The answer "remove"."""
    source_id = SourceId(json.loads(question.about)["id"])
    found = find_source(source_id, context.catalogue.sources)
    if found is None:
        said = f"{source_id} is read no more already."
        return Answered(reply=Reply(body=rich(text(said)), is_error=True))
    on = context.catalogue.revision
    if context.catalogue.has_in_file(source_id):
        change = DeskChange(put=(_decision(context, command, source_id, None),), on=on)
        back: Line = text("Back with ", code(f"/addsource {source_id}"))
        done = " is switched off."
    else:
        change = DeskChange(forget=(source_id,), on=on)
        back = text("Add it again with ", code(f"/addsource {found.url}"))
        done = " is removed."
    return Answered(
        change=change, reply=Reply(body=rich(text("✅ ", bold(found.name), done), back))
    )


# What both need


def already(url: str, context: Context) -> Reply | None:
    """What to say of an address that is in the catalogue; None for one that is not."""
    known = same_address(url, context.catalogue.sources)
    if known is not None and known.status is SourceStatus.READY:
        return Reply(body=rich(*_is_there(known)), is_error=True)
    off = same_address(url, context.catalogue.switched_off)
    if off is None:
        return None
    return Reply(
        body=rich(
            text("⚠️ ", bold(shown_address(url)), " is that of ", bold(off.name), ", which was "
                 "switched off."),
            text("Put it back: ", code(f"/addsource {off.source_id}")),
        ),
        is_error=True,
    )  # fmt: skip


def _is_there(known: Source) -> list[Line]:
    return [
        text("⚠️ ", bold(shown_address(known.url)), " is there already, as ", bold(known.name), "."),
        text("See ", code(f"/source {known.source_id}")),
    ]


def _taken(context: Context) -> set[str]:
    catalogue = context.catalogue
    return {each.source_id for each in (*catalogue.sources, *catalogue.switched_off)}


def _decision(
    context: Context, command: Command, source_id: SourceId, source: Source | None
) -> DeskSource:
    return DeskSource(
        source_id=source_id,
        source=source,
        by=command.person.name,
        where=command.chat.title,
        at=command.now,
    )


def _about(source: Source) -> str:
    shape = asdict(source.shape) if isinstance(source.shape, ListShape) else None
    said = {
        "id": source.source_id,
        "name": source.name,
        "url": source.url,
        "kind": source.kind,
        "shape": shape,
    }
    return json.dumps(said, ensure_ascii=False)


def _source_of(about: str) -> Source:
    """The inverse of _about."""
    said = json.loads(about)
    return Source(
        source_id=SourceId(said["id"]),
        name=said["name"],
        url=said["url"],
        kind=SourceKind(said["kind"]),
        shape=ListShape(**said["shape"]) if said["shape"] else None,
        is_official=None,
    )
