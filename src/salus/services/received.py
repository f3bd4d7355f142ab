"""What an organisation received: copies in its vault that say where they came from, never anchored as its own."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.record import LeafHeader, leaf_hash
from salus.core.types import Digest, Id, Message
from salus.evidence.format import Evidence
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.objects import SealedDelivery
from salus.services.records import Record
from salus.vault.shared import SharedResource

KIND, EVIDENCE = "Received", "Evidence of what was received"  # no FHIR type has such a name
_MEDIA_TYPE = "application/cbor"


class Copy(Message, frozen=True):
    """A received version: its header as the custodian committed to it, its exact octets, and its origin."""

    header: Annotated[bytes, Meta(max_length=64 * 1024)]
    octets: bytes
    origin: tuple[Id, Digest, Id]  # (custodian, leaf, release)
    relation: Id  # at the custodian


def keep(organisation: Organisation, delivery: SealedDelivery, evidence: Evidence, name: str, raw: bytes) -> None:
    """Store the records of a verified release in one transaction, and its evidence file `raw` under a name.

    Storing them again changes nothing.
    """
    network, copies = organisation.network, [_evidence(name, raw)]
    for fact in evidence.records:
        if fact.content is not None:
            leaf = leaf_hash(network, delivery.relation, fact.salt, fact.header)
            origin = (delivery.sender, leaf, delivery.release)
            copy = Copy(fact.header, fact.content[1], origin, delivery.relation)
            name = f"{delivery.release.hex()}/{decode(fact.header, LeafHeader).record.hex()}"
            copies.append(SharedResource(KIND, name, encode(copy), _MEDIA_TYPE))
    organisation.vault.shared.put(copies)


def keep_evidence(organisation: Organisation, name: str, raw: bytes) -> None:
    """Store an evidence file alone; storing it again changes nothing."""
    organisation.vault.shared.put([_evidence(name, raw)])


def _evidence(name: str, raw: bytes) -> SharedResource:
    return SharedResource(EVIDENCE, name, raw, _MEDIA_TYPE)


def list_evidence(organisation: Organisation) -> Iterator[tuple[str, bytes]]:
    """Yield (name, file) of the evidence of everything the organisation received, sorted by name."""
    scope, shared = own_shared(organisation), organisation.vault.shared
    for name in shared.names(scope, EVIDENCE):
        yield name, shared.get(scope, EVIDENCE, name)[1]


def list_received(organisation: Organisation) -> tuple[tuple[bytes, Record], ...]:
    """Return (release, record) of everything the organisation received, sorted by release and record."""
    scope, shared = own_shared(organisation), organisation.vault.shared
    found = []
    for name in shared.names(scope, KIND):
        copy = decode(shared.get(scope, KIND, name)[1], Copy)
        found.append((copy.origin[2], Record(decode(copy.header, LeafHeader), copy.octets)))
    return tuple(found)
