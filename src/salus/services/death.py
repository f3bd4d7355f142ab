"""Death: recorded and, where it was an error, reversed. What is known of it stays in the vault.

The ledger has who of the staff answers for it and a salted commitment; that and when the person died stand beside
the records, under `DEATHS`, before the ledger knows of it.
"""

import os
from typing import Annotated

from msgspec import Meta

from salus.client.batcher import Landed
from salus.contracts.records.messages_life import RecordDeath, ReverseDeath
from salus.core.encoding import decode
from salus.core.hashing import T
from salus.core.types import Digest, Id, Message, Salt
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.authorise import own_shared
from salus.services.typed import encode_typed
from salus.vault.shared import SharedResource

DEATHS = "Death"  # no FHIR type has this name
_MEDIA_TYPE = "application/cbor"


class DeathNote(Message, frozen=True):
    """What opens the commitment of a recorded death, or of its reversal."""

    relation: Id
    staff: Digest
    reversal: bool
    salt: Salt
    evidence: Annotated[str, Meta(max_length=16 * 1024)]

    def commitment(self, network: bytes) -> bytes:
        """Return what the ledger holds of it."""
        return T("death-reversed" if self.reversal else "death", network, self.salt, self.evidence)


def record_death(organisation: Organisation, relation: bytes, badge: Badge, evidence: str) -> Landed:
    """Record that the person has died. Nothing of hers is changed by it, so that it can be reversed.

    Raises the contract's refusals.
    """
    commitment = _note(organisation, DeathNote(relation, badge.commitment, False, os.urandom(32), evidence))
    _, landed = organisation.send(RecordDeath(organisation.account, relation, badge.commitment, commitment))
    return landed


def reverse_death(organisation: Organisation, relation: bytes, badge: Badge, evidence: str) -> Landed:
    """Record that the person lives: every decision is again what it was. Raises the contract's refusals."""
    commitment = _note(organisation, DeathNote(relation, badge.commitment, True, os.urandom(32), evidence))
    _, landed = organisation.send(ReverseDeath(organisation.account, relation, badge.commitment, commitment))
    return landed


def death_notes(organisation: Organisation, relation: bytes) -> tuple[DeathNote, ...]:
    """Return what the vault has noted of the relation's deaths and reversals, by name."""
    shared, scope = organisation.vault.shared, own_shared(organisation)
    names = [name for name in shared.names(scope, DEATHS) if name.startswith(relation.hex() + "/")]
    return tuple(decode(shared.get(scope, DEATHS, name)[1], DeathNote) for name in names)


def note_resource(network: bytes, note: DeathNote) -> SharedResource:
    """Return how a note is kept."""
    raw = encode_typed(note)
    return SharedResource(DEATHS, f"{note.relation.hex()}/{note.commitment(network).hex()}", raw, _MEDIA_TYPE)


def _note(organisation: Organisation, note: DeathNote) -> bytes:
    organisation.vault.shared.put([note_resource(organisation.network, note)])
    return note.commitment(organisation.network)
