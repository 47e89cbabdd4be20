"""/digest: when it comes, or now."""

from __future__ import annotations

import difflib
import re
from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.digests.due import next_due
from bot.domain.chat import Chat, ChatState
from bot.domain.richtext import code, rich, text
from bot.rendering.digest import render_digest
from handlers.model import Command, Context, Reply, refuse

_TIME = re.compile(r"([01]?\d|2[0-3])[:.h]([0-5]\d)")


async def digest(context: Context, command: Command) -> Reply:
    """Show, set, send or switch off the daily digest."""
    words = command.args.split()
    chat = command.chat
    if not words:
        return Reply(
            body=rich(
                describe_digest(chat, command.now),
                text(
                    "Change it: ",
                    code("/digest 08:00 Europe/Brussels"),
                    " or ",
                    code("/digest off"),
                ),
            )
        )
    if words[0].casefold() == "now" and len(words) == 1:
        gathered = await context.gather_digest(chat, command.now)
        return Reply(body=render_digest(gathered, zone=chat.zone, now=command.now))
    if words[0].casefold() == "off" and len(words) == 1:
        await context.store.set_digest(chat.chat_id, None, chat.zone, command.now)
        return Reply(
            body=rich(text("No more digests. Alerts go on. Back with ", code("/digest 08:00")))
        )
    found = _TIME.fullmatch(words[0])
    if found is None or len(words) > 2:
        return refuse(
            f"“{command.args[:40]}” is not a time of day.", "/digest 08:00 Europe/Brussels"
        )
    zone = chat.zone
    if len(words) == 2:
        known = _zone(words[1])
        if known is None:
            close = difflib.get_close_matches(words[1], sorted(available_timezones()), n=1)
            hint = f" Did you mean {close[0]}?" if close else " Use an IANA name."
            return refuse(
                f"“{words[1][:40]}” is not a time zone.{hint}",
                f"/digest 08:00 {close[0] if close else 'Asia/Tokyo'}",
            )
        zone = known
    at = time(int(found.group(1)), int(found.group(2)))
    chat = await context.store.set_digest(chat.chat_id, at, zone, command.now)
    return Reply(body=rich(describe_digest(chat, command.now)))


def _zone(typed: str) -> str | None:
    by_folded = {name.casefold(): name for name in available_timezones()}
    name = by_folded.get(typed.casefold())
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return name


def describe_digest(chat: Chat, now: datetime) -> str:
    """When the chat's next digest comes, in words."""
    if chat.digest_at is None:
        return "No daily digest is set."
    if chat.state is ChatState.PAUSED:
        return (
            f"The digest is set for {chat.digest_at:%H:%M} ({chat.zone}), but this chat is paused: "
            "it comes again after /start."
        )
    following = next_due(
        now=now, zone=chat.zone, digest_at=chat.digest_at, set_at=chat.digest_set_at
    )
    local = following.astimezone(ZoneInfo(chat.zone))
    today = now.astimezone(ZoneInfo(chat.zone)).date()
    days = (local.date() - today).days
    when = "today" if days == 0 else "tomorrow" if days == 1 else f"on {local:%d %B}"
    return f"The digest comes daily at {chat.digest_at:%H:%M} ({chat.zone}); the next one {when}."
