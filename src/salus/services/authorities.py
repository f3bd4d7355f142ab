"""What the custodian's gateway knows of who acts for a person: the ledger's answer, and the sealed part beside it.

The sealed part says when an authority really ends and which labels are kept from who has it. Where it is not at
hand, nothing goes: the gateway would not know what to keep.
"""

from collections.abc import Callable, Mapping

from salus.contracts.context import Signer
from salus.contracts.registry import ACTING
from salus.contracts.representation import queries as representation
from salus.contracts.representation.types import Private, private_commitment
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.policy.question import Represents
from salus.policy.reasons import Reason
from salus.policy.types import Capacity, Power
from salus.services.errors import NoSuchRepresentation
from salus.services.objects import SealedPartOpening
from salus.state.overlay import Reader

Parts = Mapping[bytes, bytes]  # encoded openings by directive and representation


def sees_under(state: Reader, relation: bytes, signer: Signer, time: int) -> bytes | None:
    """Return under which authority the signer may see what the relation's person may see; as access does."""
    for capacity in (Capacity.REPRESENTATIVE, Capacity.DELEGATE):
        found = ACTING.authority(state, relation, (signer,), capacity, time, Power.ACCESS, ())
        if found is not None:
            return found.under
    return None


def holds(
    network: bytes, state: Reader, relation: bytes, time: int, parts: Callable[[], Parts]
) -> Callable[[bytes, int], int]:
    """Return a function of (authority, purpose): 0 while it holds, else the number of a Reason."""

    def answer(under: bytes, purpose: int) -> int:
        found = ACTING.holds(state, relation, under, time, purpose)
        return found or (0 if stands(network, state, relation, under, time, parts()) else int(Reason.AUTHORITY_ENDED))

    return answer


def stands(network: bytes, state: Reader, relation: bytes, under: bytes, time: int, parts: Parts) -> bool:
    """True unless the sealed part of the authority says that it is over, or is not at hand. Delegates have none."""
    if representation.delegation(state, relation, under) is not None:
        return True
    part = private_part(network, state, relation, under, parts)
    return part is not None and (part.until is None or time < part.until)


def represents(
    network: bytes, state: Reader, relation: bytes, under: bytes, time: int, parts: Parts
) -> Represents | None:
    """Return what is kept from who asks under this authority; None where it may not ask."""
    if not stands(network, state, relation, under, time, parts):
        return None
    part = private_part(network, state, relation, under, parts)
    return Represents(under, () if part is None else part.excluded)


def acts_under(state: Reader, relation: bytes, under: bytes) -> bytes:
    """Return the account that acts under an authority; raise NoSuchRepresentation."""
    entry = representation.representation(state, relation, under)
    if entry is not None:
        return entry.representative
    helper = representation.delegation(state, relation, under)
    if helper is None:
        raise NoSuchRepresentation
    return helper.delegate


def private_part(network: bytes, state: Reader, relation: bytes, under: bytes, parts: Parts) -> Private | None:
    """Return the sealed part of a representation, if it is at hand and opens the commitment on the ledger."""
    entry, raw = representation.representation(state, relation, under), parts.get(under)
    if entry is None or raw is None:
        return None
    try:
        opening = decode(raw, SealedPartOpening)
        commitment = private_commitment(network, relation, under, opening.salt, opening.body)
        return decode(opening.body, Private) if commitment == entry.sealed else None
    except Malformed:
        return None
