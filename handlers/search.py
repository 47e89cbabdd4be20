"""/search and /latest: the archive, by the same evaluator as the watches."""

from __future__ import annotations

from bot.domain.ids import ItemId
from bot.matching.condition import condition_of, expression
from bot.matching.documents import document_of
from bot.matching.engine import evaluate
from bot.matching.query import parse
from bot.rendering.items import ListedItem, render_items
from handlers.model import Command, Context, Reply, refuse

_SHOWN = 10
_PAGE = 50  # candidates looked at together
_MAX_CANDIDATES = 5_000  # nothing a person types may run for long


async def search(context: Context, command: Command) -> Reply:
    """The newest items that answer a query."""
    if not command.args:
        return refuse("Say what to search for.", "/search nexperia")
    query = parse(command.args, today=command.now.date())
    wanted = expression(condition_of(query))
    found: list[ListedItem] = []
    before: ItemId | None = None
    looked_at = 0
    while len(found) <= _SHOWN and looked_at < _MAX_CANDIDATES:
        if wanted:
            page = await context.store.search_candidates(wanted, _PAGE, before)
        else:  # facets alone: lang:zh is a word of the index, official:yes is not
            page = await context.store.latest_items(_PAGE, before)
        for archived in page:
            item = archived.item
            hits = evaluate(query, document_of(item))
            if hits is not None:
                found.append(ListedItem(item=item, hits=hits))
            before = archived.item_id
        looked_at += len(page)
        if len(page) < _PAGE:
            break
    return Reply(
        body=render_items(
            f"Search “{command.args}”",
            found[:_SHOWN],
            zone=command.chat.zone,
            now=command.now,
            more="There is more; narrow it with another word." if len(found) > _SHOWN else None,
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
