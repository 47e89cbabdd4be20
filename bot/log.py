"""Logging to standard error, with every token blacked out in the formatter.

A filter on the root logger does not see records of child loggers; a formatter sees every line
that is written. Tokens appear in httpx's INFO lines, in python-telegram-bot's DEBUG lines and in
the text of HTTP errors.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import TextIO

_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
# "?api_key=…", "&access_token=…": what stands in the address of a source that needs a key
_KEY = re.compile(
    r"(?<=[?&;])([\w.-]*(?:key|token|secret|passw(?:or)?d|pwd|sig|signature|auth)=)[^&;#\s\"']+",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?<=://)[^/\s]+@")  # up to the last @: a password may hold one


_HIDDEN: list[str] = []


def hide(secrets: Iterable[str]) -> None:
    """From now on these are blacked out as well, in this process."""
    # the longest first: one may be part of another
    _HIDDEN[:] = sorted({*_HIDDEN, *filter(None, secrets)}, key=len, reverse=True)


def redact(text: str) -> str:
    """The text without Telegram tokens, passwords and keys in URLs, and what was hidden."""
    for secret in _HIDDEN:
        text = text.replace(secret, "***")
    return _KEY.sub(r"\1***", _USERINFO.sub("***@", _TOKEN.sub("***token***", text)))


class RedactingFormatter(logging.Formatter):
    """A formatter whose output, traceback included, holds no secret."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, redacted."""
        return redact(super().format(record))


def _show_fault(
    kind: type[BaseException], fault: BaseException, trace: TracebackType | None
) -> None:
    """A fault that ends the process, its text redacted like any log line."""
    sys.stderr.write(redact("".join(traceback.format_exception(kind, fault, trace))))


class RedactingHandler(logging.StreamHandler[TextIO]):
    """A handler that, where a line cannot be written, does not show it raw as the standard does."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say which line is lost, and why, without what it held."""
        fault = sys.exc_info()[1]
        try:
            sys.stderr.write(
                f"a log line of {record.name} ({record.pathname}:{record.lineno}) cannot be "
                f"written: {type(fault).__name__}\n"
            )
        except (OSError, ValueError):
            return  # standard error is closed: there is nowhere left to say so


def configure(level: str) -> None:
    """Send all logs of this process to standard error. Call once, before anything logs."""
    handler = RedactingHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    sys.excepthook = _show_fault
    if level != "DEBUG":
        # one line a request at INFO is noise, and APScheduler's tick each second too
        for name in ("httpx", "httpcore", "apscheduler", "telegram"):
            logging.getLogger(name).setLevel(logging.WARNING)
