"""Validators and their set: addresses, order, hash. Salus takes Ed25519 keys alone.

https://docs.cometbft.com/v0.38/spec/core/data_structures#validatorset
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from salus.cometbft.hashing import encoded, tree_root
from salus.cometbft.proto.types_pb2 import PublicKey, SimpleValidator, ValidatorSet
from salus.cometbft.proto.types_pb2 import Validator as ValidatorMessage
from salus.core.errors import Malformed

MAX_TOTAL_POWER = (2**63 - 1) // 8
ADDRESS_BYTES = 20


def address(public: bytes) -> bytes:
    """Return the 20 bytes by which CometBFT names the validator with this Ed25519 key."""
    return sha256(public).digest()[:ADDRESS_BYTES]


class Validator(NamedTuple):
    """One validator, of a set whose hash is known or whose members are trusted."""

    address: bytes
    public: bytes
    power: int


Validators = Sequence[Validator]


def validators(members: Iterable[tuple[bytes, int]]) -> tuple[Validator, ...]:
    """Return the set of these (public key, power) in CometBFT's order: most power first, then by address."""
    made = [Validator(address(public), public, power) for public, power in members]
    return tuple(sorted(made, key=_rank))


def _rank(one: Validator) -> tuple[int, bytes]:
    return -one.power, one.address


def total_power(members: Validators) -> int:
    """Return the power of all."""
    return sum(one.power for one in members)


def set_hash(members: Validators) -> bytes:
    """Return the `validators_hash` of a header whose block these validators decide; 32 bytes."""
    return tree_root(
        encoded(SimpleValidator(pub_key=PublicKey(ed25519=one.public), voting_power=one.power)) for one in members
    )


def validator_set(members: Validators) -> ValidatorSet:
    """Return the set as a message, with what its hash covers and the addresses; no priorities and no proposer."""
    made = ValidatorSet()
    for one in members:
        made.validators.append(
            ValidatorMessage(address=one.address, pub_key=PublicKey(ed25519=one.public), voting_power=one.power)
        )
    return made


def read_validators(shown: ValidatorSet) -> tuple[Validator, ...]:
    """Return the set in `shown`, whatever priorities and proposer it shows.

    Raises Malformed unless it has a member, each with an Ed25519 key, its address and some power, in the one order, and
    no more power together than CometBFT allows.
    """
    members = []
    for one in shown.validators:
        public = one.pub_key.ed25519
        if len(public) != 32 or one.address != address(public) or one.voting_power < 1:
            raise Malformed
        members.append(Validator(one.address, public, one.voting_power))
    ordered = all(_rank(a) < _rank(b) for a, b in pairwise(members))
    if not members or not ordered or total_power(members) > MAX_TOTAL_POWER:
        raise Malformed
    return tuple(members)
