"""A gateway without a validator, over the RPC of a real CometBFT: what it takes in, proves and refuses."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from consensus.kvstore_nodes import until
from consensus.light_homes import light_client, relayed, replica
from consensus.one_validator import Member, one_member
from salus.client.cometbft.rpc import Rpc
from salus.client.light import Kept, StateReader
from salus.client.light.errors import AttackSeen, NoProvider, NotCovered, WrongChain, WrongProof
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.queries import parameter
from salus.core.encoding import decode, encode
from salus.core.genesis import validator_keys
from salus.core.signatures import SigningKey
from salus.evidence.header import Block, parse_header, read_block, read_header
from salus.evidence.report import Verdict
from salus.evidence.state import LOG_KEY
from salus.evidence.verify import verify
from salus.fsck.check import quiet
from salus.fsck.ledger import check_ledger
from salus.fsck.report import Severity
from salus.ledger.consensus.errors import NothingSigns
from salus.ledger.embedded.blockfile import record
from salus.ledger.errors import DamagedFile, NoNote, OtherGenesis, OtherHistory, ReadOnly, TwoHeaders
from salus.ledger.light import LightLedger
from salus.merkle import checkpoint as notes
from salus.merkle.smt import verify_absence, verify_membership
from salus.services.inspect import prove_state
from salus.testing.clock import FakeClock
from salus.testing.region import Region
from salus.vault.files import LocalFiles
from vectors.cometbft_facts import FACTS


@pytest.fixture
def member() -> Iterator[Member]:
    """A network of one validator, with some blocks."""
    with one_member() as one:
        one.open()
        one.start()
        send(one, one.ledger, 3)
        send(one, one.ledger)
        yield one


def send(member: Member, ledger: Any, accounts: int = 1) -> int:
    """Open accounts by a batch through `ledger`; return the height at which that has executed it."""
    until_ms = int(time.time() * 1000) + 60_000
    envelope, _ = member.region.open_accounts(accounts, until_ms)
    done = ledger.submit(member.region.batch(envelope, not_after=until_ms)).result(60)
    assert (done.code, [one.code for one in done.results]) == (0, [0])
    return int(done.height)


def same(ledger: LightLedger, member: Member) -> bool:
    """True if the replica has what the validator has."""
    return member.ledger is not None and ledger.status()[:4] == member.ledger.status()[:4]


def test_a_replica_executes_proves_and_sends(member: Member, tmp_path: Path) -> None:
    region = member.region
    with replica(tmp_path / "ledger", region, member.url) as ledger:
        until(lambda: same(ledger, member))
        height = send(member, ledger)
        assert ledger.height() >= height
        founders = validator_keys(region.network, region.genesis)
        proof = ledger.prove([LOG_KEY, b"\x03\x01nobody"])
        header = read_header(region.network, proof.header, founders).header
        (value, nothing), (there, absent) = proof.values, proof.proofs
        assert value is not None and verify_membership(header.app_hash, LOG_KEY, value, there)
        assert nothing is None and verify_absence(header.app_hash, b"\x03\x01nobody", absent)
        until(lambda: same(ledger, member))
        for number in range(1, ledger.height() + 1):
            ours, theirs = read_block(ledger.block(number)), read_block(member.ledger.block(number))
            shown = read_header(region.network, ours.header, founders)
            assert (shown.hash, ours.batches) == (read_header_hash(member, number), theirs.batches)
            assert read_header(region.network, ledger.header(number), founders).hash == shown.hash
        assert ledger.as_of() >= ledger.status().time and ledger.trouble() is None
        for refused, refusal in ((ledger.tip, NothingSigns), (ledger.checkpoint, NoNote)):
            with pytest.raises(refusal):
                refused()


def read_header_hash(member: Member, height: int) -> bytes:
    rpc = Rpc(member.url)
    try:
        return rpc.block(height).hash
    finally:
        rpc.close()


def test_a_replica_comes_back_with_what_it_has(member: Member, tmp_path: Path) -> None:
    folder, region = tmp_path / "ledger", member.region
    with replica(folder, region, member.url) as ledger:
        until(lambda: same(ledger, member))
    send(member, member.ledger)
    with replica(folder, region, member.url) as ledger:
        until(lambda: same(ledger, member))
        status = ledger.status()
    member.stop()
    with replica(folder, region, member.url) as ledger:
        ledger.catch_up(10)
        assert ledger.status()[:4] == status[:4]
    with LightLedger.open(folder, region.genesis_file, None, None) as reading:
        assert reading.status()[:4] == status[:4]
        with pytest.raises(ReadOnly):
            reading.submit(b"")


def test_a_replica_that_gets_no_blocks_grows_too_old_to_decide_on(member: Member, tmp_path: Path) -> None:
    clock = FakeClock(int(time.time() * 1000))
    with replica(tmp_path / "ledger", member.region, member.url, clock=clock) as ledger:
        until(lambda: same(ledger, member))
        limit = parameter(ledger.view(), Parameter.STALE_MS)
        assert ledger.now() - ledger.as_of() <= limit
        member.stop()
        clock.advance(limit + 1)
        assert ledger.now() - ledger.as_of() > limit


def test_a_replica_of_another_genesis(member: Member, tmp_path: Path) -> None:
    with replica(tmp_path / "ledger", member.region, member.url) as ledger:
        until(lambda: same(ledger, member))
    other = Region(name="another")
    with pytest.raises(WrongChain):
        replica(tmp_path / "ledger", other, member.url)
    with pytest.raises(OtherGenesis):
        LightLedger.open(tmp_path / "ledger", other.genesis_file, None, None)


def turned(raw: bytes) -> str:
    return base64.b64encode(bytes((raw[0] ^ 1,)) + raw[1:]).decode()


def lie_txs(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "block" and result["block"]["data"]["txs"]:
        txs = result["block"]["data"]["txs"]
        txs[0] = turned(base64.b64decode(txs[0]))
    return result


def lie_evidence(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "block":
        result["block"]["evidence"] = json.loads(FACTS.read_text())["evidence"][1]["shown"]
    return result


def lie_header(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "commit":
        result["signed_header"]["header"]["app_hash"] = "AB" * 32
    return result


def lie_signature(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "commit":
        vote = result["signed_header"]["commit"]["signatures"][0]
        vote["signature"] = turned(base64.b64decode(vote["signature"]))
    return result


def lie_chain(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "commit":
        result["signed_header"]["header"]["chain_id"] = "another"
    return result


def lie_validators(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "validators":
        result["validators"][0]["voting_power"] = "1000"
    return result


def lie_height(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "status":
        result["sync_info"]["latest_block_height"] = "1000000"
    return result


def oversize(method: str, _: dict[str, Any], result: Any) -> Any:
    return b'{"jsonrpc":"2.0","id":1,"result":"' + b"x" * (17 * 1024**2) + b'"}' if method == "commit" else result


LIES = [lie_txs, lie_evidence, lie_header, lie_signature, lie_chain, lie_validators, lie_height, oversize]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_node_that_lies_keeps_a_replica_from_nothing_while_another_does_not(
    member: Member, tmp_path: Path, lie: Any
) -> None:
    with relayed(member.url) as relay:
        relay.change = lie
        with replica(tmp_path / "ledger", member.region, relay.url, member.url, member.url) as ledger:
            until(lambda: same(ledger, member))
            assert ledger.trouble() is None and not (tmp_path / "ledger/contradiction").exists()


@pytest.mark.parametrize("lie", [one for one in LIES if one is not lie_height], ids=lambda lie: lie.__name__)
def test_nodes_that_all_lie_bring_nothing_in(member: Member, tmp_path: Path, lie: Any) -> None:
    with relayed(member.url) as relay:
        relay.change = lie
        with replica(tmp_path / "ledger", member.region, relay.url) as ledger:
            ledger.catch_up(10)
            time.sleep(1)
            first_with_txs = 2 if lie is lie_txs else 1
            assert ledger.height() <= first_with_txs and ledger.as_of() <= member.region.genesis.time + 600_000


def test_validators_who_sign_two_chains_end_the_following_for_good(member: Member, tmp_path: Path) -> None:
    """One key decides two chains: the replica keeps both headers, and believes nothing from then on."""
    folder, region = tmp_path / "ledger", member.region
    with one_member() as other:
        other.open()
        other.start()
        send(other, other.ledger)
        until(lambda: other.ledger is not None and other.ledger.height() >= 3)
        with replica(folder, region, member.url, other.url) as ledger:
            until(lambda: isinstance(ledger.trouble(), AttackSeen))
            with pytest.raises(AttackSeen):
                ledger.submit(b"")
            known = ledger.height()
        with replica(folder, region, member.url, member.url) as ledger:
            until(lambda: isinstance(ledger.trouble(), AttackSeen))
            assert ledger.height() == known
    attack = Kept(folder / "trusted", region.network, LocalFiles()).attack
    assert attack is not None and attack.one[-1].height == attack.other[-1].height
    assert attack.one[-1].hash != attack.other[-1].hash and attack.one[0].hash == attack.other[0].hash


def test_a_chain_that_forked_from_what_was_taken_in(member: Member, tmp_path: Path) -> None:
    """The light client's file is gone, and the only node left shows another chain of the same validators."""
    folder, region = tmp_path / "ledger", member.region
    with replica(folder, region, member.url) as ledger:
        until(lambda: same(ledger, member))
    (folder / "trusted").unlink()
    with one_member() as other:
        other.open()
        other.start()
        for _ in range(4):
            send(other, other.ledger)
        until(lambda: other.ledger is not None and other.ledger.height() > ledger.height())
        with replica(folder, region, other.url) as ledger:
            until(lambda: ledger.trouble() is not None)
            assert type(ledger.trouble()) in (OtherHistory, TwoHeaders)
    code, ours, theirs = decode((folder / "contradiction").read_bytes(), tuple[int, bytes, bytes])
    assert code in (OtherHistory.code, TwoHeaders.code)
    assert parse_header(region.network, ours).hash != parse_header(region.network, theirs).hash


def test_values_of_the_state_from_any_node(member: Member, tmp_path: Path) -> None:
    rpc = Rpc(member.url)
    light = light_client(tmp_path, member.region, [rpc])
    reader = StateReader(light, rpc)
    found = reader.read(LOG_KEY)
    assert member.ledger is not None
    assert found.value == member.ledger.view().get(LOG_KEY) and found.header.height == found.height + 1
    assert reader.read(b"\x03\x01nobody").value is None
    rpc.close()


def wrong_value(result: Any) -> None:
    result["response"]["value"] = turned(base64.b64decode(result["response"]["value"]))


def wrong_proof(result: Any) -> None:
    op = result["response"]["proofOps"]["ops"][0]
    raw = base64.b64decode(op["data"])
    op["data"] = base64.b64encode(raw[:-1] + bytes((raw[-1] ^ 1,))).decode()


def wrong_type(result: Any) -> None:
    result["response"]["proofOps"]["ops"][0]["type"] = "iavl:v"


def no_proof(result: Any) -> None:
    result["response"]["proofOps"] = None


def said_absent(result: Any) -> None:
    result["response"]["value"] = None
    result["response"]["proofOps"]["ops"][0]["type"] = "salus:smt"


def other_key(result: Any) -> None:
    result["response"]["key"] = base64.b64encode(b"other").decode()


@pytest.mark.parametrize(
    "lie",
    [wrong_value, wrong_proof, wrong_type, no_proof, said_absent, other_key],
    ids=lambda lie: lie.__name__,
)
def test_a_value_that_is_not_proved(member: Member, tmp_path: Path, lie: Any) -> None:
    def change(method: str, _: dict[str, Any], result: Any) -> Any:
        if method == "abci_query":
            lie(result)
        return result

    with relayed(member.url) as relay:
        relay.change = change
        rpc, good = Rpc(relay.url), Rpc(member.url)
        reader = StateReader(light_client(tmp_path, member.region, [good]), rpc, sleep=lambda _: None)
        with pytest.raises((WrongProof, NotCovered)):
            reader.read(LOG_KEY)
        rpc.close()
        good.close()


def test_the_light_client_over_rpc(member: Member, tmp_path: Path) -> None:
    rpc = Rpc(member.url)
    light = light_client(tmp_path, member.region, [rpc])
    newest = light.newest()
    assert newest.hash == read_header_hash(member, newest.height) == light.at(newest.height).hash
    assert light.at(1).hash == read_header_hash(member, 1)
    rpc.close()
    with relayed(member.url) as relay:
        relay.change = lie_signature
        lying = Rpc(relay.url)
        with pytest.raises(NoProvider):
            light_client(tmp_path / "other", member.region, [lying]).at(1)
        lying.close()


class Note:
    """A member's server, as far as notes go."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make

    def note(self, tries: int = 3) -> bytes:
        return self._make()

    def close(self) -> None:
        """Nothing is held."""


def test_a_note_over_the_log_counts_where_a_validator_signed_it_over_this_log(member: Member, tmp_path: Path) -> None:
    region, own = member.region, member.ledger
    assert own is not None
    log, stranger = own.view, SigningKey.from_seed(bytes(32))
    name = notes.parse(own.checkpoint()).checkpoint.origin
    size = notes.parse(own.checkpoint()).checkpoint.size
    forged = notes.sign(notes.Checkpoint(name, size, bytes(32)), name, member.node).note().encode()
    nobodys = notes.sign(notes.parse(own.checkpoint()).checkpoint, name, stranger).note().encode()
    beyond = notes.sign(notes.Checkpoint(name, size + 9, bytes(32)), name, member.node).note().encode()
    bad = [Note(lambda raw=raw: raw) for raw in (forged, nobodys, beyond, b"no note")]  # type: ignore[misc]
    with replica(tmp_path / "a", region, member.url, noting=bad) as ledger:
        until(lambda: same(ledger, member))
        with pytest.raises(NoNote):
            ledger.checkpoint()
    with replica(tmp_path / "b", region, member.url, noting=[*bad, Note(own.checkpoint)]) as ledger:
        until(lambda: same(ledger, member))
        assert notes.parse(ledger.checkpoint()).checkpoint.size == size
        evidence, value = prove_state(ledger, LOG_KEY)
        assert value == log().get(LOG_KEY)
        report = verify(evidence, region.genesis_file)
        assert report.verdict is Verdict.UNWITNESSED


def test_evidence_without_a_note_is_good_too(member: Member, tmp_path: Path) -> None:
    with replica(tmp_path / "ledger", member.region, member.url) as ledger:
        until(lambda: same(ledger, member))
        evidence, _ = prove_state(ledger, LOG_KEY)
        assert verify(evidence, member.region.genesis_file).verdict is Verdict.UNWITNESSED


def fsck_of(folder: Path, region: Region) -> list[str]:
    """What fsck finds in a closed replica, but for notes."""
    found = check_ledger(folder, quiet, region.genesis_file).findings
    return [f"{one.file}: {one.what}" for one in found if one.severity is not Severity.NOTE]


def test_fsck_of_a_replica(member: Member, tmp_path: Path) -> None:
    folder, region = tmp_path / "ledger", member.region
    with replica(folder, region, member.url) as ledger:
        until(lambda: same(ledger, member))
    assert fsck_of(folder, region) == []
    blocks, trusted = (folder / "blocks").read_bytes(), (folder / "trusted").read_bytes()
    (folder / "trusted").write_bytes(trusted[:-1])
    assert fsck_of(folder, region) == [
        "trusted: cannot be read: The file of trusted headers is damaged: remove it, and give height and hash of a"
        " header to trust."
    ]
    (folder / "trusted").write_bytes(trusted)
    first = read_block(blocks[8 : 8 + int.from_bytes(blocks[:4], "big")]).header
    vote = first.rindex(b"\x22\x40")  # the signature of the last vote
    forged = bytearray(first)
    forged[vote + 10] ^= 1
    body = encode(Block(bytes(forged), read_block(blocks[8 : 8 + int.from_bytes(blocks[:4], "big")]).batches))
    (folder / "blocks").write_bytes(record(body) + blocks[len(record(body)) :])
    (found,) = [one for one in fsck_of(folder, region) if one.startswith("blocks")]
    assert found.startswith("blocks: the header is not a validator's")


def test_a_damaged_block_file_is_told(member: Member, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with replica(folder, member.region, member.url) as ledger:
        until(lambda: same(ledger, member))
    raw = bytearray((folder / "blocks").read_bytes())
    raw[200] ^= 1
    (folder / "blocks").write_bytes(raw)
    (folder / "state/data.mdb").unlink()
    with pytest.raises(DamagedFile):
        replica(folder, member.region, member.url)
