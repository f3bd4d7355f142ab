"""Put the openings of an escrow back into a vault: of staff, and of the sealed parts of directives.

A vault that was restored from an older copy lacks those of since. What the ledger does not know is not put back.
"""

from typing import NamedTuple

from salus.contracts.accounts.keys import staff_key
from salus.contracts.consent import queries as consent
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.policy.types import SealedPart, sealed_commitment
from salus.services.actors import Organisation
from salus.services.attest_staff import KIND as STAFF
from salus.services.errors import OtherEscrow
from salus.services.escrow_objects import Escrowed
from salus.services.hold_share import MEDIA_TYPE
from salus.services.objects import SealedPartOpening, StaffOpening
from salus.vault.errors import NoSuchRelation
from salus.vault.shared import SharedResource


class Restored(NamedTuple):
    """How many openings are in the vault now, and of how many sealed parts it has no relation."""

    staff: int
    parts: int
    without_relation: int


def restore_openings(organisation: Organisation, escrowed: Escrowed) -> Restored:
    """Put back every opening that opens what stands on the ledger; again changes nothing. Raises OtherEscrow."""
    if escrowed.organisation != organisation.account:
        raise OtherEscrow
    staff = [(one, raw) for raw in escrowed.staff if (one := _commitment(organisation, raw)) is not None]
    organisation.vault.shared.put(SharedResource(STAFF, one.hex(), raw, MEDIA_TYPE) for one, raw in staff)
    parts = without = 0
    for relation, directive, raw in escrowed.parts:
        if not _opens(organisation, relation, directive, raw):
            continue
        try:
            organisation.vault.directives.put(relation, directive, raw)
            parts += 1
        except NoSuchRelation:
            without += 1
    return Restored(len(staff), parts, without)


def _commitment(organisation: Organisation, raw: bytes) -> bytes | None:
    """Return what the opening opens, if the organisation attested it."""
    commitment = decode(raw, StaffOpening).commitment(organisation.network)
    known = organisation.ledger.view().get(staff_key(organisation.account, commitment))
    return None if known is None else commitment


def _opens(organisation: Organisation, relation: bytes, directive: bytes, raw: bytes) -> bool:
    entry = consent.directive(organisation.ledger.view(), relation, directive)
    try:
        opening = decode(raw, SealedPartOpening)
        decode(opening.body, SealedPart)
    except Malformed:
        return False
    if entry is None:
        return False
    made = sealed_commitment(organisation.network, relation, directive, entry.version, opening.salt, opening.body)
    return made == entry.sealed
