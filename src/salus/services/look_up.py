"""Look up: ask a custodian (`$match`), or in an emergency a locator, at which relation somebody is known."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from salus.contracts.discovery import queries as discovery
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import decode, encode
from salus.core.hashing import T
from salus.core.lookup import LOOKUP, Lookup, query_commitment
from salus.core.types import Id, Message, Time
from salus.linkage.demographics import of_patient
from salus.linkage.keys import combinations
from salus.linkage.tokens import token, token_key
from salus.policy.purposes import BREAK_GLASS
from salus.policy.types import OrganisationRole
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.authorise import own_shared
from salus.services.discovery_errors import LookupsUsedUp, NotAMatchInput, NothingToLookFor
from salus.services.discovery_letters import (
    MAX_KNOWN,
    MAX_TOKENS,
    CustodianTokens,
    LocateQuery,
    LookupLetter,
    LookupOpening,
    MatchQuery,
    opening_info,
)
from salus.services.locator_key import emergency_group, kept_keys, locator
from salus.services.members import list_members
from salus.services.objects import sign
from salus.vault.seals import seal
from salus.vault.shared import SharedResource

KIND = "AskedLookup"  # no FHIR type has this name
_KEEPS = frozenset(
    (OrganisationRole.HOSPITAL, OrganisationRole.CLINIC, OrganisationRole.LABORATORY, OrganisationRole.PHARMACY)
)


class MatchInput(NamedTuple):
    """What `$match` is called with. Its repr shows nothing."""

    patient: dict[str, Any]
    only_certain: bool = False
    most: int = 0  # entries; 0: as many as the custodian gives

    def __repr__(self) -> str:
        return "MatchInput()"


class AskedLookup(Message, frozen=True):
    """A look-up of the organisation's own, kept before it leaves; who was looked for is not kept."""

    lookup: Id
    answerer: Id
    purpose: str
    asked: Time
    not_after: Time


def read_match_input(octets: bytes) -> MatchInput:
    """Return what a Parameters or a Patient resource in JSON asks for; raise NotAMatchInput."""
    try:
        found = orjson.loads(octets)
    except ValueError:
        raise NotAMatchInput from None
    if isinstance(found, dict) and found.get("resourceType") == "Patient":
        return MatchInput(found)
    listed = found.get("parameter") if isinstance(found, dict) and found.get("resourceType") == "Parameters" else None
    given = {p.get("name"): p for p in listed if isinstance(p, dict)} if isinstance(listed, list) else {}
    patient = given.get("resource", {}).get("resource")
    certain = given.get("onlyCertainMatches", {}).get("valueBoolean", False)
    count = given.get("count", {}).get("valueInteger", 0)
    if not isinstance(patient, dict) or patient.get("resourceType") != "Patient" or not isinstance(certain, bool):
        raise NotAMatchInput
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**16:
        raise NotAMatchInput
    return MatchInput(patient, certain, count)


def ask_match(
    organisation: Organisation,
    custodian: bytes,
    purpose: str,
    staff: Badge,
    wanted: MatchInput,
    known: Sequence[bytes] = (),
) -> bytes:
    """Ask a custodian; return the look-up's id. Relations in `known` need not be handed over again.

    Raises NothingToLookFor, UnknownPurpose, NoSuchMember, LookupsUsedUp.
    """
    if of_patient(wanted.patient).empty:
        raise NothingToLookFor
    query = MatchQuery(orjson.dumps(wanted.patient), wanted.only_certain, wanted.most, tuple(known)[:MAX_KNOWN])
    return _ask(organisation, custodian, None, purpose, staff, encode(query))


def ask_locator(
    organisation: Organisation,
    staff: Badge,
    patient: dict[str, Any],
    known: Sequence[bytes] = (),
    at: bytes | None = None,
) -> bytes:
    """Ask a locator in the name of one's emergency group, for break-glass; return the look-up's id.

    Raises NothingToLookFor, NoEmergencyGroup, NoLocator, NoLocatorKey, LookupsUsedUp.
    """
    group = emergency_group(organisation)
    answerer = locator(organisation, at)
    asked = _tokens(organisation, group, patient)
    if not asked:
        raise NothingToLookFor
    query = LocateQuery(asked, tuple(known)[:MAX_KNOWN])
    return _ask(organisation, answerer, group, BREAK_GLASS, staff, encode(query))


def _tokens(organisation: Organisation, group: bytes, patient: dict[str, Any]) -> tuple[CustodianTokens, ...]:
    """Return the tokens that any custodian may have given of this person, none if too little is known of it.

    Raises NoLocatorKey.
    """
    keys, network = kept_keys(organisation, group), organisation.network
    asked = combinations(of_patient(patient))[: MAX_TOKENS // 2]
    found = []
    for custodian in sorted(m.account for m in list_members(organisation.ledger) if not _KEEPS.isdisjoint(m.roles)):
        own = [token_key(network, group, epoch, key, custodian) for epoch, key in keys]
        tokens = sorted({token(key, one.octets) for key in own for one in asked})
        found.append(CustodianTokens(custodian, tuple(tokens)))
    return tuple(found) if asked else ()


def _ask(
    organisation: Organisation, answerer: bytes, group: bytes | None, purpose: str, staff: Badge, query: bytes
) -> bytes:
    state, network, now = organisation.ledger.view(), organisation.network, organisation.ledger.now()
    _check_rate(organisation)
    salt, not_after = os.urandom(32), now + governance.parameter(state, Parameter.LOOKUP_WINDOW_MS) // 2
    payload = Lookup(
        answerer,
        query_commitment(network, salt, query),
        lookup.purpose_number(state, purpose),
        staff.commitment,
        lookup.organisation(state, organisation.account).seal_key,
        group,
        os.urandom(16),
        not_after,
    )
    signed = sign(LOOKUP, network, payload, organisation.gateway)
    identity = T(LOOKUP, network, encode(payload))
    opening = LookupOpening(salt, query, staff.opening, organisation.seal_key.public)
    public = organisation.exchange.find_key(lookup.organisation(state, answerer).seal_key)
    sealed = seal(public, opening_info(network, identity), encode(opening))
    kept = AskedLookup(identity, answerer, purpose, now, not_after)
    organisation.vault.shared.put([SharedResource(KIND, identity.hex(), encode(kept), "application/cbor")])
    organisation.exchange.post(answerer, LOOKUP, encode(LookupLetter(signed, sealed)))
    return identity


def _check_rate(organisation: Organisation) -> None:
    """Raise LookupsUsedUp where the ledger would take no answer."""
    state = organisation.ledger.view()
    rate = discovery.rate(state, organisation.account, organisation.ledger.now())
    if rate.hour >= governance.parameter(state, Parameter.LOOKUPS_PER_HOUR) or rate.day >= governance.parameter(
        state, Parameter.LOOKUPS_PER_DAY
    ):
        raise LookupsUsedUp


def asked_lookups(organisation: Organisation) -> dict[bytes, AskedLookup]:
    """Return the organisation's own look-ups by id, oldest first."""
    scope, shared = own_shared(organisation), organisation.vault.shared
    found = [decode(shared.get(scope, KIND, name)[1], AskedLookup) for name in shared.names(scope, KIND)]
    return {one.lookup: one for one in sorted(found, key=lambda one: (one.asked, one.lookup))}
