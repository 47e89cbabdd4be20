"""`tidewaiter doctor` and `tidewaiter sources`: what is well, what is not, and what to do."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.app import Parts
from bot.domain.alarm import AlarmTopic
from bot.domain.health import SourceHealth
from bot.domain.source import FetchState, Source, SourceStatus
from bot.matching.concepts import built_in, own_packs
from bot.pipeline.alarms import fact_of
from bot.pipeline.standing import Standing
from bot.rendering.alarm import HEADLINES as HEADLINES_OF_ALARMS
from bot.rendering.health import HEADLINES, reason
from bot.rendering.parts import class_name
from bot.rendering.plain import printable
from bot.rendering.silent import number_of
from bot.sources.article import can_read_articles
from bot.sources.details import reads_articles, wants_articles
from bot.upkeep.nights import newest_backup

_OLD_BACKUP = timedelta(days=2)
_LOW_DISK = 200 * 1024 * 1024
_GOOD = {"fetched", "unchanged"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing."""

    is_good: bool
    text: str
    is_warning: bool = False  # good enough, and yet somebody should look

    @property
    def mark(self) -> str:
        """✓, ⚠ or ✗."""
        return "✗" if not self.is_good else "⚠" if self.is_warning else "✓"


async def examine(parts: Parts, *, is_running: bool = False) -> list[Finding]:
    """All checks, in the order in which an operator would mend."""
    return [
        _settings(parts),
        await _database(parts),
        _disk(parts),
        _running(is_running),
        _backups(parts),
        *await _alarms(parts),
        await _sources(parts),
        _concepts(parts),
        *_articles(parts),
        await _health(parts),
        await _watches(parts),
        await _outbox(parts),
        *_proxies(parts),
    ]


def _settings(parts: Parts) -> Finding:
    settings = parts.settings
    if parts.is_local:
        return Finding(True, "settings: no TELEGRAM_BOT_TOKEN, so the local chat is served")
    if not settings.admins:
        return Finding(
            False,
            "settings: TIDEWAITER_ADMINS is empty, so nobody can subscribe a chat. Put your "
            "Telegram user number there; /start in a private chat with the bot tells it.",
        )
    return Finding(True, f"settings: Telegram at {settings.telegram_api_url}")


async def _database(parts: Parts) -> Finding:
    faults = await parts.store.check()
    path = parts.settings.database
    if faults:
        return Finding(False, f"database {path}: {'; '.join(faults)}. Restore a backup.")
    log = path.with_name(path.name + "-wal")  # what was written last stands there
    size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    return Finding(True, f"database {path}: sound, {size:,} bytes")


def _disk(parts: Parts) -> Finding:
    free = shutil.disk_usage(parts.settings.database.parent).free
    if free < _LOW_DISK:
        return Finding(False, f"disk: only {free // 2**20} MiB free. Make room.")
    return Finding(True, f"disk: {free / 2**30:.1f} GiB free")


def _running(is_running: bool) -> Finding:
    said = "running" if is_running else "none is running with this database"
    return Finding(True, f"service: {said}")


def _backups(parts: Parts) -> Finding:
    settings = parts.settings
    folder = settings.backup_folder
    if folder is None:
        off = "backups: none are made at night (TIDEWAITER_BACKUPS is off)"
        return Finding(True, off, is_warning=True)
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    newest = newest_backup(names, settings.database.stem)
    if newest is None:
        said = f"backups: none yet; the service makes one at {settings.backup_hour:02}:00 UTC"
        return Finding(True, f"{said}, in {folder}")
    is_old = parts.clock.now().date() - newest > _OLD_BACKUP
    return Finding(True, f"backups: the newest is of {newest}, in {folder}", is_warning=is_old)


async def _alarms(parts: Parts) -> list[Finding]:
    found = []
    for topic in AlarmTopic:
        since = await parts.store.fact(fact_of(topic))
        if since:
            said = f"alarm: {HEADLINES_OF_ALARMS[topic][0]}, since {since[:16]} UTC"
            found.append(Finding(False, f"{said}; the log of the service says why"))
    return found


async def _sources(parts: Parts) -> Finding:
    states = await parts.store.fetch_states()
    readable = [s for s in parts.catalogue.sources if s.status is SourceStatus.READY]
    outcomes = Counter(
        state.last_outcome if (state := states.get(s.source_id)) and state.last_outcome else "new"
        for s in readable
    )
    said = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    is_good = not readable or outcomes["new"] > 0 or any(outcomes[name] for name in _GOOD)
    return Finding(is_good, f"sources: {len(readable)} ({said}); tidewaiter sources tells more")


def _articles(parts: Parts) -> list[Finding]:
    lacking = without_reader(parts.catalogue.sources)
    return [Finding(True, lacking, is_warning=True)] if lacking else []


def without_reader(catalogue: Sequence[Source]) -> str:
    """What the operator is told where sources want the texts of articles, and the extra that reads
    them is not installed; "" where all is well."""
    wanting = sum(s.status is SourceStatus.READY and wants_articles(s) for s in catalogue)
    if not wanting or can_read_articles():
        return ""
    return (
        f"articles: {number_of(wanting, 'source')} may be read with the texts of their articles, "
        "but trafilatura is not installed, so they are matched by what their lists say. Run make "
        "setup, or: pip install 'trafilatura>=2.1,<3'"
    )


def _concepts(parts: Parts) -> Finding:
    own = own_packs()
    if not own:
        return Finding(True, f"concepts: {len(built_in())} built in")
    replaced = [f"#{key}" for key in own if key in built_in()]
    said = f"; in place of built-in ones: {', '.join(replaced)}" if replaced else ""
    return Finding(
        True,
        f"concepts: {len(built_in())} built in, {len(own)} of this desk from "
        f"{parts.settings.concepts}{said}",
    )


async def _health(parts: Parts) -> Finding:
    names = {s.source_id: s.name for s in parts.catalogue.sources if s.status is SourceStatus.READY}
    ailing = [
        (names[ward.health.source_id], ward.health.ailment)
        for ward in await parts.store.wards()
        if ward.health.ailment is not None and ward.health.source_id in names
    ]
    if not ailing:
        return Finding(True, "health: nothing unusual at any source that has answered so far")
    said = "; ".join(f"{name} {HEADLINES[ailment.complaint]}" for name, ailment in ailing[:5])
    more = f"; and {len(ailing) - 5} more" if len(ailing) > 5 else ""
    return Finding(
        True,
        f"health: {number_of(len(ailing), 'source')} not as usual: {printable(said)}{more}; "
        "tidewaiter sources tells more",
        is_warning=True,
    )


async def _watches(parts: Parts) -> Finding:
    watches = Standing(await parts.store.active_watches())
    if watches.unreadable:
        bad = "; ".join(f"“{printable(active.watch.text)}”" for active in watches.unreadable[:5])
        return Finding(False, f"watches: cannot be read any more: {bad}. Set them anew.")
    return Finding(True, f"watches: {len(watches)} in active chats")


async def _outbox(parts: Parts) -> Finding:
    counts = await parts.store.outbox_counts()
    said = (
        f"outbox: {counts.queued + counts.sending} waiting, {counts.sent} sent, "
        f"{counts.failed} refused, {counts.uncertain} unclear"
    )
    oldest = counts.oldest_queued_at
    is_stuck = oldest is not None and parts.clock.now() - oldest > timedelta(minutes=10)
    if is_stuck:
        said += ". The oldest waits for more than 10 minutes: is the service running?"
    return Finding(not is_stuck, said)


def _proxies(parts: Parts) -> list[Finding]:
    if parts.settings.proxy is None:
        return []
    return [
        Finding(
            True,
            "proxy: sources are read through a proxy, which looks up their names itself: the "
            "address guard vets how each URL is written and where its name leads from here, not "
            "where the proxy connects",
        )
    ]


def source_line(
    source: Source, state: FetchState | None, now: datetime, health: SourceHealth | None = None
) -> str:
    """One source for `tidewaiter sources`: ✓ well, ⚠ not as usual, ✗ does not answer."""
    head = f"{source.source_id:<28} {_kind(source):<9} {_every(source.every):>5}"
    if source.status is not SourceStatus.READY:
        return f"- {head}  {source.status}: {source.note}"
    if state is None or state.last_polled_at is None:
        return f"· {head}  {source.name}: not asked yet"
    ailment = health.ailment if health else None
    mark = "✗" if state.last_outcome not in _GOOD else "✓" if ailment is None else "⚠"
    ago = _every(max(now - state.last_polled_at, timedelta(0)))
    if ailment is not None:
        lasts = _every(max(now - ailment.since, timedelta(0)))
        said = f"{state.last_outcome} {ago} ago; {printable(reason(ailment))}"
        return f"{mark} {head}  {source.name}: {said} (for {lasts})"
    detail = f" ({state.last_detail})" if state.last_detail else ""
    return f"{mark} {head}  {source.name}: {state.last_outcome} {ago} ago{detail}"


def source_json(
    source: Source, state: FetchState | None, health: SourceHealth | None = None
) -> dict[str, Any]:
    """One source for `tidewaiter sources --json`."""
    ailment = health.ailment if health else None
    gap = health.gap if health else None
    return {
        "source": source.source_id,
        "name": source.name,
        "publisher": source.publisher,
        "url": source.url,
        "kind": source.kind,
        "official": source.is_official,
        "jurisdiction": source.jurisdiction,
        "languages": list(source.languages),
        "every_seconds": source.every.total_seconds(),
        "evidence": source.evidence,
        "status": source.status,
        "reads_articles": reads_articles(source),
        "outcome": state.last_outcome if state else "",
        "detail": state.last_detail if state else "",
        "failures": state.failures if state else 0,
        "last_success_at": state.last_success_at.isoformat()
        if state and state.last_success_at
        else None,
        "ailment": None
        if ailment is None
        else {
            "complaint": ailment.complaint,
            "detail": ailment.detail,
            "since": ailment.since.isoformat(),
        },
        "last_gap": None
        if gap is None
        else {
            "after": gap.after.isoformat(),
            "until": gap.until.isoformat(),
            "entries": gap.entries,
            "filled": gap.filled,
            "further_pages": gap.pages,
            "is_filled": gap.is_filled,
        },
    }


def _kind(source: Source) -> str:
    return class_name(source.is_official) or "own"


def _every(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
