"""Links: made absolute for people, made canonical for identity. Pure and total."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from bot.sources.plain_text import clean

MAX_LINK = 4_000
"""Longer links are dropped: browsers and Telegram refuse them anyway."""

# Query parameters that say where a reader came from and never what is shown. "ref" is not among
# them: code hosts and some ministries use it for the document itself.
_TRACKING = {
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid",
    "ttclid", "igshid", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "xtor",
    "ns_mchannel", "ns_source", "ns_campaign", "cmpid", "icid", "ito", "ncid", "smid", "sref",
    "spm", "guccounter", "_ga", "_gl", "oly_anon_id", "oly_enc_id", "vero_id", "wickedid", "s_cid",
    "at_medium", "at_campaign", "at_custom1", "at_custom2", "at_custom3", "at_custom4", "at_format",
    "at_ptr_name", "at_link_id", "at_link_type", "at_link_origin", "at_bbc_team",
}  # fmt: skip
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "matomo_", "hsa_")

_SPACE_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_HOST = re.compile(r"[^\s/@\\<>\"'`{}|^%]+")
# A link as most are, which urllib would take apart and put together again as it was: host, path,
# query, fragment.
_ORDINARY = re.compile(
    r"https?://([a-z0-9.-]+)(/[\w!$&'()*+,=:@%~./-]*)(?:\?([\w!$&'()*+,=:@%~./-]+))?"
    r"(?:#[\w!$&'()*+,=:@%~./-]+)?",
    re.ASCII,
)


def absolute_link(link: str | None, base: str) -> str:
    """The http(s) address that a link leads to from `base`, or "".

    javascript:, data:, file: and links without a host give "". Userinfo is dropped, for
    "https://ministry.example@elsewhere.example/" is made to mislead.
    """
    if not link or len(link) > MAX_LINK:
        return ""
    if _ORDINARY.fullmatch(link):
        return link
    text = clean(link).replace("\n", "").strip()
    try:
        parts = urlsplit(urljoin(base, text))
    except ValueError:  # urllib's word for brackets that hold no address
        return ""
    host = _host_of(parts)
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    path = parts.path.replace(" ", "%20")
    return urlunsplit((parts.scheme, host, path, parts.query.replace(" ", "%20"), parts.fragment))


def canonical_url(url: str) -> str | None:
    """The key under which two links to one document meet; None where a link tells nothing.

    Lower-case host, no port of http or https, no fragment, no tracking parameters, no "/./", no
    slash at the end; http and https are one. The order of the query is kept, "www." too. The root
    of a site is no document. Canonical URLs are for comparing, not for following.
    """
    ordinary = _ORDINARY.fullmatch(url)
    if ordinary:
        return _canonical(ordinary[1], ordinary[2], ordinary[3] or "")
    try:
        parts = urlsplit(_SPACE_OR_CONTROL.sub("", url))
    except ValueError:
        return None
    host = _host_of(parts)
    if parts.scheme not in {"http", "https"} or not host:
        return None
    return _canonical(host, parts.path, parts.query)


def _canonical(host: str, path: str, query: str) -> str | None:
    """`path` begins with a slash or is empty."""
    host = host.lower().removesuffix(":80").removesuffix(":443").rstrip(".")
    path = _without_dots(path).rstrip("/")
    query = _without_tracking(query)
    if not host or (not path and not query):
        return None
    return f"https://{host}{path or '/'}{'?' if query else ''}{query}"


def _host_of(parts: SplitResult) -> str:
    """Host and port without userinfo; "" for what cannot be one."""
    host = parts.netloc.rpartition("@")[2]
    try:
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname or not _HOST.fullmatch(host):
        return ""
    return host if port is not None else host.removesuffix(":")


def _without_dots(path: str) -> str:
    """Remove "." and ".." segments (RFC 3986, 5.2.4); EUR-Lex writes /./ into its links."""
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/".join(kept)


def _without_tracking(query: str) -> str:
    if not query:
        return ""
    return "&".join(part for part in query.split("&") if part and not _is_tracking(part))


def _is_tracking(part: str) -> bool:
    name = part.partition("=")[0].lower().removeprefix("amp;")
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
