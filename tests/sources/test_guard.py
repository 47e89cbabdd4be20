"""Which addresses may be asked: every spelling of one is read as what it is."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bot.sources.guard import (
    USUAL_PORTS,
    AllowList,
    Refused,
    Vetted,
    read_address,
    vet_address,
    vet_url,
)

NOTHING = AllowList()

LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0X7F.1",
    "0x7f.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "127。0。0。1",
    "127｡0｡0｡1",
    "１２７．０．０．１",
    "①②⑦.0.0.1",
    "127.0.0.1%2e",
    "%31%32%37.0.0.1",
    "127.0.0.\u00ad1",
    "127.0.0.1\u200b",
    "127.0.0.\u20601",
    "2130706433\u00ad",
    "0x7f.1\ufe0f",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[2001:db8::5efe:7f00:1]",
    "[fe80::5efe:127.0.0.1]",
    "[2001:0:0:0:0:0:80ff:fffe]",
]

THIS_HOST = ["0", "0.0.0.0", "0x0", "00", "[::]", "0.0.0.1"]

DENIED = {
    "0.1.2.3": "this host",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.1": "carrier",
    "100.100.100.200": "carrier",
    "100.127.255.255": "carrier",
    "168.63.129.16": "cloud",
    "169.254.169.254": "clouds keep their secrets",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.192": "protocol",
    "192.0.2.1": "documentation",
    "192.88.99.1": "relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmark",
    "198.19.255.255": "benchmark",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "this host",
    "::2": "obsolete",
    "::ffff:0:7f00:1": "translated",
    "::ffff:10.0.0.1": "private",
    "64:ff9b::a00:1": "private",
    "64:ff9b:1::1": "translation",
    "100::1": "sink",
    "2001::f7f7:f7f7": "tunnel",
    "2001:10::1": "tunnel",
    "2001:db8::1": "documentation",
    "2002:a00:1::1": "private",
    "3fff::1": "documentation",
    "4000::1": "outside",
    "5f00::1": "segment",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fe80::1": "link-local",
    "fec0::1": "private",
    "ff02::1": "multicast",
}

PUBLIC = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::101:101",
    "::ffff:1.1.1.1",
    "2002:101:101::1",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_spelling_of_loopback_is_refused(host: str) -> None:
    assert isinstance(vet_url(f"http://{host}/feed.xml", NOTHING), Refused)
    assert isinstance(vet_url(f"https://{host}:8080/", NOTHING, is_resolved_here=False), Refused)


@pytest.mark.parametrize("host", THIS_HOST)
def test_every_spelling_of_this_host_is_refused(host: str) -> None:
    assert isinstance(vet_url(f"http://{host}/", NOTHING), Refused)


@pytest.mark.parametrize(("address", "why"), DENIED.items())
def test_every_special_network_is_refused_and_named(address: str, why: str) -> None:
    parsed = ipaddress.ip_address(address)
    refused = vet_address(parsed, 443, NOTHING)
    assert refused is not None
    assert why in refused.reason
    host = f"[{address}]" if parsed.version == 6 else address
    assert isinstance(vet_url(f"https://{host}/", NOTHING), Refused)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address: str) -> None:
    assert vet_address(ipaddress.ip_address(address), 443, NOTHING) is None


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_that_the_standard_library_knows_to_be_special(
    address: ipaddress.IPv4Address,
) -> None:
    passes = vet_address(address, 443, NOTHING) is None
    if not address.is_global or address.is_multicast:
        assert not passes
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))
    six_to_four = ipaddress.IPv6Address((0x2002 << 112) + (int(address) << 80))
    for spelling in (mapped, nat64, six_to_four):
        assert (vet_address(spelling, 443, NOTHING) is None) is passes


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_passes_that_the_standard_library_knows_to_be_special(
    address: ipaddress.IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast:
        assert vet_address(address, 443, NOTHING) is not None


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_read_as_the_c_library_reads_it(number: int) -> None:
    dotted = str(ipaddress.IPv4Address(number))
    first, second, third, fourth = dotted.split(".")
    for spelling in (
        str(number),
        hex(number),
        f"0{number:o}",
        f"{first}.{number & 0xFFFFFF}",
        f"{first}.{second}.{number & 0xFFFF}",
        f"0{int(first):o}.0x{int(second):x}.{third}.{fourth}",
    ):
        assert socket.inet_aton(spelling) == socket.inet_aton(dotted)
        vetted = vet_url(f"http://{spelling}/", NOTHING)
        if isinstance(vetted, Vetted):
            assert vetted.address == ipaddress.IPv4Address(dotted)
            assert vetted.url == f"http://{dotted}/"
        else:
            assert vet_address(ipaddress.IPv4Address(dotted), 80, NOTHING) is not None


URL_TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="htps:/@[]0123456789abcxf.%-_#?\\ \t。．①\u00ad\u200bñ", max_size=40),
    st.text(alphabet="0123456789xa-f.%。．\u00ad\u200b\ufe0f[]:", max_size=25).map(
        lambda host: f"http://{host}/"
    ),
    st.sampled_from(LOOPBACK + THIS_HOST).flatmap(
        lambda host: st.tuples(
            st.just(host), st.integers(0, len(host)), st.sampled_from("\u00ad\u200b\u2060\ufe0f.")
        ).map(lambda t: f"http://{t[0][: t[1]]}{t[2]}{t[0][t[1] :]}/")
    ),
)


@given(URL_TEXTS)
@example("http://127.0.0.1\u00ad/")
def test_no_text_gets_past_the_guard(text: str) -> None:
    """Whatever passes is either a public address or a name that no resolver takes for one, and the
    HTTP client will read the vetted URL just as we do."""
    vetted = vet_url(text, NOTHING)
    if isinstance(vetted, Refused):
        assert vetted.reason
        return
    assert vetted.url.isprintable()
    assert vetted.scheme in {"http", "https"}
    assert vetted.port in USUAL_PORTS
    theirs = URL(vetted.url, encoded=True)
    assert theirs.raw_host == vetted.host
    assert theirs.port == vetted.port
    assert theirs.user is None
    if vetted.address is not None:
        assert vet_address(vetted.address, vetted.port, NOTHING) is None
        return
    assert vetted.host.isascii()
    assert read_address(vetted.host) is None
    with contextlib.suppress(OSError):
        socket.inet_aton(vetted.host)
        pytest.fail(f"{vetted.host} is an address to the C library")
    # Vetting what was vetted changes nothing.
    assert vet_url(vetted.url, NOTHING) == vetted


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "'file'"),
        ("ftp://a.example/", "'ftp'"),
        ("gopher://a.example/", "'gopher'"),
        ("javascript:alert(1)", "'javascript'"),
        ("//a.example/x", "'missing'"),
        ("feed.xml", "'missing'"),
        ("", "'missing'"),
        ("http://", "no host"),
        ("http:///x", "no host"),
        ("http://ada:secret@a.example/", "user name"),
        ("http://a.example@b.example/", "user name"),
        ("http://a.example\\@b.example/", "character that no address may hold"),
        ("http://a.example/a b", "character that no address may hold"),
        ("http://a.example/\r\nHost: b", "character that no address may hold"),
        ("http://a.example:99999/", "cannot be read"),
        ("http://a.example:x/", "cannot be read"),
        ("http://[::1/", "cannot be read"),
        ("http://[fe80::1%25eth0]/", "network interface"),
        ("http://1.2.3.4.5/", "looks like an address and is none"),
        ("http://256.1.1.1/", "looks like an address and is none"),
        ("http://a..example/", "no domain name"),
        ("http://-a.example/", "no domain name"),
        (f"http://{'a' * 64}.example/", "no domain name"),
        ("http://a.example:22/", "port 22"),
        ("http://a.example:6379/", "port 6379"),
        ("http://1.1.1.1:0/", "port 0"),
    ],
)
def test_what_is_no_proper_address_is_refused_in_words(url: str, said: str) -> None:
    vetted = vet_url(url, NOTHING)
    assert isinstance(vetted, Refused)
    assert said in vetted.reason


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTPS://Www.WTO.org/a?b=c#d", "https://www.wto.org/a?b=c"),
        ("http://a.example", "http://a.example/"),
        ("http://a.example.:80/x", "http://a.example/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://a.example:8443/x", "https://a.example:8443/x"),
        ("https://[2606:4700:0:0:0:0:0:1111]/", "https://[2606:4700::1111]/"),
        ("https://商务部.中国/", "https://xn--zfr74dt79f.xn--fiqs8s/"),
        ("https://a.example/x?q[]=1", "https://a.example/x?q[]=1"),
    ],
)
def test_a_vetted_url_has_one_spelling(url: str, normal: str) -> None:
    vetted = vet_url(url, NOTHING)
    assert isinstance(vetted, Vetted)
    assert vetted.url == normal


def test_behind_a_proxy_names_of_local_networks_are_refused_by_their_looks() -> None:
    for host in ("localhost", "printer", "nas.local", "db.internal", "x.home.arpa", "a.onion"):
        assert isinstance(vet_url(f"http://{host}/", NOTHING, is_resolved_here=False), Refused)
        assert isinstance(vet_url(f"http://{host}/", NOTHING), Vetted)  # the resolver decides
    open_name = vet_url("http://www.wto.org/", NOTHING, is_resolved_here=False)
    assert isinstance(open_name, Vetted)


def test_exempt_hosts_addresses_and_networks_are_let_through_on_any_port() -> None:
    allow = AllowList.parse(" 127.0.0.1, intranet.example ,10.1.0.0/16, [fd00::1], Büro.example")
    for url in (
        "http://127.0.0.1:8097/",
        "http://2130706433:9/",
        "http://[::ffff:127.0.0.1]:8097/",
        "http://intranet.example:81/",
        "http://INTRANET.example./",
        "http://10.1.255.255:1234/",
        "http://[fd00::1]:81/",
        "http://büro.example:81/",
    ):
        assert isinstance(vet_url(url, allow), Vetted), url
    for url in (
        "http://127.0.0.2/",
        "http://10.2.0.1/",
        "http://[fd00::2]/",
        "http://8.8.8.8:81/",
    ):
        assert isinstance(vet_url(url, allow), Refused), url
    assert not allow.has_host("sub.intranet.example")


def test_an_empty_allow_list_exempts_nothing() -> None:
    assert AllowList.parse("") == AllowList.parse(" , ") == NOTHING


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("127.0.0.1/8", "10.1.0.0/16"),
        ("10.0.0.0/33", "10.1.0.0/16"),
        ("no host", "neither a host name nor an address"),
        ("a.example, http://b.example", "'http://b.example'"),
        ("intranet.example:8080", "write 'intranet.example'"),
        ("127.0.0.1:8097", "write '127.0.0.1'"),
        ("300.1.1.1", "looks like an address"),
    ],
)
def test_a_wrong_allow_list_names_the_part_and_the_mend(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="write") as caught:
        AllowList.parse(text)
    assert said in str(caught.value)


def test_a_path_that_looks_like_a_host_stays_a_path() -> None:
    vetted = vet_url("http://a.example//b.example/x", NOTHING)
    assert isinstance(vetted, Vetted)
    assert urlsplit(vetted.url).hostname == "a.example"
