"""Locate: what a locator finds under tokens. It compares no names, having none, and hands over one relation."""

from collections.abc import Sequence
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.consent.for_access import ForAccess
from salus.contracts.governance import queries as governance
from salus.contracts.records import queries as records
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation
from salus.services.discovery_letters import LocateQuery
from salus.state.overlay import Reader

KIND = "Locator"  # of identifiers: (KIND, token, place) -> custodian, all in hex; no FHIR type has this name
LOCATOR = OrganisationRole.LOCATOR
_MOST = 64  # relations of one token that are looked at
_CONSENT = ForAccess(governance)


class Place(NamedTuple):
    """What a token leads to."""

    kind: int  # linkage.keys.Kind
    relation: bytes
    group: bytes

    @property
    def text(self) -> str:
        """As it stands in the index; sorted, the strongest kind is first."""
        return f"{self.kind} {self.relation.hex()} {self.group.hex()}"


class Located(NamedTuple):
    """The relation to hand over, and by which kind of combination it was found."""

    relation: bytes
    custodian: bytes
    kind: int


def locate(organisation: Organisation, group: bytes, query: LocateQuery) -> Located | None:
    """Return the relation that the tokens speak for most, the strongest kind first; None where there is none.

    Left out: what the requester has, what another group's glass it is, what is restricted, what nobody serves.
    """
    state, hits = organisation.ledger.view(), dict[bytes, list[int]]()
    for asked in query.asked:
        for one in asked.tokens:
            for text in organisation.vault.shared.find_under(KIND, one.hex(), _MOST):
                place = _read(text)
                if place.group == group and accounts.custodian_of(state, place.relation) == asked.custodian:
                    hits.setdefault(place.relation, []).append(place.kind)
    ordered = sorted(hits.items(), key=lambda hit: (min(hit[1]), -len(hit[1]), hit[0]))
    for relation, kinds in ordered:
        custodian = _open_to(state, relation, group, query.known)
        if custodian is not None:
            return Located(relation, custodian, min(kinds))
    return None


def breaks_glass(state: Reader, relation: bytes, group: bytes) -> bool:
    """True if it is this group that may break the relation's glass."""
    return _CONSENT.policy_of(state, relation).body.emergency.group == group


def _open_to(state: Reader, relation: bytes, group: bytes, known: Sequence[bytes]) -> bytes | None:
    """Return the custodian of a relation that may be handed over now."""
    custodian = accounts.custodian_of(state, relation)
    if custodian is None or relation in known or not governance.is_serving(state, custodian):
        return None
    if not records.in_use(state, relation) or not breaks_glass(state, relation, group):
        return None
    return custodian


def _read(text: str) -> Place:
    kind, relation, group = text.split(" ")
    return Place(int(kind), bytes.fromhex(relation), bytes.fromhex(group))
