"""Incapacity: a custodian says, with a witness, that a person cannot decide for herself, and that she can again."""

import os
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.envelopes import EnvelopeBuilder
from salus.contracts.representation.messages import DeclareIncapacity, EndIncapacity
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.types import Message, Salt
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.vault.shared import SharedResource

KIND = "Incapacity"  # no FHIR type has this name


class IncapacityOpening(Message, frozen=True):
    """The document of a declaration and its salt; both stay in the custodian's vault."""

    salt: Salt
    document: bytes


class Declared(NamedTuple):
    """A declaration as it stands on the ledger; `salt` opens the commitment to its document."""

    height: int
    salt: bytes


def declare_incapacity(
    organisation: Organisation, relation: bytes, witness: Organisation | Badge, document: bytes
) -> Declared:
    """Let proxies act. The witness is another member, whose gateway signs too, or a member of staff of one's own.

    The document is in the vault before the ledger knows of it. Raises the contract's refusals.
    """
    opening = IncapacityOpening(os.urandom(32), document)
    evidence = T("incapacity", organisation.network, opening.salt, document)
    kept = SharedResource(KIND, evidence.hex(), encode(opening), "application/cbor")
    organisation.vault.shared.put([kept])
    signers = [(organisation.account, organisation.gateway)]
    if isinstance(witness, Badge):
        message = DeclareIncapacity(organisation.account, relation, organisation.account, witness.commitment, evidence)
    else:
        message = DeclareIncapacity(organisation.account, relation, witness.account, None, evidence)
        signers.append((witness.account, witness.gateway))
    built = EnvelopeBuilder(organisation.network, organisation.ledger.now).build(signers, message)
    return Declared(organisation.carrier.submit_now(built.raw).height, opening.salt)


def end_incapacity(organisation: Organisation, relation: bytes) -> Landed:
    """Let proxies act no longer. Raises the contract's refusals."""
    return organisation.send(EndIncapacity(organisation.account, relation))[1]
