"""What an answer's status and headers mean, in words that help. Pure."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bot.domain.fetch import Blocked, FetchFailed, Unchanged
from bot.sources.freshness import header_freshness

MAX_RETRY_AFTER = timedelta(days=1)
"""Publishers that ask for more are asked again after a day."""

MAX_MARKER_BYTES = 32_768
"""Of an error page, the part that is searched for the marks of a wall against bots."""

_VALIDATOR = re.compile(r"[\x20-\x7e]{1,1000}")
_CHALLENGE_MARKS = (
    b"challenge-platform",
    b"cf-chl",
    b"_cf_chl",
    b"Just a moment",
    b"Attention Required",
    b"captcha",
    b"awswaf",
    b"Incapsula",
    b"_Incapsula_Resource",
    b"DDoS protection",
    b"Pardon Our Interruption",
)

_WHAT_TO_DO = {
    401: "it wants credentials; use an address that is public",
    402: "it wants to be paid; use an address that is public",
    403: "it refuses plain clients; look for its official feed or API, or set a user agent that "
    "names your desk",
    407: "the proxy wants credentials",
    429: "it is being asked too often; raise the source's 'every'",
    451: "it may not answer for legal reasons where this machine stands",
}


def judge_status(
    status: int,
    headers: Mapping[str, str],
    *,
    host: str,
    is_conditional: bool,
    is_challenged: bool,
) -> Unchanged | Blocked | FetchFailed | None:
    """The outcome of an answer that brings no page; None where the body is to be read."""
    retry_after = read_retry_after(headers.get("retry-after"), headers.get("date"))
    if is_challenged:
        return Blocked(
            detail=f"{host} answered {status} with a challenge for browsers; no plain client gets "
            "past it. Look for an official API, or mark the source needs-browser.",
            retry_after=retry_after,
            status=status,
        )
    match status:
        case 200 | 203:
            return None
        case 304:
            if is_conditional:
                return Unchanged(fresh_for=header_freshness(headers))
            return FetchFailed(
                kind="status",
                detail=f"{host} answered 304, though nothing was said to be known.",
                status=status,
            )
        case 202:
            # From walls of the AWS kind: an empty 202 in place of the page (European Parliament).
            return Blocked(
                detail=f"{host} answered 202, which is no page but a wall's way to put off plain "
                "clients. Poll less often, or look for an official API.",
                retry_after=retry_after,
                status=status,
            )
        case 204 | 205:
            return FetchFailed(
                kind="status", detail=f"{host} answered {status}: nothing at all.", status=status
            )
        case 401 | 402 | 403 | 407 | 429 | 451:
            return Blocked(
                detail=f"{host} answered {status}: {_WHAT_TO_DO[status]}.",
                retry_after=retry_after,
                status=status,
            )
        case 404 | 410:
            return FetchFailed(
                kind="status",
                detail=f"{host} answered {status}: there is nothing at this address any more. Look "
                "for the source's new one.",
                retry_after=retry_after,
                status=status,
            )
        case _ if status >= 500:
            words = f"{host} answered {status}: it is in trouble itself, and will be asked again."
        case _:
            words = f"{host} answered {status}, which is no page. Check the source's url."
    return FetchFailed(kind="status", detail=words, retry_after=retry_after, status=status)


def is_challenge(headers: Mapping[str, str], body_start: bytes = b"") -> bool:
    """Whether a wall wants to see a browser at work, by its headers or its error page."""
    if headers.get("x-amzn-waf-action", "").lower() in {"challenge", "captcha"}:
        return True
    if headers.get("cf-mitigated", ""):
        return True
    lowered = body_start.lower()
    return any(mark.lower() in lowered for mark in _CHALLENGE_MARKS)


def read_retry_after(value: str | None, date: str | None) -> timedelta | None:
    """Retry-After as a duration of at most a day: seconds, or an HTTP date relative to the answer's
    own Date (RFC 9110, 10.2.3); None where it says nothing usable."""
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal():
        return min(timedelta(seconds=min(int(text[:9]), 10**8)), MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime((date or "").strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    if until <= sent:
        return None
    return min(until - sent, MAX_RETRY_AFTER)


def header_validator(value: str | None) -> str | None:
    """An ETag or Last-Modified that can be sent back as it is; None for anything odd."""
    text = (value or "").strip()
    return text if _VALIDATOR.fullmatch(text) else None


def shown_host(url: str) -> str:
    """Host and port of a URL, fit for a message: no userinfo, no path, no query."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "The source"
    return re.sub(r"[^\w.:\[\]-]", "?", host)[:100] or "The source"


def network_words(error: BaseException, *, uses_proxy: bool) -> tuple[str, str]:
    """(kind, predicate) for a connection that failed: "could not be reached: …".

    The texts of third parties are not shown: they hold URLs, and so query strings with keys.
    """
    chain = list(_causes(error))
    names = {type(each).__name__ for each in chain}
    via = " through the proxy" if uses_proxy else ""
    if "location header" in str(error):  # httpx reads it although we follow for ourselves
        return "redirect", "redirects to an address that cannot be read"
    if any(isinstance(each, ssl.CertificateError) for each in chain):
        return "network", "has no valid certificate; check the address, or the machine's clock"
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return "network", "does not speak TLS properly; check the address: http or https, and port"
    if "ProxyError" in names or "ClientProxyConnectionError" in names:
        return "network", "could not be reached: the proxy refused; check the proxy's address"
    if "ClientConnectorDNSError" in names or "gaierror" in names:
        return "network", "was not found by name; check the source's url and this machine's DNS"
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return "network", f"refused the connection{via}; check the port, or wait until it is back"
    if names & {"ConnectTimeout", "ReadTimeout", "PoolTimeout", "WriteTimeout", "TimeoutException"}:
        if "ReadTimeout" in names:
            return "timeout", "fell silent in the middle of its answer; it will be asked again"
        if names & {"TimeoutError", "ConnectionTimeoutError", "ServerTimeoutError"}:
            return "timeout", f"did not take the connection in time{via}; it will be asked again"
    if names & {"ReadError", "ClientPayloadError", "RemoteProtocolError", "IncompleteRead"}:
        return "network", "broke its answer off; it will be asked again"
    if names & {"ClientResponseError", "LineTooLong", "BadHttpMessage"}:
        return "network", "did not answer in proper HTTP (or with headers beyond all measure)"
    if "ServerDisconnectedError" in names:
        return "network", "closed the connection without an answer; it will be asked again"
    return "network", f"could not be reached{via} ({type(error).__name__}); it will be asked again"


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or getattr(cause, "os_error", None) or cause.__context__
    return found
