"""/search and /latest: the archive, by the same evaluator as the watches."""

from __future__ import annotations

from bot.archive import search as archive
from bot.matching.query import parse
from bot.rendering.items import ListedItem, render_items
from handlers.model import Command, Context, Reply, refuse

_SHOWN = 10


async def search(context: Context, command: Command) -> Reply:
    """The newest items that answer a query."""
    if not command.args:
        return refuse("Say what to search for.", "/search nexperia")
    query = parse(command.args, today=command.now.date())
    page = await archive.search(context.store, query, limit=_SHOWN)
    more = "There is more; narrow it with another word." if page.before is not None else None
    return Reply(
        body=render_items(
            f"Search “{command.args}”",
            [ListedItem(item=each.archived.item, hits=each.hits) for each in page.found],
            zone=command.chat.zone,
            now=command.now,
            more=more,
            empty=f"Nothing that was read answers “{command.args}”.",
        )
    )


async def latest(context: Context, command: Command) -> Reply:
    """The newest items, whatever they say."""
    wanted = command.args.strip() or "5"
    if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= 20):
        return refuse(f"“{command.args[:30]}” is not a number from 1 to 20.", "/latest 10")
    items = await context.store.latest_items(int(wanted))
    return Reply(
        body=render_items(
            "The latest",
            [ListedItem(item=archived.item) for archived in items],
            zone=command.chat.zone,
            now=command.now,
            empty="Nothing has been read yet. /status tells which sources answer.",
        )
    )
