"""The door to the publishers: one request, its redirects, and what became of it, as a value.

    FetchRequest -> vet -> GET -> (redirect -> vet -> GET)* -> status -> body -> FetchOutcome

A source with a `form` is asked by POST. Such a question is never conditional, for validators say
nothing of it (RFC 9110, 13.1), and its body goes to no other host than the one in the catalogue.

httpx speaks over aiohttp, whose resolver is ours, so that each address is vetted as it is
connected to. Literal addresses never reach a resolver and are vetted before each request.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from httpx_aiohttp import AiohttpTransport

from bot.domain.fetch import Blocked, Fetched, FetchFailed, FetchOutcome, FetchRequest
from bot.domain.ids import SourceId
from bot.domain.source import Source, SourceKind
from bot.sources.answer import (
    MAX_MARKER_BYTES,
    header_validator,
    is_challenge,
    judge_status,
    network_words,
    shown_host,
)
from bot.sources.body import Body, BodyError, packed_start
from bot.sources.freshness import header_freshness
from bot.sources.guard import AllowList, Refused, Vetted, vet_url
from bot.sources.page import Moved
from bot.sources.refusals import circle, form_sent_on, refused, too_many
from bot.sources.resolver import AddressRefusedError, GuardedResolver, OwnLook
from bot.sources.robots import Robots, is_subject

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
)

MAX_HEADER_BYTES = 16_384
"""Of one header line; aiohttp refuses longer ones."""

FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"

KEEP_ALIVE = timedelta(seconds=5)
"""A connection that is not used for so long is closed: it serves the pages of one host that are due
together, and the next poll is minutes away."""

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """Bounds of one fetch and of all at once. `total` counts from the first connection to the last
    byte, redirects included; waiting for a free slot does not count. `robots` is the same for a
    robots.txt.

    `max_article_bytes` is for pages of which only the text is wanted. `register_total` and
    `max_register_bytes` are for lists that change: the longest that we know, the UK's, has 50 MB.
    """

    total: timedelta = timedelta(seconds=30)
    robots: timedelta = timedelta(seconds=10)
    connect: timedelta = timedelta(seconds=10)
    max_body_bytes: int = 20_000_000
    max_article_bytes: int = 5_000_000
    register_total: timedelta = timedelta(minutes=2)
    max_register_bytes: int = 64_000_000
    max_redirects: int = 5
    per_host: int = 2
    overall: int = 32

    def total_of(self, source: Source) -> timedelta:
        """How long one answer of this source may take."""
        return self.register_total if source.kind is SourceKind.REGISTER else self.total

    def bytes_of(self, request: FetchRequest) -> int:
        """How long the answer to this request may be."""
        if request.is_article:
            return min(self.max_article_bytes, self.max_body_bytes)
        is_register = request.source.kind is SourceKind.REGISTER
        return self.max_register_bytes if is_register else self.max_body_bytes


class Fetcher:
    """Fetches sources. One for the process; `aclose` it in the loop in which it was used.

    `proxy` is an http:// or socks5:// URL: names are then resolved beyond our sight, and are vetted
    by their looks and by what our own resolver makes of them. Nothing is read from the environment
    and no cookie is kept. `tls` has the authorities that are trusted, the usual ones if None.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow: AllowList | None = None,
        proxy: str | None = None,
        resolver: AbstractResolver | None = None,
        limits: FetchLimits | None = None,
        tls: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._allow = allow or AllowList()
        self._limits = limits or FetchLimits()
        self._resolver = resolver
        self._is_resolved_here = proxy is None
        monotonic = monotonic or (lambda: asyncio.get_running_loop().time())
        self._robots = Robots(self._ask_robots, monotonic=monotonic, pause=pause)
        self._own_look = OwnLook(resolver, self._allow, monotonic=monotonic) if proxy else None
        self._overall = asyncio.Semaphore(self._limits.overall)
        self._waiting: defaultdict[str, int] = defaultdict(int)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        seconds = self._limits.total.total_seconds()
        self._client = httpx.AsyncClient(
            transport=self._transport(proxy),
            trust_env=False,
            follow_redirects=False,
            # The jar that takes nothing: a cookie would tie polls to each other.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(seconds, connect=self._limits.connect.total_seconds()),
            headers={"User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip"},
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        if self._own_look:
            await self._own_look.close()

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """One answer. Everything that can be expected to go wrong is a value; only cancellation
        passes."""
        url = request.source.url
        host = shown_host(url)
        seconds = self._limits.total_of(request.source).total_seconds()
        async with self._slot(host.lower()):
            await self._wait_turn(request)
            try:
                async with self._overall, asyncio.timeout(seconds):
                    return await self._follow(request)
            except TimeoutError:
                return FetchFailed(
                    kind="timeout",
                    detail=f"{host} had not finished answering after {seconds:g} s; it will be "
                    "asked again.",
                )

    async def _wait_turn(self, request: FetchRequest) -> None:
        """A crawl-delay is waited for before a slot of all is taken and the deadline runs."""
        if not is_subject(request):
            return
        vetted = vet_url(request.source.url, self._allow, is_resolved_here=self._is_resolved_here)
        if isinstance(vetted, Vetted):
            await self._robots.turn(vetted.url)

    async def _ask_robots(self, url: str) -> FetchOutcome:
        """A robots.txt, by the same way as all pages."""
        source = Source(source_id=SourceId("robots"), name="robots.txt", url=url)
        try:
            async with asyncio.timeout(self._limits.robots.total_seconds()):
                return await self._follow(FetchRequest(source=source))
        except TimeoutError:
            said = f"{shown_host(url)} had not finished sending it in time; it will be asked again."
            return FetchFailed(kind="timeout", detail=said)

    async def _follow(self, request: FetchRequest) -> FetchOutcome:
        url, form = request.source.url, request.source.form
        seen: set[tuple[str, str]] = set()
        is_permanent = True
        while True:
            vetted = vet_url(url, self._allow, is_resolved_here=self._is_resolved_here)
            if isinstance(vetted, Refused):
                return refused(request.source.url, url, vetted.reason)
            if (vetted.url, form) in seen:
                return circle(request.source.url, vetted.url)
            if len(seen) > self._limits.max_redirects:
                return too_many(request.source.url, self._limits.max_redirects)
            seen.add((vetted.url, form))
            reason = await self._own_look.refusal(vetted) if self._own_look else None
            if reason is not None:
                return refused(request.source.url, url, reason)
            objection = await self._robots.objection(vetted.url) if is_subject(request) else None
            if objection is not None:
                return objection
            moved_to = vetted.url if len(seen) > 1 and is_permanent else ""
            step = await self._ask(request, vetted.url, form, moved_to)
            if not isinstance(step, _Redirect):
                return step
            is_permanent = is_permanent and step.status in _PERMANENT
            if step.status == _SEE_OTHER:
                form = ""  # the answer lies there, and is fetched as any page is
            elif form and _host_of(step.location) != _host_of(request.source.url):
                return form_sent_on(request.source.url, step.location)
            url = step.location

    async def _ask(
        self, request: FetchRequest, url: str, form: str, moved_to: str
    ) -> FetchOutcome | _Redirect:
        host = shown_host(url)
        try:
            response = await self._client.send(self._question(request, url, form), stream=True)
            try:
                return await self._answer(request, response, url, moved_to)
            finally:
                await response.aclose()
        except BodyError as error:
            return FetchFailed(
                kind=error.kind, detail=f"The answer of {host} cannot be taken: {error}."
            )
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
            reason = _refusal(error)
            if reason is not None:
                return refused(request.source.url, url, reason)
            kind, words = network_words(error, uses_proxy=not self._is_resolved_here)
            return FetchFailed(kind=kind, detail=f"{host} {words}.")

    def _question(self, request: FetchRequest, url: str, form: str) -> httpx.Request:
        if not form:
            return self._client.build_request("GET", url, headers=_validators(request))
        headers = {"Content-Type": JSON_TYPE if form.startswith(("{", "[")) else FORM_TYPE}
        return self._client.build_request("POST", url, headers=headers, content=form.encode())

    async def _answer(
        self, request: FetchRequest, response: httpx.Response, url: str, moved_to: str
    ) -> FetchOutcome | _Redirect:
        host = shown_host(url)
        headers = dict(response.headers.items())  # which decodes all of them at each look
        if response.status_code in _REDIRECTS:
            location = headers.get("location", "")
            if not location:
                return FetchFailed(
                    kind="redirect",
                    detail=f"{host} answered {response.status_code} without saying where to go.",
                )
            try:
                return _Redirect(response.status_code, urljoin(url, location).partition("#")[0])
            except ValueError:
                return FetchFailed(
                    kind="redirect", detail=f"{host} redirects to an address that cannot be read."
                )
        marks = b""
        if response.status_code == 503:
            marks = await _first_bytes(response)
        outcome = judge_status(
            response.status_code,
            headers,
            host=host,
            is_conditional=bool(_validators(request)),
            is_challenged=is_challenge(headers, marks),
        )
        if outcome is not None:
            return outcome
        body = await self._body(response, self._limits.bytes_of(request))
        if response.status_code != 200 and not body:
            return Blocked(detail=f"{host} answered {response.status_code} with nothing in it.")
        found = Fetched(
            body=body,
            content_type=headers.get("content-type", ""),
            final_url=url,
            etag=header_validator(headers.get("etag")),
            last_modified=header_validator(headers.get("last-modified")),
            fresh_for=header_freshness(headers),
            links=headers.get("link", ""),
        )
        if not moved_to:
            return found
        return Moved(
            body=found.body,
            content_type=found.content_type,
            final_url=found.final_url,
            etag=found.etag,
            last_modified=found.last_modified,
            fresh_for=found.fresh_for,
            links=found.links,
            moved_to=moved_to,
        )

    async def _body(self, response: httpx.Response, limit: int) -> bytes:
        body = Body(response.headers.get("content-encoding", ""), limit=limit)
        stated = response.headers.get("content-length", "")
        if stated.isdecimal() and len(stated) < 16 and int(stated) > limit:
            raise BodyError("size", f"it is longer than {limit:,} bytes")
        async for chunk in response.aiter_raw():
            body.add(chunk)
        return body.finish()

    @asynccontextmanager
    async def _slot(self, host: str) -> AsyncIterator[None]:
        """One of the host's slots; one of all is taken after it, so that a slow host holds up only
        itself."""
        lock = self._hosts.setdefault(host, asyncio.Semaphore(self._limits.per_host))
        self._waiting[host] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[host] -= 1
            if not self._waiting[host]:
                del self._waiting[host], self._hosts[host]

    def _transport(self, proxy: str | None) -> httpx.AsyncBaseTransport:
        if proxy is not None:
            return httpx.AsyncHTTPTransport(
                verify=self._tls, trust_env=False, proxy=httpx.Proxy(proxy), limits=self._pool()
            )
        return AiohttpTransport(verify=self._tls, trust_env=False, client=self._session)

    def _pool(self) -> httpx.Limits:
        return httpx.Limits(
            max_connections=self._limits.overall, keepalive_expiry=KEEP_ALIVE.total_seconds()
        )

    def _session(self) -> aiohttp.ClientSession:
        # Made at the first request: aiohttp binds both to the loop that runs.
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._resolver or aiohttp.ThreadedResolver(), self._allow),
            ssl=self._tls,
            limit=self._limits.overall,
            keepalive_timeout=KEEP_ALIVE.total_seconds(),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
        )


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    location: str


async def _first_bytes(response: httpx.Response) -> bytes:
    """Enough of an error page to see what it is; of a bomb no more than that either."""
    start = b""
    async for chunk in response.aiter_raw():
        start += chunk
        if len(start) >= MAX_MARKER_BYTES:
            break
    return packed_start(start, response.headers.get("content-encoding", ""), MAX_MARKER_BYTES)


def _validators(request: FetchRequest) -> dict[str, str]:
    if request.source.form:
        return {}
    etag = header_validator(request.etag)
    last_modified = header_validator(request.last_modified)
    return {
        name: value
        for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified))
        if value
    }


def _refusal(error: BaseException) -> str | None:
    """Our resolver's reason, from however deep: it surfaces as a ConnectTimeout of httpx."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, AddressRefusedError):
            return cause.reason
        cause = cause.__cause__ or getattr(cause, "os_error", None) or cause.__context__
    return None


def _host_of(url: str) -> str | None:
    """Whose address it is, whatever the scheme and port; None for one that cannot be read."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
