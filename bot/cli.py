"""The command line. Exit codes: 0 done, 1 the answer is no or an error, 2 not understood."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot import VERSION, log
from bot.errors import TidewaiterError
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from bot.app import Parts
    from bot.domain.outbox import OutboxMessage, Settlement
    from bot.domain.source import Source

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    _open_closed_streams()
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show 稀土 must not end the service
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        settings = load_settings()
        log.hide(settings.secrets)
        log.configure(settings.log_level)
        code: int = arguments.run(settings, arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader of our output has gone; there is nobody to tell, not even at the last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:
            raise
        print(f"tidewaiter: the output cannot be written ({error.strerror}).", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except TidewaiterError as error:
        print(f"tidewaiter: {log.redact(str(error))}", file=sys.stderr)
        return 2
    return code


def _open_closed_streams() -> None:
    """Without a standard stream (>&-) Python has none, and the next file that is opened takes its
    place: the database."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8", closefd=False))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidewaiter",
        description="Tells trade-policy desks of what they watch for, once, within minutes.",
        epilog="Settings come from the environment and .env; see .env.example.",
    )
    parser.add_argument("--version", action="version", version=f"Tidewaiter {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="serve Telegram, or without a token the local chat")
    run.add_argument("--no-sample", action="store_true", help="do not play the sample day")
    run.add_argument("--exit-on-eof", action="store_true", help="end when standard input ends")
    run.set_defaults(run=_run)

    ask = commands.add_parser("ask", help="one chat command, as the local chat")
    # the rest of the line, so that /watch steel -scrap needs no quotes either
    ask.add_argument("words", nargs=argparse.REMAINDER, metavar="/COMMAND …", help="/latest 2")
    ask.set_defaults(run=_ask, show_help=ask.print_help)

    poll = commands.add_parser("poll", help="one pass over the due (all, named) sources")
    poll.add_argument("--all", action="store_true", help="all sources, due or not")
    poll.add_argument("--json", action="store_true", help="one JSON object a source")
    poll.add_argument("sources", nargs="*", metavar="SOURCE", help="ids, see tidewaiter sources")
    poll.set_defaults(run=_poll)

    deliver = commands.add_parser("deliver", help="send what is due in the outbox, then exit")
    deliver.add_argument("--json", action="store_true", help="one JSON object a message")
    deliver.set_defaults(run=_deliver)

    match = commands.add_parser("match", help="whether, where and why a text matches a query")
    match.add_argument("query", nargs="?")
    match.add_argument("--batch", action="store_true", help="lines of {query, text, lang} as JSON")
    match.add_argument("--title", default="", help="the text's title")
    match.add_argument("--lang", metavar="XX", help="the text's language; detected without it")
    match.add_argument("--json", action="store_true", help="the answer as JSON")
    match.set_defaults(run=_match)

    stories = commands.add_parser("stories", help="which items tell of one event")
    stories.add_argument(
        "--batch",
        action="store_true",
        required=True,
        help="lines of {id, title, text, lang, published_at, source, official} as JSON",
    )
    stories.set_defaults(run=_stories)

    sources = commands.add_parser("sources", help="the catalogue, and how each source answers")
    sources.add_argument("--json", action="store_true", help="one JSON object a source")
    sources.set_defaults(run=_sources)
    lists = sources.add_subparsers(metavar="import | export")
    bring = lists.add_parser("import", help="add the feeds of an OPML file")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.set_defaults(run=_import)
    hand = lists.add_parser("export", help="write the feeds that are read as OPML 2.0")
    hand.add_argument("file", type=Path, metavar="FILE", nargs="?", help="else standard output")
    hand.set_defaults(run=_export)

    doctor = commands.add_parser("doctor", help="check settings, database, catalogue and outbox")
    doctor.set_defaults(run=_doctor)

    backup = commands.add_parser("backup", help="a verified copy of the database, while it runs")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(run=_backup)
    return parser


def _with_parts(
    settings: Settings, work: Callable[[Parts], Awaitable[int]], *, is_service: bool = False
) -> int:
    """Assemble, work, take apart; a service holds the lock meanwhile."""
    from contextlib import ExitStack

    from bot.app import assembled
    from storage.connection import service_lock

    async def whole() -> int:
        async with assembled(settings) as parts:
            return await work(parts)

    with ExitStack() as stack:
        if is_service:
            stack.enter_context(service_lock(settings.database))
        return asyncio.run(whole())


def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(parts: Parts) -> int:
        if parts.is_local:
            from bot.serve_local import LocalService

            await LocalService(
                parts,
                has_sample=not arguments.no_sample,
                is_exit_on_eof=arguments.exit_on_eof,
                is_terminal=all(
                    stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)
                ),
            ).run()
        else:
            from bot.serve_telegram import TelegramService

            await TelegramService(parts).run()
        return 0

    return _with_parts(settings, work, is_service=True)


def _ask(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.words in (["-h"], ["--help"]):
        arguments.show_help()
        return 0

    async def work(parts: Parts) -> int:
        from handlers.terminal import Screen, answer, open_local_chat

        await open_local_chat(parts.context, is_served=parts.is_local)
        reply = await answer(parts.context, " ".join(arguments.words))
        if reply is None:
            print("tidewaiter: nothing was asked. For example: /search nexperia", file=sys.stderr)
            return 1
        is_terminal = sys.stdout.isatty()
        screen = Screen(is_terminal=is_terminal, has_colour=is_terminal and settings.has_colour)
        screen.line(screen.render(reply.body, reply.buttons))
        return 1 if reply.is_error else 0

    return _with_parts(settings, work)


def _poll(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(parts: Parts) -> int:
        from datetime import timedelta

        from bot.pipeline.health import tell_of_health
        from bot.pipeline.report import is_good, poll_json, poll_line
        from handlers.terminal import open_local_chat, switch_local_chat

        chat = await open_local_chat(parts.context, is_served=parts.is_local)
        await switch_local_chat(parts.store, chat, is_served=parts.is_local)
        poller = parts.poller()
        if arguments.sources:
            chosen = _named(parts.catalogue.sources, arguments.sources)
        else:
            chosen = poller.readable if arguments.all else await poller.due()
        if not chosen and not arguments.json:
            print("No source is due. tidewaiter poll --all asks all of them.")
        answered = 0
        for task in asyncio.as_completed([poller.launch(source) for source in chosen]):
            result = await task
            answered += is_good(result)
            if arguments.json:
                print(json.dumps(poll_json(result), ensure_ascii=False), flush=True)
            else:
                print(poll_line(result), flush=True)
        # the pass is complete: no change waits for others
        now, admins = parts.clock.now(), settings.admins
        await tell_of_health(parts.store, parts.catalogue.sources, admins, now, gather=timedelta(0))
        return 0 if answered or not chosen else 1

    return _with_parts(settings, work, is_service=True)


def _named(catalogue: Sequence[Source], names: Sequence[str]) -> tuple[Source, ...]:
    import difflib

    from bot.errors import CatalogueError

    by_id = {str(source.source_id): source for source in catalogue}
    for name in names:
        if name not in by_id:
            close = difflib.get_close_matches(name, by_id, n=1)
            meant = f"Did you mean {close[0]}? " if close else ""
            raise CatalogueError(
                f"There is no source {name!r}. {meant}tidewaiter sources lists them."
            )
    return tuple(by_id[name] for name in dict.fromkeys(names))


def _deliver(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(parts: Parts) -> int:
        from bot.app import deliver_due, messenger
        from bot.delivery.worker import DeliveryWorker
        from bot.rendering.plain import to_plain
        from handlers.terminal import Screen, open_local_chat, switch_local_chat

        chat = await open_local_chat(parts.context, is_served=parts.is_local)
        await switch_local_chat(parts.store, chat, is_served=parts.is_local)
        is_terminal = sys.stdout.isatty()
        screen = Screen(is_terminal=is_terminal, has_colour=is_terminal and settings.has_colour)

        def show(message: OutboxMessage) -> None:
            if not arguments.json:
                screen.show(message.body, message.buttons)

        def settled(message: OutboxMessage, settlement: Settlement) -> None:
            if arguments.json:
                line = {
                    "message": message.message_id,
                    "chat": message.address.number,
                    "kind": message.kind,
                    "state": settlement.state,
                    "detail": log.redact(settlement.detail),
                    "text": to_plain(message.body),
                }
                print(json.dumps(line, ensure_ascii=False), flush=True)

        async with messenger(parts, show) as out:
            worker = DeliveryWorker(parts.store, out, parts.clock, on_settled=settled)
            await deliver_due(parts, out, worker)
        counts = worker.counts
        waiting = (await parts.store.outbox_counts()).queued
        if not arguments.json:
            print(
                f"{counts.sent} sent, {counts.failed} refused, {counts.uncertain} unclear, "
                f"{waiting} waiting."
            )
        if worker.last_trouble:
            print(f"tidewaiter: {worker.last_trouble}. The queue is kept.", file=sys.stderr)
        return 1 if worker.last_trouble else 0

    return _with_parts(settings, work, is_service=True)


def _match(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.match_command import run

    return run(settings, arguments)


def _stories(settings: Settings, _arguments: argparse.Namespace) -> int:
    from bot.matching.concept_file import load_concepts
    from bot.matching.concepts import use_own
    from bot.stories_command import answers

    use_own(load_concepts(settings.concepts))
    is_understood = True
    for found in answers(sys.stdin.buffer):
        is_understood &= "error" not in found
        print(json.dumps(found, ensure_ascii=False))
    return 0 if is_understood else 2


def _sources(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(parts: Parts) -> int:
        from bot.cli_sources import show_sources

        return await show_sources(parts, is_json=arguments.json)

    return _with_parts(settings, work)


def _import(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(parts: Parts) -> int:
        from bot.cli_sources import import_list

        return await import_list(parts, arguments.file)

    return _with_parts(settings, work)


def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work(parts: Parts) -> int:
        from bot.cli_sources import export_list

        return await export_list(parts, arguments.file)

    return _with_parts(settings, work)


def _has_database(settings: Settings) -> bool:
    """Whether there is a database; else it says so. Who looks at one makes none: in a wrong folder
    an empty one would be found well, and be backed up."""
    path = settings.database
    if path.is_file() and path.stat().st_size:
        return True
    print(
        f"tidewaiter: there is no database at {path.absolute()}. Go to the folder in which "
        "Tidewaiter runs, or set TIDEWAITER_DATABASE. The first tidewaiter run makes one.",
        file=sys.stderr,
    )
    return False


def _doctor(settings: Settings, _arguments: argparse.Namespace) -> int:
    if not _has_database(settings):
        return 1
    from storage.connection import is_served

    # before the database is open here: a look at the lock would end SQLite's own locks
    is_running = is_served(settings.database)

    async def work(parts: Parts) -> int:
        from bot.doctor import examine

        findings = await examine(parts, is_running=is_running)
        for finding in findings:
            print(f"{finding.mark} {finding.text}")
        return 0 if all(finding.is_good for finding in findings) else 1

    return _with_parts(settings, work)


def _backup(settings: Settings, arguments: argparse.Namespace) -> int:
    if not _has_database(settings):
        return 1

    async def work(parts: Parts) -> int:
        size = await parts.store.backup(arguments.file)
        print(f"{arguments.file}: {size:,} bytes, verified.")
        return 0

    return _with_parts(settings, work)
