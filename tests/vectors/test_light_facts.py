"""What CometBFT's own code says of hashes, commits and signatures, ours says too (`cometbft_light/`, a Go program)."""

import json
from pathlib import Path
from typing import Any

import pytest

from salus.cometbft.commit import check_commit, verify_commit, verify_commit_trusting, vote_sign_bytes
from salus.cometbft.hashing import encoded, transactions_root
from salus.cometbft.header import header_hash
from salus.cometbft.proto.types_pb2 import Commit, Header, ValidatorSet, Vote
from salus.cometbft.reading import read
from salus.cometbft.validators import read_validators, set_hash
from salus.cometbft.zip215 import verify
from salus.core.errors import Malformed, WrongSignature

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "cometbft_light/facts.json").read_text())
CHAIN: str = FACTS["chain_id"]
BLOCKS: dict[int, dict[str, Any]] = {block["height"]: block for block in FACTS["blocks"]}
NOT_LOOKED_AT = "nil vote whose signature is for the block"  # votes for no block count for nothing here


def header(height: int) -> Header:
    return read(bytes.fromhex(BLOCKS[height]["header"]), Header)


def members(height: int) -> ValidatorSet:
    return read(bytes.fromhex(BLOCKS[height]["validators"]), ValidatorSet)


def holds(height: int, commit: Commit) -> bool:
    """Whether we take the commit for the header of a height."""
    try:
        check_commit(commit)
        if commit.block_id.hash != header_hash(header(height)):
            return False
        verify_commit(CHAIN, read_validators(members(height)), commit.block_id, height, commit)
    except (Malformed, WrongSignature):
        return False
    return True


def test_the_root_of_transactions() -> None:
    for fact in FACTS["transactions"]:
        assert transactions_root(bytes.fromhex(one) for one in fact["transactions"]).hex() == fact["root"]


@pytest.mark.parametrize("height", BLOCKS)
def test_hashes_of_headers_and_of_sets(height: int) -> None:
    block = BLOCKS[height]
    found = read_validators(members(height))
    assert header_hash(header(height)).hex() == block["hash"]
    assert set_hash(found).hex() == block["validators_hash"] == header(height).validators_hash.hex()
    assert [one.address.hex() for one in found] == block["addresses"]
    assert encoded(header(height)).hex() == block["header"] and encoded(members(height)).hex() == block["validators"]
    assert holds(height, read(bytes.fromhex(block["commit"]), Commit))


def test_what_a_vote_signs() -> None:
    assert len(FACTS["votes"]) == 108
    for fact in FACTS["votes"]:
        vote = read(bytes.fromhex(fact["vote"]), Vote)
        assert vote_sign_bytes(fact["chain_id"], vote).hex() == fact["signed"]


@pytest.mark.parametrize("fact", FACTS["commits"], ids=lambda fact: fact["name"])
def test_commits(fact: dict[str, Any]) -> None:
    """CometBFT's light client stops once enough have signed; we look at every vote for the block."""
    ours = holds(fact["height"], Commit.FromString(bytes.fromhex(fact["commit"])))
    assert ours == ((fact["basic"] and fact["whole"]) or fact["name"] == NOT_LOOKED_AT)
    assert fact["light"] or not ours


def test_who_leads_to_whom() -> None:
    assert {fact["enough"] for fact in FACTS["trusting"]} == {True, False}
    for fact in FACTS["trusting"]:
        commit = read(bytes.fromhex(BLOCKS[fact["height"]]["commit"]), Commit)
        try:
            verify_commit_trusting(CHAIN, read_validators(members(fact["trusted"])), commit)
        except WrongSignature:
            assert not fact["enough"], fact
        else:
            assert fact["enough"], fact


def test_edges_of_ed25519() -> None:
    assert sum(not fact["valid"] for fact in FACTS["signatures"]) == 4
    for fact in FACTS["signatures"]:
        parts = (bytes.fromhex(fact[name]) for name in ("public", "message", "signature"))
        assert verify(*parts) == fact["valid"], fact
