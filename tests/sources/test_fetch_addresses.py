"""Where the fetch door goes: exempt and forbidden addresses, names, proxies."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Any, Self

import pytest

from bot.domain.fetch import (
    Fetched,
    FetchOutcome,
    Unchanged,
)
from bot.sources.guard import AllowList
from tests.fakes.feed_server import FeedServer
from tests.fakes.names import Names
from tests.sources.asking import failed, fetch, fetcher, request, run


def test_loopback_is_not_asked_unless_it_is_exempt() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x")
        outcome = failed(fetch(feeds.url("/a"), allow=AllowList()), "address")
        assert "this machine itself" in outcome.detail
        assert "TIDEWAITER_ALLOW_HOSTS" in outcome.detail
        assert feeds.requests == []


def test_a_name_is_asked_where_its_address_is_exempt() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x")
        url = f"http://gazette.example:{feeds.port}/a"
        names = Names({"gazette.example": [["127.0.0.1"]]})
        assert isinstance(fetch(url, resolver=names), Fetched)
        assert names.asked == ["gazette.example"]
        assert feeds.requests[0].headers["host"] == f"gazette.example:{feeds.port}"


def test_a_name_that_is_rebound_between_polls_is_refused() -> None:
    with FeedServer() as feeds:
        feeds.serve("/a", b"x", headers={"Connection": "close"})
        names = Names({"gazette.example": [["127.0.0.1"], ["127.0.0.9"]]})

        async def twice() -> list[FetchOutcome]:
            door = fetcher(resolver=names)
            url = f"http://gazette.example:{feeds.port}/a"
            # A fetcher of its own each time stands for a name cache that has run out.
            other = fetcher(resolver=names)
            found = [await door.fetch(request(url)), await other.fetch(request(url))]
            await door.aclose()
            await other.aclose()
            return found

        good, bad = run(twice())
        assert isinstance(good, Fetched)
        assert "127.0.0.9 is this machine itself" in failed(bad, "address").detail
        assert len(feeds.requests) == 1


def test_a_name_that_has_no_address_is_said_to_be_unknown() -> None:
    outcome = failed(fetch("http://nowhere.example/feed"), "network")
    assert outcome.detail.startswith("nowhere.example was not found by name")


def test_a_closed_port_is_said_to_refuse() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "refused the connection" in failed(fetch(f"http://127.0.0.1:{port}/"), "network").detail


def test_a_port_without_tls_is_not_said_to_have_a_bad_certificate() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_in_the_clear() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65_536)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer_in_the_clear)
        thread.start()
        port = listener.getsockname()[1]
        outcome = failed(fetch(f"https://127.0.0.1:{port}/"), "network")
        thread.join()
    assert "TLS" in outcome.detail
    assert "certificate" not in outcome.detail


class SocksProxy:
    """A SOCKS5 proxy (RFC 1928) that leads every name to one FeedServer, and notes the names."""

    def __init__(self, target: FeedServer) -> None:
        self.target = target
        self.asked: list[tuple[str, int]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"socks5://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            client.recv(2 + 255)
            client.sendall(b"\x05\x00")
            asked = client.recv(4 + 1 + 255 + 2)
            assert asked[:4] == b"\x05\x01\x00\x03", "a name, to be resolved by the proxy"
            size = asked[4]
            self.asked.append((asked[5 : 5 + size].decode(), int.from_bytes(asked[5 + size :])))
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            with socket.create_connection((self.target.host, self.target.port)) as server:
                server.sendall(client.recv(65_536))
                client.sendall(server.recv(65_536))


def test_an_http_proxy_is_asked_for_the_whole_address() -> None:
    with FeedServer() as proxy:
        proxy.serve("http://gazette.example/feed.xml", b"<rss/>", etag='"1"')
        changes: dict[str, Any] = {"proxy": proxy.url(""), "allow": AllowList()}
        outcome = fetch("http://gazette.example/feed.xml", **changes)
        assert isinstance(outcome, Fetched)
        assert outcome.body == b"<rss/>"
        assert outcome.final_url == "http://gazette.example/feed.xml"
        assert fetch("http://gazette.example/feed.xml", etag='"1"', **changes) == Unchanged()


def test_a_socks5_proxy_is_asked_to_resolve_the_name() -> None:
    with FeedServer() as feeds, SocksProxy(feeds) as proxy:
        feeds.serve("/feed.xml", b"<rss/>")
        outcome = fetch("http://gazette.example/feed.xml", proxy=proxy.url, allow=AllowList())
        assert isinstance(outcome, Fetched)
        assert outcome.body == b"<rss/>"
        assert proxy.asked == [("gazette.example", 80)]


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://nas.local/", "http://127.0.0.1/", "http://a.example:22/"]
)
def test_a_proxy_is_no_way_into_the_local_network(url: str) -> None:
    with FeedServer() as proxy:
        failed(fetch(url, proxy=proxy.url(""), allow=AllowList()), "address")
        proxy.redirect("http://gazette.example/feed.xml", url)
        failed(
            fetch("http://gazette.example/feed.xml", proxy=proxy.url(""), allow=AllowList()),
            "address",
        )
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00::1"])
def test_behind_a_proxy_a_name_that_leads_into_a_local_network_from_here_is_refused(
    address: str,
) -> None:
    with FeedServer() as proxy:
        proxy.serve("http://gazette.example/feed.xml", b"<rss/>")
        proxy.redirect("http://open.example/feed.xml", "http://gazette.example/feed.xml")
        names = Names(
            {"gazette.example": [["1.1.1.1", address]], "open.example": [["2606:4700::1111"]]}
        )
        for url in ("http://gazette.example/feed.xml", "http://open.example/feed.xml"):
            outcome = fetch(url, proxy=proxy.url(""), resolver=names, allow=AllowList())
            assert address in failed(outcome, "address").detail
        assert [seen.path for seen in proxy.requests] == ["http://open.example/feed.xml"]
        exempt = AllowList.parse("gazette.example")
        outcome = fetch(url, proxy=proxy.url(""), resolver=names, allow=exempt)
        assert isinstance(outcome, Fetched)
        assert names.asked.count("gazette.example") == 3
    assert names.is_closed


def test_behind_a_proxy_a_name_that_has_no_address_here_is_left_to_the_proxy() -> None:
    with FeedServer() as proxy:
        proxy.serve("http://gazette.example/feed.xml", b"<rss/>")
        names = Names()
        outcome = fetch("http://gazette.example/feed.xml", proxy=proxy.url(""), resolver=names)
        assert isinstance(outcome, Fetched)
        assert names.asked == ["gazette.example"]


def test_a_proxy_that_is_not_there_or_refuses_is_named_as_the_culprit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme in ("http", "socks5"):
        outcome = fetch("http://gazette.example/", proxy=f"{scheme}://127.0.0.1:{port}")
        assert "proxy" in failed(outcome, "network").detail
    with FeedServer() as proxy:
        proxy.serve("gazette.example:443", b"", status=502)
        outcome = fetch("https://gazette.example/", proxy=proxy.url(""))
        assert "proxy" in failed(outcome, "network").detail
