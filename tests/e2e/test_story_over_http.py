"""The story between processes that share nothing but HTTP: a node, four members, a person with a home of her own."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chapters_of_access import amend_a_record, find_a_tourist, raise_a_child, read_a_chart
from chapters_of_accounts import lose_a_phone, move_custody, veto_a_thief
from command_line import bundle_file
from homes_over_http import Homes, taken_apart, until
from story_region import records_of


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    with taken_apart(tmp_path) as made:
        yield made


@pytest.mark.timeout(900)  # of a machine that does much else
def test_the_story_over_http(homes: Homes) -> None:
    handle = take_in(homes)
    alma = claim(homes, handle)
    grant_and_release(homes, alma, handle)
    see_all_that_is_hers(homes, alma)
    revoke_while_the_hospital_is_down(homes, alma, handle)
    break_the_glass(homes, alma, handle)
    read_a_chart(homes, alma, handle)
    amend_a_record(homes, alma)
    raise_a_child(homes)
    find_a_tourist(homes, alma, handle)
    move_custody(homes, alma, handle)
    veto_a_thief(homes, alma, handle)
    lose_a_phone(homes, alma, handle)
    account_and_check(homes, alma)


def take_in(homes: Homes) -> str:
    """The hospital takes in a patient; the clinic attests a physician."""
    file = bundle_file(homes.folder)
    file.write_bytes(records_of("Meyer", "N-1", int(time.time() * 1000)))
    homes.run("north", "record", "import", "--as", "north", file)
    (patient,) = homes.data("north", "patient", "list", "--as", "north")
    homes.run("clinic", "staff", "add", "--as", "clinic", "Doctor Nobody")
    left = homes.run(homes.folder / "region", "org", "list", status=2)
    assert "was taken apart" in left.line
    return str(patient["handle"])


def claim(homes: Homes, handle: str) -> Path:
    """She begins a home of her own and claims her account."""
    alma = homes.follow("alma")
    code = homes.data("north", "patient", "invite", "--as", "north", handle)["code"]
    claimed = homes.data(alma, "patient", "claim", "--as", "alma", "--at-once", code)
    homes.run("north", "patient", "confirm", "--as", "north", handle, claimed["short_code"])
    return alma


def grant_and_release(homes: Homes, alma: Path, handle: str) -> None:
    """She grants laboratory results; the clinic asks, and what it gets proves itself to anybody."""
    homes.run(alma, "consent", "grant", "--as", "alma", "--to", "River Clinic", "--class", "laboratory")
    until(lambda: "in-force" in homes.told(alma), "the acknowledgement of the grant")
    homes.run("clinic", "access", "request", "--as", "clinic", handle)
    until(lambda: "acknowledged" in homes.told(alma), "the release")
    received = homes.folder / "received"
    homes.run("clinic", "access", "received", "--as", "clinic", "--save", received)
    assert len(list(received.glob("*.json"))) == 3  # of her five records
    (evidence,) = received.glob("*.evidence")
    genesis = homes.home("clinic") / "genesis.cbor"
    verified = homes.verify(evidence, genesis)
    assert verified.status == 3, verified  # all holds; no outside witness yet
    forged = bytearray(evidence.read_bytes())
    forged[len(forged) // 2] ^= 1
    evidence.write_bytes(forged)
    assert homes.verify(evidence, genesis).status in (1, 2)


def see_all_that_is_hers(homes: Homes, alma: Path) -> None:
    """She asks for everything and fetches it from the hospital's server."""
    homes.run(alma, "access", "request-own", "--as", "alma")
    (view,) = until(lambda: homes.data(alma, "access", "collect", "--as", "alma"), "her own records")
    assert "all 5 records" in view["outcome"] and "complete" in view["outcome"]
    assert homes.data(alma, "access", "collect", "--as", "alma") == []


def revoke_while_the_hospital_is_down(homes: Homes, alma: Path, handle: str) -> None:
    """The hospital's server is killed. She revokes all the same; what is asked meanwhile waits, and is refused."""
    north = homes.servers["north"]
    assert north.end(signal.SIGKILL) == -signal.SIGKILL
    (directive,) = homes.data(alma, "consent", "list", "--as", "alma")
    homes.run(alma, "consent", "revoke", "--as", "alma", directive["id"])
    homes.run("clinic", "access", "request", "--as", "clinic", handle)
    (letter,) = homes.data("clinic", "home", "waiting")
    assert (letter["to"], letter["kind"], letter["state"]) == ("North Hospital", "request", "waiting")
    before = homes.told(alma)
    assert "revoked" in before and "refused" not in before
    who_carried_the_revocation(homes, alma)
    north.start()
    north.ready()  # on another port, which the directory is told
    until(lambda: "refused" in homes.told(alma), "the refusal")
    assert homes.run("clinic", "home", "waiting").out == "Nothing waits.\n"


def who_carried_the_revocation(homes: Homes, alma: Path) -> None:
    """Her wallet has the other carrier's signature, which stands, and shows that her custodian gave none."""
    folder = homes.folder / "receipts"
    sent = homes.data(alma, "wallet", "sent", "--as", "alma", "--save", folder)
    newest = {row["standing"]: row for row in sent if row["envelope"] == sent[0]["envelope"]}
    assert newest["no-receipt"]["name"] == "North Hospital" and newest["no-receipt"]["receipt"] == ""
    there = newest["there"]
    assert there["name"] != "North Hospital" and there["height"] > 0
    (file,) = folder.glob(f"{there['envelope'][:12]}-*.receipt")
    assert file.read_bytes().hex() == there["receipt"]
    assert {row["standing"] for row in sent} == {"there", "no-receipt"}


def break_the_glass(homes: Homes, alma: Path, handle: str) -> None:
    """She is unconscious: the clinic says why it cannot wait; she and the regulator review it."""
    homes.run("north", "policy", "name", "--as", "north", handle, "opt-out")
    line = ("access", "request", "--as", "clinic", handle, "--break-glass", "--reason", "unconscious")
    asked = homes.data("clinic", *line)["request"]
    until(lambda: "break-glass" in homes.told(alma), "the broken glass")
    (alert,) = homes.data(alma, "access", "review", "--as", "alma")
    assert alert["release"] == asked
    homes.run(alma, "access", "review", "--as", "alma", asked[:12], "--verdict", "justified")
    closed = homes.data("regulator", "access", "review", "--as", "regulator", asked[:12], "--verdict", "justified")
    assert closed["closed"] is True
    until(lambda: homes.told(alma).count("acknowledged") == 2, "the clinic's acknowledgement")


def account_and_check(homes: Homes, alma: Path) -> None:
    """All homes have the same state; fsck finds each sound, served and closed; every server ends by itself."""
    places: list[str | Path] = [*homes.servers, alma]

    def level() -> bool:
        homes.told(alma)  # her replica catches up when she looks: a block that came since needs another look
        return len({height(homes, place) for place in places}) == 1

    until(level, "one height everywhere")
    blocks = [homes.data(place, "ledger", "show", height(homes, alma)) for place in places]
    assert len({(block["app_hash"], block["time"]) for block in blocks}) == 1
    for place in places:
        homes.run(place, "fsck")
    for server in reversed(homes.servers.values()):
        assert server.end() == 0
        assert (server.home / "errors").read_text() == ""
    for place in places:
        homes.run(place, "fsck")


def height(homes: Homes, place: str | Path) -> int:
    return int(homes.data(place, "ledger", "status")["height"])
