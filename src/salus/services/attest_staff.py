"""Attest a member of staff: a salted commitment on the ledger, its opening in the organisation's vault."""

import os
from typing import NamedTuple

from salus.contracts.accounts.keys import staff_key
from salus.contracts.accounts.messages import AttestStaff
from salus.contracts.accounts.types import Staff
from salus.core.encoding import decode
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.lookup import DAY_MS
from salus.services.objects import StaffOpening
from salus.services.typed import encode_typed
from salus.vault.shared import SharedResource

KIND = "Staff"  # no FHIR type has this name
_MEDIA_TYPE = "application/cbor"


class Badge(NamedTuple):
    """A member of staff as its organisation knows it; `opening` travels sealed with each request."""

    commitment: bytes
    opening: StaffOpening
    end: int  # 0: the attestation has ended

    @property
    def name(self) -> str:
        return self.opening.name

    @property
    def role(self) -> str:
        return self.opening.role

    def __repr__(self) -> str:
        return f"Badge({self.commitment.hex()})"


def attest_staff(organisation: Organisation, name: str, role: str, days: int = 365) -> Badge:
    """Attest `name` as `role` for `days` whole days. Raises UnusableWords.

    The opening is kept before the ledger knows the commitment.
    """
    opening = StaffOpening(os.urandom(32), organisation.account, role, name)
    raw = encode_typed(opening)
    commitment = opening.commitment(organisation.network)
    start = organisation.ledger.now() // DAY_MS * DAY_MS
    end = start + (days + 1) * DAY_MS
    kept = SharedResource(KIND, commitment.hex(), raw, _MEDIA_TYPE)
    organisation.vault.shared.put([kept])
    organisation.send(AttestStaff(organisation.account, commitment, start, end))
    return Badge(commitment, opening, end)


def list_staff(organisation: Organisation) -> tuple[Badge, ...]:
    """Return the staff whose attestation is in force, sorted by name and role."""
    scope, state, now = own_shared(organisation), organisation.ledger.view(), organisation.ledger.now()
    badges = []
    for name in organisation.vault.shared.names(scope, KIND):
        commitment = bytes.fromhex(name)
        raw = state.get(staff_key(organisation.account, commitment))
        attested = None if raw is None else decode(raw, Staff)
        if attested is not None and attested.start <= now < attested.end:
            opening = decode(organisation.vault.shared.get(scope, KIND, name)[1], StaffOpening)
            badges.append(Badge(commitment, opening, attested.end))
    return tuple(sorted(badges, key=lambda badge: (badge.name, badge.role, badge.commitment)))
