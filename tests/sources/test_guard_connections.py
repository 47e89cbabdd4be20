"""Not one connection: every spelling of a forbidden address, at the door and behind a redirect.

Names go to a fake resolver; connections and lookups are counted by the interpreter itself.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.fetch import Fetched, FetchFailed, FetchOutcome
from bot.sources.guard import USUAL_PORTS, AllowList
from tests.fakes.connections import Connections
from tests.fakes.feed_server import FeedServer
from tests.fakes.names import Names
from tests.sources.asking import fetch, fetcher, request, run

OF_FACTS = [
    "2130706433", "0x7f000001", "127.1", "127。0。0。1", "0",
    "100.64.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]",
    "192.0.0.192", "224.0.0.1",
]  # fmt: skip
"""What is_private, is_global or a library lets through, or reads as loopback."""

OTHERS = {
    "octal": ["0177.0.0.1", "0177.0000.0000.0001", "017700000001", "0000177.0.0.01"],
    "hexadecimal": ["0x7f.0x0.0x0.0x1", "0X7F.0.0.1", "0x7f.1", "0xA9FEA9FE"],
    "dword": ["2852039166", "3232235521", "167772161", "3232235777"],
    "shortened": ["10.1", "192.168.257", "172.1048577", "169.254.43518", "127.0.1"],
    "mixed": ["0251.0xfe.43518", "192.0xa8.0.01"],
    "mapped": ["[::ffff:a9fe:a9fe]", "[::FFFF:10.0.0.1]", "[0:0:0:0:0:ffff:c0a8:1]"],
    "translated": ["[::ffff:0:10.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]"],
    "6to4, Teredo, ISATAP": [
        "[2002:a9fe:a9fe::1]", "[2002:c0a8:1::]", "[2001:0:808:808::80ff:fffe]",
        "[2001:0000:4136:e378:8000:63bf:3f57:fefd]", "[2606:4700::5efe:a00:1]",
    ],
    "with a zone": ["[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%251]", "[fe80::1%25lo]"],
    "percent-encoded": ["%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%30", "%30x7f.1"],
    "full-width and circled": [
        "１２７.0.0.1", "①②⑦．⓪.⓪.①", "１６９．２５４．１６９．２５４", "0ｘ7f.1",
    ],
    "invisible letters": ["127.0.0.\u200b1", "127.0.\u00ad0.1", "2130706433\ufe0f", "\u2060127.1"],
    "trailing dots": ["127.0.0.1.", "2130706433.", "0x7f.1.", "10.0.0.1."],
    "user information": [
        "www.wto.org@127.0.0.1", "user:pass@127.0.0.1", "127.0.0.1%40www.wto.org",
        "www.wto.org:80@[::1]", "www.wto.org%00@127.0.0.1",
    ],
    "backslashes and friends": [
        "127.0.0.1\\@www.wto.org", "www.wto.org\\@127.0.0.1", "127.0.0.1\t", "127.0.0.1 ",
        "127.0.0.1\r\nx:", "[::1", "::1]", "127.0.0.1^", "127.0.0.1|www.wto.org",
    ],
    "this host": ["0.0.0.0", "0x0", "00000", "[::]", "[0::0]", "0.1.2.3", "[::2]"],
    "link-local and metadata": [
        "169.254.169.254", "169.254.170.2", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200",
        "168.63.129.16", "192.0.0.192",
    ],
    "shared, private, reserved": [
        "100.127.255.255", "10.0.0.1", "172.31.255.255", "192.168.0.1", "198.18.0.1", "240.0.0.1",
        "192.0.2.1", "203.0.113.1", "[fc00::1]", "[fec0::1]", "[100::1]", "[2001:db8::1]",
        "[3fff::1]", "[5f00::1]", "[4000::1]",
    ],
    "multicast and broadcast": ["239.1.1.1", "[ff02::1]", "[ff0e::1]", "255.255.255.255"],
    "ports": [
        "1.1.1.1:22", "1.1.1.1:0", "1.1.1.1:6379", "[2606:4700::1111]:25", "1.1.1.1:65536",
        "1.1.1.1:-80", "1.1.1.1:８０x", "1.1.1.1:4433", "1.1.1.1:80:22", "www.wto.org:9200",
    ],
    "no address at all": ["", "256.1.1.1", "1.2.3.4.5", "0x", "127.0.0.1.1", "..", "-a.example"],
}  # fmt: skip

SPELLINGS = [*OF_FACTS, *(each for group in OTHERS.values() for each in group)]

LOOK_ALIKES = [
    "localhost", "LOCALHOST", "localhost.", "lоcalhost.example", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌocalhost",
    "127.0.0.1.nip.example", "localhost.localdomain", "metadata.google.internal", "ip6-loopback",
    "xn--lcalhost-60h.example", "①②⑦-0-0-1.example",
]  # fmt: skip
"""Names: whatever they look like, only where they lead counts, and that is vetted."""

INNER = [
    "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1", "fd00::1", "100.64.0.1",
    "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "0.0.0.0", "224.0.0.1",
]  # fmt: skip


def test_there_are_forty_spellings_more_than_those_of_the_facts() -> None:
    assert len(set(SPELLINGS) - set(OF_FACTS)) >= 40
    assert len(SPELLINGS) == len(set(SPELLINGS)) + 1, "192.0.0.192 is in both lists"


def test_no_spelling_of_a_forbidden_address_is_connected_to_or_looked_up() -> None:
    names = Names()

    async def all_of_them() -> dict[str, FetchOutcome]:
        door = fetcher(allow=AllowList(), resolver=names)
        found = {
            f"{scheme}://{host}/feed.xml": await door.fetch(request(f"{scheme}://{host}/feed.xml"))
            for host in SPELLINGS
            for scheme in ("http", "https")
        }
        await door.aclose()
        return found

    with Connections() as tried:
        found = run(all_of_them())
    assert {url for url, outcome in found.items() if not is_refused(outcome)} == set()
    assert (tried.addresses, tried.names, names.asked) == ([], [], [])


def is_refused(outcome: FetchOutcome) -> bool:
    return isinstance(outcome, FetchFailed) and outcome.kind in {"address", "redirect"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_spelling_is_connected_to_behind_a_redirect(status: int) -> None:
    """The publisher is let through by its name, so that its address is as forbidden as any."""
    allow = AllowList.parse("gazette.example")

    async def all_of_them(url: str) -> list[FetchOutcome]:
        door = fetcher(allow=allow, resolver=names)
        found = [await door.fetch(request(f"{url}/{number}")) for number in range(len(locations))]
        await door.aclose()
        return found

    # a header holds neither line breaks nor letters beyond Latin-1: those come percent-encoded
    locations = [
        f"http://{host}/feed.xml".encode().decode("latin-1")
        for host in SPELLINGS
        if host and "\n" not in host
    ]
    names = Names({"gazette.example": [["127.0.0.1"]]})
    with FeedServer() as feeds:
        for number, location in enumerate(locations):
            feeds.redirect(f"/{number}", location, status=status)
        with Connections() as tried:
            found = run(all_of_them(f"http://gazette.example:{feeds.port}"))
        strays = [loc for loc, out in zip(locations, found, strict=True) if not is_refused(out)]
        assert strays == []
        assert set(tried.addresses) == {("127.0.0.1", feeds.port)}
        assert len(feeds.requests) == len(locations)
    assert tried.names == []
    assert set(names.asked) == {"gazette.example"}


@pytest.mark.parametrize("host", LOOK_ALIKES)
def test_whatever_a_name_looks_like_where_it_leads_is_vetted(host: str) -> None:
    class Anywhere(Names):
        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
            self.known.setdefault(host, [[address]])
            return await super().resolve(host, port, family)

    for address in INNER:
        names = Anywhere()
        with Connections() as tried:
            outcome = fetch(f"http://{host}:8080/", allow=AllowList(), resolver=names)
        assert is_refused(outcome), (host, address, outcome)
        assert (tried.addresses, tried.names) == ([], [])
        assert len(names.asked) <= 1


@pytest.mark.parametrize("inner", INNER)
def test_a_name_of_many_addresses_is_not_connected_to_where_one_is_forbidden(inner: str) -> None:
    for answer in ([inner, "1.1.1.1"], ["1.1.1.1", "2606:4700::1111", inner]):
        names = Names({"gazette.example": [answer]})
        with Connections() as tried:
            outcome = fetch("https://gazette.example/", allow=AllowList(), resolver=names)
        assert is_refused(outcome)
        assert (tried.addresses, names.asked) == ([], ["gazette.example"])


@pytest.mark.parametrize(
    "port", sorted({*range(1, 1024, 50), 3306, 5432, 6379, 9200} - USUAL_PORTS)
)
def test_no_other_port_than_those_of_publications_is_connected_to(port: int) -> None:
    names = Names({"gazette.example": [["1.1.1.1"]]})
    with Connections() as tried:
        outcome = fetch(f"http://gazette.example:{port}/", allow=AllowList(), resolver=names)
    assert is_refused(outcome)
    assert (tried.addresses, names.asked) == ([], [])


def test_a_name_that_is_rebound_between_the_page_and_its_redirect_is_refused() -> None:
    """Harmless at the first look, this machine at the second, of the same fetch."""
    with FeedServer() as feeds:
        feeds.serve("/secret", b"x")
        feeds.serve(
            "/a", b"", status=302,
            headers={"Location": f"http://rebound.example:{feeds.port}/secret"},
        )  # fmt: skip
        names = Names({"rebound.example": [["127.0.0.1"], ["127.0.0.9"]],
                       "gazette.example": [["127.0.0.1"]]})  # fmt: skip
        allow = AllowList.parse("gazette.example, 127.0.0.1")
        url = f"http://gazette.example:{feeds.port}/a"
        with Connections() as tried:
            assert isinstance(fetch(url, allow=allow, resolver=names), Fetched)
            outcome = fetch(url, allow=allow, resolver=names)
        assert is_refused(outcome)
        assert "127.0.0.9" in outcome.detail  # type: ignore[union-attr]
        assert {address for address, _ in tried.addresses} == {"127.0.0.1"}


# Between http and https


class TlsServer:
    """A loopback server that speaks TLS with a certificate of its own, and answers redirects."""

    def __init__(self, context: ssl.SSLContext, location: str) -> None:
        self.location = location
        self.asked = 0
        self._loop = asyncio.new_event_loop()
        started = threading.Event()

        async def serve() -> None:
            self._server = await asyncio.start_server(
                self._answer, "127.0.0.1", 0, ssl=context, start_serving=True
            )
            self.port = self._server.sockets[0].getsockname()[1]
            started.set()

        self._loop.create_task(serve())
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        assert started.wait(60)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        location = self.location.replace("COUNT", str(self.asked))
        writer.write(
            f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            tasks = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate for 127.0.0.1 in one file, made for this run."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate can be made for a TLS server")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.fixture
def loops(certificate: Path) -> Iterator[tuple[FeedServer, TlsServer, ssl.SSLContext]]:
    """An http server and an https one, each to be told where to redirect."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with FeedServer() as plain:
        secure = TlsServer(serving, plain.url("/a"))
        try:
            yield plain, secure, trusting
        finally:
            secure.close()


def test_a_circle_from_https_to_http_and_back_ends_where_it_closes(
    loops: tuple[FeedServer, TlsServer, ssl.SSLContext],
) -> None:
    plain, secure, trusting = loops
    plain.redirect("/a", f"https://127.0.0.1:{secure.port}/")
    outcome = fetch(f"https://127.0.0.1:{secure.port}/", tls=trusting)
    assert is_refused(outcome)
    assert "in a circle" in outcome.detail  # type: ignore[union-attr]
    assert (secure.asked, len(plain.requests)) == (1, 1)


def test_a_spiral_between_https_and_http_ends_after_five_redirects(
    loops: tuple[FeedServer, TlsServer, ssl.SSLContext],
) -> None:
    """Each address is another one, so that no circle ever closes."""
    plain, secure, trusting = loops
    secure.location = plain.url("/a?COUNT")
    plain.answer(
        "/a",
        lambda exchange: exchange.reply(
            302,
            {"Location": f"https://127.0.0.1:{secure.port}/{len(plain.requests)}"},
        ),
    )
    outcome = fetch(f"https://127.0.0.1:{secure.port}/", tls=trusting)
    assert is_refused(outcome)
    assert "more than 5 times" in outcome.detail  # type: ignore[union-attr]
    assert secure.asked + len(plain.requests) == 6


def test_a_server_whose_certificate_nobody_vouches_for_is_not_read(
    loops: tuple[FeedServer, TlsServer, ssl.SSLContext],
) -> None:
    _, secure, _ = loops
    outcome = fetch(f"https://127.0.0.1:{secure.port}/")
    assert isinstance(outcome, FetchFailed)
    assert "certificate" in outcome.detail
    assert secure.asked == 0
