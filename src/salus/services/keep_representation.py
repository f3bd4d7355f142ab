"""What a custodian, or a court, does with a representation: take in its sealed part, renew, narrow, settle, end it.

A child comes of age when the custodian narrows what its parents have. The day is drawn, and nothing on the ledger
says why; meanwhile the gateway keeps to the sealed date.
"""

from random import Random, SystemRandom
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.contracts.representation import queries as representation
from salus.contracts.representation.messages import (
    EndRepresentation,
    NarrowRepresentation,
    RenewRepresentation,
    SettleDispute,
)
from salus.contracts.representation.types import Private, Representation, Standing, private_commitment
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.policy.types import Power
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.authorise import for_decision
from salus.services.authorities import private_part
from salus.services.errors import NoSuchRepresentation, NotCustodian, WrongOpening
from salus.services.objects import SealedPartOpening
from salus.services.represent import PrivateLetter, drawn_end, letter_info
from salus.wallet.menu import DAY_MS

_SOON_MS = 60 * DAY_MS
_NARROW = (int(Power.PROTECT),)


class Due(NamedTuple):
    """A representation that wants something of its custodian."""

    relation: bytes
    representation: bytes
    of_age: bool  # what it rested on is over: narrow it; else its term ends soon: renew it

    def __repr__(self) -> str:
        return f"Due({self.representation.hex()})"


def take_representation(organisation: Organisation, raw: bytes) -> bytes:
    """Verify a letter and keep the sealed part in it; return the representation. Doing it again changes nothing.

    In this order: form, custodian, a representation on the ledger, seal, commitment. Raises Malformed,
    UnknownRelation, NotCustodian, NoSuchRepresentation, WrongSeal, WrongOpening.
    """
    network, state = organisation.network, organisation.ledger.view()
    letter = decode(raw, PrivateLetter)
    if lookup.person(state, letter.relation).custodian != organisation.account:
        raise NotCustodian
    entry = representation.representation(state, letter.relation, letter.representation)
    if entry is None:
        raise NoSuchRepresentation
    opened = organisation.seal_key.open(letter_info(network, letter.representation), letter.sealed)
    try:
        opening = decode(opened, SealedPartOpening)
        decode(opening.body, Private)
    except Malformed:
        raise WrongOpening from None
    commitment = private_commitment(network, letter.relation, letter.representation, opening.salt, opening.body)
    if commitment != entry.sealed:
        raise WrongOpening
    organisation.vault.directives.put(letter.relation, letter.representation, encode(opening))
    return letter.representation


def renew_representation(
    organisation: Organisation, relation: bytes, representation_id: bytes, chance: Random | None = None
) -> int:
    """Give it a new end, drawn by chance; return that. Raises the contract's refusals."""
    longest = governance.parameter(organisation.ledger.view(), Parameter.REPRESENTATION_TERM_MS)
    end = drawn_end(organisation.ledger.now(), longest, chance or SystemRandom())
    organisation.send(RenewRepresentation(organisation.account, relation, representation_id, end))
    return end


def narrow_representation(organisation: Organisation, relation: bytes, representation_id: bytes) -> Landed:
    """Leave the representative what protects, and nothing else. Raises the contract's refusals."""
    return organisation.send(NarrowRepresentation(organisation.account, relation, representation_id))[1]


def end_representation(organisation: Organisation, relation: bytes, representation_id: bytes) -> Landed:
    """End what the organisation attested, or what it has itself. Raises the contract's refusals."""
    return organisation.send(EndRepresentation(organisation.account, relation, representation_id))[1]


def settle_dispute(organisation: Organisation, relation: bytes, representation_id: bytes, standing: Standing) -> Landed:
    """Restore, suspend or end what is disputed, as attester or regulator. Raises the contract's refusals."""
    return organisation.send(SettleDispute(organisation.account, relation, representation_id, int(standing)))[1]


def due(organisation: Organisation) -> tuple[Due, ...]:
    """Return what of the organisation's own relations is to be narrowed, or renewed soon, sorted by id."""
    found = []
    for relation in organisation.vault.relations():
        for representation_id, entry in representation.representations(organisation.ledger.view(), relation):
            if entry.standing != Standing.ENDED and entry.powers != _NARROW and entry.attester is not None:
                found += _due(organisation, relation, representation_id, entry)
    return tuple(sorted(found, key=lambda one: (one.relation, one.representation)))


def _due(organisation: Organisation, relation: bytes, representation_id: bytes, entry: Representation) -> list[Due]:
    now = organisation.ledger.now()
    parts = organisation.vault.directives.of(for_decision(organisation, relation))
    part = private_part(organisation.network, organisation.ledger.view(), relation, representation_id, parts)
    if part is not None and part.until is not None and part.until <= now:
        return [Due(relation, representation_id, of_age=True)]
    return [Due(relation, representation_id, of_age=False)] if entry.end <= now + _SOON_MS else []
