"""The light client: what it believes, what it refuses by name, and what it keeps of an attack."""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from salus.client.light import Kept, Trust
from salus.client.light.block import LightBlock
from salus.client.light.errors import (
    AttackSeen,
    BadTrust,
    DamagedTrust,
    HeaderFromFuture,
    InvalidHeader,
    NoProvider,
    NotConfirmed,
    OtherTrusted,
    TooFarBack,
    TooLittleTrust,
    TooManySteps,
    TrustExpired,
    WrongChain,
)
from salus.client.light.kept import MOST_KEPT
from salus.client.light.trust import PERIOD_NS
from salus.client.light.verification import check_before, check_step
from salus.client.remote_errors import NodeAway, NodeBusy, UnreadableAnswer
from salus.cometbft import chain_id
from salus.cometbft.proto.types_pb2 import Commit, Header, ValidatorSet
from salus.cometbft.validators import validators
from salus.core.errors import Refusal
from salus.vault.errors import StorageFull
from salus.vault.files import LocalFiles
from unit.light_nodes import Node, client
from vectors.committed_chain import NS, Chain, members, signed, stamp, validator_key
from vectors.fixed import NETWORK, fixed

FACTS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/cometbft_light/facts.json").read_text())
REFUSED = {"expired": TrustExpired, "untrusted": TooLittleTrust, "invalid": InvalidHeader}


def changing(height: int) -> Mapping[str, int]:
    """A set that has changed wholly after eight heights."""
    return {f"v{(height // 2) + at}": 10 for at in range(4)}


def light(chain: Chain, height: int) -> LightBlock:
    return LightBlock.of(*chain.block(height))


def fact_block(fact: dict[str, Any]) -> LightBlock:
    parts = (bytes.fromhex(fact[name]) for name in ("header", "commit", "validators"))
    header, commit, shown = (
        kind.FromString(raw) for kind, raw in zip((Header, Commit, ValidatorSet), parts, strict=True)
    )
    return LightBlock.of(header, commit, shown)  # type: ignore[arg-type]


def test_each_step_is_judged_as_cometbfts_own_light_client_judges_it() -> None:
    blocks = {fact["height"]: fact_block(fact) for fact in FACTS["blocks"]}
    outcomes = {fact["outcome"] for fact in FACTS["skips"]}
    assert outcomes == {"ok", *REFUSED}
    for fact in FACTS["skips"]:
        trust = Trust(period_ns=fact["period_ns"], drift_ns=fact["drift_ns"])
        trusted, block = blocks[fact["trusted"]], blocks[fact["height"]]
        try:
            check_step(FACTS["chain_id"], trusted, block, trust, fact["now_ns"])
        except HeaderFromFuture:
            assert fact["outcome"] == "invalid", fact
        except Refusal as refusal:
            assert type(refusal) is REFUSED.get(fact["outcome"]), fact
        else:
            assert fact["outcome"] == "ok", fact


def test_from_the_genesis_in_one_step(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    first, second = Node(chain, 500), Node(chain, 500)
    assert client(chain, tmp_path, first, second).newest().hash == light(chain, 500).hash
    assert first.asked == [1, 500] and second.asked == [1, 500]


def test_over_headers_in_between_where_the_validators_changed(tmp_path: Path) -> None:
    chain = Chain(NETWORK, powers=changing)
    node = Node(chain, 60)
    found = client(chain, tmp_path, node).at(60)
    assert found.hash == light(chain, 60).hash
    assert 4 < len(node.asked) < 60 and node.asked[:3] == [1, 60, 30]


def test_more_headers_in_between_than_allowed(tmp_path: Path) -> None:
    chain = Chain(NETWORK, powers=changing)
    with pytest.raises(NoProvider):
        client(chain, tmp_path, Node(chain, 60), trust=Trust(most_steps=3)).at(60)
    assert TooManySteps.code == 0x507B


def test_what_is_trusted_is_remembered(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    client(chain, tmp_path, Node(chain, 20)).at(20)
    node = Node(chain, 25)
    again = client(chain, tmp_path, node)
    assert again.at(25).height == 25 and node.asked == [25]
    assert again.at(20).height == 20 and node.asked == [25]


def test_the_file_keeps_few_headers_and_always_first_and_newest(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    kept = Kept(tmp_path / "trusted", NETWORK, LocalFiles())
    for height in range(1, 80):
        kept.add(light(chain, height))
    heights = [block.height for block in Kept(tmp_path / "trusted", NETWORK, LocalFiles()).blocks]
    assert len(heights) == MOST_KEPT and heights[0] == 1 and heights[-3:] == [77, 78, 79]
    gaps = [b - a for a, b in pairwise(heights)]
    assert gaps[0] > gaps[-1] == 1


def test_a_header_of_before_by_the_hashes_that_lead_back(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    node = Node(chain, 40)
    found = client(chain, tmp_path, node)
    found.at(40)
    node.asked.clear()
    assert found.at(37).hash == light(chain, 37).hash and node.asked == [39, 38, 37]
    other = chain.fork("other", 30)
    node.chain = other
    with pytest.raises(NoProvider):
        found.at(35)
    with pytest.raises(InvalidHeader):
        check_before(chain_id(NETWORK), light(chain, 36), light(other, 35))


def test_a_header_too_far_before(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    found = client(chain, tmp_path, Node(chain, 40), trust=Trust(40, light(chain, 40).hash, most_steps=5))
    assert found.at(36).height == 36
    with pytest.raises(TooFarBack):
        found.at(34)


def test_trust_begins_where_somebody_vouches_for_it(tmp_path: Path) -> None:
    chain = Chain(NETWORK, powers=changing)
    node = Node(chain, 60)
    found = client(chain, tmp_path, node, trust=Trust(50, light(chain, 50).hash))
    assert found.at(52).hash == light(chain, 52).hash and node.asked[0] == 50


def test_another_header_than_the_one_that_is_vouched_for(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    with pytest.raises(NoProvider):
        client(chain, tmp_path, Node(chain, 60), trust=Trust(50, fixed("another"))).at(52)
    assert not (tmp_path / "trusted").exists() and OtherTrusted.code == 0x5077


def test_the_first_header_of_other_validators_than_the_genesis_names(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    mine = client(Chain(NETWORK, powers=changing), tmp_path, Node(chain, 5))
    with pytest.raises(NoProvider):
        mine.at(5)


def test_trust_that_is_too_old_is_none(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    client(chain, tmp_path, Node(chain, 20)).at(20)
    edge = chain.start_ns + 20 * NS + PERIOD_NS
    assert client(chain, tmp_path, Node(chain, 30), now_ns=lambda: edge - 1).at(25).height == 25
    late = edge + 5 * NS
    with pytest.raises(TrustExpired):
        client(chain, tmp_path, Node(chain, 30), now_ns=lambda: late).at(30)
    with pytest.raises(TrustExpired):
        client(chain, tmp_path, Node(chain, 30), now_ns=lambda: late).newest()
    anew = Trust(28, light(chain, 28).hash)
    assert client(chain, tmp_path, Node(chain, 30), trust=anew, now_ns=lambda: late).at(30).height == 30


def test_a_genesis_that_is_too_old_to_begin_with(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    with pytest.raises(TrustExpired):
        client(chain, tmp_path, Node(chain, 5), now_ns=lambda: chain.start_ns + 2 * PERIOD_NS).at(5)


def test_a_header_from_the_future(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    now = chain.start_ns + 20 * NS - 10 * NS  # the drift that is allowed
    with pytest.raises(HeaderFromFuture):
        client(chain, tmp_path, Node(chain, 20), now_ns=lambda: now).at(20)
    assert client(chain, tmp_path, Node(chain, 20), now_ns=lambda: now + 1).at(20).height == 20


def test_a_header_of_another_network(tmp_path: Path) -> None:
    chain, other = Chain(NETWORK), Chain(fixed("another network"))
    with pytest.raises(WrongChain):
        check_step(chain_id(NETWORK), light(chain, 1), light(other, 2), Trust(), chain.start_ns)
    with pytest.raises(NoProvider):
        client(chain, tmp_path, Node(other, 20)).at(20)


def test_a_node_that_lies_is_asked_no_more_and_the_next_one_is(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    liar, good, witness = Node(chain.fork("lie", 10), 20), Node(chain, 20), Node(chain, 20)
    liar.changed = unsigned
    now = [chain.start_ns + 20 * NS]
    found = client(chain, tmp_path, liar, good, witness, now_ns=lambda: now[0])
    assert found.at(20).hash == light(chain, 20).hash
    liar.asked.clear()
    assert found.at(15).height == 15 and found.newest().height == 20 and liar.asked == []
    now[0] += 601 * NS  # and then it is given another chance
    liar.changed, liar.chain, liar.newest = (lambda block: block), chain, 21
    good.newest = 21
    assert found.newest().height == 21 and liar.asked == [21]


def unsigned(block: LightBlock) -> LightBlock:
    """The block with a commit that too few have signed."""
    commit = signed(block.header, ["a", "b", "c", "d"], absent=frozenset("cd"))
    return block._replace(commit=commit)


@pytest.mark.parametrize("why", [NodeAway, NodeBusy, UnreadableAnswer])
def test_a_node_that_is_away_hangs_or_sends_nonsense(tmp_path: Path, why: type[Refusal]) -> None:
    chain = Chain(NETWORK)
    bad, good, witness = Node(chain, 20), Node(chain, 20), Node(chain, 20)
    bad.away = why
    assert client(chain, tmp_path, bad, good, witness).newest().height == 20
    good.away = why
    with pytest.raises(NotConfirmed):
        client(chain, tmp_path / "second", bad, good, witness).newest()
    witness.away = why
    with pytest.raises(NoProvider):
        client(chain, tmp_path, bad, good, witness).newest()


def test_one_node_alone_is_not_believed_where_another_was_named(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    first, second = Node(chain, 20), Node(chain, 10)
    found = client(chain, tmp_path, first, second)
    with pytest.raises(NotConfirmed):
        found.at(20)
    assert found.newest().height == 10  # as far as both are


def test_heights_that_are_only_claimed_lead_nowhere(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    boasting, other = Node(chain, 20), Node(chain, 20)
    boasting.claimed = other.claimed = 10**9
    assert client(chain, tmp_path, boasting, other, Node(chain, 20)).newest().height == 20


def test_before_the_first_block_there_is_nothing(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    with pytest.raises(LookupError):
        client(chain, tmp_path, Node(chain, 0), Node(chain, 0)).newest()


def test_two_signed_headers_of_one_height_are_kept_and_nothing_is_believed_any_more(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    other = chain.fork("other", 15)
    found = client(chain, tmp_path, Node(chain, 20), Node(other, 20))
    assert found.at(10).height == 10
    with pytest.raises(AttackSeen):
        found.at(20)
    again = client(chain, tmp_path, Node(chain, 30), Node(chain, 30))
    for ask in (again.newest, lambda: again.at(10), lambda: again.at(1)):
        with pytest.raises(AttackSeen):
            ask()
    attack = again.attack
    assert attack is not None and attack.one[0].hash == attack.other[0].hash == light(chain, 10).hash
    assert attack.one[-1].hash == light(chain, 20).hash and attack.other[-1].hash == light(other, 20).hash


def test_the_evidence_names_where_the_two_part_within_a_way_of_many_headers(tmp_path: Path) -> None:
    chain = Chain(NETWORK, powers=changing)
    other = chain.fork("other", 33)
    found = client(chain, tmp_path, Node(chain, 60), Node(other, 60))
    with pytest.raises(AttackSeen):
        found.at(60)
    attack = found.attack
    assert attack is not None
    (common, ours), theirs = attack.one, attack.other
    assert common.height < 33 <= ours.height == theirs[-1].height
    assert theirs[0].hash == common.hash and theirs[-1].hash != ours.hash


def test_two_first_headers_that_the_genesis_validators_signed(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    found = client(chain, tmp_path, Node(chain, 5), Node(chain.fork("other", 1), 5))
    with pytest.raises(AttackSeen):
        found.at(5)


def test_a_witness_whose_other_header_is_not_signed_is_no_attack(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    forged = Node(chain.fork("other", 15), 20)
    forged.changed = lambda block: unsigned(block) if block.height >= 15 else block
    found = client(chain, tmp_path, Node(chain, 20), forged, Node(chain, 20))
    assert found.at(20).hash == light(chain, 20).hash and found.attack is None
    alone = client(chain, tmp_path / "second", Node(chain, 20), forged)
    with pytest.raises(NotConfirmed):
        alone.at(20)


def test_validators_who_left_cannot_rewrite_what_is_trusted(tmp_path: Path) -> None:
    """Those of long ago sign another chain from where they still were: no step leads there from what is trusted."""
    chain = Chain(NETWORK, powers=changing)
    old = chain.fork("old", 10, powers=lambda height: changing(min(height, 10)))
    found = client(chain, tmp_path, Node(chain, 40))
    found.at(40)
    with pytest.raises(InvalidHeader):
        check_step(chain_id(NETWORK), light(chain, 40), light(old, 41), Trust(), chain.start_ns + 41 * NS)
    with pytest.raises(TooLittleTrust):
        check_step(chain_id(NETWORK), light(chain, 40), light(old, 50), Trust(), chain.start_ns + 50 * NS)


@pytest.mark.parametrize("kept", [b"", b"\x00", b"\x84\x01\x40\x80\xf6"])
def test_a_damaged_file(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "trusted").write_bytes(kept)
    with pytest.raises(DamagedTrust):
        Kept(tmp_path / "trusted", NETWORK, LocalFiles())


def test_a_file_of_another_network(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    Kept(tmp_path / "trusted", NETWORK, LocalFiles()).add(light(chain, 1))
    with pytest.raises(WrongChain):
        Kept(tmp_path / "trusted", fixed("another"), LocalFiles())


class _Full(LocalFiles):
    def write(self, path: Path, data: bytes) -> None:
        raise StorageFull


def test_what_cannot_be_kept_is_not_believed(tmp_path: Path) -> None:
    chain = Chain(NETWORK)
    found = client(chain, tmp_path, Node(chain, 20), files=_Full())
    with pytest.raises(StorageFull):
        found.at(20)
    with pytest.raises(StorageFull):
        found.at(20)


@pytest.mark.parametrize(
    "trust",
    [Trust(period_ns=0), Trust(drift_ns=-1), Trust(height=2), Trust(height=0), Trust(2, b"short"), Trust(most_steps=0)],
)
def test_trust_that_is_none(tmp_path: Path, trust: Trust) -> None:
    chain = Chain(NETWORK)
    with pytest.raises(BadTrust):
        client(chain, tmp_path, Node(chain, 2), trust=trust)


def _with(chain: Chain, height: int, **fields: Any) -> LightBlock:
    """A block with fields of its header changed, signed again by the same validators."""
    header, _, shown = chain.block(height)
    changed = Header()
    changed.CopyFrom(header)
    for name, value in fields.items():
        if name == "time":
            changed.time.CopyFrom(value)
        else:
            setattr(changed, name, value)
    names = [
        name
        for one in members(chain.powers(height))
        for name in chain.powers(height)
        if validator_key(name).public == one.public
    ]
    return LightBlock.of(changed, signed(changed, names), shown)


def test_what_does_not_follow_though_it_is_signed() -> None:
    chain = Chain(NETWORK)
    trusted, now = light(chain, 5), chain.start_ns + 20 * NS
    step = chain.start_ns + 5 * NS
    check_step(chain_id(NETWORK), trusted, _with(chain, 6), Trust(), now)
    bad = {
        "a time that does not rise": _with(chain, 6, time=stamp(step)),
        "validators that the header before does not name": _with(
            Chain(NETWORK, powers=lambda height: {"a": 10, "b": 10, "c": 10, "d": 11 if height > 5 else 10}), 6
        ),
        "validators that the header does not name": _with(chain, 6, validators_hash=fixed("other")),
        "no app hash": _with(chain, 6, app_hash=b""),
        "the same height": _with(chain, 5),
        "a height before": _with(chain, 4),
        "another set shown": light(chain, 6)._replace(validators=validators([(validator_key("a").public, 10)])),
        "another hash": light(chain, 6)._replace(hash=fixed("other")),
        "a commit of another block": light(chain, 6)._replace(commit=light(chain, 7).commit),
        "too few signed": unsigned(light(chain, 6)),
    }
    for defect, block in bad.items():
        with pytest.raises(InvalidHeader):
            check_step(chain_id(NETWORK), trusted, block, Trust(), now)
            pytest.fail(defect)
