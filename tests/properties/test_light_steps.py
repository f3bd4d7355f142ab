"""Steps of the light client against a naive rule over names and powers, and whole ways against the chain itself."""

import random
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from salus.client.light.block import LightBlock
from salus.client.light.errors import InvalidHeader, TooLittleTrust
from salus.client.light.trust import Trust
from salus.client.light.verification import check_step
from salus.cometbft import chain_id
from salus.core.errors import Refusal
from unit.light_nodes import Node, client
from vectors.committed_chain import NS, Chain
from vectors.fixed import NETWORK

SEEDS = range(40)
HEIGHTS = 24
NAMES = "abcdefghij"


def random_chain(pick: random.Random) -> Chain:
    """Validators come, go and change their power at random; some of them do not sign."""
    powers: dict[int, dict[str, int]] = {}
    current = {name: pick.randint(1, 40) for name in pick.sample(NAMES, pick.randint(1, 6))}
    for height in range(1, HEIGHTS + 2):
        powers[height] = dict(current)
        if pick.random() < 0.4:
            current[pick.choice(NAMES)] = pick.randint(1, 40)
        if pick.random() < 0.4 and len(current) > 1:
            del current[pick.choice(sorted(current))]
    absent = {
        height: frozenset(name for name in powers[height] if pick.random() < 0.2) for height in range(1, HEIGHTS + 1)
    }
    return Chain(NETWORK, powers=lambda height: powers[height], absent=lambda height: absent[height])


def share(counted: Mapping[str, int], names: set[str]) -> Fraction:
    return Fraction(sum(power for name, power in counted.items() if name in names), sum(counted.values()))


def naive(chain: Chain, trusted: int, height: int) -> type[Refusal] | None:
    """What the rule says, by names: nothing of hashes, signatures or encodings."""
    signers = set(chain.powers(height)) - chain.absent(height)
    if height <= trusted:
        return InvalidHeader
    if height > trusted + 1 and share(chain.powers(trusted), signers) <= Fraction(1, 3):
        return TooLittleTrust
    if share(chain.powers(height), signers) <= Fraction(2, 3):
        return InvalidHeader
    return None


@pytest.mark.parametrize("seed", SEEDS)
def test_each_step_as_a_naive_rule_judges_it(seed: int) -> None:
    pick = random.Random(seed)
    chain = random_chain(pick)
    now, told = chain.start_ns + HEIGHTS * NS, set()
    for _ in range(60):
        trusted, height = pick.randint(1, HEIGHTS), pick.randint(1, HEIGHTS)
        expected = naive(chain, trusted, height)
        told.add(expected)
        blocks = (LightBlock.of(*chain.block(at)) for at in (trusted, height))
        found = None
        try:
            check_step(chain_id(NETWORK), *blocks, Trust(), now)
        except Refusal as refusal:
            found = type(refusal)
        assert found is expected, f"seed {seed}: from {trusted} to {height}"
    assert len(told) > 1, f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_believed_is_on_the_chain_whatever_some_nodes_show(seed: int, tmp_path: Path) -> None:
    """Honest nodes lead there wherever each header is decided; nodes that show changed blocks never lead elsewhere."""
    pick = random.Random(1000 + seed)
    chain = random_chain(pick)
    decided = [
        h
        for h in range(1, HEIGHTS + 1)
        if share(chain.powers(h), set(chain.powers(h)) - chain.absent(h)) > Fraction(2, 3)
    ]
    whole = decided == list(range(1, HEIGHTS + 1))
    liar = Node(chain, HEIGHTS)
    liar.changed = lambda block: _changed(block, pick)
    found = client(chain, tmp_path, liar, Node(chain, HEIGHTS), Node(chain, HEIGHTS))
    for _ in range(8):
        height = pick.randint(1, HEIGHTS)
        try:
            block = found.at(height)
        except Refusal as refusal:
            assert not whole, f"seed {seed}: {refusal}"
        else:
            assert block.hash == LightBlock.of(*chain.block(height)).hash, f"seed {seed}"


def _changed(block: LightBlock, pick: random.Random) -> LightBlock:
    """The block as it is, or with one byte of it turned."""
    if pick.random() < 0.3:
        return block
    step = [bytearray(part) for part in block.step]
    part = pick.choice(step)
    part[pick.randrange(len(part))] ^= 1 << pick.randrange(8)
    return LightBlock.read((bytes(step[0]), bytes(step[1]), bytes(step[2])))
