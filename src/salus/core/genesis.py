"""The genesis document: what the founders agreed on, and whose hash names the network.

`network = SHA-256(document)`. Inside the document the network counts as 32 zero bytes, so it holds
no key id; the founders' proofs of possession, which bind the network, stand outside it.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode
from salus.core.errors import InvalidKey
from salus.core.hashing import NO_NETWORK, object_id
from salus.core.keys import FOREVER, KeyEntry, Role, proved
from salus.core.signatures import ED25519, key_id
from salus.core.types import Count, Digest, Message, Name, PublicKey, Signature, Small, Time


class FounderKey(Message, frozen=True):
    """A key of a founder, in force from the start; suite 1 is Ed25519."""

    suite: Annotated[int, Meta(ge=ED25519, le=ED25519)]
    role: Small
    public: PublicKey


class Founder(Message, frozen=True):
    """A founding member."""

    name: Name
    realm: Name
    roles: tuple[Small, ...]  # sorted; salus.policy.types.OrganisationRole
    threshold: Small  # how many administration keys must sign
    keys: Annotated[tuple[FounderKey, ...], Meta(min_length=1, max_length=32)]
    seal_key: Digest  # id of its HPKE public key


class FounderValidator(Message, frozen=True):
    """A validator of a founder; in embedded mode the node's key is the one validator."""

    founder: Small  # index into `founders`
    public: PublicKey
    power: Count


class Purpose(Message, frozen=True):
    """A row of the governed table of purposes; v3-ActReason codes by default."""

    number: Small
    system: Annotated[str, Meta(max_length=256)]
    code: Annotated[str, Meta(min_length=1, max_length=64)]
    implied_by: tuple[Small, ...]  # a permit for any of these serves this purpose too


class FoundingGroup(Message, frozen=True):
    """A group of organisations that can be a grantee."""

    name: Name
    members: tuple[Small, ...]  # indexes into `founders`


class Genesis(Message, frozen=True):
    """The document. `hash_suite` 1 is SHA-256."""

    format: Annotated[int, Meta(ge=1, le=1)]
    hash_suite: Annotated[int, Meta(ge=1, le=1)]
    name: Name
    time: Time
    founders: Annotated[tuple[Founder, ...], Meta(min_length=1, max_length=1024)]
    validators: Annotated[tuple[FounderValidator, ...], Meta(min_length=1, max_length=1024)]
    parameters: tuple[tuple[Small, Count], ...]  # sorted by number; those left out have their default
    policies: tuple[bytes, ...]  # salus.policy.policies.FoundingSet, encoded; beside strict opt-in
    purposes: tuple[Purpose, ...]  # sorted by number
    groups: tuple[FoundingGroup, ...]


class GenesisFile(Message, frozen=True):
    """The document as bytes, and a proof of possession for each key in the order of `listed_keys`."""

    document: bytes
    proofs: tuple[Signature, ...]


def network_id(document: bytes) -> bytes:
    """Return the network's id: SHA-256 of the encoded document."""
    return sha256(document).digest()


def founder_id(founder: Founder) -> bytes:
    """Return the account id of a founder, derived from its first key."""
    return object_id("organisation", NO_NETWORK, founder.keys[0].public, bytes(16), 0, 0)


def listed_keys(genesis: Genesis) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield (account, role, public key) of every key in the document, in the order of its proofs."""
    for founder in genesis.founders:
        account = founder_id(founder)
        for key in founder.keys:
            yield account, key.role, key.public
    for validator in genesis.validators:
        yield founder_id(genesis.founders[validator.founder]), int(Role.VALIDATOR), validator.public


def read_genesis(raw: bytes) -> tuple[bytes, Genesis]:
    """Return (network, document) of a genesis file.

    Raises Malformed, or InvalidKey where a key is listed twice or its possession is not proved.
    """
    file = decode(raw, GenesisFile)
    genesis = decode(file.document, Genesis)
    network = network_id(file.document)
    if any(v.founder >= len(genesis.founders) for v in genesis.validators):
        raise InvalidKey
    keys = list(listed_keys(genesis))
    if len(keys) != len(file.proofs) or len(dict.fromkeys(public for _, _, public in keys)) != len(keys):
        raise InvalidKey
    for (account, role, public), proof in zip(keys, file.proofs, strict=True):
        if not proved(network, account, KeyEntry(ED25519, role, public, 0, FOREVER, proof)):
            raise InvalidKey
    return network, genesis


def validator_keys(network: bytes, genesis: Genesis) -> dict[bytes, tuple[bytes, int]]:
    """Return {key id: (public key, power)} of the founding validators."""
    return {key_id(network, v.public): (v.public, v.power) for v in genesis.validators}
