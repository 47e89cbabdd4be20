"""Names are vetted by where they lead, at the moment of connecting."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp.abc import ResolveResult

from bot.sources.guard import AllowList, Vetted, vet_url
from bot.sources.resolver import REST, AddressRefusedError, GuardedResolver, OwnLook
from tests.fakes.clock import FakeClock
from tests.fakes.names import Names


def leading_to(*answers: list[str]) -> Names:
    """The names of this file, all with the same answers."""
    return Names({"a.example": answers, "A.Example.": answers, "b.a.example": answers})


def resolve(
    names: Names, allow: str = "", host: str = "a.example", port: int = 443
) -> list[ResolveResult]:
    return asyncio.run(GuardedResolver(names, AllowList.parse(allow)).resolve(host, port))


def test_a_name_that_leads_to_public_addresses_is_passed_on_as_found() -> None:
    found = resolve(leading_to(["1.1.1.1", "2606:4700::1111"]))
    assert [each["host"] for each in found] == ["1.1.1.1", "2606:4700::1111"]


@pytest.mark.parametrize(
    "bad", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:127.0.0.1"]
)
def test_one_bad_address_refuses_the_name(bad: str) -> None:
    for answer in ([bad], ["1.1.1.1", bad], [bad, "1.1.1.1"]):
        with pytest.raises(AddressRefusedError) as caught:
            resolve(leading_to(answer))
        assert caught.value.host == "a.example"
        assert "a.example leads to an address that is not read" in str(caught.value)


def test_a_name_that_changes_its_mind_is_refused_when_it_does() -> None:
    """DNS rebinding: harmless at the first look, this machine at the second."""
    resolver = GuardedResolver(leading_to(["1.1.1.1"], ["127.0.0.1"]), AllowList())

    async def twice() -> None:
        assert await resolver.resolve("a.example", 443)
        with pytest.raises(AddressRefusedError):
            await resolver.resolve("a.example", 443)

    asyncio.run(twice())


def test_an_answer_that_is_no_address_is_refused() -> None:
    with pytest.raises(AddressRefusedError, match="cannot be read"):
        resolve(leading_to(["printer"]))


def test_an_unusual_port_of_a_public_address_is_refused_and_of_an_exempt_one_open() -> None:
    with pytest.raises(AddressRefusedError, match="port 6379"):
        resolve(leading_to(["1.1.1.1"]), port=6379)
    assert resolve(leading_to(["10.1.2.3"]), allow="10.1.0.0/16", port=6379)
    with pytest.raises(AddressRefusedError):
        resolve(leading_to(["10.1.2.3", "10.2.2.3"]), allow="10.1.0.0/16")


def test_an_exempt_host_may_lead_anywhere_and_its_neighbours_may_not() -> None:
    assert resolve(leading_to(["127.0.0.1"]), allow="a.example", port=8097)
    assert resolve(leading_to(["127.0.0.1"]), allow="a.example", host="A.Example.")
    with pytest.raises(AddressRefusedError):
        resolve(leading_to(["127.0.0.1"]), allow="a.example", host="b.a.example")


def test_closing_it_closes_the_resolver_within() -> None:
    names = leading_to(["1.1.1.1"])
    asyncio.run(GuardedResolver(names, AllowList()).close())
    assert names.is_closed


class Slow(Names):
    """A machine behind a proxy: its names lead nowhere, and it takes its time to say so."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        raise TimeoutError


def test_where_looking_up_takes_too_long_it_is_not_tried_again_for_a_while() -> None:
    clock, names = FakeClock(), Slow()
    look = OwnLook(names, AllowList(), monotonic=clock.monotonic)

    async def story() -> None:
        for _ in range(3):
            assert await look.refusal(vetted("https://a.example/")) is None
        assert names.asked == ["a.example"]
        clock.advance(REST)
        assert await look.refusal(vetted("https://a.example/")) is None
        assert names.asked == ["a.example"] * 2
        await look.close()

    asyncio.run(story())
    assert names.is_closed


def vetted(url: str) -> Vetted:
    found = vet_url(url, AllowList(), is_resolved_here=False)
    assert isinstance(found, Vetted)
    return found


def test_a_literal_address_is_not_looked_up() -> None:
    names = Names()
    look = OwnLook(names, AllowList(), monotonic=FakeClock().monotonic)
    assert asyncio.run(look.refusal(vetted("https://1.1.1.1/"))) is None
    assert names.asked == []
