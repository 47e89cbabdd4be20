"""What is said of addresses and redirects that are not followed. Pure."""

from __future__ import annotations

from bot.domain.fetch import FetchFailed
from bot.sources.answer import shown_host


def refused(first_url: str, url: str, reason: str) -> FetchFailed:
    """The guard refuses an address: the source's own, or one to which it redirected."""
    host, first = shown_host(url), shown_host(first_url)
    via = "" if url == first_url else f" (to which {first} redirected)"
    return FetchFailed(
        kind="address",
        detail=f"{host}{via} was not asked: {reason}. Correct the source's url, or exempt the host "
        "or its network in TIDEWAITER_ALLOW_HOSTS.",
    )


def circle(first_url: str, url: str) -> FetchFailed:
    """The redirects lead back to where they were."""
    return FetchFailed(
        kind="redirect",
        detail=f"{shown_host(first_url)} redirects in a circle (back to "
        f"{url.partition('?')[0]}); try the address with or without a final slash, or with https.",
    )


def too_many(first_url: str, most: int) -> FetchFailed:
    """The redirects go on and on."""
    return FetchFailed(
        kind="redirect",
        detail=f"{shown_host(first_url)} redirected more than {most} times; look for the source's "
        "new address.",
    )


def form_sent_on(first_url: str, url: str) -> FetchFailed:
    """A question is to be put to another host."""
    return FetchFailed(
        kind="redirect",
        detail=f"{shown_host(first_url)} sends the question on to {shown_host(url)}, and a form "
        "goes to no other host. If that is the source's new address, correct its url.",
    )
