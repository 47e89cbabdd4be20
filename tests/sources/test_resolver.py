"""Names are vetted by where they lead, at the moment of connecting."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.abc import ResolveResult

from bot.sources.guard import AllowList
from bot.sources.resolver import AddressRefusedError, GuardedResolver
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
