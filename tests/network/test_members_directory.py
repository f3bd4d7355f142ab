"""The directory of a network: one's own first, and what others answer; who is away is passed over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from network.networks import free_ports
from salus.bootstrap import MemberSpec, Region, RegionSpec, create_region
from salus.core.encoding import decode
from salus.policy.types import OrganisationRole
from salus.services.remote.addresses import Listed
from salus.services.remote.directory import Directory
from salus.services.remote.endpoint import sign_endpoint
from salus.services.remote.errors import NotItsGateway
from salus.services.remote.gateways import Gateways
from salus.services.remote.node import MembersDirectory, NodeDirectory, OwnDirectory
from salus.vault import keystore


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    member = MemberSpec("North Hospital", "north", (OrganisationRole.HOSPITAL,))
    with create_region(tmp_path / "region", RegionSpec("region", (member,)), "secret", verifier="off") as made:
        yield made


@pytest.fixture
def directory(region: Region, tmp_path: Path) -> Iterator[MembersDirectory]:
    """One's own, and two of members that are away."""
    gateways = Gateways(region.network, region.ledger.height)
    others = [NodeDirectory(gateways, f"http://127.0.0.1:{port}") for port in free_ports(2)]
    own = OwnDirectory(Directory(tmp_path / "directory", region.network), region.ledger)
    yield MembersDirectory(own, others, near=True)
    gateways.close()


def test_what_is_told_stands_in_ones_own_whoever_is_away(region: Region, directory: MembersDirectory) -> None:
    north, now = region.organisation("north"), region.ledger.now()
    endpoint = sign_endpoint(region.network, north.account, "http://127.0.0.1:1/north", now, north.gateway)
    directory.register(endpoint)
    directory.register(endpoint)
    assert decode(directory.listed(), Listed).endpoints == (endpoint,)
    public = north.seal_key.public
    directory.publish(north.account, north.gateway, public)
    assert directory.find(north.seal_key.id(region.network)) == public
    assert directory.find(bytes(32)) is None
    assert directory.near


def test_what_ones_own_refuses_is_told_to_nobody(region: Region, directory: MembersDirectory) -> None:
    north, now = region.organisation("north"), region.ledger.now()
    with pytest.raises(NotItsGateway):
        directory.register(
            sign_endpoint(region.network, north.account, "http://127.0.0.1:1/n", now, north.administration[0])
        )
    with pytest.raises(NotItsGateway):
        directory.publish(bytes(32), north.gateway, north.seal_key.public)
    assert decode(directory.listed(), Listed).endpoints == ()
