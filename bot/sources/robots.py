"""robots.txt: which pages ask for it, what it says, and one look a day at each host's (RFC 9309).

    request -> is_subject -> Robots.turn (look it up, wait for the crawl-delay)
                          -> Robots.objection to each address (redirects too) -> None | Blocked

What publishers offer for machines (feeds, APIs, files of data) is asked for as it is offered; what
is made for people's eyes is read as a robot may (docs/adr/0010-robots.md). The cache is in memory.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from protego import Protego

from bot.domain.fetch import Blocked, Fetched, FetchFailed, FetchOutcome, FetchRequest
from bot.domain.source import RegisterFormat, RegisterShape, SourceKind
from bot.sources.answer import shown_host

TOKEN = "Tidewaiter"
"""The name by which a robots.txt may mean us."""

KEEP = timedelta(hours=24)
"""For so long a robots.txt is believed (RFC 9309, 2.4, asks for no more)."""

KEEP_UNREACHABLE = timedelta(hours=1)
"""After so long one that could not be had is asked for again: a day would blind a desk for a
publisher's one bad minute."""

MAX_CRAWL_DELAY = timedelta(minutes=5)
"""Longer ones are cut to this, in which a source of authorities must be asked once."""

MAX_BYTES = 500 * 1024
"""What is read of a robots.txt, the least that RFC 9309, 2.5, lets us stop at."""

MAX_LINES = 10_000
"""Of those that concern us. The longest known robots.txt have a few thousand in all."""

MAX_HOSTS = 2_000
"""Of which the rules are remembered; those looked at longest ago go first."""

_AGENT = re.compile(r"user[- ]?agent\b\s*:?\s*(.*)", re.IGNORECASE)
_SITE_WIDE = re.compile(r"(?:site-?maps?|host)\b", re.IGNORECASE)
_NO_PRODUCT = re.compile(r"[^a-z_-]")


def is_subject(request: FetchRequest) -> bool:
    """Whether what is asked for is made for people, so that robots.txt speaks of it."""
    if request.is_article:
        return True
    source = request.source
    match source.kind:
        case SourceKind.HTML_LIST | SourceKind.PAGE | SourceKind.SITEMAP:
            return True
        case SourceKind.REGISTER:
            shape = source.shape
            return isinstance(shape, RegisterShape) and shape.format is RegisterFormat.HTML_TABLE
        case (
            SourceKind.FEED
            | SourceKind.FEDERAL_REGISTER
            | SourceKind.PUBLIC_INSPECTION
            | SourceKind.PRESS_CORNER
            | SourceKind.GOV_UK
            | SourceKind.JSON_LIST
        ):
            return False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt says to us. With a `failure` nothing may be asked until it can be
    had; without `parsed` everything may."""

    parsed: Protego | None = None
    failure: FetchFailed | Blocked | None = None

    @property
    def crawl_delay(self) -> timedelta:
        """Between requests, bounded."""
        said = self.parsed.crawl_delay(TOKEN) if self.parsed else None
        return min(timedelta(seconds=min(said or 0.0, 1e6)), MAX_CRAWL_DELAY)

    def allows(self, url: str) -> bool:
        """Whether the address may be asked."""
        return self.parsed is None or self.parsed.can_fetch(url, TOKEN)


def rules_of(outcome: FetchOutcome) -> Rules:
    """What became of asking for a robots.txt, as rules (RFC 9309, 2.3.1)."""
    match outcome:
        case Fetched(body=body):
            text = body[:MAX_BYTES].decode("utf-8", errors="replace").removeprefix("\ufeff")
            return Rules(parsed=Protego.parse(concerning_us(text)))
        case Blocked(status=status) | FetchFailed(status=status) if 400 <= status < 500:
            return Rules()  # unavailable: there are no rules
        case FetchFailed(kind="redirect"):
            return Rules()  # of too many redirects the same may be assumed
        case FetchFailed(status=204 | 205):
            return Rules()  # an empty one
        case Blocked() | FetchFailed():
            return Rules(failure=outcome)
        case _:
            return Rules()  # no other outcome comes of an unconditional request


def concerning_us(text: str) -> str:
    """The groups of a robots.txt that name us or everybody. Parsers give each rule to each name of
    its group, so that a file of thousands of either would grow to gigabytes."""
    kept: list[str] = []
    is_ours = is_naming = False
    for line in text.splitlines():
        bare = line.partition("#")[0].strip()
        agent = _AGENT.match(bare)
        if agent:
            is_ours = is_ours and is_naming  # the first name of a group ends the one before
            is_naming = True
            name = agent[1].strip().lower()
            if name == "*" or _NO_PRODUCT.split(name, 1)[0] == TOKEN.lower():
                is_ours = True
                kept.append(f"User-agent: {'*' if name == '*' else TOKEN}")
        elif bare and not _SITE_WIDE.match(bare):
            is_naming = False
            if is_ours:
                kept.append(bare)
        if len(kept) >= MAX_LINES:
            break
    return "\n".join(kept)


@dataclass(slots=True)
class _Host:
    rules: Rules | None = None
    until: float = 0.0  # on the monotonic clock: when the rules are to be looked up again
    free_at: float = 0.0  # and when the next request may go out
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Robots:
    """The rules of all hosts. `ask` fetches a robots.txt; `monotonic` and `pause` have seconds."""

    def __init__(
        self,
        ask: Callable[[str], Awaitable[FetchOutcome]],
        *,
        monotonic: Callable[[], float],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._ask, self._monotonic, self._pause = ask, monotonic, pause
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    async def turn(self, url: str) -> None:
        """Wait until the host's crawl-delay lets a request go out; not at all where none may."""
        rules, host = await self._rules(url), self._hosts[_key(url)]
        if rules.failure is not None or not rules.allows(url) or not rules.crawl_delay:
            return
        now = self._monotonic()
        at = max(now, host.free_at)
        host.free_at = at + rules.crawl_delay.total_seconds()
        if at > now:
            await self._pause(at - now)

    async def objection(self, url: str) -> Blocked | FetchFailed | None:
        """Why the address must not be asked, or None."""
        rules = await self._rules(url)
        host = shown_host(url)
        match rules.failure:
            case FetchFailed(kind="address"):
                return rules.failure  # nor would the page itself be asked
            case FetchFailed() as failure:
                return FetchFailed(
                    kind=failure.kind,
                    detail=f"Nothing of {host} may be read while its robots.txt cannot be had "
                    f"(RFC 9309). {failure.detail}",
                    retry_after=failure.retry_after,
                    status=failure.status,
                )
            case Blocked() as blocked:
                return blocked
        if rules.allows(url):
            return None
        return Blocked(
            detail=f"{host} asks robots not to read {urlsplit(url).path[:200]} (its robots.txt). "
            "Look for its feed or API, or ask the publisher, and switch the source off until then."
        )

    async def _rules(self, url: str) -> Rules:
        key = _key(url)
        host = self._hosts[key]
        async with host.lock:
            if host.rules is None or self._monotonic() >= host.until:
                parts = urlsplit(url)
                found = rules_of(await self._ask(f"{parts.scheme}://{parts.netloc}/robots.txt"))
                # one that was had may go on to be believed (RFC 9309, 2.4)
                if host.rules is None or host.rules.failure is not None or not found.failure:
                    host.rules = found
                keep = KEEP
                if found.failure is not None:
                    keep = max(KEEP_UNREACHABLE, found.failure.retry_after or timedelta(0))
                host.until = self._monotonic() + keep.total_seconds()
                self._forget_oldest()
            return host.rules

    def _forget_oldest(self) -> None:
        while len(self._hosts) > MAX_HOSTS:
            idle = (k for k, host in self._hosts.items() if not host.lock.locked())
            oldest = min(idle, key=lambda key: self._hosts[key].until, default=None)
            if oldest is None:
                return
            del self._hosts[oldest]


def _key(url: str) -> str:
    """The host, whatever the scheme; with its port where that is an unusual one."""
    parts = urlsplit(url)
    port = parts.port
    usual = port is None or port in {80, 443}
    return f"{parts.hostname}" if usual else f"{parts.hostname}:{port}"
