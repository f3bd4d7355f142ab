"""Let somebody act for a person: by law, which a custodian or a court attests, or by her own word.

What somebody is to her, which labels are kept from him and when it really ends go to the custodian, sealed. The
public end is drawn: a term that ended on a birthday would tell it.
"""

import os
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import NamedTuple

from salus.client.refused import accept
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.contracts.representation.messages import AttestRepresentation, NameProxy
from salus.contracts.representation.types import Kind, Private, Rule, Springs, private_commitment
from salus.core.encoding import encode
from salus.core.hashing import T, object_id
from salus.core.types import Id, Message
from salus.policy.types import Power
from salus.services import lookup
from salus.services.actors import Organisation, Person
from salus.services.grant import purpose_numbers
from salus.services.objects import SealedPartOpening
from salus.services.ports import Exchange
from salus.services.typed import encode_typed
from salus.state.overlay import Reader
from salus.vault.seals import seal
from salus.vault.shared import SharedResource
from salus.wallet.menu import DAY_MS

EVERYTHING = tuple(Power)
KIND = "Representation"  # no FHIR type has this name


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who may do what, and why. `days`: how long at most; by default as long as the network allows."""

    representative: bytes
    kind: Kind
    purposes: tuple[str, ...]  # that it may grant for
    powers: tuple[Power, ...] = EVERYTHING
    excluded: tuple[str, ...] = ()  # labels that are kept from it
    until: int | None = None  # when it really ends, for instance at majority
    rule: Rule = Rule.ANY
    place: int = 0
    springs: Springs = Springs.NOTHING
    start: int | None = None  # by default today
    days: int | None = None
    evidence: str = ""


class Represented(NamedTuple):
    """A representation as it stands on the ledger."""

    representation: bytes
    relation: bytes
    end: int
    height: int


class PrivateLetter(Message, frozen=True):
    """The opening of a representation's sealed part, sealed to the relation's custodian."""

    relation: Id
    representation: Id
    sealed: bytes


def attest_representation(
    organisation: Organisation, relation: bytes, mandate: Mandate, chance: Random | None = None
) -> Represented:
    """Attest that somebody acts for a person by law; a court posts the sealed part to the custodian.

    The opening is in the attester's vault before the ledger knows of it. Raises UnknownRelation,
    UnknownPurpose, the contract's refusals.
    """
    state, network, now = organisation.ledger.view(), organisation.network, organisation.ledger.now()
    custodian = lookup.person(state, relation).custodian
    nonce = os.urandom(16)
    new = object_id("representation", network, relation, nonce, 0, 0)
    opening = _opening(mandate)
    start, end = _term(state, now, mandate, Parameter.REPRESENTATION_TERM_MS, chance or SystemRandom())
    message = AttestRepresentation(
        organisation.account,
        relation,
        mandate.representative,
        *_terms(state, mandate),
        start,
        end,
        private_commitment(network, relation, new, opening.salt, opening.body),
    )
    if custodian == organisation.account:
        organisation.vault.directives.put(relation, new, encode(opening))
    else:
        organisation.vault.shared.put([SharedResource(KIND, new.hex(), encode(opening), "application/cbor")])
    _, landed = organisation.send_as(nonce, message)
    if custodian != organisation.account:
        _post(organisation.exchange, network, state, custodian, relation, new, opening)
    return Represented(new, relation, end, landed.height)


def name_proxy(person: Person, handle: bytes, mandate: Mandate) -> Represented:
    """Let somebody act for oneself, now or when it springs. Raises UnknownPurpose, the contract's refusals."""
    state, network, now = person.ledger.view(), person.wallet.network, person.ledger.now()
    custodian = lookup.person(state, handle).custodian
    nonce = os.urandom(16)
    new = object_id("representation", network, handle, nonce, 0, 0)
    opening = _opening(mandate)
    start, end = _term(state, now, mandate, Parameter.PROXY_TERM_MS, person.chance)
    commitment = private_commitment(network, handle, new, opening.salt, opening.body)
    message = NameProxy(handle, mandate.representative, *_terms(state, mandate), start, end, commitment)
    landed = person.carriers.carry(custodian, person.build(handle, message, nonce=lambda: nonce).raw).result()
    accept(landed.result.code)
    _post(person.exchange, network, state, custodian, handle, new, opening)
    return Represented(new, handle, end, landed.height)


def drawn_end(now: int, longest_ms: int, chance: Random) -> int:
    """Return an end in whole days, by chance in the second half of the longest term."""
    most = longest_ms // DAY_MS
    return (now // DAY_MS + chance.randint(most // 2 + 1, most)) * DAY_MS


def _term(state: Reader, now: int, mandate: Mandate, parameter: Parameter, chance: Random) -> tuple[int, int]:
    longest = governance.parameter(state, parameter)
    if mandate.days is not None:
        longest = min(longest, mandate.days * DAY_MS)
    start = now if mandate.start is None else mandate.start
    first = start // DAY_MS * DAY_MS if mandate.springs != Springs.DATE else -(-start // DAY_MS) * DAY_MS
    return first, max(drawn_end(now, longest, chance), first + DAY_MS)


def _terms(state: Reader, mandate: Mandate) -> tuple[tuple[int, ...], tuple[int, ...], int, int, int]:
    powers = tuple(sorted(map(int, mandate.powers)))
    purposes = purpose_numbers(state, mandate.purposes) if Power.GRANT in mandate.powers else ()
    return powers, purposes, int(mandate.rule), mandate.place, int(mandate.springs)


def _opening(mandate: Mandate) -> SealedPartOpening:
    part = Private(int(mandate.kind), tuple(sorted(mandate.excluded)), mandate.until, mandate.evidence)
    return SealedPartOpening(os.urandom(32), encode_typed(part))


def letter_info(network: bytes, representation: bytes) -> bytes:
    """Return what the seal of a letter is bound to."""
    return T("representation-letter", network, representation)


def _post(
    exchange: Exchange,
    network: bytes,
    state: Reader,
    custodian: bytes,
    relation: bytes,
    representation: bytes,
    opening: SealedPartOpening,
) -> None:
    public = exchange.find_key(lookup.organisation(state, custodian).seal_key)
    sealed = seal(public, letter_info(network, representation), encode(opening))
    exchange.post(custodian, "representation", encode(PrivateLetter(relation, representation, sealed)))
