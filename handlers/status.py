"""/status: is all well, and if not, what is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.chat import ChatState
from bot.domain.ids import SourceId
from bot.domain.item import Precision
from bot.domain.richtext import Line, bold, code, rich, text
from bot.domain.source import FetchState, Source, SourceStatus
from bot.rendering.health import glance
from bot.rendering.silent import Silent, describe_silent
from bot.rendering.times import local_time
from handlers.model import Command, Context, Reply

_GOOD = {"fetched", "unchanged"}
_SHOWN = 24  # lines: a chat is no log
_LONGEST = 240  # characters of a reason: what was wrong and what to do


async def status(context: Context, command: Command) -> Reply:
    """Sources, archive and outbox at a glance."""
    now, zone = command.now, command.chat.zone
    states = await context.store.fetch_states()
    outbox = await context.store.outbox_counts()
    is_paused = command.chat.state is ChatState.PAUSED
    newest = await context.store.latest_items(1)
    wards = await context.store.wards()
    readable = [s for s in context.catalogue.sources if s.status is SourceStatus.READY]
    polled = [s for s in readable if _state(states.get(s.source_id)).last_outcome]
    good = [s for s in polled if _state(states.get(s.source_id)).last_outcome in _GOOD]
    ailments = {w.health.source_id: w.health.ailment for w in wards if w.health.ailment}
    odd = [(s.name, ailments[s.source_id]) for s in good if s.source_id in ailments]
    lines: list[Line] = [
        text(bold("Status")),
        *([text("This chat is paused; ", code("/start"), " resumes.")] if is_paused else []),
        text(
            f"Sources: {len(good)} of {len(readable)} answer"
            + (f", {len(odd)} of them not as usual" if odd else "")
            + _not_polled(len(readable) - len(polled))
        ),
    ]
    silent = [s for s in polled if s not in good]
    why = describe_silent(
        [_silence(source, _state(states.get(source.source_id))) for source in silent]
    )
    why += [glance(name, ailment, zone=zone, now=now, answers=True) for name, ailment in odd]
    lines += why[:_SHOWN]
    if len(why) > _SHOWN:
        lines.append(text("… and more; on the bot's machine, tidewaiter sources lists them all"))
    if newest:
        item = newest[0].item
        seen = local_time(item.first_seen_at, zone, Precision.INSTANT, now)
        invented = ", of the sample day" if item.is_sample else ""
        lines.append(text(f"Newest publication read: {seen}{invented}"))
    else:
        lines.append(text("Nothing has been read yet."))
    waiting = outbox.queued + outbox.sending
    lines.append(
        text(
            f"Outbox: {waiting} waiting, {outbox.sent} sent, {outbox.failed} refused, "
            f"{outbox.uncertain} unclear"
        )
    )
    if outbox.oldest_queued_at and now - outbox.oldest_queued_at > timedelta(minutes=5):
        since = local_time(outbox.oldest_queued_at, zone, Precision.INSTANT, now)
        lines.append(text(f"  ✗ the oldest has been waiting since {since}"))
    if context.trouble():
        lines.append(text(f"  ✗ {context.trouble()}"))
    return Reply(body=rich(*lines))


def _state(state: FetchState | None) -> FetchState:
    return state or FetchState(
        source_id=SourceId(""), url="", next_poll_at=datetime.fromisoformat("1970-01-01T00:00:00Z")
    )


def _not_polled(count: int) -> str:
    return f", {count} not asked yet" if count else ""


def _silence(source: Source, state: FetchState) -> Silent:
    detail = state.last_detail
    short = detail if len(detail) <= _LONGEST else detail[: _LONGEST - 1] + "…"
    return Silent(source.name, source.url, state.last_outcome, short)
