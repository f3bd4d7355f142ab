"""Four members, four validators: what one is told all of them hold, whichever process dies."""

import os
import signal
from pathlib import Path

import pytest
from command_line import bundle_file

from network.networks import Network, get, salus, until
from salus.bootstrap.consensus import read_consensus
from salus.bootstrap.network.held import process_of
from salus.client.cometbft.rpc import Rpc
from salus.contracts.consent.keys import directive_key
from salus.core.encoding import decode, decode_stored
from salus.policy.types import Directive, Status
from salus.services.remote.addresses import Listed

pytestmark = pytest.mark.timeout(900)


def heights(network: Network) -> list[int]:
    return [node["height"] or 0 for node in network.status()["nodes"]]


def agreed(network: Network, above: int) -> dict:
    """Wait until all four are above a height, and return the status."""

    def look() -> dict | None:
        found = network.status()
        nodes = found["nodes"]
        return found if all(node["up"] and (node["height"] or 0) > above for node in nodes) else None

    found = until(look, f"a height above {above} everywhere")
    assert found["agree"] is True and len({node["app_hash"] for node in found["nodes"]}) == 1
    return found


def propose(network: Network, member: str, value: int) -> bytes:
    """Let a member propose a parameter; return the proposal."""
    made = network.run(member, "org", "propose", "parameter", "--as", member, "session-ms", value, "--json")
    return bytes.fromhex(made.data["proposal"])


def test_the_table_and_its_values(four: Network) -> None:
    met = "all members connected with one another"
    until(lambda: all(node["peers"] == 3 and node["served"] for node in four.status()["nodes"]), met)
    found = agreed(four, 0)
    assert [node["name"] for node in found["nodes"]] == ["clinic", "north", "regulator", "south"]
    assert found["power"] == 4 and found["chain"].startswith("salus-")
    for node in found["nodes"]:
        assert (node["peers"], node["power"], node["kept"], node["served"]) == (3, 1, True, True)
    shown = salus("network", "status", "--folder", four.folder).out
    assert "4 of 4 answer" in shown and "same app hash at height" in shown and "3 decide" in shown
    own = four.status("--home", four.home("south"))
    assert sorted(node["name"] for node in own["nodes"]) == ["clinic", "north", "regulator", "south"]
    assert [node["name"] for node in own["nodes"] if node["home"]] == ["south"]


def test_a_grant_at_one_member_is_in_the_state_of_all(four: Network, tmp_path: Path) -> None:
    four.run("south", "record", "import", "--as", "south", bundle_file(tmp_path))
    (patient,) = four.run("south", "patient", "list", "--as", "south", "--json").data
    code = four.run("south", "patient", "invite", "--as", "south", patient["handle"], "--json").data["code"]
    claimed = four.run("south", "patient", "claim", "--as", "alma", "--at-once", code, "--json").data
    four.run("south", "patient", "confirm", "--as", "south", patient["handle"], claimed["short_code"])
    given = four.run(
        "south", "consent", "grant", "--as", "alma", "--to", "Clinic of the tests", "--days", 30, "--json"
    ).data
    key = directive_key(bytes.fromhex(patient["handle"]), bytes.fromhex(given["directive"]))
    in_force = until(lambda: acknowledged(four, key), "the acknowledged grant in every state")
    assert len(in_force) == 4 and len(set(in_force)) == 1
    agreed(four, max(heights(four)) - 1)


def acknowledged(network: Network, key: bytes) -> list[bytes]:
    """Return the value of a directive at each node once the custodian's acknowledgement has come to all of them.

    Before that nodes may differ for a moment: one is a block ahead of another.
    """
    values = []
    for home in network.homes:
        said = read_consensus(home)
        assert said is not None and said.own_rpc is not None
        rpc = Rpc(said.own_rpc)
        values.append(rpc.abci_query("/key", key).value)
        rpc.close()
    arrived = all(value and decode_stored(value, Directive).status == Status.ACTIVE for value in values)
    return values if arrived else []


def test_who_sends_letters_finds_the_other_members(four: Network) -> None:
    """Each home keeps a directory of its own: all four come to list all four."""

    def listed() -> bool:
        found = []
        for home in four.homes:
            said = read_consensus(home)
            assert said is not None
            body = get(f"http://{said.listen}/directory").content
            found.append(len(decode(body, Listed).endpoints))
        return found == [4, 4, 4, 4]

    assert until(listed, "four addresses in four directories")


def test_a_cometbft_that_dies_comes_back(four: Network) -> None:
    home = four.home("clinic")
    comet, application = four.processes(home)
    before = max(heights(four))
    os.kill(comet, signal.SIGKILL)
    until(lambda: len(four.processes(home)) == 2 and comet not in four.processes(home), "CometBFT again")
    assert four.processes(home)[1] == application, "its application is not touched"
    propose(four, "north", 7_000_000)
    agreed(four, before)


def test_an_application_that_dies_takes_its_cometbft_along(four: Network) -> None:
    home = four.home("regulator")
    comet, application = four.processes(home)
    before = max(heights(four))
    os.kill(application, signal.SIGKILL)
    until(lambda: not {comet, application} & set(four.processes(home)), "both ended")
    propose(four, "south", 7_100_000)  # three of four go on
    until(lambda: len(four.processes(home)) == 2, "both again")
    agreed(four, before)


def test_three_of_four_decide_and_one_that_hangs_is_started_anew(four: Network) -> None:
    home = four.home("clinic")
    comet, application = four.processes(home)
    os.kill(comet, signal.SIGSTOP)
    before = max(heights(four))
    propose(four, "north", 7_200_000)
    until(lambda: four.processes(home) and comet not in four.processes(home), "the end of the one that hangs")
    until(lambda: len(four.processes(home)) == 2, "another in its place")
    assert four.processes(home)[1] == application
    agreed(four, before)


def test_a_keeper_that_was_killed_leaves_nodes_that_the_next_one_ends(four: Network) -> None:
    old = {process for home in four.homes for process in four.processes(home)}
    four.down(signal.SIGKILL)
    assert old == {process for home in four.homes for process in four.processes(home)}, "they go on"
    four.up()
    new = {process for home in four.homes for process in four.processes(home)}
    assert not old & new and len(new) == 8
    agreed(four, 0)


def test_nodes_end_in_their_order_and_go_on_where_they_were(four: Network) -> None:
    before = min(heights(four))
    processes = [process for home in four.homes for process in four.processes(home)]
    assert four.down() == 0
    assert not any(map(process_of, processes))
    assert salus("network", "status", "--folder", four.folder, "--json", status=1).data["agree"] is None
    for home in four.homes:
        assert salus("ledger", "status", "--home", home, "--json").data["height"] >= before
        assert salus("fsck", "--home", home).status == 0
    four.up()
    propose(four, "north", 7_500_000)
    agreed(four, before)
