"""What CometBFT's own Go code answered (cometbft/facts.json), our code answers too."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from salus.client.cometbft.calls import read as answer
from salus.client.cometbft.evidence import EvidenceForm
from salus.cometbft import chain_id
from salus.cometbft.commit import verify_commit, verify_commit_trusting
from salus.cometbft.evidence import Attack, check_duplicate_vote, check_light_client_attack, light_client_attack
from salus.cometbft.genesis import MAX_BLOCK_BYTES, NO_LIMIT, cometbft_genesis
from salus.cometbft.hashing import (
    commit_root,
    encoded,
    evidence_root,
    parameters_hash,
    results_root,
    transactions_root,
)
from salus.cometbft.header import header_hash
from salus.cometbft.proto.abci_pb2 import ExecTxResult
from salus.cometbft.proto.types_pb2 import (
    BlockID,
    Commit,
    DuplicateVoteEvidence,
    Header,
    LightClientAttackEvidence,
    Proposal,
    SignedHeader,
    ValidatorSet,
    Vote,
)
from salus.cometbft.reading import read
from salus.cometbft.validators import Validator, address, read_validators, set_hash, validator_set, validators
from salus.cometbft.votes import extension_sign_bytes, proposal_sign_bytes, vote_sign_bytes
from salus.cometbft.zip215 import verify
from salus.core.errors import Malformed, Refusal
from salus.core.genesis import read_genesis
from salus.evidence.header import parse_header, read_header

from .cometbft_facts import FACTS
from .core_vectors import genesis_file

HERE = Path(__file__).parent
bytes_of = bytes.fromhex
Case = dict[str, Any]
Finding = tuple[str, object, object]  # what it is about, what CometBFT says, what we say


def refused(do: Callable[[], object]) -> bool:
    try:
        do()
    except Refusal:
        return True
    return False


def members(case: Case, name: str = "validators") -> tuple[Validator, ...]:
    return read_validators(read(bytes_of(case[name]), ValidatorSet))


def hashes(facts: Case) -> Iterator[Finding]:
    for case in facts["headers"]:
        header = read(bytes_of(case["header"]), Header)
        yield "header", case["hash"], header_hash(header).hex()
    for case in facts["validators"]:
        made = validators((bytes_of(one["public"]), one["power"]) for one in case["members"])
        yield "validators' hash", case["hash"], set_hash(made).hex()
        yield "validators' encoding", case["set"], encoded(validator_set(made)).hex()
        yield "validators read", made, members(case, "set")
    roots = facts["roots"]
    for case in roots["transactions"]:
        yield "transactions", case["root"], transactions_root(map(bytes_of, case["transactions"])).hex()
    for case in roots["results"]:
        results = [ExecTxResult.FromString(bytes_of(one)) for one in case["results"]]
        yield "results", case["root"], results_root(results).hex()
    for case in roots["commits"]:
        yield "commit", case["root"], commit_root(read(bytes_of(case["commit"]), Commit)).hex()
    for case in roots["parameters"]:
        yield "parameters", case["hash"], parameters_hash(case["max_bytes"], case["max_gas"]).hex()
    for case in facts["evidence"]:
        shown = answer(json.dumps(case["shown"]), EvidenceForm).read()
        made = [encoded(getattr(one, one.WhichOneof("sum"))).hex() for one in shown.evidence]
        yield "evidence", case["encodings"], made
        yield "evidence's root", case["root"], evidence_root(shown).hex()


def sign_bytes(facts: Case) -> Iterator[Finding]:
    for case in facts["votes"]:
        vote = read(bytes_of(case["vote"]), Vote)
        yield "vote", case["sign_bytes"], vote_sign_bytes(case["chain"], vote).hex()
        yield "extension", case["extension"], extension_sign_bytes(case["chain"], vote).hex()
    for case in facts["proposals"]:
        proposal = read(bytes_of(case["proposal"]), Proposal)
        yield "proposal", case["sign_bytes"], proposal_sign_bytes(case["chain"], proposal).hex()


def signatures(facts: Case) -> Iterator[Finding]:
    for case in facts["signatures"]:
        public, message, signature = (bytes_of(case[part]) for part in ("public", "message", "signature"))
        yield f"{case['name']} {case['public']} {case['signature']}", case["valid"], verify(public, message, signature)


def commits(facts: Case) -> Iterator[Finding]:
    for case in facts["commits"]:
        commit, block = Commit.FromString(bytes_of(case["commit"])), BlockID.FromString(bytes_of(case["block_id"]))
        own, trusted, chain = members(case), members(case, "trusted"), case["chain"]
        ours = not refused(lambda: verify_commit(chain, own, block, case["height"], commit))
        yield case["name"], case["whole"] and case["light_all"], ours
        ours = not refused(lambda: verify_commit_trusting(chain, trusted, commit))
        yield f"{case['name']}, trusting", case["whole"] and case["trusting_all"], ours


def misbehaviour(facts: Case) -> Iterator[Finding]:
    for case in facts["duplicate_votes"]:
        shown = read(bytes_of(case["evidence"]), DuplicateVoteEvidence)
        ours = not refused(lambda: check_duplicate_vote(case["chain"], shown, members(case)))
        yield case["name"], case["valid"], ours
    for case in facts["attacks"]:
        attack = read(bytes_of(case["evidence"]), LightClientAttackEvidence)
        common, trusted = read(bytes_of(case["common"]), Header), read(bytes_of(case["trusted"]), SignedHeader)
        ours = not refused(lambda: check_light_client_attack(case["chain"], attack, common, members(case), trusted))
        yield case["name"], case["valid"], ours
        if case["valid"]:
            made = light_client_attack(common, members(case), trusted, attack.conflicting_block)
            yield f"{case['name']}, made by us", case["evidence"], encoded(made).hex()


PARTS = (hashes, sign_bytes, signatures, commits, misbehaviour)


def differences(facts: Case) -> list[str]:
    """Return where our code and CometBFT's do not answer alike."""
    return [
        f"{name}: CometBFT {theirs}, ours {ours}"
        for part in PARTS
        for name, theirs, ours in part(facts)
        if theirs != ours
    ]


@pytest.fixture(scope="module")
def facts() -> Case:
    return json.loads(FACTS.read_text())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def committed() -> Case:
    return json.loads((HERE / "committed.json").read_text())  # type: ignore[no-any-return]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_ours_answers_as_cometbft(part: Callable[[Case], Iterator[Finding]], facts: Case) -> None:
    found = list(part(facts))
    assert len(found) > 10
    assert [one for one in found if one[1] != one[2]] == []


def test_the_comparison_notices_a_difference(facts: Case) -> None:
    facts = json.loads(json.dumps(facts))
    facts["headers"][0]["hash"] = "00" * 32
    facts["signatures"][0]["valid"] = not facts["signatures"][0]["valid"]
    assert len(differences(facts)) == 2


def test_both_answers_of_each_kind_are_among_the_cases(facts: Case) -> None:
    for kind, key in (("signatures", "valid"), ("duplicate_votes", "valid"), ("attacks", "valid")):
        assert {case[key] for case in facts[kind]} == {True, False}
    assert {(case["light_all"], case["trusting_all"]) for case in facts["commits"]} == {
        (True, True), (True, False), (False, True), (False, False),
    }  # fmt: skip


def test_each_kind_of_attack_convicts_who_took_part(facts: Case) -> None:
    kinds = {"lunatic": (Attack.LUNATIC, 7), "equivocation": (Attack.EQUIVOCATION, 6), "amnesia": (Attack.AMNESIA, 0)}
    for case in facts["attacks"]:
        if case["name"] in kinds:
            attack = read(bytes_of(case["evidence"]), LightClientAttackEvidence)
            common, trusted = read(bytes_of(case["common"]), Header), read(bytes_of(case["trusted"]), SignedHeader)
            found = check_light_client_attack(case["chain"], attack, common, members(case), trusted)
            assert (found.attack, len(found.validators)) == kinds.pop(case["name"])
    assert not kinds


def test_committed_headers_say_what_their_bytes_say(committed: Case) -> None:
    network = bytes_of(committed["network"])
    assert committed["chain"] == chain_id(network)
    trusted = {bytes_of(one["public"]): (bytes_of(one["public"]), one["power"]) for one in committed["trusted"]}
    for case in committed["valid"]:
        raw = bytes_of(case["header"])
        read_back = read_header(network, raw, trusted)
        assert read_back == parse_header(network, raw) and read_back.raw == raw
        said = read_back.header
        assert (said.format, said.network, said.height, said.time) == (2, network, case["height"], case["time"])
        shown = (read_back.hash, said.previous, said.batches, said.app_hash, said.node)
        assert tuple(one.hex() for one in shown) == tuple(
            case[name] for name in ("hash", "previous", "batches", "app_hash", "node")
        )


def test_each_defect_of_a_committed_header_is_refused_by_its_code(committed: Case) -> None:
    network = bytes_of(committed["network"])
    trusted = {bytes_of(one["public"]): (bytes_of(one["public"]), one["power"]) for one in committed["trusted"]}
    for case in committed["invalid"]:
        with pytest.raises(Refusal) as caught:
            read_header(network, bytes_of(case["header"]), trusted)
        assert caught.value.code == case["code"], case["name"]


# What CometBFT's light client has nothing against: the forms that only our one encoding rules out, what it lets its
# full nodes check, and the network's name around the header.
ONLY_OURS = frozenset(
    (
        "a priority, which nobody signed",
        "a proposer, whom nobody signed",
        "another network",
        "header with an unknown field",
        "header with a number in a longer form",
        "commit with a field twice",
        "validators with a default written out",
        "app hash of 20 bytes",
        "no data hash",
        "before 1970",
        "no block before",
        "no parts",
    )
)


def test_cometbfts_light_client_believes_the_same_headers(facts: Case, committed: Case) -> None:
    answers = facts["committed"]
    assert answers.keys() == {case["name"] for case in committed["valid"] + committed["invalid"]}
    assert [case["name"] for case in committed["valid"] if not answers[case["name"]]] == []
    assert {case["name"] for case in committed["invalid"] if answers[case["name"]]} == ONLY_OURS


def test_cometbft_reads_our_genesis(facts: Case) -> None:
    made, said = cometbft_genesis(genesis_file()), facts["genesis"]
    network, document = read_genesis(genesis_file())
    founders = validators((one.public, one.power) for one in document.validators)
    assert said == {
        "chain_id": chain_id(network),
        "time_ms": document.time,
        "initial_height": 1,
        "validators_hash": set_hash(founders).hex(),
        "consensus_hash": parameters_hash(MAX_BLOCK_BYTES, NO_LIMIT).hex(),
        "max_bytes": 4 * 1024 * 1024,
        "extensions": 0,
    }
    assert made == json.loads((HERE / "cometbft-genesis.json").read_text())["cometbft"]
    assert [one["address"] for one in made["validators"]] == [  # type: ignore[attr-defined]
        address(one.public).hex().upper() for one in document.validators
    ]


def test_a_genesis_that_is_none_is_refused() -> None:
    with pytest.raises(Malformed):
        cometbft_genesis(genesis_file()[:-1])
