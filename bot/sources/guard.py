"""Which addresses may be asked at all. Pure: it resolves nothing.

    URL  -> vet_url     -> Vetted (normalised, host as it will be asked for) | Refused (in words)
    name -> (resolver)  -> each address -> vet_address -> None | Refused

Publishers are data that people type, and they redirect where they like: nothing of this machine's
own network, and nothing that reads an address otherwise than we do, may be reached through them.
`ipaddress.is_private` and `is_global` have holes (100.64/10, NAT64, 6to4, mapped), so the table is
our own: the IANA IPv4 and IPv6 Special-Purpose Address Registries, and multicast.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import unquote, urlsplit, urlunsplit

import idna

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

USUAL_PORTS = frozenset({80, 443, 8080, 8443})
"""Other ports belong to services that are not publications (mail, databases, control planes)."""

_DENIED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this host"),
    ("10.0.0.0/8", "a private network"),
    ("100.64.0.0/10", "a carrier's shared network"),
    ("127.0.0.0/8", "this machine itself"),
    ("168.63.129.16/32", "a cloud's control address"),
    ("169.254.0.0/16", "a link-local address, where clouds keep their secrets"),
    ("172.16.0.0/12", "a private network"),
    ("192.0.0.0/24", "a protocol assignment"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "a special-purpose network"),
    ("192.52.193.0/24", "a special-purpose network"),
    ("192.88.99.0/24", "a relay that is no longer used"),
    ("192.168.0.0/16", "a private network"),
    ("192.175.48.0/24", "a special-purpose network"),
    ("198.18.0.0/15", "benchmark tests"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "a reserved network"),
    ("255.255.255.255/32", "broadcast"),
    ("::1/128", "this machine itself"),
    ("::/96", "this host or an obsolete IPv4 form"),
    ("::ffff:0:0:0/96", "a translated IPv4 address"),
    ("64:ff9b:1::/48", "a local translation network"),
    ("100::/64", "a sink"),
    ("100:0:0:1::/64", "a special-purpose network"),
    ("2001::/23", "a protocol assignment or tunnel"),
    ("2001:db8::/32", "documentation"),
    ("2620:4f:8000::/48", "a special-purpose network"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "a private network"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a private network"),
    ("ff00::/8", "multicast"),
)
_DENY_TABLE: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(network), why) for network, why in _DENIED
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_ISATAP = {0x00005EFE, 0x02005EFE}  # upper half of the interface identifier (RFC 5214)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\<>^`{|}\"]")
_LOCAL_SUFFIXES = (
    ".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home", ".corp",
    ".home.arpa", ".onion",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """Not to be asked; `reason` is a clause without a full stop."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetted:
    """May be asked. `url` has the host in the one spelling in which it was vetted.

    `address` is set for literal addresses. Those of a name are vetted as it is resolved.
    """

    url: str
    scheme: str
    host: str
    port: int
    address: Address | None


@dataclass(frozen=True, slots=True)
class AllowList:
    """Hosts, addresses and networks that the operator exempts, on any port."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> AllowList:
        """Read "127.0.0.1, intranet.example, 10.1.0.0/16"; empty text allows nothing more.

        Raises ValueError, whose text names the part that is neither.
        """
        hosts: set[str] = set()
        networks: list[Network] = []
        for part in (each.strip() for each in text.split(",")):
            if not part:
                continue
            try:
                networks.append(ipaddress.ip_network(part.strip("[]")))
                continue
            except ValueError as error:
                if "/" in part:
                    raise ValueError(
                        f"{part!r} is no network ({error}); write for instance 10.1.0.0/16"
                    ) from None
            name, _, port = part.partition(":")
            if name and port.isdecimal() and part.count(":") == 1:
                raise ValueError(
                    f"{part!r} names a port; write {name!r}: all ports of an exempt host are open"
                )
            host = _host(part)
            if isinstance(host, Refused):
                raise ValueError(  # noqa: TRY004 - the text has a wrong value, not a wrong type
                    f"{part!r} is neither a host name nor an address ({host.reason}); "
                    "write for instance 127.0.0.1, intranet.example, 10.1.0.0/16"
                )
            if isinstance(host, str):
                hosts.add(host)
            else:
                networks.append(ipaddress.ip_network(host))
        return cls(frozenset(hosts), tuple(networks))

    def has_host(self, host: str) -> bool:
        """Whether this very name is exempt; subdomains are not."""
        return host in self.hosts

    def has_address(self, address: Address) -> bool:
        """Whether the address, or the IPv4 one mapped into it, is exempt."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any(
            each in network
            for each in (address, mapped)
            if each is not None
            for network in self.networks
            if each.version == network.version
        )


def vet_url(url: str, allow: AllowList, *, is_resolved_here: bool = True) -> Vetted | Refused:
    """Whether a URL may be asked, as far as it shows. Total: any text gets an answer.

    With a proxy, names are resolved beyond our sight (`is_resolved_here` false): then names of
    local networks and unusual ports are refused by their looks.
    """
    if _FORBIDDEN.search(url):
        return Refused("it holds a space or another character that no address may hold")
    try:
        parts = urlsplit(url)
        port = parts.port
        written = parts.hostname or ""
    except ValueError:
        return Refused("its host or port cannot be read")
    if parts.scheme not in {"http", "https"}:
        return Refused(
            f"its scheme is {parts.scheme[:20] or 'missing'!r}; only http and https are read"
        )
    if "@" in parts.netloc:
        return Refused("it carries a user name; credentials do not belong in an address")
    host = _host(f"[{written}]" if parts.netloc.startswith("[") else written)
    if isinstance(host, Refused):
        return host
    port = (443 if parts.scheme == "https" else 80) if port is None else port
    if isinstance(host, str):
        refused = _vet_name(host, port, allow, is_resolved_here=is_resolved_here)
    else:
        refused = vet_address(host, port, allow)
    if refused:
        return refused
    shown = f"[{host}]" if isinstance(host, IPv6Address) else str(host)
    is_default = port == (443 if parts.scheme == "https" else 80)
    netloc = shown if is_default else f"{shown}:{port}"
    return Vetted(
        url=urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")),
        scheme=parts.scheme,
        host=str(host),
        port=port,
        address=None if isinstance(host, str) else host,
    )


def vet_address(address: Address, port: int, allow: AllowList) -> Refused | None:
    """Why an address must not be connected to, or None. Embedded IPv4 addresses are vetted too."""
    if allow.has_address(address):
        return None
    why = _denial(address)
    if why:
        return Refused(f"{address} is {why}")
    return vet_port(port)


def vet_port(port: int) -> Refused | None:
    """Why a port must not be connected to on a host that is not exempt, or None."""
    if port in USUAL_PORTS:
        return None
    return Refused(f"port {port} is none of {', '.join(map(str, sorted(USUAL_PORTS)))}")


def read_address(text: str) -> Address | None:
    """A resolver's answer as an address, without its interface ("%eth0"); None if it is none."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _vet_name(host: str, port: int, allow: AllowList, *, is_resolved_here: bool) -> Refused | None:
    if allow.has_host(host):
        return None
    if not is_resolved_here:
        if "." not in host or f".{host}".endswith(_LOCAL_SUFFIXES):
            return Refused(f"{host} is a name of a local network")
        return vet_port(port)
    # An exempt network may lie behind the name: then the resolver decides, port and all.
    return None if allow.networks else vet_port(port)


def _denial(address: Address) -> str | None:
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            why = _denial(inner)
            if why:
                return f"a spelling of {inner}, {why}"
            if address.ipv4_mapped or address in _NAT64:
                return None
    for network, why in _DENY_TABLE:
        if address.version == network.version and address in network:
            return why
    if (
        isinstance(address, IPv6Address)
        and address not in _GLOBAL_UNICAST
        and address not in _NAT64
    ):
        return "outside the public address space"
    return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one would reach through a translator or tunnel."""
    number = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(number & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((number >> 80) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return None


def _host(written: str) -> str | Address | Refused:
    """A host in its one spelling: an address, or a lower-case ASCII name without a final dot."""
    if written.startswith("[") or ":" in written:
        if "%" in written:
            return Refused("it names a network interface")
        try:
            return IPv6Address(written.strip("[]"))
        except ValueError:
            return Refused("its IPv6 address cannot be read")
    # Browsers and resolvers fold full-width digits and dots (UTS #46), and decode percent signs.
    text = unicodedata.normalize("NFKC", unquote(written)).replace("。", ".").lower()
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return Refused("its host name holds characters that no domain may hold")
    text = text.removesuffix(".")
    if not text:
        return Refused("it has no host")
    labels = text.split(".")
    # Only now: UTS #46 drops invisible characters, so that "127.0.0.1<soft hyphen>" is an address.
    if _NUMERIC_LABEL.match(labels[-1]):
        address = _loose_ipv4(labels)
        return (
            address
            if address is not None
            else Refused("its host looks like an address and is none")
        )
    if len(text) > 253 or not all(map(_LABEL.match, labels)):
        return Refused("its host is no domain name")
    return text


def _loose_ipv4(labels: list[str]) -> IPv4Address | None:
    """What inet_aton makes of it: one to four parts, each decimal, octal (0…) or hex (0x…)."""
    if len(labels) > 4:
        return None
    numbers: list[int] = []
    for label in labels:
        if not _NUMERIC_LABEL.match(label) or len(label) > 20:
            return None
        try:
            if label.startswith("0x"):
                numbers.append(int(label[2:] or "0", 16))
            elif label.startswith("0") and len(label) > 1:
                numbers.append(int(label, 8))
            else:
                numbers.append(int(label))
        except ValueError:
            return None
    *leading, last = numbers
    if any(number > 255 for number in leading) or last >= 256 ** (5 - len(numbers)):
        return None
    value = last
    for index, number in enumerate(leading):
        value += number << (8 * (3 - index))
    return IPv4Address(value)
