"""The genesis document names the network, and every founder proved every key."""

import pytest

from salus.core.encoding import encode
from salus.core.errors import InvalidKey, Malformed
from salus.core.genesis import (
    Founder,
    FounderKey,
    FounderValidator,
    Genesis,
    GenesisFile,
    founder_id,
    listed_keys,
    network_id,
    read_genesis,
    validator_keys,
)
from salus.core.keys import Role, list_key
from salus.core.signatures import ED25519, SigningKey

ADMIN, GATEWAY, NODE = (SigningKey.from_seed(bytes([i]) * 32) for i in (1, 2, 3))
ROLES = ((Role.ADMINISTRATION, ADMIN), (Role.GATEWAY, GATEWAY))


def genesis(validator: int = 0) -> Genesis:
    keys = tuple(FounderKey(ED25519, role, key.public) for role, key in ROLES)
    founder = Founder("Northside Hospital", "north", (1,), 1, keys, bytes(32))
    return Genesis(1, 1, "test", 5, (founder,), (FounderValidator(validator, NODE.public, 10),), (), (), (), ())


def sealed(document: Genesis, keys: tuple[SigningKey, ...] = (ADMIN, GATEWAY, NODE)) -> bytes:
    raw = encode(document)
    listed = list(listed_keys(document))
    proofs = tuple(
        list_key(network_id(raw), account, Role(role), key).proof
        for (account, role, _), key in zip(listed, keys, strict=True)
    )
    return encode(GenesisFile(raw, proofs))


def test_network_is_the_hash_of_the_document() -> None:
    network, document = read_genesis(sealed(genesis()))
    assert network == network_id(encode(genesis())) and document == genesis()
    assert validator_keys(network, document) == {NODE.id(network): (NODE.public, 10)}
    assert len(founder_id(document.founders[0])) == 32


def test_a_key_without_its_proof_is_refused() -> None:
    with pytest.raises(InvalidKey):
        read_genesis(sealed(genesis(), (ADMIN, NODE, GATEWAY)))


def test_missing_or_further_proofs_are_refused() -> None:
    raw = encode(genesis())
    for count in (0, 2, 4):
        with pytest.raises(InvalidKey):
            read_genesis(encode(GenesisFile(raw, (bytes(64),) * count)))


def test_a_validator_of_no_founder_is_refused() -> None:
    with pytest.raises(InvalidKey):
        read_genesis(encode(GenesisFile(encode(genesis(validator=1)), ())))


def test_garbage_is_malformed() -> None:
    for raw in (b"", b"\x80", encode(GenesisFile(b"junk", ()))):
        with pytest.raises(Malformed):
            read_genesis(raw)
