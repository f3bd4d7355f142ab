"""Three members whose homes never met found a network by the commands, and it makes blocks."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from network.networks import ROLES, Network, environment, free_ports, salus, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]


@pytest.fixture
def hosts(cometbft: Path) -> Iterator[list[Network]]:
    """Founders with a folder each, as if each were a host; only what is handed over is copied."""
    folder = Path(tempfile.mkdtemp(prefix="salus-apart-"))
    made = [Network(folder / slug, cometbft) for slug, _ in ROLES[:3]]
    try:
        yield made
    finally:
        for host in made:
            host.clear()
        rmtree(folder, ignore_errors=True)


def test_a_network_of_founders_apart_makes_blocks(hosts: list[Network]) -> None:
    ports = free_ports(2 * len(hosts))
    homes = {slug: host.folder / slug for (slug, _), host in zip(ROLES, hosts, strict=False)}
    for at, (slug, role) in enumerate(ROLES[: len(hosts)]):
        hosts[at].folder.mkdir()
        salus(
            *("network", "card", "--home", homes[slug], "--unattended", "--first-port", ports[2 * at] - 10),
            *("--listen", ports[2 * at + 1], f"{slug}:{role}:{slug.capitalize()} of the tests"),
        )
    between = hosts[0].folder / "founding.cbor"
    cards = [home / "card.cbor" for home in homes.values()]
    founded = salus("network", "found", *cards, "--out", between, "--json").data
    for home in homes.values():
        salus("network", "agree", between, "--hash", founded["hash"], "--home", home)
    for home in homes.values():
        others = [other / "agreement.cbor" for other in homes.values() if other != home]
        begun = salus("network", "begin", *others, "--home", home, "--json").data
        assert begun["network"] == founded["network"]
    for host in hosts:
        salus("network", "up", "--home", host.homes[0], "--background", env=environment(host.program))

    def all_agree() -> bool:
        found = hosts[0].status("--home", hosts[0].homes[0])
        return found["agree"] is True and len(found["nodes"]) == 3 and all(node["height"] for node in found["nodes"])

    until(all_agree, "a block that all have")
    north = hosts[0]
    north.run("north", "org", "propose", "parameter", "--as", "north", "session-ms", 7_000_000)
    names = {one["name"] for one in hosts[2].run("clinic", "org", "list", "--json").data}
    assert names == {f"{slug.capitalize()} of the tests" for slug, _ in ROLES[:3]}
    status = north.run("north", "ledger", "status", "--json").data
    assert status["network"] == founded["network"] and status["height"] > 0
    for host in hosts:
        salus("network", "stop", "--home", host.homes[0])
