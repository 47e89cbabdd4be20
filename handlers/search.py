"""/search and /latest: the archive, by the same evaluator as the watches."""

from __future__ import annotations

import json

from bot.archive import search as archive
from bot.archive.total import Total, total
from bot.domain.ids import ItemId
from bot.domain.question import Topic
from bot.domain.richtext import Button
from bot.matching.query import parse
from bot.rendering.items import ListedItem, render_items
from handlers.model import Command, Context, Reply, refuse
from handlers.questions import find_question, keep_question, unknown_question

_SHOWN = 10
_LONGEST_ID = 15  # digits


async def search(context: Context, command: Command) -> Reply:
    """The newest items that answer a query, and how many there are."""
    if not command.args:
        return refuse("Say what to search for.", "/search nexperia")
    query = parse(command.args, today=command.now.date())
    page = await archive.search(context.store, query, limit=_SHOWN)
    if page.before is None:
        return _page(command, command.args, page, Total(count=len(page.found)), 1, "")
    counted = await total(context.store, query)
    about = {
        "query": command.args,
        "count": counted.count,
        "is_estimate": counted.is_estimate,
        "is_least": counted.is_least,
    }
    kept = json.dumps(about, ensure_ascii=False)
    code = await keep_question(context, command, Topic.SEARCH, kept)
    return _page(command, command.args, page, counted, 1, code)


async def more(context: Context, command: Command) -> Reply:
    """A further page of a search, as the button below a page asks for it."""
    code, _, rest = command.args.casefold().partition(" ")
    numbers = rest.split()
    asked = await find_question(context, command, code)
    if asked is None or asked.topic is not Topic.SEARCH:
        return unknown_question(code)
    if len(numbers) != 2 or not all(_is_number(each) for each in numbers):
        return refuse("Say from which place on, and before which item.", "/more k7m2xqp 11 500")
    first, before = map(int, numbers)
    about = json.loads(asked.about)
    # what "the last 30 days" were, when it was asked: the pages are those of one list
    query = parse(about["query"], today=asked.asked_at.date())
    page = await archive.search(context.store, query, limit=_SHOWN, before=ItemId(before))
    counted = Total(
        count=about["count"], is_estimate=about["is_estimate"], is_least=about["is_least"]
    )
    return _page(command, about["query"], page, counted, first, code)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and 0 < len(word) <= _LONGEST_ID and int(word) > 0


def _page(
    command: Command, typed: str, page: archive.FoundPage, of: Total, first: int, code: str
) -> Reply:
    last = first + len(page.found) - 1
    counted = _counted(of, last if page.before is None else last + 1)
    shown = f"{counted} found" if not code else f"{first}–{last} of {counted}"
    buttons: tuple[tuple[Button, ...], ...] = ()
    if page.before is not None:
        buttons = ((Button("Next ›", f"more:{code} {last + 1} {page.before}"),),)
    empty = "answers" if first == 1 else "further answers"
    return Reply(
        body=render_items(
            f"Search “{typed}” · {shown}",
            [ListedItem(item=each.archived.item, hits=each.hits) for each in page.found],
            zone=command.chat.zone,
            now=command.now,
            more="So many candidates did not answer that looking was stopped here; Next goes on."
            if page.is_cut
            else None,
            empty=f"Nothing of the newest candidates {empty} “{typed}”; Next goes on."
            if page.is_cut
            else f"Nothing that was read {empty} “{typed}”.",
            first=first,
        ),
        buttons=buttons,
    )


def _counted(of: Total, least: int) -> str:
    """The total as far as it is known; never less than what was seen."""
    count = max(of.count, least)
    if of.is_least:
        return f"more than {count:,}"
    return f"about {_rounded(count):,}" if of.is_estimate else f"{count:,}"


def _rounded(count: int) -> int:
    """Three digits of an estimate."""
    step: int = 10 ** max(0, len(str(count)) - 3)
    return round(count / step) * step


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
